/** Outgoing mail as people see it: what is in the queues, and what has left them in this session. */
import { type Clock, Emitter, type Log, MapiError, toHex } from '@nodemapi/base';
import { type OutgoingView, outgoingReport, type QueueCount } from '@nodemapi/kit';
import type {
  EntryId,
  FinishedOutgoing,
  OutgoingEvent,
  OutgoingMessage,
  OutgoingReport,
  OutgoingState,
} from '@nodemapi/mapi';
import { type Dispatcher, messageKey } from './dispatcher.ts';
import { described, describedEnd, describedUnread, type History } from './history.ts';
import { isGone } from './lock-lost.ts';
import { draftsEndingIn, finishedEndingIn, queuedEndingIn } from './message-search.ts';
import { queueCountsOf, total } from './queue-counts.ts';
import type { QueueRow } from './queue-reader.ts';
import { type MessageRecord, type RecipientRecord, readRecipients, readRecord } from './record.ts';
import type { AttachedStore, StoreSet } from './stores.ts';

export interface QueueViewParts {
  readonly stores: StoreSet;
  readonly dispatcher: Dispatcher;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Log;
  /** Queued messages that a report lists at most. */
  readonly reportedMax: number;
}

/** Messages that are found by the end of their identifiers. */
const foundMax = 20;

export class QueueView implements OutgoingView {
  readonly #parts: QueueViewParts;
  readonly #changes: Emitter<void>;

  constructor(parts: QueueViewParts) {
    this.#parts = parts;
    this.#changes = new Emitter((error) => parts.log.error('listener failed', { error }));
  }

  /** What has left the queues, oldest first, then what is in them, store by store in submit order. */
  async outgoing(): Promise<readonly OutgoingMessage[]> {
    return this.#withFinished(await this.page({ countMax: Number.POSITIVE_INFINITY }));
  }

  async page({ offset = 0, countMax }: { readonly offset?: number; readonly countMax: number }) {
    const messages: OutgoingMessage[] = [];
    let skip = offset;
    for (const attached of this.#parts.stores.list) {
      if (messages.length >= countMax) break;
      const rows = (await attached.reader?.rows(countMax - messages.length, skip)) ?? [];
      if (rows.length === 0 && skip > 0) skip -= total(await queueCountsOf(attached));
      else skip = 0;
      for (const row of rows) {
        const message = await this.#describe(attached, row);
        if (message !== undefined) messages.push(message);
      }
    }
    return messages;
  }

  async of(entryIds: readonly EntryId[]): Promise<readonly OutgoingMessage[]> {
    const finished = new Map(this.#parts.history.messages.map((message) => [toHex(message.entryId), message]));
    const found: OutgoingMessage[] = [];
    for (const entryId of entryIds) {
      const ended = finished.get(toHex(entryId));
      const message = (await this.#inQueue(entryId)) ?? ended ?? (await this.#endedElsewhere(entryId));
      if (message !== undefined) found.push(message);
    }
    return found;
  }

  async find(ending: string): Promise<readonly OutgoingMessage[]> {
    const found: OutgoingMessage[] = [];
    for (const attached of this.#parts.stores.list) {
      for (const entryId of await queuedEndingIn(attached, ending, foundMax - found.length)) {
        const row = await attached.reader?.row(entryId);
        const message = row === undefined ? undefined : await this.#describe(attached, row);
        if (message !== undefined) found.push(message);
      }
    }
    return found;
  }

  async findFinished(ending: string): Promise<readonly FinishedOutgoing[]> {
    const found: FinishedOutgoing[] = [];
    for (const attached of this.#parts.stores.list) {
      found.push(...(await finishedEndingIn(attached, ending, foundMax - found.length)));
    }
    return found;
  }

  async findDrafts(ending: string): Promise<readonly EntryId[]> {
    const found: EntryId[] = [];
    for (const attached of this.#parts.stores.list) {
      found.push(...(await draftsEndingIn(attached, ending, foundMax - found.length)));
    }
    return found;
  }

  async counts(): Promise<readonly QueueCount[]> {
    const all = await Promise.all(this.#parts.stores.list.map((attached) => queueCountsOf(attached)));
    const byState = new Map<OutgoingState, QueueCount>();
    for (const count of all.flat()) {
      const { messages, oldest } = byState.get(count.state) ?? { messages: 0, oldest: null };
      const older = oldest === null || (count.oldest !== null && count.oldest < oldest) ? count.oldest : oldest;
      byState.set(count.state, { state: count.state, messages: messages + count.messages, oldest: older });
    }
    return [...byState.values()];
  }

  async history(entryId: EntryId): Promise<readonly OutgoingEvent[]> {
    for (const attached of this.#parts.stores.list) {
      const events = await this.#historyIn(attached, entryId);
      if (events.length > 0) return events;
    }
    return [];
  }

  async finished(countMax: number): Promise<readonly FinishedOutgoing[]> {
    const all: FinishedOutgoing[] = [];
    for (const { reader, records } of this.#parts.stores.list) {
      if (reader !== undefined) all.push(...(await records.finishedOutgoing(countMax)));
    }
    return all.sort((a, b) => Number(b.finishedTime - a.finishedTime)).slice(0, countMax);
  }

  watch(listener: () => void): Disposable {
    return this.#changes.subscribe(listener);
  }

  /** Something has changed in the queue of a store. */
  changed(): void {
    this.#changes.emit();
  }

  async report(): Promise<OutgoingReport> {
    const { history, reportedMax } = this.#parts;
    const { sent, failed } = history;
    const page = await this.page({ countMax: reportedMax + 1 });
    const messages = this.#withFinished(page.slice(0, reportedMax));
    const facts = { sent, failed, isElsewhere: this.#elsewhere() };
    if (page.length <= reportedMax) return outgoingReport(messages, facts);
    return outgoingReport(messages, { ...facts, queued: await this.counts() });
  }

  /** The same of these messages alone. */
  async reportOf(entryIds: readonly EntryId[]): Promise<OutgoingReport> {
    return outgoingReport(await this.of(entryIds), { isElsewhere: this.#elsewhere() });
  }

  /** Messages that are queued and not held. */
  async queued(): Promise<number> {
    return total((await this.counts()).filter(({ state }) => state !== 'held'));
  }

  /** The store in which a message lies. @throws MAPI_E_NOT_IN_QUEUE */
  async locate(entryId: EntryId): Promise<{ readonly attached: AttachedStore; readonly key: string }> {
    const { stores, log } = this.#parts;
    for (const attached of stores.list) {
      try {
        await using _message = await attached.store.openEntry(entryId, { iid: 'IMessage' });
        return { attached, key: messageKey(attached, entryId) };
      } catch (cause) {
        if (!MapiError.is(cause)) throw cause;
        log.trace('not in this store', { store: attached.displayName, error: cause });
      }
    }
    throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'no attached store has the message');
  }

  /** What another spooler has sent, or given up, as far as the store remembers it. */
  async #endedElsewhere(entryId: EntryId): Promise<OutgoingMessage | undefined> {
    const digits = toHex(entryId);
    const found = (await this.findFinished(digits)).find((one) => toHex(one.entryId) === digits);
    if (found === undefined) return undefined;
    return describedEnd(found, await this.history(entryId), await this.#keptRecipients(entryId));
  }

  /** The recipients of a message that is kept, in Sent Items as a rule; none if it is there no more. */
  async #keptRecipients(entryId: EntryId): Promise<readonly RecipientRecord[]> {
    try {
      const { attached } = await this.locate(entryId);
      await using message = await attached.store.openEntry(entryId, { iid: 'IMessage' });
      return await readRecipients(message);
    } catch (cause) {
      if (!MapiError.is(cause)) throw cause;
      this.#parts.log.trace('not kept', { error: cause });
      return [];
    }
  }

  /** Whether another spooler is sending one of these messages. */
  async anyElsewhere(entryIds: readonly EntryId[]): Promise<boolean> {
    return (await this.of(entryIds)).some(this.#elsewhere());
  }

  /** Tells what another spooler is sending under its lock. */
  #elsewhere(): (message: OutgoingMessage) => boolean {
    const own = new Set(this.#parts.dispatcher.attempts().map(({ job }) => toHex(job.entryId)));
    return ({ entryId, state, lockedBy }) => state === 'sending' && lockedBy !== null && !own.has(toHex(entryId));
  }

  async #inQueue(entryId: EntryId): Promise<OutgoingMessage | undefined> {
    for (const attached of this.#parts.stores.list) {
      const row = await attached.reader?.row(entryId);
      if (row !== undefined) return this.#describe(attached, row);
    }
    return undefined;
  }

  #withFinished(live: readonly OutgoingMessage[]): readonly OutgoingMessage[] {
    const queued = new Set(live.map((message) => toHex(message.entryId)));
    return [...this.#parts.history.messages.filter((message) => !queued.has(toHex(message.entryId))), ...live];
  }

  async #historyIn(
    { reader, records, displayName }: AttachedStore,
    entryId: EntryId,
  ): Promise<readonly OutgoingEvent[]> {
    if (reader === undefined) return [];
    try {
      return await records.outgoingHistory(entryId);
    } catch (cause) {
      if (!MapiError.is(cause)) throw cause;
      this.#parts.log.trace('not in this store', { store: displayName, error: cause });
      return [];
    }
  }

  async #describe(attached: AttachedStore, row: QueueRow): Promise<OutgoingMessage | undefined> {
    const { dispatcher, clock, log } = this.#parts;
    const key = messageKey(attached, row.entryId);
    const running = dispatcher.attempt(key) !== undefined;
    const standing = { row, running, parked: dispatcher.parked(key), nowMs: clock.nowMs() };
    try {
      await using message = await attached.store.openEntry(row.entryId, { iid: 'IMessage' });
      const read = (): Promise<MessageRecord> => readRecord(attached.records, message, row.entryId);
      const record = await read();
      if (running || record.state !== 'sending' || isLocked(row, standing.nowMs)) return described(record, standing);
      // Who has begun to send it since the row was read has its lock: without that it would look cut off.
      const now = await attached.reader?.row(row.entryId);
      if (now === undefined) return undefined;
      return described(isLocked(now, standing.nowMs) ? record : await read(), { ...standing, row: now });
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      log.debug('message not readable', { message: key, error });
      return isGone(error) ? undefined : describedUnread(row, standing, error.message);
    }
  }
}

function isLocked({ lockUntilMs }: QueueRow, nowMs: number): boolean {
  return (lockUntilMs ?? 0) > nowMs;
}
