import assert from 'node:assert/strict';
import { getProp, PropBag, PropObject, queryAllRows } from '@nodemapi/kit';
import {
  type IMAPISession,
  type IMsgStore,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_RESOURCE_FLAGS,
  PR_STORE_SUPPORT_MASK,
  PR_VALID_FOLDER_MASK,
  prop,
  propOf,
  STATUS_NEED_IPM_TREE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

/** A store without a folder but its root, which notes those that are made. */
class BareStore extends PropObject {
  readonly iid = 'IMsgStore';
  readonly made: string[] = [];
  refuses = false;

  constructor(name: string) {
    super(
      new PropBag([
        prop(PR_ENTRYID, storeEntryId(name)),
        prop(PR_DISPLAY_NAME, name),
        prop(PR_STORE_SUPPORT_MASK, 0xffff),
      ]),
    );
  }

  async openEntry(): Promise<object> {
    return new BareFolder(this, 'parent');
  }

  async setReceiveFolder(messageClass: string): Promise<void> {
    this.made.push(`receives ${messageClass}`);
  }
}

class BareFolder extends PropObject {
  readonly iid = 'IMAPIFolder';
  readonly #store: BareStore;

  constructor(store: BareStore, name: string) {
    super(new PropBag([prop(PR_ENTRYID, storeEntryId(name)), prop(PR_DISPLAY_NAME, name)]));
    this.#store = store;
  }

  async createFolder(name: string): Promise<object> {
    if (this.#store.refuses) throw new TypeError('no folders here');
    this.#store.made.push(name);
    return new BareFolder(this.#store, name);
  }
}

async function withBareStores() {
  const { subsystem, library, log } = await TestSubsystem.withProfile();
  await using admin = await subsystem.MAPIAdminProfiles();
  await using services = await admin.adminServices('Work');
  await services.createMsgService('ARCHIVE');
  const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
  const stores: BareStore[] = [];
  const answer = (store: BareStore): object => {
    stores.push(store);
    return { store, logon: undefined, spoolerSecurity: undefined };
  };
  library.behaviour.storeLogon = () => answer(new BareStore('bare'));
  return { session, stores, library, log, answer };
}

async function needsTree(session: IMAPISession, name: string): Promise<boolean> {
  await using table = await session.getMsgStoresTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_DISPLAY_NAME) === name);
  return ((propOf(row ?? [], PR_RESOURCE_FLAGS) ?? 0) & STATUS_NEED_IPM_TREE) !== 0;
}

const ALWAYS = ['IPM Subtree', 'Search Root', 'Deleted Items'];

describe('the standard folders', () => {
  test('SESS-32, STORE-060: are made when the default store is opened: all of them, and once', async () => {
    const { session, stores } = await withBareStores();
    assert.equal(await needsTree(session, 'Store'), true);
    await using store: IMsgStore = await openStore(session);
    const made = stores[0]?.made.filter((one) => !one.startsWith('receives')) ?? [];
    const others = ['Inbox', 'Outbox', 'Sent Items', 'Folder Views', 'Common Views'];
    assert.deepEqual([...made].sort(), [...ALWAYS, ...others].sort());
    assert.ok(stores[0]?.made.includes('receives IPM'));
    assert.equal(await getProp(store, PR_VALID_FOLDER_MASK), 0xff);
    assert.notEqual(await getProp(store, PR_IPM_SUBTREE_ENTRYID), undefined);
    assert.equal(await needsTree(session, 'Store'), false);
    await using _again = await openStore(session);
    assert.deepEqual(stores[1]?.made, []);
  });

  test('SESS-32: in another store three of them', async () => {
    const { session, stores } = await withBareStores();
    await using _store = await openStore(session, { write: true }, 'Archive');
    assert.deepEqual([...(stores[0]?.made ?? [])].sort(), [...ALWAYS].sort());
  });

  test('SESS-32, SVC-51, STORE-060: with MDB_NO_MAIL nothing is made, and MAPI remembers that they are missing', async () => {
    const { session, stores } = await withBareStores();
    await using _store = await openStore(session, { write: true, noMail: true });
    assert.deepEqual(stores[0]?.made, []);
    assert.equal(await needsTree(session, 'Store'), true);
  });

  test('SESS-32: whoever becomes the default store gets the others, too', async () => {
    const { session, stores } = await withBareStores();
    await (await openStore(session, { write: true }, 'Archive')).release();
    await session.setDefaultStore('default', await storeIdNamed(session, 'Archive'));
    assert.ok(stores.at(-1)?.made.includes('Inbox'));
    assert.equal(await needsTree(session, 'Archive'), false);
  });

  test('a store that takes no folders is open all the same, and is tried again', async () => {
    const { session, library, answer } = await withBareStores();
    library.behaviour.storeLogon = () => answer(Object.assign(new BareStore('bare'), { refuses: true }));
    await using store = await openStore(session);
    assert.equal(store.iid, 'IMsgStore');
    assert.equal(await needsTree(session, 'Store'), true);
  });
});
