/** Composes whole files in memory from nodes, in any version and encoding, for tests of the reader. */
import { concatBytes, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import type { PropTag, PropValue } from '@nodemapi/mapi';
import { PR_LTP_ROW_ID, PR_LTP_ROW_VER, propType } from '@nodemapi/mapi';
import { padded } from './block-store.ts';
import { pstCrc, pstSignature } from './checksum.ts';
import { encodeBlock, type PstEncoding } from './crypt.ts';
import { XBLOCK } from './data-tree.ts';
import { ANSI_HEADER, PST_MAGIC, UNICODE_HEADER } from './header.ts';
import { type BbtEntry, LAYOUTS, type NbtEntry, type PstLayout, type PstVersion, type Rows } from './layout.ts';
import { NID_TYPES } from './node.ts';
import { needsSubnode, type StoredProperty, writeProperties } from './property-writer.ts';
import { SUBNODE_HEADER } from './subnode-tree.ts';
import { TableWriter } from './table-writer.ts';
import { PAGE_TYPES } from './tree-page.ts';
import { encodeValue } from './value-writer.ts';

/** A node to be written: its data as blocks, and its subnodes. */
export interface NodeToWrite {
  readonly nid: number;
  readonly blocks: readonly Uint8Array[];
  readonly subnodes?: readonly NodeToWrite[];
  readonly parent?: number;
}

export interface ComposeOptions {
  readonly version?: PstVersion;
  readonly encoding?: PstEncoding;
  /** Entries of a page, blocks of a block of blocks, and so on: small numbers make deep trees. */
  readonly fanOut?: number;
  /** Bytes of nothing before each part: files of any size that take no memory; a multiple of the size of a page. */
  readonly gap?: number;
  /** Compresses data blocks, where the version knows that. */
  readonly deflate?: (bytes: Uint8Array) => Uint8Array;
}

const FIRST_BLOCK = 0x4600;
const WVER: Readonly<Record<PstVersion, number>> = { ansi: 14, unicode: 23, unicode4k: 36 };

/** What was written, and where, so that tests can damage it. */
export interface Composed {
  readonly bytes: Uint8Array;
  readonly source: RandomAccess;
  readonly blocks: readonly BbtEntry[];
  readonly nodes: readonly NbtEntry[];
}

class Composer {
  readonly layout: PstLayout;
  readonly blocks: BbtEntry[] = [];
  readonly #encoding: PstEncoding;
  readonly #deflate: ComposeOptions['deflate'];
  readonly #fanOut: number;
  readonly #parts: { readonly ib: number; readonly bytes: Uint8Array }[] = [];
  #end = FIRST_BLOCK;
  #nextBid = 4;
  readonly #gap: number;

  constructor({ version = 'unicode', encoding = 'none', fanOut = 20, gap = 0, deflate }: ComposeOptions) {
    this.#gap = gap;
    this.layout = LAYOUTS[version];
    this.#encoding = encoding;
    this.#fanOut = fanOut;
    this.#deflate = version === 'unicode4k' ? deflate : undefined;
  }

  block(plain: Uint8Array, isInternal: boolean): number {
    const bid = this.#nextBid + (isInternal ? 2 : 0);
    this.#nextBid += 4;
    const smaller = isInternal ? undefined : this.#deflate?.(plain);
    const squeezed = smaller !== undefined && smaller.length < plain.length ? smaller : plain;
    const stored = isInternal ? squeezed : encodeBlock(squeezed, this.#encoding, bid);
    const whole = padded(stored.length + this.layout.blockTrailer.size, this.layout.blockAlign);
    const ib = this.#take(whole, this.layout.blockAlign);
    const bytes = new Uint8Array(whole);
    bytes.set(stored);
    const trailer = { cb: stored.length, wSig: pstSignature(ib, bid), dwCRC: pstCrc(stored), bid };
    bytes.set(this.layout.blockTrailer.encodeRow(trailer), whole - this.layout.blockTrailer.size);
    this.#parts.push({ ib, bytes });
    this.blocks.push({ bid, ib, cb: stored.length, cRef: 2, cbInflated: plain.length });
    return bid;
  }

  data(blocks: readonly Uint8Array[]): number {
    const bids = blocks.map((bytes) => this.block(bytes, false));
    const total = blocks.reduce((sum, bytes) => sum + bytes.length, 0);
    if (bids.length <= 1) return bids[0] ?? 0;
    if (bids.length <= this.#fanOut) return this.#xblock(bids, 1, total);
    const inner: number[] = [];
    for (let at = 0; at < bids.length; at += this.#fanOut) {
      const size = blocks.slice(at, at + this.#fanOut).reduce((sum, bytes) => sum + bytes.length, 0);
      inner.push(this.#xblock(bids.slice(at, at + this.#fanOut), 1, size));
    }
    return this.#xblock(inner, 2, total);
  }

  #xblock(bids: readonly number[], cLevel: number, lcbTotal: number): number {
    const head = XBLOCK.encode({ btype: 1, cLevel, cEnt: bids.length, lcbTotal });
    const list = new Uint8Array(bids.length * this.layout.bidBytes);
    const view = new DataView(list.buffer);
    bids.forEach((bid, index) => void view.setUint32(index * this.layout.bidBytes, bid, true));
    return this.block(concatBytes([head, list]), true);
  }

  subnodes(nodes: readonly NodeToWrite[] = []): number {
    if (nodes.length === 0) return 0;
    const entries = nodes
      .map(({ nid, blocks, subnodes }) => ({ nid, bidData: this.data(blocks), bidSub: this.subnodes(subnodes) }))
      .sort((a, b) => a.nid - b.nid);
    const leaves: { readonly nid: number; readonly bid: number }[] = [];
    for (let at = 0; at < entries.length; at += this.#fanOut) {
      const rows = entries.slice(at, at + this.#fanOut);
      leaves.push({ nid: rows[0]?.nid ?? 0, bid: this.#subnodeBlock(0, this.layout.sl, rows) });
    }
    return leaves.length === 1 && leaves[0] ? leaves[0].bid : this.#subnodeBlock(1, this.layout.si, leaves);
  }

  #subnodeBlock<E>(cLevel: number, table: Rows<E>, rows: readonly E[]): number {
    const head = new Uint8Array(this.layout.subnodeHeaderBytes);
    head.set(SUBNODE_HEADER.encode({ btype: 2, cLevel, cEnt: rows.length }));
    return this.block(concatBytes([head, ...rows.map((row) => table.encodeRow(row))]), true);
  }

  tree<E>(ptype: number, leaf: Rows<E>, entries: readonly E[], key: (entry: E) => number) {
    let level = 0;
    let rows = entries.map((entry) => ({ key: key(entry), bytes: leaf.encodeRow(entry) }));
    for (;;) {
      const pages = [];
      const size = rows[0]?.bytes.length ?? 1;
      const most = Math.min(this.#fanOut, Math.floor(this.layout.btEntriesBytes / size));
      for (let at = 0; at < Math.max(1, rows.length); at += most) {
        const some = rows.slice(at, at + most);
        pages.push({
          key: some[0]?.key ?? 0,
          ref: this.#page(
            ptype,
            level,
            some.map((row) => row.bytes),
          ),
        });
      }
      const [only] = pages;
      if (pages.length === 1 && only !== undefined) return only.ref;
      rows = pages.map(({ key: btkey, ref }) => ({ key: btkey, bytes: this.layout.bt.encodeRow({ btkey, ...ref }) }));
      level += 1;
    }
  }

  #page(ptype: number, cLevel: number, rows: readonly Uint8Array[]) {
    const { pageBytes, pageTrailer, btTail, btEntriesBytes } = this.layout;
    const ib = this.#take(pageBytes, pageBytes);
    const bid = this.#nextBid;
    this.#nextBid += 4;
    const bytes = new Uint8Array(pageBytes);
    bytes.set(concatBytes(rows));
    const cbEnt = rows[0]?.length ?? this.layout.bt.size;
    bytes.set(btTail.encodeRow({ cEnt: rows.length, cEntMax: this.#fanOut, cbEnt, cLevel }), btEntriesBytes);
    const trailerAt = pageBytes - pageTrailer.size;
    const trailer = { ptype, ptypeRepeat: ptype, wSig: pstSignature(ib, bid), bid };
    const dwCRC = pstCrc(bytes.subarray(0, trailerAt));
    bytes.set(pageTrailer.encodeRow({ ...trailer, dwCRC }), trailerAt);
    this.#parts.push({ ib, bytes });
    return { bid, ib };
  }

  #take(size: number, align: number): number {
    const ib = padded(this.#end, align) + this.#gap;
    this.#end = ib + size;
    return ib;
  }

  /** The whole file, or its beginning alone where the parts lie apart. */
  file(nbt: { bid: number; ib: number }, bbt: { bid: number; ib: number }): Uint8Array {
    const bytes = new Uint8Array(this.#gap === 0 ? this.#end : FIRST_BLOCK);
    if (this.#gap === 0) for (const part of this.#parts) bytes.set(part.bytes, part.ib);
    const bCryptMethod = ['none', 'permute', 'cyclic'].indexOf(this.#encoding);
    const facts = {
      dwMagic: PST_MAGIC,
      wMagicClient: this.layout.version === 'unicode4k' ? 0x4f53 : 0x4d53,
      wVer: WVER[this.layout.version],
      ibFileEof: this.#end,
      nbtBid: nbt.bid,
      nbtIb: nbt.ib,
      bbtBid: bbt.bid,
      bbtIb: bbt.ib,
      bSentinel: 0x80,
      bCryptMethod,
    };
    if (this.layout.version === 'ansi')
      bytes.set(ANSI_HEADER.encode({ ...ANSI_HEADER.decode(new Uint8Array(512)), ...facts }));
    else bytes.set(UNICODE_HEADER.encode({ ...UNICODE_HEADER.decode(new Uint8Array(564)), ...facts }));
    sealHeader(bytes, this.layout.version);
    return bytes;
  }

  /** The parts where they lie, and nothing between them. */
  sparse(start: Uint8Array): RandomAccess {
    const parts = [{ ib: 0, bytes: start }, ...this.#parts];
    return {
      size: async () => this.#end,
      read: async (offset, length) => {
        const result = new Uint8Array(Math.max(0, Math.min(length, this.#end - offset)));
        for (const { ib, bytes } of parts) {
          const from = Math.max(ib, offset);
          const to = Math.min(ib + bytes.length, offset + result.length);
          if (from < to) result.set(bytes.subarray(from - ib, to - ib), from - offset);
        }
        return result;
      },
    };
  }
}

/** Writes the header's checksums, such as after a test has changed it. */
export function sealHeader(bytes: Uint8Array, version: PstVersion): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(4, pstCrc(bytes.subarray(8, 8 + 471)), true);
  if (version !== 'ansi') view.setUint32(524, pstCrc(bytes.subarray(8, 8 + 516)), true);
}

export function compose(nodes: readonly NodeToWrite[], options: ComposeOptions = {}): Composed {
  const composer = new Composer(options);
  const entries: NbtEntry[] = nodes.map(({ nid, blocks, subnodes, parent = 0 }) => ({
    nid,
    bidData: composer.data(blocks),
    bidSub: composer.subnodes(subnodes),
    nidParent: parent,
  }));
  entries.sort((a, b) => a.nid - b.nid);
  const { layout } = composer;
  const nbt = composer.tree(PAGE_TYPES.nbt, layout.nbt, entries, (entry) => entry.nid);
  const blocks = [...composer.blocks];
  const bbt = composer.tree(PAGE_TYPES.bbt, layout.bbt, blocks, (entry) => entry.bid);
  const bytes = composer.file(nbt, bbt);
  const source = options.gap === undefined ? memoryRandomAccess(bytes) : composer.sparse(bytes);
  return { bytes, source, blocks, nodes: entries };
}

/** A node with properties; large values become subnodes. */
export function propertiesNode(
  version: PstVersion,
  nid: number,
  values: readonly PropValue[],
  more: {
    readonly parent?: number;
    readonly subnodes?: readonly NodeToWrite[];
    readonly stored?: readonly StoredProperty[];
  } = {},
): NodeToWrite {
  const layout = LAYOUTS[version];
  const subnodes: NodeToWrite[] = [...(more.subnodes ?? [])];
  const stored = values.map(({ tag, value }, index): StoredProperty => {
    const bytes = storedBytes(tag, value);
    if (!needsSubnode(bytes)) return { tag, bytes };
    const own = ((0x400 + index) << 5) | NID_TYPES.ltp;
    subnodes.push({ nid: own, blocks: split(layout, bytes) });
    return { tag, nid: own };
  });
  const blocks = writeProperties(layout, [...stored, ...(more.stored ?? [])]);
  return { nid, blocks, subnodes, ...(more.parent === undefined ? {} : { parent: more.parent }) };
}

/** PT_STRING8 is written as Latin 1; everything else as files have it. */
function storedBytes(tag: PropTag, value: unknown): Uint8Array {
  if (propType(tag) === 0x001e) return new Uint8Array(Buffer.from(value as string, 'latin1'));
  return encodeValue(propType(tag), value);
}

export function split(layout: PstLayout, bytes: Uint8Array): Uint8Array[] {
  const most = layout.blockBytesMax - layout.blockTrailer.size;
  const result: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += most) result.push(bytes.slice(at, at + most));
  return result;
}

/** A node with a table. */
export function tableNode(
  version: PstVersion,
  nid: number,
  tags: readonly PropTag[],
  rows: readonly { readonly rowId: number; readonly values: readonly PropValue[] }[],
  parent = 0,
): NodeToWrite {
  const rowsNid = (0x100 << 5) | NID_TYPES.ltp;
  const writer = new TableWriter(LAYOUTS[version], [PR_LTP_ROW_ID, PR_LTP_ROW_VER, ...tags], rowsNid);
  const rowBlocks: Uint8Array[] = [];
  const heap: { readonly index: number; readonly bytes: Uint8Array }[] = [];
  for (const { rowId, values } of rows) {
    writer.addRow(
      rowId,
      values.map(({ tag, value }) => ({ tag, bytes: storedBytes(tag, value) })),
    );
    const done = writer.take();
    heap.push(...done.heap);
    rowBlocks.push(...done.rows);
  }
  const last = writer.finish();
  heap.push(...last.heap);
  rowBlocks.push(...last.rows);
  const blocks = heap.sort((a, b) => a.index - b.index).map((block) => block.bytes);
  return { nid, parent, blocks, ...(rowBlocks.length > 0 ? { subnodes: [{ nid: rowsNid, blocks: rowBlocks }] } : {}) };
}
