/** Sends again what has left the queue: a new message with the content of the old one. */
import {
  type AdrEntry,
  type EntryId,
  type IMessage,
  isPropError,
  MapiError,
  openSpecialFolder,
  outgoingState,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_DELIVER_TIME,
  PR_INSTANCE_KEY,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SEARCH_KEY,
  PR_SENTMAIL_ENTRYID,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
  PR_SPOOLER_RECIPIENT_STATE,
  type PropTag,
  prop,
  propOf,
  queryAllRows,
  specialFolderId,
  submitSaved,
} from 'nodemapi';
import type { SessionInUse } from './context.ts';
import { storeOf } from './drafts.ts';

/** What belongs to the old message, or to its way. */
const LEFT_BEHIND: readonly PropTag[] = [
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_FLAGS,
  PR_CLIENT_SUBMIT_TIME,
  PR_MESSAGE_DELIVERY_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_INTERNET_MESSAGE_ID,
  PR_SEARCH_KEY,
];

const LEFT_BEHIND_OF_RECIPIENTS: ReadonlySet<PropTag> = new Set<PropTag>([
  ...[PR_ROWID, PR_INSTANCE_KEY, PR_RESPONSIBILITY, PR_DELIVER_TIME, PR_REPORT_TEXT, PR_REPORT_TIME],
  ...[PR_NDR_REASON_CODE, PR_NDR_DIAG_CODE, PR_NDR_STATUS_CODE, PR_SPOOLER_RECIPIENT_STATE],
  ...[PR_SPOOLER_RECIPIENT_ATTEMPTS, PR_SPOOLER_RECIPIENT_ERROR, PR_SPOOLER_RECIPIENT_REPORTED],
]);

/**
 * Submits a copy of a message; answers its identifier.
 *
 * @param all to everybody; else to those alone who did not get it
 * @throws MAPI_E_NO_RECIPIENTS if everybody got it; MAPI_E_NOT_FOUND if the message is not there any more
 */
export async function resendMessage(use: SessionInUse, entryId: EntryId, all: boolean): Promise<EntryId> {
  await using store = await storeOf(use.session, entryId);
  await using source = await store.openEntry(entryId, { iid: 'IMessage' });
  const rows = await recipientsOf(source, all);
  if (rows.length === 0)
    throw new MapiError('MAPI_E_NO_RECIPIENTS', 'everybody got the message; --all sends it to all again');
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using copy = await outbox.createMessage();
  await source.copyTo(copy, LEFT_BEHIND);
  await copy.modifyRecipients('add', rows);
  await copy.setProps([prop(PR_SENTMAIL_ENTRYID, await specialFolderId(store, 'sentMail'))]);
  return await submitSaved(copy);
}

async function recipientsOf(source: IMessage, all: boolean): Promise<readonly AdrEntry[]> {
  await using table = await source.getRecipientTable();
  const rows = await queryAllRows(table, { tags: await table.queryColumns({ all: true }) });
  const wanted = rows.filter((row) => all || outgoingState(propOf(row, PR_SPOOLER_RECIPIENT_STATE)) !== 'sent');
  return wanted.map((row) => row.filter((value) => !isPropError(value) && !LEFT_BEHIND_OF_RECIPIENTS.has(value.tag)));
}
