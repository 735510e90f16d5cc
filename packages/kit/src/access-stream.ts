/** A stream over bytes that can be read anywhere. */
import type { RandomAccess } from '@nodemapi/base';
import { type IStream, MapiError } from '@nodemapi/mapi';
import { copyStream } from './memory-stream.ts';
import { RefCounted } from './ref-counted.ts';

/** IStream that reads `source` where it is; what is read is a copy. spec: imapiprop-openproperty */
export class AccessStream extends RefCounted implements IStream {
  readonly iid = 'IStream';
  readonly #source: RandomAccess;
  readonly #size: number;
  #position = 0;

  private constructor(source: RandomAccess, size: number) {
    super();
    this.#source = source;
    this.#size = size;
  }

  static async open(source: RandomAccess): Promise<AccessStream> {
    return new AccessStream(source, await source.size());
  }

  async read(count: number): Promise<Uint8Array> {
    this.assertOpen();
    const length = Math.min(Math.max(0, Math.trunc(count)), this.#size - this.#position);
    if (length <= 0) return new Uint8Array(0);
    const at = this.#position;
    this.#position += length;
    return new Uint8Array(await this.#source.read(at, length)); // the source keeps its own
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

  async stat(): Promise<{ readonly size: number; readonly writable: boolean }> {
    this.assertOpen();
    return { size: this.#size, writable: false };
  }

  async copyTo(destination: IStream, count = Number.POSITIVE_INFINITY): Promise<number> {
    return copyStream(this, destination, count);
  }

  async write(_bytes: Uint8Array): Promise<void> {
    this.#refuse();
  }

  async setSize(_size: number): Promise<void> {
    this.#refuse();
  }

  /** Nothing was written. */
  async commit(): Promise<void> {
    this.assertOpen();
  }

  /** Nothing was written. */
  async revert(): Promise<void> {
    this.assertOpen();
  }

  #refuse(): never {
    this.assertOpen();
    throw new MapiError('MAPI_E_NO_ACCESS', 'the stream was opened for reading');
  }
}
