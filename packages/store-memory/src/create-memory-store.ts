/** Opens a new store in memory without a session, for tests and tools. */
import { type Clock, type Log, nullLog, type Random, systemClock, systemRandom } from '@nodemapi/base';
import type { IMAPISupport, IMsgStore } from '@nodemapi/mapi';
import { MemoryMsgStore } from './msg-store.ts';
import { newStoreData } from './new-store.ts';
import { StoreContext } from './store-context.ts';

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** PR_DISPLAY_NAME */
  readonly displayName?: string;
}

/** A store in memory, with as many logons to it as wanted. */
export interface MemoryStore {
  /** Opens it as a client does, for writing unless told otherwise. */
  open(options?: { readonly write?: boolean }): IMsgStore;
  /** Opens it as a spooler does; every call is another spooler. */
  openSpooler(): IMsgStore;
  /** Resolves when every notification that is queued has been delivered. */
  settle(): Promise<void>;
}

/** @param support of the kind 'store'; the caller keeps it */
export function createMemoryStore(support: IMAPISupport, options: MemoryStoreOptions = {}): MemoryStore {
  const { clock = systemClock, random = systemRandom, log = nullLog, displayName = 'Memory store' } = options;
  const data = newStoreData(support.newUID(), displayName, { clock, random });
  let logons = 0;
  const openAs = (writable: boolean, spooler: boolean): IMsgStore => {
    const owner = `${spooler ? 'spooler' : 'client'}-${++logons}`;
    return new MemoryMsgStore(new StoreContext({ data, support, log, writable, spooler, owner }), async () => {});
  };
  return {
    open: ({ write = true } = {}) => openAs(write, false),
    openSpooler: () => openAs(true, true),
    settle: () => data.hub.flush(),
  };
}
