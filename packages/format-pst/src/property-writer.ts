/** Builds the properties of one object. [MS-PST] 2.3.3 */
import { propId, propType } from '@nodemapi/mapi';
import { HEAP_CLIENTS } from './heap.ts';
import { reserveHeapTree, writeHeapTree } from './heap-tree-writer.ts';
import { HeapWriter, heapItemBytesMax } from './heap-writer.ts';
import type { PstLayout } from './layout.ts';
import { fixedSize } from './value.ts';

/** One property: its value, or the subnode that holds it. */
export type StoredProperty =
  | { readonly tag: number; readonly bytes: Uint8Array }
  /** A value of variable size that stands in the subnode `nid`. */
  | { readonly tag: number; readonly nid: number }
  /** PT_OBJECT: the subnode and its size. */
  | { readonly tag: number; readonly object: { readonly nid: number; readonly bytes: number } };

/** Whether a value is too large for the heap. */
export function needsSubnode(bytes: Uint8Array): boolean {
  return bytes.length > heapItemBytesMax;
}

/**
 * The blocks of a node with these properties; of several with one identifier the last is taken.
 *
 * @param properties values of at most `heapItemBytesMax` bytes; larger ones are subnodes
 */
export function writeProperties(layout: PstLayout, properties: readonly StoredProperty[]): readonly Uint8Array[] {
  const heap = new HeapWriter(layout, HEAP_CLIENTS.properties);
  const root = reserveHeapTree(heap);
  const byId = new Map(properties.map((each) => [propId(each.tag), each]));
  const ids = [...byId.keys()].sort((a, b) => a - b);
  const records = new Uint8Array(ids.length * 8);
  const view = new DataView(records.buffer);
  ids.forEach((id, index) => {
    const property = byId.get(id) as StoredProperty;
    view.setUint16(index * 8, id, true);
    view.setUint16(index * 8 + 2, propType(property.tag), true);
    view.setUint32(index * 8 + 4, slotOf(heap, property), true);
  });
  writeHeapTree(heap, root, { cbKey: 2, cbEnt: 6 }, records);
  const blocks = [...heap.finish(root.hid)].sort((a, b) => a.index - b.index); // the first was held until the end
  return blocks.map(({ bytes }) => bytes);
}

function slotOf(heap: HeapWriter, property: StoredProperty): number {
  if ('nid' in property) return property.nid;
  if ('object' in property) {
    const item = new Uint8Array(8);
    const view = new DataView(item.buffer);
    view.setUint32(0, property.object.nid, true);
    view.setUint32(4, property.object.bytes >>> 0, true);
    return heap.add(item);
  }
  const { tag, bytes } = property;
  if ((fixedSize(propType(tag)) ?? 5) > 4) return heap.add(bytes);
  const inline = new Uint8Array(4);
  inline.set(bytes);
  return new DataView(inline.buffer).getUint32(0, true);
}
