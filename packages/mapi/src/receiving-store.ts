/** Stores that recognise received mail that comes once more; no interface of MAPI. */
import type { IMessage } from './message.ts';
import type { IMsgStore } from './msg-store.ts';

/** A store that remembers, from the transaction that saves a received message on, where the message came from. */
export interface ReceivingStore extends IMsgStore {
  /** Whether a message of this source was saved; the store may have forgotten all but the last `RECEIVED_SOURCES_MAX`. */
  hasReceived(source: Uint8Array): Promise<boolean>;
  /**
   * Saves a received message, which stays open for writing, and remembers its sources, or does nothing of it and
   * answers false: a message of the first source was saved before.
   *
   * @throws what `saveChanges` throws
   */
  saveReceived(message: IMessage, sources: readonly Uint8Array[]): Promise<boolean>;
}

/** Sources that a store remembers, at least. */
export const RECEIVED_SOURCES_MAX = 100_000;

/** Whether a store remembers the sources of received messages. */
export function supportsReceiving(store: IMsgStore): store is ReceivingStore {
  return 'saveReceived' in store && typeof store.saveReceived === 'function';
}
