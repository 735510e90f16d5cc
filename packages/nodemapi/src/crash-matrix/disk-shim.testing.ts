/** Builds libraries such as `disk-shim.testing.c`, and starts processes with it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ShimOptions {
  /** Folder whose files are watched. */
  readonly root: string;
  /** File whose content becomes remarks. */
  readonly marks: string;
  readonly log?: string;
  readonly fault?: DiskFault;
}

/** What happens at the `at`-th change after the remark `begin`; `+` says that all later ones fail as well. */
export interface DiskFault {
  readonly at: number;
  readonly kind: 'kill-before' | 'kill-torn' | 'kill-after' | 'ENOSPC' | 'EIO' | 'ENOSPC+' | 'EIO+';
}

/**
 * The path of a library for LD_PRELOAD, compiled if its source has changed; a text that says why there can be none: another
 * system than Linux, no C compiler, or a folder whose name LD_PRELOAD cannot take.
 */
export async function compiledShim(
  source: string,
  cache: string,
): Promise<{ readonly path: string } | { readonly why: string }> {
  if (process.platform !== 'linux') return { why: `calls are caught on Linux only, not on ${process.platform}` };
  if (/[\s:]/u.test(cache)) return { why: `LD_PRELOAD takes no path with a space or a colon, such as ${cache}` };
  const text = await readFile(source);
  const name = basename(source).replace(/\..*$/u, '');
  const path = join(cache, `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.so`);
  if (existsSync(path)) return { path };
  await mkdir(cache, { recursive: true });
  const beside = `${path}.${process.pid}`;
  try {
    await run('cc', ['-shared', '-fPIC', '-O1', '-o', beside, source, '-ldl', '-lpthread']);
  } catch (error) {
    return {
      why: `no C compiler that makes the shim: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    };
  }
  await rename(beside, path);
  return { path };
}

/** The environment of a process that is watched. */
export function shimEnvironment(path: string, { root, marks, log, fault }: ShimOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LD_PRELOAD: path,
    UV_USE_IO_URING: '0',
    CRASH_DISK_ROOT: root,
    CRASH_DISK_MARKS: marks,
    ...(log === undefined ? {} : { CRASH_DISK_LOG: log }),
    ...(fault === undefined ? {} : { CRASH_DISK_FAULT: `${fault.at} ${fault.kind}` }),
  };
}
