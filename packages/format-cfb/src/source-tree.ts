/** What a compound file is written from. */
import type { FileTime, Guid } from '@nodemapi/base';

/** A stream that is to be written. */
export interface StreamSource {
  readonly kind: 'stream';
  readonly name: string;
  /** Bytes that `content` gives, exactly. */
  readonly size: number;
  /** Called once, when it is the stream's turn. */
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A storage that is to be written. */
export interface StorageSource {
  readonly kind: 'storage';
  readonly name: string;
  readonly clsid?: Guid;
  readonly stateBits?: number;
  readonly created?: FileTime;
  readonly modified?: FileTime;
  readonly entries: readonly (StorageSource | StreamSource)[];
}

/** A stream of bytes that are there. */
export function streamOf(name: string, bytes: Uint8Array): StreamSource {
  return { kind: 'stream', name, size: bytes.length, content: () => [bytes] };
}
