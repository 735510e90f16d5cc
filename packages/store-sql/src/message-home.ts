import { MapiError } from '@nodemapi/base';
import type { PropTag, ReadFlagOptions } from '@nodemapi/mapi';
import type { MessageObject } from './message.ts';
import type { MessageDraft } from './message-draft.ts';
import type { Computed } from './store-object.ts';

/** Where an open message is saved to: a folder, or an attachment of another message. */
export interface MessageHome {
  /** Saves, and answers the message as it is then. @throws MAPI_E_OBJECT_CHANGED, MAPI_E_OBJECT_DELETED */
  save(draft: MessageDraft, force: boolean): Promise<MessageDraft>;
  /** Saves and queues, and closes the object. On failure it stays open. */
  submit(message: MessageObject): Promise<void>;
  /** Changes the read flag at once; the new PR_MESSAGE_FLAGS, or undefined if they stay. */
  setReadFlag(message: MessageObject, options: ReadFlagOptions): Promise<number | undefined>;
  /** What is computed; at least what of `tags` is. */
  computed(draft: MessageDraft, writable: boolean, tags?: readonly PropTag[]): Computed;
  /** Told when the message is opened for writing, and when that ends. */
  opened?(draft: MessageDraft): void;
  closed?(draft: MessageDraft): void;
  /** Told of a large value that is not saved yet, where the home outlives the message object. */
  noteStaged?(value: number): void;
}

/** @throws MAPI_E_NO_SUPPORT: what is in an attachment is neither sent nor read by itself */
export function onlyInFolders(what: string): never {
  throw new MapiError('MAPI_E_NO_SUPPORT', `${what} of a message in an attachment`);
}
