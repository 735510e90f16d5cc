/** How deep an outgoing queue is, told without reading it. */
import type { FileTime } from '@nodemapi/base';
import type { IMsgStore, OutgoingState } from '@nodemapi/mapi';

/** The queued messages of one state, as it is stored: one that waits stays 'waiting' until it is tried. */
export interface QueueCount {
  readonly state: OutgoingState;
  readonly messages: number;
  /** When the oldest of them was submitted; null if that is not known. */
  readonly oldest: FileTime | null;
}

/** A store that knows how deep its queue is. */
export interface CountingStore extends IMsgStore {
  /** Only states that there are, in any order. A store on a disk must not read its queue for it, which may be long. */
  countQueue(): Promise<readonly QueueCount[]>;
}

/** Whether a store counts what it has queued. */
export function supportsQueueCount(store: IMsgStore): store is CountingStore {
  return 'countQueue' in store && typeof store.countQueue === 'function';
}
