/**
 * Reads a message as a stream of events, in constant memory.
 *
 * - Events nest: `start` of a part, its parts or its `body` pieces, its `end`. Preambles and epilogues are left out.
 * - An attached message (message/rfc822) is a leaf: whoever wants its parts reads its body with `parseMime` again.
 * - Every part has its `end` if the source ends, however damaged it is; none is dropped but what a limit forbids.
 */
import { isUtf8 } from 'node:buffer';
import { usableCharset } from './charset.ts';
import { usableBoundary } from './delimiter.ts';
import type { MimeDiagnostic } from './diagnostic.ts';
import { MimeHeaders } from './mime-headers.ts';
import { type MimePart, mimePart, partTraits } from './mime-part.ts';
import { MimeSplitter, type SplitterSink } from './mime-splitter.ts';
import { IdentityDecoder, type TransferDecoder, transferDecoder } from './transfer-decoder.ts';

export type MimeEvent =
  | { readonly kind: 'start'; readonly part: MimePart }
  | { readonly kind: 'body'; readonly part: MimePart; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly part: MimePart }
  | { readonly kind: 'diagnostic'; readonly diagnostic: MimeDiagnostic };

export interface MimeReadOptions {
  /** Header bytes of one part; what is beyond is left out, so that no field takes more than half. */
  readonly headerBytesMax?: number;
  /** Multiparts in each other; a deeper one is given as one opaque body, with a diagnostic. */
  readonly nestingDepthMax?: number;
  /** Parts; those beyond are left out. */
  readonly partsMax?: number;
  /** Whether a multipart is given as one opaque body instead of its parts, or a message/* as it is written. */
  readonly opaque?: (contentType: string, depth: number) => boolean;
}

export const MIME_HEADER_BYTES_MAX = 2_097_152;
export const MIME_NESTING_DEPTH_MAX = 50;
export const MIME_PARTS_MAX = 10_000;

/** Reads a message. What is beyond a limit is left out, with a diagnostic. @throws what the source throws */
export async function* parseMime(
  source: AsyncIterable<Uint8Array>,
  options: MimeReadOptions = {},
): AsyncGenerator<MimeEvent, void, undefined> {
  const tree = new TreeReader(options);
  const splitter = new MimeSplitter(tree, {
    headerBytesMax: options.headerBytesMax ?? MIME_HEADER_BYTES_MAX,
    partsMax: options.partsMax ?? MIME_PARTS_MAX,
  });
  for await (const bytes of source) {
    splitter.write(bytes);
    yield* tree.take();
  }
  splitter.end();
  yield* tree.take();
  if (splitter.passedOver > 0) {
    const detail = `${splitter.passedOver} parts beyond the first ${options.partsMax ?? MIME_PARTS_MAX} are left out`;
    yield { kind: 'diagnostic', diagnostic: { code: 'tooManyParts', detail, path: '' } };
  }
}

/** Turns what the splitter finds into events. */
class TreeReader implements SplitterSink<MimePart> {
  readonly #options: MimeReadOptions;
  /** How many parts each open multipart has had. */
  readonly #children = new Map<MimePart, number>();
  #events: MimeEvent[] = [];
  /** The first charset that a part names: the likely one of raw header bytes after it. */
  #charset: string | undefined;
  #decoder: TransferDecoder = new IdentityDecoder();

  constructor(options: MimeReadOptions) {
    this.#options = options;
  }

  /** The events since the last call. */
  take(): readonly MimeEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  start(
    header: Uint8Array,
    parent: MimePart | undefined,
    dropped: number,
  ): { readonly part: MimePart; readonly delimiter: Buffer | undefined } {
    const headers = new MimeHeaders(header, this.#charset);
    const traits = partTraits(headers, parent?.contentType === 'multipart/digest');
    this.#charset ??= usableCharset(traits.charset);
    const index = parent === undefined ? 0 : (this.#children.get(parent) ?? 0);
    if (parent !== undefined) this.#children.set(parent, index + 1);
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const path = parent === undefined ? '' : parent.path === '' ? `${index + 1}` : `${parent.path}.${index + 1}`;
    const isMultipart = traits.contentType.startsWith('multipart/');
    const boundary = isMultipart ? usableBoundary(traits.parameters.get('boundary')) : undefined;
    const opaque = isMultipart
      ? this.#isOpaque(traits.contentType, boundary, depth, path)
      : traits.contentType.startsWith('message/') && (this.#options.opaque?.(traits.contentType, depth) ?? false);
    const container = isMultipart && !opaque;
    const part = mimePart(traits, { path, depth, parent, index, container, opaque });
    if (dropped > 0) this.#tell('headerTooLong', `${dropped} bytes of a header block are left out`, part);
    this.#start(part);
    return { part, delimiter: container ? boundary : undefined };
  }

  body(part: MimePart, encoded: Uint8Array): void {
    const bytes = this.#decoder.write(encoded);
    if (bytes.length > 0) this.#events.push({ kind: 'body', part, bytes });
  }

  end(part: MimePart): void {
    this.#children.delete(part);
    if (!part.container) {
      const bytes = this.#decoder.end();
      if (bytes.length > 0) this.#events.push({ kind: 'body', part, bytes });
      const code = part.transferEncoding === 'quoted-printable' ? 'badQuotedPrintable' : 'badBase64';
      if (this.#decoder.damaged) this.#tell(code, 'the body is damaged; what could be read was', part);
    }
    this.#events.push({ kind: 'end', part });
  }

  #start(part: MimePart): void {
    for (const line of part.headers.badLines) {
      this.#tell('badHeaderLine', `no header: ${JSON.stringify(line.slice(0, 60))}`, part);
    }
    if (!isUtf8(part.headers.raw)) this.#tell('badHeaderBytes', 'raw bytes that are not UTF-8', part);
    const decoder = part.opaque ? new IdentityDecoder() : transferDecoder(part.transferEncoding);
    if (decoder === undefined) this.#tell('unknownTransferEncoding', part.transferEncoding.slice(0, 60), part);
    this.#decoder = decoder ?? new IdentityDecoder();
    this.#events.push({ kind: 'start', part });
  }

  #isOpaque(contentType: string, boundary: Buffer | undefined, depth: number, path: string): boolean {
    if (boundary === undefined) {
      this.#tell('multipartWithoutBoundary', contentType, { path });
      return true;
    }
    if (depth >= (this.#options.nestingDepthMax ?? MIME_NESTING_DEPTH_MAX)) {
      this.#tell('nestedTooDeep', `${contentType} at depth ${depth} is kept whole`, { path });
      return true;
    }
    return this.#options.opaque?.(contentType, depth) ?? false;
  }

  #tell(code: MimeDiagnostic['code'], detail: string, { path }: Pick<MimePart, 'path'>): void {
    this.#events.push({ kind: 'diagnostic', diagnostic: { code, detail, path } });
  }
}
