/** Builds a B-tree on a heap from records that are in order. [MS-PST] 2.3.2 */
import { assert } from '@nodemapi/base';
import { HEAP_CLIENTS } from './heap.ts';
import { BTHHEADER, type HeapTreeShape } from './heap-tree.ts';
import { type HeapWriter, heapItemBytesMax, type ReservedItem } from './heap-writer.ts';

/** Takes the place of a tree's header; other readers look for it nowhere but in the first item of the heap. */
export function reserveHeapTree(heap: HeapWriter): ReservedItem {
  return heap.reserve(BTHHEADER.size);
}

/**
 * Adds the records and fills the header.
 *
 * @param header of `reserveHeapTree`
 * @param records `cbKey + cbEnt` bytes each, one after another, in ascending order of their keys
 */
export function writeHeapTree(
  heap: HeapWriter,
  header: ReservedItem,
  { cbKey, cbEnt }: HeapTreeShape,
  records: Uint8Array,
): void {
  let bIdxLevels = 0;
  let level = records;
  let size = cbKey + cbEnt;
  assert(records.length % size === 0, 'whole records');
  while (level.length > heapItemBytesMax) {
    level = indexLevel(heap, level, size, cbKey);
    size = cbKey + 4;
    bIdxLevels += 1;
  }
  const hidRoot = heap.add(level);
  header.bytes.set(BTHHEADER.encode({ bType: HEAP_CLIENTS.tree, cbKey, cbEnt, bIdxLevels, hidRoot }));
}

/** Puts a level into items and answers the level above it: the first key and the HID of each. */
function indexLevel(heap: HeapWriter, level: Uint8Array, size: number, cbKey: number): Uint8Array {
  const step = Math.floor(heapItemBytesMax / size) * size;
  const count = Math.ceil(level.length / step);
  const above = new Uint8Array(count * (cbKey + 4));
  const view = new DataView(above.buffer);
  for (let index = 0; index < count; index++) {
    const item = level.slice(index * step, (index + 1) * step);
    const at = index * (cbKey + 4);
    above.set(item.subarray(0, cbKey), at);
    view.setUint32(at + cbKey, heap.add(item), true);
  }
  return above;
}
