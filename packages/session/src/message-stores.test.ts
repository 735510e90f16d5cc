import assert from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import { queryAllRows, wrapStoreEntryID } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type LogonOptions,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_SERVICE_UID,
  propOf,
  STATUS_TEMP_SECTION,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { columnOf, nameOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

async function loggedOn(options: LogonOptions = { noMail: true }) {
  const { subsystem, library, spoolers } = await TestSubsystem.withProfile();
  return { subsystem, library, spoolers, session: await subsystem.MAPILogonEx(null, 'Work', null, options) };
}

test('AMB-20, LOGON-80: a provider may answer the store that is open already, without a logon object', async () => {
  const { session, library } = await loggedOn();
  const first = await openStore(session);
  library.behaviour.storeLogon = () => ({ store: library.lastStore?.addRef(), logon: undefined });
  const second = await openStore(session);
  assert.equal(await nameOf(second), 'Store');
  library.calls.length = 0;
  await first.release();
  assert.deepEqual(library.calls, []);
  await second.release();
  assert.deepEqual(library.calls, ['IMsgStore.release', 'IMSLogon.logoff', 'IMSLogon.release']);
});

test('LOGON-78, LOGON-82, SESS-30: the provider gets null before it told an identifier, then its own one', async () => {
  const { session, library } = await loggedOn();
  await (await openStore(session)).release();
  await (await openStore(session)).release();
  assert.deepEqual(library.logonArguments, [null, storeEntryId('Store')]);
});

test('LOGON-86: transports are logged on without traffic in either direction', async () => {
  const { session, library } = await loggedOn({});
  await session.enumAdrTypes();
  assert.deepEqual(library.logonArguments, [{ noInbound: true, noOutbound: true, noDialog: true }]);
});

test('LOGON-61: the entry points learn the version of the SPI', async () => {
  const { session, library } = await loggedOn();
  await openStore(session);
  assert.equal(library.lastHost?.mapiVersion, CURRENT_SPI_VERSION);
});

test('SESS-4, STAT-7: what needs the transports waits until they have started', async () => {
  const { subsystem, library } = await TestSubsystem.withProfile();
  let proceed: () => void = () => {};
  library.behaviour.transportLogon = () =>
    new Promise<void>((resolve) => {
      proceed = resolve;
    });
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  const done: string[] = [];
  const waiting = [
    session.getStatusTable().then(() => done.push('getStatusTable')),
    session.enumAdrTypes().then(() => done.push('enumAdrTypes')),
    session.queryIdentity().then(() => done.push('queryIdentity')),
  ];
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.deepEqual(done, []);
  proceed();
  await Promise.all(waiting);
  assert.equal(done.length, 3);
});

test('SUPP-10: every new identifier is another one', async () => {
  const { session, library } = await loggedOn();
  await openStore(session);
  const uids = Array.from({ length: 50 }, () => toHex(library.lastSupport?.newUID() ?? new Uint8Array()));
  assert.equal(new Set(uids).size, 50);
});

test('SUPP-14, STORE-011: a temporary store does not become permanent', async () => {
  const { session, library, subsystem } = await loggedOn();
  await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('test')), { temporary: true });
  await library.lastSupport?.modifyProfile();
  await using services = await session.adminServices();
  await using table = await services.getProviderTable();
  const flags = (await queryAllRows(table)).map((row) => (propOf(row, PR_RESOURCE_FLAGS) ?? 0) & STATUS_TEMP_SECTION);
  assert.deepEqual(flags, [0, 0, 0, STATUS_TEMP_SECTION]);
  assert.equal(subsystem.isInitialized, true);
});

test('SVC-4, PROF-25: services and providers are named by identifiers that MAPI makes, and linked', async () => {
  const { session } = await loggedOn();
  await using services = await session.adminServices();
  const uids = await columnOf(await services.getMsgServiceTable(), PR_SERVICE_UID);
  assert.equal(new Set(uids.map((uid) => toHex(uid ?? new Uint8Array()))).size, 3);
  assert.deepEqual(await columnOf(await services.getProviderTable(), PR_SERVICE_UID), uids);
  assert.equal((await columnOf(await services.getProviderTable(), PR_PROVIDER_UID))[0]?.length, 16);
});

test('LOGON-2, LOGON-3, LOGON-28: every flag of the contract is known', async () => {
  const flags: readonly (keyof LogonOptions)[] = [
    ...(['newSession', 'allowOthers', 'explicitProfile', 'extended', 'useDefault', 'forceDownload'] as const),
    ...(['serviceUiAlways', 'noMail', 'ntService', 'logonUi', 'passwordUi', 'timeoutShort', 'background'] as const),
  ];
  for (const flag of flags) {
    const { session } = await loggedOn({ [flag]: true });
    await session.logoff();
  }
});

test('LOGON-27: a client logs on as often as it likes, with the same profile or another', async () => {
  const { subsystem, session } = await loggedOn();
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('Other', { defaultServices: true });
  await using second = await subsystem.MAPILogonEx(null, 'Work', null);
  await using third = await subsystem.MAPILogonEx(null, 'Other', null);
  await session.logoff();
  for (const one of [second, third]) assert.equal((await storeIdNamed(one)).length > 20, true);
});

test('LOGON-77: a store that is opened goes to the spooler, which logs on for itself', async () => {
  const { session, spoolers, library } = await loggedOn({});
  await session.enumAdrTypes();
  await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('test')));
  await session.logoff();
  assert.deepEqual(spoolers[0]?.calls.slice(0, 3), ['start', 'attach Store', 'attach test']);
  const order = ['IMSProvider.logon', 'IMSProvider.spoolerLogon'].map((call) => library.calls.lastIndexOf(call));
  assert.ok((order[0] ?? 0) < (order[1] ?? 0));
});
