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
import type { SentMailWish } from './spooler-port.ts';
import { sentMailAction } from './store-rules/sent-mail.ts';

/** What filing a sent message needs. */
export interface Filing {
  /** Asks the outbound hooks; what they want goes before what the properties say. */
  readonly wish: () => Promise<SentMailWish>;
  /** Opens a folder of the store of the message, for writing. */
  readonly openFolder: (entryId: EntryId) => Promise<IMAPIFolder>;
}

/**
 * Asks the hooks, releases the message, then leaves it where it is, moves it to where a hook
 * wants it or to PR_SENTMAIL_ENTRYID, or deletes it.
 *
 * @throws MAPI_E_CALL_FAILED if the store moved or deleted nothing, and whatever it throws; the message stays then
 */
export async function fileSentMessage(message: IMessage, { wish, openFolder }: Filing): Promise<void> {
  const { values } = await message.getProps([
    PR_ENTRYID,
    PR_PARENT_ENTRYID,
    PR_SENTMAIL_ENTRYID,
    PR_DELETE_AFTER_SUBMIT,
  ]);
  const [entryId, parentId, own, deleteAfterSubmit = false] = values;
  const { delete: drop = false, target } = await wish();
  const sentMailId = drop ? undefined : (target ?? own);
  await message.release();
  const action = sentMailAction(sentMailId, drop || deleteAfterSubmit);
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
