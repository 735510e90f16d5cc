import { concatBytes } from '@nodemapi/base';
import { type IStream, MapiError, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import { RefCounted } from './ref-counted.ts';
import { requireBytes } from './require-bytes.ts';

export interface MemoryStreamOptions {
  /** May be written; default true. */
  readonly writable?: boolean;
  /** Takes what was written, on commit and on the last release. */
  readonly onCommit?: (bytes: Uint8Array) => void | Promise<void>;
  /** Largest size in bytes; default 1 GiB. */
  readonly bytesMax?: number;
}

const BYTES_MAX = 2 ** 30;

/**
 * A stream over memory, kept in chunks of STREAM_CHUNK_BYTES, so that appending costs the same however long it is.
 *
 * spec: imapiprop-openproperty
 */
export class MemoryStream extends RefCounted implements IStream {
  readonly iid = 'IStream';
  /** Chunk i holds the bytes from i * STREAM_CHUNK_BYTES on; only the last may be shorter than that. */
  #chunks: Uint8Array[] = [];
  #size = 0;
  #position = 0;
  #committed: Uint8Array;
  #dirty = false;
  readonly #writable: boolean;
  readonly #bytesMax: number;
  readonly #onCommit: ((bytes: Uint8Array) => void | Promise<void>) | undefined;

  /** @param initial copied */
  constructor(initial: Uint8Array = new Uint8Array(0), options: MemoryStreamOptions = {}) {
    super();
    this.#writable = options.writable ?? true;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#onCommit = options.onCommit;
    this.#committed = Uint8Array.from(initial);
    this.#load(this.#committed);
  }

  async read(count: number): Promise<Uint8Array> {
    this.assertOpen();
    const end = Math.min(this.#size, this.#position + Math.max(0, Math.trunc(count)));
    if (end <= this.#position) return new Uint8Array(0);
    const bytes = this.#slice(this.#position, end);
    this.#position = end;
    return bytes;
  }

  /** @throws MAPI_E_NO_ACCESS on a stream opened for reading; MAPI_E_TOO_BIG past the limit */
  async write(bytes: Uint8Array): Promise<void> {
    this.#assertWritable();
    requireBytes(bytes);
    const end = this.#position + bytes.length;
    this.#resize(Math.max(this.#size, end));
    let done = 0;
    while (done < bytes.length) {
      const at = this.#position + done;
      const chunk = this.#chunks[Math.floor(at / STREAM_CHUNK_BYTES)] as Uint8Array;
      const offset = at % STREAM_CHUNK_BYTES;
      const part = bytes.subarray(done, done + STREAM_CHUNK_BYTES - offset);
      chunk.set(part, offset);
      done += part.length;
    }
    this.#position = end;
    this.#dirty = true;
  }

  /** @throws MAPI_E_INVALID_PARAMETER for a position before the beginning */
  async seek(offset: number, origin: 'begin' | 'current' | 'end' = 'begin'): Promise<number> {
    this.assertOpen();
    const base = origin === 'begin' ? 0 : origin === 'current' ? this.#position : this.#size;
    const position = base + offset;
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `a stream has no position ${position}`);
    }
    this.#position = position;
    return position;
  }

  async setSize(size: number): Promise<void> {
    this.#assertWritable();
    if (!Number.isSafeInteger(size) || size < 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', `size ${size}`);
    this.#resize(size);
    this.#dirty = true;
  }

  async commit(): Promise<void> {
    this.assertOpen();
    await this.#commit();
  }

  async revert(): Promise<void> {
    this.assertOpen();
    this.#load(this.#committed);
    this.#dirty = false;
  }

  async stat(): Promise<{ readonly size: number; readonly writable: boolean }> {
    this.assertOpen();
    return { size: this.#size, writable: this.#writable };
  }

  async copyTo(destination: IStream, count = Number.POSITIVE_INFINITY): Promise<number> {
    return copyStream(this, destination, count);
  }

  /** Everything in the stream, copied; the position stays. */
  toBytes(): Uint8Array {
    return this.#slice(0, this.#size);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#commit();
    this.#chunks = [];
  }

  async #commit(): Promise<void> {
    if (!this.#dirty) return;
    const bytes = this.toBytes();
    await this.#onCommit?.(bytes);
    this.#committed = bytes;
    this.#dirty = false;
  }

  #load(bytes: Uint8Array): void {
    this.#chunks = [];
    this.#size = bytes.length;
    for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES) {
      this.#chunks.push(bytes.slice(at, at + STREAM_CHUNK_BYTES));
    }
  }

  /** Makes the stream `size` bytes long; what is new is zero. */
  #resize(size: number): void {
    if (size > this.#bytesMax) throw new MapiError('MAPI_E_TOO_BIG', `${size} bytes of at most ${this.#bytesMax}`);
    if (size < this.#size) {
      this.#chunks.length = Math.ceil(size / STREAM_CHUNK_BYTES);
      this.#chunks.at(-1)?.fill(0, size - (this.#chunks.length - 1) * STREAM_CHUNK_BYTES);
    }
    this.#size = size;
    const whole = Math.ceil(size / STREAM_CHUNK_BYTES);
    for (let index = Math.max(0, this.#chunks.length - 1); index < whole; index++) {
      this.#growChunk(index, Math.min(STREAM_CHUNK_BYTES, size - index * STREAM_CHUNK_BYTES));
    }
  }

  #growChunk(index: number, needed: number): void {
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= needed) return;
    const grown = new Uint8Array(Math.min(STREAM_CHUNK_BYTES, Math.max(needed, (chunk?.length ?? 0) * 2)));
    if (chunk !== undefined) grown.set(chunk);
    this.#chunks[index] = grown;
  }

  #slice(start: number, end: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let at = start; at < end; ) {
      const index = Math.floor(at / STREAM_CHUNK_BYTES);
      const base = index * STREAM_CHUNK_BYTES;
      const stop = Math.min(end, base + STREAM_CHUNK_BYTES);
      parts.push((this.#chunks[index] as Uint8Array).subarray(at - base, stop - base));
      at = stop;
    }
    return concatBytes(parts);
  }

  #assertWritable(): void {
    this.assertOpen();
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the stream was opened for reading');
  }
}

/**
 * Reads a stream from its position to the end.
 *
 * @throws MAPI_E_TOO_BIG if more than `bytesMax` bytes are left
 */
export async function readAll(stream: IStream, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const part = await stream.read(Math.min(STREAM_CHUNK_BYTES, bytesMax - size + 1));
    if (part.length === 0) return concatBytes(parts);
    size += part.length;
    if (size > bytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a stream of more than ${bytesMax} bytes`);
    parts.push(part);
  }
}

/** Copies at most `count` bytes from one position to the other, chunk by chunk; answers how many. */
export async function copyStream(
  source: IStream,
  destination: IStream,
  count: number = Number.POSITIVE_INFINITY,
): Promise<number> {
  let copied = 0;
  while (copied < count) {
    const part = await source.read(Math.min(STREAM_CHUNK_BYTES, count - copied));
    if (part.length === 0) break;
    await destination.write(part);
    copied += part.length;
  }
  return copied;
}
