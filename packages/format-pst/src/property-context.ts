/** The properties of one object. [MS-PST] 2.3.3 */
import { memoryRandomAccess, type RandomAccess, u16, u32 } from '@nodemapi/base';
import {
  baseType,
  MV_FLAG,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  tagFromNumber,
} from '@nodemapi/mapi';
import { DataAccess } from './data-access.ts';
import { DataTree } from './data-tree.ts';
import { isDamage, PstDamage } from './diagnostic.ts';
import { HEAP_CLIENTS, Heap, isHeapItem } from './heap.ts';
import { heapTreeLeaves } from './heap-tree.ts';
import { valueBytesMax } from './limits.ts';
import type { PstNode } from './node.ts';
import { decodeInline, decodeValue, fixedSize, type TextDecoder8 } from './value.ts';

const NO_BYTES = new Uint8Array(0);
const SHAPE = { cbKey: 2, cbEnt: 6 } as const;
const RECORD_BYTES = SHAPE.cbKey + SHAPE.cbEnt;

/** Where the value of a property lies. */
interface Slot {
  readonly id: number;
  readonly type: number;
  /** The value itself if it has at most four bytes. */
  readonly hnid: number;
}

/** Why a property of an object could not be read. */
export interface LostProperty {
  readonly id: number;
  readonly error: unknown;
}

export class PropertyContext {
  readonly #node: PstNode;
  readonly #heap: Heap;
  readonly #slots: ReadonlyMap<number, Slot>;

  private constructor(node: PstNode, heap: Heap, slots: ReadonlyMap<number, Slot>) {
    this.#node = node;
    this.#heap = heap;
    this.#slots = slots;
  }

  /** @throws MAPI_E_CORRUPT_DATA if the node holds no properties */
  static async open(node: PstNode): Promise<PropertyContext> {
    const heap = await Heap.open(node);
    if (heap.client !== HEAP_CLIENTS.properties)
      throw new PstDamage(`node 0x${node.nid.toString(16)} holds ${heap.client}, not properties`);
    const slots = new Map<number, Slot>();
    for (const leaf of heapTreeLeaves(heap, heap.userRoot, SHAPE)) {
      if (typeof leaf === 'number') await heap.item(leaf);
      else addSlots(leaf, slots);
    }
    return new PropertyContext(node, heap, slots);
  }

  /** Tags of all properties in the order of the file; strings of code pages as PT_UNICODE. */
  tags(): readonly PropTag[] {
    return [...this.#slots.values()].map(({ id, type }) => shownTag(type, id));
  }

  /** The type of a property as the file has it; undefined if it is absent. */
  typeOf(id: number): number | undefined {
    return this.#slots.get(id)?.type;
  }

  /** The number in a property of at most four bytes, whatever its type; undefined if it is absent or larger. */
  number(id: number): number | undefined {
    const slot = this.#slots.get(id);
    return slot === undefined || !isInline(slot.type) ? undefined : slot.hnid;
  }

  /**
   * One value, strings of either type as text under PT_UNICODE; undefined if the property is absent.
   *
   * @throws MAPI_E_CORRUPT_DATA; MAPI_E_TOO_BIG for a value of more than `valueBytesMax` bytes
   */
  async value(id: number, text: TextDecoder8): Promise<PropValue | undefined> {
    const slot = this.#slots.get(id);
    return slot === undefined ? undefined : this.#decode(slot, text);
  }

  /** Every value that can be read; what is larger than `bytesMax` is left out, what is damaged is told to `lost`. */
  async values(text: TextDecoder8, lost: (lost: LostProperty) => void, bytesMax = valueBytesMax): Promise<PropValue[]> {
    const result: PropValue[] = [];
    for (const slot of this.#slots.values()) {
      if (baseType(slot.type) === PT_OBJECT) continue;
      try {
        const now = this.#decodeNow(slot, text);
        if (now !== undefined) result.push(now);
        else if ((await this.size(slot.id)) <= bytesMax) result.push(await this.#decode(slot, text));
      } catch (error) {
        if (!isDamage(error)) throw error;
        lost({ id: slot.id, error });
      }
    }
    return result;
  }

  /** Bytes of a value; 0 if it is absent. */
  async size(id: number): Promise<number> {
    const slot = this.#slots.get(id);
    if (slot === undefined) return 0;
    if (isInline(slot.type)) return fixedSize(slot.type) ?? 0;
    if (isHeapItem(slot.hnid)) return (await this.#heap.item(slot.hnid)).length;
    return (await this.#subnodeData(slot)).size;
  }

  /** The bytes of a value of variable size, in pieces. @throws MAPI_E_CORRUPT_DATA */
  async *chunks(id: number): AsyncGenerator<Uint8Array> {
    const slot = this.#slots.get(id);
    if (slot === undefined || isInline(slot.type)) return;
    if (baseType(slot.type) === PT_OBJECT) {
      const node = await this.object(id);
      if (node !== undefined) yield* (await node.data()).chunks();
    } else if (isHeapItem(slot.hnid)) yield await this.#heap.item(slot.hnid);
    else yield* (await this.#subnodeData(slot)).chunks();
  }

  /** The bytes of a value of variable size, to be read anywhere. @throws MAPI_E_CORRUPT_DATA if it is absent */
  async access(id: number): Promise<RandomAccess> {
    const slot = this.#slots.get(id);
    if (slot === undefined || isInline(slot.type)) throw new PstDamage(`property 0x${id.toString(16)} has no bytes`);
    if (baseType(slot.type) === PT_OBJECT) {
      const node = await this.object(id);
      return node === undefined ? memoryRandomAccess(NO_BYTES) : new DataAccess(await node.data());
    }
    if (isHeapItem(slot.hnid)) return memoryRandomAccess(await this.#heap.item(slot.hnid));
    return new DataAccess(await this.#subnodeData(slot));
  }

  /** The node behind a property of type PT_OBJECT; undefined if it is absent. [MS-PST] 2.3.3.5 */
  async object(id: number): Promise<PstNode | undefined> {
    const slot = this.#slots.get(id);
    if (slot === undefined || baseType(slot.type) !== PT_OBJECT) return undefined;
    const item = isHeapItem(slot.hnid) ? await this.#heap.item(slot.hnid) : undefined;
    const view = item === undefined ? undefined : new DataView(item.buffer, item.byteOffset, item.byteLength);
    const nid = view === undefined ? slot.hnid : view.byteLength >= 4 ? view.getUint32(0, true) : 0;
    const node = await this.#node.subnode(nid);
    if (node === undefined) throw new PstDamage(`property 0x${id.toString(16)} names the missing subnode ${nid}`);
    return node;
  }

  async #decode(slot: Slot, text: TextDecoder8): Promise<PropValue> {
    return this.#decodeNow(slot, text) ?? typed(slot.type, slot.id, await this.#bytes(slot), text);
  }

  /** What needs no further block. */
  #decodeNow({ id, type, hnid }: Slot, text: TextDecoder8): PropValue | undefined {
    if (isInline(type)) return { tag: shownTag(type, id), value: decodeInline(type, hnid) };
    if (!isHeapItem(hnid)) return undefined;
    const bytes = this.#heap.itemNow(hnid);
    return bytes === undefined ? undefined : typed(type, id, bytes, text);
  }

  async #bytes(slot: Slot): Promise<Uint8Array> {
    if (isHeapItem(slot.hnid)) return this.#heap.item(slot.hnid);
    return (await this.#subnodeData(slot)).whole(valueBytesMax);
  }

  async #subnodeData({ id, hnid }: Slot): Promise<DataTree> {
    const { subnodes } = this.#node;
    const entry = subnodes.findNow(hnid) ?? (await subnodes.find(hnid));
    if (entry === undefined)
      throw new PstDamage(`property 0x${id.toString(16)} names the missing subnode 0x${hnid.toString(16)}`);
    return DataTree.openNow(this.#node.blocks, entry.bidData) ?? DataTree.open(this.#node.blocks, entry.bidData);
  }
}

function isInline(type: number): boolean {
  return (type & MV_FLAG) === 0 && (fixedSize(type) ?? 5) <= 4;
}

function addSlots(leaf: Uint8Array, slots: Map<number, Slot>): void {
  for (let at = 0; at < leaf.length; at += RECORD_BYTES) {
    const id = u16.read(leaf, at);
    slots.set(id, { id, type: u16.read(leaf, at + 2), hnid: u32.read(leaf, at + 4) });
  }
}

/** Strings of code pages leave as PT_UNICODE: what was decoded is no longer of the file's type. */
export function typed(type: number, id: number, bytes: Uint8Array, text: TextDecoder8): PropValue {
  return { tag: shownTag(type, id), value: decodeValue(type, bytes, text) };
}

function shownTag(type: number, id: number): PropTag {
  return tagFromNumber(id * 0x1_0000 + shownType(type));
}

function shownType(type: number): number {
  return (type & ~MV_FLAG) === PT_STRING8 ? (type & MV_FLAG) | PT_UNICODE : type;
}
