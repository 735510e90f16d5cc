/** Writes objects with properties: values into the heap, large ones into subnodes. */
import { MapiError } from '@nodemapi/base';
import { type PropTag, type PropValue, PT_STRING8, PT_UNICODE, propId, propType } from '@nodemapi/mapi';
import type { FileWriter } from './file-writer.ts';
import { heapItemBytesMax } from './heap-writer.ts';
import { LAYOUTS, type SlEntry } from './layout.ts';
import { NID_TYPES } from './node.ts';
import { DataWriter, writeSubnodes } from './node-writer.ts';
import { needsSubnode, type StoredProperty, writeProperties } from './property-writer.ts';
import type { Cell } from './table-writer.ts';
import type { LostInWriting, StreamToWrite } from './to-write.ts';
import { encodeValue } from './value-writer.ts';

/** Numbers of the nodes within an object begin here. */
const firstSubnode = 0x401;

export interface WrittenObject {
  readonly bidData: number;
  readonly bidSub: number;
  /** Bytes of all values. */
  readonly size: number;
}

/** One object that is being written. */
export class ObjectWriter {
  readonly file: FileWriter;
  readonly #lost: LostInWriting;
  readonly #stored = new Map<number, StoredProperty>();
  readonly #subnodes: SlEntry[] = [];
  #next = firstSubnode;
  #size = 0;

  constructor(file: FileWriter, lost: LostInWriting) {
    this.file = file;
    this.#lost = lost;
  }

  /** Bytes of the values so far, those of what is inside included. */
  get size(): number {
    return this.#size;
  }

  /** A new identifier for a node within this object. */
  newNid(type: number): number {
    return (this.#next++ << 5) | type;
  }

  addSubnode(entry: SlEntry, size: number): void {
    this.#subnodes.push(entry);
    this.#size += size;
  }

  /** Adds a value; a later one of the same property takes its place. */
  async addValue(value: PropValue): Promise<void> {
    const cell = cellOf(value, this.#lost);
    if (cell === undefined) return;
    if (needsSubnode(cell.bytes)) await this.addStream({ tag: value.tag, chunks: () => [cell.bytes] });
    else this.#store({ tag: cell.tag, bytes: cell.bytes }, cell.bytes.length);
  }

  /** Adds a value that comes in pieces; one that turns out to be small stands in the heap like others. */
  async addStream({ tag, chunks }: { tag: PropTag; chunks(): Chunks }): Promise<void> {
    let start: Uint8Array = new Uint8Array(0);
    let data: DataWriter | undefined;
    for await (const chunk of chunks()) {
      if (data === undefined && start.length + chunk.length <= heapItemBytesMax) {
        start = Buffer.concat([start, chunk]);
        continue;
      }
      if (data === undefined) {
        data = new DataWriter(this.file);
        await data.add(start);
      }
      await data.add(chunk);
    }
    if (data === undefined) {
      this.#store({ tag: stored(tag), bytes: start }, start.length);
      return;
    }
    const nid = this.newNid(NID_TYPES.ltp);
    this.#subnodes.push({ nid, bidData: data.finish(), bidSub: 0 });
    this.#store({ tag: stored(tag), nid }, data.size);
  }

  async addAll(values: readonly PropValue[], streams: readonly StreamToWrite[] = []): Promise<void> {
    for (const value of values) await this.addValue(value);
    for (const stream of streams) await this.addStream(stream);
  }

  /** Adds a property whose value is a node within this object. */
  addObject(tag: PropTag, nid: number, bytes: number): void {
    this.#store({ tag, object: { nid, bytes } }, 0);
  }

  finish(): WrittenObject {
    const data = new DataWriter(this.file);
    for (const block of writeProperties(LAYOUTS.unicode, [...this.#stored.values()])) data.addBlock(block);
    return { bidData: data.finish(), bidSub: writeSubnodes(this.file, this.#subnodes), size: this.#size };
  }

  #store(property: StoredProperty, size: number): void {
    this.#stored.set(propId(property.tag), property);
    this.#size += size;
  }
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Unicode files hold strings as PT_UNICODE. */
function stored(tag: number): number {
  const type = propType(tag);
  return (type & 0xfff) === PT_STRING8 ? tag - PT_STRING8 + PT_UNICODE : tag;
}

/** The bytes of a value; undefined, after `lost` was told, if files do not hold its type. */
export function cellOf({ tag, value }: PropValue, lost: LostInWriting): Cell | undefined {
  try {
    const kept = stored(tag);
    return { tag: kept, bytes: encodeValue(propType(kept), value) };
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_INVALID_TYPE')) throw error;
    lost(tag, error);
    return undefined;
  }
}
