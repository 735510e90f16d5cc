/** MIME in and out of messages, for programs and the command line. */
import { MapiError } from '@nodemapi/base';
import { mapiToMime, mimeToMapi, type OxcmailDiagnostic } from '@nodemapi/format-oxcmail';
import {
  type IMessage,
  MSGFLAG_READ,
  MSGFLAG_UNSENT,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  prop,
} from '@nodemapi/mapi';
import { type ExportDiagnostic, exportDiagnostic } from './export-diagnostic.ts';

export { isMimeCut, isMimeLoss } from '@nodemapi/format-oxcmail';
export type { ExportDiagnostic } from './export-diagnostic.ts';

/** How a MIME message is imported. */
export interface ImportOptions {
  /** The message is to be sent, so it is a draft: unsent, never delivered. */
  readonly unsent?: boolean;
  /** vCards of a mail become contacts that are attached; they stay files if omitted. */
  readonly contacts?: boolean;
  /** Ends the import within the message, which must not be saved then. */
  readonly signal?: AbortSignal;
}

/**
 * Fills an unsaved message from RFC 5322 text, in constant memory; saving it is the caller's.
 *
 * @returns what could not be understood; nothing is lost silently
 * @throws MAPI_E_CORRUPT_DATA if it is no message at all; the reason of the signal
 */
export async function importMime(
  source: AsyncIterable<Uint8Array>,
  message: IMessage,
  options: ImportOptions = {},
): Promise<Awaited<ReturnType<typeof mimeToMapi>>> {
  // A message that came in is no draft, unless the text says so (X-Unsent).
  await message.setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_READ)]);
  const { signal, contacts = false } = options;
  const text = await startingWithHeader(source);
  const result =
    signal === undefined
      ? await mimeToMapi(text, message, { contacts })
      : await mimeToMapi(untilAborted(text, signal), message, { signal, contacts });
  if (options.unsent === true) {
    await message.deleteProps([PR_MESSAGE_DELIVERY_TIME]);
    await message.setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT | MSGFLAG_READ)]);
  }
  return result;
}

async function* untilAborted(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    signal.throwIfAborted();
    yield bytes;
  }
}

/** Bytes that are looked at to tell whether a message begins here. */
const beginningBytesMax = 64 * 1024;
/** The name of a field and its colon, or the line of an mbox; not a calendar, nor a card. RFC 5322 2.2 */
const BEGINNING = /^(?!BEGIN:V)(?:[\x21-\x39\x3b-\x7e]+[ \t]*:|From )/u;

/** The same bytes again, if their first line is one of a header. @throws MAPI_E_CORRUPT_DATA */
async function startingWithHeader(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let text = '';
  let bytes = 0;
  while (bytes < beginningBytesMax && !/^\s*\S[^\n]*\n/u.test(text)) {
    const next = await chunks.next();
    if (next.done === true) break;
    seen.push(next.value);
    bytes += next.value.length;
    const { buffer, byteOffset } = next.value;
    text += Buffer.from(buffer, byteOffset, Math.min(next.value.length, beginningBytesMax)).toString('latin1');
  }
  if (BEGINNING.test(text.replace(/^(?:\xef\xbb\xbf)?\s*/u, ''))) return resumed(seen, chunks);
  await chunks.return?.();
  const what = text.trim() === '' ? 'is empty' : 'does not begin with a header';
  throw new MapiError('MAPI_E_CORRUPT_DATA', `this is no mail message: it ${what}`);
}

async function* resumed(seen: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* seen;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** How a message is exported as MIME. */
export interface ExportMimeOptions {
  /** Writes blind recipients, whom whoever gets the text can read. */
  readonly includeBcc?: boolean;
  /**
   * Is told, while the text is read, whatever it lacks of the message. Attachments and bodies that cannot be had are left out
   * then; without it they are errors.
   */
  readonly onDiagnostic?: (found: ExportDiagnostic) => void;
}

/**
 * Writes a message as RFC 5322 text to be filed, with Received and what else its journey added; in constant memory.
 *
 * Blind recipients are written only if that is asked for. A draft says that it is one (X-Unsent).
 */
export function exportMime(message: IMessage, options: ExportMimeOptions = {}): AsyncIterable<Uint8Array> {
  const { includeBcc = false, onDiagnostic } = options;
  const form = { journey: true, unsent: true, form: { includeBcc } } as const;
  if (onDiagnostic === undefined) return mapiToMime(message, form);
  const tell = (found: OxcmailDiagnostic): void => onDiagnostic(exportDiagnostic(found));
  return mapiToMime(message, { ...form, leaveOut: true, everyProperty: true, onDiagnostic: tell });
}
