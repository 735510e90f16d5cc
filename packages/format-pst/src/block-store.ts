/** Blocks by their identifier: found in the BBT, checked by their trailer, decoded, decompressed. [MS-PST] 2.2.2.8 */
import { inflateSync } from 'node:zlib';
import { u16, u32 } from '@nodemapi/base';
import { isInternal, plainBid } from './bid.ts';
import { pstCrc, pstSignature } from './checksum.ts';
import { decodeBlock, type PstEncoding } from './crypt.ts';
import { type Diagnostics, isDamage, PstDamage } from './diagnostic.ts';
import type { FileCache } from './file-cache.ts';
import type { BbtEntry, PstLayout } from './layout.ts';
import { readBytesFree, readFactorMax } from './limits.ts';
import type { PageTree } from './page-tree.ts';

export interface BlockStoreParts {
  readonly file: FileCache;
  readonly layout: PstLayout;
  readonly encoding: PstEncoding;
  readonly bbt: PageTree<BbtEntry>;
  readonly diagnostics: Diagnostics;
}

export class BlockStore {
  readonly layout: PstLayout;
  readonly diagnostics: Diagnostics;
  /** Length of the file. */
  readonly fileBytes: number;
  readonly #file: FileCache;
  readonly #encoding: PstEncoding;
  readonly #bbt: PageTree<BbtEntry>;
  #bytesLeft = Number.POSITIVE_INFINITY;

  constructor({ file, layout, encoding, bbt, diagnostics }: BlockStoreParts) {
    this.layout = layout;
    this.diagnostics = diagnostics;
    this.fileBytes = file.size;
    this.#file = file;
    this.#encoding = encoding;
    this.#bbt = bbt;
  }

  /**
   * From here on the file is walked once: what is read is counted, and where hostile pointers lead to the same bytes
   * again and again, reading fails with MAPI_E_TOO_COMPLEX instead of taking for ever.
   */
  limitReading(bytesMax = readBytesFree + readFactorMax * this.fileBytes): void {
    this.#bytesLeft = bytesMax;
  }

  /** Where the block lies. @throws MAPI_E_CORRUPT_DATA if the file has no such block */
  async locate(bid: number): Promise<BbtEntry> {
    const entry = this.locateNow(bid) ?? (await this.#bbt.find(plainBid(bid)));
    if (entry === undefined) throw new PstDamage(`block ${bid} is not in the BBT`);
    return entry;
  }

  /** What `locate` would answer, if it is in memory. */
  locateNow(bid: number): BbtEntry | undefined {
    return this.#bbt.findNow(plainBid(bid));
  }

  /**
   * The content of a block, which must not be written to.
   *
   * @throws MAPI_E_CORRUPT_DATA if there is no such block or it does not lie within the file
   */
  async read(bid: number): Promise<Uint8Array> {
    const now = this.readNow(bid);
    if (now !== undefined) return now;
    const entry = await this.locate(bid);
    return this.#content(bid, entry, await this.#stored(bid, entry));
  }

  /** What `read` would answer, if it is in memory. */
  readNow(bid: number, entry = this.locateNow(bid)): Uint8Array | undefined {
    const stored = entry === undefined ? undefined : this.#storedNow(bid, entry);
    return entry === undefined || stored === undefined ? undefined : this.#content(bid, entry, stored);
  }

  /**
   * Writes the content of a data block to `into`, which has room for `contentBytes(entry)`, and answers its length.
   *
   * @throws as `read`
   */
  async readInto(bid: number, entry: BbtEntry, into: Uint8Array): Promise<number> {
    const stored = this.#storedNow(bid, entry) ?? (await this.#stored(bid, entry));
    if (contentBytes(entry) === stored.length) {
      decodeBlock(stored, this.#encoding, bid, into);
      return stored.length;
    }
    const content = this.#content(bid, entry, stored);
    into.set(content);
    return content.length;
  }

  #content(bid: number, entry: BbtEntry, stored: Uint8Array): Uint8Array {
    const plain = new Uint8Array(stored.length);
    decodeBlock(stored, isInternal(bid) ? 'none' : this.#encoding, bid, plain);
    return inflated(entry, plain);
  }

  async #stored(bid: number, entry: BbtEntry): Promise<Uint8Array> {
    const bytes = await this.#file.read(entry.ib, this.#wholeBytes(bid, entry), `block ${bid}`);
    return this.#taken(entry, bytes);
  }

  #storedNow(bid: number, entry: BbtEntry): Uint8Array | undefined {
    const bytes = this.#file.readNow(entry.ib, this.#wholeBytes(bid, entry));
    return bytes === undefined ? undefined : this.#taken(entry, bytes);
  }

  /** Bytes of a block with its trailer. */
  #wholeBytes(bid: number, { cb, ib }: BbtEntry): number {
    const whole = padded(cb + this.layout.blockTrailer.size, this.layout.blockAlign);
    if (whole > this.layout.blockBytesMax) throw new PstDamage(`block ${bid} of ${cb} bytes`, ib);
    return whole;
  }

  /** Counts and checks what was read. */
  #taken(entry: BbtEntry, bytes: Uint8Array): Uint8Array {
    this.#bytesLeft -= bytes.length;
    if (this.#bytesLeft < 0)
      throw new PstDamage('the file leads to the same bytes again and again, so the rest is left out', entry.ib);
    const stored = bytes.subarray(0, entry.cb);
    this.#check(entry, stored, bytes);
    return stored;
  }

  #check(entry: BbtEntry, stored: Uint8Array, bytes: Uint8Array): void {
    const { blockTrailer, id } = this.layout;
    const { offsets } = blockTrailer;
    const trailerAt = bytes.length - blockTrailer.size;
    const trailerCb = u16.read(bytes, trailerAt + offsets.cb);
    const trailerBid = id.read(bytes, trailerAt + offsets.bid);
    const { bid, ib, cb } = entry;
    let problem: string | undefined;
    if (trailerCb !== cb) problem = `its trailer says ${trailerCb} bytes, the BBT ${cb}`;
    else if (plainBid(trailerBid) !== plainBid(bid)) problem = `its trailer says that it is ${trailerBid}`;
    else if (u32.read(bytes, trailerAt + offsets.dwCRC) !== pstCrc(stored)) problem = 'its checksum is wrong';
    else if (u16.read(bytes, trailerAt + offsets.wSig) !== pstSignature(ib, trailerBid))
      problem = 'its signature is wrong';
    if (problem !== undefined) this.diagnostics.add('badBlock', `block ${bid}: ${problem}`, ib);
  }
}

/** Bytes that the content of a block has, unless it is damaged: then they may be fewer. */
export function contentBytes({ cb, cbInflated = cb }: BbtEntry): number {
  return cbInflated;
}

export function padded(length: number, boundary: number): number {
  return Math.ceil(length / boundary) * boundary;
}

function inflated(entry: BbtEntry, stored: Uint8Array): Uint8Array {
  const { cb, cbInflated = cb } = entry;
  if (cbInflated === cb) return stored;
  try {
    return inflateSync(stored, { maxOutputLength: Math.max(1, cbInflated) });
  } catch (error) {
    if (isDamage(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new PstDamage(`block ${entry.bid} does not decompress to ${cbInflated} bytes: ${why}`, entry.ib);
  }
}
