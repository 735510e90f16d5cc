import { concatBytes, MapiError } from '@nodemapi/base';
import { copyStream, RefCounted, requireBytes } from '@nodemapi/kit';
import { type IStream, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import type { StoreFile } from './store-file.ts';
import { copyValue, createValueOf, dropValues, readChunk, setValueSize, writeChunk } from './value-rows.ts';

/** What a stream leaves behind: small values as bytes, large ones as a number in the table `value`. */
export type StreamedValue = { readonly bytes: Uint8Array } | { readonly value: number; readonly size: number };

export interface ValueStreamOptions {
  /** What is there already; an empty stream without. */
  readonly source?: StreamedValue;
  /** Takes what was written, on commit and on the last release; a stream without it is for reading. */
  readonly onCommit?: (written: StreamedValue) => void | Promise<void>;
}

/**
 * A stream over a property of a saved message: one chunk is in memory, whatever the size.
 *
 * As long as one chunk holds everything, nothing is written. What goes beyond is staged in a value that belongs to no
 * object yet; `commit` hands it over, and whoever saves the object makes it permanent. A committed value is never
 * changed: writing on begins with a copy.
 */
export class ValueStream extends RefCounted implements IStream {
  readonly iid = 'IStream';
  readonly #file: StoreFile;
  readonly #onCommit: ((written: StreamedValue) => void | Promise<void>) | undefined;
  #committed: StreamedValue;
  /** Where chunks are read that are neither in memory nor staged. */
  #base: StreamedValue;
  /** The staged value; undefined while none is needed. */
  #draft: number | undefined;
  #dirty = false;
  #size: number;
  #position = 0;
  #chunk: { readonly number: number; readonly bytes: Uint8Array; dirty: boolean } | undefined;

  constructor(file: StoreFile, options: ValueStreamOptions) {
    super();
    this.#file = file;
    this.#onCommit = options.onCommit;
    this.#committed = options.source ?? EMPTY;
    this.#base = this.#committed;
    this.#size = sizeOf(this.#committed);
  }

  async read(count: number): Promise<Uint8Array> {
    this.assertOpen();
    const end = Math.min(this.#size, this.#position + Math.max(0, Math.trunc(count)));
    const parts: Uint8Array[] = [];
    while (this.#position < end) {
      const chunk = await this.#load(Math.floor(this.#position / STREAM_CHUNK_BYTES));
      const offset = this.#position % STREAM_CHUNK_BYTES;
      const length = Math.min(STREAM_CHUNK_BYTES - offset, end - this.#position);
      parts.push(padded(chunk.slice(offset, offset + length), length));
      this.#position += length;
    }
    return concatBytes(parts);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertWritable();
    requireBytes(bytes);
    this.#dirty = true;
    let done = 0;
    while (done < bytes.length) {
      const number = Math.floor(this.#position / STREAM_CHUNK_BYTES);
      const offset = this.#position % STREAM_CHUNK_BYTES;
      const part = bytes.subarray(done, done + STREAM_CHUNK_BYTES - offset);
      const chunk = padded(await this.#load(number), offset + part.length);
      chunk.set(part, offset);
      this.#chunk = { number, bytes: chunk, dirty: true };
      this.#position += part.length;
      this.#size = Math.max(this.#size, this.#position);
      done += part.length;
    }
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
    this.#dirty = true;
    if (size < this.#size) await this.#shrink(size);
    this.#size = size;
  }

  async commit(): Promise<void> {
    this.assertOpen();
    await this.#commit();
  }

  async revert(): Promise<void> {
    this.assertOpen();
    await this.#dropDraft();
    this.#chunk = undefined;
    this.#base = this.#committed;
    this.#size = sizeOf(this.#committed);
    this.#dirty = false;
  }

  async stat(): Promise<{ readonly size: number; readonly writable: boolean }> {
    this.assertOpen();
    return { size: this.#size, writable: this.#onCommit !== undefined };
  }

  async copyTo(destination: IStream, count?: number): Promise<number> {
    return copyStream(this, destination, count);
  }

  protected override async onFinalRelease(): Promise<void> {
    if (!this.#file.db.closed) await this.#commit();
    this.#chunk = undefined;
  }

  async #commit(): Promise<void> {
    if (!this.#dirty) return;
    this.#committed = this.#size <= STREAM_CHUNK_BYTES ? await this.#small() : await this.#large();
    this.#base = this.#committed;
    this.#draft = undefined;
    this.#dirty = false;
    await this.#onCommit?.(this.#committed);
  }

  async #small(): Promise<StreamedValue> {
    const bytes = padded((await this.#load(0)).slice(0, this.#size), this.#size);
    await this.#dropDraft();
    this.#chunk = { number: 0, bytes: bytes.slice(), dirty: false };
    return { bytes };
  }

  async #large(): Promise<StreamedValue> {
    const { db } = this.#file;
    await this.#flush();
    const value = await this.#stage();
    await db.write(() => setValueSize(db, value, this.#size));
    return { value, size: this.#size };
  }

  #assertWritable(): void {
    this.assertOpen();
    if (this.#onCommit === undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'the stream was opened for reading');
  }

  async #load(number: number): Promise<Uint8Array> {
    if (this.#chunk?.number === number) return this.#chunk.bytes;
    await this.#flush();
    const bytes = this.#draft === undefined ? this.#readBase(number) : readChunk(this.#file.db, this.#draft, number);
    this.#chunk = { number, bytes, dirty: false };
    return bytes;
  }

  #readBase(number: number): Uint8Array {
    if ('value' in this.#base) return readChunk(this.#file.db, this.#base.value, number);
    return number === 0 ? this.#base.bytes.slice() : new Uint8Array(0);
  }

  async #flush(): Promise<void> {
    const { db } = this.#file;
    const chunk = this.#chunk;
    if (chunk?.dirty !== true) return;
    const draft = await this.#stage();
    await db.write(() => writeChunk(db, draft, chunk.number, chunk.bytes));
    chunk.dirty = false;
  }

  /** The staged value, made if there is none yet. */
  async #stage(): Promise<number> {
    const { db, owner } = this.#file;
    const base = this.#base;
    this.#draft ??= await db.write(() =>
      'value' in base ? copyValue(db, owner, base.value) : createValueOf(db, owner, base.bytes),
    );
    return this.#draft;
  }

  async #shrink(size: number): Promise<void> {
    const { db } = this.#file;
    const last = Math.floor(size / STREAM_CHUNK_BYTES);
    const bytes = (await this.#load(last)).slice(0, size % STREAM_CHUNK_BYTES);
    if (last === 0) {
      await this.#dropDraft();
      this.#base = EMPTY;
    } else {
      const draft = await this.#stage();
      await db.write(() => setValueSize(db, draft, last * STREAM_CHUNK_BYTES));
    }
    this.#chunk = { number: last, bytes, dirty: true };
  }

  async #dropDraft(): Promise<void> {
    const { db } = this.#file;
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft !== undefined) await db.write(() => dropValues(db, [draft]));
  }
}

const EMPTY: StreamedValue = { bytes: new Uint8Array(0) };

function sizeOf(value: StreamedValue): number {
  return 'bytes' in value ? value.bytes.length : value.size;
}

/** `bytes` with zeros up to `length`. */
function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes;
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}
