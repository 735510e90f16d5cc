/** IMAPISupport::DoSentMail: files a message that has been sent. spec: imapisupport-dosentmail, imsgstore-finishedmsg */
import {
  type EntryId,
  type IMAPIFolder,
  type IMessage,
  MapiError,
  PR_DELETE_AFTER_SUBMIT,
  PR_ENTRYID,
  PR_PARENT_ENTRYID,
  PR_SENTMAIL_ENTRYID,
} from '@nodemapi/mapi';
import { sentMailAction } from './store-rules/sent-mail.ts';

/**
 * Releases the message, then leaves it where it is, moves it to PR_SENTMAIL_ENTRYID, or deletes it, as its properties
 * say. There are no hooks on folders, so none run.
 *
 * @param openFolder opens a folder of the store of the message, for writing
 * @throws MAPI_E_CALL_FAILED if the store moved or deleted nothing, and whatever it throws; the message stays then
 */
export async function fileSentMessage(
  message: IMessage,
  openFolder: (entryId: EntryId) => Promise<IMAPIFolder>,
): Promise<void> {
  const { values } = await message.getProps([
    PR_ENTRYID,
    PR_PARENT_ENTRYID,
    PR_SENTMAIL_ENTRYID,
    PR_DELETE_AFTER_SUBMIT,
  ]);
  const [entryId, parentId, sentMailId, deleteAfterSubmit = false] = values;
  await message.release();
  const action = sentMailAction(sentMailId, deleteAfterSubmit);
  if (action === 'leave') return;
  if (entryId === undefined || parentId === undefined) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'the message lies in no folder');
  }
  await using folder = await openFolder(parentId);
  if (action === 'delete') return check(await folder.deleteMessages([entryId]), 'deleted');
  await using sentMail = await openFolder(sentMailId ?? new Uint8Array());
  check(await folder.copyMessages([entryId], sentMail, { move: true }), 'moved');
}

function check({ warning }: { readonly warning?: string }, what: string): void {
  if (warning !== undefined) throw new MapiError('MAPI_E_CALL_FAILED', `the sent message could not be ${what}`);
}
