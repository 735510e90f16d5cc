/**
 * Streams and storages: what `openProperty` gives for values too large to hold.
 *
 * spec: imapiprop-openproperty
 */
import type { Guid } from '@nodemapi/base';
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

/** MAPI: STATSTG. One entry of a storage, or the storage itself. */
export interface StorageStat {
  readonly name: string;
  readonly kind: 'storage' | 'stream';
  /** Bytes of a stream; 0 of a storage. */
  readonly size: number;
  readonly clsid: Guid;
  readonly stateBits: number;
}

/** How a storage or a stream in one is opened, by flag. */
export interface StorageOpenOptions {
  /** STGM_READWRITE */
  readonly modify?: boolean;
}

/** How a storage or a stream in one is made, by flag. */
export interface StorageCreateOptions {
  /** STGM_CREATE: what has the name is replaced */
  readonly replace?: boolean;
}

/**
 * MAPI: IStorage (OLE): storages and streams by name, in any case.
 *
 * What was written is part of the whole when the outermost storage commits; before that, `revert` drops it.
 *
 * @throws MAPI_E_NOT_FOUND for a name that is not there or is of the other kind; MAPI_E_COLLISION for one that is taken;
 *   MAPI_E_INVALID_PARAMETER for a name that cannot be; MAPI_E_NO_ACCESS on what was opened for reading
 */
export interface IStorage extends IUnknown {
  readonly iid: 'IStorage';
  /** EnumElements: what is in the storage, in the order of names. */
  enumElements(): Promise<readonly StorageStat[]>;
  openStream(name: string, options?: StorageOpenOptions): Promise<IStream>;
  createStream(name: string, options?: StorageCreateOptions): Promise<IStream>;
  openStorage(name: string, options?: StorageOpenOptions): Promise<IStorage>;
  createStorage(name: string, options?: StorageCreateOptions): Promise<IStorage>;
  renameElement(name: string, newName: string): Promise<void>;
  destroyElement(name: string): Promise<void>;
  /** Copies everything in this storage into the other; what has the same name there is replaced. */
  copyTo(destination: IStorage): Promise<void>;
  setClass(clsid: Guid): Promise<void>;
  stat(): Promise<StorageStat>;
  commit(): Promise<void>;
  revert(): Promise<void>;
}

/** Bytes moved at a time by everything that copies streams. */
export const STREAM_CHUNK_BYTES = 65_536;
