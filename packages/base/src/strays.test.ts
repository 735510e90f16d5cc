import { deepStrictEqual, rejects } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { type FileSystem, nodeFileSystem as files } from './index.ts';
import { removeStrays } from './strays.ts';

const GUID = '0123abcd-0123-4567-89ab-0123456789ab';

test('what was left beside a file and its locks goes when it is old; nothing else does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nodemapi-strays-'));
  try {
    const left = ['f', 'f.lock', `f.lock.${GUID}.tmp`, `f.lock.break.${GUID}.tmp`, `f.${GUID}.tmp`];
    const others = [`g.${GUID}.tmp`, `ff.${GUID}.tmp`, 'f.tmp', `f.${GUID}.tmp.old`, `f.${GUID}`];
    for (const name of [...left, ...others]) await writeFile(join(folder, name), '');
    await removeStrays(files, join(folder, 'f'), Date.now() + 30_000);
    deepStrictEqual((await files.list(folder)).length, left.length + others.length, 'somebody may be writing them');
    await removeStrays(files, join(folder, 'f'), Date.now() + 90_000);
    deepStrictEqual(await files.list(folder), ['f', 'f.lock', ...others].sort());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('what somebody else removes meanwhile is no fault; a disk that fails is', async () => {
  const gone: FileSystem = { ...files, list: async () => [`f.${GUID}.tmp`] };
  await removeStrays(gone, '/nowhere/f', 0);
  await rejects(removeStrays(files, '/nowhere/f', 0), { code: 'MAPI_E_NOT_FOUND' });
});
