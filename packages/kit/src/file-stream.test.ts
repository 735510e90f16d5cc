import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeWorkingFiles, seededRandom, type WorkingFiles } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStreamOnFile } from './file-stream.ts';
import { MemoryStream } from './memory-stream.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const fails = (code: string) => (error: unknown) => MapiError.is(error) && error.code === code;
const MAKE = { create: true, readWrite: true } as const;

async function inDirectory(run: (directory: string, files: WorkingFiles) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stream-'));
  try {
    await run(directory, { ...nodeWorkingFiles, temporaryDirectory: () => directory });
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('a stream on a file', () => {
  test('takes bytes alone', async () => {
    await inDirectory(async (directory, files) => {
      await using stream = await openStreamOnFile(join(directory, 'new'), { ...MAKE, files });
      const text = 'text' as unknown as Uint8Array; // as programs without a compiler may write
      await assert.rejects(stream.write(text), fails('MAPI_E_INVALID_PARAMETER'));
      assert.equal((await stream.stat()).size, 0);
    });
  });

  test('UTIL-033: reads a file that is there, and copies it into another stream', async () => {
    await inDirectory(async (directory) => {
      await writeFile(join(directory, 'a'), 'hello world');
      await using stream = await openStreamOnFile(join(directory, 'a'));
      assert.deepEqual(await stream.stat(), { size: 11, writable: false });
      await stream.seek(-5, 'end');
      const target = new MemoryStream();
      assert.equal(await stream.copyTo(target), 5);
      await target.seek(0);
      assert.deepEqual(await target.read(99), bytes('world'));
      await assert.rejects(stream.write(bytes('x')), fails('MAPI_E_NO_ACCESS'));
      await assert.rejects(stream.setSize(0), fails('MAPI_E_NO_ACCESS'));
      await assert.rejects(stream.seek(-1), fails('MAPI_E_INVALID_PARAMETER'));
    });
  });

  test('UTIL-033: a file that is not there is MAPI_E_NOT_FOUND, one without permission MAPI_E_NO_ACCESS', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'a');
      for (const options of [{}, { readWrite: true }])
        await assert.rejects(openStreamOnFile(path, options), fails('MAPI_E_NOT_FOUND'));
      await writeFile(path, 'x');
      await chmod(path, 0o400);
      // whoever may everything is told by a file system that refuses
      const refuse = async (): Promise<never> => {
        throw new MapiError('MAPI_E_NO_ACCESS', 'refused');
      };
      const files = process.getuid?.() === 0 ? { ...nodeWorkingFiles, open: refuse } : nodeWorkingFiles;
      await assert.rejects(openStreamOnFile(path, { readWrite: true, files }), fails('MAPI_E_NO_ACCESS'));
    });
  });

  test('UTIL-033: STGM_CREATE needs STGM_READWRITE, and empties a file that is there', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'a');
      await assert.rejects(openStreamOnFile(path, { create: true }), fails('MAPI_E_INVALID_PARAMETER'));
      await writeFile(path, 'something longer');
      const stream = await openStreamOnFile(path, MAKE);
      await stream.write(bytes('abcdef'));
      await stream.seek(3);
      await stream.write(bytes('XY'));
      await stream.setSize(5);
      await stream.commit();
      assert.equal(await readFile(path, 'latin1'), 'abcXY');
      await stream.release();
      await using changed = await openStreamOnFile(path, { readWrite: true });
      assert.deepEqual(await changed.read(2), bytes('ab'));
      assert.deepEqual(await changed.read(1e9), bytes('cXY'));
      assert.deepEqual(await changed.read(1), new Uint8Array(0));
    });
  });

  test('UTIL-033: without a name STGM_CREATE and STGM_DELETEONRELEASE must be set; the file goes with the last release', async () => {
    await inDirectory(async (directory, files) => {
      for (const options of [{}, { readWrite: true }, MAKE, { readWrite: true, deleteOnRelease: true }])
        await assert.rejects(openStreamOnFile(null, { ...options, files }), fails('MAPI_E_INVALID_PARAMETER'));
      const stream = await openStreamOnFile(null, { ...MAKE, deleteOnRelease: true, files });
      await stream.write(bytes('temporary'));
      stream.addRef();
      await stream.release();
      assert.match((await readdir(directory)).join(), /^SOF[0-9A-F]{4}\.TMP$/);
      await stream.release();
      assert.deepEqual(await readdir(directory), []);
    });
  });

  test('UTIL-033: SOF_UNIQUEFILENAME makes <prefix>HHHH.TMP in the directory, a new one each time', async () => {
    await inDirectory(async (directory) => {
      const options = { ...MAKE, uniqueFileName: true, prefix: 'AB' };
      for (let index = 0; index < 3; index++)
        await (await openStreamOnFile(directory, { ...options, random: seededRandom(1) })).release();
      const names = await readdir(directory);
      assert.equal(names.length, 3);
      for (const name of names) assert.match(name, /^AB[0-9A-F]{4}\.TMP$/);
      await assert.rejects(openStreamOnFile(directory, { uniqueFileName: true }), fails('MAPI_E_INVALID_PARAMETER'));
      for (const prefix of ['ABCD', '../', 'a/'])
        await assert.rejects(openStreamOnFile(directory, { ...options, prefix }), fails('MAPI_E_INVALID_PARAMETER'));
    });
  });

  test('UTIL-033: a directory that is full of such names is told', async () => {
    const files: WorkingFiles = {
      ...nodeWorkingFiles,
      open: async () => {
        throw new MapiError('MAPI_E_COLLISION', 'taken');
      },
    };
    await assert.rejects(openStreamOnFile('/x', { ...MAKE, uniqueFileName: true, files }), fails('MAPI_E_COLLISION'));
  });
});
