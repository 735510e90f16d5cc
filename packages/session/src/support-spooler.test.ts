/** What support objects of stores and transports have to do with the spooler. */
import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import { wrapStoreEntryID } from '@nodemapi/kit';
import {
  type AdrList,
  encodeOneOff,
  type IMessage,
  MAPI_TO,
  MapiError,
  type Notification,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_NDR_REASON_CODE,
  PR_OWN_STORE_ENTRYID,
  PR_PREPROCESS,
  PR_RECIPIENT_TYPE,
  PR_RESOURCE_FLAGS,
  prop,
  propOf,
  SPOOLER_NOTICES,
  type SpoolerNotice,
  STATUS_OWN_STORE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

/** The transport of the profile has the store as its own. */
const COUPLED = {
  ...TEST_CATALOGUE,
  services: {
    ...TEST_CATALOGUE.services,
    MAIL: {
      displayName: 'Mail service',
      module: 'test',
      resourceFlags: [],
      providers: [
        {
          displayName: 'Transport',
          providerDisplay: 'Transport',
          module: 'test',
          resourceType: 'MAPI_TRANSPORT_PROVIDER',
          resourceFlags: ['STATUS_OWN_STORE'],
        },
      ],
      options: {},
    },
  },
} as const;

async function supports(overrides: Parameters<typeof TestSubsystem.withProfile>[0] = {}) {
  const { subsystem, library, spoolers } = await TestSubsystem.withProfile(overrides);
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  await session.enumAdrTypes();
  await openStore(session);
  const [store, transport, spooler] = [library.lastSupport, library.lastTransportSupport, spoolers[0]];
  assert.ok(store && transport && spooler);
  return { store, transport, spooler };
}

async function to(...addresses: readonly string[]): Promise<IMessage & MessageDouble> {
  const message = new MessageDouble();
  const rows = addresses.map((address) => [
    prop(PR_DISPLAY_NAME, address),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, address),
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
  ]);
  await message.modifyRecipients('add', rows);
  return message;
}

describe('notices', () => {
  test('SUPP-39, SPOOL-057, C-09: by the names and numbers of MAPI', () => {
    const numbers = Object.entries(SPOOLER_NOTICES).map(([kind, number]) => `${kind} ${number.toString(16)}`);
    assert.deepEqual(numbers, [
      'newMail 1',
      'readyToSend 2',
      'sentDeferred 4',
      'critSec 1000',
      'nonCrit 2000',
      'configChange 4000',
      'criticalError 10000000',
      'newMailReceived 20000000',
    ]);
  });

  test('SUPP-41, SPOOL-059: data come with three of them, each with its own, and with no others', async () => {
    const { store, transport } = await supports();
    const bytes = Uint8Array.of(1);
    const mail: Notification = {
      kind: 'newMail',
      entryId: bytes,
      parentId: bytes,
      messageClass: 'IPM.Note',
      messageFlags: 0,
    };
    await transport.spoolerNotify({ kind: 'sentDeferred', entryId: bytes });
    await transport.spoolerNotify({ kind: 'criticalError', error: 'broken' });
    await store.spoolerNotify({ kind: 'newMailReceived', notification: mail });
    const bad: readonly (readonly [typeof store, object])[] = [
      [transport, { kind: 'readyToSend', entryId: bytes }],
      [transport, { kind: 'sentDeferred' }],
      [transport, { kind: 'sentDeferred', entryId: new Uint8Array() }],
      [transport, { kind: 'sentDeferred', entryId: bytes, error: 'both' }],
      [transport, { kind: 'criticalError', error: 7 }],
      [store, { kind: 'newMailReceived', notification: { kind: 'objectCreated' } }],
      [store, { kind: 'newMailReceived', notification: { kind: 'newMail', entryId: bytes } }],
      [store, { kind: 'newMailReceived' }],
    ];
    for (const [support, notice] of bad) {
      await assert.rejects(support.spoolerNotify(notice as SpoolerNotice), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
  });
});

describe('reports and preprocessors', () => {
  test('SUPP-37: a transport has the spooler make its reports; if that fails the list is its own still', async () => {
    const { transport, spooler } = await supports();
    const list: AdrList = [[prop(PR_EMAIL_ADDRESS, 'a@b.c'), prop(PR_NDR_REASON_CODE, 0)]];
    const told: unknown[] = [];
    spooler.statusRecips = async (...args) => {
      told.push(args);
      return {};
    };
    const message = await to('a@b.c');
    assert.deepEqual(await transport.statusRecips(message, list), {});
    assert.deepEqual(told, [[message, list]]);
    spooler.statusRecips = async () => {
      throw new MapiError('MAPI_E_NO_SUPPORT', 'nowhere to report to');
    };
    const before = structuredClone(list);
    await assert.rejects(transport.statusRecips(message, list), { code: 'MAPI_E_NO_SUPPORT' });
    assert.deepEqual(list, before);
  });

  test('SUPP-46, SUBMIT-028: a transport registers them; a message that one has to see says so', async () => {
    const { store, transport, spooler } = await supports();
    const preprocessor = { preprocessMessage: async () => ({ messages: [], undeliverable: [] }) };
    await transport.registerPreprocessor(null, 'FAX', { ...preprocessor, removePreprocessInfo: async () => {} });
    assert.equal(spooler.calls.at(-1), 'preprocessor FAX');
    const plain = await to('a@b.c');
    assert.deepEqual(await store.expandRecips(plain), { needsPreprocessing: false, needsSpooler: true });
    assert.equal(propOf(plain.allProps(), PR_PREPROCESS), undefined);
    spooler.routes = { carriers: [undefined], needsPreprocessing: true };
    const waiting = await to('a@b.c');
    assert.deepEqual(await store.expandRecips(waiting), { needsPreprocessing: true, needsSpooler: true });
    assert.equal(propOf(waiting.allProps(), PR_PREPROCESS), true);
  });

  test('SUPP-36: a store that has sent a message itself has the spooler complete it', async () => {
    const { store, transport, spooler } = await supports({ catalogue: COUPLED });
    await transport.modifyStatusRow([prop(PR_OWN_STORE_ENTRYID, storeEntryId('Store'))], { update: true });
    await store.completeMsg(Uint8Array.of(1));
    assert.equal(spooler.calls.at(-1), 'completeMsg');
    await assert.rejects(transport.completeMsg(Uint8Array.of(1)), { code: 'MAPI_E_NO_SUPPORT' });
  });
});

test('AMB-65: stores and transports compare identifiers, a configuration object does not', async () => {
  const { store, transport } = await supports();
  const id = encodeOneOff({ displayName: 'A', addrType: 'SMTP', emailAddress: 'a@b.c', sendRichInfo: true });
  const other = encodeOneOff({ displayName: 'B', addrType: 'SMTP', emailAddress: 'A@B.C', sendRichInfo: false });
  for (const support of [store, transport]) assert.equal(await support.compareEntryIDs(id, other), true);
  await using configuration = await store.getSvcConfigSupportObj();
  await assert.rejects(configuration.compareEntryIDs(id, other), { code: 'MAPI_E_NO_SUPPORT' });
});

describe('tightly coupled stores', () => {
  const own = prop(PR_OWN_STORE_ENTRYID, storeEntryId('Store'));

  test('STAT-13, SUPP-55, SPOOL-003, SUBMIT-029, XP-087: the spooler is not needed where the transport of the store can carry the message to all', async () => {
    const { store, transport, spooler } = await supports({ catalogue: COUPLED });
    const carriers: Uint8Array[] = [];
    spooler.route = () => ({ carriers, needsPreprocessing: false });
    spooler.registerPreprocessor = (uid) => void carriers.push(uid);
    const nothing = { preprocessMessage: async () => ({ messages: [], undeliverable: [] }) };
    await transport.registerPreprocessor(null, null, { ...nothing, removePreprocessInfo: async () => {} });
    const needsSpooler = async () => (await store.expandRecips(await to('a@b.c'))).needsSpooler;
    assert.equal(await needsSpooler(), true); // it has not said which store is its own
    await transport.modifyStatusRow([prop(PR_OWN_STORE_ENTRYID, storeEntryId('Another'))], { update: true });
    assert.equal(await needsSpooler(), true);
    await transport.modifyStatusRow([own], { update: true });
    assert.equal(await needsSpooler(), false);
    await transport.modifyStatusRow([prop(PR_OWN_STORE_ENTRYID, wrapStoreEntryID('test', storeEntryId('Store')))], {
      update: true,
    });
    assert.equal(await needsSpooler(), false);
    spooler.route = () => ({ carriers: [...carriers, undefined], needsPreprocessing: false });
    assert.equal(await needsSpooler(), true);
    spooler.route = () => ({ carriers, needsPreprocessing: true });
    assert.equal(await needsSpooler(), true);
  });

  test('STAT-13: a transport that its profile does not call coupled is not', async () => {
    const { store, transport, spooler } = await supports();
    spooler.routes = { carriers: [], needsPreprocessing: false };
    await transport.modifyStatusRow([own, prop(PR_RESOURCE_FLAGS, STATUS_OWN_STORE)], { update: true });
    assert.equal((await store.expandRecips(await to())).needsSpooler, true);
  });

  test('XP-088: a message that another transport carries goes through the spooler, as from any store', async () => {
    const { store, transport, spooler } = await supports({ catalogue: COUPLED });
    await transport.modifyStatusRow([own], { update: true });
    spooler.route = () => ({ carriers: [Uint8Array.from({ length: 16 }, () => 7)], needsPreprocessing: false });
    assert.deepEqual(await store.expandRecips(await to('a@b.c')), { needsPreprocessing: false, needsSpooler: true });
  });

  test('SUBMIT-023: CompleteMsg is for a store that is coupled with a transport', async () => {
    const { store, transport, spooler } = await supports({ catalogue: COUPLED });
    await assert.rejects(store.completeMsg(Uint8Array.of(1)), { code: 'MAPI_E_NO_SUPPORT' });
    await transport.modifyStatusRow([own], { update: true });
    await store.completeMsg(Uint8Array.of(1));
    assert.equal(spooler.calls.at(-1), 'completeMsg');
  });
});
