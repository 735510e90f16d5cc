/**
 * Picks messages in submit order from all stores, and works on several at a time.
 *
 * - What is due is asked of the stores; only what is not stored is remembered here: messages that wait for a transport
 *   (of many the rest is stored), for another spooler's lock, or for a store that fails. All of it has a time at which it is
 *   looked at again.
 * - One timer, set to the earliest of these times and of those in the stores, and never far ahead: somebody may set the
 *   clock. A restart begins like any other day.
 * - One message that fails never stops the others.
 */
import { Emitter, type FileTime, fileTimeToMs, type Log, MapiError, type Timer, toHex } from '@nodemapi/base';
import type { EntryId } from '@nodemapi/mapi';
import { Attempt } from './attempt.ts';
import type { AttemptContext, AttemptResult, Job } from './attempt-context.ts';
import { described, type History } from './history.ts';
import { holdMessage } from './hold.ts';
import type { QueueRow } from './queue-reader.ts';
import { SteadyTime } from './steady-time.ts';
import type { AttachedStore, StoreSet } from './stores.ts';
import { isOfSurroundings } from './surroundings.ts';
import { WaitingMessages } from './waiting-messages.ts';

export interface Parked {
  readonly untilMs: number;
  readonly reason: string;
}

interface Running {
  readonly attempt: Attempt;
  readonly attached: AttachedStore;
  readonly done: Promise<AttemptResult>;
}

/** While something waits it is looked for changes of the clock so often. */
const LOOK_AGAIN_MS = 300_000;

/** Names a message in this process. */
export function messageKey(attached: AttachedStore, entryId: EntryId): string {
  return `${attached.key}/${toHex(entryId)}`;
}

export class Dispatcher {
  readonly #context: AttemptContext;
  readonly #stores: StoreSet;
  readonly #history: History;
  readonly #log: Log;
  readonly #running = new Map<string, Running>();
  readonly #parked = new Map<string, Parked>();
  /** How often something failed before anything could be recorded. */
  readonly #troubles = new Map<string, number>();
  /** Messages that nobody starts, because somebody changes them. */
  readonly #reserved = new Set<string>();
  readonly #changed: Emitter<AttemptResult | undefined>;
  #timer: Timer | undefined;
  readonly #steady: SteadyTime;
  readonly #waiting: WaitingMessages;
  #started = false;
  #dirty = false;
  #pump: Promise<void> | undefined;
  /** The last look at the queues found nothing more to start. */
  #clean = false;

  constructor(context: AttemptContext, stores: StoreSet, history: History) {
    this.#context = context;
    this.#stores = stores;
    this.#history = history;
    this.#log = context.log;
    this.#steady = new SteadyTime(context.host.clock);
    this.#waiting = new WaitingMessages(context.transports, stores);
    this.#changed = new Emitter((error) => this.#log.error('listener failed', { error }));
  }

  get running(): number {
    return this.#running.size;
  }

  /** The attempts that run now, of one store if it is given. */
  attempts(attached?: AttachedStore): readonly Attempt[] {
    const all = [...this.#running.values()];
    return all.filter((one) => attached === undefined || one.attached === attached).map(({ attempt }) => attempt);
  }

  attempt(key: string): Attempt | undefined {
    return this.#running.get(key)?.attempt;
  }

  parked(key: string): Parked | undefined {
    return this.#parked.get(key);
  }

  start(): void {
    this.#started = true;
    this.wake();
  }

  /** Starts nothing any more; what runs goes on. */
  stop(): void {
    this.#started = false;
    this.#timer?.cancel();
    this.#changed.emit(undefined);
  }

  /** Something may be due. */
  wake(): void {
    this.#dirty = true;
    this.#clean = false;
    if (!this.#started || this.#pump !== undefined) return;
    this.#pump = this.#work().finally(() => {
      this.#pump = undefined;
      if (this.#dirty && this.#started) this.wake();
      else this.#changed.emit(undefined);
    });
  }

  /** Everything that waits for a transport is looked at again. */
  wakeAll(): void {
    this.#parked.clear();
    this.wake();
  }

  unpark(key: string): void {
    this.#parked.delete(key);
    this.#troubles.delete(key);
    this.wake();
  }

  /** Calls `listener` after every attempt, and whenever there may be nothing left to do. */
  onChange(listener: (result: AttemptResult | undefined) => void): Disposable {
    return this.#changed.subscribe(listener);
  }

  /** Whether nothing is due and nothing runs, of all messages or of those that `concerns` names. */
  isSettled(concerns: (key: string) => boolean = () => true): boolean {
    if (this.#started && !this.#clean) return false;
    return ![...this.#running.keys()].some(concerns);
  }

  /** Resolves when what runs has ended, of one store if it is given. */
  async idle(attached?: AttachedStore): Promise<void> {
    const all = [...this.#running.values()].filter((one) => attached === undefined || one.attached === attached);
    await Promise.all(all.map((one) => one.done));
  }

  /** Runs one attempt outside the order of due times; waits if one runs already. Withheld messages are left alone. */
  async run(attached: AttachedStore, job: Omit<Job, 'key' | 'home'>): Promise<AttemptResult> {
    const key = messageKey(attached, job.entryId);
    while (this.#running.has(key)) await this.#running.get(key)?.done;
    if (!this.#started || this.#reserved.has(key)) return { fate: 'skipped', reason: 'withheld' };
    return this.#start(attached, { ...job, key, home: attached });
  }

  /** Keeps a message from being started until the answer is disposed; an attempt that runs goes on. */
  withhold(key: string): Disposable {
    this.#reserved.add(key);
    return {
      [Symbol.dispose]: () => {
        this.#reserved.delete(key);
        this.unpark(key);
      },
    };
  }

  /** The result of the attempt that runs on a message. */
  async ended(key: string): Promise<AttemptResult | undefined> {
    return this.#running.get(key)?.done;
  }

  async #work(): Promise<void> {
    while (this.#dirty && this.#started) {
      this.#dirty = false;
      this.#noticeJump();
      // One time for looking and for setting the timer, so that nothing becomes due in between unseen.
      const now = this.#context.host.clock.now();
      try {
        await this.#fill(now);
        if (this.#clean) await this.#schedule(now);
      } catch (cause) {
        this.#log.error('queue not readable', { error: MapiError.from(cause, 'store') });
        this.#wakeIn(this.#context.settings.busyRetryMs);
      }
    }
  }

  /** What waits by a clock that has been set since is looked at again now. */
  #noticeJump(): void {
    const jumpMs = this.#steady.takeJumpMs();
    if (jumpMs === 0) return;
    this.#log.warn('the clock was set', { byMs: jumpMs });
    this.#parked.clear();
    this.#context.slots.reset();
    this.#context.transports.restNoMore();
  }

  /** Starts messages until there are enough, or no more. */
  async #fill(now: FileTime): Promise<void> {
    const { settings, transports } = this.#context;
    while (this.#started && this.#running.size < settings.messagesInFlightMax) {
      const next = transports.anyUsable ? await this.#next(now) : undefined;
      if (next === undefined) {
        this.#clean = !this.#dirty;
        return this.#fillFromWaiting();
      }
      if (!this.#started) return;
      const { attached, row } = next;
      attached.reader?.take(row);
      const key = messageKey(attached, row.entryId);
      this.#parked.delete(key);
      const recordsWait = this.#parked.size >= settings.waitingInMemoryMax;
      void this.#start(attached, { key, home: attached, entryId: row.entryId, recordsWait });
    }
  }

  /** Nothing is due, so those have their turn who have waited for a transport that is back. */
  async #fillFromWaiting(): Promise<void> {
    const { messagesInFlightMax } = this.#context.settings;
    while (this.#started && this.#running.size < messagesInFlightMax) {
      const next = await this.#waiting.next();
      if (next === undefined || !this.#started) return;
      const { attached, entryId } = next;
      const key = messageKey(attached, entryId);
      if (this.#running.has(key) || this.#reserved.has(key) || this.#parked.has(key)) continue;
      void this.#start(attached, { key, home: attached, entryId, recordsWait: true, back: true });
    }
  }

  /** The due message that was submitted first. */
  async #next(now: FileTime): Promise<{ attached: AttachedStore; row: QueueRow } | undefined> {
    const nowMs = fileTimeToMs(now);
    let first: { attached: AttachedStore; row: QueueRow } | undefined;
    for (const attached of this.#stores.list) {
      if (!attached.sends || attached.reader === undefined) continue;
      const row = await attached.reader.peek(now, (candidate) => this.#isFree(attached, candidate, nowMs));
      if (row === undefined) continue;
      if (first === undefined || (row.submitTime ?? 0n) < (first.row.submitTime ?? 0n)) first = { attached, row };
    }
    return first;
  }

  #isFree(attached: AttachedStore, row: QueueRow, nowMs: number): boolean {
    const key = messageKey(attached, row.entryId);
    if (this.#running.has(key) || this.#reserved.has(key)) return false;
    const parked = this.#parked.get(key);
    return parked === undefined || parked.untilMs <= nowMs;
  }

  /** Never rejects. */
  #start(attached: AttachedStore, job: Job): Promise<AttemptResult> {
    const attempt = new Attempt(this.#context, job);
    const { observer } = this.#context;
    const run = observer.attempt(job.entryId, () => attempt.run());
    const done = run.then((result) => this.#done(attached, attempt, result));
    this.#running.set(job.key, { attempt, attached, done });
    return done;
  }

  #done(attached: AttachedStore, { job }: Attempt, result: AttemptResult): AttemptResult {
    this.#running.delete(job.key);
    const nowMs = this.#context.host.clock.nowMs();
    const { fate, reason } = result;
    const why = reason ?? result.record?.reason;
    this.#log.info('attempt ended', { message: job.key, fate, ...(why === undefined ? {} : { reason: why }) });
    if (result.record !== undefined && (result.fate === 'sent' || result.fate === 'failed')) {
      this.#history.add(described(result.record, { running: false, nowMs }));
    }
    if (result.error === undefined) this.#troubles.delete(job.key);
    else this.#trouble(attached, job, result.error);
    if (result.fate === 'skipped' && result.error === undefined) {
      this.#parked.set(job.key, { untilMs: result.untilMs ?? nowMs, reason: result.reason ?? 'skipped' });
    } else if (result.fate === 'gone') {
      const untilMs = nowMs + this.#context.settings.busyRetryMs; // a store may show it a little longer
      this.#parked.set(job.key, { untilMs, reason: 'not in the queue any more' });
    }
    this.#changed.emit(result);
    this.wake();
    return result;
  }

  /** A message that fails before anything can be recorded waits ever longer, and is held in the end. */
  #trouble(attached: AttachedStore, job: Job, error: MapiError): void {
    const { settings, host } = this.#context;
    const count = (this.#troubles.get(job.key) ?? 0) + 1;
    this.#troubles.set(job.key, count);
    const waitMs = Math.min(settings.busyRetryMs * 2 ** Math.min(count - 1, 20), settings.retryMaxMs);
    this.#parked.set(job.key, { untilMs: host.clock.nowMs() + waitMs, reason: error.message });
    if (count < settings.poisonAttemptsMax || isOfSurroundings(error)) return;
    const reason = `cannot be processed: ${error.message}`;
    holdMessage(this.#context, attached, job.entryId, reason).catch((cause: unknown) => {
      this.#log.warn('message not held', { message: job.key, error: MapiError.from(cause, 'store') });
    });
  }

  /** All that is due here has been started, so who failed, and neither waits nor runs, is not ours any more. */
  #forgetTroubles(): void {
    if (!this.#context.transports.anyUsable) return;
    for (const key of this.#troubles.keys()) {
      if (!this.#parked.has(key) && !this.#running.has(key)) this.#troubles.delete(key);
    }
  }

  /** Sets the timer to what comes after `now`. */
  async #schedule(now: FileTime): Promise<void> {
    const nowMs = fileTimeToMs(now);
    const times: number[] = [];
    for (const { reader, sends } of this.#stores.list) {
      const wakeMs = sends ? await reader?.nextWakeMs(now) : undefined;
      if (wakeMs !== undefined) times.push(wakeMs);
    }
    for (const [key, { untilMs }] of this.#parked) {
      if (untilMs > nowMs) times.push(untilMs);
      else this.#parked.delete(key);
    }
    this.#forgetTroubles();
    const restEnds = this.#context.transports.restEndsMs(nowMs);
    if (restEnds !== undefined) times.push(restEnds);
    let earliest = Number.POSITIVE_INFINITY;
    for (const time of times) earliest = Math.min(earliest, time);
    if (earliest === Number.POSITIVE_INFINITY) return;
    this.#wakeIn(Math.min(earliest - this.#context.host.clock.nowMs(), LOOK_AGAIN_MS));
  }

  #wakeIn(ms: number): void {
    this.#timer?.cancel();
    if (!this.#started) return;
    this.#timer = this.#context.host.clock.setTimer(Math.max(ms, 1), () => this.wake());
    this.#timer.unref();
  }
}
