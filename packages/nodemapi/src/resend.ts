/**
 * Sends an undelivered message again, to those alone who have not had it. spec: resending-an-undelivered-message
 *
 * - Everybody whom the original went to is in the list again, marked as served (MAPI_SUBMITTED), so that the receiver sees
 *   the same list, and replies go to the same people, as if it had come the first time.
 * - Each failed recipient is in it once more as MAPI_P1: these rows alone are served, and stand in no header.
 */

import { queryAllRows } from '@nodemapi/kit';
import {
  type AdrEntry,
  ATTACH_EMBEDDED_MSG,
  type IMAPIFolder,
  type IMessage,
  isPropError,
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MapiError,
  MSGFLAG_READ,
  MSGFLAG_RESEND,
  MSGFLAG_UNSENT,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SENDER_SMTP_ADDRESS,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  PR_SENT_REPRESENTING_SMTP_ADDRESS,
  type PropTag,
  prop,
  propOf,
  recipientKind,
} from '@nodemapi/mapi';

/** What a resend does not take over: who sends it is said anew when it is sent. */
const NOT_COPIED: readonly PropTag[] = [
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_FLAGS,
  PR_SENDER_NAME,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_SEARCH_KEY,
  PR_SENDER_SMTP_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  PR_SENT_REPRESENTING_SMTP_ADDRESS,
];
/** What belongs to the list that a row came from. */
const OF_THE_LIST: ReadonlySet<PropTag> = new Set<PropTag>([PR_ROWID, PR_RESPONSIBILITY, PR_RECIPIENT_TYPE]);

/**
 * Makes a message in `outbox` of a non-delivery report, to be changed or submitted; the caller releases it.
 *
 * @throws MAPI_E_NOT_FOUND if the report does not have the original; MAPI_E_NO_RECIPIENTS if it names nobody who failed
 */
export async function resendMessage(report: IMessage, outbox: IMAPIFolder): Promise<IMessage> {
  const { values } = await report.getProps([PR_ORIG_MESSAGE_CLASS, PR_ORIGINAL_ENTRYID]);
  const [messageClass, originalId] = values;
  const failed = await rowsOf(report);
  if (failed.length === 0) throw new MapiError('MAPI_E_NO_RECIPIENTS', 'the report names nobody who failed');
  const message = await outbox.createMessage();
  try {
    await withOriginal(report, async (original) => {
      await original.copyTo(message, NOT_COPIED);
      await message.setProps([
        prop(PR_MESSAGE_FLAGS, MSGFLAG_RESEND | MSGFLAG_UNSENT | MSGFLAG_READ),
        ...(messageClass === undefined ? [] : [prop(PR_MESSAGE_CLASS, messageClass)]),
        ...(originalId === undefined ? [] : [prop(PR_ORIGINAL_ENTRYID, originalId)]),
      ]);
      await message.modifyRecipients('replace', resendRows(await rowsOf(original), failed));
    });
    return message;
  } catch (error) {
    await message.release();
    throw error;
  }
}

/** Those whom a message that is sent again is for: what its form shows. Of any other message, all recipients. */
export function resendRecipients(rows: readonly AdrEntry[]): readonly AdrEntry[] {
  const again = rows.filter((row) => typeOf(row) === MAPI_P1);
  return again.length > 0 ? again : rows;
}

function resendRows(sent: readonly AdrEntry[], failed: readonly AdrEntry[]): readonly AdrEntry[] {
  // A message that was sent again before has its envelope of then.
  const listed = sent.filter((row) => recipientKind(typeOf(row)) !== MAPI_P1);
  const addresses = new Set(failed.map(addressOf));
  const known = listed.filter((row) => addresses.has(addressOf(row)));
  const again = failed.map((row) => known.find((each) => addressOf(each) === addressOf(row)) ?? row);
  return [
    ...listed.map((row) => ofType(row, (recipientKind(typeOf(row)) | MAPI_SUBMITTED) >>> 0)),
    ...again.map((row) => ofType(row, MAPI_P1)),
  ];
}

function ofType(row: AdrEntry, recipientType: number): AdrEntry {
  return [prop(PR_RECIPIENT_TYPE, recipientType), ...row.filter(({ tag }) => !OF_THE_LIST.has(tag))];
}

function typeOf(row: AdrEntry): number {
  return propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO;
}

function addressOf(row: AdrEntry): string {
  return (propOf(row, PR_EMAIL_ADDRESS) ?? '').toLowerCase();
}

async function rowsOf(message: IMessage): Promise<readonly AdrEntry[]> {
  await using table = await message.getRecipientTable();
  const columns = await table.queryColumns({ all: true });
  const rows = await queryAllRows(table, { tags: columns });
  return rows.map((row) => row.filter((value) => !isPropError(value)));
}

/** The message that a non-delivery report brings back. */
async function withOriginal(report: IMessage, use: (original: IMessage) => Promise<void>): Promise<void> {
  await using table = await report.getAttachmentTable();
  for (const row of await queryAllRows(table, { tags: [PR_ATTACH_NUM, PR_ATTACH_METHOD] })) {
    if (propOf(row, PR_ATTACH_METHOD) !== ATTACH_EMBEDDED_MSG) continue;
    await using attach = await report.openAttach(propOf(row, PR_ATTACH_NUM) ?? 0);
    await using original = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', {});
    await use(original);
    return;
  }
  throw new MapiError('MAPI_E_NOT_FOUND', 'the report does not bring the original back');
}
