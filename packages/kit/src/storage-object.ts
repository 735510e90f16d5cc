import { type Guid, memoryRandomAccess, parseGuid } from '@nodemapi/base';
import {
  type IStorage,
  type IStream,
  MapiError,
  type StorageCreateOptions,
  type StorageOpenOptions,
  type StorageStat,
} from '@nodemapi/mapi';
import { AccessStream } from './access-stream.ts';
import { copyStream, MemoryStream, readAll } from './memory-stream.ts';
import { RefCounted } from './ref-counted.ts';
import {
  checkEntryName,
  contentOf,
  emptyStorage,
  entryNamed,
  NO_CLASS,
  type StorageContent,
  type StoredStorage,
  type StreamContent,
} from './storage-content.ts';

export interface StorageObjectOptions {
  /** May be changed; default false. */
  readonly writable?: boolean;
  /** Takes the whole storage when the outermost one commits. */
  readonly onCommit?: (storage: StoredStorage) => Promise<void>;
  /** Runs after the last release of the outermost one. */
  readonly onRelease?: () => Promise<void>;
}

/** A stream that is changed is held in memory up to here. */
const streamBytesMax = 256 * 1024 * 1024;
/** Storages within storages that are copied. */
const copyDepthMax = 64;

/**
 * IStorage over what lies elsewhere: streams are read where they are until they are written.
 *
 * Storages within are parts of the outermost one: what is done in them is seen at once, and becomes permanent when that
 * one commits. The last release of it does not commit.
 */
export class StorageObject extends RefCounted implements IStorage {
  readonly iid = 'IStorage';
  readonly #options: StorageObjectOptions;
  /** The outermost storage, as it was last committed; undefined within. */
  #committed: StoredStorage | undefined;
  #content: StorageContent;

  private constructor(content: StorageContent, options: StorageObjectOptions, committed?: StoredStorage) {
    super();
    this.#content = content;
    this.#options = options;
    this.#committed = committed;
  }

  /** Opens the outermost storage; a new one without `stored`. */
  static open(stored: StoredStorage | undefined, options: StorageObjectOptions = {}): StorageObject {
    const committed = stored ?? emptyStorage('');
    return new StorageObject(contentOf(committed), options, committed);
  }

  async enumElements(): Promise<readonly StorageStat[]> {
    this.assertOpen();
    return this.#content.entries.map(statOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async openStream(name: string, options: StorageOpenOptions = {}): Promise<IStream> {
    this.assertOpen();
    const stream = this.#find(name, 'stream');
    if (options.modify !== true) return AccessStream.open(stream.open());
    this.#assertWritable();
    return this.#writableStream(stream, await wholeOf(stream));
  }

  async createStream(name: string, options: StorageCreateOptions = {}): Promise<IStream> {
    this.#makeRoom(name, options);
    const empty = new Uint8Array(0);
    const stream: StreamContent = { kind: 'stream', name, size: 0, open: () => memoryRandomAccess(empty) };
    this.#content.entries.push(stream);
    return this.#writableStream(stream, empty);
  }

  async openStorage(name: string, options: StorageOpenOptions = {}): Promise<IStorage> {
    this.assertOpen();
    const storage = this.#find(name, 'storage');
    if (options.modify === true) this.#assertWritable();
    return new StorageObject(storage, { writable: options.modify === true });
  }

  async createStorage(name: string, options: StorageCreateOptions = {}): Promise<IStorage> {
    this.#makeRoom(name, options);
    const storage = emptyStorage(name);
    this.#content.entries.push(storage);
    return new StorageObject(storage, { writable: true });
  }

  async renameElement(name: string, newName: string): Promise<void> {
    this.#assertWritable();
    const entry = this.#entry(name);
    checkEntryName(newName);
    const taken = entryNamed(this.#content, newName);
    if (taken !== undefined && taken !== entry) throw new MapiError('MAPI_E_COLLISION', quoted(newName));
    entry.name = newName;
  }

  async destroyElement(name: string): Promise<void> {
    this.#assertWritable();
    this.#content.entries.splice(this.#content.entries.indexOf(this.#entry(name)), 1);
  }

  /** @throws MAPI_E_TOO_COMPLEX for storages that nest too deep */
  async copyTo(destination: IStorage): Promise<void> {
    this.assertOpen();
    await destination.setClass(this.#content.clsid);
    await copyEntries(this.#content, destination, 1);
  }

  async setClass(clsid: Guid): Promise<void> {
    this.#assertWritable();
    this.#content.clsid = parseGuid(clsid);
  }

  async stat(): Promise<StorageStat> {
    this.assertOpen();
    return statOf(this.#content);
  }

  async commit(): Promise<void> {
    this.#assertWritable();
    if (this.#committed === undefined) return; // the outermost one does it
    const whole = contentOf(this.#content);
    await this.#options.onCommit?.(whole);
    this.#committed = whole;
  }

  /** Within the outermost storage nothing is permanent by itself, so there only that one can go back. */
  async revert(): Promise<void> {
    this.assertOpen();
    if (this.#committed === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'revert of a storage within another');
    this.#content = contentOf(this.#committed);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#options.onRelease?.();
  }

  #writableStream(stream: StreamContent, bytes: Uint8Array): IStream {
    const onCommit = (written: Uint8Array): void => {
      stream.size = written.length;
      stream.open = () => memoryRandomAccess(written);
    };
    return new MemoryStream(bytes, { onCommit, bytesMax: streamBytesMax });
  }

  #makeRoom(name: string, options: StorageCreateOptions): void {
    this.#assertWritable();
    checkEntryName(name);
    const taken = entryNamed(this.#content, name);
    if (taken === undefined) return;
    if (options.replace !== true) throw new MapiError('MAPI_E_COLLISION', quoted(name));
    this.#content.entries.splice(this.#content.entries.indexOf(taken), 1);
  }

  #entry(name: string): StorageContent | StreamContent {
    const entry = entryNamed(this.#content, name);
    if (entry === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `${quoted(name)} is not in the storage`);
    return entry;
  }

  #find<K extends 'storage' | 'stream'>(name: string, kind: K): Extract<StorageContent | StreamContent, { kind: K }> {
    const entry = this.#entry(name);
    if (entry.kind !== kind) throw new MapiError('MAPI_E_NOT_FOUND', `${quoted(name)} is a ${entry.kind}`);
    // the kind was compared, which the compiler does not follow through a type parameter
    return entry as Extract<StorageContent | StreamContent, { kind: K }>;
  }

  #assertWritable(): void {
    this.assertOpen();
    if (this.#options.writable !== true) throw new MapiError('MAPI_E_NO_ACCESS', 'the storage was opened for reading');
  }
}

async function copyEntries(source: StorageContent, destination: IStorage, depth: number): Promise<void> {
  if (depth > copyDepthMax) throw new MapiError('MAPI_E_TOO_COMPLEX', `storages nest deeper than ${copyDepthMax}`);
  for (const entry of source.entries) {
    if (entry.kind === 'storage') {
      await using inner = await destination.createStorage(entry.name, { replace: true });
      await inner.setClass(entry.clsid);
      await copyEntries(entry, inner, depth + 1);
      await inner.commit();
      continue;
    }
    await using input = await AccessStream.open(entry.open());
    await using output = await destination.createStream(entry.name, { replace: true });
    await copyStream(input, output);
    await output.commit();
  }
}

async function wholeOf(stream: StreamContent): Promise<Uint8Array> {
  await using opened = await AccessStream.open(stream.open());
  return await readAll(opened, streamBytesMax);
}

function statOf(entry: StorageContent | StreamContent): StorageStat {
  const { kind, name } = entry;
  if (entry.kind === 'stream') return { kind, name, size: entry.size, clsid: NO_CLASS, stateBits: 0 };
  return { kind, name, size: 0, clsid: entry.clsid, stateBits: entry.stateBits };
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
