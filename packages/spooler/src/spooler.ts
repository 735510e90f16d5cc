/**
 * The spooler: outgoing and incoming queues of one session.
 *
 * - State is where it survives: in the messages. What is kept here can be lost at any moment without losing mail.
 * - Every call on a host, store or transport that fails ends in a state or in the log; nothing is left unhandled.
 * - All waiting is on the host's clock.
 */
import { setMaxListeners } from 'node:events';
import { type Log, MapiError, type Timer, toHex, withDeadline } from '@nodemapi/base';
import {
  type DrainOptions,
  type FlushResult,
  type OutgoingView,
  outgoingReport,
  type PreprocessorRegistration,
  type SentMailWish,
  type Spooler,
  type SpoolerHost,
  type SpoolerRoute,
  type SpoolerStore,
} from '@nodemapi/kit';
import type {
  AdrList,
  EntryId,
  FlushOptions,
  IMessage,
  MapiUid,
  MapiWarningCode,
  OutgoingMessage,
  OutgoingReport,
  SpoolerNotice,
  StoreLogoffMode,
  StoreLogoffResult,
  TransportNotifyFlags,
  ValidateStateOptions,
} from '@nodemapi/mapi';
import { announce } from './announce.ts';
import type { AttemptContext } from './attempt.ts';
import { completeMessage } from './complete.ts';
import { tellWithdrawn } from './custody.ts';
import { type Deferred, deferred } from './deferred.ts';
import { Dispatcher } from './dispatcher.ts';
import { Filings } from './filing.ts';
import { Flusher, type OnProgress } from './flush.ts';
import { History } from './history.ts';
import { holdMessage, makeDue } from './hold.ts';
import { Hooks } from './hooks.ts';
import { Inbound } from './inbound.ts';
import { observerOf } from './observer.ts';
import { type SpoolerOptions, type SpoolerSettings, settingsOf } from './options.ts';
import { OrderGate } from './order-gate.ts';
import { Preprocessors, routeOf } from './preprocess.ts';
import { QueueView } from './queue-view.ts';
import { Reporter } from './report.ts';
import { waitMaxMs } from './schedule.ts';
import { Status, type StatusFacts } from './status.ts';
import { SteadyTime } from './steady-time.ts';
import { type AttachedStore, StoreSet } from './stores.ts';
import { type Transport, TransportSet } from './transports.ts';

/** The reference of an outgoing message whose transport has set none. */
const OUTBOUND_REF = 0;

/** Makes a spooler; it does nothing until `start`. */
export function createSpooler(host: SpoolerHost, options?: SpoolerOptions): Spooler {
  return new MailSpooler(host, settingsOf(options));
}

class MailSpooler implements Spooler {
  readonly #host: SpoolerHost;
  readonly #settings: SpoolerSettings;
  readonly #log: Log;
  readonly #status: Status;
  readonly #stores: StoreSet;
  readonly #transports: TransportSet;
  readonly #history: History;
  readonly #reporter: Reporter;
  readonly #preprocessors = new Preprocessors();
  readonly #context: AttemptContext;
  readonly #dispatcher: Dispatcher;
  readonly #view: QueueView;
  readonly #hooks: Hooks;
  readonly #inbound: Inbound;
  readonly #flusher: Flusher;
  readonly #abandon = new AbortController();
  #phase: StatusFacts['phase'] = 'starting';
  #flushing: StatusFacts['flushing'];
  #starting: Promise<void> | undefined;
  #ending: Promise<OutgoingReport> | undefined;
  readonly #readiness: Deferred<void> = deferred();
  #revival: Timer | undefined;
  #revivals = 0;
  #observed: Disposable | undefined;

  constructor(host: SpoolerHost, settings: SpoolerSettings) {
    this.#host = host;
    this.#settings = settings;
    this.#log = host.log.child({ spooler: host.owner });
    const log = this.#log;
    this.#status = new Status(host, log);
    const storeParts = { clock: host.clock, log, owner: host.owner, waitMaxMs: waitMaxMs(settings) };
    this.#stores = new StoreSet({ ...storeParts, onChange: () => this.#queueChanged() });
    this.#transports = new TransportSet(host, log);
    this.#history = new History(settings.finishedKept);
    const observer = observerOf(settings.telemetry, host.clock, log);
    this.#reporter = new Reporter(host, (key) => this.#stores.get(key)?.store, { log, observer });
    const transports = this.#transports;
    const gate = new OrderGate();
    const abandoned = this.#abandon.signal;
    setMaxListeners(0, abandoned); // one for every attempt that waits for its store
    this.#hooks = new Hooks(host, settings.hookTimeoutMs, log);
    const filings = new Filings(this.#hooks, log);
    const parts = { reporter: this.#reporter, preprocessors: this.#preprocessors, filings, observer };
    const steady = new SteadyTime(host.clock);
    this.#context = { host, settings, transports, gate, steady, ...parts, log, custody: new Map(), abandoned };
    this.#dispatcher = new Dispatcher(this.#context, this.#stores, this.#history);
    const viewed = { stores: this.#stores, dispatcher: this.#dispatcher, history: this.#history };
    this.#view = new QueueView({ ...viewed, clock: host.clock, log, reportedMax: settings.reportedMax });
    const common = { host, transports, stores: this.#stores, log };
    this.#inbound = new Inbound({ ...common, settings, hooks: this.#hooks, observer });
    const onPhase = (phase: StatusFacts['flushing']): void => {
      this.#flushing = phase;
      this.#show();
    };
    this.#flusher = new Flusher({ ...common, dispatcher: this.#dispatcher, inbound: this.#inbound, onPhase });
    this.#dispatcher.onChange(() => this.#show());
    this.#readiness.promise.catch(() => {}); // whoever asks `ready` gets it
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  ready(): Promise<void> {
    return this.#readiness.promise;
  }

  async attachStore(store: SpoolerStore): Promise<void> {
    this.#refuseAfterEnd();
    await this.#stores.attach(store);
    this.#dispatcher.wake();
  }

  async detachStore(entryId: EntryId, mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    const attached = this.#stores.find(entryId);
    if (attached === undefined) return { complete: true, inbound: false, outbound: false, outboundQueue: false };
    const activity = await this.#activity(attached);
    const busy = activity.inbound || activity.outbound;
    if ((mode === 'quiet' || mode === 'abort') && busy) return { complete: false, ...activity };
    attached.receives = false;
    if (mode === 'orderly') attached.sends = false;
    if (mode === 'purge') await this.#flusher.flush({ upload: true });
    if (mode === 'noWait' || mode === 'purge') await this.#settled((key) => key.startsWith(`${attached.key}/`));
    attached.sends = false;
    await this.#dispatcher.idle(attached);
    if (this.#isDefault(attached)) await this.#inbound.idle();
    const { outboundQueue } = await this.#activity(attached);
    await this.#stores.detach(attached);
    return { complete: true, inbound: false, outbound: false, outboundQueue };
  }

  async notice(uid: MapiUid | undefined, notice: SpoolerNotice): Promise<void> {
    if (uid === undefined) return this.#storeNotice(notice);
    const transport = this.#transports.find(uid);
    if (transport === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the notice comes from no known transport');
    await this.#transportNotice(transport, notice);
    this.#show();
  }

  registerPreprocessor(uid: MapiUid, registration: PreprocessorRegistration): void {
    this.#preprocessors.register(toHex(uid), registration);
  }

  get preprocesses(): boolean {
    return this.#preprocessors.any;
  }

  route(rows: AdrList): SpoolerRoute {
    return routeOf(rows, this.#preprocessors, this.#transports.list);
  }

  async completeMsg(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#view.locate(entryId);
    if (this.#dispatcher.attempt(key) !== undefined) throw new MapiError('MAPI_E_BUSY', 'the message is being sent');
    using _withheld = this.#dispatcher.withhold(key);
    await completeMessage(this.#context, attached, entryId);
  }

  sentMail(message: IMessage): Promise<SentMailWish> {
    return this.#context.filings.sentMail(message, this.#stores);
  }

  statusRecips(message: IMessage, recipients: AdrList): Promise<{ readonly warning?: MapiWarningCode }> {
    return this.#reporter.statusRecips(message, recipients);
  }

  async yield(uid: MapiUid): Promise<{ readonly cancelled: boolean }> {
    const key = toHex(uid);
    const cancelled = this.#dispatcher.attempts().some(({ transport, stopped }) => stopped && transport?.key === key);
    return { cancelled };
  }

  async flushQueues(options: FlushOptions, signal?: AbortSignal, onProgress?: OnProgress): Promise<FlushResult> {
    await this.ready();
    const flushed = this.#flusher.flush(options, signal, onProgress);
    if (options.asyncOk !== true) return flushed;
    flushed.catch((cause: unknown) => this.#log.warn('flush failed', { error: MapiError.from(cause, 'spooler') }));
    throw new MapiError('MAPI_E_BUSY', 'the queues are being flushed');
  }

  flushAsked(uid: MapiUid): void {
    const transport = this.#transports.find(uid);
    if (transport?.alive === true) void this.#flusher.flushAsked(transport); // never rejects
  }

  async validateState(options: ValidateStateOptions): Promise<void> {
    this.#refuseAfterEnd();
    await this.#openTransports();
    if (options.configChanged === true) await this.#transports.refreshAll();
    const failed = await this.#transports.validateAll(options);
    this.#show();
    this.#dispatcher.wakeAll();
    if (failed !== undefined) throw failed;
  }

  addressTypes(): readonly string[] {
    return this.#transports.addressTypes();
  }

  outgoing(): Promise<readonly OutgoingMessage[]> {
    return this.#view.outgoing();
  }

  get queue(): OutgoingView {
    return this.#view;
  }

  async drain({ signal, only, onProgress }: DrainOptions): Promise<OutgoingReport> {
    const wanted = only === undefined ? undefined : new Set(only.map(toHex));
    const concerns = (key: string): boolean => wanted?.has(key.slice(key.indexOf('/') + 1)) ?? true;
    const total = wanted?.size ?? (await this.#view.queued());
    let done = 0;
    using _progress = this.#dispatcher.onChange((result) => {
      if (result?.fate !== 'sent' && result?.fate !== 'failed') return;
      done++;
      onProgress?.(done, Math.max(done, total));
    });
    this.#dispatcher.wake();
    await this.#settled(concerns, signal);
    return only === undefined ? this.#view.report() : outgoingReport(await this.#view.of(only));
  }

  async hold(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#view.locate(entryId);
    if (this.#dispatcher.attempt(key) !== undefined) throw new MapiError('MAPI_E_BUSY', 'the message is being sent');
    using _withheld = this.#dispatcher.withhold(key);
    await holdMessage(this.#context, attached, entryId, 'held by the user');
  }

  async retry(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#view.locate(entryId);
    if (this.#dispatcher.attempt(key) !== undefined) return;
    using _withheld = this.#dispatcher.withhold(key);
    await makeDue(this.#context, attached, entryId);
  }

  async cancel(entryId: EntryId): Promise<void> {
    const { attached, key } = await this.#view.locate(entryId);
    using _withheld = this.#dispatcher.withhold(key);
    const attempt = this.#dispatcher.attempt(key);
    if (attempt !== undefined) {
      const { transport } = attempt;
      attempt.stop(new MapiError('MAPI_E_USER_CANCEL', 'the message was cancelled'));
      if (transport !== undefined) {
        await this.#transports.tell(transport, { cancelMessage: true }, { messageRef: OUTBOUND_REF, entryId });
      }
      await this.#dispatcher.ended(key);
    }
    const custodian = this.#transports.get(this.#context.custody.get(key) ?? '');
    if (custodian !== undefined) {
      await this.#transports.tell(custodian, { abortDeferred: true, cancelMessage: true }, { entryId });
    }
    this.#context.custody.delete(key);
    await attached.store.abortSubmit(entryId);
  }

  shutdown(deadlineMs: number): Promise<OutgoingReport> {
    this.#ending ??= this.#shutdown(deadlineMs);
    return this.#ending;
  }

  #queueChanged(): void {
    this.#dispatcher.wake();
    this.#view.changed();
    const { custody } = this.#context;
    const parts = { custody, dispatcher: this.#dispatcher, stores: this.#stores, transports: this.#transports };
    tellWithdrawn(parts).catch((cause: unknown) => {
      this.#log.warn('queue not readable', { error: MapiError.from(cause, 'store') });
    });
  }

  async #start(): Promise<void> {
    this.#show();
    try {
      await this.#hooks.open();
      this.#observed = this.#context.observer.watch(this.#stores, this.#transports, this.#dispatcher);
      await this.#openTransports();
      if (this.#ending === undefined) {
        this.#phase = 'running';
        this.#dispatcher.start();
        this.#inbound.start();
      }
      this.#readiness.resolve();
    } catch (cause) {
      const error = MapiError.from(cause, 'spooler');
      this.#phase = 'failed';
      this.#readiness.reject(error);
      throw error;
    } finally {
      this.#show();
    }
  }

  async #openTransports(): Promise<void> {
    await this.#transports.open();
    this.#watchTransports();
  }

  /** While a transport is missing, it is tried again and again, ever less often. */
  #watchTransports(): void {
    this.#revival?.cancel();
    if (!this.#transports.anyLost) this.#revivals = 0;
    if (this.#ending !== undefined || !this.#transports.anyLost) return;
    const { transportRetryMs, retryMaxMs } = this.#settings;
    const waitMs = Math.min(transportRetryMs * 2 ** Math.min(this.#revivals++, 20), retryMaxMs);
    this.#revival = this.#host.clock.setTimer(waitMs, () => void this.#revive());
    this.#revival.unref();
  }

  async #revive(): Promise<void> {
    try {
      await this.#openTransports();
      this.#dispatcher.wakeAll();
    } catch (cause) {
      this.#log.warn('transports not opened', { error: MapiError.from(cause, 'session') });
      this.#watchTransports();
    }
  }

  async #storeNotice(notice: SpoolerNotice): Promise<void> {
    if (notice.kind === 'readyToSend') return this.ready();
    if (notice.kind === 'newMailReceived') return announce(this.#stores, this.#hooks, notice.notification, this.#log);
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a store does not send the notice ${notice.kind}`);
  }

  async #transportNotice(transport: Transport, notice: SpoolerNotice): Promise<void> {
    switch (notice.kind) {
      case 'newMail':
        return this.#inbound.announced(transport);
      case 'readyToSend':
        return this.#readyToSend(transport);
      case 'sentDeferred':
        return this.#sentDeferred(notice.entryId);
      case 'critSec':
      case 'nonCrit':
        transport.critSec = notice.kind === 'critSec';
        return;
      case 'configChange':
        await this.#transports.refresh(transport);
        return this.#dispatcher.wakeAll();
      case 'criticalError':
        // Nobody waits for the logoff: it waits for the calls of the transport, and this is one of them.
        this.#preprocessors.forget(transport.key);
        void this.#transports.fail(transport, notice.error);
        return this.#watchTransports();
      case 'newMailReceived':
        throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a transport does not send the notice newMailReceived');
    }
  }

  #readyToSend(transport: Transport): void {
    if (!transport.alive) void this.#revive();
    if (!transport.alive || !transport.outbound) return;
    this.#transports.ready(transport);
    this.#dispatcher.wakeAll();
    void this.#flusher.flushAsked(transport); // never rejects
  }

  /** The transport wants the deferred message now, or has sent it. */
  async #sentDeferred(entryId: EntryId): Promise<void> {
    const { attached } = await this.#view.locate(entryId);
    void this.#dispatcher.run(attached, { entryId, force: true }); // never rejects
  }

  async #activity(attached: AttachedStore): Promise<Omit<StoreLogoffResult, 'complete'>> {
    return {
      inbound: this.#inbound.active && this.#isDefault(attached),
      outbound: this.#dispatcher.attempts(attached).length > 0,
      outboundQueue: ((await attached.reader?.rows(1)) ?? []).length > 0,
    };
  }

  #isDefault(attached: AttachedStore): boolean {
    const entryId = this.#host.defaultStore();
    return entryId !== undefined && toHex(entryId) === attached.key;
  }

  /** Resolves when nothing of what is concerned is due or runs, when the spooler ends, or when `signal` is aborted. */
  #settled(concerns: (key: string) => boolean, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const check = (): void => {
      if (signal?.aborted === true || this.#ending !== undefined || this.#dispatcher.isSettled(concerns)) resolve();
    };
    const changes = this.#dispatcher.onChange(check);
    signal?.addEventListener('abort', check, { once: true });
    check();
    return promise.finally(() => {
      changes[Symbol.dispose]();
      signal?.removeEventListener('abort', check);
    });
  }

  async #shutdown(deadlineMs: number): Promise<OutgoingReport> {
    const wasRunning = this.#phase === 'running';
    this.#phase = 'stopping';
    this.#revival?.cancel();
    this.#dispatcher.stop();
    this.#inbound.stop();
    const flushed = this.#flusher.current;
    this.#flusher.abort();
    const ends = { endInboundFlush: true, endOutboundFlush: true };
    if (flushed !== undefined) await this.#bounded('flush end', () => this.#transports.tell(flushed, ends));
    if (!(await this.#quiet(deadlineMs))) await this.#abortAll();
    const report =
      (await this.#bounded('report', () => this.#view.report())) ??
      outgoingReport(this.#history.messages, this.#history);
    await this.#bounded('transports', () => this.#closeTransports());
    this.#observed?.[Symbol.dispose]();
    await this.#bounded('stores', () => this.#stores.detachAll());
    this.#phase = 'stopped';
    if (!wasRunning) this.#readiness.reject(new MapiError('MAPI_E_USER_CANCEL', 'the spooler was shut down'));
    this.#show();
    return report;
  }

  /** Waits for what runs. False: it runs still after `ms`. */
  async #quiet(ms: number): Promise<boolean> {
    const all = Promise.all([this.#dispatcher.idle(), this.#inbound.idle(), this.#flusher.idle()]);
    try {
      await withDeadline(all, ms, this.#host.clock, 'running attempts');
      return true;
    } catch (cause) {
      this.#log.warn('still running', { error: MapiError.from(cause, 'spooler') });
      return false;
    }
  }

  async #abortAll(): Promise<void> {
    const reason = new MapiError('MAPI_E_USER_CANCEL', 'the spooler is shutting down');
    for (const attempt of this.#dispatcher.attempts()) attempt.stop(reason);
    await this.#bounded('receiving', () => this.#inbound.abort(reason));
    if (!(await this.#quiet(this.#settings.abortGraceMs))) this.#abandon.abort(reason);
  }

  async #closeTransports(): Promise<void> {
    const keepers = new Set(this.#context.custody.values());
    for (const transport of this.#transports.list) {
      if (keepers.has(transport.key)) await this.#transports.tell(transport, { abortDeferred: true });
    }
    const flags: TransportNotifyFlags = { endInbound: true, endOutbound: true };
    await this.#transports.close(flags);
  }

  /** One step of the shutdown: it may fail and it may hang, the next one follows. */
  async #bounded<T>(step: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await withDeadline(run(), this.#settings.abortGraceMs, this.#host.clock, step);
    } catch (cause) {
      this.#log.warn('shutdown step failed', { step, error: MapiError.from(cause, 'spooler') });
      return undefined;
    }
  }

  #refuseAfterEnd(): void {
    if (this.#ending !== undefined) throw new MapiError('MAPI_E_END_OF_SESSION', 'the spooler has been shut down');
  }

  #show(): void {
    const { list } = this.#transports;
    this.#status.show({
      phase: this.#phase,
      transportsAlive: list.filter((transport) => transport.alive).length,
      transportsAll: list.length,
      sending: this.#dispatcher.running,
      receiving: this.#inbound.active,
      ...(this.#flushing === undefined ? {} : { flushing: this.#flushing }),
    });
  }
}
