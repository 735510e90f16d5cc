/** Suites of address book providers: creating, copying and deleting entries, and what is told about it. */

import { strict as assert } from 'node:assert';
import {
  DT_MAILUSER,
  DT_PRIVATE_DISTLIST,
  encodeOneOff,
  fnevObjectCreated,
  fnevObjectDeleted,
  fnevObjectModified,
  fnevTableModified,
  type IMAPIProgress,
  MAPI_MAILUSER,
  MAPI_TOP_LEVEL,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SELECTABLE,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { type AbRule, allRows, collector, failsWith, idOf, oneProp, setUser } from './ab-fixture.ts';
import { forbiddenUser } from './watched-support.ts';

const ONE_OFF_COLUMNS = [
  PR_ADDRTYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SELECTABLE,
] as const;
const CLEO = encodeOneOff({
  displayName: 'Cleo',
  addrType: 'SMTP',
  emailAddress: 'cleo@example.org',
  sendRichInfo: false,
});

export function abChangeRules(rule: AbRule): void {
  templateRules(rule);
  createRules(rule);
  copyRules(rule);
  listRules(rule);
  deleteRules(rule);
  saveRules(rule);
  notifyRules(rule);
}

function templateRules(rule: AbRule): void {
  rule('AB-070', 'one-off tables have the required columns', async (book) => {
    const table = book.keep(await book.logon.getOneOffTable());
    const rows = await allRows(table, ONE_OFF_COLUMNS);
    assert.ok(rows.length > 0);
    for (const row of rows)
      assert.deepEqual(
        row.map(({ tag }) => tag),
        ONE_OFF_COLUMNS,
      );
    for (const row of rows) assert.equal(typeof propOf(row, PR_SELECTABLE), 'boolean');
  });

  rule(
    'AB-020',
    'an entry is made by a template of PR_CREATE_TEMPLATES and is not there until it is saved',
    async (book) => {
      const container = await book.container();
      const user = await book.create(container, DT_MAILUSER);
      const list = await book.create(container, DT_PRIVATE_DISTLIST);
      assert.deepEqual([user.iid, list.iid], ['IMailUser', 'IDistList']);
      await setUser(user, 'Ann', 'ann@example.com');
      assert.deepEqual(await book.names(container), []);
      await user.saveChanges();
      assert.deepEqual(await book.names(container), ['Ann']);
    },
  );

  rule('AB-020', 'what is no template makes nothing', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    await failsWith(container.createEntry(ann), 'MAPI_E_UNKNOWN_ENTRYID', 'MAPI_E_INVALID_ENTRYID');
    await failsWith(container.createEntry(CLEO), 'MAPI_E_UNKNOWN_ENTRYID', 'MAPI_E_INVALID_ENTRYID');
  });
}

function createRules(rule: AbRule): void {
  rule(
    'AB-021, AB-023',
    'a strict check finds the same name with the same address, when changes are saved',
    async (book) => {
      const container = await book.container();
      await book.add(container, 'Ann', 'ann@example.com');
      const same = await book.create(container, DT_MAILUSER, { strict: true });
      await setUser(same, 'ann', 'ANN@example.com');
      await failsWith(same.saveChanges(), 'MAPI_E_COLLISION');
      await book.add(container, 'Ann', 'other@example.com', { strict: true });
      assert.deepEqual(await book.names(container), ['Ann', 'Ann']);
    },
  );

  rule('AB-021, AB-023', 'a loose check finds the same name', async (book) => {
    const container = await book.container();
    await book.add(container, 'Ann', 'ann@example.com');
    const same = await book.create(container, DT_MAILUSER, { loose: true });
    await setUser(same, 'Ann', 'other@example.com');
    await failsWith(same.saveChanges(), 'MAPI_E_COLLISION');
    await setUser(same, 'Anna', 'ann@example.com');
    await same.saveChanges();
    assert.deepEqual(await book.names(container), ['Ann', 'Anna']);
  });

  rule('AB-021', 'a duplicate is replaced if that is asked for, and nothing is checked if nothing is', async (book) => {
    const container = await book.container();
    await book.add(container, 'Ann', 'ann@example.com');
    await book.add(container, 'Ann', 'new@example.com', { loose: true, replace: true });
    const table = book.keep(await container.getContentsTable());
    const addresses = async () => (await allRows(table, [PR_EMAIL_ADDRESS])).map((row) => row[0]?.value);
    assert.deepEqual(await addresses(), ['new@example.com']);
    await book.add(container, 'Ann', 'new@example.com');
    assert.equal((await addresses()).length, 2);
  });
}

function copyRules(rule: AbRule): void {
  rule(
    'AB-027',
    'AB_NO_DIALOG shows no progress, and takes no user interface; without it a progress is told',
    async (book) => {
      const container = await book.container();
      const shown: string[] = [];
      const progress: IMAPIProgress = {
        progress: (_value, count, total) => void shown.push(`${count} of ${total}`),
        getFlags: () => MAPI_TOP_LEVEL,
        getMin: () => 0,
        getMax: () => 1000,
        setLimits: () => {},
      };
      await container.copyEntries([CLEO], { noDialog: true, progress });
      assert.deepEqual(shown, []);
      await failsWith(
        container.copyEntries([CLEO], { noDialog: true, dialog: forbiddenUser() }),
        'MAPI_E_INVALID_PARAMETER',
      );
      await container.copyEntries([CLEO, CLEO], { progress });
      assert.deepEqual(shown, ['1 of 2', '2 of 2']);
    },
  );

  rule('AB-025', 'a copy has the properties of its source, and nothing but the entry is new', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const user = await book.user(ann, true);
    await user.setProps([prop(PR_COMMENT, 'met in Bern')]);
    await user.saveChanges();
    assert.deepEqual(await container.copyEntries([ann, CLEO], { noDialog: true }), {});
    const table = book.keep(await container.getContentsTable());
    const rows = await allRows(table, [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ENTRYID]);
    const shown = rows.map((row) => row.slice(0, 2).map(({ value }) => value));
    assert.deepEqual(shown, [
      ['Ann', 'ann@example.com'],
      ['Ann', 'ann@example.com'],
      ['Cleo', 'cleo@example.org'],
    ]);
    for (const row of rows.slice(0, 2)) {
      assert.equal(await oneProp(await book.user(propOf(row, PR_ENTRYID) ?? ann), PR_COMMENT), 'met in Bern');
    }
  });

  rule('AB-025', 'duplicates are passed over silently, unless they are to be replaced', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    assert.deepEqual(await container.copyEntries([ann, CLEO], { strict: true, noDialog: true }), {});
    assert.deepEqual(await book.names(container), ['Ann', 'Cleo']);
    assert.deepEqual(await container.copyEntries([CLEO], { loose: true, replace: true, noDialog: true }), {});
    assert.deepEqual(await book.names(container), ['Ann', 'Cleo']);
  });

  rule('AB-025', 'only an entry that could not be copied makes the completion partial', async (book) => {
    const container = await book.container();
    const gone = await book.add(container, 'Gone', 'gone@example.com');
    await container.deleteEntries([gone]);
    const done = await container.copyEntries([gone, CLEO], { noDialog: true });
    assert.deepEqual(done, { warning: 'MAPI_W_PARTIAL_COMPLETION' });
    assert.deepEqual(await book.names(container), ['Cleo']);
  });

  rule('AB-026', 'an identifier of no known form copies nothing', async (book) => {
    const container = await book.container();
    await failsWith(
      container.copyEntries([CLEO, new Uint8Array([1, 2, 3])], { noDialog: true }),
      'MAPI_E_INVALID_ENTRYID',
    );
    assert.deepEqual(await book.names(container), []);
  });
}

function listRules(rule: AbRule): void {
  rule('', 'a list has a member once, follows its changes and never holds itself', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const inner = await book.addList(container, 'Inner', [ann]);
    const outer = await book.addList(container, 'Outer', [inner, ann, ann]);
    assert.deepEqual(await book.names(await book.list(outer)), ['Inner', 'Ann']);
    const innerList = await book.list(inner, true);
    const done = await innerList.copyEntries([outer, inner]);
    assert.deepEqual(done, { warning: 'MAPI_W_PARTIAL_COMPLETION' });
    const user = await book.user(ann, true);
    await user.setProps([prop(PR_DISPLAY_NAME, 'Anna')]);
    await user.saveChanges();
    assert.deepEqual(await book.names(innerList), ['Anna']);
  });

  rule('AB-033', 'entries created in a list are members of it', async (book) => {
    const container = await book.container();
    const list = await book.list(await book.addList(container, 'Friends'), true);
    await book.add(list, 'Dan', 'dan@example.com');
    assert.deepEqual(await book.names(list), ['Dan']);
    assert.deepEqual(await book.names(container), ['Dan', 'Friends']);
  });
}

function deleteRules(rule: AbRule): void {
  rule('AB-028', 'what could not be deleted makes the completion partial', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const bob = await book.add(container, 'Bob', 'bob@example.com');
    assert.deepEqual(await container.deleteEntries([ann]), {});
    assert.deepEqual(await container.deleteEntries([ann, bob]), { warning: 'MAPI_W_PARTIAL_COMPLETION' });
    assert.deepEqual(await book.names(container), []);
  });

  rule('AB-028, AB-033', 'deleting from a list ends the membership, deleting the entry all of them', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const bob = await book.add(container, 'Bob', 'bob@example.com');
    const list = await book.list(await book.addList(container, 'Friends', [ann, bob, CLEO]), true);
    assert.deepEqual(await list.deleteEntries([ann, CLEO]), {});
    assert.deepEqual(await list.deleteEntries([ann]), { warning: 'MAPI_W_PARTIAL_COMPLETION' });
    assert.deepEqual(await book.names(list), ['Bob']);
    assert.deepEqual(await book.names(container), ['Ann', 'Bob', 'Friends']);
    assert.deepEqual(await container.deleteEntries([bob]), {});
    assert.deepEqual(await book.names(list), []);
  });
}

function saveRules(rule: AbRule): void {
  rule('', 'what was saved is there after logging on again, and what was not is not', async (book) => {
    if (!book.canReopen) return;
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    await book.addList(container, 'Friends', [ann, CLEO]);
    const changed = await book.user(ann, true);
    await changed.setProps([prop(PR_DISPLAY_NAME, 'Never saved')]);
    await book.reopen();
    assert.equal(await oneProp(await book.user(ann), PR_DISPLAY_NAME), 'Ann');
    const again = await book.container();
    assert.deepEqual(await book.names(again), ['Ann', 'Friends']);
  });

  rule('', 'the second of two writers must say that it overwrites', async (book) => {
    const ann = await book.add(await book.container(), 'Ann', 'ann@example.com');
    const [first, second] = [await book.user(ann, true), await book.user(ann, true)];
    await first.setProps([prop(PR_COMMENT, 'first')]);
    await first.saveChanges();
    await second.setProps([prop(PR_COMMENT, 'second')]);
    await failsWith(second.saveChanges({ keepOpenReadWrite: true }), 'MAPI_E_OBJECT_CHANGED');
    await second.saveChanges({ force: true });
    assert.equal(await oneProp(await book.user(ann), PR_COMMENT), 'second');
  });
}

function notifyRules(rule: AbRule): void {
  rule(
    'AB-079',
    'changes are told under the entry and its container, with a connection that is not zero',
    async (book) => {
      const container = await book.container();
      const containerId = await book.containerId();
      const [inContainer, ofAnn] = [collector(), collector()];
      const mask = fnevObjectCreated | fnevObjectModified | fnevObjectDeleted;
      const connection = await book.logon.advise(containerId, mask, inContainer);
      assert.notEqual(connection.connection, 0);
      const ann = await book.add(container, 'Ann', 'ann@example.com');
      const second = await book.logon.advise(ann, mask, ofAnn);
      const user = await book.user(ann, true);
      await user.setProps([prop(PR_COMMENT, 'x')]);
      await user.saveChanges();
      await container.deleteEntries([ann]);
      await book.settle();
      const kinds = inContainer.seen.map(({ kind }) => kind);
      assert.deepEqual(kinds, ['objectCreated', 'objectModified', 'objectDeleted']);
      const [created] = inContainer.seen;
      assert.ok(created?.kind === 'objectCreated');
      assert.deepEqual([created.objectType, created.entryId], [MAPI_MAILUSER, ann]);
      assert.deepEqual(
        ofAnn.seen.map(({ kind }) => kind),
        ['objectModified', 'objectDeleted'],
      );
      await book.logon.unadvise(second);
      await book.logon.unadvise(connection.connection);
      await book.add(container, 'Bob', 'bob@example.com');
      await book.settle();
      assert.equal(inContainer.seen.length, 3);
      await failsWith(book.logon.unadvise(connection.connection), 'MAPI_E_NOT_FOUND');
    },
  );

  rule('AB-079', 'identifiers of nobody are not registered', async (book) => {
    const foreign = (await book.containerId()).slice();
    foreign.set([0xff, 0xee, 0xdd], 4);
    await failsWith(book.logon.advise(foreign, fnevObjectCreated, collector()), 'MAPI_E_UNKNOWN_ENTRYID');
    const garbage = new Uint8Array([1, 2, 3]);
    await failsWith(book.logon.advise(garbage, fnevObjectCreated, collector()), 'MAPI_E_INVALID_ENTRYID');
  });

  rule('', 'an open contents table shows and tells what happens to its rows', async (book) => {
    const container = await book.container();
    const table = book.keep(await container.getContentsTable());
    await table.setColumns([PR_DISPLAY_NAME]);
    const sink = collector();
    await using _connection = await table.advise(fnevTableModified, sink);
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    assert.equal(await table.getRowCount(), 1);
    await container.deleteEntries([ann]);
    await book.settle();
    assert.equal(await table.getRowCount(), 0);
    assert.deepEqual(
      sink.seen.map((seen) => (seen.kind === 'tableModified' ? seen.event : seen.kind)),
      ['rowAdded', 'rowDeleted'],
    );
  });

  rule('', 'an entry that was never saved has no identifier and disappears with its release', async (book) => {
    const container = await book.container();
    const entry = await book.create(container, DT_MAILUSER);
    await setUser(entry, 'Ann', 'ann@example.com');
    assert.equal(await oneProp(entry, PR_ENTRYID), undefined);
    await entry.saveChanges({ keepOpenReadWrite: true });
    const entryId = await idOf(entry);
    assert.equal(await oneProp(await book.user(entryId), PR_DISPLAY_NAME), 'Ann');
  });
}
