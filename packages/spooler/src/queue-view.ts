/** Outgoing mail as people see it: what is in the queues, and what has left them in this session. */
import { type Clock, type Log, MapiError, toHex } from '@nodemapi/base';
import type { EntryId, OutgoingMessage } from '@nodemapi/mapi';
import { type Dispatcher, messageKey } from './dispatcher.ts';
import { described, describedUnread, type History } from './history.ts';
import { isGone } from './lock-term.ts';
import type { QueueRow } from './queue-reader.ts';
import { readRecord } from './record.ts';
import type { AttachedStore, StoreSet } from './stores.ts';

export interface QueueViewParts {
  readonly stores: StoreSet;
  readonly dispatcher: Dispatcher;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Log;
}

export class QueueView {
  readonly #parts: QueueViewParts;

  constructor(parts: QueueViewParts) {
    this.#parts = parts;
  }

  /** What has left the queues, oldest first, then what is in them, store by store in submit order. */
  async outgoing(): Promise<readonly OutgoingMessage[]> {
    const { stores, history } = this.#parts;
    const live: OutgoingMessage[] = [];
    for (const attached of stores.list) {
      for (const row of (await attached.reader?.rows()) ?? []) {
        const message = await this.#describe(attached, row);
        if (message !== undefined) live.push(message);
      }
    }
    const queued = new Set(live.map((message) => toHex(message.entryId)));
    return [...history.messages.filter((message) => !queued.has(toHex(message.entryId))), ...live];
  }

  /** Messages that are queued and not held. */
  async queued(): Promise<number> {
    let count = 0;
    for (const { reader } of this.#parts.stores.list) {
      count += ((await reader?.rows()) ?? []).filter(({ state }) => state !== 'held').length;
    }
    return count;
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

  async #describe(attached: AttachedStore, row: QueueRow): Promise<OutgoingMessage | undefined> {
    const { dispatcher, clock, log } = this.#parts;
    const key = messageKey(attached, row.entryId);
    const running = dispatcher.attempt(key) !== undefined;
    const standing = { row, running, parked: dispatcher.parked(key), nowMs: clock.nowMs() };
    try {
      await using message = await attached.store.openEntry(row.entryId, { iid: 'IMessage' });
      return described(await readRecord(message, row.entryId), standing);
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      log.debug('message not readable', { message: key, error });
      return isGone(error) ? undefined : describedUnread(row, standing, error.message);
    }
  }
}
