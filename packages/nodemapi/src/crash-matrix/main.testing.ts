/** The parts of the crash matrix that need processes and disks, for `npm run crash-matrix` and for its sample in the tests. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@nodemapi/base';
import { isCounted, parseDiskLog } from './disk-log.testing.ts';
import type { DiskFault } from './disk-shim.testing.ts';
import { judge } from './judge.testing.ts';
import { firstLife, Survivor } from './mail-processes.testing.ts';
import {
  cutPoints,
  described,
  freshHome,
  lookAt,
  record,
  remarksOf,
  sampled,
  someCutPoints,
} from './power-cut.testing.ts';
import { type ProcessPoint, processPointName, processPoints, twoProcesses } from './two-processes.testing.ts';

export { compiledShim } from './disk-shim.testing.ts';

/** Every fault of a disk that is tried. */
export const FAULT_KINDS: readonly DiskFault['kind'][] = [
  'kill-before',
  'kill-torn',
  'kill-after',
  'ENOSPC',
  'EIO',
  'ENOSPC+',
  'EIO+',
];

export interface MatrixOptions {
  readonly seed: number;
  /** At most so many points of each kind; all of them if omitted. */
  readonly pointsMax?: number;
  /** Processes at a time. */
  readonly atOnce: number;
  /** Of the crash matrix, where the scripts and the source of the shim are. */
  readonly sources: string;
  /** The compiled shim. */
  readonly shim: string;
  /** Hears of each point, with what is wrong at it. */
  readonly onPoint?: (name: string, wrong: readonly string[]) => void;
}

export interface PartResult {
  readonly points: number;
  /** What is wrong, with the place where it was seen. */
  readonly failures: readonly string[];
}

/** Cuts the power of a process that sends mail, from its very first change on. */
export async function powerCuts(options: MatrixOptions): Promise<PartResult> {
  const script = join(options.sources, 'mail-process.testing.mjs');
  await using folder = await workFolder();
  const recording = await record(script, options.shim, folder.path);
  const random = seededRandom(options.seed);
  const { pointsMax } = options;
  const points =
    pointsMax === undefined ? [...cutPoints(recording, random)] : someCutPoints(recording, random, pointsMax);
  return await together(options, points, async () => {
    const survivor = new Survivor(script);
    const own = await mkdtemp(join(folder.path, 'cut-'));
    return {
      look: async (point) => {
        const name = `change ${point.change} (${point.what}), ${point.loss}`;
        return { name, wrong: await lookAt(point, survivor, own) };
      },
      [Symbol.asyncDispose]: () => survivor[Symbol.asyncDispose](),
    };
  });
}

/**
 * Kills the process at changes of its disk, or lets them fail, once or from then on; each point is a process of its own.
 */
export async function diskFaults(options: MatrixOptions, kinds: readonly DiskFault['kind'][]): Promise<PartResult> {
  const script = join(options.sources, 'mail-process.testing.mjs');
  await using folder = await workFolder();
  const counted = (await record(script, options.shim, folder.path)).changes.filter(isCounted);
  const all = counted.flatMap((change, index) =>
    kinds.map((kind) => ({ at: index + 1, kind, what: described(change) })),
  );
  const points = sampled(all, options.pointsMax ?? all.length, seededRandom(options.seed));
  return await together(options, points, async () => {
    const survivor = new Survivor(script);
    return {
      look: async (point) => ({
        name: `${point.kind} at change ${point.at} (${point.what})`,
        wrong: await faultedLife({ script, shim: options.shim, folder: folder.path }, point, survivor),
      }),
      [Symbol.asyncDispose]: () => survivor[Symbol.asyncDispose](),
    };
  });
}

/** Kills and stops one of two real processes at its steps and at the moments of SMTP. */
export async function processFaults(options: MatrixOptions): Promise<PartResult> {
  const script = join(options.sources, 'spooler-process.testing.mjs');
  await using folder = await workFolder();
  const watcher = join(options.sources, 'mail-process.testing.mjs');
  const all = await allProcessPoints(script, watcher, folder.path);
  const points = sampled(all, options.pointsMax ?? all.length, seededRandom(options.seed));
  return await together(options, points, async () => {
    const survivor = new Survivor(watcher);
    return {
      look: async (point) => {
        await using home = await freshHome(folder.path);
        return {
          name: processPointName(point),
          wrong: await twoProcesses(point, { script, home: home.path, survivor }),
        };
      },
      [Symbol.asyncDispose]: () => survivor[Symbol.asyncDispose](),
    };
  });
}

async function allProcessPoints(script: string, watcher: string, folder: string): Promise<readonly ProcessPoint[]> {
  await using survivor = new Survivor(watcher);
  await using home = await freshHome(folder);
  return await processPoints({ script, home: home.path, survivor });
}

interface LifeParts {
  readonly script: string;
  readonly shim: string;
  readonly folder: string;
}

/** What is wrong after a life with a fault; undefined where the fault was never reached. */
async function faultedLife(
  { script, shim, folder }: LifeParts,
  fault: DiskFault,
  survivor: Survivor,
): Promise<readonly string[] | undefined> {
  await using home = await freshHome(folder);
  const { end, log } = await firstLife(script, shim, home.path, fault);
  const remarks = remarksOf(parseDiskLog(log, home.path));
  if (!remarks.some((remark) => 'fault' in remark)) return undefined;
  const expected = fault.kind.startsWith('kill') ? 'SIGKILL' : 0;
  const wrong = judge({ before: remarks, until: remarks }, await survivor.look(home.path));
  return end === expected ? wrong : [`the process ended with ${end}`, ...wrong];
}

/** Somebody who looks at one point after the other. */
interface Worker<T> extends AsyncDisposable {
  /** `wrong` is undefined where there was no such point after all. */
  look(point: T): Promise<{ readonly name: string; readonly wrong: readonly string[] | undefined }>;
}

/** Lets several workers share the points. */
async function together<T>(
  { atOnce, onPoint }: MatrixOptions,
  points: readonly T[],
  start: () => Promise<Worker<T>>,
): Promise<PartResult> {
  const failures: string[] = [];
  let next = 0;
  let seen = 0;
  const work = async (): Promise<void> => {
    await using worker = await start();
    for (let point = points[next++]; point !== undefined; point = points[next++]) {
      const { name, wrong } = await worker.look(point);
      if (wrong === undefined) continue;
      seen++;
      onPoint?.(name, wrong);
      failures.push(...wrong.map((what) => `${name}: ${what}`));
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atOnce, points.length) }, work));
  for (const one of workers) if (one.status === 'rejected') throw one.reason; // a fault of the matrix, not of a point
  return { points: seen, failures };
}

/** A folder in memory where there is one: only the simulated disks have to be durable. */
export async function workFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const inMemory = process.env.TMPDIR === undefined && existsSync('/dev/shm');
  const path = await mkdtemp(join(inMemory ? '/dev/shm' : tmpdir(), 'nodemapi-crash-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
