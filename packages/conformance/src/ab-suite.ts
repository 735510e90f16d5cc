/**
 * What every address book provider with a container that can be modified must do, whoever implements it.
 *
 * spec: address-book-providers
 */
import { strict as assert } from 'node:assert';
import { bytesEqual } from '@nodemapi/base';
import {
  AB_MODIFIABLE,
  AB_SUBCONTAINERS,
  AB_UNMODIFIABLE,
  DT_MAILUSER,
  DT_PRIVATE_DISTLIST,
  encodeOneOff,
  MAPI_ABCONT,
  MAPI_DISTLIST,
  MAPI_MAILUSER,
  MAPI_SHORTTERM,
  MAPI_STATUS,
  PR_ADDRTYPE,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_RESOURCE_METHODS,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  type PropTag,
  prop,
  propOf,
  resProperty,
  STATUS_CHANGE_PASSWORD,
  STATUS_FLUSH_QUEUES,
  STATUS_SETTINGS_DIALOG,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { abChangeRules } from './ab-change-suite.ts';
import {
  type AbRule,
  type AbSuiteOptions,
  type AbUnderTest,
  abRules,
  allRows,
  failsWith,
  oneProp,
} from './ab-fixture.ts';
import { abNameRules } from './ab-name-suite.ts';

export type { AbSuiteOptions, AbUnderTest } from './ab-fixture.ts';

/** Registers the tests of a provider; `open` gives each of them an empty address book of its own. */
export function abSuite(name: string, open: () => Promise<AbUnderTest>, options: AbSuiteOptions = {}): void {
  describe(`address book: ${name}`, () => {
    const rule = abRules(open, options);
    openRules(rule);
    identityRules(rule);
    containerRules(rule);
    tableRules(rule);
    entryRules(rule);
    abChangeRules(rule);
    abNameRules(rule);
  });
}

const CONTENTS_COLUMNS: readonly PropTag[] = [
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
];

function openRules(rule: AbRule): void {
  rule(
    'AB-007, STAT-17, STAT-18',
    'the status object validates its state and refuses what it does not offer',
    async (book) => {
      const status = book.keep(await book.logon.openStatusEntry());
      assert.equal(book.keep(await book.logon.openStatusEntry()), status);
      assert.equal(await oneProp(status, PR_OBJECT_TYPE), MAPI_STATUS);
      await status.validateState(undefined, { suppressUi: true });
      const methods = (await oneProp(status, PR_RESOURCE_METHODS)) ?? 0;
      const without = (bit: number) => (methods & bit) === 0;
      if (without(STATUS_SETTINGS_DIALOG)) await failsWith(status.settingsDialog(), 'MAPI_E_NO_SUPPORT');
      if (without(STATUS_CHANGE_PASSWORD)) await failsWith(status.changePassword('a', 'b'), 'MAPI_E_NO_SUPPORT');
      if (without(STATUS_FLUSH_QUEUES)) await failsWith(status.flushQueues(), 'MAPI_E_NO_SUPPORT');
    },
  );

  rule('AB-008', 'no identifier opens the root container', async (book) => {
    const root = await book.logon.openEntry(null);
    book.keep(root);
    assert.equal(root.iid, 'IABContainer');
    assert.equal(await oneProp(root, PR_OBJECT_TYPE), MAPI_ABCONT);
  });

  rule('AB-009', 'identifiers of others are unknown, those of deleted entries not found', async (book) => {
    const container = await book.container();
    const entryId = await book.add(container, 'Ann', 'ann@example.com');
    const foreign = entryId.slice();
    foreign.set([0xff, 0xee, 0xdd], 4);
    await failsWith(book.logon.openEntry(foreign), 'MAPI_E_UNKNOWN_ENTRYID');
    await failsWith(book.logon.openEntry(new Uint8Array([1, 2, 3])), 'MAPI_E_UNKNOWN_ENTRYID');
    await container.deleteEntries([entryId]);
    await failsWith(book.logon.openEntry(entryId), 'MAPI_E_NOT_FOUND');
  });

  rule('AB-009', 'a container that cannot be modified does not open for writing', async (book) => {
    const flags = (await oneProp(await book.root(), PR_CONTAINER_FLAGS)) ?? 0;
    if ((flags & AB_MODIFIABLE) !== 0) return;
    await failsWith(book.logon.openEntry(null, { modify: true }), 'MAPI_E_NO_ACCESS');
    const best = book.keep(await book.logon.openEntry(null, { bestAccess: true }));
    await failsWith(best.setProps([prop(PR_DISPLAY_NAME, 'x')]), 'MAPI_E_NO_ACCESS');
  });

  rule('AB-077', 'a template that is not known binds nothing', async (book) => {
    const user = await book.user(await book.add(await book.container(), 'Ann', 'ann@example.com'));
    const template = new Uint8Array(24).fill(7);
    await failsWith(book.logon.openTemplateID(template, user), 'MAPI_E_UNKNOWN_ENTRYID', 'MAPI_E_NO_SUPPORT');
  });

  rule('AB-010', 'objects open with the interface of their kind, for reading', async (book) => {
    const container = await book.container();
    const userId = await book.add(container, 'Ann', 'ann@example.com');
    const listId = await book.addList(container, 'Friends');
    const user = book.keep(await book.logon.openEntry(userId));
    const list = book.keep(await book.logon.openEntry(listId));
    const plain = book.keep(await book.logon.openEntry(await book.containerId()));
    assert.deepEqual([user.iid, list.iid, plain.iid], ['IMailUser', 'IDistList', 'IABContainer']);
    await failsWith(user.setProps([prop(PR_DISPLAY_NAME, 'x')]), 'MAPI_E_NO_ACCESS');
    await failsWith(book.logon.openEntry(userId, { iid: 'IMessage' }), 'MAPI_E_INTERFACE_NOT_SUPPORTED');
    const best = book.keep(await book.logon.openEntry(userId, { bestAccess: true }));
    assert.deepEqual(await best.setProps([prop(PR_DISPLAY_NAME, 'Anna')]), []);
  });
}

function identityRules(rule: AbRule): void {
  rule('AB-011', 'identifiers of one object are equal, long-term or short-term', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const bob = await book.add(container, 'Bob', 'bob@example.com');
    const list = await book.addList(container, 'Friends');
    const shortTerm = ann.slice();
    shortTerm[0] = MAPI_SHORTTERM;
    assert.equal(await book.logon.compareEntryIDs(ann, ann.slice()), true);
    assert.equal(await book.logon.compareEntryIDs(shortTerm, ann), true);
    assert.equal(await book.logon.compareEntryIDs(ann, bob), false);
    assert.equal(await book.logon.compareEntryIDs(ann, list), false);
    const short = ann.subarray(0, ann.length - 1);
    await failsWith(book.logon.compareEntryIDs(short, short), 'MAPI_E_UNKNOWN_ENTRYID');
  });

  rule('RECIP-018', 'a recipient who is prepared for sending has a long-term identifier', async (book) => {
    const ann = await book.add(await book.container(), 'Ann', 'ann@example.com');
    const shortTerm = ann.slice();
    shortTerm[0] = MAPI_SHORTTERM;
    const [row = []] = await book.logon.prepareRecips([PR_EMAIL_ADDRESS], [[prop(PR_ENTRYID, shortTerm)]]);
    assert.deepEqual([propOf(row, PR_ENTRYID), propOf(row, PR_EMAIL_ADDRESS)], [ann, 'ann@example.com']);
  });

  rule('AB-012', 'identifiers are equal when the record keys are', async (book) => {
    const container = await book.container();
    const ids = [
      await book.containerId(),
      await book.add(container, 'Ann', 'a@b.c'),
      await book.addList(container, 'L'),
    ];
    const keys = [];
    for (const entryId of ids) keys.push(await oneProp(book.keep(await book.logon.openEntry(entryId)), PR_RECORD_KEY));
    for (const [i, a] of ids.entries()) {
      for (const [j, b] of ids.entries()) {
        const sameKey = bytesEqual(keys[i] ?? new Uint8Array(), keys[j] ?? new Uint8Array());
        assert.equal(await book.logon.compareEntryIDs(a, b), sameKey, `${i} and ${j}`);
      }
    }
  });
}

function containerRules(rule: AbRule): void {
  rule('AB-015, AB-017', 'containers tell what they are and whether they can be modified', async (book) => {
    const container = await book.container();
    for (const object of [await book.root(), container]) {
      const tags = [PR_CONTAINER_FLAGS, PR_DISPLAY_NAME, PR_ENTRYID, PR_OBJECT_TYPE, PR_RECORD_KEY] as const;
      const { values, warning } = await object.getProps(tags);
      assert.equal(warning, undefined);
      assert.notEqual((values[0] ?? 0) & (AB_MODIFIABLE | AB_UNMODIFIABLE), 0);
      assert.equal(values[3], MAPI_ABCONT);
    }
    await book.add(container, 'Ann', 'ann@example.com');
    assert.deepEqual(await book.names(container), ['Ann'], 'AB_MODIFIABLE promised that');
  });

  rule('AB-016', 'a hierarchy table is had where AB_SUBCONTAINERS says so', async (book) => {
    for (const object of [await book.root(), await book.container()]) {
      const flags = (await oneProp(object, PR_CONTAINER_FLAGS)) ?? 0;
      if ((flags & AB_SUBCONTAINERS) === 0) await failsWith(object.getHierarchyTable(), 'MAPI_E_NO_SUPPORT');
      else book.keep(await object.getHierarchyTable());
    }
  });

  rule('FOLDER-032', 'what has no contents, no containers or nothing hidden says so', async (book) => {
    const container = await book.container();
    const list = await book.list(await book.addList(container, 'Friends'));
    await failsWith((await book.root()).getContentsTable(), 'MAPI_E_NO_SUPPORT');
    await failsWith(list.getHierarchyTable(), 'MAPI_E_NO_SUPPORT');
    for (const object of [container, list]) {
      await failsWith(object.getContentsTable({ associated: true }), 'MAPI_E_NO_SUPPORT');
      book.keep(await object.getContentsTable());
    }
  });

  rule('AB-031', 'a container without searches refuses search criteria', async (book) => {
    const container = await book.container();
    await failsWith(container.setSearchCriteria(null, null, { restart: true }), 'MAPI_E_NO_SUPPORT');
  });
}

function tableRules(rule: AbRule): void {
  rule('AB-018', 'rows of a container have the required columns', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    await book.addList(container, 'Friends', [ann]);
    const table = book.keep(await container.getContentsTable());
    const columns = await table.queryColumns({ all: true });
    for (const tag of CONTENTS_COLUMNS) assert.ok(columns.includes(tag), `column 0x${tag.toString(16)}`);
    const rows = await allRows(table, CONTENTS_COLUMNS);
    assert.equal(rows.length, 2);
    for (const row of rows)
      assert.deepEqual(
        row.map(({ tag }) => tag),
        CONTENTS_COLUMNS,
      );
    const types = rows.map((row) => [propOf(row, PR_OBJECT_TYPE), propOf(row, PR_DISPLAY_TYPE)]);
    assert.deepEqual(types, [
      [MAPI_MAILUSER, DT_MAILUSER],
      [MAPI_DISTLIST, DT_PRIVATE_DISTLIST],
    ]);
  });

  rule('AB-019', 'a hierarchy table can be searched, restricted and moved about in', async (book) => {
    const table = book.keep(await (await book.root()).getHierarchyTable());
    assert.ok((await table.queryColumns()).length > 0);
    await table.setColumns([PR_DISPLAY_NAME, PR_ENTRYID]);
    assert.equal((await table.queryPosition()).row, 0);
    const mark = await table.createBookmark();
    const [first] = await table.queryRows(1);
    const name = propOf(first ?? [], PR_DISPLAY_NAME) ?? '';
    await table.seekRow(mark, 0);
    await table.freeBookmark(mark);
    await table.findRow(resProperty('EQ', PR_DISPLAY_NAME, name), 'beginning');
    await table.seekRowApprox(0, 1);
    await table.restrict(resProperty('EQ', PR_DISPLAY_NAME, `${name} and nobody else`));
    assert.deepEqual(await table.queryRows(10), []);
    await table.restrict(null);
    assert.equal((await table.queryRows(1)).length, 1);
  });
}

function entryRules(rule: AbRule): void {
  rule('AB-032, AB-039', 'a mail user has the required properties', async (book) => {
    const user = await book.user(await book.add(await book.container(), 'Ann', 'ann@example.com'));
    const tags = [PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS, PR_OBJECT_TYPE] as const;
    const { values } = await user.getProps(tags);
    assert.deepEqual(values, ['SMTP', 'Ann', DT_MAILUSER, 'ann@example.com', MAPI_MAILUSER]);
    assert.equal((await user.getProps([PR_ENTRYID, PR_RECORD_KEY, PR_SEARCH_KEY])).warning, undefined);
  });

  rule('AB-033, AB-035, AB-039', 'a personal list is of the type MAPIPDL and opens as a container', async (book) => {
    const container = await book.container();
    const ann = await book.add(container, 'Ann', 'ann@example.com');
    const list = await book.list(await book.addList(container, 'Friends', [ann]));
    const tags = [PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_OBJECT_TYPE] as const;
    const { values } = await list.getProps(tags);
    assert.deepEqual(values, ['MAPIPDL', 'Friends', DT_PRIVATE_DISTLIST, MAPI_DISTLIST]);
    assert.equal((await list.getProps([PR_ENTRYID, PR_RECORD_KEY])).warning, undefined);
    assert.deepEqual(await book.names(list), ['Ann']);
  });

  rule('AB-035', 'a list shows what expanding it needs: identifier, type and address of each member', async (book) => {
    const container = await book.container();
    const oneOff = { displayName: 'Cleo', addrType: 'SMTP', emailAddress: 'cleo@example.org', sendRichInfo: false };
    const members = [await book.add(container, 'Ann', 'ann@example.com'), encodeOneOff(oneOff)];
    const list = await book.list(await book.addList(container, 'Friends', members));
    const table = book.keep(await list.getContentsTable());
    const rows = await allRows(table, [PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_OBJECT_TYPE, PR_ENTRYID]);
    const shown = rows.map((row) => row.slice(0, 4).map(({ value }) => value));
    assert.deepEqual(shown, [
      ['Ann', 'SMTP', 'ann@example.com', MAPI_MAILUSER],
      ['Cleo', 'SMTP', 'cleo@example.org', MAPI_MAILUSER],
    ]);
    assert.deepEqual(
      rows.map((row) => propOf(row, PR_ENTRYID)),
      members,
    );
  });

  rule('AB-034', 'an address type of other characters than A-Z and 0-9 is not taken', async (book) => {
    const entry = await book.create(await book.container(), DT_MAILUSER);
    const problems = await entry.setProps([prop(PR_DISPLAY_NAME, 'Ann'), prop(PR_ADDRTYPE, 'x-400')]);
    assert.deepEqual(
      problems.map(({ index, tag }) => ({ index, tag })),
      [{ index: 1, tag: PR_ADDRTYPE }],
    );
    assert.equal(await oneProp(entry, PR_DISPLAY_NAME), 'Ann');
    assert.deepEqual(await entry.setProps([prop(PR_ADDRTYPE, 'X400')]), []);
  });

  rule('AB-036', 'the search key follows the address when changes are saved', async (book) => {
    const entryId = await book.add(await book.container(), 'Ann', 'ann@example.com');
    const user = await book.user(entryId, true);
    await user.setProps([prop(PR_EMAIL_ADDRESS, 'ann@example.org')]);
    await user.saveChanges();
    const again = await book.user(entryId);
    assert.deepEqual(await oneProp(again, PR_SEARCH_KEY), searchKeyOf('SMTP', 'ann@example.org'));
  });

  rule(
    'AB-038',
    'permission for rich content is kept per entry, and absent where nobody gave or refused it',
    async (book) => {
      const container = await book.container();
      const ann = await book.add(container, 'Ann', 'ann@example.com');
      const user = await book.user(ann, true);
      assert.equal(await oneProp(user, PR_SEND_RICH_INFO), undefined);
      await user.setProps([prop(PR_SEND_RICH_INFO, false)]);
      await user.saveChanges();
      assert.equal(await oneProp(await book.user(ann), PR_SEND_RICH_INFO), false);
    },
  );
}
