import assert from 'node:assert/strict';
import { fileTimeFromMs, seededRandom, utf8Encode, VirtualClock } from '@nodemapi/base';
import { getProp, queryAllRows, setProp } from '@nodemapi/kit';
import {
  type IProfAdmin,
  MAPI_SUBSYSTEM,
  MUID_PROFILE_INSTANCE,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  PR_PROFILE_NAME,
  PR_RESOURCE_TYPE,
  PR_SEARCH_KEY,
  PR_SERVICE_NAME,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

async function withAdmin(overrides: ConstructorParameters<typeof TestSubsystem>[0] = {}) {
  const made = await TestSubsystem.withProfile(overrides);
  return {
    subsystem: made.subsystem,
    library: made.library,
    files: made.files,
    log: made.log,
    admin: await made.subsystem.MAPIAdminProfiles(),
  };
}

const names = async (admin: IProfAdmin) => columnOf(await admin.getProfileTable(), PR_DISPLAY_NAME);

async function searchKey(admin: IProfAdmin, name: string): Promise<Uint8Array | undefined> {
  await using services = await admin.adminServices(name);
  await using section = await services.openProfileSection(MUID_PROFILE_INSTANCE);
  return getProp(section, PR_SEARCH_KEY);
}

describe('profiles', () => {
  test('PROF-1, PROF-21, PROF-22: the table is a snapshot of names and the default', async () => {
    const { admin } = await withAdmin();
    await using table = await admin.getProfileTable();
    await admin.createProfile('Later');
    assert.deepEqual(await table.queryColumns(), [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE]);
    assert.deepEqual(
      (await queryAllRows(table)).map((row) => row.map((value) => value.value)),
      [['Work', true]],
    );
    assert.deepEqual(await names(admin), ['Later', 'Work']);
  });

  test('PROF-21: no profiles are a table without rows', async () => {
    const { subsystem } = new TestSubsystem();
    await subsystem.MAPIInitialize();
    assert.deepEqual(await names(await subsystem.MAPIAdminProfiles()), []);
  });

  test('PROF-3, PROF-5: a name has to be one, and to be free', async () => {
    const { admin } = await withAdmin();
    await assert.rejects(admin.createProfile('a/b'), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(admin.createProfile('Work'), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('PROF-4: passwords do nothing', async () => {
    const { admin } = await withAdmin();
    await admin.changeProfilePassword('Work', null, 'x');
  });

  test('PROF-7, PROF-8: the default services are filled in first, then told, with a user only if both flags are set', async () => {
    const { admin, library } = await withAdmin();
    const seen: unknown[] = [];
    library.behaviour.entry = async (call) => {
      await using table = await call.providerAdmin.getProviderTable();
      seen.push([call.context, call.ui !== undefined, await table.getRowCount()]);
    };
    const ui = { confirm: async () => true, choose: async () => 0, prompt: async () => '', progress: () => {} };
    await admin.createProfile('B', { defaultServices: true }, ui);
    await admin.createProfile('C', { defaultServices: true, dialog: true }, ui);
    assert.deepEqual(seen, [...Array(3).fill(['create', false, 1]), ...Array(3).fill(['create', true, 1])]);
  });

  test('PROF-9, PROF-12: a deletion tells each service once, before it is gone', async () => {
    const { admin, library } = await withAdmin();
    await assert.rejects(admin.deleteProfile('Nobody'), { code: 'MAPI_E_NOT_FOUND' });
    await admin.deleteProfile('Work');
    assert.deepEqual(library.calls, Array(3).fill('entry delete'));
    assert.deepEqual(await names(admin), []);
  });

  test('PROF-10, PROF-11: a profile in use is marked, unlisted, usable, and goes with its last session', async () => {
    const { admin, subsystem, files } = await withAdmin();
    const first = await subsystem.MAPILogonEx(null, 'Work', null);
    const second = await subsystem.MAPILogonEx(null, 'Work', null);
    await admin.deleteProfile('Work');
    assert.deepEqual(await names(admin), []);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_LOGON_FAILED' });
    await assert.rejects(admin.adminServices('Work'), { code: 'MAPI_E_LOGON_FAILED' });
    await first.logoff();
    await using stores = await second.getMsgStoresTable();
    assert.equal(await stores.getRowCount(), 1);
    await second.logoff();
    assert.deepEqual(
      [...files.files.keys()].filter((path) => path.includes('%57ork')),
      [],
    );
  });

  test('AMB-41: the services of a profile that is deleted while it is in use are told when it goes, once', async () => {
    const { admin, subsystem, library } = await withAdmin();
    const first = await subsystem.MAPILogonEx(null, 'Work', null);
    const second = await subsystem.MAPILogonEx(null, 'Work', null);
    await admin.deleteProfile('Work');
    const told = (): number => library.calls.filter((call) => call === 'entry delete').length;
    await first.logoff();
    assert.equal(told(), 0);
    library.behaviour.entry = () => {
      throw new Error('I would rather stay');
    };
    await second.logoff();
    assert.equal(told(), 3);
    await assert.rejects(admin.deleteProfile('Work'), { code: 'MAPI_E_NOT_FOUND' });
    assert.equal(told(), 3);
  });

  test('AMB-39, AMB-42, PROF-13: a copy has what its source has, but is another profile', async () => {
    const { admin } = await withAdmin();
    await assert.rejects(admin.copyProfile('Nobody', 'X'), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(admin.copyProfile('Work', 'Work'), { code: 'MAPI_E_NO_ACCESS' });
    await admin.copyProfile('Work', 'Copy');
    await using services = await admin.adminServices('Copy');
    const found = await columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME);
    assert.deepEqual(found, ['STORE', 'BOOK', 'MAIL']);
    assert.notDeepEqual(await searchKey(admin, 'Work'), await searchKey(admin, 'Copy'));
  });

  test('AMB-40, AMB-42, PROF-15: a profile in use gets its new name when it is free, and the name is reserved', async () => {
    const { admin, subsystem } = await withAdmin();
    const key = await searchKey(admin, 'Work');
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await assert.rejects(admin.renameProfile('Nobody', 'Else'), { code: 'MAPI_E_NOT_FOUND' });
    await admin.renameProfile('Work', 'Play');
    assert.deepEqual(await names(admin), ['Work']);
    await admin.createProfile('Other');
    await assert.rejects(admin.renameProfile('Other', 'Play'), { code: 'MAPI_E_NO_ACCESS' });
    await session.logoff();
    assert.deepEqual(await names(admin), ['Other', 'Play']);
    assert.deepEqual(await searchKey(admin, 'Play'), key);
    await using again = await subsystem.MAPILogonEx(null, null, null, { useDefault: true });
    assert.equal(again.iid, 'IMAPISession');
  });

  test('PROF-17, PROF-18: there is one default, or none', async () => {
    const { admin } = await withAdmin();
    await admin.createProfile('B');
    await admin.setDefaultProfile('B');
    const defaults = async () => columnOf(await admin.getProfileTable(), PR_DEFAULT_PROFILE);
    assert.deepEqual(await defaults(), [true, false]);
    await admin.setDefaultProfile(null);
    assert.deepEqual(await defaults(), [false, false]);
    await assert.rejects(admin.setDefaultProfile('C'), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('PROF-19, PROF-20: services are administered without a session; an unknown profile is a failed logon', async () => {
    const { admin, library } = await withAdmin();
    await using services = await admin.adminServices('Work');
    assert.equal(services.iid, 'IMsgServiceAdmin');
    assert.deepEqual(library.calls, []);
    await assert.rejects(admin.adminServices('Nobody'), { code: 'MAPI_E_LOGON_FAILED' });
  });

  test('PROF-24: the subsystem row and the sections tell the name of the profile', async () => {
    const { subsystem, admin } = await withAdmin();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await using table = await session.getStatusTable();
    const row = (await queryAllRows(table)).find((one) => propOf(one, PR_RESOURCE_TYPE) === MAPI_SUBSYSTEM);
    assert.equal(propOf(row ?? [], PR_DISPLAY_NAME), 'Work');
    await using services = await admin.adminServices('Work');
    await using section = await services.openProfileSection(utf8Encode('my own section01'), { modify: true });
    assert.equal(await getProp(section, PR_PROFILE_NAME), 'Work');
  });

  test('PROF-26: a profile made anew under an old name has another key', async () => {
    const { admin } = await withAdmin();
    const key = await searchKey(admin, 'Work');
    await admin.deleteProfile('Work');
    await admin.createProfile('Work');
    assert.notDeepEqual(await searchKey(admin, 'Work'), key);
  });

  test('a file that cannot be read is named, by the logon too, and hides no other profile', async () => {
    const { admin, subsystem, files } = await withAdmin();
    await files.writeFileAtomic('/home/test/profiles/%42ad.json', utf8Encode('{"version":1,'));
    await files.writeFileAtomic('/home/test/profiles/%4eew.json', utf8Encode('{"version":99}'));
    assert.deepEqual(await names(admin), ['Bad', 'New', 'Work']);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Bad', null), {
      code: 'MAPI_E_CORRUPT_DATA',
      message: /%42ad\.json/,
    });
    await assert.rejects(admin.adminServices('New'), { code: 'MAPI_E_VERSION' });
    await (await subsystem.MAPILogonEx(null, 'Work', null)).logoff();
  });

  test('two subsystems on one home see each other', async () => {
    const one = await withAdmin();
    const two = new TestSubsystem({ files: one.files, random: seededRandom(2) });
    await two.subsystem.MAPIInitialize();
    const session = await two.subsystem.MAPILogonEx(null, 'Work', null);
    await one.admin.deleteProfile('Work');
    await using stores = await session.getMsgStoresTable();
    assert.equal(await stores.getRowCount(), 1);
    await session.logoff();
    assert.deepEqual(await names(one.admin), []);
  });

  test('processes that leave a profile at a time see to what another one left behind, and to what was put off, once', async () => {
    const first = await withAdmin({ processes: { pid: 10, fateOf: (pid) => (pid < 12 ? 'alive' : 'gone') } });
    const { files } = first;
    const entries: string[] = [];
    const second = new TestSubsystem({ files, processes: { pid: 11, fateOf: (pid) => (pid < 12 ? 'alive' : 'gone') } });
    await second.subsystem.MAPIInitialize();
    for (const { library } of [first, second]) {
      library.behaviour.entry = ({ context }) => void entries.push(context);
    }
    const sessions = [first, second].map(({ subsystem }) => subsystem.MAPILogonEx(null, 'Work', null));
    const [one, other] = await Promise.all(sessions);
    assert.ok(one !== undefined && other !== undefined);
    await first.admin.deleteProfile('Work');
    const directory = (await files.list('/home/test/profiles')).find((name) => name.endsWith('.use'));
    await files.writeFileAtomic(`/home/test/profiles/${directory}/12-1`, new Uint8Array()); // its process died
    // both have left before one looks who is there, and both see the dead one before it is removed
    const { remove, list } = files;
    const turns = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
    };
    files.remove = (path) => turns(20).then(() => remove.call(files, path));
    files.list = (path) => turns(60).then(() => list.call(files, path));
    const reports = await Promise.all([one, other].map((session) => endSession(session)));
    assert.deepEqual(
      reports.map(({ completed }) => completed),
      [true, true],
    );
    assert.deepEqual(entries, ['delete', 'delete', 'delete']);
    assert.ok(![...files.files.keys()].some((path) => path.includes('ork')));
  });

  test('the use of a profile by a process that died does not count', async () => {
    const { admin, files } = await withAdmin({ processes: { pid: 5, fateOf: () => 'gone' } });
    await files.mkdir('/home/test/profiles/%57ork.use');
    await files.writeFileAtomic('/home/test/profiles/%57ork.use/77-abc', new Uint8Array());
    await admin.deleteProfile('Work');
    assert.deepEqual(
      [...files.files.keys()].filter((path) => path.includes('%57ork')),
      [],
    );
  });

  test('the use of a profile by a process that cannot be seen counts for a day', async () => {
    const clock = new VirtualClock();
    const { admin, files } = await withAdmin({
      clock,
      processes: { pid: 5, mark: 'b.here.1', fateOf: () => 'unknown' },
    });
    await files.mkdir('/home/test/profiles/%57ork.use');
    const path = '/home/test/profiles/%57ork.use/77-abc';
    await files.writeFileAtomic(path, utf8Encode('b.elsewhere.1'));
    const { stat } = files;
    let writtenMs = clock.nowMs();
    files.stat = async (of) => ({ ...(await stat.call(files, of)), modified: fileTimeFromMs(writtenMs) });
    await admin.deleteProfile('Work');
    assert.ok(await files.exists('/home/test/profiles/%57ork.json'), 'it is put off');
    writtenMs -= 25 * 60 * 60_000;
    await admin.deleteProfile('Work');
    assert.ok(!(await files.exists('/home/test/profiles/%57ork.json')));
  });

  test('PROF-3: every valid name can be used, also one whose encoding is longer than a file name may be', async () => {
    const { admin, subsystem, files } = await withAdmin();
    const long = ['é', '漢', '𝔸', 'A'].map((letter) => letter.repeat(64));
    const neighbour = `${'漢'.repeat(63)}字`;
    for (const name of [...long, neighbour]) await admin.createProfile(name, { defaultServices: true });
    assert.deepEqual(new Set(await names(admin)), new Set(['Work', ...long, neighbour]));
    for (const path of files.files.keys()) {
      for (const part of path.split('/')) assert.ok(utf8Encode(part).length <= 210, part);
    }
    const [name = ''] = long;
    await admin.setDefaultProfile(name);
    const session = await subsystem.MAPILogonEx(null, null, null, { useDefault: true });
    await session.logoff();
    await admin.renameProfile(name, 'Short');
    await admin.deleteProfile(neighbour);
    assert.deepEqual(new Set(await names(admin)), new Set(['Work', 'Short', ...long.slice(1)]));
    assert.equal(await searchKey(admin, neighbour).catch(() => undefined), undefined);
  });

  test('a profile with a cut name that cannot be read is logged, and the others are listed', async () => {
    const { admin, files, log } = await withAdmin();
    const path = `/home/test/profiles/a-${'0'.repeat(32)}.json`;
    await files.writeFileAtomic(path, utf8Encode('{'));
    assert.deepEqual(await names(admin), ['Work']);
    assert.ok(log.entries.some(({ event, fields }) => event === 'profile cannot be read' && fields.file === path));
  });

  test('changes from several places at once are all kept', async () => {
    const { admin } = await withAdmin();
    await using services = await admin.adminServices('Work');
    const write = async (byte: number): Promise<void> => {
      await using section = await services.openProfileSection(new Uint8Array(16).fill(byte), { modify: true });
      assert.equal(await setProp(section, PR_DISPLAY_NAME, `section ${byte}`), undefined);
    };
    await Promise.all([1, 2, 3, 4, 5].map(write));
    for (const byte of [1, 2, 3, 4, 5]) {
      await using section = await services.openProfileSection(new Uint8Array(16).fill(byte));
      assert.equal(await getProp(section, PR_DISPLAY_NAME), `section ${byte}`);
    }
  });
});
