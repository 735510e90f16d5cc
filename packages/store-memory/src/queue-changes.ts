/** Changes of the outgoing queue: submit, abort, lock, finish. Every function belongs into a transaction. */
import {
  checkForeignLock,
  checkOwnLock,
  deferredSendTime,
  finishedKeptMax,
  finishedKeptMs,
  flagsOfAborted,
  flagsOfSent,
  flagsOfSubmitted,
  historyLine,
  isLocked,
  lockText,
  sentMailAction,
  takenLock,
  withResponsibility,
} from '@nodemapi/kit';
import {
  type FinishedOutgoing,
  laidOver,
  MapiError,
  type OutgoingStep,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_DELETE_AFTER_SUBMIT,
  PR_INTERNET_MESSAGE_ID,
  PR_SENTMAIL_ENTRYID,
  PR_SPOOLER_STATE,
  PR_SUBJECT,
  type PropValue,
  prop,
  propId,
  submittedStanding,
} from '@nodemapi/mapi';
import { type MessageContent, valueIn, withProps } from './content.ts';
import { folderIdOf, messageEntryId } from './entry-ids.ts';
import { changeFlags } from './folder-changes.ts';
import { messageModified, moveMessage, removeMessage, replaceContent } from './message-changes.ts';
import type { MemoryStoreData, MessageRecord, QueueEntry, Transaction } from './store-data.ts';

/** The content of a message as its submission leaves it: submit time, deferred send time, responsibilities. */
export function submittedContent(data: MemoryStoreData, content: MessageContent): MessageContent {
  const now = data.now();
  const values: PropValue[] = [prop(PR_CLIENT_SUBMIT_TIME, now)];
  const deferred = deferredSendTime(now, {
    number: valueIn(content.props, PR_DEFERRED_SEND_NUMBER),
    units: valueIn(content.props, PR_DEFERRED_SEND_UNITS),
    time: valueIn(content.props, PR_DEFERRED_SEND_TIME),
  });
  if (deferred !== undefined) values.push(prop(PR_DEFERRED_SEND_TIME, deferred));
  const rows = withResponsibility(content.recipients.rows);
  const props = new Map(withProps(content.props, values));
  props.delete(propId(PR_SPOOLER_STATE));
  return { ...content, props, recipients: { ...content.recipients, rows } };
}

/** Puts a message into the queue. */
export function enqueue(
  data: MemoryStoreData,
  tx: Transaction,
  record: MessageRecord,
  { preprocess, owner }: { readonly preprocess: boolean; readonly owner: string },
): void {
  const asked = valueIn(record.content.props, PR_SPOOLER_STATE);
  const content = submittedContent(data, record.content);
  const now = data.now();
  const due = valueIn(content.props, PR_DEFERRED_SEND_TIME);
  const { standing, step } = submittedStanding({ asked, due, count: content.recipients.rows.length }, now);
  const history = (data.past.get(record.id)?.history ?? '') + historyLine(now, owner, step);
  data.past.delete(record.id);
  record.queue = {
    ...{ order: data.newOrder(), preprocess, lastLock: data.newLock(), notBefore: standing.nextAttempt },
    ...(standing.state === 'ready' ? {} : { standing }),
    ...{ recipients: new Map(), history },
  };
  replaceContent(data, tx, record, content, flagsOfSubmitted(record.flags));
}

/** Withdraws a message: a draft again. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_UNABLE_TO_ABORT while it is locked */
export function abortSubmit(data: MemoryStoreData, tx: Transaction, record: MessageRecord, owner: string): void {
  const queue = queueEntry(record);
  if (isLocked(queue.lock, data.host.clock)) {
    throw new MapiError('MAPI_E_UNABLE_TO_ABORT', lockText(queue.lock));
  }
  leaveQueue(data, record, owner, { state: 'cancelled', text: 'taken out of the queue' });
  changeFlags(data, tx, record, flagsOfAborted(record.flags));
  record.version++;
  messageModified(data, tx, record);
}

/** Takes or renews the lock of a message. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_BUSY */
export function lockMessage(
  data: MemoryStoreData,
  tx: Transaction,
  record: MessageRecord,
  owner: string,
  leaseMs: number | undefined,
): void {
  const queue = queueEntry(record);
  queue.lock = takenLock(queue.lock, owner, data.host.clock, data.newLock(), leaseMs);
  queue.lastLock = queue.lock.number;
  tx.messages.add(record.id);
}

/** Whether `owner` may take, renew or give back the lock. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_BUSY */
export function checkLockable(data: MemoryStoreData, record: MessageRecord, owner: string): void {
  checkForeignLock(queueEntry(record).lock, owner, data.host.clock);
}

/** Gives a lock back; one that is not held stays as it is. @throws MAPI_E_NOT_IN_QUEUE; MAPI_E_BUSY if it is another's */
export function unlockMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord, owner: string): void {
  checkLockable(data, record, owner);
  delete queueEntry(record).lock;
  tx.messages.add(record.id);
}

/** Gives back every lock of an owner who has gone. */
export function releaseLocks(data: MemoryStoreData, tx: Transaction, owner: string): void {
  for (const record of data.messages.values()) {
    if (record.queue?.lock?.owner !== owner) continue;
    delete record.queue.lock;
    tx.messages.add(record.id);
  }
}

/**
 * Takes a sent message out of the queue, and files or deletes it.
 *
 * A PR_SENTMAIL_ENTRYID that leads nowhere leaves the message where it is: it has been sent, and nothing may be lost.
 *
 * @throws MAPI_E_NOT_IN_QUEUE; MAPI_E_NO_ACCESS unless `owner` has locked it
 */
export function finishMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord, owner: string): void {
  checkOwnLock(queueEntry(record).lock, owner);
  finish(data, tx, record, owner, { state: 'sent', text: 'sent' });
}

/** The same for who may finish it. */
export function finish(
  data: MemoryStoreData,
  tx: Transaction,
  record: MessageRecord,
  owner: string,
  step: OutgoingStep,
): void {
  leaveQueue(data, record, owner, step);
  record.version++;
  changeFlags(data, tx, record, flagsOfSent(record.flags));
  const sentMail = valueIn(record.content.props, PR_SENTMAIL_ENTRYID);
  const action = sentMailAction(sentMail, valueIn(record.content.props, PR_DELETE_AFTER_SUBMIT) === true);
  if (action === 'delete') {
    removeMessage(data, tx, record);
    return;
  }
  messageModified(data, tx, record);
  const folder = sentMail === undefined ? undefined : sentFolder(data, sentMail);
  if (action === 'move' && folder !== undefined && folder.id !== record.folderId) moveMessage(data, tx, record, folder);
}

/** Takes a message out of the queue: its history stays for some time, and its recipients keep how they fared. */
function leaveQueue(data: MemoryStoreData, record: MessageRecord, owner: string, step: OutgoingStep): void {
  const queue = queueEntry(record);
  const { content } = record;
  const finished: FinishedOutgoing = {
    ...{ entryId: messageEntryId(data.uid, record.id), finishedTime: data.now(), state: step.state },
    subject: valueIn(content.props, PR_SUBJECT) ?? '',
    internetMessageId: valueIn(content.props, PR_INTERNET_MESSAGE_ID) ?? null,
    submitTime: valueIn(content.props, PR_CLIENT_SUBMIT_TIME) ?? null,
    attempts: queue.standing?.attempts ?? 0,
  };
  data.past.set(record.id, { record, finished, history: queue.history + historyLine(data.now(), owner, step) });
  forgetPast(data);
  const { rows } = laidOver(content.recipients.rows, queue.recipients);
  record.content = { ...content, recipients: { ...content.recipients, rows } };
  delete record.queue;
}

function forgetPast(data: MemoryStoreData): void {
  const oldest = data.now() - BigInt(finishedKeptMs) * 10_000n;
  for (const [id, { finished }] of data.past) {
    if (data.past.size <= finishedKeptMax && finished.finishedTime >= oldest) return;
    data.past.delete(id);
  }
}

function sentFolder(data: MemoryStoreData, entryId: Uint8Array): ReturnType<MemoryStoreData['folder']> | undefined {
  try {
    return data.folders.get(folderIdOf(data.uid, entryId));
  } catch (error) {
    if (MapiError.is(error)) return undefined;
    throw error;
  }
}

/** @throws MAPI_E_NOT_IN_QUEUE */
export function queueEntry(record: MessageRecord): QueueEntry {
  if (record.queue === undefined)
    throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'the message is not in the outgoing queue');
  return record.queue;
}
