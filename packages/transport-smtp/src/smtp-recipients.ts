/** The recipients of one attempt: which of the rows offered are ours, and what each of them wants. */
import { queryAllRows } from '@nodemapi/kit';
import {
  decodeOneOff,
  type IMessage,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_ROWID,
  PR_SEND_RICH_INFO,
  propOf,
  type RecipientOutcome,
  type Row,
} from '@nodemapi/mapi';
import { isMailAddress } from './mail-address.ts';
import { SMTP_ADDRTYPE } from './smtp-identity.ts';
import type { DsnNotify } from './smtp-sender.ts';

export interface OfferedRecipients {
  /** By address, each with the rows that name it. */
  readonly rowIdsByAddress: ReadonlyMap<string, readonly number[]>;
  readonly recipients: readonly OfferedRecipient[];
  /** For the rows that are not ours, or that no server would understand. */
  readonly settled: readonly RecipientOutcome[];
}

/** An address of the envelope. */
export interface OfferedRecipient {
  readonly address: string;
  readonly notify?: DsnNotify;
  /** Wants what MIME cannot carry, as TNEF (PR_SEND_RICH_INFO); said by nobody it is FALSE. */
  readonly rich: boolean;
}

const COLUMNS = [
  PR_ROWID,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_SEND_RICH_INFO,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
] as const;

/** Reads the rows of `rowIds`; a row that is not there counts as not ours. */
export async function offeredRecipients(message: IMessage, rowIds: readonly number[]): Promise<OfferedRecipients> {
  const rows = new Map<number, Row>();
  await using table = await message.getRecipientTable();
  for (const row of await queryAllRows(table, { tags: COLUMNS })) rows.set(propOf(row, PR_ROWID) ?? -1, row);
  const { values } = await message.getProps([
    PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
    PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  ]);
  const rowIdsByAddress = new Map<string, number[]>();
  const recipients: OfferedRecipient[] = [];
  const settled: RecipientOutcome[] = [];
  for (const rowId of rowIds) {
    const row = rows.get(rowId);
    const address = addressOf(row);
    if (address === undefined) {
      settled.push({ rowId, outcome: 'notMine' });
    } else if (!isMailAddress(address)) {
      const text = `${JSON.stringify(address)} is no mail address`;
      settled.push({ rowId, outcome: 'failed', enhancedStatus: '5.1.3', text });
    } else {
      const known = rowIdsByAddress.get(address);
      rowIdsByAddress.set(address, [...(known ?? []), rowId]);
      const notify = row === undefined ? undefined : notifyOf(row, values);
      if (known === undefined)
        recipients.push({ address, rich: isRich(row), ...(notify === undefined ? {} : { notify }) });
    }
  }
  return { rowIdsByAddress, recipients, settled };
}

/** What the row says, else what its one-off identifier says (MAPI_ONE_OFF_NO_RICH_INFO). */
function isRich(row: Row | undefined): boolean {
  const said = row === undefined ? undefined : propOf(row, PR_SEND_RICH_INFO);
  const entryId = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  return said ?? (entryId === undefined ? false : (decodeOneOff(entryId)?.sendRichInfo ?? false));
}

/** The address of a row of the type SMTP; undefined for any other. */
function addressOf(row: Row | undefined): string | undefined {
  if (row === undefined || propOf(row, PR_ADDRTYPE) !== SMTP_ADDRTYPE) return undefined;
  return propOf(row, PR_EMAIL_ADDRESS)?.trim() ?? '';
}

/** What a row says goes before what the message says. */
function notifyOf(row: Row, message: readonly (boolean | undefined)[]): DsnNotify | undefined {
  const delivery = propOf(row, PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED) ?? message[0];
  const nonDelivery = propOf(row, PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED) ?? message[1];
  if (delivery === true) return nonDelivery === false ? ['SUCCESS'] : ['SUCCESS', 'FAILURE', 'DELAY'];
  return nonDelivery === false ? ['NEVER'] : undefined;
}
