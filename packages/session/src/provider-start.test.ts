import assert from 'node:assert/strict';
import { wrapStoreEntryID } from '@nodemapi/kit';
import {
  type Catalogue,
  type CatalogueProvider,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  PR_RESOURCE_TYPE,
  type ProviderModule,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ModuleLoader } from './module-loader.ts';
import { TestLibrary } from './providers.testing.ts';
import { columnOf, openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';
import { nobody, user } from './user.testing.ts';

const provider = (displayName: string, kind: 'STORE' | 'AB' | 'TRANSPORT', module = 'test'): CatalogueProvider => ({
  displayName,
  providerDisplay: displayName,
  module,
  resourceType: `MAPI_${kind}_PROVIDER`,
  resourceFlags: [],
});

/** A profile with one service of these providers, in this order. */
function serviceOf(...providers: readonly CatalogueProvider[]): Catalogue {
  const suite = { displayName: 'Suite', module: 'test', resourceFlags: [], providers, options: {} };
  return { services: { ...TEST_CATALOGUE.services, SUITE: suite }, defaultServices: ['SUITE'] };
}

const logonsIn = (calls: readonly string[]): readonly string[] => calls.filter((call) => /ogon$/.test(call));

describe('the order of the starts', () => {
  test('LOGON-56, LOGON-75: address books with the session, transports with its spooler, stores when they are opened', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.deepEqual(logonsIn(library.calls), ['IABProvider.logon']);
    await using _first = await openStore(session);
    await using _second = await openStore(session);
    assert.deepEqual(logonsIn(library.calls), ['IABProvider.logon', 'IMSProvider.logon', 'IMSProvider.logon']);
    library.calls.length = 0;
    await using other = await subsystem.MAPILogonEx(null, 'Work', null);
    await other.enumAdrTypes();
    assert.deepEqual(logonsIn(library.calls), [
      'IABProvider.logon',
      'IXPProvider.transportLogon',
      'IMSProvider.spoolerLogon',
    ]);
  });

  test('LOGON-87: a transport is initialised, then logged on, and shows itself before its session can ask for it', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    const types = await columnOf(await session.getStatusTable(), PR_RESOURCE_TYPE); // waits for the transports
    assert.ok(types.includes(MAPI_TRANSPORT_PROVIDER));
    assert.deepEqual(
      library.calls.filter((call) => call.includes('XP')),
      ['XPProviderInit', 'IXPProvider.transportLogon'],
    );
  });

  test('LOGON-58: within a service the address book comes before its siblings', async () => {
    const catalogue = serviceOf(provider('S', 'STORE'), provider('T', 'TRANSPORT'), provider('A', 'AB'));
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    assert.deepEqual(logonsIn(library.calls), [
      'IABProvider.logon',
      'IXPProvider.transportLogon',
      'IMSProvider.spoolerLogon',
    ]);
  });

  test('AMB-12, LOGON-76: OpenAddressBook answers when every address book of the profile is logged on, or was tried again', async () => {
    const catalogue = serviceOf(provider('One', 'AB'), provider('Two', 'AB'));
    const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
    const answers = [
      () => undefined,
      () => {
        throw new MapiError('MAPI_E_FAILONEPROVIDER', 'not yet');
      },
    ];
    library.behaviour.bookLogon = () => answers.shift()?.();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, 2);
    const { object, warning } = await session.openAddressBook();
    assert.equal(warning, undefined);
    assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, 3);
    await object.release();
    await (await session.openAddressBook()).object.release();
    assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, 3);
  });
});

describe('libraries', () => {
  test('LOGON-59: the one that PR_PROVIDER_DLL_NAME names is loaded once, and let go once', async () => {
    const catalogue = serviceOf(provider('A', 'AB', 'books'), provider('S', 'STORE', 'stores'));
    const { subsystem, loaded } = await TestSubsystem.withProfile({ catalogue });
    loaded.length = 0;
    for (let round = 0; round < 2; round++) {
      await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
      assert.deepEqual(loaded, round === 0 ? ['books'] : ['books', 'stores']);
      await (await openStore(session, {}, 'S')).release();
    }
    assert.deepEqual(loaded, ['books', 'stores']);
  });

  test('LOGON-59: what was let go is loaded anew', async () => {
    let loads = 0;
    const loader = new ModuleLoader(async () => ({ ...new TestLibrary().module, loads: ++loads }), new Set(['a']));
    assert.equal(await loader.load('a'), await loader.load('a'));
    assert.deepEqual([loads, loader.count], [1, 1]);
    loader.drop();
    assert.equal(loader.count, 0);
    await loader.load('a');
    assert.equal(loads, 2);
  });

  test('LOGON-60: each kind of provider has one entry point of a fixed name, and a library may have several', async () => {
    const library = new TestLibrary();
    const { ABProviderInit, MSProviderInit } = library.module;
    const modules: Record<string, ProviderModule> = {
      both: { ABProviderInit, MSProviderInit } as ProviderModule,
      none: { AbProviderInit: ABProviderInit } as ProviderModule,
    };
    const loadModule = async (name: string): Promise<ProviderModule> => modules[name] ?? {};
    const wrong = { ...TEST_CATALOGUE.services, WRONG: serviceWith(provider('Wrong', 'AB', 'none')) };
    const catalogue: Catalogue = {
      services: { ...wrong, BOTH: serviceWith(provider('A', 'AB', 'both'), provider('S', 'STORE', 'both')) },
      defaultServices: ['BOTH', 'WRONG'],
    };
    const { subsystem } = await TestSubsystem.withProfile({ catalogue, loadModule });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using _store = await openStore(session, {}, 'S');
    assert.deepEqual(
      library.calls.filter((call) => call.endsWith('Init')),
      ['ABProviderInit', 'MSProviderInit'],
    );
    const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
    assert.equal(told?.error, 'Wrong: none exports no ABProviderInit');
  });
});

const serviceWith = (...providers: readonly CatalogueProvider[]) => ({
  displayName: 'Service',
  resourceFlags: [],
  providers,
  options: {},
});

describe('what a logon is given', () => {
  test('LOGON-53: the flag of each kind forbids dialogs, and then there is no user interface either', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const seen = (): unknown[] => [library.lastLogon?.options, library.lastLogon?.ui !== undefined];
    await using session = await subsystem.MAPILogonEx(user(), 'Work', null, { logonUi: true });
    assert.deepEqual(seen(), [{ noDialog: false }, true]);
    await using _shown = await openStore(session, { write: true });
    assert.deepEqual(seen(), [{ write: true }, true]);
    await using _hidden = await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('Store')), {
      noDialog: true,
    });
    assert.deepEqual(seen(), [{ noDialog: true }, false]);
    await session.enumAdrTypes();
    assert.deepEqual(
      library.logonArguments.find((options) => options !== null && !(options instanceof Uint8Array)),
      {
        noInbound: true,
        noOutbound: true,
        noDialog: true,
      },
    );
    await using _quiet = await subsystem.MAPILogonEx(nobody(), 'Work', null, { noMail: true });
    assert.deepEqual(seen(), [{ noDialog: true }, false]);
  });

  test('LOGON-69: each logon has a support object of its own, which is the provider’s to keep', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const first = await openStore(session);
    const firstSupport = library.lastSupport;
    await using second = await openStore(session, { write: true }, 'Store');
    assert.notEqual(library.lastSupport, firstSupport);
    assert.equal(firstSupport?.newUID().length, 16);
    await first.release();
    assert.throws(() => firstSupport?.newUID(), { code: 'MAPI_E_INVALID_OBJECT' });
    assert.equal(library.lastSupport?.newUID().length, 16);
    assert.equal(second.iid, 'IMsgStore');
  });

  test('LOGON-69: a provider that does not keep it is dropped', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    library.keepsSupport = false;
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.equal((await session.openAddressBook()).warning, 'MAPI_W_ERRORS_RETURNED');
    const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
    assert.match(told?.error ?? '', /Book: Book did not keep its support object/);
    library.calls.length = 0;
    await assert.rejects(openStore(session), { code: 'MAPI_E_CALL_FAILED', component: 'Store' });
    assert.deepEqual(library.calls.slice(-2), ['IMSLogon.logoff', 'IMSLogon.release']);
    library.keepsSupport = true;
    await using _store = await openStore(session);
  });

  test('LOGON-84: what a store logon leaves for the spooler’s logon is copied there', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const left = Uint8Array.of(1, 2, 3);
    library.spoolerSecurity = left;
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    assert.equal(library.givenSecurity, undefined); // the profile section has to do
    const entryId = wrapStoreEntryID('test', storeEntryId('other'));
    await using _store = await session.openMsgStore(entryId);
    left.fill(9);
    await subsystem.readySpoolerOf(session);
    assert.deepEqual(library.givenSecurity, Uint8Array.of(1, 2, 3));
  });
});

describe('MAPI_NO_MAIL', () => {
  test('no library of a messaging hook is looked at', async () => {
    const hook = { ...provider('Hook', 'TRANSPORT', 'hooks'), resourceType: 'MAPI_HOOK_PROVIDER' } as const;
    const catalogue = serviceOf(provider('S', 'STORE'), hook);
    const { subsystem, loaded } = await TestSubsystem.withProfile({ catalogue });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using _store = await openStore(session, { write: true }, 'S');
    assert.deepEqual(loaded, ['test']);
  });

  test('there are no options of messages and recipients', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const { object: book } = await session.openAddressBook();
    assert.deepEqual(await session.enumAdrTypes(), []);
    for (const [call, code] of [
      [() => session.messageOptions(undefined as never), 'MAPI_E_NOT_FOUND'],
      [() => session.queryDefaultMessageOpt('SMTP'), 'MAPI_E_NOT_FOUND'],
      [() => book.queryDefaultRecipOpt('SMTP'), 'MAPI_E_NO_SUPPORT'],
    ] as const) {
      await assert.rejects(call(), { code });
    }
    await book.release();
  });
});
