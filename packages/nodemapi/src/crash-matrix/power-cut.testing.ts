/** Cuts the power at every change that a process makes on its disk, and looks at what can be made of the rest. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Random } from '@nodemapi/base';
import { type DiskChange, isCounted, parseDiskLog } from './disk-log.testing.ts';
import { judge, type Knowledge, type Remark } from './judge.testing.ts';
import { firstLife, type Survivor } from './mail-processes.testing.ts';
import { type DiskImage, LOSSES, type Loss, SimulatedDisk } from './simulated-disk.testing.ts';

/** A moment and what was lost at it: a disk unlike all others that are looked at. */
export interface CutPoint {
  readonly change: number;
  readonly what: string;
  readonly loss: Loss;
  readonly image: DiskImage;
  readonly knowledge: Knowledge;
}

/** One recorded life. */
export interface Recording {
  readonly base: DiskImage;
  readonly changes: readonly DiskChange[];
}

/** A home in a folder of its own, below `folder`; disposing removes it. */
export async function freshHome(folder: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const own = await realpath(await mkdtemp(join(folder, 'home-')));
  const path = join(own, 'home');
  await mkdir(path, { mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => rm(own, { recursive: true, force: true }) };
}

/** Records what a process does that makes a home with a profile and a store, and sends its mail undisturbed. */
export async function record(script: string, shim: string, folder: string): Promise<Recording> {
  await using home = await freshHome(folder);
  const base = await imageOf(home.path);
  const { end, log } = await firstLife(script, shim, home.path);
  const changes = parseDiskLog(log, home.path);
  const trouble = remarksOf(changes).filter((remark) => 'failed' in remark || 'refused' in remark);
  if (end !== 0 || trouble.length > 0) throw new Error(`nothing was to fail: ${end} ${JSON.stringify(trouble)}`);
  return { base, changes };
}

/** Every distinct disk that the recorded process may leave behind, or those after the changes that `chosen` picks. */
export function* cutPoints(
  { base, changes }: Recording,
  random: Random,
  chosen: (change: number) => boolean = () => true,
): Generator<CutPoint> {
  const disk = new SimulatedDisk(base);
  const seen = new Set<string>();
  const remarks: Remark[] = [];
  let counted = 0;
  for (const [index, change] of changes.entries()) {
    disk.apply(change);
    if (isCounted(change)) counted++;
    else if (change.kind === 'mark') remarks.push(...remarkOf(change.text));
    else continue;
    if (!chosen(counted)) continue;
    const knowledge = { before: [...remarks], until: [...remarks, ...remarksUntilNext(changes, index + 1)] };
    for (const loss of LOSSES) {
      const image = disk.after(loss, random);
      const key = `${digest(image)} ${knowledge.before.length}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { change: counted, what: described(change), loss, image, knowledge };
    }
  }
}

/**
 * At most `count` of the points, at moments chosen at random; the same ones for the same seed. The moment at which the
 * first message was accepted is always among them, with only what was synced.
 */
export function someCutPoints(recording: Recording, random: Random, count: number): readonly CutPoint[] {
  const moments = recording.changes.filter(isCounted).length;
  const wanted = new Set(Array.from({ length: count }, () => 1 + (random.uint32() % moments)));
  const first = recording.changes.findIndex((change) => change.kind === 'mark' && change.text.includes('"accepted"'));
  wanted.add(recording.changes.slice(0, first).filter(isCounted).length);
  const all = [...cutPoints(recording, random, (change) => wanted.has(change))];
  const accepted = all.filter(({ what, loss }) => what.includes('"accepted"') && loss === LOSSES[0]).slice(0, 1);
  return [...accepted, ...sampled(all, count - accepted.length, random)];
}

/** What is wrong after one cut. The home is made anew in `folder`. */
export async function lookAt(point: CutPoint, survivor: Survivor, folder: string): Promise<readonly string[]> {
  await using home = await freshHome(folder);
  await writeImage(home.path, point.image);
  return judge(point.knowledge, await survivor.look(home.path));
}

/** All points, or at most `count` of them chosen at random. */
export function sampled<T>(all: readonly T[], count: number, random: Random): readonly T[] {
  const left = [...all];
  while (left.length > count) left.splice(random.uint32() % left.length, 1);
  return left;
}

export function remarksOf(changes: readonly DiskChange[]): readonly Remark[] {
  return changes.flatMap((change) => (change.kind === 'mark' ? remarkOf(change.text) : []));
}

function remarkOf(text: string): readonly Remark[] {
  return text === 'begin' ? [] : [JSON.parse(text) as Remark];
}

function remarksUntilNext(changes: readonly DiskChange[], from: number): readonly Remark[] {
  const next = changes.findIndex((change, index) => index >= from && isCounted(change));
  return remarksOf(changes.slice(from, next < 0 ? undefined : next));
}

/** A change in words. */
export function described(change: DiskChange): string {
  if ('path' in change) return `${change.kind} ${change.path}`;
  if ('to' in change) return `${change.kind} ${change.to}`;
  if (change.kind === 'mark') return change.text;
  return change.kind === 'write' ? `write of ${change.bytes.length} at ${change.offset}` : change.kind;
}

function digest({ files, directories }: DiskImage): string {
  const hash = createHash('sha256');
  for (const path of [...directories].sort()) hash.update(`${path}/\n`);
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex');
}

async function imageOf(home: string): Promise<DiskImage> {
  const files = new Map<string, Uint8Array>();
  const directories = new Set<string>(['.']);
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(home, path);
    if (entry.isDirectory()) directories.add(name);
    else files.set(name, await readFile(path));
  }
  return { files, directories };
}

async function writeImage(home: string, { files, directories }: DiskImage): Promise<void> {
  for (const path of [...directories].sort()) await mkdir(join(home, path), { recursive: true, mode: 0o700 });
  for (const [path, bytes] of files) {
    const found = path.includes('-offers-') ? ofAnEarlierStart(bytes) : bytes;
    await writeFile(join(home, path), found, { mode: 0o600 });
  }
}

/**
 * After a cut the machine has been started anew; here it has not, so the file is made to say that it has: its second line names
 * the process that wrote it, `host/pid/<boot>.<namespaces>.<start>/…`.
 */
function ofAnEarlierStart(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const changed = text.replace(/^(nodemapi offers \d+\n[^\n]*\/)[0-9a-f]{12}(?=\.[^\n]*\n)/u, '$1000000000000');
  const isWhole = /^nodemapi offers \d+\n[^\n]+\n/u.test(text); // what the cut has torn is no file of ours
  if (isWhole && changed === text)
    throw new Error(`the start of the machine is not where it was: ${text.slice(0, 200)}`);
  return Buffer.from(changed, 'latin1');
}
