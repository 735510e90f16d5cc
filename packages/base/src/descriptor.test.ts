import { deepStrictEqual, ok, rejects, throws } from 'node:assert';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'vitest';
import { Descriptor } from './descriptor.ts';
import { nodeFileSystem } from './node-file-system.ts';

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'nodemapi-descriptor-'));
  try {
    await body(join(directory, 'file'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** How many numbers of this process are open on a path. */
function openOn(path: string): number {
  return readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`) === path;
    } catch {
      return false; // closed since, as the one that listed the directory
    }
  }).length;
}

test('closing waits for the calls that run, and is done once; then every call fails', () =>
  inDirectory(async (path) => {
    await writeFile(path, '0123456789');
    const file = await Descriptor.open(path, 'r+');
    const memory = [new Uint8Array(4), new Uint8Array(4)] as const;
    const reads = [file.read(memory[0], 0, 2), file.read(memory[1], 1, 8)];
    const closed = file.close();
    deepStrictEqual(await Promise.all(reads), [4, 2]);
    deepStrictEqual(
      memory.map((each) => Buffer.from(each).toString('latin1')),
      ['2345', '\0' + '89\0'],
    );
    await closed;
    await file.close();
    const failure = { code: 'MAPI_E_INVALID_OBJECT' };
    for (const call of [
      () => file.size(),
      () => file.read(memory[0], 0, 0),
      () => file.write(memory[0], 0),
      () => file.truncate(0),
      () => file.sync(),
    ])
      await rejects(call, failure);
    throws(() => file.writeNow(memory[0], 0), failure);
  }));

test('a call that fails leaves the file open, and closing does not wait for it', () =>
  inDirectory(async (path) => {
    await writeFile(path, 'x');
    const file = await Descriptor.open(path, 'r');
    await rejects(file.write(new Uint8Array(1), 0), { code: 'EBADF' });
    deepStrictEqual(await file.size(), 1);
    await file.close();
  }));

test.skipIf(!existsSync('/proc/self/fd'))('a file that is dropped is closed, without a word of Node about it', () =>
  inDirectory(async (path) => {
    await writeFile(path, 'x');
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    try {
      await (async () => {
        const file = await nodeFileSystem.openRead(path);
        deepStrictEqual([await file.size(), openOn(path)], [1, 1]);
      })();
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      for (let round = 0; openOn(path) > 0; round++) {
        ok(round < 1000, 'the file is still open');
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise((resolve) => setImmediate(resolve)); // Node warns on a later turn
      deepStrictEqual(warnings, []);
    } finally {
      process.off('warning', hear);
    }
  }),
);
