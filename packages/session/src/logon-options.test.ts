import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { type Catalogue, type CatalogueService, MapiError, PT_UNICODE, tag, WARNINGS } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';
import { canceller, nobody, user } from './user.testing.ts';

describe('the answer of MAPILogonEx', () => {
  test('LOGON-1: a session with one reference', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const second = session.addRef();
    await session.release();
    await (await second.getMsgStoresTable()).release();
    await second.release();
    await assert.rejects(second.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('LOGON-1: or one of three failures', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock, logonTimeoutShortMs: 500 });
    await assert.rejects(subsystem.MAPILogonEx(null, 'Nobody', null), { hresult: 0x80040111 });
    await assert.rejects(subsystem.MAPILogonEx(canceller(), null, null, { logonUi: true }), { hresult: 0x80040113 });
    library.behaviour.bookLogon = () => clock.delay(1000);
    const first = subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const second = assert.rejects(subsystem.MAPILogonEx(null, 'Work', null, { timeoutShort: true }), {
      hresult: 0x80040401,
    });
    await clock.advance(1001);
    await second;
    await (await first).release();
  });

  test('LOGON-6: a user interface is not looked at where no dialog is needed, nor needed where none is shown', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    for (const ui of [nobody(), null]) {
      for (const options of [{}, { logonUi: true }, { passwordUi: true }, { useDefault: true, logonUi: true }]) {
        const session = await subsystem.MAPILogonEx(ui, 'Work', null, { ...options, noMail: true });
        await session.logoff();
      }
    }
  });
});

describe('the profile', () => {
  test('AMB-9, AMB-10: a name counts more than the default; a missing one, a wrong one and a long one are failed logons', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('Empty');
    await using session = await subsystem.MAPILogonEx(null, 'Empty', null, { useDefault: true, noMail: true });
    await using table = await session.getMsgStoresTable();
    assert.equal(await table.getRowCount(), 0);
    await admin.setDefaultProfile(null);
    for (const name of [null, '', 'a/b', 'x'.repeat(65)]) {
      const logon = subsystem.MAPILogonEx(null, name, null, { useDefault: true });
      await assert.rejects(logon, { code: 'MAPI_E_LOGON_FAILED' });
    }
    for (const name of ['a/b', 'x'.repeat(65)]) {
      await assert.rejects(admin.createProfile(name), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
  });
});

describe('passwords', () => {
  test('LOGON-14: a wrong one fails, unless MAPI_PASSWORD_UI lets the user be asked for another', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await assert.rejects(subsystem.MAPILogonEx(nobody(), 'Work', 'secret'), { code: 'MAPI_E_LOGON_FAILED' });
    const noUser = subsystem.MAPILogonEx(null, 'Work', 'secret', { passwordUi: true });
    await assert.rejects(noUser, { code: 'MAPI_E_LOGON_FAILED' });
    const asked: unknown[] = [];
    const answers = ['wrong too', ''];
    const prompt = async (question: string, options?: object): Promise<string> => {
      asked.push([question.includes('Work'), options]);
      return answers.shift() ?? 'wrong';
    };
    const options = { passwordUi: true, noMail: true };
    await using session = await subsystem.MAPILogonEx(user({ prompt }), 'Work', 'secret', options);
    assert.equal(session.iid, 'IMAPISession');
    assert.deepEqual(asked, [
      [true, { secret: true }],
      [true, { secret: true }],
    ]);
  });

  test('LOGON-14: nobody is asked for ever, and who cancels is not asked again', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    let asked = 0;
    const stubborn = user({ prompt: async () => `wrong ${asked++}` });
    const options = { passwordUi: true };
    await assert.rejects(subsystem.MAPILogonEx(stubborn, 'Work', 'x', options), { code: 'MAPI_E_LOGON_FAILED' });
    assert.equal(asked, 3);
    await assert.rejects(subsystem.MAPILogonEx(canceller(), 'Work', 'x', options), { code: 'MAPI_E_USER_CANCEL' });
  });
});

describe('services', () => {
  test('LOGON-40, AMB-76: one that is a Windows service is without mail, whatever it says, and without a user', async () => {
    const { subsystem, spoolers } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(nobody(), 'Work', null, { ntService: true });
    assert.deepEqual(await session.enumAdrTypes(), []);
    assert.equal(spoolers.length, 0);
    const asked = subsystem.MAPILogonEx(user(), null, null, { ntService: true, logonUi: true });
    await assert.rejects(asked, { code: 'MAPI_E_LOGON_FAILED' });
  });

  test('LOGON-67: the entry points of the providers learn of MAPI_NT_SERVICE', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { ntService: true });
    assert.equal(library.lastHost?.ntService, true);
    library.lastHost = undefined;
    await using _store = await openStore(session);
    assert.equal((library.lastHost as { readonly ntService?: boolean } | undefined)?.ntService, true);
    await using _other = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.equal((library.lastHost as { readonly ntService?: boolean } | undefined)?.ntService, undefined);
  });
});

describe('validation', () => {
  const MAIL = TEST_CATALOGUE.services.MAIL as CatalogueService;
  const options = { host: { tag: '0x6601001f', description: 'Host', required: true } };
  const catalogue: Catalogue = {
    ...TEST_CATALOGUE,
    services: { ...TEST_CATALOGUE.services, MAIL: { ...MAIL, options } },
  };

  test('LOGON-42: what no profile section has is asked for where the user may be, before a provider starts', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
    const seen: unknown[] = [];
    library.behaviour.entry = async (call) => {
      seen.push([call.context, call.uiAllowed, call.uiAlways, call.logonFailed, call.ui !== undefined]);
      await using table = await call.providerAdmin.getProviderTable();
      await using section = await call.providerAdmin.openProfileSection(null, { modify: true });
      await section.setProps([{ tag: tag(0x6601, PT_UNICODE), value: 'mail.example' }]);
      assert.equal(await table.getRowCount(), 1);
    };
    const session = await subsystem.MAPILogonEx(user(), 'Work', null, { logonUi: true, noMail: true });
    assert.deepEqual(seen, [['configure', true, false, false, true]]);
    assert.ok(library.calls.indexOf('entry configure') < library.calls.indexOf('ABProviderInit'));
    assert.equal(await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED), undefined);
    await session.logoff();
    await (await subsystem.MAPILogonEx(nobody(), 'Work', null, { logonUi: true, noMail: true })).logoff();
    assert.equal(seen.length, 1); // the profile is the first source
  });

  test('LOGON-42: without a user, or one who declines, it is a problem that the session tells of', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
    library.behaviour.entry = () => {
      throw new MapiError('MAPI_E_USER_CANCEL', 'no');
    };
    for (const [ui, flags, calls] of [
      [null, {}, 0],
      [user(), {}, 0],
      [user(), { logonUi: true }, 1],
    ] as const) {
      library.calls.length = 0;
      const session = await subsystem.MAPILogonEx(ui, 'Work', null, { ...flags, noMail: true });
      const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
      assert.match(told?.error ?? '', /^Transport: Mail service lacks host$/);
      assert.equal(library.calls.filter((call) => call === 'entry configure').length, calls);
      await session.logoff();
    }
  });

  test('AMB-15, LOGON-51: what is unconfigured after its second chance is out; without it there may be no session', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('Book only');
    await using services = await admin.adminServices('Book only');
    await services.createMsgService('BOOK');
    library.calls.length = 0;
    library.behaviour.bookLogon = () => {
      throw new MapiError('MAPI_E_UNCONFIGURED', 'still not');
    };
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.deepEqual(
      library.calls.filter((call) => /entry|logon/.test(call)),
      ['IABProvider.logon', 'entry configure', 'IABProvider.logon'],
    );
    await using _store = await openStore(session);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Book only', null, { noMail: true }), {
      code: 'MAPI_E_LOGON_FAILED',
    });
  });

  test('what a provider is missing no longer is no problem any more', async () => {
    const { subsystem } = await TestSubsystem.withProfile({ catalogue });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes(); // the transport started all the same
    assert.equal(await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED), undefined);
  });
});
