/**
 * Streams and storages: what `openProperty` gives for values too large to hold.
 *
 * spec: imapiprop-openproperty
 */
import type { IUnknown } from './unknown.ts';

/** MAPI: IStream (OLE). Positions and sizes are bytes. */
export interface IStream extends IUnknown {
  readonly iid: 'IStream';
  /** Reads at most `count` bytes from the position on and moves it; an empty array means the end. */
  read(count: number): Promise<Uint8Array>;
  /** Writes at the position and moves it. @throws MAPI_E_NO_ACCESS on a stream opened for reading */
  write(bytes: Uint8Array): Promise<void>;
  /** Moves the position and returns the new one; a position past the end is allowed. */
  seek(offset: number, origin?: 'begin' | 'current' | 'end'): Promise<number>;
  setSize(size: number): Promise<void>;
  /** Makes what was written part of the object; the object's own `saveChanges` makes it permanent. */
  commit(): Promise<void>;
  /** Drops what was written since the last commit. */
  revert(): Promise<void>;
  stat(): Promise<{ readonly size: number; readonly writable: boolean }>;
  /** Copies `count` bytes (to the end if omitted) to the other stream's position; returns the bytes copied. */
  copyTo(destination: IStream, count?: number): Promise<number>;
}

/** MAPI: IStorage (OLE compound file). Declared; no provider offers one yet. */
export interface IStorage extends IUnknown {
  readonly iid: 'IStorage';
  openStream(name: string): Promise<IStream>;
  openStorage(name: string): Promise<IStorage>;
  commit(): Promise<void>;
}

/** Bytes moved at a time by everything that copies streams. */
export const STREAM_CHUNK_BYTES = 65_536;
