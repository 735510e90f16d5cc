/** IConverterSession: the converter that programs of Outlook know, over our own. spec: iconvertersessioniunknown */
import { isKnownCharset, MapiError, systemClock } from '@nodemapi/base';
import {
  type MapiToMimeOptions,
  type MimeForm,
  mapiToMime,
  mapiToUuencode,
  mimeToMapi,
  type OxcmailDiagnostic,
} from '@nodemapi/format-oxcmail';
import { encapsulateHtml } from '@nodemapi/format-rtf';
import { RefCounted, writeRtf } from '@nodemapi/kit';
import {
  type EntryId,
  type IAddrBook,
  type IConverterSession,
  type IMessage,
  type IStream,
  type MapiToMimeStmOptions,
  type MimeEncoding,
  type MimeSaveFormat,
  type MimeStmToMapiOptions,
  PR_HTML,
  PR_SMTP_ADDRESS,
  STREAM_CHUNK_BYTES,
  type TnefProblem,
} from '@nodemapi/mapi';
import { readBodies } from './dump-message.ts';
import { type ExportDiagnostic, exportDiagnostic } from './export-diagnostic.ts';

const ENCODINGS: ReadonlyMap<unknown, NonNullable<NonNullable<MimeForm['text']>['encoding']>> = new Map([
  ['base64', 'base64'],
  ['uuencode', 'x-uuencode'],
  ['qp', 'quoted-printable'],
  ['7bit', '7bit'],
  ['8bit', '8bit'],
] as const);

const TO_MIME: ReadonlySet<string> = new Set<keyof MapiToMimeStmOptions>([
  'smtp',
  'noHeaders',
  'useTnef',
  'includeBcc',
  'eightBitHeaders',
  'useRtf',
  'plainTextOnly',
  'noMessageId',
  'embeddedMessage',
  'globalMessage',
]);
const TO_MAPI: ReadonlySet<string> = new Set<keyof MimeStmToMapiOptions>([
  'smtp',
  'embeddedMessage',
  'includeBcc',
  'useRtf',
  'globalMessage',
  'contacts',
]);

const wrapColumnsMin = 10;

/** A converter of its own; whoever makes it releases it. MAPI: CoCreateInstance of CLSID_IConverterSession. */
export function createConverterSession(): IConverterSession {
  return new ConverterSession();
}

class ConverterSession extends RefCounted implements IConverterSession {
  readonly iid = 'IConverterSession';
  #addrBook: IAddrBook | undefined;
  #format: MimeSaveFormat = 'rfc1521';
  #encoding: MimeEncoding | undefined;
  #wrapColumns: number | undefined;
  #charset: string | undefined;

  async setAdrBook(addrBook: IAddrBook | null): Promise<void> {
    this.assertOpen();
    const former = this.#addrBook;
    this.#addrBook = addrBook?.addRef();
    await former?.release();
  }

  setEncoding(encoding: MimeEncoding): void {
    this.assertOpen();
    if (!ENCODINGS.has(encoding)) invalid(`${JSON.stringify(encoding)} is no encoding of a body`);
    this.#encoding = encoding;
  }

  setSaveFormat(format: MimeSaveFormat): void {
    this.assertOpen();
    if (format !== 'rfc1521' && format !== 'rfc822') invalid(`${JSON.stringify(format)} is no save format`);
    this.#format = format;
  }

  setTextWrapping(wrap: boolean, width: number): void {
    this.assertOpen();
    if (wrap && !(Number.isSafeInteger(width) && width >= wrapColumnsMin)) invalid(`no lines of ${width} columns`);
    this.#wrapColumns = wrap ? width : undefined;
  }

  setCharSet(apply: boolean, charset: string | null): void {
    this.assertOpen();
    if (apply && charset !== null && !isKnownCharset(charset))
      throw new MapiError('MAPI_E_UNKNOWN_CPID', `the charset ${JSON.stringify(charset)} is not known`);
    this.#charset = apply ? (charset ?? undefined) : undefined;
  }

  async mimeToMapi(
    stream: IStream,
    message: IMessage,
    sourceServer: null,
    options: MimeStmToMapiOptions = {},
  ): Promise<{ readonly diagnostics: readonly { readonly code: string; readonly detail: string }[] }> {
    this.assertOpen();
    checkCall(stream, message, options, TO_MAPI);
    if (sourceServer !== null) invalid('the source server must be null');
    const { diagnostics } = await mimeToMapi(chunksOf(stream), message, {
      withBcc: options.includeBcc === true,
      withUnsent: options.embeddedMessage === true,
      contacts: options.contacts === true,
    });
    if (options.useRtf === true) await htmlToRtf(message);
    return { diagnostics };
  }

  async mapiToMimeStm(
    message: IMessage,
    stream: IStream,
    options: MapiToMimeStmOptions,
  ): Promise<{ readonly problems: readonly TnefProblem[]; readonly diagnostics: readonly ExportDiagnostic[] }> {
    this.assertOpen();
    checkCall(stream, message, options, TO_MIME);
    const { smtp }: Partial<MapiToMimeStmOptions> = options;
    if (smtp !== true) invalid('CCSF_SMTP must be set');
    const problems: TnefProblem[] = [];
    const diagnostics: ExportDiagnostic[] = [];
    const told = {
      ...this.#writeOptions(options, problems),
      leaveOut: true,
      everyProperty: true,
      onDiagnostic: (found: OxcmailDiagnostic) => void diagnostics.push(exportDiagnostic(found)),
    };
    const write = this.#format === 'rfc822' ? mapiToUuencode : mapiToMime;
    for await (const bytes of write(message, told)) {
      for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES)
        await stream.write(bytes.subarray(at, at + STREAM_CHUNK_BYTES));
    }
    await stream.commit();
    return { problems, diagnostics };
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#addrBook?.release();
    this.#addrBook = undefined;
  }

  #writeOptions(options: MapiToMimeStmOptions, problems: TnefProblem[]): MapiToMimeOptions {
    const book = this.#addrBook;
    const form: MimeForm = {
      noHeaders: options.noHeaders === true,
      plainTextOnly: options.plainTextOnly === true,
      useRtf: options.useRtf === true,
      includeBcc: options.includeBcc === true,
      noMessageId: options.noMessageId === true,
      utf8: options.eightBitHeaders === true || options.globalMessage === true,
      scanAttachments: true,
      text: {
        encoding: this.#encoding === undefined ? undefined : ENCODINGS.get(this.#encoding),
        charset: this.#charset,
        wrapColumns: this.#wrapColumns,
      },
      ...(book === undefined ? {} : { resolve: (entryId: EntryId) => mailAddressOf(book, entryId) }),
    };
    return {
      form,
      date: systemClock.now(),
      unsent: options.embeddedMessage === true,
      ...(options.useTnef === true ? { tnef: (problem: TnefProblem) => void problems.push(problem) } : {}),
    };
  }
}

/** @throws MAPI_E_INVALID_PARAMETER, which is E_INVALIDARG */
function invalid(detail: string): never {
  throw new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}

function checkCall(
  stream: IStream | null,
  message: IMessage | null,
  options: object | undefined,
  known: ReadonlySet<string>,
): void {
  if (stream === null || message === null || options === undefined) invalid('a message, a stream and flags are needed');
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined) invalid(`there is no flag "${unknown}"`);
}

async function* chunksOf(stream: IStream): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = await stream.read(STREAM_CHUNK_BYTES);
    if (bytes.length === 0) return;
    yield bytes;
  }
}

/** The address that an entry has; what the address book does not know keeps what it has. */
async function mailAddressOf(book: IAddrBook, entryId: EntryId): Promise<string | undefined> {
  try {
    await using entry = await book.openEntry(entryId, { iid: 'IMailUser' });
    return (await entry.getProps([PR_SMTP_ADDRESS])).values[0];
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NOT_FOUND') && !MapiError.is(error, 'MAPI_E_UNKNOWN_ENTRYID')) throw error;
    return undefined;
  }
}

/** Puts the HTML of a message into RTF that holds it, in place of HTML and text. */
async function htmlToRtf(message: IMessage): Promise<void> {
  const { html } = (await readBodies(message)).body;
  if (html === undefined) return;
  await writeRtf(message, encapsulateHtml(html));
  await message.deleteProps([PR_HTML]);
}
