/** Named properties of a .msg file: one mapping for all its messages. [MS-OXMSG] 2.2.3 */
import { ByteReader, ByteWriter, type Guid, guidFromBytes, guidToBytes } from '@nodemapi/base';
import { type CompoundStorage, type StorageSource, streamBytes, streamOf } from '@nodemapi/format-cfb';
import { type MapiNameId, NAMED_ID_MIN, nameKey, PS_MAPI, PS_PUBLIC_STRINGS } from '@nodemapi/mapi';
import type { Report } from './diagnostic.ts';
import { NAMEID_STORAGE, valueName } from './element-names.ts';
import { utf16Bytes, utf16Text } from './text.ts';

/** A name with its identifier in the file. */
export interface NamedId {
  readonly name: MapiNameId;
  readonly id: number;
}

const GUID_STREAM = 0x0002_0102;
const ENTRY_STREAM = 0x0003_0102;
const STRING_STREAM = 0x0004_0102;
/** The first of the streams by hash, and how many there are. */
const HASH_STREAM = 0x1000;
const HASHES = 0x1f;
/** Property sets that have no entry in the stream of GUIDs. */
const GUID_PS_MAPI = 1;
const GUID_PS_PUBLIC_STRINGS = 2;
const GUID_FIRST = 3;
const ENTRY_BYTES = 8;
/** Names of one file: identifiers from 0x8000 to 0xFFFE. */
export const namesMax = 0x7fff;

/** Reads the mapping of a file. */
export async function readNames(root: CompoundStorage, report: Report): Promise<readonly NamedId[]> {
  const storage = root.storage(NAMEID_STORAGE);
  if (storage === undefined) return [];
  const stream = async (tag: number): Promise<Uint8Array> => {
    const found = storage.stream(valueName(tag));
    return found === undefined ? new Uint8Array(0) : streamBytes(found);
  };
  const [guids, entries, strings] = [
    await stream(GUID_STREAM),
    await stream(ENTRY_STREAM),
    await stream(STRING_STREAM),
  ];
  const names: NamedId[] = [];
  const count = Math.min(namesMax, Math.floor(entries.length / ENTRY_BYTES));
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const known = new Map<number, Guid | undefined>(); // many names share few property sets
  const guidOf = (index: number): Guid | undefined => {
    if (!known.has(index)) known.set(index, guidAt(guids, index));
    return known.get(index);
  };
  for (let index = 0; index < count; index++) {
    const value = view.getUint32(index * ENTRY_BYTES, true);
    const kind = view.getUint16(index * ENTRY_BYTES + 4, true);
    const guid = guidOf(kind >>> 1);
    const name = guid === undefined ? undefined : nameOf(guid, (kind & 1) === 1, value, strings);
    if (name !== undefined) names.push({ name, id: NAMED_ID_MIN + index });
    else report('badName', NAMEID_STORAGE, false, `the name of property 0x${(NAMED_ID_MIN + index).toString(16)}`);
  }
  return names;
}

function guidAt(guids: Uint8Array, index: number): Guid | undefined {
  if (index === GUID_PS_MAPI) return PS_MAPI;
  if (index === GUID_PS_PUBLIC_STRINGS) return PS_PUBLIC_STRINGS;
  const at = (index - GUID_FIRST) * 16;
  return at >= 0 && at + 16 <= guids.length ? guidFromBytes(guids, at) : undefined;
}

function nameOf(guid: Guid, isString: boolean, value: number, strings: Uint8Array): MapiNameId | undefined {
  if (!isString) return { guid, id: value };
  if (value + 4 > strings.length) return undefined;
  const length = new ByteReader(strings.subarray(value, value + 4)).u32();
  if (value + 4 + length > strings.length) return undefined;
  return { guid, name: utf16Text(strings.subarray(value + 4, value + 4 + length)) };
}

/** Collects the names of the messages that are written. */
export class NameWriter {
  readonly #ids = new Map<string, number>();
  readonly #names: MapiNameId[] = [];

  /** The identifier of a name in this file; undefined if there are too many. */
  idOf(name: MapiNameId): number | undefined {
    const key = nameKey(name);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#names.length >= namesMax) return undefined;
    const id = NAMED_ID_MIN + this.#names.length;
    this.#ids.set(key, id);
    this.#names.push(name);
    return id;
  }

  /** The storage of the mapping; the three streams are there even when they are empty. */
  storage(): StorageSource {
    const guids: Guid[] = [];
    const entries = new ByteWriter();
    const strings = new ByteWriter();
    const hashed = new Map<number, ByteWriter>();
    for (const [index, name] of this.#names.entries()) {
      const guid = guidIndex(guids, name.guid);
      const kind = guid * 2 + (name.name === undefined ? 0 : 1);
      const bytes = name.name === undefined ? undefined : utf16Bytes(name.name);
      entries
        .u32(bytes === undefined ? (name.id ?? 0) >>> 0 : strings.length)
        .u16(kind)
        .u16(index);
      if (bytes !== undefined) strings.u32(bytes.length).bytes(bytes).align(4);
      const hash = bytes === undefined ? (name.id ?? 0) >>> 0 : nameChecksum(bytes);
      const stream = HASH_STREAM + (((hash ^ kind) >>> 0) % HASHES);
      const writer = hashed.get(stream) ?? new ByteWriter();
      hashed.set(stream, writer.u32(hash).u16(kind).u16(index));
    }
    const named = (tag: number, bytes: Uint8Array): StorageSource['entries'][number] => streamOf(valueName(tag), bytes);
    return {
      kind: 'storage',
      name: NAMEID_STORAGE,
      entries: [
        named(GUID_STREAM, joined(guids)),
        named(ENTRY_STREAM, entries.toBytes()),
        named(STRING_STREAM, strings.toBytes()),
        ...[...hashed].map(([stream, writer]) => named(stream * 0x1_0000 + 0x0102, writer.toBytes())),
      ],
    };
  }
}

function guidIndex(guids: Guid[], guid: Guid): number {
  if (guid === PS_MAPI) return GUID_PS_MAPI;
  if (guid === PS_PUBLIC_STRINGS) return GUID_PS_PUBLIC_STRINGS;
  const at = guids.indexOf(guid);
  return GUID_FIRST + (at < 0 ? guids.push(guid) - 1 : at);
}

function joined(guids: readonly Guid[]): Uint8Array {
  const writer = new ByteWriter(guids.length * 16);
  for (const guid of guids) writer.bytes(guidToBytes(guid));
  return writer.toBytes();
}

const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** The checksum of a name: CRC-32 that begins and ends with 0, as in compressed RTF. [MS-OXMSG] 2.2.3.2 */
function nameChecksum(bytes: Uint8Array): number {
  let checksum = 0;
  for (const byte of bytes) checksum = (checksum >>> 8) ^ (CHECKSUMS[(checksum ^ byte) & 0xff] ?? 0);
  return checksum >>> 0;
}
