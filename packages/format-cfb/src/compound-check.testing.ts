/** What a compound file must be, checked byte by byte and apart from the reader. [MS-CFB] */
import { compareEntryNames } from './directory-entry.ts';

interface Entry {
  readonly name: string;
  readonly kind: number;
  readonly colour: number;
  readonly left: number;
  readonly right: number;
  readonly child: number;
  readonly start: number;
  readonly size: number;
}

const NONE = 0xffff_ffff;
const END = 0xffff_fffe;

/** Everything that is wrong with the structure of `file`, one text each. */
export function structureProblems(file: Uint8Array): readonly string[] {
  const problems: string[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u32 = (at: number): number => view.getUint32(at, true);
  const sectorSize = 2 ** view.getUint16(30, true);
  const count = file.length / sectorSize - 1;
  if (!Number.isInteger(count)) problems.push(`${file.length} bytes are no whole sectors`);
  const at = (sector: number): number => (sector + 1) * sectorSize;
  const fatSectors = fatList(u32, at, sectorSize);
  if (fatSectors.length !== u32(44)) problems.push(`${fatSectors.length} sectors of the table of ${u32(44)}`);
  const fat = fatSectors.flatMap((sector) => Array.from({ length: sectorSize / 4 }, (_, i) => u32(at(sector) + i * 4)));
  for (const sector of fatSectors) if (fat[sector] !== 0xffff_fffd) problems.push(`sector ${sector} is not marked FAT`);
  for (let sector = count; sector < fat.length; sector++) {
    if (fat[sector] !== NONE) problems.push(`sector ${sector} after the end is not free`);
  }
  const used = new Set(fatSectors);
  const chain = (start: number, bytes: number | undefined, name: string): readonly number[] => {
    const sectors: number[] = [];
    for (let sector = start; sector !== END; sector = fat[sector] ?? NONE) {
      if (sector >= count || used.has(sector)) {
        problems.push(`${name}: sector ${sector} is not there or has two owners`);
        break;
      }
      used.add(sector);
      sectors.push(sector);
    }
    const wanted = bytes === undefined ? sectors.length : Math.ceil(bytes / sectorSize);
    if (sectors.length !== wanted) problems.push(`${name}: ${sectors.length} sectors of ${wanted}`);
    return sectors;
  };
  const directory = chain(u32(48), undefined, 'directory');
  if (sectorSize === 4096 && u32(40) !== directory.length) problems.push('count of directory sectors');
  const entries = directory.flatMap((sector) => entriesAt(view, at(sector), sectorSize));
  const miniTable = chain(u32(60), u32(64) * sectorSize, 'mini table');
  const mini = miniTable.flatMap((sector) => Array.from({ length: sectorSize / 4 }, (_, i) => u32(at(sector) + i * 4)));
  const [root] = entries;
  if (root === undefined || root.kind !== 5 || root.name !== 'Root Entry') return [...problems, 'no root'];
  chain(root.start, root.size, 'mini stream');
  const miniUsed = new Set<number>();
  for (const { name, kind, start, size } of entries) {
    if (kind !== 2 || size === 0) continue;
    if (size >= 4096) chain(start, size, name);
    else problems.push(...miniProblems(mini, miniUsed, start, size, name));
  }
  if (root.size !== miniUsed.size * 64) problems.push(`mini stream of ${root.size} bytes for ${miniUsed.size} sectors`);
  return [...problems, ...treeProblems(entries)];
}

function fatList(u32: (at: number) => number, at: (sector: number) => number, sectorSize: number): readonly number[] {
  const sectors: number[] = [];
  for (let index = 0; index < 109; index++) sectors.push(u32(76 + index * 4));
  for (let sector = u32(68); sector !== END; sector = u32(at(sector) + sectorSize - 4)) {
    for (let index = 0; index < sectorSize / 4 - 1; index++) sectors.push(u32(at(sector) + index * 4));
  }
  return sectors.filter((sector) => sector !== NONE);
}

function entriesAt(view: DataView, at: number, sectorSize: number): readonly Entry[] {
  return Array.from({ length: sectorSize / 128 }, (_, index) => {
    const from = at + index * 128;
    const units = Math.max(0, view.getUint16(from + 64, true) / 2 - 1);
    let name = '';
    for (let unit = 0; unit < units; unit++) name += String.fromCharCode(view.getUint16(from + unit * 2, true));
    const u32 = (offset: number): number => view.getUint32(from + offset, true);
    return {
      name,
      kind: view.getUint8(from + 66),
      colour: view.getUint8(from + 67),
      left: u32(68),
      right: u32(72),
      child: u32(76),
      start: u32(116),
      size: u32(120) + u32(124) * 2 ** 32,
    };
  });
}

function miniProblems(
  mini: readonly number[],
  used: Set<number>,
  start: number,
  size: number,
  name: string,
): readonly string[] {
  let length = 0;
  for (let sector = start; sector !== END; sector = mini[sector] ?? NONE) {
    if (sector >= mini.length || used.has(sector)) return [`${name}: mini sector ${sector}`];
    used.add(sector);
    length++;
  }
  return length === Math.ceil(size / 64) ? [] : [`${name}: ${length} mini sectors for ${size} bytes`];
}

/** Whether every storage's entries are a red-black tree in the order of names. [MS-CFB] 2.6.4 */
function treeProblems(entries: readonly Entry[]): readonly string[] {
  const problems: string[] = [];
  const met = new Set<number>([0]);
  /** Black entries on each way down, or -1. */
  const walk = (id: number, redAbove: boolean, low: string | null, high: string | null): number => {
    if (id === NONE) return 0;
    const entry = entries[id];
    if (entry === undefined || met.has(id)) {
      problems.push(`entry ${id} is in two places`);
      return -1;
    }
    met.add(id);
    if (low !== null && compareEntryNames(low, entry.name) >= 0) problems.push(`${entry.name} is not after ${low}`);
    if (high !== null && compareEntryNames(entry.name, high) >= 0) problems.push(`${entry.name} is not before ${high}`);
    if (redAbove && entry.colour === 0) problems.push(`${entry.name} is red below red`);
    const left = walk(entry.left, entry.colour === 0, low, entry.name);
    const right = walk(entry.right, entry.colour === 0, entry.name, high);
    if (left !== right) problems.push(`${entry.name}: ${left} black entries to the left, ${right} to the right`);
    if (entry.kind === 1) tops.push(entry.child);
    else if (entry.child !== NONE) problems.push(`${entry.name} is no storage and has a child`);
    return left + entry.colour;
  };
  const tops = [entries[0]?.child ?? NONE];
  for (let top = tops.pop(); top !== undefined; top = tops.pop()) {
    if (top !== NONE && entries[top]?.colour !== 1) problems.push(`the top ${entries[top]?.name} is red`);
    walk(top, false, null, null);
  }
  entries.forEach((entry, id) => {
    if (entry.kind !== 0 && !met.has(id)) problems.push(`${entry.name} is in no storage`);
  });
  return problems;
}
