/**
 * The end of a spooler: nothing new is begun, what runs may end until the deadline and is stopped then, transports and stores are
 * let go.
 *
 * Each step is bounded: it may fail and it may hang, the next one follows.
 */
import { type Log, MapiError, withDeadline } from '@nodemapi/base';
import { outgoingReport } from '@nodemapi/kit';
import type { OutgoingReport, TransportNotifyFlags } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt-context.ts';
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

export class Shutdown {
  readonly #parts: ShutdownParts;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /**
   * Never rejects.
   *
   * @param deadlineMs for what runs
   * @param onClosed called when the transports are closed
   */
  async run(deadlineMs: number, onClosed: () => void): Promise<OutgoingReport> {
    const { dispatcher, inbound, flusher, context, view, history, stores } = this.#parts;
    dispatcher.stop();
    inbound.stop();
    const flushed = flusher.current;
    flusher.abort();
    const ends = { endInboundFlush: true, endOutboundFlush: true };
    if (flushed !== undefined) await this.#bounded('flush end', () => context.transports.tell(flushed, ends));
    if (!(await this.#quiet(deadlineMs))) await this.#abortAll();
    const report = (await this.#bounded('report', () => view.report())) ?? outgoingReport(history.messages, history);
    await this.#bounded('transports', () => this.#closeTransports());
    onClosed();
    await this.#bounded('stores', () => stores.detachAll());
    return report;
  }

  /** Waits for what runs. False: it runs still after `ms`. */
  async #quiet(ms: number): Promise<boolean> {
    const all = Promise.all([this.#parts.dispatcher.idle(), this.#parts.inbound.idle(), this.#parts.flusher.idle()]);
    try {
      await withDeadline(all, ms, this.#parts.context.host.clock, 'running attempts');
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
