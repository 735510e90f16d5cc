import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { TestHome } from './io.testing.ts';

const SETTINGS = ['host=mail.test', 'from=ada@example.com', 'user=ada', 'password=secret'];

test('key= removes a setting, also a secret one', async () => {
  await using home = await TestHome.withProfile();
  await home.ok('service', 'add', 'smtp', ...SETTINGS);
  assert.match(await home.ok('service', 'list'), /user=ada\n.*password=\(set\)/su);
  await home.ok('service', 'set', 'smtp', 'user=', 'password=', 'port=2525');
  const list = await home.ok('service', 'list');
  assert.doesNotMatch(list, /user|password/u);
  assert.match(list, /port=2525/u);
  await home.ok('service', 'set', 'smtp', 'user='); // nothing to remove
  assert.match(await home.ok('service', 'set', '--help'), /key= with\s+nothing after it removes a setting/u);
});

test('what is needed stays, and a refusal changes nothing', async () => {
  await using home = await TestHome.withProfile();
  await home.ok('service', 'add', 'smtp', ...SETTINGS);
  const before = await home.ok('service', 'list');
  const needed = await home.run('service', 'set', 'smtp', 'host=');
  assert.equal(needed.code, 2);
  assert.match(needed.err, /needs the setting host/u);
  assert.match((await home.run('service', 'set', 'smtp', 'frob=')).err, /unknown setting "frob"/u);
  assert.match((await home.run('service', 'set', 'smtp', 'user=', 'user=bob')).err, /user is given twice/u);
  const refused = await home.run('service', 'set', 'smtp', 'password='); // there is a user still
  assert.equal(refused.code, 1);
  assert.match(refused.err, /password of ada/u);
  assert.equal((await home.run('service', 'set', 'smtp', 'user=', 'port=99999')).code, 1);
  assert.equal(await home.ok('service', 'list'), before);
});

const INF = `[Services]
FAX=Fax
BAD=Bad
[FAX]
PR_DISPLAY_NAME=Fax
Providers=Fax transport
[Fax transport]
PR_DISPLAY_NAME=Fax
PR_PROVIDER_DISPLAY=Fax transport
PR_PROVIDER_DLL_NAME=FAX.DLL
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
`;

test('a mapisvc.inf is taken into the catalogue, and a service out of it again', async () => {
  await using home = await TestHome.withProfile();
  const file = join(home.path, 'mapisvc.inf');
  await writeFile(file, INF);
  const imported = await home.run('service', 'import', file, '--module', 'fax=fax-transport', '--json');
  assert.equal(imported.code, 3);
  assert.deepEqual(JSON.parse(imported.out), {
    services: [{ name: 'FAX' }],
    problems: [{ line: 3, message: 'there is no section [BAD]' }],
  });
  assert.match(await home.ok('service', 'catalogue'), /^FAX {2}Fax$/mu);
  await home.ok('service', 'add', 'FAX');
  assert.match(await home.ok('service', 'list'), /transport: Fax/u);
  await home.ok('service', 'uninstall', 'FAX');
  assert.doesNotMatch(await home.ok('service', 'catalogue'), /FAX/u);
  assert.equal((await home.run('service', 'uninstall', 'smtp')).code, 1);
  assert.equal((await home.run('service', 'import', file, '--module', 'fax')).code, 2);
});
