import assert from 'node:assert/strict';
import { PR_DISPLAY_NAME } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

const APP = { appProfile: true };

async function withAppProfile() {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('Robot', { defaultServices: true, appProfile: true });
  return { subsystem, library, admin };
}

describe('app profiles', () => {
  test('PROF-6, PROF-22: a profile is made one by MAPI_APP_PROFILE, and listed only with it', async () => {
    const { admin, library } = await withAppProfile();
    const names = async (options?: object) => columnOf(await admin.getProfileTable(options), PR_DISPLAY_NAME);
    assert.deepEqual(await names(), ['Work']);
    assert.deepEqual([...(await names(APP))].sort(), ['Robot', 'Work']);
    library.calls.length = 0;
    await admin.createProfile('Empty', {});
    assert.deepEqual(library.calls, []);
    const uis: unknown[] = [];
    library.behaviour.entry = (call) => void uis.push([call.uiAllowed, call.ui !== undefined]);
    await admin.createProfile('Shown', { defaultServices: true, dialog: true }, user());
    await admin.createProfile('Quiet', { defaultServices: true }, user());
    await admin.createProfile('Nothing', { dialog: true }, user());
    assert.deepEqual(uis, [...Array(3).fill([true, true]), ...Array(3).fill([false, false])]);
    await assert.rejects(admin.createProfile('X', { app: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('PROF-9, PROF-13, PROF-16: without the flag it is not deleted, copied or renamed', async () => {
    const { admin } = await withAppProfile();
    await assert.rejects(admin.deleteProfile('Robot'), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(admin.copyProfile('Robot', 'Copy'), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(admin.renameProfile('Robot', 'Other'), { code: 'MAPI_E_NO_ACCESS' });
    await admin.renameProfile('Robot', 'Other', APP);
    await admin.deleteProfile('Other', APP);
    assert.deepEqual(await columnOf(await admin.getProfileTable(APP), PR_DISPLAY_NAME), ['Work']);
  });

  test('PROF-16: a password is a failed logon, for nobody has one', async () => {
    const { admin } = await withAppProfile();
    await assert.rejects(admin.renameProfile('Work', 'Play', { password: 'x' }), { code: 'MAPI_E_LOGON_FAILED' });
    await admin.renameProfile('Work', 'Play', { password: '' });
    await assert.rejects(admin.renameProfile('Work', 'Again'), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('PROF-14: a copy is what its source is', async () => {
    const { admin } = await withAppProfile();
    await admin.copyProfile('Robot', 'Second robot', APP);
    await admin.copyProfile('Work', 'Second work', APP);
    assert.deepEqual([...(await columnOf(await admin.getProfileTable(), PR_DISPLAY_NAME))].sort(), [
      'Second work',
      'Work',
    ]);
  });

  test('PROF-18: it is never the default', async () => {
    const { admin } = await withAppProfile();
    await assert.rejects(admin.setDefaultProfile('Robot'), { code: 'MAPI_E_CALL_FAILED' });
  });

  test('LOGON-20, AMB-62: the user chooses it only with MAPI_APP_PROFILE; a program names it', async () => {
    const { subsystem } = await withAppProfile();
    const offered: (readonly string[])[] = [];
    const ui = user({ choose: async (_question, choices) => offered.push(choices) && 0 });
    for (const flags of [{}, APP]) {
      const session = await subsystem.MAPILogonEx(ui, null, null, { ...flags, logonUi: true, noMail: true });
      await session.logoff();
    }
    assert.deepEqual(
      offered.map((names) => [...names].sort()),
      [['Work'], ['Robot', 'Work']],
    );
    await (await subsystem.MAPILogonEx(null, 'Robot', null, { noMail: true })).logoff();
  });
});
