/**
 * A disk as it may be found after a power cut.
 *
 * It promises no more than POSIX does: what was written to a file is there when the file was synced since, a name is
 * there when its directory was synced since, and of all else any part may be there: a part of the writes, a part of the
 * sectors of a write, the length without the content, the name without the file. A rename happened or did not. Kinder
 * disks keep more of it, never less.
 */
import { dirname } from 'node:path';
import type { Random } from '@nodemapi/base';
import type { DiskChange } from './disk-log.testing.ts';

const SECTOR_BYTES = 512;

/** What of the unsynced changes is there after the cut. */
export const LOSSES = [
  'nothing more than was synced',
  'everything, as after kill -9',
  'a part of each file from the beginning on, the last write torn',
  'some of the sectors',
  'the names without the content',
  'the content without the names',
  'lengths with zeros for content',
] as const;
export type Loss = (typeof LOSSES)[number];

/** What a machine finds when it starts again: paths are relative to the root `.`, which is always there. */
export interface DiskImage {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly directories: ReadonlySet<string>;
}

type DataChange =
  | { readonly offset: number; readonly bytes: Uint8Array }
  | { readonly offset: number; readonly bytes: undefined };

interface Inode {
  readonly isDirectory: boolean;
  durable: Uint8Array;
  pending: DataChange[];
}

interface NameChange {
  /** The directory whose sync makes it last. */
  readonly folder: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

export class SimulatedDisk {
  readonly #names: Map<string, Inode>;
  readonly #durableNames: Map<string, Inode>;
  #pendingNames: NameChange[] = [];
  readonly #open = new Map<number, { readonly inode: Inode; readonly path: string }>();

  /** @param image what is on the disk at the beginning, durable */
  constructor(image: DiskImage) {
    this.#names = new Map([['.', inodeOf(undefined)]]);
    for (const path of image.directories) this.#names.set(path, inodeOf(undefined));
    for (const [path, bytes] of image.files) this.#names.set(path, inodeOf(bytes));
    this.#durableNames = new Map(this.#names);
  }

  apply(change: DiskChange): void {
    if (change.kind === 'open') this.#opened(change);
    else if (change.kind === 'close') this.#open.delete(change.fd);
    else if (change.kind === 'write') this.#change(change.fd, { offset: change.offset, bytes: change.bytes });
    else if (change.kind === 'truncate') this.#change(change.fd, { offset: change.size, bytes: undefined });
    else if (change.kind === 'sync') this.#synced(change.fd);
    else if (change.kind === 'mkdir') this.#add(change.path, inodeOf(undefined));
    else if (change.kind === 'rename' || change.kind === 'link') this.#renamed(change);
    else if ('path' in change) this.#name(dirname(change.path), (names) => void names.delete(change.path));
  }

  /** What is there if the machine stops now. */
  after(loss: Loss, random: Random): DiskImage {
    const names = new Map(this.#durableNames);
    for (const change of this.#pendingNames.slice(0, this.#namesKept(loss, random))) change.apply(names);
    const files = new Map<string, Uint8Array>();
    const directories = new Set<string>();
    const isReachable = (path: string): boolean =>
      path === '.' || (names.get(path) !== undefined && isReachable(dirname(path)));
    for (const [path, inode] of names) {
      if (!isReachable(path)) continue;
      if (inode.isDirectory) directories.add(path);
      else files.set(path, contentAfter(inode, loss, random));
    }
    return { files, directories };
  }

  #namesKept(loss: Loss, random: Random): number {
    const count = this.#pendingNames.length;
    if (loss === 'nothing more than was synced' || loss === 'the content without the names') return 0;
    const isRandom = loss.startsWith('a part') || loss.startsWith('some');
    return isRandom ? random.uint32() % (count + 1) : count;
  }

  #opened({ fd, created, truncated, path }: DiskChange & { readonly kind: 'open' }): void {
    if (created && this.#names.get(path) === undefined) this.#add(path, inodeOf(new Uint8Array()));
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`${path} was opened and is not known`);
    if (truncated && !created) inode.pending.push({ offset: 0, bytes: undefined });
    this.#open.set(fd, { inode, path });
  }

  #change(fd: number, change: DataChange): void {
    this.#open.get(fd)?.inode.pending.push(change);
  }

  #synced(fd: number): void {
    const open = this.#open.get(fd);
    if (open === undefined) throw new Error(`descriptor ${fd} was synced and is not known`);
    const { inode, path } = open;
    if (!inode.isDirectory) {
      inode.durable = inode.pending.reduce(applied, inode.durable);
      inode.pending = [];
      return;
    }
    const isOfPath = ({ folder }: NameChange): boolean => folder === path;
    for (const change of this.#pendingNames.filter(isOfPath)) change.apply(this.#durableNames);
    this.#pendingNames = this.#pendingNames.filter((change) => !isOfPath(change));
  }

  #add(path: string, inode: Inode): void {
    this.#name(dirname(path), (names) => void names.set(path, inode));
  }

  #renamed({ kind, from, to }: DiskChange & { readonly kind: 'rename' | 'link' }): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw new Error(`${from} was renamed and is not known`);
    this.#name(dirname(to), (names) => {
      if (kind === 'rename') names.delete(from);
      names.set(to, inode);
    });
  }

  #name(folder: string, apply: NameChange['apply']): void {
    apply(this.#names);
    this.#pendingNames.push({ folder, apply });
  }
}

function inodeOf(bytes: Uint8Array | undefined): Inode {
  return { isDirectory: bytes === undefined, durable: bytes ?? new Uint8Array(), pending: [] };
}

function contentAfter({ durable, pending }: Inode, loss: Loss, random: Random): Uint8Array {
  if (pending.length === 0) return durable;
  switch (loss) {
    case 'nothing more than was synced':
    case 'the names without the content':
      return durable;
    case 'everything, as after kill -9':
    case 'the content without the names':
      return pending.reduce(applied, durable);
    case 'lengths with zeros for content':
      return pending.map(zeroed).reduce(applied, durable);
    case 'a part of each file from the beginning on, the last write torn':
      return torn(pending, random).reduce(applied, durable);
    case 'some of the sectors':
      return pending.flatMap((change) => someSectors(change, random)).reduce(applied, durable);
  }
}

function applied(content: Uint8Array, { offset, bytes }: DataChange): Uint8Array {
  if (bytes === undefined) return resized(content, offset);
  const end = offset + bytes.length;
  const result = end > content.length ? resized(content, end) : content.slice();
  result.set(bytes, offset);
  return result;
}

function resized(content: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(content.subarray(0, size));
  return result;
}

function zeroed({ offset, bytes }: DataChange): DataChange {
  return { offset, bytes: bytes === undefined ? undefined : new Uint8Array(bytes.length) };
}

function torn(pending: readonly DataChange[], random: Random): readonly DataChange[] {
  const count = random.uint32() % (pending.length + 1);
  const kept = pending.slice(0, count);
  const last = kept.pop();
  if (last?.bytes === undefined) return pending.slice(0, count);
  const end = last.offset + (random.uint32() % (last.bytes.length + 1));
  const length = Math.max(0, Math.floor(end / SECTOR_BYTES) * SECTOR_BYTES - last.offset);
  return [...kept, { offset: last.offset, bytes: last.bytes.subarray(0, length) }];
}

/** Each sector that the write touches was written or was not. */
function someSectors({ offset, bytes }: DataChange, random: Random): readonly DataChange[] {
  if (bytes === undefined) return random.uint32() % 2 === 0 ? [] : [{ offset, bytes }];
  const pieces: DataChange[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = Math.min(bytes.length, (Math.floor((offset + at) / SECTOR_BYTES) + 1) * SECTOR_BYTES - offset);
    if (random.uint32() % 2 === 0) pieces.push({ offset: offset + at, bytes: bytes.subarray(at, next) });
    at = next;
  }
  return pieces;
}
