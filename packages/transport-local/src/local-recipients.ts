/** The recipients of one attempt: which of the rows offered have a mailbox in this home. */
import { queryAllRows } from '@nodemapi/kit';
import { type IMessage, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ROWID, propOf, type Row } from '@nodemapi/mapi';
import { DropFolder, type DropFolderPorts } from './drop-folder.ts';
import { isLocalAddress, localAddress } from './local-config.ts';

/** Exact, in upper case. spec: ixplogon-addresstypes */
export const ADDRESS_TYPES = ['SMTP', 'LOCAL'] as const;

export interface LocalRecipients {
  /** A mailbox with the rows that name it. */
  readonly mailboxes: readonly { readonly folder: DropFolder; readonly rowIds: readonly number[] }[];
  /** Rows that are left to other transports. */
  readonly notMine: readonly number[];
}

/** Reads the rows of `rowIds`; a row that is not there counts as not ours. */
export async function localRecipients(
  message: IMessage,
  rowIds: readonly number[],
  ports: DropFolderPorts,
): Promise<LocalRecipients> {
  const rows = new Map<number, Row>();
  await using table = await message.getRecipientTable();
  for (const row of await queryAllRows(table, { tags: [PR_ROWID, PR_ADDRTYPE, PR_EMAIL_ADDRESS] })) {
    rows.set(propOf(row, PR_ROWID) ?? -1, row);
  }
  const found = new Map<string, { readonly folder: DropFolder; readonly rowIds: number[] }>();
  const notMine: number[] = [];
  for (const rowId of rowIds) {
    const address = addressOf(rows.get(rowId));
    const known = address === undefined ? undefined : found.get(address);
    if (known !== undefined) {
      known.rowIds.push(rowId);
      continue;
    }
    const folder = address === undefined ? undefined : new DropFolder(address, ports);
    if (folder !== undefined && (await folder.exists())) found.set(folder.address, { folder, rowIds: [rowId] });
    else notMine.push(rowId);
  }
  return { mailboxes: [...found.values()], notMine };
}

function addressOf(row: Row | undefined): string | undefined {
  if (row === undefined || !ADDRESS_TYPES.some((type) => type === propOf(row, PR_ADDRTYPE))) return undefined;
  const address = localAddress(propOf(row, PR_EMAIL_ADDRESS) ?? '');
  return isLocalAddress(address) ? address : undefined;
}
