/**
 * Who holds the write lock of an SQLite file, for error texts. SQLite does not say; Linux does, in /proc/locks.
 *
 * In WAL mode the write lock is byte 120 of the `-shm` file, and the next two are those of a checkpoint and of a recovery; while
 * a file is switched to WAL or closed for good, the file itself is locked.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { statFields, unlessMissing } from '@nodemapi/base';

/** A process, and whether it is stopped: by SIGSTOP, by Ctrl-Z, or by a debugger. */
export interface LockHolder {
  readonly pid: number;
  readonly isStopped: boolean;
}

/** What the system says; a test brings its own. */
export interface LockSource {
  readonly pid: number;
  /** The text of a file; undefined for one that is not there or may not be read. */
  readonly text: (path: string) => string | undefined;
  /** The number of a file on its device; undefined for one that is not there. */
  readonly inode: (path: string) => number | undefined;
  /** The path without symbolic links; the same one if it cannot be told. */
  readonly realPath: (path: string) => string;
  /** What a process has open. */
  readonly openFiles: (pid: number) => readonly string[];
}

const WAL_LOCK_FIRST = 120;
const WAL_LOCK_LAST = 122;

/** Another process that has the file at `path` locked for writing; undefined if none is seen. */
export function lockHolder(path: string, source: LockSource = systemSource): LockHolder | undefined {
  const real = source.realPath(path);
  const places: readonly [path: string, first: number, last: number][] = [
    [`${real}-shm`, WAL_LOCK_FIRST, WAL_LOCK_LAST],
    [real, 0, Number.POSITIVE_INFINITY],
  ];
  const locks = locksIn(source.text('/proc/locks') ?? '');
  for (const [file, first, last] of places) {
    const inode = source.inode(file);
    const found = locks.find(
      (lock) =>
        lock.inode === inode &&
        lock.pid !== source.pid &&
        lock.start <= last &&
        lock.end >= first &&
        source.openFiles(lock.pid).includes(file), // inodes of several devices may have one number
    );
    if (found !== undefined) return { pid: found.pid, isStopped: isStopped(found.pid, source) };
  }
  return undefined;
}

/** What to say of `path` after "database is locked": empty where nobody knows. */
export function holderText(path: string, source?: LockSource): string {
  const holder = lockHolder(path, source);
  if (holder === undefined) return '';
  const { pid, isStopped: stopped } = holder;
  if (!stopped) return `; process ${pid} is writing to it`;
  const goOn = `kill -CONT ${pid} lets it go on`;
  return `; process ${pid} holds it and is stopped: ${goOn}; kill -KILL ${pid} ends it, and nothing that was accepted is lost`;
}

interface Lock {
  readonly pid: number;
  readonly inode: number;
  readonly start: number;
  readonly end: number;
}

/** `1: POSIX  ADVISORY  WRITE 4711 fe:00:2244614 120 120`; a line with `->` is one that waits. */
const LOCK_LINE = /^\d+: \w+\s+\w+\s+WRITE\s+(\d+)\s+[\da-f]+:[\da-f]+:(\d+)\s+(\d+)\s+(\d+|EOF)$/u;

function locksIn(text: string): readonly Lock[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, inode, start, end] = LOCK_LINE.exec(line.trim()) ?? [];
    if (pid === undefined || Number(pid) <= 0) return [];
    const last = end === 'EOF' ? Number.POSITIVE_INFINITY : Number(end);
    return [{ pid: Number(pid), inode: Number(inode), start: Number(start), end: last }];
  });
}

function isStopped(pid: number, source: LockSource): boolean {
  const [state = ''] = statFields(source.text(`/proc/${pid}/stat`));
  return state === 'T' || state === 't';
}

const systemSource: LockSource = {
  pid: process.pid,
  text: (path) => unlessMissing(() => readFileSync(path, 'utf8')),
  realPath: (path) => unlessMissing(() => realpathSync(path)) ?? path,
  inode: (path) => unlessMissing(() => statSync(path).ino),
  openFiles: (pid) => {
    const folder = `/proc/${pid}/fd`;
    const names = unlessMissing(() => readdirSync(folder)) ?? [];
    return names.flatMap((name) => unlessMissing(() => readlinkSync(`${folder}/${name}`)) ?? []);
  },
};
