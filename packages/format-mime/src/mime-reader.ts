/**
 * Reads a message as a stream of events, in constant memory.
 *
 * - Events nest: `start` of a part, its parts or its `body` pieces, its `end`. Preambles and epilogues are left out.
 * - An attached message (message/rfc822) is a leaf: whoever wants its parts reads its body with `parseMime` again.
 * - Every part has its `end` if the source ends, however damaged it is; no part is dropped.
 */
import { isUtf8 } from 'node:buffer';
import { finished, Readable } from 'node:stream';
import { concatBytes, MapiError } from '@nodemapi/base';
import type { MimeNode, SplitterChunk } from '@zone-eu/mailsplit';
import { Splitter } from '@zone-eu/mailsplit';
import { usableCharset } from './charset.ts';
import type { MimeDiagnostic } from './diagnostic.ts';
import { MimeHeaders } from './mime-headers.ts';
import { type MimePart, partTraits } from './mime-part.ts';
import { IdentityDecoder, type TransferDecoder, transferDecoder } from './transfer-decoder.ts';

export type MimeEvent =
  | { readonly kind: 'start'; readonly part: MimePart }
  | { readonly kind: 'body'; readonly part: MimePart; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly part: MimePart }
  | { readonly kind: 'diagnostic'; readonly diagnostic: MimeDiagnostic };

export interface MimeReadOptions {
  /** Header bytes of one part. */
  readonly headerBytesMax?: number;
  /** Multiparts in each other; a deeper one is given as one opaque body, with a diagnostic. */
  readonly nestingDepthMax?: number;
  readonly partsMax?: number;
  /** Whether a multipart is given as one opaque body instead of its parts. */
  readonly opaque?: (contentType: string, depth: number) => boolean;
}

export const MIME_HEADER_BYTES_MAX = 1_048_576;
export const MIME_NESTING_DEPTH_MAX = 50;
export const MIME_PARTS_MAX = 10_000;

/** What the splitter answers for one line. */
type LineCallback = (error?: Error | null, data?: SplitterChunk | false, flush?: boolean) => void;
interface LineProcessor {
  processLine(line: Buffer | false, final: boolean, next: LineCallback): void;
}

/**
 * Reads a message.
 *
 * @throws MAPI_E_TOO_BIG past `headerBytesMax`; MAPI_E_TOO_COMPLEX past `partsMax`; what the source throws
 */
export async function* parseMime(
  source: AsyncIterable<Uint8Array>,
  options: MimeReadOptions = {},
): AsyncGenerator<MimeEvent, void, undefined> {
  const tree = new TreeReader(options);
  const input = Readable.from(buffers(source), { objectMode: true });
  const splitter = new Splitter({
    ignoreEmbedded: true,
    maxHeadSize: options.headerBytesMax ?? MIME_HEADER_BYTES_MAX,
    maxChildNodes: options.partsMax ?? MIME_PARTS_MAX,
  });
  // processLine is not in the types of mailsplit
  hook(splitter as unknown as LineProcessor, (node) => tree.meet(node));
  finished(input, (error) => {
    if (error != null) splitter.destroy(error);
  });
  input.pipe(splitter);
  try {
    for await (const chunk of splitter as AsyncIterable<SplitterChunk>) yield* tree.take(chunk);
    yield* tree.end();
  } catch (error) {
    throw limitError(error);
  } finally {
    input.destroy();
  }
}

/** Lets `meet` see each node before the splitter looks for its boundary. */
function hook(splitter: LineProcessor, meet: (node: MimeNode) => void): void {
  const processLine = splitter.processLine.bind(splitter);
  splitter.processLine = (line, final, next) =>
    processLine(line, final, (error, data, flush) => {
      if (data !== false && data?.type === 'node') meet(data);
      next(error, data, flush);
    });
}

async function* buffers(source: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  for await (const bytes of source) yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function limitError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EMAXLEN') return error;
  return error.message.includes('header')
    ? new MapiError('MAPI_E_TOO_BIG', 'a header block of the message is too long', { cause: error })
    : new MapiError('MAPI_E_TOO_COMPLEX', 'the message has too many parts', { cause: error });
}

const NOTHING = new Uint8Array(0);
const DASH = 0x2d;
const LF = 0x0a;
const CR = 0x0d;

/** Bytes of the line end, whole or begun, at the end of `bytes`. */
function lineEndBytes(bytes: Uint8Array): number {
  const last = bytes.at(-1);
  if (last === LF) return bytes.at(-2) === CR ? 2 : 1;
  return last === CR ? 1 : 0;
}

/** Turns the splitter's chunks into events. */
class TreeReader {
  readonly #options: MimeReadOptions;
  readonly #parts = new WeakMap<MimeNode, MimePart>();
  readonly #children = new WeakMap<MimePart, number>();
  readonly #met: MimeDiagnostic[] = [];
  #open: MimePart[] = [];
  /** The first charset that a part names: the likely one of raw header bytes after it. */
  #charset: string | undefined;
  #decoder: TransferDecoder = new IdentityDecoder();
  /** The line end that the body of the innermost open part ends with so far. */
  #lineEnd: Uint8Array = NOTHING;

  constructor(options: MimeReadOptions) {
    this.#options = options;
  }

  /** Gives a node its place, and closes the splitter's eyes to the parts of an opaque one. */
  meet(node: MimeNode): void {
    if (this.#parts.has(node)) return;
    const parent = node.parentNode === false ? undefined : this.#parts.get(node.parentNode);
    const headers = new MimeHeaders(new Uint8Array(node.getHeaders()), this.#charset);
    const digest = parent?.contentType === 'multipart/digest';
    const traits = partTraits(headers, digest ? 'message/rfc822' : node.contentType || 'text/plain');
    this.#charset ??= usableCharset(traits.charset);
    const index = parent === undefined ? 0 : (this.#children.get(parent) ?? 0);
    if (parent !== undefined) this.#children.set(parent, index + 1);
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const path = parent === undefined ? '' : parent.path === '' ? `${index + 1}` : `${parent.path}.${index + 1}`;
    const opaque = node.multipart !== false && this.#isOpaque(node, traits.contentType, depth, path);
    if (opaque) {
      node.multipart = false;
      node._boundary = false;
    }
    const container = node.multipart !== false;
    this.#parts.set(node, { ...traits, path, depth, parent, index, container, opaque });
  }

  *take(chunk: SplitterChunk): Iterable<MimeEvent> {
    if (chunk.type === 'node') {
      this.meet(chunk);
      const part = this.#partOf(chunk);
      yield* this.#close(part.parent);
      yield* this.#start(part);
      return;
    }
    const { buffer, byteOffset, byteLength } = chunk.value;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (bytes.length === 0) return;
    if (chunk.type === 'data') {
      yield* this.#meetDelimiter(bytes);
      return;
    }
    const part = this.#partOf(chunk.node);
    if (this.#open.at(-1) !== part) return;
    const held = part.parent === undefined ? 0 : lineEndBytes(bytes);
    const rest = bytes.length - held;
    const completes = this.#lineEnd.length === 1 && this.#lineEnd[0] === CR && bytes[0] === LF;
    if (rest > 0 || !completes) yield* this.#flushLineEnd(part);
    if (rest > 0) yield* this.#decode(part, bytes.subarray(0, rest));
    this.#lineEnd = concatBytes([this.#lineEnd, bytes.subarray(rest)]);
  }

  /** The line end before a delimiter is the delimiter's, whichever of the two chunks it came in. RFC 2046 5.1.1 */
  *#meetDelimiter(bytes: Uint8Array): Iterable<MimeEvent> {
    const part = this.#open.at(-1);
    if (part === undefined || part.container) return;
    if (bytes[0] !== DASH) yield* this.#flushLineEnd(part);
    this.#lineEnd = NOTHING;
  }

  *#flushLineEnd(part: MimePart): Iterable<MimeEvent> {
    const bytes = this.#lineEnd;
    this.#lineEnd = NOTHING;
    if (bytes.length > 0) yield* this.#decode(part, bytes);
  }

  *#decode(part: MimePart, encoded: Uint8Array): Iterable<MimeEvent> {
    const bytes = this.#decoder.write(encoded);
    if (bytes.length > 0) yield { kind: 'body', part, bytes };
  }

  *end(): Iterable<MimeEvent> {
    yield* this.#close(undefined);
  }

  *#start(part: MimePart): Iterable<MimeEvent> {
    for (const diagnostic of this.#met.splice(0)) yield { kind: 'diagnostic', diagnostic };
    for (const line of part.headers.badLines) {
      yield diagnostic('badHeaderLine', `no header: ${JSON.stringify(line.slice(0, 60))}`, part);
    }
    if (!isUtf8(part.headers.raw)) yield diagnostic('badHeaderBytes', 'raw bytes that are not UTF-8', part);
    this.#open.push(part);
    const decoder = part.opaque ? new IdentityDecoder() : transferDecoder(part.transferEncoding);
    if (decoder === undefined) yield diagnostic('unknownTransferEncoding', part.transferEncoding.slice(0, 60), part);
    this.#decoder = decoder ?? new IdentityDecoder();
    yield { kind: 'start', part };
  }

  /** Ends open parts up to `parent`, which stays open. */
  *#close(parent: MimePart | undefined): Iterable<MimeEvent> {
    for (let part = this.#open.at(-1); part !== undefined && part !== parent; part = this.#open.at(-1)) {
      if (!part.container) {
        yield* this.#flushLineEnd(part);
        const bytes = this.#decoder.end();
        if (bytes.length > 0) yield { kind: 'body', part, bytes };
        const code = part.transferEncoding === 'base64' ? 'badBase64' : 'badQuotedPrintable';
        if (this.#decoder.damaged) yield diagnostic(code, 'the body is damaged; what could be read was', part);
      }
      this.#open.pop();
      yield { kind: 'end', part };
    }
  }

  #isOpaque(node: MimeNode, contentType: string, depth: number, path: string): boolean {
    if (node._boundary === false) {
      this.#met.push({ code: 'multipartWithoutBoundary', detail: contentType, path });
      return true;
    }
    if (depth >= (this.#options.nestingDepthMax ?? MIME_NESTING_DEPTH_MAX)) {
      this.#met.push({ code: 'nestedTooDeep', detail: `${contentType} at depth ${depth} is kept whole`, path });
      return true;
    }
    return this.#options.opaque?.(contentType, depth) ?? false;
  }

  #partOf(node: MimeNode): MimePart {
    const part = this.#parts.get(node);
    if (part === undefined) throw new MapiError('MAPI_E_CORRUPT_DATA', 'a body came before its part');
    return part;
  }
}

function diagnostic(code: MimeDiagnostic['code'], detail: string, part: MimePart): MimeEvent {
  return { kind: 'diagnostic', diagnostic: { code, detail, path: part.path } };
}
