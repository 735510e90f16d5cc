/** Message classes, and the receive folder of a class. spec: mapi-message-classes, mapi-receive-folders */
import { MapiError } from '@nodemapi/mapi';

/** Characters in a message class. */
export const messageClassCharsMax = 255;
/** The class of a message that was saved without one. */
export const DEFAULT_MESSAGE_CLASS = 'IPM';

/** Whether a message may have this class; '' is none. */
export function isMessageClass(text: string): boolean {
  return text.length <= messageClassCharsMax && /^[\x20-\x7f]*$/.test(text) && !text.endsWith('.');
}

/** @throws MAPI_E_INVALID_PARAMETER unless `isMessageClass` */
export function checkMessageClass(text: string): void {
  if (!isMessageClass(text)) {
    throw new MapiError(
      'MAPI_E_INVALID_PARAMETER',
      `message class of ${text.length} characters: up to 255 of ASCII, no period at the end`,
    );
  }
}

/** Whether `messageClass` is `base` or lies below it; every class lies below ''. Case does not matter. */
export function isClassOrBelow(messageClass: string, base: string): boolean {
  if (base === '') return true;
  const lower = messageClass.toLowerCase();
  return lower === base.toLowerCase() || lower.startsWith(`${base.toLowerCase()}.`);
}

/** One mapping of a store's receive folders. */
export interface ReceiveFolderEntry<F> {
  readonly messageClass: string;
  readonly folder: F;
}

/** The entry of the longest class that `messageClass` is or lies below; undefined if not even '' has one. */
export function chooseReceiveFolder<F>(
  entries: Iterable<ReceiveFolderEntry<F>>,
  messageClass: string,
): ReceiveFolderEntry<F> | undefined {
  let best: ReceiveFolderEntry<F> | undefined;
  for (const entry of entries) {
    if (!isClassOrBelow(messageClass, entry.messageClass)) continue;
    if (best === undefined || entry.messageClass.length > best.messageClass.length) best = entry;
  }
  return best;
}
