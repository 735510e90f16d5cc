import assert from 'node:assert/strict';
import { seededRandom, systemClock, utf8Decode } from '@nodemapi/base';
import { test } from 'vitest';
import { FileLocks } from './file-locks.ts';
import { MemoryFiles } from './memory-files.testing.ts';
import { systemProcesses } from './processes.ts';
import { EncryptedFileSecrets } from './secret-store.ts';

const storeOn = (files: MemoryFiles, seed = 1): EncryptedFileSecrets =>
  new EncryptedFileSecrets('/h', files, seededRandom(seed), new FileLocks(files, systemClock, systemProcesses));

test('secrets are kept encrypted, in files for their owner alone', async () => {
  const files = new MemoryFiles();
  await storeOn(files).set('a/b', 'hunter2');
  assert.equal(await storeOn(files, 2).get('a/b'), 'hunter2');
  for (const [path, { bytes, mode }] of files.files) {
    assert.ok(!utf8Decode(bytes).includes('hunter2'), path);
    assert.equal(mode, 0o600, path);
  }
});

test('secrets are forgotten and copied by the beginning of their key', async () => {
  const files = new MemoryFiles();
  const secrets = storeOn(files);
  await secrets.deletePrefix('a/');
  await Promise.all([secrets.set('a/1', 'x'), secrets.set('a/2', 'y'), secrets.set('b/1', 'z')]);
  await secrets.copyPrefix('a/', 'c/');
  await secrets.deletePrefix('a/');
  const found = await Promise.all(['a/1', 'a/2', 'b/1', 'c/1', 'c/2'].map((key) => secrets.get(key)));
  assert.deepEqual(found, [undefined, undefined, 'z', 'x', 'y']);
});

test('a damaged file and a wrong key are named, and nothing is overwritten', async () => {
  const files = new MemoryFiles();
  await storeOn(files).set('a', 'x');
  const whole = await files.readFile('/h/secrets.bin');
  await files.writeFileAtomic(
    '/h/secrets.bin',
    whole.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
  );
  await assert.rejects(storeOn(files).get('a'), { code: 'MAPI_E_CORRUPT_DATA' });
  await assert.rejects(storeOn(files).set('b', 'y'), { code: 'MAPI_E_CORRUPT_DATA' });
  await files.writeFileAtomic('/h/secrets.bin', new Uint8Array(3));
  await assert.rejects(storeOn(files).get('a'), { code: 'MAPI_E_CORRUPT_DATA' });
});
