/**
 * What has become of other processes, as far as their numbers tell.
 *
 * A number says who it is only where it was given: in one namespace of process numbers (each container has one), until the
 * machine is started anew, and until it is given to another process. A mark says all of that: `<boot>.<namespaces>.<start>`.
 *
 * - 'gone' is said only of what is certain; who may live where we cannot see him is 'unknown'.
 * - A process that has ended and that nobody has waited for still has its number, for good where nobody ever waits, as in
 *   a container without an init. It is gone.
 * - Linux tells all of it. Other systems have neither namespaces nor names of their start: there the number alone decides,
 *   among processes of computers with one name.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { statFields, unlessMissing } from './proc-files.ts';

/** `restarted`: it was of an earlier start of the machine, or is of another machine. */
export type ProcessFate = 'alive' | 'gone' | 'restarted' | 'unknown';

/** This process, and what can be told of others. */
export interface ProcessFates {
  readonly pid: number;
  /** Another one each time the machine is started; undefined where the system does not say. */
  readonly boot: string | undefined;
  /** Where numbers mean the same: `<boot>.<namespaces>`, of letters and digits. */
  readonly place: string;
  /** Tells this process from all others, together with its number: the place, a dot, letters and digits. */
  readonly mark: string;
  /** Whether marks say when a process began; where they do not, an earlier process of our number is told as this one. */
  readonly tellsStarts: boolean;
  /** @param mark of that process; what is no mark makes it 'unknown' */
  fateOf(pid: number, mark: string): ProcessFate;
}

/** What the system says; undefined is what is not there or may not be read. */
export interface ProcessSource {
  readonly platform: string;
  readonly host: string;
  readonly pid: number;
  readonly text: (path: string) => string | undefined;
  readonly link: (path: string) => string | undefined;
  /** Whether there is a process of this number. */
  readonly isThere: (pid: number) => boolean;
}

/** Of the characters of a boot identifier so many are kept: 48 random bits. */
const bootChars = 12;
const UNTOLD = '0';

/** Reads what does not change while the process lives: three small files. */
export function processFates(source: ProcessSource = systemSource): ProcessFates {
  const { pid } = source;
  const boot = source.text('/proc/sys/kernel/random/boot_id')?.trim();
  const place = placeOf(source, boot);
  const isOwnList = source.link('/proc/self') === String(pid); // else /proc shows the numbers of another namespace
  const lifeOf = (of: number): Life => (isOwnList ? lifeIn(source.text(`/proc/${of}/stat`)) : UNKNOWN_LIFE);
  const ownStart = lifeOf(pid).start;
  const own = `${place}.${ownStart}`;
  return {
    ...{ pid, boot, place },
    mark: own,
    tellsStarts: ownStart !== UNTOLD,
    fateOf: (of, mark) => {
      if (of === pid && mark === own && ownStart !== UNTOLD) return 'alive'; // asked of every message in hand
      const [itsBoot, itsSpaces, itsStart, ...rest] = mark.split('.');
      const [ownBoot, ownSpaces] = place.split('.');
      if (itsStart === undefined || rest.length > 0) return 'unknown';
      if (itsBoot === UNTOLD || itsSpaces === UNTOLD || ownBoot === UNTOLD || ownSpaces === UNTOLD) return 'unknown';
      if (itsBoot !== ownBoot) return 'restarted';
      if (itsSpaces !== ownSpaces) return 'unknown';
      if (!Number.isSafeInteger(of) || of <= 0 || !source.isThere(of)) return 'gone';
      const { start, hasEnded } = lifeOf(of);
      if (hasEnded) return 'gone';
      return start === UNTOLD || itsStart === UNTOLD || start === itsStart ? 'alive' : 'gone';
    },
  };
}

/** The time namespace is part of it: in another one the starts of the same processes are others. */
function placeOf({ platform, host, link }: ProcessSource, boot: string | undefined): string {
  if (platform !== 'linux') return `name.${createHash('sha256').update(host).digest('hex').slice(0, bootChars)}`;
  const start = boot?.replaceAll('-', '').slice(0, bootChars) ?? UNTOLD;
  const pids = numberIn(link('/proc/self/ns/pid'));
  const time = numberIn(link('/proc/self/ns/time')) ?? UNTOLD; // kernels before 5.6 have none
  return `${start}.${pids === undefined ? UNTOLD : `${pids}t${time}`}`;
}

/** `pid:[4026531836]`: the number, shortened. */
function numberIn(namespace: string | undefined): string | undefined {
  const [, digits] = /^\w+:\[(\d+)\]$/.exec(namespace ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits).toString(36);
}

interface Life {
  readonly start: string;
  /** Only its number is left, for whoever waits for its end. */
  readonly hasEnded: boolean;
}

const UNKNOWN_LIFE: Life = { start: UNTOLD, hasEnded: false };

/** Of the fields of `stat`: 3, the state; 20, how many threads there are; 22, the start, in ticks since the machine came up. */
function lifeIn(stat: string | undefined): Life {
  const fields = statFields(stat);
  const [state, ticks] = [fields[0], fields[19]];
  // The first thread of a process that was killed may be done before the others are.
  const hasEnded = state === 'X' || (state === 'Z' && fields[17] === '1');
  const start = ticks === undefined || !/^\d+$/.test(ticks) ? UNTOLD : Number(ticks).toString(36);
  return { start, hasEnded };
}

/** The processes of this computer. */
const systemSource: ProcessSource = {
  ...{ platform: process.platform, host: hostname(), pid: process.pid },
  text: (path) => unlessMissing(() => readFileSync(path, 'utf8')),
  link: (path) => unlessMissing(() => readlinkSync(path)),
  isThere: isProcessThere,
};

/** Whether there is a process of this number that we can see; one that we may not ask about is there. */
export function isProcessThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // it lives, under another user
  }
}
