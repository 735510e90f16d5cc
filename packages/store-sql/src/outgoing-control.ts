/** The records of queued messages, as the spooler writes them: each write a few rows of the queue. */
import { MapiError } from '@nodemapi/base';
import {
  checkLockDemand,
  checkOwnLock,
  flagsOfSent,
  historyCharsMax,
  historyLine,
  newLock,
  type QueueLock,
  sentMailAction,
} from '@nodemapi/kit';
import {
  type AdrList,
  type EntryId,
  type IMessage,
  MAPI_ACCESS_LEVEL_MODIFY,
  MAPI_FOLDER,
  type OutgoingChange,
  type OutgoingRecord,
  type OutgoingStanding,
  type OutgoingStep,
  outgoingState,
  outgoingStateNumber,
  PR_ACCESS_LEVEL,
  PR_DELETE_AFTER_SUBMIT,
  PR_SENTMAIL_ENTRYID,
} from '@nodemapi/mapi';
import { join, Query, sql } from '@nodemapi/sqlite';
import { FolderHome } from './folder-home.ts';
import { type ChangeList, lastSeq } from './journal.ts';
import { MessageObject } from './message.ts';
import { loadDraft, type MessageDraft } from './message-draft.ts';
import { saveRecipients } from './message-writer.ts';
import { keepHistory, shortenHistory } from './outgoing-history.ts';
import { saveStandings, standingRows, withStandings } from './outgoing-recipients.ts';
import {
  type LockRow,
  liveLock,
  lockOf,
  messageNumber,
  notQueued,
  type QueuedStanding,
  queuedStanding,
} from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

interface RecordRow extends LockRow {
  readonly submit_flags: bigint;
  readonly state: bigint;
  readonly attempts: bigint;
  readonly last_attempt: bigint | null;
  readonly next_attempt: bigint;
  readonly failures: bigint;
  readonly delay_told: bigint;
  readonly reason: string | null;
}

/** What is written of a message that leaves the queue. */
interface Leaving {
  readonly draft: MessageDraft;
  /** Has to save the draft; undefined if nothing in it waits. */
  readonly home: FolderHome | undefined;
  /** The last one. */
  readonly change: OutgoingChange;
}

export class OutgoingControl {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** @throws MAPI_E_NOT_IN_QUEUE */
  async read(message: MessageObject): Promise<OutgoingRecord> {
    const { db, offers } = this.#context.file;
    const row = message.draft.row ?? -1;
    const found = db.get<RecordRow>(
      sql`SELECT submit_flags, state, attempts, last_attempt, next_attempt, failures, delay_told, reason,
        lock_owner, lock_until, lock_from, lock_ends, lock_number FROM outgoing WHERE message = ${row}`,
      { bigints: true },
    );
    if (found === undefined) throw notQueued(`message ${row}`);
    const standing: OutgoingStanding = {
      state: outgoingState(Number(found.state)),
      attempts: Number(found.attempts),
      lastAttempt: found.last_attempt ?? undefined,
      nextAttempt: found.next_attempt === 0n ? undefined : found.next_attempt,
      failures: Number(found.failures),
      delayTold: found.delay_told !== 0n,
      reason: found.reason ?? undefined,
    };
    const [lock, submitFlags] = [Number(found.lock_number), Number(found.submit_flags)];
    const record = { standing, rows: this.#rowsNow(message, row), lock, submitFlags };
    if (standing.state !== 'sending' || liveLock({ lock: lockOf(found) }, this.#context.file)) return record;
    const offered = await offers.wasOffered(row, record.lock);
    return { ...record, ...(offered === undefined ? {} : { offered }) };
  }

  /**
   * The recipients as they stand now; the message may have been opened before another process wrote. To be read after the number of the
   * lock: then what is older than the number cannot be written after it.
   */
  #rowsNow(message: MessageObject, row: number): AdrList {
    const { db } = this.#context.file;
    const { home } = message;
    if (!message.dirty && home instanceof FolderHome) {
      const now = db.get<{ readonly revision: number }>(sql`SELECT revision FROM message WHERE id = ${row}`);
      if (now !== undefined && now.revision !== message.draft.revision) message.renew(home.load(row));
    }
    return standingRows(db, row, message.draft.recipients.rows).rows;
  }

  /** @throws MAPI_E_BUSY */
  noteOffer(entryId: EntryId, lock: number): void {
    this.#context.file.offers.offer(messageNumber(this.#context, entryId), lock);
  }

  /** @throws MAPI_E_BUSY, MAPI_E_OBJECT_CHANGED, MAPI_E_NOT_IN_QUEUE */
  async write(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number> {
    const { file } = this.#context;
    const row = messageNumber(this.#context, entryId);
    const object = await this.#saved(message);
    const { number, saved } = await file.write((changes) => {
      const standing = queuedStanding(file.db, row);
      const number = this.#lockNumber(standing, change);
      const saved = object === undefined ? undefined : object.home.store(changes, object.draft, { standing });
      this.#update(standing, change, number);
      changes.queue(row);
      return { number, saved };
    });
    if (object !== undefined) object.message.renew(saved?.draft ?? object.home.load(row));
    if (change.leaseMs === undefined) file.offers.ended(row);
    else if (change.standing?.state === 'sending') await file.offers.claim(row, number);
    return number;
  }

  /** Writes the last change and finishes, in one transaction. */
  async finish(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void> {
    const { file } = this.#context;
    const row = messageNumber(this.#context, entryId);
    const unsaved = await this.#saved(message);
    const own = message instanceof MessageObject && message.draft.row === row ? message : undefined;
    await file.write((changes) => {
      const standing = queuedStanding(file.db, row);
      this.#lockNumber(standing, change);
      const draft = own?.draft ?? loadDraft(file.db, row);
      this.#finish(changes, standing, { draft, home: unsaved?.home, change });
    });
    file.offers.ended(row);
    await own?.close();
  }

  /** FinishedMsg by the documented contract: whoever has the lock finishes. */
  finishByContract(entryId: EntryId): Promise<void> {
    const { file, owner } = this.#context;
    const row = messageNumber(this.#context, entryId);
    return file.write((changes) => {
      const standing = queuedStanding(file.db, row);
      checkOwnLock(standing.entry.lock, owner);
      this.#finish(changes, standing, { draft: loadDraft(file.db, row), home: undefined, change: {} });
    });
  }

  /** The message in hand, if it is ours and has unsaved changes; that of somebody else is saved. */
  async #saved(
    message: IMessage | undefined,
  ): Promise<{ readonly message: MessageObject; readonly home: FolderHome; readonly draft: MessageDraft } | undefined> {
    if (message === undefined) return undefined;
    if (message instanceof MessageObject) {
      const { home, draft } = message;
      return message.dirty && home instanceof FolderHome ? { message, home, draft } : undefined;
    }
    const [level] = (await message.getProps([PR_ACCESS_LEVEL])).values;
    if (level === MAPI_ACCESS_LEVEL_MODIFY) await message.saveChanges({ keepOpenReadWrite: true });
    return undefined;
  }

  /** Whether the change may be written; answers the number of the lock under which it is. */
  #lockNumber({ entry }: QueuedStanding, change: OutgoingChange): number {
    const { file, owner } = this.#context;
    const { clock } = file.host;
    checkLockDemand({ lock: liveLock(entry, file), last: entry.last }, change, owner, clock);
    const keepsLock = change.lock !== undefined && change.leaseMs !== undefined;
    return keepsLock ? change.lock : nextLockNumber(this.#context); // so whoever has read the record before must read it again
  }

  #update({ entry }: QueuedStanding, change: OutgoingChange, number: number): void {
    const { file, owner } = this.#context;
    const { db } = file;
    const { leaseMs, standing, step } = change;
    const { clock } = file.host;
    const sets = [lockSet(leaseMs === undefined ? undefined : newLock(owner, number, clock, leaseMs), number)];
    if (standing !== undefined) sets.push(standingSet(standing));
    if (step !== undefined) sets.push(sql`history = history || ${this.#line(step)}`);
    db.run(sql`UPDATE outgoing SET ${join(sets)} WHERE message = ${entry.message}`);
    if (entry.historyChars > historyCharsMax) shortenHistory(db, entry.message);
    saveStandings(db, entry.message, change.recipients ?? []);
  }

  #line(step: OutgoingStep): string {
    return historyLine(this.#context.file.host.clock.now(), this.#context.owner, step);
  }

  #finish(changes: ChangeList, standing: QueuedStanding, leaving: Leaving): void {
    const { db, host } = this.#context.file;
    const { folder, entry } = standing;
    const { message: row } = entry;
    const { draft, change } = leaving;
    const { step = { state: 'sent', text: 'sent' } } = change;
    const attempts = change.standing?.attempts;
    keepHistory(db, row, {
      ...{ now: host.clock.now(), state: step.state, line: this.#line(step) },
      ...(attempts === undefined ? {} : { attempts }),
    });
    changes.queue(row);
    const sentMail = draft.props.get(PR_SENTMAIL_ENTRYID);
    const action = sentMailAction(sentMail, draft.props.get(PR_DELETE_AFTER_SUBMIT) === true);
    if (action === 'delete') {
      db.run(sql`DELETE FROM outgoing WHERE message = ${row}`);
      db.run(sql`DELETE FROM message WHERE id = ${row}`);
      changes.message('objectDeleted', row, folder);
      changes.folder('objectModified', folder);
      return;
    }
    const target = action === 'move' && sentMail !== undefined ? this.#sentFolder(sentMail, folder) : folder;
    this.#keep(changes, standing, leaving, target === folder ? undefined : target);
    db.run(sql`DELETE FROM outgoing WHERE message = ${row}`);
    if (target === folder) {
      changes.message('objectModified', row, folder);
      return;
    }
    changes.message('objectMoved', row, target, { oldObject: row, oldParent: folder });
    changes.folder('objectModified', folder);
    changes.folder('objectModified', target);
  }

  /** Writes what stays of a message that was sent: how its recipients fared, its flags, and where it lies from now on. */
  #keep(
    changes: ChangeList,
    standing: QueuedStanding,
    { draft, home, change }: Leaving,
    moveTo: number | undefined,
  ): void {
    const { db, host } = this.#context.file;
    const { entry, flags } = standing;
    const { message: row } = entry;
    const { stored } = draft;
    const rows = draft.recipients.rows.map((each) => stored?.raw.get(each) ?? each);
    if (home !== undefined) {
      home.store(changes, draft, { flagsOf: flagsOfSent, moveTo, standing });
    } else {
      const sets = [sql`flags = ${flagsOfSent(flags)}, revision = revision + 1, modified = ${host.clock.now()}`];
      if (moveTo !== undefined) sets.push(sql`folder = ${moveTo}`);
      db.run(sql`UPDATE message SET ${join(sets)} WHERE id = ${row}`);
    }
    const last = withStandings(standingRows(db, row, rows).rows, change.recipients ?? []);
    saveRecipients(db, row, last, home === undefined ? stored?.recipients : rows);
  }

  /** The folder for what was sent; one that is not there (any more) leaves the message where it is. */
  #sentFolder(entryId: EntryId, fallback: number): number {
    const { file, log } = this.#context;
    try {
      const { type, number } = this.#context.parse(entryId);
      if (type === MAPI_FOLDER && file.db.get(sql`SELECT 1 FROM folder WHERE id = ${number}`)) return number;
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      log.warn('PR_SENTMAIL_ENTRYID is of no folder here', { error });
    }
    return fallback;
  }
}

/**
 * The number of a lock that is taken in this write: that of the first row which its commit adds to the journal. Locks of other
 * messages may have the same; for one message it grows, also when it leaves the queue and comes back, and costs nothing to
 * keep, since who has taken a lock hears of it only after the commit.
 */
export function nextLockNumber({ file }: StoreContext): number {
  return lastSeq(file.db) + 1;
}

/** The columns of a lock; undefined gives it back. */
export function lockSet(lock: QueueLock | undefined, number: number): Query {
  return new Query('lock_owner = ?, lock_until = ?, lock_from = ?, lock_ends = ?, lock_number = ?', [
    ...[lock?.owner ?? null, lock?.until ?? null, lock?.fromMs ?? null, lock?.endsMs ?? null, number],
  ]);
}

function standingSet(standing: OutgoingStanding): Query {
  const { state, attempts, lastAttempt, nextAttempt, reason, failures, delayTold } = standing;
  return new Query(
    'state = ?, attempts = ?, last_attempt = ?, next_attempt = ?, failures = ?, delay_told = ?, reason = ?',
    [
      ...[outgoingStateNumber(state), attempts, lastAttempt ?? null, nextAttempt ?? 0, failures],
      ...[Number(delayTold), reason ?? null],
    ],
  );
}
