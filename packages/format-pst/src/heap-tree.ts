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

/**
 * The leaves of the tree whose header is the item `hid`: each a run of records of `cbKey + cbEnt` bytes.
 *
 * @throws MAPI_E_CORRUPT_DATA for other sizes than those of `shape`, too many levels or records, or an item met twice
 */
export async function* heapTreeLeaves(heap: Heap, hid: number, shape: HeapTreeShape): AsyncGenerator<Uint8Array> {
  const { bType, cbKey, cbEnt, bIdxLevels, hidRoot } = BTHHEADER.decode(await heap.item(hid));
  if (bType !== HEAP_CLIENTS.tree) throw new PstDamage(`a B-tree on a heap begins with ${bType}`);
  if (cbKey !== shape.cbKey || cbEnt !== shape.cbEnt)
    throw new PstDamage(`a B-tree on a heap has ${cbKey}+${cbEnt} bytes a record, not ${shape.cbKey}+${shape.cbEnt}`);
  if (bIdxLevels > heapTreeDepthMax) throw new PstDamage(`a B-tree on a heap has ${bIdxLevels} levels`);
  const walk: Walk = { heap, shape, seen: new Set(), records: 0 };
  if (hidRoot !== 0) yield* leavesBelow(walk, hidRoot, bIdxLevels);
}

interface Walk {
  readonly heap: Heap;
  readonly shape: HeapTreeShape;
  readonly seen: Set<number>;
  records: number;
}

async function* leavesBelow(walk: Walk, hid: number, level: number): AsyncGenerator<Uint8Array> {
  const { heap, shape, seen } = walk;
  if (seen.has(hid)) throw new PstDamage(`item 0x${hid.toString(16)} stands twice in one B-tree on a heap`);
  seen.add(hid);
  const bytes = await heap.item(hid);
  const size = shape.cbKey + (level === 0 ? shape.cbEnt : 4);
  if (bytes.length % size !== 0)
    throw new PstDamage(`item 0x${hid.toString(16)} of ${bytes.length} bytes does not hold records of ${size}`);
  walk.records += bytes.length / size;
  if (walk.records > heapTreeRecordsMax) throw new PstDamage(`more than ${heapTreeRecordsMax} records`);
  if (level === 0) {
    yield bytes;
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = shape.cbKey; at < bytes.length; at += size) {
    yield* leavesBelow(walk, view.getUint32(at, true), level - 1);
  }
}
