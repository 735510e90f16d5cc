import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { queryAllRows } from '@nodemapi/kit';
import { MapiError, PR_PROVIDER_UID, PR_SERVICE_NAME, propOf } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';

const account = { host: 'mail.example.com', port: 2525, from: 'ada@example.com', user: 'ada', password: 'Secret' };

async function withSubsystems(count: number, work: (...all: HomeSubsystem[]) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-ensure-'));
  const all = await Promise.all(Array.from({ length: count }, () => createSubsystem({ home })));
  for (const subsystem of all) await subsystem.MAPIInitialize();
  try {
    await work(...all);
  } finally {
    for (const subsystem of all) await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
}

async function namesOf(subsystem: HomeSubsystem): Promise<readonly (string | undefined)[]> {
  await using admin = await subsystem.MAPIAdminProfiles();
  await using services = await admin.adminServices('work');
  await using table = await services.getMsgServiceTable();
  const rows = await queryAllRows(table, { tags: [PR_SERVICE_NAME] });
  return rows.map((row) => propOf(row, PR_SERVICE_NAME));
}

/** Settings of the SMTP service, as its provider finds them: host, port, user, password. */
async function settingsOf(subsystem: HomeSubsystem): Promise<readonly unknown[]> {
  const { smtp } = subsystem.catalogue.services;
  const tags = ['host', 'port', 'user', 'password'].map((key) => Number(smtp?.options[key]?.tag));
  await using admin = await subsystem.MAPIAdminProfiles();
  await using services = await admin.adminServices('work');
  await using table = await services.getProviderTable();
  const rows = await queryAllRows(table, { tags: [PR_PROVIDER_UID, PR_SERVICE_NAME] });
  const uid = propOf(rows.find((row) => propOf(row, PR_SERVICE_NAME) === 'smtp') ?? [], PR_PROVIDER_UID);
  assert.ok(uid);
  await using section = await services.openProfileSection(uid, { forceAccess: true });
  return (await section.getProps(tags as never)).values;
}

describe('a profile as the program wants it', () => {
  test('it is made with the default services, and what is said again changes what is said, and nothing else', () =>
    withSubsystems(1, async (subsystem) => {
      assert.ok(subsystem);
      await subsystem.ensureProfile('work', { services: { smtp: account }, default: true });
      assert.deepEqual(await namesOf(subsystem), ['sql', 'pab', 'local', 'smtp']);
      assert.equal(await subsystem.defaultProfile(), 'work');
      const file = join(subsystem.host.home, 'profiles/work.json');
      const before = await readFile(file, 'utf8');
      await subsystem.ensureProfile('work', { services: { smtp: account } });
      assert.equal(await readFile(file, 'utf8'), before);
      // A password that differs by its case is another one.
      await subsystem.ensureProfile('work', { services: { smtp: { port: 25, password: 'secret' } } });
      assert.deepEqual(await settingsOf(subsystem), ['mail.example.com', 25, 'ada', 'secret']);
      assert.deepEqual(await namesOf(subsystem), ['sql', 'pab', 'local', 'smtp']);
    }));

  test('several processes that start at once make one profile with one service', () =>
    withSubsystems(3, async (...all) => {
      await Promise.all(all.map((subsystem) => subsystem.ensureProfile('work', { services: { smtp: account } })));
      for (const subsystem of all) {
        assert.deepEqual(await namesOf(subsystem), ['sql', 'pab', 'local', 'smtp']);
        assert.deepEqual(await settingsOf(subsystem), ['mail.example.com', 2525, 'ada', 'Secret']);
      }
    }));

  test('what is said wrongly is told with its name, before anything is made', () =>
    withSubsystems(1, async (subsystem) => {
      assert.ok(subsystem);
      const refused = async (services: unknown, text: RegExp, more: object = {}): Promise<void> => {
        const wrong = subsystem.ensureProfile('work', { services: services as never, ...more });
        await assert.rejects(wrong, (error) => MapiError.is(error) && text.test(error.detail));
        assert.deepEqual(await readdir(subsystem.host.home).then((names) => names.includes('profiles')), false);
      };
      await refused({ smpt: account }, /the catalogue has no service "smpt"; there are: sql/u);
      await refused({ smtp: { hots: 'x' } }, /unknown option "hots"; there are: host/u);
      await refused({ smtp: { ...account, password: undefined } }, /setting password of service "smtp" is undefined/u);
      await refused({ smtp: null }, /the settings of service "smtp" are null/u);
      await refused('smtp', /services is no object/u);
      await refused({}, /a profile has no setting service; there are: services, default/u, { service: {} });
      await refused({}, /default is yes/u, { default: 'yes' });
      await refused({ smtp: { ...account, port: 'x' } }, /option port="x" must be a whole number/u);
    }));

  test('a service that refuses its settings is not left in the profile', () =>
    withSubsystems(1, async (subsystem) => {
      assert.ok(subsystem);
      const wrong = subsystem.ensureProfile('work', { services: { smtp: { ...account, security: 'ssl' } } });
      await assert.rejects(wrong, (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'));
      assert.deepEqual(await namesOf(subsystem), ['sql', 'pab', 'local']);
    }));
});

test('a home that cannot be made is named', async () => {
  const file = fileURLToPath(import.meta.url);
  await assert.rejects(createSubsystem({ home: join(file, 'home') }), /the MAPI home .*home cannot be made: /u);
  await assert.rejects(createSubsystem({ home: file }), /ensure-profile\.test\.ts is a file, not a directory/u);
});
