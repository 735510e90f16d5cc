/**
 * Receives mail: polls, and takes what transports announce, one message at a time per transport.
 *
 * - Saving is the act of delivery. What a transport did not save is dropped, and the transport still has it.
 * - A message is made in the receive folder of IPM.Note, since nobody knows its class before it is filled; one of a
 *   class with another folder is moved there before anybody is told.
 * - A message whose source is noted in the store is not saved again: somebody died before the source was told.
 */
import { type Log, MapiError, type Timer, toHex } from '@nodemapi/base';
import { openReceiveFolder, type SpoolerHost } from '@nodemapi/kit';
import {
  type EntryId,
  HRESULTS,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_SEARCH_KEY,
  PR_SPOOLER_STATUS,
  prop,
  S_OK,
} from '@nodemapi/mapi';
import { isFolder } from './filing.ts';
import type { Hooks } from './hooks.ts';
import { moveTo } from './move.ts';
import type { Observer } from './observer.ts';
import type { SpoolerSettings } from './options.ts';
import { linkReport } from './report-link.ts';
import { watchSaving } from './saved-message.ts';
import type { AttachedStore, StoreSet } from './stores.ts';
import type { Transport, TransportSet } from './transports.ts';

const DEFAULT_CLASS = 'IPM.Note';
/** The message reference of an incoming message whose transport has set none. */
const INBOUND_REF = 1;

/** What a flush passes over in one source: messages that fail, or that were received before. */
const STUMBLES_MAX = 100;

export interface InboundParts {
  readonly host: SpoolerHost;
  readonly settings: SpoolerSettings;
  readonly transports: TransportSet;
  readonly stores: StoreSet;
  readonly hooks: Hooks;
  readonly log: Log;
  readonly observer: Observer;
}

interface Delivered extends Place {
  /** The transport failed after it had saved. */
  readonly broken: boolean;
}

type Reception = 'none' | 'received' | 'broken' | 'known' | 'dropped';

interface Place {
  readonly entryId: EntryId;
  readonly folderId: EntryId;
  readonly messageClass: string;
  readonly messageFlags: number;
}

export class Inbound {
  readonly #parts: InboundParts;
  readonly #abort = new AbortController();
  /** One reception per transport; others wait for it. */
  readonly #running = new Map<string, Promise<number>>();
  /** Transports that have announced more while they were receiving. */
  readonly #again = new Set<string>();
  #timer: Timer | undefined;
  #enabled = false;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Whether any message is being received. */
  get active(): boolean {
    return this.#parts.transports.list.some((transport) => transport.receiving > 0);
  }

  start(): void {
    this.#enabled = true;
    if (!this.#parts.settings.onlyFlushes) this.#schedule(0);
  }

  /** Begins nothing any more; what is being received is finished. */
  stop(): void {
    this.#enabled = false;
    this.#timer?.cancel();
  }

  /** Cancels what is being received: it stays at its source. */
  async abort(reason: MapiError): Promise<void> {
    this.#abort.abort(reason);
    const { transports } = this.#parts;
    for (const transport of transports.list) {
      if (transport.receiving > 0)
        await transports.tell(transport, { cancelMessage: true }, { messageRef: INBOUND_REF });
    }
  }

  /** Resolves when nothing is being received any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  /** The transport has announced mail; ignored unless it may receive now. */
  announced(transport: Transport): void {
    if (!this.#mayReceive(transport) || this.#parts.settings.onlyFlushes) return;
    if (this.#running.has(transport.key)) this.#again.add(transport.key);
    else void this.receive(transport, true);
  }

  /**
   * Takes what a transport has, as long as `goOn` says so; without it not more than `inboundBurstMax`. Never rejects.
   *
   * @param announced it need not be asked first
   * @returns the messages received
   */
  async receive(transport: Transport, announced: boolean, goOn?: () => Promise<boolean>): Promise<number> {
    while (this.#running.has(transport.key)) await this.#running.get(transport.key);
    const running = this.#receive(transport, announced, goOn).finally(() => {
      this.#running.delete(transport.key);
      if (this.#again.delete(transport.key)) this.announced(transport);
    });
    this.#running.set(transport.key, running);
    return running;
  }

  #mayReceive(transport: Transport): boolean {
    return this.#enabled && transport.alive && transport.inbound;
  }

  #schedule(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.host.clock.setTimer(ms, () => {
      this.#tick();
      if (this.#enabled) this.#schedule(this.#parts.settings.pollIntervalMs);
    });
    this.#timer.unref();
  }

  #tick(): void {
    for (const transport of this.#parts.transports.list) {
      if (!this.#mayReceive(transport) || transport.critSec || this.#running.has(transport.key)) continue;
      if (transport.own.options.poll === true) void this.receive(transport, false);
      if (transport.own.options.idle === true && this.#isIdle) void this.#idle(transport);
    }
  }

  /** Whether no transport has anything in hand. */
  get #isIdle(): boolean {
    return this.#parts.transports.list.every(({ sending, receiving }) => sending === 0 && receiving === 0);
  }

  async #idle(transport: Transport): Promise<void> {
    try {
      await transport.own.logon.idle();
    } catch (cause) {
      this.#warn(transport, 'idle failed', cause);
    }
  }

  async #receive(transport: Transport, announced: boolean, goOn?: () => Promise<boolean>): Promise<number> {
    if (goOn !== undefined) return this.#receiveAll(transport, goOn);
    const burst = this.#parts.settings.inboundBurstMax;
    let received = 0;
    let taken = 0; // those that a hook did away with, and those that were here before, are among them
    try {
      while (this.#mayReceive(transport) && taken < burst) {
        if (!announced && (transport.critSec || !(await transport.own.logon.poll()))) break;
        const one = await this.#observed(transport);
        taken++;
        if (one === 'received' || one === 'broken') received++;
        if (one === 'none' || one === 'broken') break;
      }
    } catch (cause) {
      this.#warn(transport, 'receiving failed', cause);
    }
    if (taken >= burst && this.#enabled) this.#schedule(0);
    return received;
  }

  /** Empties the source. A message that cannot be had does not keep the others there, unless too many cannot. */
  async #receiveAll(transport: Transport, goOn: () => Promise<boolean>): Promise<number> {
    let received = 0;
    for (let stumbles = 0; stumbles < STUMBLES_MAX && this.#mayReceive(transport) && (await goOn()); ) {
      try {
        const one = await this.#observed(transport);
        if (one === 'received' || one === 'broken') received++;
        if (one === 'none' || one === 'known') stumbles++;
        if (one === 'broken' || (one === 'none' && !(await hasMore(transport)))) break;
      } catch (cause) {
        this.#warn(transport, 'receiving failed', cause);
        stumbles++;
      }
    }
    return received;
  }

  #observed(transport: Transport): Promise<Reception> {
    return this.#parts.observer.receive(transport, () => this.#one(transport));
  }

  /**
   * Receives one message. 'none': there was none, or it could not be had. 'broken': received, but do not go on. 'known':
   * it was received before. 'dropped': a hook did away with it.
   */
  async #one(transport: Transport): Promise<Reception> {
    const store = this.#target();
    if (store === undefined) {
      this.#parts.log.warn('no store to receive into');
      return 'none';
    }
    transport.receiving++;
    try {
      const delivered = await this.#deliver(transport, store.store);
      if (typeof delivered === 'string') return delivered;
      const { entryId, folderId, messageClass, messageFlags, broken } = delivered;
      await store.store.notifyNewMail({ kind: 'newMail', entryId, parentId: folderId, messageClass, messageFlags });
      return broken ? 'broken' : 'received';
    } finally {
      transport.receiving--;
    }
  }

  #target(): AttachedStore | undefined {
    const entryId = this.#parts.host.defaultStore();
    const store = entryId === undefined ? undefined : this.#parts.stores.find(entryId);
    return store?.receives === true ? store : undefined;
  }

  async #deliver(transport: Transport, store: IMsgStore): Promise<Delivered | 'none' | 'known' | 'dropped'> {
    await using folder = await openReceiveFolder(store, DEFAULT_CLASS);
    await using target = await folder.createMessage({ processRules: true });
    let wanted: EntryId | undefined;
    const watched = watchSaving(target, store, async () => {
      await this.#link(target, store);
      const decision = await this.#parts.hooks.ask('inbound', target, { folder, store });
      wanted = decision.target;
      await target.setProps([prop(PR_SPOOLER_STATUS, decision.delete ? HRESULTS.MAPI_E_OBJECT_DELETED | 0 : S_OK)]);
      return decision.delete ? 'drop' : 'save';
    });
    let broken = false;
    try {
      const { message, recognise } = watched;
      await transport.own.logon.startMessage(message, { signal: this.#abort.signal, recognise });
    } catch (cause) {
      // Once it is saved its source may be gone: twice is better than never.
      if (!watched.isSaved() && !watched.isDropped()) throw cause;
      this.#warn(transport, 'failed after the delivery', cause);
      broken = true;
    }
    if (watched.isKnown()) {
      this.#parts.log.info('received before', { transport: transport.own.displayName });
      return 'known';
    }
    if (watched.isDropped()) return broken ? 'none' : 'dropped';
    return watched.isSaved() ? { ...(await this.#settle(store, folder, target, wanted)), broken } : 'none';
  }

  /** Where the message lies in the end: where a hook wants it, else in the receive folder of its class. */
  async #settle(store: IMsgStore, folder: IMAPIFolder, target: IMessage, hooked: EntryId | undefined): Promise<Place> {
    const { values } = await target.getProps([PR_ENTRYID, PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS, PR_SEARCH_KEY]);
    const [entryId = new Uint8Array(), messageClass = DEFAULT_CLASS, messageFlags = 0, searchKey] = values;
    const [folderId = new Uint8Array()] = (await folder.getProps([PR_ENTRYID])).values;
    const isThere = hooked !== undefined && (await isFolder(store, hooked));
    const wanted = isThere ? hooked : (await store.getReceiveFolder(messageClass)).entryId;
    const here = { entryId, folderId, messageClass, messageFlags };
    if (toHex(wanted) === toHex(folderId) || (await store.compareEntryIDs(wanted, folderId))) return here;
    await target.release();
    const moved = await moveTo({ store, folder, entryId, searchKey }, wanted);
    return moved === undefined ? here : { ...here, entryId: moved, folderId: wanted };
  }

  /** A report that cannot be linked with its original is delivered as it came. */
  async #link(target: IMessage, store: IMsgStore): Promise<void> {
    try {
      await linkReport(target, store);
    } catch (cause) {
      this.#parts.log.warn('report not linked', { error: MapiError.from(cause, 'store') });
    }
  }

  #warn(transport: Transport, event: string, cause: unknown): void {
    const error = MapiError.from(cause, transport.own.displayName);
    this.#parts.log.warn(event, { transport: transport.own.displayName, error });
  }
}

/** A transport that does not want to be polled has said by giving nothing that it has nothing. */
async function hasMore({ own }: Transport): Promise<boolean> {
  return own.options.poll === true && own.logon.poll();
}
