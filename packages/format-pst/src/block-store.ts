/** Blocks by their identifier: found in the BBT, checked by their trailer, decoded, decompressed. [MS-PST] 2.2.2.8 */
import { inflateSync } from 'node:zlib';
import { pstCrc, pstSignature } from './checksum.ts';
import { decodeBlock, type PstEncoding } from './crypt.ts';
import { type Diagnostics, isDamage, PstDamage } from './diagnostic.ts';
import type { FileCache } from './file-cache.ts';
import type { BbtEntry, PstLayout } from './layout.ts';
import { readBytesFree, readFactorMax } from './limits.ts';
import type { PageTree } from './page-tree.ts';

/** Whether the block holds other blocks' identifiers (XBLOCK, SLBLOCK …), which are never encoded. */
export function isInternal(bid: number): boolean {
  return (bid & 2) !== 0;
}

/** The lowest bit of a block identifier means nothing. [MS-PST] 2.2.2.2 */
export function plainBid(bid: number): number {
  return bid - (bid & 1);
}

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
    const entry = await this.#bbt.find(plainBid(bid));
    if (entry === undefined) throw new PstDamage(`block ${bid} is not in the BBT`);
    return entry;
  }

  /**
   * The content of a block, which must not be written to.
   *
   * @throws MAPI_E_CORRUPT_DATA if there is no such block or it does not lie within the file
   */
  async read(bid: number): Promise<Uint8Array> {
    const entry = await this.locate(bid);
    const { cb, ib } = entry;
    const trailerBytes = this.layout.blockTrailer.size;
    const whole = padded(cb + trailerBytes, this.layout.blockAlign);
    if (whole > this.layout.blockBytesMax) throw new PstDamage(`block ${bid} of ${cb} bytes`, ib);
    this.#bytesLeft -= whole;
    if (this.#bytesLeft < 0)
      throw new PstDamage('the file leads to the same bytes again and again, so the rest is left out', ib);
    const bytes = await this.#file.read(ib, whole, `block ${bid}`);
    const stored = bytes.subarray(0, cb);
    this.#check(entry, stored, bytes);
    if (isInternal(bid)) return inflated(entry, stored);
    const isCompressed = entry.cbInflated !== undefined && entry.cbInflated !== cb;
    if (!isCompressed) return decodeBlock(stored, this.#encoding, bid);
    return inflated(entry, decodeBlock(stored, this.#encoding, bid));
  }

  #check(entry: BbtEntry, stored: Uint8Array, bytes: Uint8Array): void {
    const trailer = this.layout.blockTrailer.decode(bytes, bytes.length - this.layout.blockTrailer.size);
    const { bid, ib, cb } = entry;
    let problem: string | undefined;
    if (trailer.cb !== cb) problem = `its trailer says ${trailer.cb} bytes, the BBT ${cb}`;
    else if (plainBid(trailer.bid) !== plainBid(bid)) problem = `its trailer says that it is ${trailer.bid}`;
    else if (trailer.dwCRC !== pstCrc(stored)) problem = 'its checksum is wrong';
    else if (trailer.wSig !== pstSignature(ib, trailer.bid)) problem = 'its signature is wrong';
    if (problem !== undefined) this.diagnostics.add('badBlock', `block ${bid}: ${problem}`, ib);
  }
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
