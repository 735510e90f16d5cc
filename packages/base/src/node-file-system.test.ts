import { deepStrictEqual, ok, rejects } from 'node:assert';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { utf8Decode, utf8Encode } from './bytes.ts';
import { fileTimeToMs } from './file-time.ts';
import { nodeFileSystem as files } from './node-file-system.ts';

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'nodemapi-files-'));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The mode of a new file without what the user of these tests keeps from all. */
async function masked(directory: string, mode: number): Promise<number> {
  const path = join(directory, 'masked');
  await writeFile(path, '', { mode });
  return (await files.stat(path)).mode ?? 0;
}

test('an atomic write creates and replaces, for the owner only, and leaves nothing beside', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a');
    await files.writeFileAtomic(path, utf8Encode('one'));
    await files.writeFileAtomic(path, utf8Encode('two'));
    const read = await files.readFile(path);
    deepStrictEqual([utf8Decode(read), read.constructor, await files.list(directory)], ['two', Uint8Array, ['a']]);
    const stat = await files.stat(path);
    deepStrictEqual([stat.kind, stat.size, stat.mode], ['file', 3, 0o600]);
    ok(Math.abs(fileTimeToMs(stat.modified) - Date.now()) < 60_000);
  }));

test('an atomic write that fails leaves the old file and nothing beside', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'full');
    await files.mkdir(join(path, 'inner'));
    await rejects(files.writeFileAtomic(path, utf8Encode('x'))); // a file cannot replace a directory
    deepStrictEqual([await files.list(directory), (await files.stat(path)).kind], [['full'], 'directory']);
  }));

test('directories are made deep, listed in order and removed', () =>
  inDirectory(async (directory) => {
    const deep = join(directory, 'x', 'y');
    await files.mkdir(deep);
    await files.mkdir(deep);
    deepStrictEqual((await files.stat(deep)).mode, 0o700);
    for (const name of ['b', 'a', 'c'])
      await files.writeFileAtomic(join(deep, name), new Uint8Array(0), { mode: 0o640 });
    deepStrictEqual(
      [await files.list(deep), (await files.stat(join(deep, 'a'))).mode],
      [['a', 'b', 'c'], await masked(directory, 0o640)],
    );
    await rejects(files.remove(deep), (error: Error) => 'code' in error && error.name === 'MapiError');
    await files.remove(join(deep, 'a'));
    await files.removeTree(join(directory, 'x'));
    await files.removeTree(join(directory, 'x'));
    deepStrictEqual(await files.exists(deep), false);
  }));

test('remove takes a link away, not what it points to', () =>
  inDirectory(async (directory) => {
    await files.mkdir(join(directory, 'real'));
    await symlink(join(directory, 'real'), join(directory, 'link'));
    await files.remove(join(directory, 'link'));
    deepStrictEqual(await files.list(directory), ['real']);
  }));

test('what is not there is MAPI_E_NOT_FOUND, and does not exist', () =>
  inDirectory(async (directory) => {
    const absent = join(directory, 'absent');
    const notFound = { code: 'MAPI_E_NOT_FOUND', component: 'file-system' };
    await rejects(files.readFile(absent), notFound);
    await rejects(files.stat(absent), notFound);
    await rejects(files.list(absent), notFound);
    await rejects(files.remove(absent), notFound);
    await rejects(files.openRead(absent), notFound);
    await rejects(files.rename(absent, join(directory, 'b')), notFound);
    await files.writeFileAtomic(join(directory, 'file'), new Uint8Array(0));
    deepStrictEqual([await files.exists(absent), await files.exists(join(directory, 'file', 'below'))], [false, false]);
  }));

test('rename replaces, chmod changes the mode', () =>
  inDirectory(async (directory) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'sub', 'to')];
    await files.mkdir(join(directory, 'sub'));
    await files.writeFileAtomic(from, utf8Encode('new'));
    await files.writeFileAtomic(to, utf8Encode('old'));
    await files.rename(from, to);
    await files.chmod(to, 0o644);
    deepStrictEqual(
      [utf8Decode(await files.readFile(to)), await files.exists(from), (await files.stat(to)).mode],
      ['new', false, 0o644],
    );
  }));

test('truncate leaves the same file, empty, and makes none', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a');
    await files.writeFileAtomic(path, utf8Encode('0123456789'), { mode: 0o640 });
    await using file = await files.openRead(path);
    await files.truncate(path);
    deepStrictEqual([await file.size(), (await files.stat(path)).mode], [0, await masked(directory, 0o640)]);
    await rejects(files.truncate(join(directory, 'b')), { code: 'MAPI_E_NOT_FOUND' });
  }));

test('an open file is read anywhere, never past its end', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a');
    await files.writeFileAtomic(path, utf8Encode('0123456789'));
    await using file = await files.openRead(path);
    deepStrictEqual(
      [await file.size(), utf8Decode(await file.read(3, 4)), utf8Decode(await file.read(0, 10))],
      [10, '3456', '0123456789'],
    );
    await rejects(file.read(8, 3), { code: 'MAPI_E_CORRUPT_DATA' });
    await rejects(file.read(-1, 1), { code: 'MAPI_E_CORRUPT_DATA' });
  }));

test('an open file is read into memory that is there', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a');
    await files.writeFileAtomic(path, utf8Encode('0123456789'));
    await using file = await files.openRead(path);
    const memory = utf8Encode('......');
    await file.readInto?.(4, memory.subarray(1, 5));
    deepStrictEqual(utf8Decode(memory), '.4567.');
    for (const offset of [7, -1])
      await rejects(async () => file.readInto?.(offset, memory), { code: 'MAPI_E_CORRUPT_DATA' });
  }));

test('an append file adds at the end, also when opened again', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'journal');
    for (const part of ['one,', 'two,']) {
      await using file = await files.openAppend(path);
      await file.write(utf8Encode(part));
      await file.write(utf8Encode(part));
      await file.sync();
    }
    deepStrictEqual(
      [utf8Decode(await files.readFile(path)), (await files.stat(path)).mode],
      ['one,one,two,two,', 0o600],
    );
  }));

test('a lock is held by one and free after disposal; a second disposal does not free the next owner', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'lock');
    const first = await files.lock(path, utf8Encode('pid 1'));
    await rejects(files.lock(path, utf8Encode('pid 2')), { code: 'MAPI_E_BUSY' });
    deepStrictEqual(utf8Decode(await files.readFile(path)), 'pid 1');
    await first[Symbol.asyncDispose]();
    await using _second = await files.lock(path, utf8Encode('pid 2'));
    await first[Symbol.asyncDispose]();
    deepStrictEqual(utf8Decode(await files.readFile(path)), 'pid 2');
  }));

test('directories are made with those above them; what cannot be made fails and ends', () =>
  inDirectory(async (directory) => {
    await files.mkdir(join(directory, 'a', 'b', 'c'));
    await files.mkdir(join(directory, 'a', 'b', 'c'));
    deepStrictEqual((await files.stat(join(directory, 'a', 'b'))).mode, 0o700);
    await files.writeFileAtomic(join(directory, 'file'), utf8Encode('x'));
    await rejects(files.mkdir(join(directory, 'file')), { code: 'MAPI_E_COLLISION' });
    await rejects(files.mkdir(join(directory, 'file', 'below')));
    if (await files.exists('/proc/self'))
      await rejects(files.mkdir('/proc/nodemapi/home'), { code: 'MAPI_E_NOT_FOUND' });
  }));

for (const [what, work] of [
  ['a lock', (path: string) => files.lock(path, utf8Encode('new'))],
  ['an atomic write', (path: string) => files.writeFileAtomic(path, utf8Encode('new'))],
] as const) {
  test(`${what} that stands still until others have tidied up beside it is made all the same`, () =>
    inDirectory(async (directory) => {
      let isDone = false;
      let tidied = 0;
      const path = join(directory, 'f');
      const working = work(path).finally(() => {
        isDone = true;
      });
      while (!isDone && tidied === 0) {
        for (const name of readdirSync(directory).filter((one) => one.endsWith('.tmp'))) {
          rmSync(join(directory, name));
          tidied++;
        }
        await new Promise(setImmediate);
      }
      await working;
      deepStrictEqual([tidied, await files.list(directory)], [1, ['f']]);
      deepStrictEqual(utf8Decode(await files.readFile(path)), 'new');
    }));
}

test('a lock file is never there without its content, whenever its process is killed, and nothing lies beside it', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'lock');
    for (let round = 0; round < 20; round++) {
      let isDone = false;
      const locked = files.lock(path, utf8Encode('pid 1')).finally(() => {
        isDone = true;
      });
      while (!isDone) {
        if (existsSync(path)) deepStrictEqual(readFileSync(path, 'utf8'), 'pid 1');
        await new Promise((resolve) => setImmediate(resolve));
      }
      await using _lock = await locked;
      deepStrictEqual(await files.list(directory), ['lock']);
    }
  }));
