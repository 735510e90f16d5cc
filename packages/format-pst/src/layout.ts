/**
 * What differs between the three versions of the file: widths, sizes of pages and blocks, and the order of fields.
 *
 * [MS-PST] 2.2.2 for ANSI and Unicode. The version with pages of 4 KB, which OST files have had since 2013, is not in
 * that document; its tables follow the description of libpff and the bytes of real files.
 */
import {
  bytes,
  type FieldType,
  type FieldValues,
  type Struct,
  type StructFields,
  struct,
  u8,
  u16,
  u32,
} from '@nodemapi/base';
import { wide } from './field.ts';

/** `unicode4k`: an OST of Outlook 2013 and later. */
export type PstVersion = 'ansi' | 'unicode' | 'unicode4k';

export interface PageTrailer {
  readonly ptype: number;
  readonly ptypeRepeat: number;
  readonly wSig: number;
  readonly dwCRC: number;
  readonly bid: number;
}

export interface BlockTrailer {
  readonly cb: number;
  readonly wSig: number;
  readonly dwCRC: number;
  readonly bid: number;
}

/** Intermediate entry of a page B-tree: the page `bid` at `ib` has the keys from `btkey` on. [MS-PST] 2.2.2.7.7.2 */
export interface BtEntry {
  readonly btkey: number;
  readonly bid: number;
  readonly ib: number;
}

/** Leaf of the block B-tree: `cb` bytes at `ib`, which are `cbInflated` when decompressed. [MS-PST] 2.2.2.7.7.3 */
export interface BbtEntry {
  readonly bid: number;
  readonly ib: number;
  readonly cb: number;
  readonly cRef: number;
  readonly cbInflated?: number;
}

/** Leaf of the node B-tree. [MS-PST] 2.2.2.7.7.4 */
export interface NbtEntry {
  readonly nid: number;
  readonly bidData: number;
  readonly bidSub: number;
  readonly nidParent: number;
}

export interface SlEntry {
  readonly nid: number;
  readonly bidData: number;
  readonly bidSub: number;
}

export interface SiEntry {
  readonly nid: number;
  readonly bid: number;
}

/** The tail of a B-tree page before its trailer. [MS-PST] 2.2.2.7.7.1 */
export interface BtPageTail {
  readonly cEnt: number;
  readonly cEntMax: number;
  readonly cbEnt: number;
  readonly cLevel: number;
}

/** A table of fields, whatever else it has besides those of `T`. */
export interface Rows<T> {
  readonly name: string;
  readonly size: number;
  /** Where each field begins. */
  readonly offsets: { readonly [K in keyof T]: number };
  decode(source: Uint8Array, offset?: number): T;
  /** Bytes of the fields of `T`; what else there is becomes zero. */
  encodeRow(value: T): Uint8Array;
}

export interface PstLayout {
  readonly version: PstVersion;
  /** A block identifier, byte offset or key. */
  readonly id: FieldType<number>;
  readonly pageBytes: number;
  readonly pageTrailer: Rows<PageTrailer>;
  readonly blockTrailer: Rows<BlockTrailer>;
  /** A block with its trailer, padded. */
  readonly blockBytesMax: number;
  /** Blocks lie at multiples of this. */
  readonly blockAlign: number;
  /** Bytes of entries in a B-tree page; the tail follows. */
  readonly btEntriesBytes: number;
  readonly btTail: Rows<BtPageTail>;
  readonly bt: Rows<BtEntry>;
  readonly bbt: Rows<BbtEntry>;
  readonly nbt: Rows<NbtEntry>;
  readonly sl: Rows<SlEntry>;
  readonly si: Rows<SiEntry>;
  /** Header of a block of subnodes. */
  readonly subnodeHeaderBytes: number;
  /** A block identifier in a block of blocks. */
  readonly bidBytes: number;
  /** Bits of a HID that number the item in its block; those above number the block. */
  readonly hidIndexBits: number;
  /** dwRowIndex of a TCROWID. */
  readonly rowIndexBytes: number;
}

/** Fails at compile time if the fields do not give a `T`. */
function rows<T>() {
  return <const F extends StructFields>(name: string, size: number, fields: F & Check<F, T>): Rows<T> => {
    const table: Struct<F> = struct(name, size, fields);
    const zeros = table.decode(new Uint8Array(size));
    return {
      name,
      size,
      offsets: table.offsets as { readonly [K in keyof T]: number }, // F has the fields of T, see below
      decode: (source, offset) => table.decode(source, offset) as T, // Check has shown that the values of F are a T
      encodeRow: (value) => table.encode({ ...zeros, ...value }),
    };
  };
}
type Check<F, T> = FieldValues<F> extends T ? unknown : never;

const btTailSmall = rows<BtPageTail>()('BTPAGE tail', 4, { cEnt: u8, cEntMax: u8, cbEnt: u8, cLevel: u8 });

const ansi: PstLayout = {
  version: 'ansi',
  id: u32,
  pageBytes: 512,
  pageTrailer: rows<PageTrailer>()('PAGETRAILER', 12, {
    ptype: u8,
    ptypeRepeat: u8,
    wSig: u16,
    bid: u32,
    dwCRC: u32,
  }),
  blockTrailer: rows<BlockTrailer>()('BLOCKTRAILER', 12, { cb: u16, wSig: u16, bid: u32, dwCRC: u32 }),
  blockBytesMax: 8192,
  blockAlign: 64,
  btEntriesBytes: 496,
  btTail: btTailSmall,
  bt: rows<BtEntry>()('BTENTRY', 12, { btkey: u32, bid: u32, ib: u32 }),
  bbt: rows<BbtEntry>()('BBTENTRY', 12, { bid: u32, ib: u32, cb: u16, cRef: u16 }),
  nbt: rows<NbtEntry>()('NBTENTRY', 16, { nid: u32, bidData: u32, bidSub: u32, nidParent: u32 }),
  sl: rows<SlEntry>()('SLENTRY', 12, { nid: u32, bidData: u32, bidSub: u32 }),
  si: rows<SiEntry>()('SIENTRY', 8, { nid: u32, bid: u32 }),
  subnodeHeaderBytes: 4,
  bidBytes: 4,
  hidIndexBits: 11,
  rowIndexBytes: 2,
};

const wideEntries = {
  id: wide,
  bt: rows<BtEntry>()('BTENTRY', 24, { btkey: wide, bid: wide, ib: wide }),
  nbt: rows<NbtEntry>()('NBTENTRY', 32, {
    nid: u32,
    nidHigh: u32,
    bidData: wide,
    bidSub: wide,
    nidParent: u32,
    dwPadding: u32,
  }),
  sl: rows<SlEntry>()('SLENTRY', 24, { nid: u32, nidHigh: u32, bidData: wide, bidSub: wide }),
  si: rows<SiEntry>()('SIENTRY', 16, { nid: u32, nidHigh: u32, bid: wide }),
  subnodeHeaderBytes: 8,
  bidBytes: 8,
  rowIndexBytes: 4,
} as const;

const unicode: PstLayout = {
  ...wideEntries,
  version: 'unicode',
  pageBytes: 512,
  pageTrailer: rows<PageTrailer>()('PAGETRAILER', 16, { ptype: u8, ptypeRepeat: u8, wSig: u16, dwCRC: u32, bid: wide }),
  blockTrailer: rows<BlockTrailer>()('BLOCKTRAILER', 16, { cb: u16, wSig: u16, dwCRC: u32, bid: wide }),
  blockBytesMax: 8192,
  blockAlign: 64,
  btEntriesBytes: 488,
  btTail: btTailSmall,
  bbt: rows<BbtEntry>()('BBTENTRY', 24, { bid: wide, ib: wide, cb: u16, cRef: u16, dwPadding: u32 }),
  hidIndexBits: 11,
};

const unicode4k: PstLayout = {
  ...wideEntries,
  version: 'unicode4k',
  pageBytes: 4096,
  pageTrailer: rows<PageTrailer>()('PAGETRAILER', 24, {
    ptype: u8,
    ptypeRepeat: u8,
    wSig: u16,
    dwCRC: u32,
    bid: wide,
    unknown: bytes(8),
  }),
  blockTrailer: rows<BlockTrailer>()('BLOCKTRAILER', 24, {
    cb: u16,
    wSig: u16,
    dwCRC: u32,
    bid: wide,
    unknown: bytes(8),
  }),
  blockBytesMax: 65_536,
  blockAlign: 512,
  btEntriesBytes: 4056,
  btTail: rows<BtPageTail>()('BTPAGE tail', 6, { cEnt: u16, cEntMax: u16, cbEnt: u8, cLevel: u8 }),
  bbt: rows<BbtEntry>()('BBTENTRY', 24, { bid: wide, ib: wide, cb: u16, cbInflated: u16, cRef: u16, padding: u16 }),
  hidIndexBits: 14,
};

export const LAYOUTS: Readonly<Record<PstVersion, PstLayout>> = { ansi, unicode, unicode4k };
