/** The recipients of a message as addresses for its headers. */
import type { MailAddress } from '@nodemapi/format-mime';
import {
  type EntryId,
  type IMessage,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SMTP_ADDRESS,
  PR_TRANSMITABLE_DISPLAY_NAME,
  propOf,
  type Row,
  recipientKind,
} from '@nodemapi/mapi';
import { mailAddressOf } from './address-props.ts';

const ROWS_AT_A_TIME = 500;

export interface OutgoingRecipient {
  /** MAPI_TO, MAPI_CC, MAPI_BCC, or another kind that no header names. */
  readonly type: number;
  readonly address: MailAddress;
}

/** Finds the mail address behind an entry of an address book; undefined if it has none. */
export type ResolveAddress = (entryId: EntryId) => Promise<string | undefined>;

/** The same with the address that an address book has, where its own is none of the internet. */
export async function resolved(
  own: MailAddress | undefined,
  entryId: EntryId | undefined,
  resolve: ResolveAddress | undefined,
): Promise<MailAddress | undefined> {
  if (own === undefined || entryId === undefined || resolve === undefined || own.address.includes('@')) return own;
  const address = await resolve(entryId);
  return address === undefined ? own : { ...own, address };
}

/** All recipients in the order of the table; those without name and address are left out. */
export async function readRecipients(
  message: IMessage,
  resolve?: ResolveAddress,
): Promise<readonly OutgoingRecipient[]> {
  const found: OutgoingRecipient[] = [];
  await using table = await message.getRecipientTable();
  await table.setColumns([
    PR_RECIPIENT_TYPE,
    PR_DISPLAY_NAME,
    PR_TRANSMITABLE_DISPLAY_NAME,
    PR_ADDRTYPE,
    PR_EMAIL_ADDRESS,
    PR_SMTP_ADDRESS,
    PR_ENTRYID,
  ]);
  for (;;) {
    const rows = await table.queryRows(ROWS_AT_A_TIME);
    if (rows.length === 0) return found;
    for (const row of rows) {
      const address = await resolved(addressOfRow(row), propOf(row, PR_ENTRYID), resolve);
      if (address !== undefined) found.push({ type: recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? 0), address });
    }
  }
}

/** The address that a row itself has; undefined if it has neither name nor address. */
export function addressOfRow(row: Row): MailAddress | undefined {
  return mailAddressOf({
    name: propOf(row, PR_TRANSMITABLE_DISPLAY_NAME) ?? propOf(row, PR_DISPLAY_NAME),
    addrType: propOf(row, PR_ADDRTYPE),
    emailAddress: propOf(row, PR_EMAIL_ADDRESS),
    smtpAddress: propOf(row, PR_SMTP_ADDRESS),
    entryId: propOf(row, PR_ENTRYID),
  });
}
