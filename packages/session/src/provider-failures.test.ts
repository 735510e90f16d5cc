/** Providers that cannot be logged on, or not at once. */
import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import {
  type Catalogue,
  type CatalogueProvider,
  CURRENT_SPI_VERSION,
  type IMAPISession,
  MapiError,
  PR_RESOURCE_TYPE,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf, nameOf, openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

const spoolerReady = (session: IMAPISession): Promise<unknown> => session.enumAdrTypes();

describe('providers that fail to log on', () => {
  const unconfigured = () => {
    throw new MapiError('MAPI_E_UNCONFIGURED', 'not yet');
  };

  test('AMB-17, LOGON-45, LOGON-46, LOGON-47, STORE-006: one without its configuration gets the service entry point and one more try', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const seen: unknown[] = [];
    library.behaviour.storeLogon = unconfigured;
    library.behaviour.entry = (call) => {
      seen.push([call.context, call.logonFailed, call.uiAllowed]);
      library.behaviour.storeLogon = () => undefined;
    };
    await using store = await openStore(session);
    assert.equal(await nameOf(store), 'Store');
    assert.deepEqual(seen, [['configure', true, false]]);
  });

  test('LOGON-44: after the second failure the service is out, and nothing of it is called', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour.storeLogon = unconfigured;
    await assert.rejects(openStore(session), { code: 'MAPI_E_LOGON_FAILED' });
    assert.equal(library.calls.filter((call) => call === 'IMSProvider.logon').length, 2);
    library.behaviour = {};
    await assert.rejects(openStore(session), { code: 'MAPI_E_LOGON_FAILED' });
    assert.equal(library.calls.filter((call) => call === 'IMSProvider.logon').length, 2);
  });

  test('AMB-18, LOGON-48, LOGON-49: MAPI_E_FAILONEPROVIDER blocks one provider until a later logon works', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour.storeLogon = () => {
      throw new MapiError('MAPI_E_FAILONEPROVIDER', 'password');
    };
    await assert.rejects(openStore(session), { code: 'MAPI_E_FAILONEPROVIDER' });
    library.behaviour = {};
    await using store = await openStore(session);
    assert.equal(await nameOf(store), 'Store');
  });

  /** The service of the default store has a second store, and there is a store of another service. */
  const storeOf = (displayName: string): CatalogueProvider => ({
    displayName,
    providerDisplay: displayName,
    module: 'test',
    resourceType: 'MAPI_STORE_PROVIDER',
    resourceFlags: [],
  });
  const both = { displayName: 'Both', module: 'test', resourceFlags: [], options: {} };
  const twoStores: Catalogue = {
    services: { ...TEST_CATALOGUE.services, STORE: { ...both, providers: [storeOf('Store'), storeOf('Second')] } },
    defaultServices: ['STORE', 'ARCHIVE', 'BOOK'],
  };

  test('LOGON-44: after the second failure of one provider its whole service is out; other services go on', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue: twoStores });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour.storeLogon = unconfigured;
    await assert.rejects(openStore(session), { code: 'MAPI_E_LOGON_FAILED' });
    library.behaviour = {};
    await assert.rejects(openStore(session, { write: true }, 'Second'), { code: 'MAPI_E_LOGON_FAILED' });
    await using _archive = await openStore(session, { write: true }, 'Archive');
  });

  test('STORE-007: any other error of a store takes its whole service out for the session, and nothing else', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue: twoStores });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour.storeLogon = () => {
      throw new MapiError('MAPI_E_NETWORK_ERROR', 'no line');
    };
    await assert.rejects(openStore(session), { code: 'MAPI_E_NETWORK_ERROR' });
    library.behaviour = {};
    library.calls.length = 0;
    for (const name of ['Store', 'Second']) {
      await assert.rejects(openStore(session, { write: true }, name), { code: 'MAPI_E_LOGON_FAILED' });
    }
    assert.ok(!library.calls.includes('IMSProvider.logon'));
    await using _archive = await openStore(session, { write: true }, 'Archive');
    await using next = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using _store = await openStore(next);
  });

  test('AB-004: of an address book, too, two errors leave the service alone and others do not', async () => {
    const suite = {
      ...both,
      providers: [
        { ...storeOf('Book'), resourceType: 'MAPI_AB_PROVIDER' as const },
        { ...storeOf('Store'), resourceFlags: [] },
      ],
    };
    const services = { ...TEST_CATALOGUE.services, SUITE: suite };
    const catalogue: Catalogue = { services, defaultServices: ['SUITE', 'ARCHIVE'] };
    for (const [code, logons, store] of [
      ['MAPI_E_FAILONEPROVIDER', 1, 'opens'],
      ['MAPI_E_UNCONFIGURED', 2, 'opens'],
      ['MAPI_E_LOGON_FAILED', 1, 'MAPI_E_LOGON_FAILED'],
    ] as const) {
      const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
      const configured: unknown[] = [];
      library.behaviour.bookLogon = () => {
        throw new MapiError(code, 'not now');
      };
      library.behaviour.entry = (call) => {
        configured.push(call.context);
        library.behaviour.bookLogon = () => undefined;
      };
      await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
      assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, logons, code);
      assert.deepEqual(configured, logons === 2 ? ['configure'] : [], code);
      const opening = openStore(session);
      if (store === 'opens') await (await opening).release();
      else await assert.rejects(opening, { code: store });
    }
  });

  test('LOGON-48: where one provider fails alone, the other of its service is logged on', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue: twoStores });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour.storeLogon = () => {
      throw new MapiError('MAPI_E_FAILONEPROVIDER', 'password');
    };
    await assert.rejects(openStore(session), { code: 'MAPI_E_FAILONEPROVIDER' });
    library.behaviour = {};
    await using second = await openStore(session, { write: true }, 'Second');
    assert.equal(await nameOf(second), 'Second');
  });

  test('AMB-14, AMB-16, LOGON-50, LOGON-55: any other error disables the service, and the session goes on', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    library.behaviour.bookLogon = () => {
      throw new TypeError('broken');
    };
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.behaviour = {};
    const { object, warning } = await session.openAddressBook();
    assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
    assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, 1);
    const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
    assert.match(told?.error ?? '', /Book: broken/);
    assert.equal(told?.component, 'Book');
    await object.release();
  });

  test('AMB-16, LOGON-43: a user may have it tried again', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    let asked = '';
    const confirm = async (question: string): Promise<boolean> => {
      asked = question;
      library.behaviour = {};
      return true;
    };
    library.behaviour.bookLogon = () => {
      throw new MapiError('MAPI_E_NETWORK_ERROR', 'no line');
    };
    await using session = await subsystem.MAPILogonEx(user({ confirm }), 'Work', null, { logonUi: true, noMail: true });
    assert.match(asked, /Book cannot be logged on: no line/);
    assert.equal((await session.openAddressBook()).warning, undefined);
  });

  test('a provider that hangs, answers nonsense or cannot be loaded stops nobody', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock, providerLogonTimeoutMs: 100 });
    library.behaviour.bookLogon = () => new Promise(() => {});
    library.behaviour.transportLogon = () => ({ logon: 17 });
    const logon = subsystem.MAPILogonEx(null, 'Work', null);
    await clock.advance(101);
    await using session = await logon;
    await spoolerReady(session);
    assert.deepEqual(await columnOf(await session.getStatusTable(), PR_RESOURCE_TYPE), [39, 37, 34]);
    library.behaviour.storeLogon = () => ({ store: 'none' });
    await assert.rejects(openStore(session), { code: 'MAPI_E_CALL_FAILED', component: 'Store' });
  });

  test('a logon that comes too late is ended at once', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock, providerLogonTimeoutMs: 100 });
    const ended: string[] = [];
    const late = {
      iid: 'IABLogon',
      logoff: async () => ended.push('logoff'),
      release: async () => ended.push('release'),
    };
    library.behaviour.bookLogon = () => clock.delay(200).then(() => late);
    const logon = subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await clock.advance(101);
    await using _session = await logon;
    assert.deepEqual(ended, []);
    await clock.advance(100);
    assert.deepEqual(ended, ['logoff', 'release']);
  });

  test('LOGON-63: a provider of another SPI is released at once', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    library.spiVersion = CURRENT_SPI_VERSION + 0x0100_0000;
    await assert.rejects(openStore(session), { code: 'MAPI_E_VERSION' });
    assert.ok(library.calls.includes('IMSProvider.release'));
  });

  test('AMB-14: if no service is usable the logon fails, and the next one works', async () => {
    const catalogue: Catalogue = { ...TEST_CATALOGUE, defaultServices: ['BOOK'] };
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
    library.behaviour.bookLogon = () => {
      throw new Error('broken');
    };
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_LOGON_FAILED' });
    library.behaviour = {};
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    assert.equal(session.iid, 'IMAPISession');
  });

  test('LOGON-30: MAPI_SERVICE_UI_ALWAYS configures every service before the first provider starts', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const options = { serviceUiAlways: true, logonUi: true, noMail: true };
    await using _session = await subsystem.MAPILogonEx(user(), 'Work', null, options);
    assert.deepEqual(library.calls.slice(0, 4), [
      'entry configure',
      'entry configure',
      'entry configure',
      'ABProviderInit',
    ]);
  });
});
