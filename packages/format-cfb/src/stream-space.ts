/** Where the bytes of streams lie: in sectors of the file, or in those of the mini stream. [MS-CFB] 2.4 */
import type { RandomAccess } from '@nodemapi/base';
import type { Allocation } from './allocation.ts';
import { chainAccess, runAt } from './chain-access.ts';
import type { Report } from './diagnostic.ts';
import type { PlacedEntry } from './directory.ts';
import { ENDOFCHAIN, type Header, MINI_SECTOR_SHIFT } from './header.ts';
import { type ChainSpace, chainSpace, followChain, sectorsIn } from './sector-chain.ts';

const MINI_SECTOR_SIZE = 2 ** MINI_SECTOR_SHIFT;

/** The bytes of one stream. */
export interface StreamBytes {
  /** Bytes that can be read; fewer than the entry says if the stream is damaged. */
  readonly size: number;
  readonly access: RandomAccess;
}

export class StreamSpace {
  readonly #file: RandomAccess;
  readonly #allocation: Allocation;
  readonly #header: Header;
  readonly #root: PlacedEntry | undefined;
  readonly #report: Report;
  #mini: { readonly space: ChainSpace; readonly bytes: StreamBytes } | undefined;

  constructor(
    file: RandomAccess,
    allocation: Allocation,
    header: Header,
    root: PlacedEntry | undefined,
    report: Report,
  ) {
    this.#file = file;
    this.#allocation = allocation;
    this.#header = header;
    this.#root = root;
    this.#report = report;
  }

  /** Reads the table of mini sectors; to be called once, before any stream is located. */
  async loadMiniTable(): Promise<void> {
    const root = this.#root;
    if (root === undefined || root.ulSize === 0n || root.sectStart === ENDOFCHAIN) return;
    const container = this.#large('mini stream', root);
    const { sectMiniFatStart } = this.#header;
    const runs = followChain(this.#allocation, sectMiniFatStart, undefined, 'table of mini sectors', this.#report);
    const { sectorSize } = this.#allocation;
    const table = this.#chain('table of mini sectors', runs, sectorsIn(runs) * sectorSize);
    const count = Math.min(table.size >>> 2, Math.ceil(container.size / MINI_SECTOR_SIZE));
    const bytes = await table.access.read(0, count * 4);
    const next = new Uint32Array(count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < count; index++) next[index] = view.getUint32(index * 4, true);
    const runOf = (at: number): number => {
      const run = runs[runAt(runs, Math.floor(at / sectorSize))];
      return run === undefined ? 60 : this.#allocation.sectorOffset(run.sector) + at - run.first * sectorSize;
    };
    this.#mini = { space: chainSpace(next, count, (sector) => runOf(sector * 4)), bytes: container };
  }

  /** Finds the bytes of a stream; to be called once for each. */
  locate(name: string, entry: PlacedEntry): StreamBytes {
    if (entry.ulSize === 0n) return { size: 0, access: chainAccess(this.#file, { ...EMPTY, name }) };
    if (entry.ulSize >= BigInt(this.#header.ulMiniSectorCutoff)) return this.#large(name, entry);
    return this.#small(name, entry);
  }

  #large(name: string, entry: PlacedEntry): StreamBytes {
    const { sectorSize, sectorCount } = this.#allocation;
    const size = this.#sizeOf(name, entry, sectorSize * sectorCount);
    const runs = followChain(this.#allocation, entry.sectStart, Math.ceil(size / sectorSize), name, this.#report);
    return this.#chain(name, runs, size);
  }

  #small(name: string, entry: PlacedEntry): StreamBytes {
    const mini = this.#mini;
    const size = Number(entry.ulSize);
    if (mini === undefined) {
      this.#report('badSector', entry.offset + 116, true, `${name}: the file has no mini stream`);
      return { size: 0, access: chainAccess(this.#file, { ...EMPTY, name }) };
    }
    const runs = followChain(mini.space, entry.sectStart, Math.ceil(size / MINI_SECTOR_SIZE), name, this.#report);
    const held = Math.min(size, sectorsIn(runs) * MINI_SECTOR_SIZE);
    const last = runs.at(-1);
    const end = last === undefined ? 0 : (last.sector + last.count) * MINI_SECTOR_SIZE;
    const cut = end > mini.bytes.size ? Math.min(held, Math.max(0, held - (end - mini.bytes.size))) : held;
    const layout = { runs, sectorSize: MINI_SECTOR_SIZE, size: cut, name };
    const offsetOf = (sector: number): number => sector * MINI_SECTOR_SIZE;
    return { size: cut, access: chainAccess(mini.bytes.access, { ...layout, offsetOf }) };
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
    return { size, access: chainAccess(this.#file, { runs, sectorSize, size, name, offsetOf: sectorOffset }) };
  }

  #sizeOf(name: string, entry: PlacedEntry, most: number): number {
    if (entry.ulSize <= BigInt(most)) return Number(entry.ulSize);
    this.#report('badEntry', entry.offset + 120, true, `${name}: ${entry.ulSize} bytes in a file of ${most}`);
    return most;
  }
}

const EMPTY = { runs: [], sectorSize: MINI_SECTOR_SIZE, size: 0, offsetOf: (): number => 0 };
