/** The directory of a file that is written: entries in order, siblings as balanced red-black trees. [MS-CFB] 2.6.4 */
import { MapiError } from '@nodemapi/base';
import {
  BLACK,
  compareEntryNames,
  DIRECTORY_ENTRY,
  isEntryName,
  NOSTREAM,
  RED,
  STGTY_ROOT,
  STGTY_STORAGE,
  STGTY_STREAM,
} from './directory-entry.ts';
import { ENDOFCHAIN } from './header.ts';
import type { StorageSource, StreamSource } from './source-tree.ts';

/** Entries of a file; more are refused. */
export const entriesMax = 0x00ff_ffff;

/** One entry, with what its place in the file needs. */
export interface EntryPlan {
  readonly source: StorageSource | StreamSource;
  readonly id: number;
  left: number;
  right: number;
  child: number;
  colour: number;
  /** First sector; ENDOFCHAIN without bytes. */
  start: number;
  size: number;
}

/** Numbers all entries below `root`, which is entry 0. @throws MAPI_E_INVALID_PARAMETER for a name that cannot be */
export function planDirectory(root: StorageSource): readonly EntryPlan[] {
  const plans: EntryPlan[] = [];
  const plan = (source: StorageSource | StreamSource): EntryPlan => {
    if (plans.length >= entriesMax)
      throw new MapiError('MAPI_E_TOO_BIG', `more than ${entriesMax} storages and streams`);
    const size = source.kind === 'stream' ? source.size : 0;
    const links = { left: NOSTREAM, right: NOSTREAM, child: NOSTREAM };
    const made = { source, id: plans.length, ...links, colour: BLACK, start: ENDOFCHAIN, size };
    plans.push(made);
    return made;
  };
  plan(root);
  // A list that grows while it is walked: a storage is deeper in no stack, however deep it lies.
  for (let at = 0; at < plans.length; at++) {
    const parent = plans[at] as EntryPlan;
    if (parent.source.kind !== 'storage') continue;
    const sorted = [...parent.source.entries].sort((a, b) => compareEntryNames(a.name, b.name));
    checkNames(sorted);
    parent.child = balance(sorted.map(plan));
  }
  return plans;
}

function checkNames(sorted: readonly (StorageSource | StreamSource)[]): void {
  for (const [index, { name }] of sorted.entries()) {
    if (!isEntryName(name)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(name)} is no name of a storage or stream`);
    }
    if (compareEntryNames(sorted[index + 1]?.name ?? '', name) === 0) {
      throw new MapiError('MAPI_E_COLLISION', `${JSON.stringify(name)} is there twice`);
    }
  }
}

/**
 * Links sorted entries to a tree and answers its top.
 *
 * The middle goes up, so all levels but the last are full: black above, red in the last, is a red-black tree.
 */
function balance(sorted: readonly EntryPlan[]): number {
  const levels = Math.floor(Math.log2(sorted.length + 0.5)) + 1;
  const link = (from: number, to: number, level: number): number => {
    if (from >= to) return NOSTREAM;
    const middle = (from + to) >>> 1;
    const top = sorted[middle] as EntryPlan;
    top.left = link(from, middle, level + 1);
    top.right = link(middle + 1, to, level + 1);
    top.colour = level > 1 && level === levels ? RED : BLACK;
    return top.id;
  };
  return link(0, sorted.length, 1);
}

/** The 128 bytes of an entry; `null` is one that is not used. */
export function encodeEntry(plan: EntryPlan | null): Uint8Array {
  const source = plan?.source;
  const name = plan === null ? '' : plan.id === 0 ? 'Root Entry' : (source?.name ?? '');
  const ab = new Uint8Array(64);
  ab.set(Buffer.from(name, 'utf16le'));
  const storage = source?.kind === 'storage' ? source : undefined;
  return DIRECTORY_ENTRY.encode({
    ab,
    cb: plan === null ? 0 : (name.length + 1) * 2,
    mse: plan === null ? 0 : plan.id === 0 ? STGTY_ROOT : storage === undefined ? STGTY_STREAM : STGTY_STORAGE,
    bflags: plan === null ? 0 : plan.colour,
    sidLeftSib: plan?.left ?? NOSTREAM,
    sidRightSib: plan?.right ?? NOSTREAM,
    sidChild: plan?.child ?? NOSTREAM,
    clsId: storage?.clsid ?? '00000000-0000-0000-0000-000000000000',
    dwUserFlags: storage?.stateBits ?? 0,
    // The root has no time of creation. [MS-CFB] 2.6.1
    ctime: plan?.id === 0 ? 0n : (storage?.created ?? 0n),
    mtime: storage?.modified ?? 0n,
    sectStart: plan === null || (storage !== undefined && plan.id !== 0) ? 0 : plan.start,
    ulSize: BigInt(plan?.size ?? 0),
  });
}
