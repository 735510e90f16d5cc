/**
 * The end of a spooler: nothing new is begun, what runs may end until the deadline and is stopped then, transports and stores are
 * let go.
 *
 * Each step is bounded: it may fail and it may hang, the next one follows.
 */
import { type Clock, type Log, MapiError, type Timer, withDeadline } from '@nodemapi/base';
import { outgoingReport } from '@nodemapi/kit';
import type { OutgoingReport, TransportNotifyFlags } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt-context.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Flusher } from './flush.ts';
import type { History } from './history.ts';
import type { Inbound } from './inbound.ts';
import type { QueueView } from './queue-view.ts';
import type { StoreSet } from './stores.ts';

export interface ShutdownParts {
  readonly context: AttemptContext;
  readonly dispatcher: Dispatcher;
  readonly inbound: Inbound;
  readonly flusher: Flusher;
  readonly stores: StoreSet;
  readonly view: QueueView;
  readonly history: History;
  /** Aborted for attempts that cannot be stopped. */
  readonly abandon: AbortController;
  readonly log: Log;
}

export interface ShutdownOptions {
  /** Called when the transports are closed. */
  readonly onClosed: () => void;
  /** When it is aborted what runs has a moment left. */
  readonly hurry: AbortSignal | undefined;
}

/** What is being sent may come to its end for so long when somebody is impatient. */
const HURRY_MS = 1_000;

export class Shutdown {
  readonly #parts: ShutdownParts;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /**
   * Never rejects.
   *
   * @param deadlineMs for what runs
   */
  async run(deadlineMs: number, { onClosed, hurry }: ShutdownOptions): Promise<OutgoingReport> {
    const { dispatcher, inbound, flusher, context, view, history, stores } = this.#parts;
    dispatcher.stop();
    inbound.stop();
    const flushed = flusher.current;
    flusher.abort();
    const ends = { endInboundFlush: true, endOutboundFlush: true };
    if (flushed !== undefined) await this.#bounded('flush end', () => context.transports.tell(flushed, ends));
    if (!(await this.#quiet(deadlineMs, hurry))) await this.#abortAll();
    const report = (await this.#bounded('report', () => view.report())) ?? outgoingReport(history.messages, history);
    await this.#bounded('transports', () => this.#closeTransports());
    onClosed();
    await this.#bounded('stores', () => stores.detachAll());
    return report;
  }

  /** Waits for what runs. False: it runs still after `ms`, or a moment after `hurry` was aborted. */
  async #quiet(ms: number, hurry?: AbortSignal): Promise<boolean> {
    const { clock } = this.#parts.context.host;
    const all = Promise.all([this.#parts.dispatcher.idle(), this.#parts.inbound.idle(), this.#parts.flusher.idle()]);
    using impatience = new Impatience(clock, hurry);
    try {
      await withDeadline(Promise.race([all, impatience.over]), ms, clock, 'running attempts');
      return true;
    } catch (cause) {
      this.#parts.log.warn('still running', { error: MapiError.from(cause, 'spooler') });
      return false;
    }
  }

  async #abortAll(): Promise<void> {
    const reason = new MapiError('MAPI_E_USER_CANCEL', 'the spooler is shutting down');
    for (const attempt of this.#parts.dispatcher.attempts()) attempt.stop(reason);
    await this.#bounded('receiving', () => this.#parts.inbound.abort(reason));
    if (!(await this.#quiet(this.#parts.context.settings.abortGraceMs))) this.#parts.abandon.abort(reason);
  }

  async #closeTransports(): Promise<void> {
    const keepers = new Set(this.#parts.context.custody.values());
    for (const transport of this.#parts.context.transports.list) {
      if (keepers.has(transport.key)) await this.#parts.context.transports.tell(transport, { abortDeferred: true });
    }
    const flags: TransportNotifyFlags = { endInbound: true, endOutbound: true };
    await this.#parts.context.transports.close(flags);
  }

  /** One step of the shutdown: it may fail and it may hang, the next one follows. */
  async #bounded<T>(step: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await withDeadline(run(), this.#parts.context.settings.abortGraceMs, this.#parts.context.host.clock, step);
    } catch (cause) {
      this.#parts.log.warn('shutdown step failed', { step, error: MapiError.from(cause, 'spooler') });
      return undefined;
    }
  }
}

/** Ends a wait a moment after a signal was aborted. */
class Impatience implements Disposable {
  readonly #clock: Clock;
  readonly #hurry: AbortSignal | undefined;
  readonly #over: Deferred<never> = deferred();
  readonly #onAbort = (): void => this.#begin();
  #timer: Timer | undefined;

  constructor(clock: Clock, hurry: AbortSignal | undefined) {
    this.#clock = clock;
    this.#hurry = hurry;
    this.#over.promise.catch(() => {}); // whoever waits gets it
    if (hurry?.aborted === true) this.#begin();
    else hurry?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Rejects when the moment is over. */
  get over(): Promise<never> {
    return this.#over.promise;
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#hurry?.removeEventListener('abort', this.#onAbort);
  }

  #begin(): void {
    const late = new MapiError('MAPI_E_TIMEOUT', 'somebody is impatient');
    this.#timer = this.#clock.setTimer(HURRY_MS, () => this.#over.reject(late));
  }
}
