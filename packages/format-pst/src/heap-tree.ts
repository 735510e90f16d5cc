/** The B-tree on a heap: records of fixed size in the order of their keys. [MS-PST] 2.3.2 */
import { struct, u8, u32 } from '@nodemapi/base';
import { PstDamage } from './diagnostic.ts';
import { HEAP_CLIENTS, type Heap } from './heap.ts';
import { heapTreeDepthMax, heapTreeRecordsMax } from './limits.ts';

export const BTHHEADER = struct('BTHHEADER', 8, { bType: u8, cbKey: u8, cbEnt: u8, bIdxLevels: u8, hidRoot: u32 });

export interface HeapTreeShape {
  readonly cbKey: number;
  readonly cbEnt: number;
}

/** An item that has to be brought into memory before the walk can go on. */
type Needed = number;

/**
 * The leaves of the tree whose header is the item `hid`: each a run of records of `cbKey + cbEnt` bytes.
 *
 * Between them the walk names items that are not in memory: who walks waits for `heap.item` of each, and only then.
 * Most trees are one item in a block that is in memory, for which waiting would be most of the work.
 *
 * @throws MAPI_E_CORRUPT_DATA for other sizes than those of `shape`, too many levels or records, or an item met twice
 */
export function* heapTreeLeaves(heap: Heap, hid: number, shape: HeapTreeShape): Generator<Uint8Array | Needed> {
  const header = yield* needed(heap, hid);
  if (header.length < BTHHEADER.size) throw new PstDamage(`a B-tree on a heap has a header of ${header.length} bytes`);
  const bType = u8.read(header, BTHHEADER.offsets.bType);
  const cbKey = u8.read(header, BTHHEADER.offsets.cbKey);
  const cbEnt = u8.read(header, BTHHEADER.offsets.cbEnt);
  const bIdxLevels = u8.read(header, BTHHEADER.offsets.bIdxLevels);
  const hidRoot = u32.read(header, BTHHEADER.offsets.hidRoot);
  if (bType !== HEAP_CLIENTS.tree) throw new PstDamage(`a B-tree on a heap begins with ${bType}`);
  if (cbKey !== shape.cbKey || cbEnt !== shape.cbEnt)
    throw new PstDamage(`a B-tree on a heap has ${cbKey}+${cbEnt} bytes a record, not ${shape.cbKey}+${shape.cbEnt}`);
  if (bIdxLevels > heapTreeDepthMax) throw new PstDamage(`a B-tree on a heap has ${bIdxLevels} levels`);
  const walk: Walk = { heap, shape, seen: new Set(), records: 0 };
  if (hidRoot !== 0) yield* leavesBelow(walk, hidRoot, bIdxLevels);
}

function* needed(heap: Heap, hid: number): Generator<Needed, Uint8Array> {
  for (;;) {
    const item = heap.itemNow(hid);
    if (item !== undefined) return item;
    yield hid; // again if something else drove it out of memory meanwhile
  }
}

interface Walk {
  readonly heap: Heap;
  readonly shape: HeapTreeShape;
  readonly seen: Set<number>;
  records: number;
}

function* leavesBelow(walk: Walk, hid: number, level: number): Generator<Uint8Array | Needed> {
  const { heap, shape, seen } = walk;
  if (seen.has(hid)) throw new PstDamage(`item 0x${hid.toString(16)} stands twice in one B-tree on a heap`);
  seen.add(hid);
  const bytes = yield* needed(heap, hid);
  const size = shape.cbKey + (level === 0 ? shape.cbEnt : 4);
  if (bytes.length % size !== 0)
    throw new PstDamage(`item 0x${hid.toString(16)} of ${bytes.length} bytes does not hold records of ${size}`);
  walk.records += bytes.length / size;
  if (walk.records > heapTreeRecordsMax) throw new PstDamage(`more than ${heapTreeRecordsMax} records`);
  if (level === 0) {
    yield bytes;
    return;
  }
  for (let at = shape.cbKey; at < bytes.length; at += size) yield* leavesBelow(walk, u32.read(bytes, at), level - 1);
}
