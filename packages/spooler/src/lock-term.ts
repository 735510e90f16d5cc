/**
 * The lock of one message as this spooler holds it, and the question whether it holds it still.
 *
 * A store says MAPI_E_BUSY, MAPI_E_NO_ACCESS and MAPI_E_NOT_FOUND where somebody else has the message, and where its
 * file cannot be used for a while. Then its queue is asked, and what it does not say is no reason to give up a result.
 */
import { type Clock, fileTimeToMs, type Log } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
  PR_ENTRYID,
  PR_SPOOLER_LOCK_UNTIL,
  propOf,
  resProperty,
} from '@nodemapi/mapi';

/** The message is not there, or not in the queue. */
const GONE: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>([
  'MAPI_E_NOT_IN_QUEUE',
  'MAPI_E_NOT_FOUND',
  'MAPI_E_OBJECT_DELETED',
]);

/** These have one meaning more. */
const AMBIGUOUS: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>([
  'MAPI_E_BUSY',
  'MAPI_E_NO_ACCESS',
  'MAPI_E_NOT_FOUND',
]);

/** Whether an error says that the message has gone: aborted, finished, or deleted. */
export function isGone(error: MapiError): boolean {
  return GONE.has(error.code);
}

export interface LockTermParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
}

export class LockTerm {
  readonly #store: IMsgStore;
  readonly #entryId: EntryId;
  readonly #parts: LockTermParts;
  /** Not later than this the lock ends that was taken last. */
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(store: IMsgStore, entryId: EntryId, parts: LockTermParts) {
    this.#store = store;
    this.#entryId = entryId;
    this.#parts = parts;
  }

  /** The lock has just been taken or renewed. */
  taken(): void {
    this.#untilMs = this.#parts.clock.nowMs() + Math.ceil(this.#parts.leaseMs);
  }

  /** Whether the message has gone or belongs to somebody else, after a write has failed with `error`. Never rejects. */
  async isLost(error: MapiError): Promise<boolean> {
    if (!AMBIGUOUS.has(error.code)) return isGone(error);
    try {
      return await this.#isElsewhere();
    } catch (cause) {
      this.#parts.log.warn('queue not readable', { error: MapiError.from(cause, 'store') });
      return false;
    }
  }

  /** Whoever takes the lock after us has it for longer: it is free only when ours has ended. */
  async #isElsewhere(): Promise<boolean> {
    await using queue = await this.#store.getOutgoingQueue();
    await queue.setColumns([PR_ENTRYID, PR_SPOOLER_LOCK_UNTIL]);
    await queue.restrict(resProperty('EQ', PR_ENTRYID, this.#entryId));
    const [row] = await queue.queryRows(1);
    if (row === undefined) return true;
    const until = propOf(row, PR_SPOOLER_LOCK_UNTIL);
    if (until === undefined) return false;
    const untilMs = fileTimeToMs(until);
    return untilMs > this.#parts.clock.nowMs() && untilMs > this.#untilMs;
  }
}
