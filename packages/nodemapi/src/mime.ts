/** MIME in and out of messages, for programs and the command line. */
import { mapiToMime, mimeToMapi } from '@nodemapi/format-oxcmail';
import {
  type IMessage,
  MSGFLAG_READ,
  MSGFLAG_UNSENT,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  prop,
} from '@nodemapi/mapi';

export interface ImportOptions {
  /** The message is to be sent, so it is a draft: unsent, never delivered. */
  readonly unsent?: boolean;
}

/**
 * Fills an unsaved message from RFC 5322 text, in constant memory; saving it is the caller's.
 *
 * @returns what could not be understood; nothing is lost silently
 * @throws MAPI_E_CORRUPT_DATA if it is no message at all
 */
export async function importMime(
  source: AsyncIterable<Uint8Array>,
  message: IMessage,
  options: ImportOptions = {},
): Promise<Awaited<ReturnType<typeof mimeToMapi>>> {
  const result = await mimeToMapi(source, message);
  if (options.unsent === true) {
    await message.deleteProps([PR_MESSAGE_DELIVERY_TIME]);
    await message.setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT | MSGFLAG_READ)]);
  }
  return result;
}

/** Writes a message as RFC 5322 text, in constant memory. */
export function exportMime(message: IMessage): AsyncIterable<Uint8Array> {
  return mapiToMime(message);
}
