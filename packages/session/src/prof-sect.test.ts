import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { getProp, PropData } from '@nodemapi/kit';
import {
  type IMsgServiceAdmin,
  type IProfSect,
  MUID_PROFILE_INSTANCE,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_OBJECT_TYPE,
  PR_PROFILE_NAME,
  PR_PROVIDER_UID,
  PR_SEARCH_KEY,
  PT_BINARY,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const OWN = utf8Encode('a section of own');
const PASSWORD = tag(0x67f0, PT_UNICODE);
const BLOB = tag(0x6601, PT_BINARY);

async function withServices() {
  const made = await TestSubsystem.withProfile();
  const admin = await made.subsystem.MAPIAdminProfiles();
  return { admin, subsystem: made.subsystem, files: made.files, services: await admin.adminServices('Work') };
}

async function withSection() {
  const made = await withServices();
  return { ...made, section: await made.services.openProfileSection(OWN, { modify: true }) };
}

async function reopened(services: IMsgServiceAdmin, section: IProfSect): Promise<IProfSect> {
  await section.release();
  return services.openProfileSection(OWN);
}

describe('profile sections', () => {
  test('PROF-34: the type and the name of the profile are there, and read-only', async () => {
    const { section } = await withSection();
    assert.deepEqual((await section.getProps([PR_OBJECT_TYPE, PR_PROFILE_NAME])).values, [9, 'Work']);
    const problems = await section.setProps([prop(PR_PROFILE_NAME, 'Play')]);
    assert.deepEqual(problems, [{ index: 0, tag: PR_PROFILE_NAME, code: 'MAPI_E_COMPUTED' }]);
  });

  test('PROF-35: changes take effect at once', async () => {
    const { section, services } = await withSection();
    await section.setProps([prop(PR_DISPLAY_NAME, 'one'), prop(PR_COMMENT, 'two')]);
    await section.deleteProps([PR_COMMENT]);
    const again = await reopened(services, section);
    assert.deepEqual((await again.getProps([PR_DISPLAY_NAME, PR_COMMENT])).values, ['one', undefined]);
    await again.saveChanges();
  });

  test('AMB-44, PROF-36: named properties are refused', async () => {
    const { section } = await withSection();
    await assert.rejects(section.getIDsFromNames([]), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(section.getNamesFromIDs(), { code: 'MAPI_E_NO_SUPPORT' });
    const named = tag(0x8001, PT_UNICODE);
    assert.deepEqual(await section.setProps([prop(named, 'x')]), [{ index: 0, tag: named, code: 'MAPI_E_NO_SUPPORT' }]);
  });

  test('AMB-43, PROF-37, C-15: secrets are shown only to whoever asks for them, and lie in no profile', async () => {
    const { section, services, files } = await withSection();
    const visible = tag(0x67ef, PT_UNICODE);
    await section.setProps([prop(PASSWORD, 'hunter2'), prop(PR_DISPLAY_NAME, 'x'), prop(visible, 'seen')]);
    const again = await reopened(services, section);
    const list = await again.getPropList();
    assert.deepEqual([list.includes(PASSWORD), list.includes(visible)], [false, true]);
    assert.ok(!(await again.getProps()).props.some((value) => value.tag === PASSWORD));
    assert.equal(await getProp(again, PASSWORD), 'hunter2');
    for (const { bytes } of files.files.values()) assert.ok(!new TextDecoder().decode(bytes).includes('hunter2'));
  });

  test('a secret is replaced, deleted, copied with its profile and gone with it', async () => {
    const { section, services, admin } = await withSection();
    await section.setProps([prop(PASSWORD, 'one')]);
    await section.setProps([prop(PASSWORD, 'two')]);
    await section.release();
    await admin.copyProfile('Work', 'Copy');
    await using copied = await (await admin.adminServices('Copy')).openProfileSection(OWN);
    assert.equal(await getProp(copied, PASSWORD), 'two');
    const again = await services.openProfileSection(OWN, { modify: true });
    await again.deleteProps([PASSWORD]);
    assert.equal(await getProp(again, PASSWORD), undefined);
    assert.equal(await getProp(copied, PASSWORD), 'two');
  });

  test('AMB-45, PROF-38: many readers, or one writer', async () => {
    const { section, services } = await withSection();
    await assert.rejects(services.openProfileSection(OWN), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(services.openProfileSection(OWN, { modify: true }), { code: 'MAPI_E_NO_ACCESS' });
    const reader = await reopened(services, section);
    await using second = await services.openProfileSection(OWN);
    await assert.rejects(services.openProfileSection(OWN, { modify: true }), { code: 'MAPI_E_NO_ACCESS' });
    await reader.release();
    assert.equal(second.iid, 'IProfSect');
  });

  test('PROF-39, PROF-40, PROP-085: an unknown section is made for writing and not found for reading', async () => {
    const { services } = await withServices();
    await assert.rejects(services.openProfileSection(OWN), { code: 'MAPI_E_NOT_FOUND' });
    await (await services.openProfileSection(OWN, { modify: true })).release();
    await using reader = await services.openProfileSection(OWN);
    await assert.rejects(reader.setProps([prop(PR_COMMENT, 'x')]), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(services.openProfileSection(new Uint8Array(3)), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('AMB-45, PROF-41: the section of a provider opens only with MAPI_FORCE_ACCESS, from a session too', async () => {
    const { services, subsystem } = await withServices();
    const [uid] = await columnOf(await services.getProviderTable(), PR_PROVIDER_UID);
    assert.ok(uid);
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    for (const opener of [services, session]) {
      await assert.rejects(opener.openProfileSection(uid), { code: 'MAPI_E_NO_ACCESS' });
      await using section: IProfSect = await opener.openProfileSection(uid, { forceAccess: true });
      assert.equal(await getProp(section, PR_DISPLAY_NAME), 'Store');
    }
  });

  test('PROF-26: the instance section holds its key alone, and is not written', async () => {
    const { services } = await withServices();
    await using section = await services.openProfileSection(MUID_PROFILE_INSTANCE, { modify: true });
    assert.deepEqual(await section.getPropList(), [PR_SEARCH_KEY]);
    await assert.rejects(section.setProps([prop(PR_COMMENT, 'x')]), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('PROF-44: everything but secrets is copied', async () => {
    const { section } = await withSection();
    await section.setProps([prop(PR_DISPLAY_NAME, 'x'), prop(PR_COMMENT, 'y'), prop(PASSWORD, 'secret')]);
    const target = new PropData();
    await section.copyTo(target, [PR_COMMENT]);
    assert.deepEqual(await target.getPropList(), [PR_DISPLAY_NAME]);
  });

  test('a binary opens as a stream', async () => {
    const { section } = await withSection();
    await assert.rejects(section.openProperty(BLOB, 'IStream'), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(section.openProperty(BLOB, 'IMAPITable'), { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
    const stream = await section.openProperty(BLOB, 'IStream', { create: true, modify: true });
    await stream.write(utf8Encode('bytes'));
    await stream.commit();
    await stream.release();
    assert.deepEqual(await getProp(section, BLOB), utf8Encode('bytes'));
  });
});
