/**
 * FlushQueues: transport by transport, first what goes out and then what comes in, at once and in order.
 *
 * A phase begins only if the transport has set its status bit, and goes on only while it is set; a transport whose
 * status cannot be read takes part in what was asked for. spec: implementing-the-flushqueues-method
 */
import { type Log, Mutex, toHex } from '@nodemapi/base';
import type { FlushResult, SpoolerHost } from '@nodemapi/kit';
import {
  type EntryId,
  type FlushOptions,
  MapiError,
  PR_ENTRYID,
  PR_STATUS_CODE,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_FLUSH,
} from '@nodemapi/mapi';
import { deferred } from './deferred.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Inbound } from './inbound.ts';
import { queueCountsOf, total } from './queue-counts.ts';
import type { QueueRow } from './queue-reader.ts';
import type { AttachedStore, StoreSet } from './stores.ts';
import type { Transport, TransportSet } from './transports.ts';

export interface FlushParts {
  readonly host: SpoolerHost;
  readonly dispatcher: Dispatcher;
  readonly inbound: Inbound;
  readonly stores: StoreSet;
  readonly transports: TransportSet;
  readonly log: Log;
  /** Called when a flush begins, and when none runs any more. */
  readonly onPhase: (phase: { readonly inbound: boolean; readonly outbound: boolean } | undefined) => void;
}

export type OnProgress = (done: number, total: number) => void;

interface Tally {
  sent: number;
  failed: number;
  received: number;
  done: number;
  total: number;
  /** Reports that could not be delivered have been tried. */
  reports: boolean;
}

export class Flusher {
  readonly #parts: FlushParts;
  readonly #mutex: Mutex;
  readonly #abort = new AbortController();
  #current: Transport | undefined;

  constructor(parts: FlushParts) {
    this.#parts = parts;
    this.#mutex = new Mutex(parts.host.clock);
  }

  /** The transport that is being flushed. */
  get current(): Transport | undefined {
    return this.#current;
  }

  /** Ends the flush that runs; those that wait end at once. */
  abort(): void {
    this.#abort.abort(new MapiError('MAPI_E_USER_CANCEL', 'the spooler is shutting down'));
  }

  async idle(): Promise<void> {
    await this.#mutex.run(() => {});
  }

  /**
   * Flushes the transport that is named, or all of them in profile order.
   *
   * @param signal ends it at once; what a transport is doing at that moment goes on, and is not counted
   * @throws MAPI_E_NOT_FOUND if there is no such transport
   */
  async flush(options: FlushOptions, signal?: AbortSignal, onProgress: OnProgress = () => {}): Promise<FlushResult> {
    const named = options.targetTransport;
    const targets = named === undefined ? this.#parts.transports.list : [await this.#named(named)];
    return this.#flush(targets, options, signal, onProgress);
  }

  /**
   * Flushes a transport that has set the bits in its status row, of its own will or for a client, as far as the row says
   * so; one that is being flushed is left to that. What goes wrong is logged.
   */
  async flushAsked(transport: Transport): Promise<void> {
    if (this.#current === transport) return;
    const [upload, download] = await this.#asked(transport);
    if (!upload && !download) return;
    try {
      await this.#flush([transport], { upload, download });
    } catch (cause) {
      const error = MapiError.from(cause, transport.own.displayName);
      this.#parts.log.warn('flush failed', { transport: transport.own.displayName, error });
    }
  }

  async #asked(transport: Transport): Promise<readonly [upload: boolean, download: boolean]> {
    try {
      await using status = await transport.own.logon.openStatusEntry();
      const code = (await status.getProps([PR_STATUS_CODE])).values[0] ?? 0;
      return [(code & STATUS_OUTBOUND_FLUSH) !== 0, (code & STATUS_INBOUND_FLUSH) !== 0];
    } catch (cause) {
      const error = MapiError.from(cause, transport.own.displayName);
      this.#parts.log.debug('status not readable', { error });
      return [false, false];
    }
  }

  async #flush(
    targets: readonly Transport[],
    options: FlushOptions,
    signal?: AbortSignal,
    onProgress: OnProgress = () => {},
  ): Promise<FlushResult> {
    const tally: Tally = { sent: 0, failed: 0, received: 0, done: 0, total: 0, reports: false };
    const stop = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
    await this.#mutex.run(async () => {
      try {
        for (const transport of targets) {
          if (stop.aborted) break;
          this.#current = transport;
          await this.#transport(transport, options, tally, stop, onProgress);
        }
      } finally {
        this.#current = undefined;
        this.#parts.onPhase(undefined);
      }
    });
    return { sent: tally.sent, failed: tally.failed, received: tally.received, left: await this.#left() };
  }

  async #transport(
    transport: Transport,
    options: FlushOptions,
    tally: Tally,
    stop: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    const { transports, inbound, onPhase, log } = this.#parts;
    if (!transport.alive) return;
    try {
      await transport.own.logon.flushQueues(undefined, options);
    } catch (cause) {
      log.warn('flush refused', { transport: transport.own.displayName, error: MapiError.from(cause, 'transport') });
      return;
    }
    if (options.upload === true && !stop.aborted && (await this.#isSet(transport, STATUS_OUTBOUND_FLUSH))) {
      onPhase({ inbound: false, outbound: true });
      transports.ready(transport);
      await this.#upload(transport, tally, stop, onProgress);
      if (!stop.aborted) await transports.tell(transport, { endOutboundFlush: true });
    }
    if (options.download === true && !stop.aborted && (await this.#isSet(transport, STATUS_INBOUND_FLUSH))) {
      onPhase({ inbound: true, outbound: false });
      const goOn = async (): Promise<boolean> => !stop.aborted && (await this.#isSet(transport, STATUS_INBOUND_FLUSH));
      tally.received += (await unlessStopped(inbound.receive(transport, true, goOn), stop)) ?? 0;
      if (!stop.aborted) await transports.tell(transport, { endInboundFlush: true });
    }
  }

  /** Submits everything that this transport takes, in submit order, whenever it was to be tried. */
  async #upload(transport: Transport, tally: Tally, stop: AbortSignal, onProgress: OnProgress): Promise<void> {
    const turns = await Promise.all(this.#sending.map((attached) => this.#turn(attached)));
    const reports = !tally.reports; // those that belong to no transport are tried once
    tally.reports = true;
    tally.total += turns.reduce((sum, { count }) => sum + count, 0);
    for await (const { attached, entryId } of inTurn(turns)) {
      if (stop.aborted || !(await this.#isSet(transport, STATUS_OUTBOUND_FLUSH))) return;
      const attempt = this.#parts.dispatcher.run(attached, { entryId, force: true, only: transport.key, reports });
      const result = await unlessStopped(attempt, stop);
      if (result === undefined) return;
      if (result.fate === 'sent') tally.sent++;
      if (result.fate === 'failed') tally.failed++;
      tally.done++;
      onProgress(tally.done, tally.total);
    }
  }

  get #sending(): readonly AttachedStore[] {
    return this.#parts.stores.list.filter(({ sends }) => sends);
  }

  /** What is in a queue now: what comes later comes behind it, and has time until the next flush. */
  async #turn(attached: AttachedStore): Promise<Turn> {
    const counts = await queueCountsOf(attached);
    const count = total(counts.filter(({ state }) => state !== 'held'));
    return { attached, count, rows: attached.reader?.each(), rowsMax: total(counts) };
  }

  async #left(): Promise<number> {
    const counts = await Promise.all(this.#parts.stores.list.map(queueCountsOf));
    return total(counts.flat());
  }

  async #isSet(transport: Transport, bit: number): Promise<boolean> {
    if (!transport.alive) return false;
    try {
      await using status = await transport.own.logon.openStatusEntry();
      const { values } = await status.getProps([PR_STATUS_CODE]);
      return values[0] === undefined || (values[0] & bit) !== 0;
    } catch (cause) {
      this.#parts.log.debug('status not readable', { error: MapiError.from(cause, transport.own.displayName) });
      return true;
    }
  }

  /** The transport whose status row has this identifier. */
  async #named(entryId: EntryId): Promise<Transport> {
    const digits = toHex(entryId);
    for (const transport of this.#parts.transports.list) {
      if (digits.includes(transport.key) || (await this.#statusId(transport)) === digits) return transport;
    }
    throw new MapiError('MAPI_E_NOT_FOUND', 'no transport has this status row');
  }

  async #statusId(transport: Transport): Promise<string | undefined> {
    try {
      await using status = await transport.own.logon.openStatusEntry();
      const { values } = await status.getProps([PR_ENTRYID]);
      return values[0] === undefined ? undefined : toHex(values[0]);
    } catch (cause) {
      this.#parts.log.debug('status not readable', { error: MapiError.from(cause, transport.own.displayName) });
      return undefined;
    }
  }
}

/** What comes of `work`; undefined when `stop` is aborted before that, and the work goes on. */
async function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  const { promise: stopped, resolve } = deferred<undefined>();
  const onAbort = (): void => resolve(undefined);
  stop.addEventListener('abort', onAbort, { once: true });
  if (stop.aborted) onAbort();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop.removeEventListener('abort', onAbort);
  }
}

/** The queue of a store, as far as it is flushed. */
interface Turn {
  readonly attached: AttachedStore;
  /** Messages that are not held. */
  readonly count: number;
  readonly rows: AsyncGenerator<QueueRow> | undefined;
  readonly rowsMax: number;
}

/** What is not held in several queues, in submit order; of each no more is read than is wanted next. */
async function* inTurn(
  turns: readonly Turn[],
): AsyncGenerator<{ readonly attached: AttachedStore; readonly entryId: EntryId }> {
  const each = turns.map(({ attached, rows, rowsMax }) => ({ attached, rows: open(rows, rowsMax) }));
  const heads = await Promise.all(
    each.map(async ({ attached, rows }) => ({ attached, rows, row: (await rows.next()).value })),
  );
  try {
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads) {
        if (head.row === undefined) continue;
        if (first?.row === undefined || submitted(head.row) < submitted(first.row)) first = head;
      }
      if (first?.row === undefined) return;
      yield { attached: first.attached, entryId: first.row.entryId };
      first.row = (await first.rows.next()).value;
    }
  } finally {
    for (const { rows } of heads) await rows.return(undefined);
  }
}

/** Those of the first `max` rows that are not held. */
async function* open(rows: AsyncGenerator<QueueRow> | undefined, max: number): AsyncGenerator<QueueRow, undefined> {
  let left = max;
  for await (const row of rows ?? []) {
    if (left-- <= 0) return undefined;
    if (row.state !== 'held') yield row;
  }
  return undefined;
}

function submitted({ submitTime }: QueueRow): bigint {
  return submitTime ?? 0n;
}
