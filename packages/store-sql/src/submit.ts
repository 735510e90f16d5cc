/** IMessage::SubmitMessage. spec: imessage-submitmessage, sending-messages-message-store-provider-tasks */
import { type FileTime, MapiError } from '@nodemapi/base';
import { deferredSendTime, flagsOfSubmitted, historyLine, recipientsOfSubmitted } from '@nodemapi/kit';
import {
  MSGFLAG_RESEND,
  outgoingStateNumber,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_MESSAGE_FLAGS,
  PR_SPOOLER_STATE,
  SUBMITFLAG_PREPROCESS,
  submittedStanding,
} from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';
import type { FolderHome } from './folder-home.ts';
import type { MessageObject } from './message.ts';
import { cloneDraft, type MessageDraft } from './message-draft.ts';
import { nextLockNumber } from './outgoing-control.ts';
import { takeHistory } from './outgoing-history.ts';
import { queueEntry } from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

/**
 * Saves a message and puts it into the queue, both in one transaction that is on the disk before this resolves; then
 * closes the object. Whatever fails, the object stays open with all its changes.
 *
 * @throws MAPI_E_NO_RECIPIENTS, and whatever saving throws
 */
export async function submit(context: StoreContext, home: FolderHome, message: MessageObject): Promise<void> {
  const { file, support } = context;
  context.assertWritable();
  checkRecipients(message.draft);
  const queued = message.draft.row === undefined ? undefined : queueEntry(file.db, message.draft.row);
  if (queued !== undefined) return afterPreprocessing(context, home, message);
  if (((message.draft.props.get(PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_RESEND) !== 0) {
    await context.announceReady();
    await support.prepareSubmit(message);
  }
  const { needsPreprocessing } = await support.expandRecips(message);
  checkRecipients(message.draft);
  await file.write((changes) => {
    const draft = submitted(message.draft, submitTime(file.db, file.host.clock.now()));
    const { row } = home.store(changes, draft, { flagsOf: flagsOfSubmitted });
    const flags = needsPreprocessing ? SUBMITFLAG_PREPROCESS : 0;
    enqueue(context, draft, row, { flags, asked: message.draft.props.get(PR_SPOOLER_STATE) });
    changes.queued(row);
  });
  await message.close();
}

/** Adds the queue's row of a message, with the beginning of its history, or with the one that it has from before. */
function enqueue(context: StoreContext, draft: MessageDraft, row: number, begin: Beginning): void {
  const { db, host } = context.file;
  const now = host.clock.now();
  const due = draft.props.get(PR_DEFERRED_SEND_TIME);
  const count = draft.recipients.rows.length;
  const { standing, step } = submittedStanding({ asked: begin.asked, due, count }, now);
  const { state, nextAttempt = 0n, reason = null } = standing;
  const before = draft.row === undefined ? '' : takeHistory(db, row);
  const history = before + historyLine(now, context.owner, step);
  db.run(sql`INSERT INTO outgoing
      (message, submit_flags, lock_number, state, next_attempt, not_before, reason, history)
    VALUES (${row}, ${begin.flags}, ${nextLockNumber(context)}, ${outgoingStateNumber(state)}, ${nextAttempt},
      ${nextAttempt}, ${reason}, ${history})`);
}

/** How a message is to begin in the queue. */
interface Beginning {
  /** SUBMITFLAG_PREPROCESS or 0 */
  readonly flags: number;
  /** PR_SPOOLER_STATE of the draft */
  readonly asked: number | undefined;
}

/** The spooler has preprocessed the message: it waits for its transport from now on. */
async function afterPreprocessing(context: StoreContext, home: FolderHome, message: MessageObject): Promise<void> {
  if (!context.spooler) throw new MapiError('MAPI_E_SUBMITTED', 'the message is in the outgoing queue');
  const { file } = context;
  await file.write((changes) => {
    const draft = cloneDraft(message.draft);
    draft.recipients = { ...draft.recipients, rows: recipientsOfSubmitted(draft.recipients.rows) };
    const { row } = home.store(changes, draft);
    file.db.run(
      sql`UPDATE outgoing SET submit_flags = submit_flags & ~${SUBMITFLAG_PREPROCESS} WHERE message = ${row}`,
    );
    changes.queue(row);
  });
  await message.close();
}

function checkRecipients(draft: MessageDraft): void {
  if (draft.recipients.rows.length === 0) throw new MapiError('MAPI_E_NO_RECIPIENTS', 'the message has no recipients');
}

/** The draft as it is queued; the one in hand stays as it is. */
function submitted(before: MessageDraft, now: FileTime): MessageDraft {
  const draft = cloneDraft(before);
  const { props } = draft;
  props.delete(PR_SPOOLER_STATE);
  props.set(PR_CLIENT_SUBMIT_TIME, now);
  const deferred = deferredSendTime(now, {
    number: props.get(PR_DEFERRED_SEND_NUMBER),
    units: props.get(PR_DEFERRED_SEND_UNITS),
    time: props.get(PR_DEFERRED_SEND_TIME),
  });
  props.put(PR_DEFERRED_SEND_TIME, deferred);
  draft.recipients = { ...draft.recipients, rows: recipientsOfSubmitted(draft.recipients.rows) };
  return draft;
}

/** Now, but not before what was submitted last: the queue is in the order of its submit times, whatever the clock does. */
function submitTime(db: Database, now: FileTime): FileTime {
  const last = db.get<{ submitted: FileTime | null }>(
    sql`SELECT m.submitted FROM outgoing o JOIN message m ON m.id = o.message ORDER BY o.seq DESC LIMIT 1`,
    { bigints: true },
  )?.submitted;
  return last !== undefined && last !== null && last > now ? last : now;
}
