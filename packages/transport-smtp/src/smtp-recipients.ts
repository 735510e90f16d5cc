/** The recipients of one attempt: which of the rows offered are ours, and what each of them wants. */
import { queryAllRows } from '@nodemapi/kit';
import {
  type IMessage,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_ROWID,
  propOf,
  type RecipientOutcome,
  type Row,
} from '@nodemapi/mapi';
import { isMailAddress } from './mail-address.ts';
import { SMTP_ADDRTYPE } from './smtp-identity.ts';
import type { DsnNotify, OutgoingMail } from './smtp-sender.ts';

export interface OfferedRecipients {
  /** By address, each with the rows that name it. */
  readonly rowIdsByAddress: ReadonlyMap<string, readonly number[]>;
  readonly recipients: OutgoingMail['recipients'];
  /** For the rows that are not ours, or that no server would understand. */
  readonly settled: readonly RecipientOutcome[];
}

const COLUMNS = [
  PR_ROWID,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
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
  const recipients: { readonly address: string; readonly notify?: DsnNotify }[] = [];
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
      if (known === undefined) recipients.push({ address, ...(notify === undefined ? {} : { notify }) });
    }
  }
  return { rowIdsByAddress, recipients, settled };
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
