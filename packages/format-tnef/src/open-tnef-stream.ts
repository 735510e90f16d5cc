/**
 * ITnef over a stream. spec: opentnefstreamex, itnefiunknown
 *
 * - What is noted is looked at in `finish` alone; the message is never changed by encoding.
 * - A property that fails is a problem in the answer and stops nothing.
 * - The object holds references of its own to stream, message, support object and address book, until its last release.
 */
import { getProp, MemoryStream, queryAllRows, RefCounted, setProp } from '@nodemapi/kit';
import {
  type IAddrBook,
  type IMAPISupport,
  type IMAPITable,
  type IMessage,
  type IStream,
  type ITnef,
  type IUnknown,
  MapiError,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_NUM,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_RENDERING_POSITION,
  type PropTag,
  type PropValue,
  propId,
  propOf,
  STREAM_CHUNK_BYTES,
  type TnefAddOptions,
  type TnefComponentOptions,
  type TnefProblem,
  type TnefResult,
} from '@nodemapi/mapi';
import { attachNumsOf, collectMessage } from './collect-message.ts';
import { fillFromTnef } from './fill-message.ts';
import { type TaggedAttachment, tagText, untagText } from './tagged-text.ts';
import { USUAL_CODE_PAGE } from './text-codec.ts';
import { ATTRIBUTES } from './tnef-attributes.ts';
import type { TnefContent, TnefMessage } from './tnef-message.ts';
import { readTnef } from './tnef-reader.ts';
import { TnefSelection } from './tnef-selection.ts';
import { writeTnef } from './tnef-writer.ts';

/** How a TNEF stream is opened. */
export interface OpenTnefOptions {
  readonly stream: IStream;
  readonly message: IMessage;
  /** TNEF_DECODE or TNEF_ENCODE. */
  readonly mode: 'decode' | 'encode';
  /** For encoding: the file name that tags in the text give, such as `WINMAIL.DAT`. */
  readonly streamName?: string;
  /** For encoding: not 0, and another one for each message. */
  readonly key?: number;
  /** TNEF_PURE; without it TNEF_BEST_DATA. TNEF_COMPATIBILITY is obsolete and written as the latter. */
  readonly pure?: boolean;
  /** TNEF_COMPONENT_ENCODING */
  readonly componentEncoding?: boolean;
  /** Code page of texts in attributes; windows-1252 if omitted. */
  readonly codePage?: number;
  readonly support?: IMAPISupport;
  /** Needed where there is no support object. */
  readonly addressBook?: IAddrBook;
}

const keyMax = 0xffff;
/** MAX_PATH */
const nameLengthMax = 260;
/** A stream is read whole. */
const streamBytesMax = 1024 * 1024 * 1024;

/**
 * OpenTnefStreamEx: an object that encodes a message into a TNEF stream, or decodes one.
 *
 * @throws MAPI_E_INVALID_PARAMETER for a key of 0, a name that is missing, too long or has one of `[]:`, or neither
 * support object nor address book
 * @see spec: opentnefstreamex
 */
export function openTnefStreamEx(options: OpenTnefOptions): ITnef {
  const { mode, streamName = '', support, addressBook } = options;
  if (support === undefined && addressBook === undefined) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'neither a support object nor an address book');
  }
  if (mode === 'encode') {
    if (streamName === '' || streamName.length > nameLengthMax || /[[\]:]/.test(streamName)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `a TNEF stream cannot be named ${JSON.stringify(streamName)}`);
    }
    const { key = 0 } = options;
    if (!Number.isInteger(key) || key < 1 || key > keyMax) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `a TNEF stream cannot have the key ${key}`);
    }
  }
  return new Tnef(options);
}

/** OpenTnefStream: the same with a support object, and no other choice. spec: opentnefstream */
export function openTnefStream(
  support: IMAPISupport,
  options: Omit<OpenTnefOptions, 'support' | 'addressBook'>,
): ITnef {
  return openTnefStreamEx({ ...options, support });
}

class Tnef extends RefCounted implements ITnef {
  readonly iid = 'ITnef';
  readonly #options: OpenTnefOptions;
  readonly #held: readonly IUnknown[];
  readonly #selection = new TnefSelection();
  readonly #attachNums = new Map<number, number>();
  #components: TnefMessage | undefined;
  #content: TnefContent | undefined;

  constructor(options: OpenTnefOptions) {
    super();
    this.#options = options;
    const { stream, message, support, addressBook } = options;
    this.#held = [stream, message, support, addressBook]
      .filter((each) => each !== undefined)
      .map((each) => each.addRef());
  }

  async addProps(tags: readonly PropTag[], options: TnefAddOptions): Promise<void> {
    this.#assertMode('encode');
    this.#selection.add(tags, options);
  }

  async setProps(values: readonly PropValue[], options: { readonly contained?: number } = {}): Promise<void> {
    this.#assertMode('encode');
    this.#selection.set(values, options.contained);
  }

  async encodeRecips(table: IMAPITable | null): Promise<void> {
    if (table === null) return this.addProps([PR_MESSAGE_RECIPIENTS], { include: true });
    this.#assertMode('encode');
    this.#selection.recipientTable = table;
  }

  async finish(): Promise<TnefResult & { readonly key: number }> {
    this.#assertMode('encode');
    const problems: TnefProblem[] = [];
    const message = this.#components ?? (await this.#collect(this.#selection, problems));
    const bytes = writeTnef(message, { pure: this.#options.pure === true });
    for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES) {
      await this.#options.stream.write(bytes.subarray(at, at + STREAM_CHUNK_BYTES));
    }
    return { ...resultOf(problems), key: message.key };
  }

  async finishComponent(options: TnefComponentOptions): Promise<TnefResult> {
    this.#assertMode('encode');
    const { component, attachNum, tags, values = [] } = options;
    if (this.#options.componentEncoding !== true) throw new MapiError('MAPI_E_NO_SUPPORT', 'not opened for components');
    if ((component === 'message') !== (attachNum === undefined)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an attachment has a number, the message has none');
    }
    const selection = new TnefSelection();
    selection.set(values, attachNum);
    selection.recipientTable = component === 'message' ? this.#selection.recipientTable : undefined;
    const where = attachNum === undefined ? { messageOnly: true } : { contained: attachNum };
    if (tags === undefined) selection.add([PR_MESSAGE_ATTACHMENTS], { exclude: true, ...where });
    else selection.add(tags, { include: true, ...where });
    const problems: TnefProblem[] = [];
    const part = await this.#collect(selection, problems, component === 'attachment');
    const known = this.#components ?? { ...part, props: [], recipients: undefined, attachments: [] };
    this.#components =
      component === 'attachment'
        ? { ...known, attachments: [...known.attachments, ...part.attachments] }
        : { ...known, props: part.props, recipients: part.recipients ?? known.recipients };
    return resultOf(problems);
  }

  async extractProps(
    tags: readonly PropTag[],
    { include = false, exclude = false }: { readonly include?: boolean; readonly exclude?: boolean },
  ): Promise<TnefResult> {
    this.#assertMode('decode');
    if (include === exclude) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'either included or excluded');
    const content = await this.#read();
    const listed = await this.#listed(tags);
    const isTaken = (tag: PropTag, name?: MapiNameId): boolean => listed.has(keyOf(tag, name)) === include;
    const problems = await fillFromTnef(content, this.#options.message, {
      wants: isTaken,
      recipients: isTaken(PR_MESSAGE_RECIPIENTS),
      attachments: isTaken(PR_MESSAGE_ATTACHMENTS),
      attachNums: this.#attachNums,
    });
    return resultOf([...damageOf(content), ...problems]);
  }

  async openTaggedBody(
    message: IMessage,
    options: { readonly modify?: boolean; readonly create?: boolean } = {},
  ): Promise<IStream> {
    this.assertOpen();
    const { streamName = '', key = 1 } = this.#options;
    if (options.modify === true && options.create === true) {
      return new MemoryStream(new Uint8Array(0), {
        onCommit: (bytes) => writeTaggedBody(message, Buffer.from(bytes).toString('utf16le'), streamName, key),
      });
    }
    const text = (await getProp(message, PR_BODY)) ?? '';
    const tagged = tagText(text, await taggedAttachments(message, key), streamName);
    return new MemoryStream(new Uint8Array(Buffer.from(tagged, 'utf16le')), { writable: false });
  }

  protected override async onFinalRelease(): Promise<void> {
    for (const each of this.#held) await each.release();
  }

  #assertMode(mode: 'encode' | 'decode'): void {
    this.assertOpen();
    if (this.#options.mode !== mode) throw new MapiError('MAPI_E_NO_SUPPORT', `the stream was not opened to ${mode}`);
  }

  async #collect(selection: TnefSelection, problems: TnefProblem[], attachmentsOnly = false): Promise<TnefMessage> {
    const { message, key = 1, codePage = USUAL_CODE_PAGE } = this.#options;
    const containedTnef = new Map<number, Uint8Array>();
    for (const [attachNum, stream] of selection.tnefStreams) containedTnef.set(attachNum, await wholeOf(stream));
    const { recipients } = selection;
    return collectMessage(
      message,
      {
        key,
        codePage,
        wants: (tag, attachNum) => !(attachmentsOnly && attachNum === undefined) && selection.wants(tag, attachNum),
        overrides: (attachNum) => selection.values(attachNum),
        wantsAttachment: (attachNum) => selection.wantsAttachment(attachNum),
        containedTnef,
        ...(recipients === undefined ? {} : { recipients }),
      },
      problems,
    );
  }

  async #read(): Promise<TnefContent> {
    this.#content ??= readTnef(await wholeOf(this.#options.stream));
    return this.#content;
  }

  /** Names of the listed properties: by identifier, from 0x8000 on by their names in the message. */
  async #listed(tags: readonly PropTag[]): Promise<ReadonlySet<string>> {
    const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
    const names = named.length === 0 ? [] : await this.#options.message.getNamesFromIDs(named);
    return new Set([
      ...tags.map((tag) => keyOf(tag, undefined)),
      ...names.filter((name) => name !== undefined).map((name) => keyOf(named[0] as PropTag, name)),
    ]);
  }
}

function keyOf(tag: PropTag, name: MapiNameId | undefined): string {
  return name === undefined ? String(propId(tag)) : nameKey(name);
}

/** What could not be read at all is named once per block. spec: itnef-extractprops */
function damageOf({ diagnostics }: TnefContent): readonly TnefProblem[] {
  return diagnostics
    .filter(({ code }) => code === 'badProperty' || code === 'badAttribute')
    .map(({ detail }) => ({
      component: 0,
      attribute: detail.startsWith('attAttachment') ? ATTRIBUTES.attAttachment : ATTRIBUTES.attMAPIProps,
      tag: 0 as PropTag,
      code: 'MAPI_E_UNABLE_TO_COMPLETE' as const,
    }));
}

function resultOf(problems: readonly TnefProblem[]): TnefResult {
  return problems.length === 0 ? { problems } : { problems, warning: 'MAPI_W_ERRORS_RETURNED' };
}

/** The attachments with their keys. */
async function taggedAttachments(message: IMessage, key: number): Promise<readonly TaggedAttachment[]> {
  await using table = await message.getAttachmentTable();
  const tags = [PR_ATTACH_NUM, PR_RENDERING_POSITION, PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME, PR_DISPLAY_NAME];
  return (await queryAllRows(table, { tags })).map((row, index) => ({
    title:
      propOf(row, PR_ATTACH_LONG_FILENAME) ?? propOf(row, PR_ATTACH_FILENAME) ?? propOf(row, PR_DISPLAY_NAME) ?? '',
    key: key + index,
    position: propOf(row, PR_RENDERING_POSITION) ?? -1,
  }));
}

async function writeTaggedBody(message: IMessage, tagged: string, name: string, key: number): Promise<void> {
  const { text, positions } = untagText(tagged, name);
  await setProp(message, PR_BODY, text);
  for (const [index, attachNum] of (await attachNumsOf(message)).entries()) {
    const position = positions.get(key + index);
    if (position === undefined) continue;
    await using attach = await message.openAttach(attachNum, { modify: true });
    await setProp(attach, PR_RENDERING_POSITION, position);
    await attach.saveChanges();
  }
}

async function wholeOf(stream: IStream): Promise<Uint8Array> {
  const { size } = await stream.stat();
  if (size > streamBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a TNEF stream of ${size} bytes`);
  await stream.seek(0);
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const piece = await stream.read(Math.min(STREAM_CHUNK_BYTES, size - length));
    if (piece.length === 0) break;
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}
