import { deepStrictEqual, ok, rejects } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { utf8Decode, utf8Encode } from './bytes.ts';
import { type FaultPlan, FaultyFileSystem } from './faulty-file-system.ts';
import { MapiError } from './mapi-error.ts';
import { nodeFileSystem } from './node-file-system.ts';

interface Case {
  readonly directory: string;
  readonly files: FaultyFileSystem;
}

async function faulty(plan: FaultPlan, body: (setting: Case) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'nodemapi-faults-'));
  try {
    await body({ directory, files: new FaultyFileSystem(nodeFileSystem, plan) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Three changing operations: a directory, a file, its new name. */
async function threeSteps({ directory, files }: Case): Promise<boolean> {
  try {
    await files.mkdir(join(directory, 'd'));
    await files.writeFileAtomic(join(directory, 'd', 'a'), utf8Encode('text'));
    await files.rename(join(directory, 'd', 'a'), join(directory, 'd', 'b'));
    return true;
  } catch (error) {
    ok(MapiError.is(error, 'MAPI_E_NOT_ENOUGH_DISK'), String(error));
    return false;
  }
}

test.each([0, 1, 2, 3])('the operation %i fails and no other; without one everything works', (failAt) =>
  faulty({ failAt, error: 'ENOSPC' }, async (setting) => {
    deepStrictEqual(await threeSteps(setting), failAt === 3);
    deepStrictEqual([setting.files.fired, setting.files.operations], [failAt < 3, Math.min(failAt + 1, 3)]);
    if (failAt < 3) await setting.files.removeTree(join(setting.directory, 'd')); // the next one works again
  }),
);

test("EIO is a disk error whose cause looks like the system's", () =>
  faulty({ failAt: 0, error: 'EIO' }, async ({ directory, files }) => {
    await rejects(files.mkdir(join(directory, 'd')), (error: unknown) => {
      ok(MapiError.is(error, 'MAPI_E_DISK_ERROR'));
      deepStrictEqual((error.cause as { code?: string }).code, 'EIO');
      return true;
    });
  }));

test('after a crash everything fails, reading too, and locks stay', () =>
  faulty({ failAt: 1, error: 'EIO', crash: true }, async ({ directory, files }) => {
    const lock = await files.lock(join(directory, 'lock'), utf8Encode('pid'));
    await rejects(files.chmod(directory, 0o700));
    await rejects(files.readFile(join(directory, 'lock')), { code: 'MAPI_E_DISK_ERROR' });
    await rejects(files.exists(directory));
    await rejects(files.mkdir(join(directory, 'x')));
    await lock[Symbol.asyncDispose]();
    deepStrictEqual(await nodeFileSystem.list(directory), ['lock']);
  }));

test('a failing append leaves a prefix, the same one for the same seed', async () => {
  const left = async (seed: number): Promise<string> => {
    let text = '';
    await faulty({ failAt: 2, error: 'ENOSPC', seed }, async ({ directory, files }) => {
      const path = join(directory, 'journal');
      await using file = await files.openAppend(path);
      await file.write(utf8Encode('whole,'));
      await rejects(file.write(utf8Encode('0123456789')), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
      text = utf8Decode(await files.readFile(path));
    });
    return text;
  };
  const lefts = await Promise.all([1, 2, 3, 4, 5, 6].map(left));
  for (const text of lefts) ok('whole,012345678'.startsWith(text) && text.length >= 6, text);
  ok(new Set(lefts).size > 1);
  deepStrictEqual(await left(1), lefts[0]);
});

test('a failing atomic write has happened or not, never half', async () => {
  const found = new Set<string>();
  for (let seed = 0; seed < 12; seed++) {
    await faulty({ failAt: 1, error: 'EIO', seed }, async ({ directory, files }) => {
      const path = join(directory, 'a');
      await files.writeFileAtomic(path, utf8Encode('old'));
      await rejects(files.writeFileAtomic(path, utf8Encode('new')));
      found.add(utf8Decode(await files.readFile(path)));
    });
  }
  deepStrictEqual([...found].sort(), ['new', 'old']);
});

test('a failing lock or open leaves nothing', () =>
  faulty({ failAt: 0, error: 'ENOSPC' }, async ({ directory, files }) => {
    await rejects(files.lock(join(directory, 'lock'), new Uint8Array(0)));
    deepStrictEqual(await files.list(directory), []);
    await using file = await files.openAppend(join(directory, 'j'));
    await file.sync();
    await using read = await files.openRead(join(directory, 'j'));
    deepStrictEqual([await read.size(), (await files.stat(directory)).kind], [0, 'directory']);
  }));
