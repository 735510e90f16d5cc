/**
 * What a spooler tells about itself: metrics and spans.
 *
 * - Labels and attributes hold states, codes, kinds of transports and identifiers: no addresses, no texts of messages.
 * - A tracer is somebody else's code: whatever it throws is logged, and mail goes on.
 * - Without telemetry every method calls what it was given, and that is all.
 */
import {
  type Clock,
  fileTimeToMs,
  guardedTracer,
  type Log,
  type MapiError,
  type Metrics,
  type Sample,
  SPAN_CLIENT,
  SPAN_CONSUMER,
  SPAN_ERROR,
  SPAN_INTERNAL,
  type Span,
  type SpanAttributes,
  type Telemetry,
  type Tracer,
  toHex,
} from '@nodemapi/base';
import { type QueueCount, supportsQueueCount } from '@nodemapi/kit';
import type { EntryId } from '@nodemapi/mapi';
import type { AttemptResult } from './attempt-context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { HandOver } from './hand-over.ts';
import type { AttachedStore, StoreSet } from './stores.ts';
import type { Transport, TransportSet } from './transports.ts';

/** Seconds: from a local delivery to a server that lets one wait. */
const CALL_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Seconds from the submission to the end: up to the days after which a message expires. */
const DELIVERY_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 28_800, 86_400, 432_000];

type Received = 'none' | 'received' | 'broken' | 'known' | 'dropped';

export interface Observer {
  attempt(entryId: EntryId, run: () => Promise<AttemptResult>): Promise<AttemptResult>;
  handOver(transport: Transport, rowIds: readonly number[], run: () => Promise<HandOver>): Promise<HandOver>;
  receive(transport: Transport, run: () => Promise<Received>): Promise<Received>;
  /** A report was put into a store. */
  reported(kind: string): void;
  /** Shows gauges until what is answered is disposed. */
  watch(stores: StoreSet, transports: TransportSet, dispatcher: Dispatcher): Disposable;
}

const SILENT: Observer = {
  attempt: (_entryId, run) => run(),
  handOver: (_transport, _rowIds, run) => run(),
  receive: (_transport, run) => run(),
  reported: () => {},
  watch: () => ({ [Symbol.dispose]: () => {} }),
};

export function observerOf({ metrics, tracer }: Telemetry, clock: Clock, log: Log): Observer {
  if (metrics === undefined && tracer === undefined) return SILENT;
  const guarded = tracer === undefined ? undefined : guardedTracer(tracer, log);
  return new TellingObserver(clock, guarded, metrics === undefined ? undefined : metersOf(metrics));
}

/** Tells transports apart without their names, which people choose: `smtp`, `local`, or `any`. */
export function transportLabel({ types }: Pick<Transport, 'types'>): string {
  if (types === null) return 'any';
  return types.length === 0
    ? 'none'
    : types
        .map((type) => type.toLowerCase())
        .join('+')
        .slice(0, 60);
}

type Meters = ReturnType<typeof metersOf>;

function metersOf(metrics: Metrics) {
  return {
    metrics,
    attempts: metrics.counter('mapi_attempts_total', {
      help: 'Attempts on queued messages, by what became of the message.',
      labels: ['fate'],
    }),
    attemptSeconds: metrics.histogram('mapi_attempt_seconds', {
      help: 'How long an attempt took, with its records in the store.',
      bounds: CALL_BOUNDS,
    }),
    finished: metrics.counter('mapi_messages_finished_total', {
      help: 'Messages that have left the queue.',
      labels: ['state'],
    }),
    deliverySeconds: metrics.histogram('mapi_delivery_seconds', {
      help: 'From the submission of a message to its end.',
      labels: ['state'],
      bounds: DELIVERY_BOUNDS,
    }),
    recipients: metrics.counter('mapi_transport_recipients_total', {
      help: 'Recipients handed to transports, by what became of them.',
      labels: ['transport', 'outcome'],
    }),
    transportSeconds: metrics.histogram('mapi_transport_seconds', {
      help: 'How long a transport had a message in hand.',
      labels: ['transport'],
      bounds: CALL_BOUNDS,
    }),
    received: metrics.counter('mapi_received_total', {
      help: 'Messages taken from transports; known: it had been received before.',
      labels: ['transport', 'result'],
    }),
    reports: metrics.counter('mapi_reports_total', { help: 'Reports made about sent messages.', labels: ['kind'] }),
  };
}

class TellingObserver implements Observer {
  readonly #clock: Clock;
  readonly #tracer: Tracer | undefined;
  readonly #meters: Meters | undefined;

  constructor(clock: Clock, tracer: Tracer | undefined, meters: Meters | undefined) {
    this.#clock = clock;
    this.#tracer = tracer;
    this.#meters = meters;
  }

  attempt(entryId: EntryId, run: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const begun = this.#clock.monotonicMs();
    const attributes = this.#tracer === undefined ? {} : { 'mapi.entry_id': toHex(entryId) };
    return this.#span('mapi.attempt', SPAN_INTERNAL, attributes, async (span) => {
      const result = await run();
      span?.setAttribute('mapi.fate', result.fate);
      if (result.record !== undefined) span?.setAttribute('mapi.attempts', result.record.attempts);
      failed(span, result.error);
      this.#meters?.attempts.add([result.fate]);
      this.#meters?.attemptSeconds.observe([], this.#secondsSince(begun));
      if (result.fate === 'sent' || result.fate === 'failed') this.#finished(result);
      return result;
    });
  }

  handOver(transport: Transport, rowIds: readonly number[], run: () => Promise<HandOver>): Promise<HandOver> {
    const label = transportLabel(transport);
    const begun = this.#clock.monotonicMs();
    const attributes = { 'mapi.transport': label, 'mapi.recipients': rowIds.length };
    return this.#span('mapi.transport', SPAN_CLIENT, attributes, async (span) => {
      const answer = await run();
      const counts = outcomeCounts(answer, rowIds);
      for (const [outcome, count] of counts) {
        span?.setAttribute(`mapi.outcome.${outcome}`, count);
        this.#meters?.recipients.add([label, outcome], count);
      }
      failed(span, answer.refusal?.error);
      this.#meters?.transportSeconds.observe([label], this.#secondsSince(begun));
      return answer;
    });
  }

  receive(transport: Transport, run: () => Promise<Received>): Promise<Received> {
    const label = transportLabel(transport);
    return this.#span('mapi.receive', SPAN_CONSUMER, { 'mapi.transport': label }, async (span) => {
      const result = await run();
      span?.setAttribute('mapi.result', result);
      if (result !== 'none') this.#meters?.received.add([label, result]);
      return result;
    });
  }

  reported(kind: string): void {
    this.#meters?.reports.add([kind]);
  }

  watch(stores: StoreSet, transports: TransportSet, dispatcher: Dispatcher): Disposable {
    const metrics = this.#meters?.metrics;
    if (metrics === undefined) return SILENT.watch(stores, transports, dispatcher);
    const gauges = [
      metrics.gauge('mapi_queue_messages', { help: 'Messages in the outgoing queues.', labels: ['state'] }, async () =>
        (await countsOf(stores.list)).map(({ state, messages }) => ({ labels: [state], value: messages })),
      ),
      metrics.gauge(
        'mapi_queue_oldest_seconds',
        { help: 'Age of the oldest queued message of a state.', labels: ['state'], combine: 'max' },
        async () => (await countsOf(stores.list)).flatMap((count) => this.#age(count)),
      ),
      metrics.gauge(
        'mapi_queue_uncounted_stores',
        { help: 'Stores that do not tell the depth of their queue.' },
        () => [
          {
            labels: [],
            value: stores.list.filter((one) => one.reader !== undefined && !supportsQueueCount(one.store)).length,
          },
        ],
      ),
      metrics.gauge('mapi_sending_messages', { help: 'Messages that are being worked on now.' }, () => [
        { labels: [], value: dispatcher.running },
      ]),
      metrics.gauge('mapi_transports', { help: 'Transports of the profiles.', labels: ['transport', 'state'] }, () =>
        transports.list.map((one) => ({ labels: [transportLabel(one), one.alive ? 'running' : 'failed'], value: 1 })),
      ),
    ];
    return {
      [Symbol.dispose]: () => {
        for (const gauge of gauges) gauge[Symbol.dispose]();
      },
    };
  }

  #finished({ fate, record }: AttemptResult): void {
    this.#meters?.finished.add([fate]);
    if (record?.submitTime === undefined) return;
    const seconds = (this.#clock.nowMs() - fileTimeToMs(record.submitTime)) / 1000;
    this.#meters?.deliverySeconds.observe([fate], Math.max(seconds, 0));
  }

  #age({ state, oldest }: QueueCount): readonly Sample[] {
    if (oldest === null) return [];
    return [{ labels: [state], value: Math.max((this.#clock.nowMs() - fileTimeToMs(oldest)) / 1000, 0) }];
  }

  #secondsSince(begun: number): number {
    return (this.#clock.monotonicMs() - begun) / 1000;
  }

  #span<T>(
    name: string,
    kind: number,
    attributes: SpanAttributes,
    run: (span: Span | undefined) => Promise<T>,
  ): Promise<T> {
    if (this.#tracer === undefined) return run(undefined);
    return this.#tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
      try {
        return await run(span);
      } finally {
        span.end();
      }
    });
  }
}

/** The code alone: the text of an error may quote what a server or a person has written. */
function failed(span: Span | undefined, error: MapiError | undefined): void {
  if (error !== undefined) span?.setStatus({ code: SPAN_ERROR, message: error.code });
}

/** Recipients by outcome; those without one by why. */
function outcomeCounts({ outcomes, refusal }: HandOver, rowIds: readonly number[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const rowId of rowIds) {
    const outcome = outcomes.get(rowId)?.outcome ?? refusal?.kind ?? 'unforeseen';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

async function countsOf(stores: readonly AttachedStore[]): Promise<readonly QueueCount[]> {
  const counting = stores.flatMap(({ store }) => (supportsQueueCount(store) ? [store.countQueue()] : []));
  return (await Promise.all(counting)).flat();
}
