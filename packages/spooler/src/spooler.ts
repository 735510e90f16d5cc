/**
 * The spooler: outgoing and incoming queues of one session.
 *
 * - State is where it survives: in the messages. What is kept here can be lost at any moment without losing mail.
 * - Every call on a host, store or transport that fails ends in a state or in the log; nothing is left unhandled.
 * - All waiting is on the host's clock.
 */
import { setMaxListeners } from 'node:events';
import { type Log, MapiError, toHex } from '@nodemapi/base';
import type {
  DrainOptions,
  FlushResult,
  OutgoingView,
  PreprocessorRegistration,
  SentMailWish,
  Spooler,
  SpoolerHost,
  SpoolerRoute,
  SpoolerStore,
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
  ValidateStateOptions,
} from '@nodemapi/mapi';
import { announce } from './announce.ts';
import type { AttemptContext } from './attempt-context.ts';
import { tellWithdrawn } from './custody.ts';
import { type Deferred, deferred } from './deferred.ts';
import { Dispatcher } from './dispatcher.ts';
import { Filings } from './filing.ts';
import { Flusher, type OnProgress } from './flush.ts';
import { History } from './history.ts';
import { Hooks } from './hooks.ts';
import { Inbound } from './inbound.ts';
import { observerOf } from './observer.ts';
import { type SpoolerOptions, type SpoolerSettings, settingsOf } from './options.ts';
import { OrderGate } from './order-gate.ts';
import { Preprocessors, routeOf } from './preprocess.ts';
import { QueueOrders } from './queue-orders.ts';
import { QueueView } from './queue-view.ts';
import { Reporter } from './report.ts';
import { Revival } from './revival.ts';
import { waitMaxMs } from './schedule.ts';
import { Shutdown } from './shutdown.ts';
import { Status, type StatusFacts } from './status.ts';
import { SteadyTime } from './steady-time.ts';
import { type AttachedStore, StoreSet } from './stores.ts';
import { TransportNotices } from './transport-notices.ts';
import { TransportSet } from './transports.ts';
import { WaitSlots } from './wait-slots.ts';

/** Makes a spooler; it does nothing until `start`. */
export function createSpooler(host: SpoolerHost, options?: SpoolerOptions): Spooler {
  return new MailSpooler(host, settingsOf(options));
}

class MailSpooler implements Spooler {
  readonly #host: SpoolerHost;
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
  readonly #revival: Revival;
  readonly #notices: TransportNotices;
  readonly #orders: QueueOrders;
  readonly #shutdown: Shutdown;
  #phase: StatusFacts['phase'] = 'starting';
  #flushing: StatusFacts['flushing'];
  #starting: Promise<void> | undefined;
  #ending: Promise<OutgoingReport> | undefined;
  readonly #readiness: Deferred<void> = deferred();
  #observed: Disposable | undefined;

  constructor(host: SpoolerHost, settings: SpoolerSettings) {
    this.#host = host;
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
    const abandon = new AbortController();
    const abandoned = abandon.signal;
    setMaxListeners(0, abandoned); // one for every attempt that waits for its store
    this.#hooks = new Hooks(host, settings.hookTimeoutMs, log);
    const filings = new Filings(this.#hooks, log);
    const parts = { reporter: this.#reporter, preprocessors: this.#preprocessors, filings, observer };
    const steady = new SteadyTime(host.clock);
    const slots = new WaitSlots(host.clock, settings);
    this.#context = { host, settings, transports, gate, steady, slots, ...parts, log, custody: new Map(), abandoned };
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
    const working = { context: this.#context, dispatcher: this.#dispatcher, view: this.#view, log };
    const moving = { inbound: this.#inbound, flusher: this.#flusher };
    this.#revival = new Revival(working);
    const preprocessors = this.#preprocessors;
    this.#notices = new TransportNotices({ ...working, ...moving, transports, preprocessors, revival: this.#revival });
    this.#orders = new QueueOrders(working);
    this.#shutdown = new Shutdown({ ...working, ...moving, stores: this.#stores, history: this.#history, abandon });
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
    await this.#notices.take(transport, notice);
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

  completeMsg(entryId: EntryId): Promise<void> {
    return this.#orders.completeMsg(entryId);
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
    await this.#revival.open();
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
    if (only !== undefined) await this.#settledElsewhere(only, signal);
    return only === undefined ? this.#view.report() : this.#view.reportOf(only);
  }

  hold(entryId: EntryId): Promise<void> {
    return this.#orders.hold(entryId);
  }

  retry(entryId: EntryId): Promise<void> {
    return this.#orders.retry(entryId);
  }

  cancel(entryId: EntryId): Promise<void> {
    return this.#orders.cancel(entryId);
  }

  shutdown(deadlineMs: number, hurry?: AbortSignal): Promise<OutgoingReport> {
    this.#ending ??= this.#end(deadlineMs, hurry);
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
      await this.#revival.open();
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

  async #storeNotice(notice: SpoolerNotice): Promise<void> {
    if (notice.kind === 'readyToSend') return this.ready();
    if (notice.kind === 'newMailReceived') return announce(this.#stores, this.#hooks, notice.notification, this.#log);
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a store does not send the notice ${notice.kind}`);
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

  /** Resolves when no other spooler is sending one of these messages, when this one ends, or when `signal` is aborted. */
  async #settledElsewhere(only: readonly EntryId[], signal?: AbortSignal): Promise<void> {
    const wanted = new Set(only.map(toHex));
    const concerns = (key: string): boolean => wanted.has(key.slice(key.indexOf('/') + 1));
    while (signal?.aborted !== true && this.#ending === undefined) {
      const { promise: changed, resolve } = deferred<void>();
      const onChange = (): void => resolve();
      using _queue = this.#view.watch(onChange);
      using _own = this.#dispatcher.onChange(onChange);
      signal?.addEventListener('abort', onChange, { once: true });
      try {
        if (!(await this.#view.anyElsewhere(only))) return;
        await changed;
        await this.#settled(concerns, signal); // it may be ours by now
      } finally {
        signal?.removeEventListener('abort', onChange);
      }
    }
  }

  async #end(deadlineMs: number, hurry?: AbortSignal): Promise<OutgoingReport> {
    const wasRunning = this.#phase === 'running';
    this.#phase = 'stopping';
    this.#revival.stop();
    const onClosed = (): void => this.#observed?.[Symbol.dispose]();
    const report = await this.#shutdown.run(deadlineMs, { onClosed, hurry });
    this.#phase = 'stopped';
    if (!wasRunning) this.#readiness.reject(new MapiError('MAPI_E_USER_CANCEL', 'the spooler was shut down'));
    this.#show();
    return report;
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
