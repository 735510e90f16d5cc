import assert from 'node:assert/strict';
import { join } from 'node:path';
import { standaloneHost } from '@nodemapi/kit';
import { test } from 'vitest';
import { DropFolder } from './drop-folder.ts';
import { defaultAddress } from './mailbox.ts';

test.each([
  ['work', 'work@localhost'],
  ['Žofie Nová', 'zofie.nova@localhost'],
  ['漢', 'mailbox@localhost'],
  ['.a.', 'a@localhost'],
])('the address of the profile %s', (name, address) => {
  assert.equal(defaultAddress(name), address);
});

test('a mailbox that was made takes mail before its owner has logged on', async () => {
  await using host = await standaloneHost();
  const folder = new DropFolder('bob@localhost', host);
  assert.equal(await folder.exists(), false);
  await folder.create();
  assert.equal(await folder.exists(), true);
  assert.deepEqual(await host.files.list(join(host.home, 'local')), ['bob@localhost']);
});
