/** WrapCompressedRTFStream: the RTF behind a stream of PR_RTF_COMPRESSED. spec: wrapcompressedrtfstream */
import { concatBytes, encodeCodePage, MapiError } from '@nodemapi/base';
import { compressRtf, readRtf } from '@nodemapi/format-rtf';
import type { IStream } from '@nodemapi/mapi';
import { noSupport } from './no-support.ts';
import { RefCounted } from './ref-counted.ts';
import { checkedRtf, readWhole, writeWhole } from './rtf-sync.ts';

/** Native forms of a body. spec: rtf_wcsretinfo */
export const MAPI_NATIVE_BODY_TYPE_RTF = 1;
export const MAPI_NATIVE_BODY_TYPE_HTML = 2;
export const MAPI_NATIVE_BODY_TYPE_PLAINTEXT = 4;

/** Flags of WrapCompressedRTFStream. */
export interface WrapRtfOptions {
  /** MAPI_MODIFY: the whole RTF is written; else it is read. */
  readonly modify?: boolean;
  /** STORE_UNCOMPRESSED_RTF: what is written is not compressed. */
  readonly storeUncompressed?: boolean;
}

/** What WrapCompressedRTFStreamEx is asked for. */
export interface WrapRtfExOptions extends WrapRtfOptions {
  /** MAPI_NATIVE_BODY: gives the HTML or the text that is in the RTF, if there is. */
  readonly nativeBody?: boolean;
  /** With `nativeBody`: code page of RTF that names none; 0 or omitted takes windows-1252. */
  readonly inCodePage?: number;
  /** With `nativeBody`: code page of HTML or text; 0 or omitted takes that of the RTF. */
  readonly outCodePage?: number;
}

/** The stream, and what its text was made of. */
export interface WrappedRtf {
  readonly stream: IStream;
  /** One of MAPI_NATIVE_BODY_TYPE_*; always RTF without `nativeBody`. */
  readonly streamFlags: number;
}

/**
 * A stream of RTF over one of compressed RTF, which must stay open.
 *
 * What is written is there after a commit of this stream and then of the other. The stream is read or written from its
 * beginning to its end: it has no position to seek, no size, and nothing to revert.
 *
 * @throws MAPI_E_NO_ACCESS to modify a stream that may only be read; MAPI_E_CORRUPT_DATA when damaged RTF is read
 */
export async function wrapCompressedRtfStream(stream: IStream, options: WrapRtfOptions = {}): Promise<IStream> {
  return (await wrapCompressedRtfStreamEx(stream, options)).stream;
}

/**
 * The same, or the body in the form in which it was before it became RTF.
 *
 * @throws MAPI_E_INVALID_PARAMETER to modify a native body; MAPI_E_UNKNOWN_CPID
 * @see spec: wrapcompressedrtfstreamex
 */
export async function wrapCompressedRtfStreamEx(stream: IStream, options: WrapRtfExOptions = {}): Promise<WrappedRtf> {
  const { modify = false, nativeBody = false } = options;
  if (modify && nativeBody) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a native body cannot be modified');
  if (modify) {
    if (!(await stream.stat()).writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the stream may only be read');
    return { stream: new RtfWriteStream(stream, options), streamFlags: MAPI_NATIVE_BODY_TYPE_RTF };
  }
  if (!nativeBody) {
    return {
      stream: new RtfReadStream(async () => checkedRtf(await readWhole(stream))),
      streamFlags: MAPI_NATIVE_BODY_TYPE_RTF,
    };
  }
  const rtf = checkedRtf(await readWhole(stream));
  const { bytes, streamFlags } = nativeBytes(rtf, options);
  return { stream: new RtfReadStream(async () => bytes), streamFlags };
}

function nativeBytes(
  rtf: Uint8Array,
  { inCodePage = 0, outCodePage = 0 }: WrapRtfExOptions,
): { readonly bytes: Uint8Array; readonly streamFlags: number } {
  const body = readRtf(rtf, inCodePage === 0 ? {} : { codePage: inCodePage });
  if (body.kind === 'rtf') return { bytes: rtf, streamFlags: MAPI_NATIVE_BODY_TYPE_RTF };
  const codePage = outCodePage === 0 ? body.codePage : outCodePage;
  if (body.kind === 'html') {
    return { bytes: encodeCodePage(body.html, codePage).bytes, streamFlags: MAPI_NATIVE_BODY_TYPE_HTML };
  }
  return { bytes: encodeCodePage(body.text, codePage).bytes, streamFlags: MAPI_NATIVE_BODY_TYPE_PLAINTEXT };
}

/** What both directions lack. */
abstract class RtfStream extends RefCounted implements IStream {
  readonly iid = 'IStream';

  abstract read(count: number): Promise<Uint8Array>;
  abstract write(bytes: Uint8Array): Promise<void>;
  abstract commit(): Promise<void>;

  async seek(): Promise<never> {
    return noSupport('IStream.seek of wrapped RTF');
  }

  async setSize(): Promise<never> {
    return noSupport('IStream.setSize of wrapped RTF');
  }

  async revert(): Promise<never> {
    return noSupport('IStream.revert of wrapped RTF');
  }

  async stat(): Promise<never> {
    return noSupport('IStream.stat of wrapped RTF');
  }

  async copyTo(destination: IStream, count = Number.POSITIVE_INFINITY): Promise<number> {
    let copied = 0;
    while (copied < count) {
      const piece = await this.read(Math.min(65_536, count - copied));
      if (piece.length === 0) break;
      await destination.write(piece);
      copied += piece.length;
    }
    return copied;
  }
}

class RtfReadStream extends RtfStream {
  readonly #open: () => Promise<Uint8Array>;
  #bytes: Uint8Array | undefined;
  #position = 0;

  constructor(open: () => Promise<Uint8Array>) {
    super();
    this.#open = open;
  }

  async read(count: number): Promise<Uint8Array> {
    this.assertOpen();
    this.#bytes ??= await this.#open();
    const piece = this.#bytes.slice(this.#position, this.#position + Math.max(0, Math.trunc(count)));
    this.#position += piece.length;
    return piece;
  }

  async write(): Promise<void> {
    this.assertOpen();
    throw new MapiError('MAPI_E_NO_ACCESS', 'the RTF was opened for reading');
  }

  /** Nothing was written. */
  async commit(): Promise<void> {
    this.assertOpen();
  }
}

class RtfWriteStream extends RtfStream {
  readonly #stream: IStream;
  readonly #stored: boolean;
  readonly #pieces: Uint8Array[] = [];

  constructor(stream: IStream, { storeUncompressed = false }: WrapRtfOptions) {
    super();
    this.#stream = stream;
    this.#stored = storeUncompressed;
  }

  async read(): Promise<never> {
    this.assertOpen();
    throw new MapiError('MAPI_E_NO_ACCESS', 'the RTF was opened for writing');
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.assertOpen();
    this.#pieces.push(bytes.slice());
  }

  /** Puts all that was written into the other stream, which is committed by the caller. */
  async commit(): Promise<void> {
    this.assertOpen();
    await this.#stream.setSize(0);
    await this.#stream.seek(0);
    await writeWhole(this.#stream, compressRtf(concatBytes(this.#pieces), { stored: this.#stored }));
  }
}
