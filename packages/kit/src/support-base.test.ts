import assert from 'node:assert/strict';
import { nullLog, seededRandom, toHex } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  decodeOneOff,
  fnevNewMail,
  type IMAPISupport,
  MapiError,
  MUID_STORE_WRAP,
  makeEntryId,
  type Notification,
  PR_DISPLAY_NAME,
  PR_ROWID,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  prop,
} from '@nodemapi/mapi';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { AdviseHub } from './advise-hub.ts';
import { FolderDouble } from './folder.testing.ts';
import { getProp } from './prop-access.ts';
import { type StandaloneHost, standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { unwrapStoreEntryID, wrapStoreEntryID } from './store-entry-id.ts';
import { SUPPORT_METHODS, type SupportKind } from './support-methods.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;
const KEY = Uint8Array.of(5);
const newMail: Notification = {
  kind: 'newMail',
  entryId: Uint8Array.of(1),
  parentId: Uint8Array.of(2),
  messageClass: 'IPM.Note',
  messageFlags: 0,
};

let host: StandaloneHost;
beforeAll(async () => {
  host = await standaloneHost({ random: seededRandom(1), log: nullLog });
});
afterAll(() => host[Symbol.asyncDispose]());

const support = (kind: SupportKind, hub = new AdviseHub()): StandaloneSupport =>
  new StandaloneSupport({ kind, host, hub });

describe('SupportBase', () => {
  test('SUPP-1, SUPP-5: a method of another kind of provider is MAPI_E_NO_SUPPORT', async () => {
    const configuration = support('configuration');
    assert.throws(() => configuration.subscribe(KEY, fnevNewMail, { onNotify: () => {} }), code('MAPI_E_NO_SUPPORT'));
    assert.throws(() => configuration.notify(KEY, [newMail]), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(support('transport').expandRecips(new MessageDouble()), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(support('addressBook').spoolerNotify({ kind: 'readyToSend' }), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(support('transport').setProviderUID(KEY), code('MAPI_E_NO_SUPPORT'));
    assert.equal(configuration.newUID().length, 16);
  });

  test('SUPP-2, SUPP-3, SUPP-4: each kind has its own set of methods', () => {
    const sizes = Object.entries(SUPPORT_METHODS).map(([kind, methods]) => [kind, methods.size]);
    assert.deepEqual(sizes, [
      ['addressBook', 24],
      ['store', 31],
      ['transport', 21],
      ['hook', 14],
      ['configuration', 7],
    ]);
    const all = support('store') as IMAPISupport;
    for (const methods of Object.values(SUPPORT_METHODS)) {
      for (const method of methods) assert.equal(typeof all[method as keyof IMAPISupport], 'function', method);
    }
  });

  test('what needs a session is MAPI_E_NO_SUPPORT, never a success', async () => {
    const store = support('store');
    await assert.rejects(store.prepareSubmit(new MessageDouble()), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(store.doSentMail(new MessageDouble()), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(store.openAddressBook(), code('MAPI_E_NO_SUPPORT'));
    assert.throws(() => store.getMemAllocRoutines(), code('MAPI_E_NO_SUPPORT'));
  });

  test('SUPP-10, UTIL-041: every new MAPIUID is another', () => {
    const store = support('store');
    const made = new Set(Array.from({ length: 50 }, () => toHex(store.newUID())));
    assert.equal(made.size, 50);
  });

  test('SUPP-19: a one-off needs type and address; rich text is for others than the Internet', async () => {
    const book = support('addressBook');
    const smtp = decodeOneOff(await book.createOneOff(null, 'SMTP', 'ann@x.org'));
    assert.deepEqual(smtp, {
      displayName: 'ann@x.org',
      addrType: 'SMTP',
      emailAddress: 'ann@x.org',
      sendRichInfo: false,
    });
    assert.equal(decodeOneOff(await book.createOneOff('A', 'FAX', '1'))?.sendRichInfo, true);
    assert.equal(decodeOneOff(await book.createOneOff('A', 'FAX', '1', { noRichInfo: true }))?.sendRichInfo, false);
    await assert.rejects(book.createOneOff('A', '', 'ann@x.org'), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(book.createOneOff('A', 'SMTP', ''), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('NOTIF-29, NOTIF-30, NOTIF-32, STORE-084: subscribe, notify, unsubscribe', async () => {
    const hub = new AdviseHub();
    const store = support('store', hub);
    const seen: Notification[] = [];
    const connection = store.subscribe(KEY, fnevNewMail, { onNotify: (batch) => void seen.push(...batch) });
    assert.ok(connection > 0);
    assert.deepEqual(store.notify(KEY, [newMail]), { cancelled: false });
    assert.deepEqual(store.notify(Uint8Array.of(6), [newMail]), { cancelled: false });
    assert.deepEqual(seen, []);
    await hub.flush();
    assert.deepEqual(seen, [newMail]);
    store.notify(Uint8Array.from(KEY), [newMail]); // made again from what names the source
    await hub.flush();
    assert.equal(seen.length, 2);
    store.unsubscribe(connection);
    store.notify(KEY, [newMail]);
    await hub.flush();
    assert.equal(seen.length, 2);
  });

  test('NOTIF-37, STORE-086: an unknown connection, a foreign one too, is MAPI_E_NOT_FOUND', () => {
    const hub = new AdviseHub();
    const [one, other] = [support('store', hub), support('store', hub)];
    const connection = one.subscribe(KEY, fnevNewMail, { onNotify: () => {} });
    assert.throws(() => other.unsubscribe(connection), code('MAPI_E_NOT_FOUND'));
    one.unsubscribe(connection);
    assert.throws(() => one.unsubscribe(connection), code('MAPI_E_NOT_FOUND'));
  });

  test('the last release cancels what the provider subscribed to', async () => {
    const hub = new AdviseHub();
    const store = support('store', hub);
    store.subscribe(KEY, fnevNewMail, { onNotify: () => {} });
    await store.release();
    assert.equal(hub.size, 0);
    assert.throws(() => store.newUID(), code('MAPI_E_INVALID_OBJECT'));
  });

  test('SUPP-15, STORE-047, UTIL-036: a store identifier is wrapped with its module and comes back private', () => {
    const inner = makeEntryId(
      Uint8Array.from({ length: 16 }, (_, index) => index),
      Uint8Array.of(1, 2, 3),
    );
    const wrapped = support('store').wrapStoreEntryID(inner);
    assert.deepEqual(wrapped.subarray(4, 20), MUID_STORE_WRAP);
    assert.deepEqual(unwrapStoreEntryID(wrapped), { moduleName: 'standalone', entryId: inner });
    for (const name of ['a', 'ab', 'abc', '@x/\u00e4']) {
      assert.deepEqual(unwrapStoreEntryID(wrapStoreEntryID(name, inner)), { moduleName: name, entryId: inner });
    }
    assert.equal(unwrapStoreEntryID(inner), undefined);
    assert.throws(() => wrapStoreEntryID('', inner), code('MAPI_E_INVALID_PARAMETER'));
    assert.throws(
      () => unwrapStoreEntryID(makeEntryId(MUID_STORE_WRAP, Uint8Array.of(0, 0, 65))),
      code('MAPI_E_INVALID_ENTRYID'),
    );
    assert.throws(
      () => unwrapStoreEntryID(makeEntryId(MUID_STORE_WRAP, Uint8Array.of(0, 0, 65, 0, 66).subarray(0, 4).slice(0, 3))),
      code('MAPI_E_INVALID_ENTRYID'),
    );
  });

  test('copying goes through the contract', async () => {
    const [source, target, store] = [new FolderDouble('a'), new FolderDouble('b'), support('store')];
    await (await source.createMessage()).saveChanges();
    const ids = source.messages.map(({ entryId }) => entryId);
    assert.deepEqual(await store.copyMessages(source.asFolder, ids, target.asFolder), { problems: [] });
    const sub = await source.createFolder('sub');
    await store.copyFolder(source.asFolder, sub.entryId, target.asFolder);
    assert.equal(String(target), 'b(1)[sub(0)]');
    const [from, to] = [new MessageDouble([prop(PR_DISPLAY_NAME, 'x')]), new MessageDouble()];
    await store.doCopyProps(from, [PR_DISPLAY_NAME], to);
    assert.equal(await getProp(to, PR_DISPLAY_NAME), 'x');
    await assert.rejects(store.doCopyTo(from, [], to), code('MAPI_E_INVALID_PARAMETER'));
    assert.deepEqual(await store.expandRecips(from), { needsPreprocessing: false, needsSpooler: true });
  });
});

describe('StandaloneSupport', () => {
  test('a missing section is MAPI_E_NOT_FOUND for reading and made for writing', async () => {
    const store = support('store');
    await assert.rejects(store.openProfileSection(KEY), code('MAPI_E_NOT_FOUND'));
    const section = await store.openProfileSection(KEY, { modify: true });
    await section.setProps([prop(PR_DISPLAY_NAME, 'x')]);
    const again = await store.openProfileSection(KEY);
    assert.equal(await getProp(again, PR_DISPLAY_NAME), 'x');
    await assert.rejects(again.setProps([prop(PR_DISPLAY_NAME, 'y')]), code('MAPI_E_NO_ACCESS'));
    assert.equal(await getProp(await store.openProfileSection(null), PR_DISPLAY_NAME), undefined);
  });

  test('the status row is replaced, or updated column by column', async () => {
    const store = support('store');
    await store.modifyStatusRow([prop(PR_STATUS_CODE, 1), prop(PR_ROWID, 1)]);
    await store.modifyStatusRow([prop(PR_STATUS_STRING, 'busy')], { update: true });
    assert.deepEqual([store.statusRow.get(PR_STATUS_CODE), store.statusRow.get(PR_STATUS_STRING)], [1, 'busy']);
    await store.modifyStatusRow([prop(PR_STATUS_STRING, 'new')]);
    assert.equal(store.statusRow.get(PR_STATUS_CODE), undefined);
  });

  test('provider identifiers are added, equal ones too', async () => {
    const store = support('store');
    await store.setProviderUID(KEY);
    await store.setProviderUID(KEY);
    assert.deepEqual(store.providerUids, [KEY, KEY]);
  });

  test('the host has a home of its own, which goes with it', async () => {
    const own = await standaloneHost();
    assert.ok(await own.files.exists(own.home));
    await own[Symbol.asyncDispose]();
    assert.ok(!(await own.files.exists(own.home)));
  });
});
