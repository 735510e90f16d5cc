/**
 * The records of a store that keeps none by itself, by its documented methods: properties of the message and of its
 * recipients, saved by SetLockState.
 *
 * - A lock has a number here, too, but other processes do not see it: that they have taken a message over is learnt from
 *   the store, which refuses, and from its queue.
 * - What has left the queue is forgotten.
 */
import { type Clock, type FileTime, fileTimeToMs, type Log, MapiError, toHex } from '@nodemapi/base';
import { historyEvents, historyLine, shortenedHistory } from '@nodemapi/kit';
import {
  type DuePage,
  type DueQuery,
  type EntryId,
  type FinishedOutgoing,
  type IMessage,
  type IMsgStore,
  type MapiErrorCode,
  type OutgoingChange,
  type OutgoingEvent,
  type OutgoingRecord,
  type OutgoingRecords,
  type OutgoingStanding,
  outgoingState,
  outgoingStateNumber,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_ENTRYID,
  PR_SPOOLER_ATTEMPTS,
  PR_SPOOLER_DELAY_TOLD,
  PR_SPOOLER_FAILURES,
  PR_SPOOLER_HISTORY,
  PR_SPOOLER_LAST_ATTEMPT,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_STATE,
  PR_SUBMIT_FLAGS,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  type QueuedRow,
  type RecipientStanding,
  type Row,
  resProperty,
  withStanding,
} from '@nodemapi/mapi';
import { isSpoolerTag, readRecipients, TABLE_PAGE_ROWS } from './record.ts';

/** With a lock of ours in hand these may also say that somebody else has the message. */
const AMBIGUOUS: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>(['MAPI_E_BUSY', 'MAPI_E_NO_ACCESS']);
/** A change without a lock has the message for so long at most. */
const PASSING_LEASE_MS = 60_000;

export interface ContractRecordsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: string;
}

interface Held {
  readonly number: number;
  /** Not later than this the lock ends that was taken last. */
  readonly untilMs: number;
}

export class ContractRecords implements OutgoingRecords {
  readonly #store: IMsgStore;
  readonly #parts: ContractRecordsParts;
  readonly #held = new Map<string, Held>();
  #next = 1;

  constructor(store: IMsgStore, parts: ContractRecordsParts) {
    this.#store = store;
    this.#parts = parts;
  }

  async readOutgoing(message: IMessage): Promise<OutgoingRecord> {
    const { values } = await message.getProps([...STANDING_TAGS, PR_ENTRYID, PR_SUBMIT_FLAGS]);
    const standing: OutgoingStanding = {
      state: outgoingState(values[0]),
      attempts: values[1] ?? 0,
      lastAttempt: values[2],
      nextAttempt: values[3],
      reason: values[4],
      failures: values[5] ?? 0,
      delayTold: values[6] ?? false,
    };
    const rows = (await readRecipients(message)).map(({ row }) => row);
    const lock = this.#held.get(toHex(values[7] ?? new Uint8Array()))?.number ?? 0;
    return { standing, rows, lock, submitFlags: values[8] ?? 0 };
  }

  async writeOutgoing(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number> {
    const key = toHex(entryId);
    const known = change.lock ?? change.after;
    if (known !== undefined && known !== (this.#held.get(key)?.number ?? 0)) throw takenOver(known);
    const own = message ?? (await this.#store.openEntry(entryId, { iid: 'IMessage', modify: true }));
    try {
      await this.#put(own, change);
      await this.#store.setLockState(own, true, { leaseMs: change.leaseMs ?? PASSING_LEASE_MS });
      if (change.leaseMs === undefined) await this.#store.setLockState(own, false);
    } catch (cause) {
      throw change.lock === undefined ? cause : await this.#explained(entryId, MapiError.from(cause, 'store'));
    } finally {
      if (own !== message) await own.release();
    }
    const number = change.lock ?? this.#next++;
    const untilMs = this.#parts.clock.nowMs() + Math.ceil(change.leaseMs ?? 0);
    this.#held.set(key, { number, untilMs });
    return number;
  }

  async finishOutgoing(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void> {
    await this.writeOutgoing(entryId, { leaseMs: PASSING_LEASE_MS, ...change }, message);
    await this.#store.finishedMsg(entryId);
    this.#held.delete(toHex(entryId));
  }

  async dueOutgoing({ now, beyond }: DueQuery): Promise<DuePage> {
    const rows = await this.#queue();
    const isDue = ({ entryId, state, nextMs, deferredTime, lockUntilMs }: QueuedRow): boolean => {
      const isLocked = (lockUntilMs ?? 0) > fileTimeToMs(now) && !this.#held.has(toHex(entryId));
      if (state === 'held' || isLocked) return false;
      if (state === 'sending' || nextMs === undefined || nextMs <= fileTimeToMs(now)) return true;
      return nextMs > fileTimeToMs(beyond) && nextMs !== (deferredTime && fileTimeToMs(deferredTime));
    };
    return { rows: rows.filter(isDue), next: undefined };
  }

  async nextOutgoingMs(now: FileTime): Promise<number | undefined> {
    const nowMs = fileTimeToMs(now);
    const rows = (await this.#queue()).filter(({ state }) => state !== 'held');
    const times = rows.flatMap(({ nextMs, lockUntilMs, entryId }) => [
      nextMs ?? 0,
      this.#held.has(toHex(entryId)) ? 0 : (lockUntilMs ?? 0),
    ]);
    const next = times.filter((time) => time > nowMs);
    return next.length === 0 ? undefined : next.reduce((a, b) => Math.min(a, b)) - nowMs;
  }

  async outgoingHistory(entryId: EntryId): Promise<readonly OutgoingEvent[]> {
    await using message = await this.#store.openEntry(entryId, { iid: 'IMessage' });
    return historyEvents((await message.getProps([PR_SPOOLER_HISTORY])).values[0] ?? '');
  }

  async finishedOutgoing(): Promise<readonly FinishedOutgoing[]> {
    return [];
  }

  /** Puts a change into the message; what saves it is the lock. */
  async #put(message: IMessage, { standing, recipients, step }: OutgoingChange): Promise<void> {
    const set: PropValue[] = [];
    const clear: PropTag[] = [];
    if (standing !== undefined) {
      for (const [index, value] of valuesOf(standing).entries()) {
        const tag = STANDING_TAGS[index] as PropTag;
        if (value === undefined) clear.push(tag);
        else set.push({ tag, value });
      }
    }
    if (step !== undefined) {
      const history = (await message.getProps([PR_SPOOLER_HISTORY])).values[0] ?? '';
      const line = historyLine(this.#parts.clock.now(), this.#parts.owner, step);
      set.push(prop(PR_SPOOLER_HISTORY, shortenedHistory(history + line)));
    }
    if (set.length > 0) checkProblems(await message.setProps(set));
    if (clear.length > 0) await message.deleteProps(clear);
    if (recipients !== undefined && recipients.length > 0) await putRecipients(message, recipients);
  }

  /** The error of a write under a lock of ours, told apart from that of a lock that has been taken over. */
  async #explained(entryId: EntryId, error: MapiError): Promise<MapiError> {
    if (!AMBIGUOUS.has(error.code)) return error;
    try {
      if (!(await this.#isElsewhere(entryId))) return error;
      const key = toHex(entryId);
      const number = this.#held.get(key)?.number;
      this.#held.delete(key);
      return takenOver(number, error);
    } catch (cause) {
      this.#parts.log.warn('queue not readable', { error: MapiError.from(cause, 'store') });
      return error;
    }
  }

  /** Whoever takes the lock after us has it for longer: it is free only when ours has ended. */
  async #isElsewhere(entryId: EntryId): Promise<boolean> {
    const [row] = await this.#rows(entryId);
    const ours = this.#held.get(toHex(entryId))?.untilMs ?? 0;
    const untilMs = row?.lockUntilMs;
    return untilMs !== undefined && untilMs > this.#parts.clock.nowMs() && untilMs > ours;
  }

  /** The whole queue. What is not in it, and not locked by us, has left it by others and is forgotten. */
  async #queue(): Promise<readonly QueuedRow[]> {
    const known = [...this.#held.keys()]; // what is locked while the queue is read may not be in what is read
    const rows = await this.#rows();
    const queued = new Set(rows.map(({ entryId }) => toHex(entryId)));
    const nowMs = this.#parts.clock.nowMs();
    for (const key of known) {
      if (!queued.has(key) && (this.#held.get(key)?.untilMs ?? 0) <= nowMs) this.#held.delete(key);
    }
    return rows;
  }

  /** The queue, or one row of it. */
  async #rows(entryId?: EntryId): Promise<readonly QueuedRow[]> {
    await using table = await this.#store.getOutgoingQueue();
    await table.setColumns(QUEUE_COLUMNS);
    if (entryId !== undefined) await table.restrict(resProperty('EQ', PR_ENTRYID, entryId));
    const rows: QueuedRow[] = [];
    for (;;) {
      const page = await table.queryRows(TABLE_PAGE_ROWS);
      if (page.length === 0) return rows;
      rows.push(...page.map(queuedRow));
    }
  }
}

const STANDING_TAGS = [
  PR_SPOOLER_STATE,
  PR_SPOOLER_ATTEMPTS,
  PR_SPOOLER_LAST_ATTEMPT,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_FAILURES,
  PR_SPOOLER_DELAY_TOLD,
] as const;

/** In the order of STANDING_TAGS. */
function valuesOf(standing: OutgoingStanding): readonly unknown[] {
  const { state, attempts, lastAttempt, nextAttempt, reason, failures, delayTold } = standing;
  return [outgoingStateNumber(state), attempts, lastAttempt, nextAttempt, reason, failures, delayTold];
}

/** What the queue's table has to show for `queuedRow`. */
export const QUEUE_COLUMNS = [
  PR_ENTRYID,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_SPOOLER_STATE,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_REASON,
] as const;

/** A row of the queue's table. */
export function queuedRow(row: Row): QueuedRow {
  const next = propOf(row, PR_SPOOLER_NEXT_ATTEMPT);
  const lockUntil = propOf(row, PR_SPOOLER_LOCK_UNTIL);
  return {
    entryId: propOf(row, PR_ENTRYID) ?? new Uint8Array(),
    submitTime: propOf(row, PR_CLIENT_SUBMIT_TIME),
    deferredTime: propOf(row, PR_DEFERRED_SEND_TIME),
    state: outgoingState(propOf(row, PR_SPOOLER_STATE)),
    nextMs: next === undefined ? undefined : fileTimeToMs(next),
    lockOwner: propOf(row, PR_SPOOLER_LOCK_OWNER),
    lockUntilMs: lockUntil === undefined ? undefined : fileTimeToMs(lockUntil),
    reason: propOf(row, PR_SPOOLER_REASON),
  };
}

/** A row is written whole, since MODRECIP_MODIFY replaces it. */
async function putRecipients(message: IMessage, recipients: readonly RecipientStanding[]): Promise<void> {
  const byId = new Map(recipients.map((one) => [one.rowId, one]));
  const rows = (await readRecipients(message)).flatMap(({ rowId, row }) => {
    const standing = byId.get(rowId);
    return standing === undefined ? [] : [withStanding(row, standing)];
  });
  if (rows.length > 0) await message.modifyRecipients('modify', rows);
}

/** Only the spooler's own properties must be set: a store may compute the others itself. */
function checkProblems(problems: readonly { readonly tag: PropTag; readonly code: MapiErrorCode }[]): void {
  const own = problems.find(({ tag }) => isSpoolerTag(tag));
  if (own !== undefined) throw new MapiError(own.code, 'the store does not keep the state of outgoing mail');
}

function takenOver(number: number | undefined, cause?: MapiError): MapiError {
  return new MapiError('MAPI_E_OBJECT_CHANGED', `the message has been taken over since lock ${number}`, { cause });
}
