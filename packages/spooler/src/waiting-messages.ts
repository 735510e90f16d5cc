/**
 * Messages that wait in the queue for a transport that is back, long before the times that they were given.
 *
 * The queue is read once each time that a transport comes back, and says of each message why it waits: nothing is opened or
 * written for those that wait for something else. When the transport is away again the rest keeps its times.
 */
import { toHex } from '@nodemapi/base';
import type { EntryId } from '@nodemapi/mapi';
import { saidSince } from './outcome.ts';
import { NOBODY_THERE, waitText } from './plan.ts';
import type { QueueRow } from './queue-reader.ts';
import type { AttachedStore, StoreSet } from './stores.ts';
import type { Transport, TransportSet } from './transports.ts';

/** So many are remembered; of more the queue is read again, behind these. */
const FOUND_MAX = 10_000;

export interface WaitingMessage {
  readonly attached: AttachedStore;
  readonly entryId: EntryId;
}

/** How far the queue of a store was read: the submit time of the last message that was found, and all found of that time. */
interface ReadTo {
  readonly submitTime: bigint;
  readonly found: Set<string>;
}

export class WaitingMessages {
  readonly #transports: TransportSet;
  readonly #stores: StoreSet;
  #transport: Transport | undefined;
  #found: WaitingMessage[] = [];
  /** Not all of the queue has been read. */
  #isPart = false;
  readonly #readTo = new Map<string, ReadTo>();

  constructor(transports: TransportSet, stores: StoreSet) {
    this.#transports = transports;
    this.#stores = stores;
  }

  /** The next one, in submit order store by store; undefined if there is none now. */
  async next(): Promise<WaitingMessage | undefined> {
    for (;;) {
      if (this.#transport?.usable !== true) this.#found = [];
      const message = this.#found.shift();
      if (message !== undefined) return message;
      const isLeft = this.#isPart && this.#transport?.usable === true;
      if (!isLeft) {
        this.#transport = this.#transports.takeBack();
        this.#readTo.clear();
      }
      if (this.#transport === undefined) return undefined;
      await this.#find(this.#transport);
    }
  }

  async #find(transport: Transport): Promise<void> {
    const waits = [waitText(transport), NOBODY_THERE];
    this.#isPart = false;
    for (const attached of this.#stores.list) {
      if (!attached.sends || attached.reader === undefined) continue;
      let readTo = this.#readTo.get(attached.key) ?? { submitTime: -1n, found: new Set<string>() };
      for await (const row of attached.reader.each()) {
        const { submitTime = 0n } = row;
        if (submitTime < readTo.submitTime || !waitsBy(row, waits)) continue;
        const key = toHex(row.entryId);
        if (submitTime > readTo.submitTime) readTo = { submitTime, found: new Set() };
        else if (readTo.found.has(key)) continue;
        readTo.found.add(key);
        this.#readTo.set(attached.key, readTo);
        this.#found.push({ attached, entryId: row.entryId });
        this.#isPart = this.#found.length >= FOUND_MAX;
        if (this.#isPart) return;
      }
    }
  }
}

/** Where it may have been sent before, the reason says that, too. */
function waitsBy({ state, nextMs, reason }: QueueRow, waits: readonly string[]): boolean {
  if (nextMs === undefined || reason === undefined) return false;
  return (state === 'waiting' || state === 'unknown') && waits.includes(saidSince(reason) ?? reason);
}
