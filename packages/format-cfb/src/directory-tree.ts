/** Storages and streams by name, made from the sibling trees of the directory. [MS-CFB] 2.6.4 */
import type { FileTime, Guid, RandomAccess } from '@nodemapi/base';
import type { Report } from './diagnostic.ts';
import type { PlacedEntry } from './directory.ts';
import { compareEntryNames, DIRECTORY_ENTRY, entryNameKey, NOSTREAM } from './directory-entry.ts';
import type { StreamBytes, StreamSpace } from './stream-space.ts';

/** A stream of a file. */
export interface CompoundStream {
  readonly kind: 'stream';
  readonly name: string;
  /** Bytes that can be read; fewer than the directory says if it is damaged. */
  readonly size: number;
  /** The bytes at once, where the file is small enough to lie in memory; not to be changed. */
  readonly view: Uint8Array | undefined;
  /** The bytes, read where they are; not to be changed. */
  open(): RandomAccess;
}

/** A storage of a file. */
export interface CompoundStorage {
  readonly kind: 'storage';
  readonly name: string;
  readonly clsid: Guid;
  readonly stateBits: number;
  /** 0 where it is not recorded. */
  readonly created: FileTime;
  readonly modified: FileTime;
  /** What is in it, in the order of the directory. */
  readonly entries: readonly (CompoundStorage | CompoundStream)[];
  /** Finds by name, in any case; undefined if there is none. */
  find(name: string): CompoundStorage | CompoundStream | undefined;
  /** The same for a storage alone. */
  storage(name: string): CompoundStorage | undefined;
  /** The same for a stream alone. */
  stream(name: string): CompoundStream | undefined;
}

type Node = StorageNode | StreamNode;

class StreamNode implements CompoundStream {
  readonly kind = 'stream';
  readonly name: string;
  readonly #entry: PlacedEntry;
  readonly #space: StreamSpace;
  #bytes: StreamBytes | undefined;

  constructor(entry: PlacedEntry, space: StreamSpace) {
    this.name = entry.name;
    this.#entry = entry;
    this.#space = space;
  }

  get size(): number {
    return this.#located().size;
  }

  get view(): Uint8Array | undefined {
    return this.#located().view();
  }

  open(): RandomAccess {
    return this.#located().access();
  }

  #located(): StreamBytes {
    this.#bytes ??= this.#space.locate(this.#entry);
    return this.#bytes;
  }
}

/** So often a storage is searched from the first entry on before a table of its names is made. */
const findsByWalking = 4;

/** The first of two entries of one name. */
function byName(entries: readonly Node[]): ReadonlyMap<string, Node> {
  return new Map([...entries].reverse().map((entry) => [entryNameKey(entry.name), entry]));
}

class StorageNode implements CompoundStorage {
  readonly kind = 'storage';
  readonly name: string;
  readonly entries: Node[] = [];
  readonly #entry: PlacedEntry;
  #byName: ReadonlyMap<string, Node> | undefined;
  #finds = 0;

  constructor(entry: PlacedEntry) {
    this.name = entry.name;
    this.#entry = entry;
  }

  get clsid(): Guid {
    return this.#fields().clsId;
  }

  get stateBits(): number {
    return this.#fields().dwUserFlags;
  }

  get created(): FileTime {
    return this.#fields().ctime;
  }

  get modified(): FileTime {
    return this.#fields().mtime;
  }

  find(name: string): Node | undefined {
    if (this.#byName === undefined && ++this.#finds <= findsByWalking) {
      return this.entries.find((entry) => compareEntryNames(entry.name, name) === 0);
    }
    this.#byName ??= byName(this.entries);
    return this.#byName.get(entryNameKey(name));
  }

  #fields() {
    return DIRECTORY_ENTRY.decode(this.#entry.bytes, this.#entry.at);
  }

  storage(name: string): StorageNode | undefined {
    const found = this.find(name);
    return found?.kind === 'storage' ? found : undefined;
  }

  stream(name: string): StreamNode | undefined {
    const found = this.find(name);
    return found?.kind === 'stream' ? found : undefined;
  }
}

/** All bytes of a stream; not to be changed. */
export async function streamBytes(stream: CompoundStream): Promise<Uint8Array> {
  return stream.view ?? stream.open().read(0, stream.size);
}

export interface DirectoryTree {
  readonly root: CompoundStorage;
  readonly orphans: readonly (CompoundStorage | CompoundStream)[];
}

/** Builds the tree from the root down; an entry that was met before is left out the second time. */
export function buildTree(entries: readonly PlacedEntry[], space: StreamSpace, report: Report): DirectoryTree {
  const nodes = entries.map((entry): Node | undefined => {
    if (entry.kind === 'free') return undefined;
    return entry.kind === 'stream' ? new StreamNode(entry, space) : new StorageNode(entry);
  });
  const met = new Uint8Array(entries.length);
  met[0] = 1;
  const waiting: number[] = [0];
  const fill = (): void => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const [entry, storage] = [entries[id], nodes[id]];
      if (entry === undefined || storage?.kind !== 'storage') continue;
      fillStorage(entries, nodes, met, entry, storage, waiting, report);
    }
  };
  fill();
  const orphans = orphansOf(entries, met, report);
  for (const id of orphans) waiting.push(id);
  fill();
  for (const [id, { kind, name, offset }] of entries.entries()) {
    if (met[id] === 1 || (kind !== 'storage' && kind !== 'stream')) continue;
    report('treeLoop', offset, true, `${JSON.stringify(name)} is only within itself`);
  }
  return { root: nodes[0] as StorageNode, orphans: orphans.map((id) => nodes[id] as Node) };
}

function fillStorage(
  entries: readonly PlacedEntry[],
  nodes: readonly (Node | undefined)[],
  met: Uint8Array,
  parent: PlacedEntry,
  storage: StorageNode,
  waiting: number[],
  report: Report,
): void {
  let last: string | undefined;
  let inOrder = true;
  for (const id of siblings(entries, met, parent, report)) {
    const [entry, node] = [entries[id], nodes[id]];
    if (entry === undefined || node === undefined) continue;
    storage.entries.push(node);
    const order = last === undefined ? -1 : compareEntryNames(last, entry.name);
    if (order === 0) reportTwice(entry, report);
    if (order > 0 && inOrder) {
      inOrder = false;
      report('treeOrder', entry.offset, false, `${JSON.stringify(entry.name)} after ${JSON.stringify(last)}`);
    }
    last = entry.name;
    if (node.kind === 'storage') waiting.push(id);
  }
  if (!inOrder && byName(storage.entries).size < storage.entries.length) {
    report('duplicateName', parent.offset, true, `${JSON.stringify(parent.name)} has a name twice`);
  }
}

function reportTwice({ name, offset }: PlacedEntry, report: Report): void {
  report('duplicateName', offset, true, `${JSON.stringify(name)} is there twice`);
}

/** The entries of one sibling tree in order, each once. */
function* siblings(
  entries: readonly PlacedEntry[],
  met: Uint8Array,
  parent: PlacedEntry,
  report: Report,
): Generator<number> {
  const stack: number[] = [];
  const enter = (id: number, from: number): number => {
    if (id === NOSTREAM) return NOSTREAM;
    const entry = entries[id];
    if (entry === undefined || entry.kind === 'free' || entry.kind === 'root') {
      report('badEntry', from, true, `entry ${id} is none that a storage can have`);
      return NOSTREAM;
    }
    if (met[id] === 1) {
      report('treeLoop', from, true, `entry ${id} is in the tree already`);
      return NOSTREAM;
    }
    met[id] = 1;
    return id;
  };
  let id = enter(parent.sidChild, parent.offset + 76);
  while (id !== NOSTREAM || stack.length > 0) {
    while (id !== NOSTREAM) {
      stack.push(id);
      const { sidLeftSib, offset } = entries[id] as PlacedEntry;
      id = enter(sidLeftSib, offset + 68);
    }
    id = stack.pop() as number;
    yield id;
    const { sidRightSib, offset } = entries[id] as PlacedEntry;
    id = enter(sidRightSib, offset + 72);
  }
}

/** Used entries that no tree has and that lie below no other one of these. */
function orphansOf(entries: readonly PlacedEntry[], met: Uint8Array, report: Report): readonly number[] {
  const isLost = (id: number): boolean => {
    const kind = entries[id]?.kind;
    return met[id] === 0 && (kind === 'storage' || kind === 'stream');
  };
  const lost: number[] = [];
  for (let id = 0; id < entries.length; id++) if (isLost(id)) lost.push(id);
  if (lost.length === 0) return lost;
  const below = new Uint8Array(entries.length);
  for (const top of lost) {
    const stack = [(entries[top] as PlacedEntry).sidChild];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (!isLost(id) || below[id] === 1) continue;
      below[id] = 1;
      const { sidLeftSib, sidRightSib } = entries[id] as PlacedEntry;
      stack.push(sidLeftSib, sidRightSib);
    }
  }
  const orphans = lost.filter((id) => below[id] === 0);
  for (const id of orphans) {
    met[id] = 1;
    const { name, offset } = entries[id] as PlacedEntry;
    report('orphan', offset, true, `${JSON.stringify(name)} is in no storage`);
  }
  return orphans;
}
