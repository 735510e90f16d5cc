/** What becomes of a message that has been sent. spec: imsgstore-finishedmsg, processing-a-sent-message */
import type { EntryId } from '@nodemapi/mapi';

/** 'leave' it where it is, 'move' it to PR_SENTMAIL_ENTRYID, 'delete' it. */
export type SentMailAction = 'leave' | 'move' | 'delete';

/**
 * Both properties together mean: file it, then delete the original; what remains is the filed message, so that is a move
 * (conflict C-07).
 */
export function sentMailAction(sentMailEntryId: EntryId | undefined, deleteAfterSubmit: boolean): SentMailAction {
  if (sentMailEntryId !== undefined && sentMailEntryId.length > 0) return 'move';
  return deleteAfterSubmit ? 'delete' : 'leave';
}
