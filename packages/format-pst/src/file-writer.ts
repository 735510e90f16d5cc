/**
 * Writes a Unicode file from its beginning to its end: blocks and pages in the order in which they are made.
 *
 * - What one AMap is about (248 KB) is in memory until it is full, then it is written once and never again.
 * - The header is written last: a file that was not finished has none.
 */
import { assert } from '@nodemapi/base';
import { padded } from './block-store.ts';
import { pstCrc, pstSignature } from './checksum.ts';
import { encodeBlock, type PstEncoding } from './crypt.ts';
import { crcFullBytes, crcPartialBytes, crcPartialStart, type PageRef, PST_MAGIC, UNICODE_HEADER } from './header.ts';
import { type BbtEntry, LAYOUTS, type NbtEntry } from './layout.ts';
import {
  amapCovers,
  amapFirst,
  amapOffset,
  dlistAt,
  MAP_TYPES,
  mapsOf,
  pageBytes,
  sealPage,
  slotBytes,
} from './maps.ts';
import { PageTreeWriter } from './page-tree-writer.ts';
import { PAGE_TYPES } from './tree-page.ts';

/** A file that is being written. */
export interface RandomWrite {
  /** Writes at `offset`; the bytes are not changed afterwards by the caller. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
}

const layout = LAYOUTS.unicode;
const trailerBytes = layout.blockTrailer.size;
/** Content of one block. */
export const blockContentMax = layout.blockBytesMax - trailerBytes;
/** Everything is referred to once, besides by the tree of blocks itself. */
const referencesOfOne = 2;
const WVER = 23;
const WVER_CLIENT = 19;
const VALID_AMAP2 = 2;
const SENTINEL = 0x80;
const CLIENT_PST = 0x4d53;

interface Region {
  readonly index: number;
  readonly bytes: Uint8Array;
  used: number;
}

export class FileWriter {
  readonly #sink: RandomWrite;
  readonly #encoding: PstEncoding;
  readonly #bbt: PageTreeWriter<BbtEntry>;
  #region: Region;
  #full: Region[] = [];
  #freeBytes = 0;
  #nextBid = 4;
  #nextPageBid = 1;

  constructor(sink: RandomWrite, encoding: PstEncoding) {
    this.#sink = sink;
    this.#encoding = encoding;
    this.#region = newRegion(0);
    this.#bbt = new PageTreeWriter(
      layout.bbt,
      layout.bt,
      ({ bid }) => bid,
      (bytes) => this.#page(PAGE_TYPES.bbt, bytes),
    );
  }

  /** Puts a block of at most `blockContentMax` bytes into the file; it is referred to once. */
  block(content: Uint8Array, isInternal = false): number {
    assert(content.length <= blockContentMax, `a block of ${content.length} bytes`);
    const bid = this.#nextBid + (isInternal ? 2 : 0);
    this.#nextBid += 4;
    const stored = isInternal ? content : encodeBlock(content, this.#encoding, bid);
    const whole = padded(stored.length + trailerBytes, slotBytes);
    const { ib, place } = this.#take(whole, slotBytes);
    place.set(stored);
    const trailer = { cb: stored.length, wSig: pstSignature(ib, bid), dwCRC: pstCrc(stored), bid };
    place.set(layout.blockTrailer.encodeRow(trailer), whole - trailerBytes);
    this.#bbt.add({ bid, ib, cb: stored.length, cRef: referencesOfOne });
    return bid;
  }

  /** Writes what is full; to be awaited now and then, so that it does not pile up. */
  async flush(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const { index, bytes } of full) await this.#sink.write(amapOffset(index), bytes);
  }

  /** Ends the file. @param nodes all nodes, in any order @param nextNids per type, the next number of a node */
  async finish(nodes: readonly NbtEntry[], nextNids: ReadonlyMap<number, number>): Promise<void> {
    const sorted = [...nodes].sort((a, b) => a.nid - b.nid);
    const tree = new PageTreeWriter<NbtEntry>(
      layout.nbt,
      layout.bt,
      ({ nid }) => nid,
      (bytes) => this.#page(PAGE_TYPES.nbt, bytes),
    );
    for (const node of sorted) {
      tree.add(node);
      await this.flush();
    }
    const nbt = tree.finish();
    const bbt = this.#bbt.finish();
    const last = this.#region.index;
    this.#close();
    await this.flush();
    await this.#sink.write(0, this.#head(nbt, bbt, last, nextNids));
  }

  #page(ptype: number, content: Uint8Array): PageRef {
    const bid = this.#nextPageBid++;
    const { ib, place } = this.#take(pageBytes, pageBytes);
    place.set(content);
    sealPage(place, ptype, ib, bid);
    return { bid, ib };
  }

  #take(size: number, align: number): { readonly ib: number; readonly place: Uint8Array } {
    if (padded(this.#region.used, align) + size > amapCovers) {
      this.#close();
      this.#region = newRegion(this.#region.index + 1);
    }
    const { index, bytes } = this.#region;
    const at = padded(this.#region.used, align);
    this.#region.used = at + size;
    mark(bytes, at, size);
    return { ib: amapOffset(index) + at, place: bytes.subarray(at, at + size) };
  }

  #close(): void {
    const { index, bytes } = this.#region;
    this.#freeBytes += freeBytesOf(bytes);
    const ib = amapOffset(index);
    mapsOf(index).forEach((ptype, place) => {
      const page = bytes.subarray(place * pageBytes, (place + 1) * pageBytes);
      sealPage(page, ptype, ib + place * pageBytes, 0);
    });
    this.#full.push(this.#region);
  }

  /** Everything before the first AMap: header and DList. */
  #head(nbt: PageRef, bbt: PageRef, last: number, nextNids: ReadonlyMap<number, number>): Uint8Array {
    const bytes = new Uint8Array(amapFirst);
    const rgnid = new Uint8Array(128);
    const numbers = new DataView(rgnid.buffer);
    for (let type = 0; type < 32; type++) numbers.setUint32(type * 4, nextNids.get(type) ?? 0x400, true);
    const dlistBid = this.#nextPageBid++;
    sealPage(bytes.subarray(dlistAt, dlistAt + pageBytes), MAP_TYPES.dlist, dlistAt, dlistBid);
    const zeros = UNICODE_HEADER.decode(new Uint8Array(UNICODE_HEADER.size));
    const header = {
      ...zeros,
      dwMagic: PST_MAGIC,
      wMagicClient: CLIENT_PST,
      wVer: WVER,
      wVerClient: WVER_CLIENT,
      bPlatformCreate: 1,
      bPlatformAccess: 1,
      bidNextP: this.#nextPageBid,
      dwUnique: 1,
      rgnid,
      ibFileEof: amapOffset(last + 1),
      ibAMapLast: amapOffset(last),
      cbAMapFree: this.#freeBytes,
      nbtBid: nbt.bid,
      nbtIb: nbt.ib,
      bbtBid: bbt.bid,
      bbtIb: bbt.ib,
      fAMapValid: VALID_AMAP2,
      rgbFM: new Uint8Array(128).fill(0xff),
      rgbFP: new Uint8Array(128).fill(0xff),
      bSentinel: SENTINEL,
      bCryptMethod: ['none', 'permute', 'cyclic'].indexOf(this.#encoding),
      bidNextB: this.#nextBid,
    };
    bytes.set(UNICODE_HEADER.encode(header));
    const crc = (length: number): number => pstCrc(bytes.subarray(crcPartialStart, crcPartialStart + length));
    const dwCRCPartial = crc(crcPartialBytes);
    const dwCRCFull = crc(crcFullBytes);
    bytes.set(UNICODE_HEADER.encode({ ...header, dwCRCPartial, dwCRCFull }));
    return bytes;
  }
}

/** Begins with its maps; the AMap says that they are taken. */
function newRegion(index: number): Region {
  const bytes = new Uint8Array(amapCovers);
  const types = mapsOf(index);
  types.forEach((ptype, place) => {
    if (ptype !== MAP_TYPES.amap) bytes.fill(0xff, place * pageBytes, place * pageBytes + pageBytes);
  });
  mark(bytes, 0, types.length * pageBytes);
  return { index, bytes, used: types.length * pageBytes };
}

/** Says in the AMap at the beginning of `region` that a part is taken; the first slot of a byte is its highest bit. */
function mark(region: Uint8Array, at: number, size: number): void {
  for (let slot = at / slotBytes; slot < (at + size) / slotBytes; slot++)
    region[slot >>> 3] = (region[slot >>> 3] as number) | (0x80 >>> (slot & 7));
}

function freeBytesOf(region: Uint8Array): number {
  let free = 0;
  for (let at = 0; at < amapCovers / slotBytes / 8; at++) {
    for (let rest = ~(region[at] as number) & 0xff; rest !== 0; rest &= rest - 1) free += slotBytes;
  }
  return free;
}
