/** Where the bytes of streams lie: in sectors of the file, or in those of the mini stream. [MS-CFB] 2.4 */
import type { RandomAccess } from '@nodemapi/base';
import type { Allocation } from './allocation.ts';
import { ChainAccess, type ChainLayout, runAt } from './chain-access.ts';
import type { Report } from './diagnostic.ts';
import type { PlacedEntry } from './directory.ts';
import { ENDOFCHAIN, type Header, MINI_SECTOR_SHIFT } from './header.ts';
import { type ChainSpace, chainSpace, followChain, sectorsIn } from './sector-chain.ts';

const MINI_SECTOR_SIZE = 2 ** MINI_SECTOR_SHIFT;

/** The bytes of one stream. */
export class StreamBytes {
  readonly #source: RandomAccess;
  readonly #whole: Uint8Array | undefined;
  readonly #layout: ChainLayout;

  constructor(source: RandomAccess, whole: Uint8Array | undefined, layout: ChainLayout) {
    this.#source = source;
    this.#whole = whole;
    this.#layout = layout;
  }

  /** Bytes that can be read; fewer than the entry says if the stream is damaged. */
  get size(): number {
    return this.#layout.size;
  }

  /** The bytes themselves, where the file lies in memory. */
  view(): Uint8Array | undefined {
    return this.#whole === undefined ? undefined : viewOf(this.#whole, this.#layout);
  }

  access(): RandomAccess {
    return new ChainAccess(this.#source, this.#layout);
  }
}

interface MiniStream {
  readonly space: ChainSpace;
  readonly size: number;
  readonly access: RandomAccess;
  /** All of it, where the file lies in memory. */
  readonly whole: Uint8Array | undefined;
}

export class StreamSpace {
  readonly #file: RandomAccess;
  readonly #whole: Uint8Array | undefined;
  readonly #allocation: Allocation;
  readonly #header: Header;
  readonly #root: PlacedEntry | undefined;
  readonly #report: Report;
  #mini: MiniStream | undefined;

  /** @param whole the file, if it lies in memory */
  constructor(
    file: RandomAccess,
    whole: Uint8Array | undefined,
    allocation: Allocation,
    header: Header,
    root: PlacedEntry | undefined,
    report: Report,
  ) {
    this.#file = file;
    this.#whole = whole;
    this.#allocation = allocation;
    this.#header = header;
    this.#root = root;
    this.#report = report;
  }

  /** Reads the table of mini sectors; to be called once, before any stream is located. */
  async loadMiniTable(): Promise<void> {
    const root = this.#root;
    if (root === undefined || root.size === 0 || root.sectStart === ENDOFCHAIN) return;
    const container = this.#large('mini stream', root);
    const { sectMiniFatStart } = this.#header;
    const runs = followChain(this.#allocation, sectMiniFatStart, undefined, 'table of mini sectors', this.#report);
    const { sectorSize } = this.#allocation;
    const table = this.#chain('table of mini sectors', runs, sectorsIn(runs) * sectorSize);
    const count = Math.min(table.size >>> 2, Math.ceil(container.size / MINI_SECTOR_SIZE));
    const bytes = await table.access().read(0, count * 4);
    const next = new Uint32Array(count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < count; index++) next[index] = view.getUint32(index * 4, true);
    const runOf = (at: number): number => {
      const run = runs[runAt(runs, Math.floor(at / sectorSize))];
      return run === undefined ? 60 : this.#allocation.sectorOffset(run.sector) + at - run.first * sectorSize;
    };
    const space = chainSpace(next, count, (sector) => runOf(sector * 4));
    this.#mini = { space, size: container.size, access: container.access(), whole: container.view() };
  }

  /** Finds the bytes of a stream; to be called once for each. */
  locate(entry: PlacedEntry): StreamBytes {
    if (entry.size === 0) return this.#none();
    const { name } = entry;
    return entry.size >= this.#header.ulMiniSectorCutoff ? this.#large(name, entry) : this.#small(name, entry);
  }

  #none(): StreamBytes {
    return new StreamBytes(this.#file, this.#whole, EMPTY);
  }

  #large(name: string, entry: PlacedEntry): StreamBytes {
    const { sectorSize, sectorCount } = this.#allocation;
    const size = this.#sizeOf(name, entry, sectorSize * sectorCount);
    const runs = followChain(this.#allocation, entry.sectStart, Math.ceil(size / sectorSize), name, this.#report);
    return this.#chain(name, runs, size);
  }

  #small(name: string, entry: PlacedEntry): StreamBytes {
    const mini = this.#mini;
    const { size } = entry;
    if (mini === undefined) {
      this.#report('badSector', entry.offset + 116, true, `${name}: the file has no mini stream`);
      return this.#none();
    }
    const runs = followChain(mini.space, entry.sectStart, Math.ceil(size / MINI_SECTOR_SIZE), name, this.#report);
    const held = Math.min(size, sectorsIn(runs) * MINI_SECTOR_SIZE);
    const last = runs.at(-1);
    const end = last === undefined ? 0 : (last.sector + last.count) * MINI_SECTOR_SIZE;
    const cut = end > mini.size ? Math.min(held, Math.max(0, held - (end - mini.size))) : held;
    const layout = { runs, sectorSize: MINI_SECTOR_SIZE, size: cut, name, offsetOf: miniOffset };
    return new StreamBytes(mini.access, mini.whole, layout);
  }

  #chain(name: string, runs: Parameters<typeof sectorsIn>[0], wanted: number): StreamBytes {
    const { sectorSize, sectorOffset, fileSize } = this.#allocation;
    let size = Math.min(wanted, sectorsIn(runs) * sectorSize);
    // The last sector of a file may be cut off; streams end where it does.
    for (const run of runs) {
      const end = sectorOffset(run.sector + run.count);
      const missing = end - fileSize;
      if (missing <= 0) continue;
      const usable = (run.first + run.count) * sectorSize - missing;
      if (usable >= size) continue;
      this.#report('cutOff', fileSize, true, `${name}: ${usable} bytes of ${wanted}`);
      size = usable;
    }
    const layout = { runs, sectorSize, size, name, offsetOf: sectorOffset };
    return new StreamBytes(this.#file, this.#whole, layout);
  }

  #sizeOf(name: string, entry: PlacedEntry, most: number): number {
    if (entry.size <= most) return entry.size;
    this.#report('badEntry', entry.offset + 120, true, `${name}: ${entry.size} bytes in a file of ${most}`);
    return most;
  }
}

const NOTHING = new Uint8Array(0);
const miniOffset = (sector: number): number => sector * MINI_SECTOR_SIZE;
const EMPTY = { runs: [], sectorSize: MINI_SECTOR_SIZE, size: 0, name: 'stream', offsetOf: miniOffset };

/** The bytes of a chain in `whole`; a copy if they lie in several pieces. */
function viewOf(whole: Uint8Array, layout: ChainLayout): Uint8Array {
  const { runs, sectorSize, size, offsetOf } = layout;
  const [run] = runs;
  if (run === undefined || size === 0) return NOTHING;
  if (runs.length === 1) return whole.subarray(offsetOf(run.sector), offsetOf(run.sector) + size);
  const joined = new Uint8Array(size);
  for (const { first, sector, count } of runs) {
    const at = first * sectorSize;
    if (at >= size) break; // the stream was cut off before
    const start = offsetOf(sector);
    joined.set(whole.subarray(start, start + Math.min(count * sectorSize, size - at)), at);
  }
  return joined;
}
