/** Named properties of a store: one mapping for all its objects. */
import assert from 'node:assert/strict';
import {
  changePropType,
  type GetNamesOptions,
  type IMAPIProp,
  type MapiNameId,
  NAMED_ID_MIN,
  PR_ENTRYID,
  PR_MAPPING_SIGNATURE,
  PR_SUBJECT,
  type PropTag,
  PS_MAPI,
  PS_PUBLIC_STRINGS,
  PT_UNICODE,
  PT_UNSPECIFIED,
  prop,
  propId,
  propType,
  tag,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  column,
  idOf,
  inboxOf,
  need,
  newFolder,
  newMessage,
  openMessage,
  read,
  rejects,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

const SET = '11111111-2222-3333-4444-555555555555';
const BY_ID: MapiNameId = { guid: SET, id: 0x8001 };
const BY_NAME: MapiNameId = { guid: SET, name: 'Keyword' };

/** The tag of a named text property, which is made if need be. */
async function textTag(object: IMAPIProp, name: MapiNameId): Promise<PropTag<string>> {
  const [found] = await object.getIDsFromNames([name], { create: true });
  assert.ok(found !== undefined);
  return changePropType(found, PT_UNICODE);
}

export function namedPropertySuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: named properties`, () => {
    rule('PROP-061, PROP-062: names get identifiers of their range, in the order asked for', async ({ store }) => {
      const tags = await store.getIDsFromNames([BY_NAME, BY_ID], { create: true });
      assert.equal(tags.length, 2);
      for (const each of tags) {
        assert.ok(each !== undefined);
        assert.equal(propType(each), PT_UNSPECIFIED);
        assert.ok(propId(each) >= NAMED_ID_MIN && propId(each) <= 0xfffe);
      }
      assert.notEqual(tags[0], tags[1]);
      assert.deepEqual(await store.getIDsFromNames([BY_ID, BY_NAME]), [tags[1], tags[0]]);
      assert.deepEqual(await store.getIDsFromNames([BY_ID, BY_NAME], { create: true }), [tags[1], tags[0]]);
    });
    rule('PROP-062: an unknown name has no identifier unless it is made', async ({ store }) => {
      assert.deepEqual(await store.getIDsFromNames([BY_NAME]), [undefined]);
      const [known] = await store.getIDsFromNames([BY_ID], { create: true });
      assert.deepEqual(await store.getIDsFromNames([BY_NAME, BY_ID]), [undefined, known]);
      await rejects('MAPI_E_INVALID_PARAMETER', store.getIDsFromNames([], { create: true }));
    });
    rule('PROP-060: names differ by set, by kind and by case', async ({ store }) => {
      const names: MapiNameId[] = [
        { guid: SET, name: 'Keyword' },
        { guid: SET, name: 'keyword' },
        { guid: PS_PUBLIC_STRINGS, name: 'Keyword' },
        { guid: SET, id: 1 },
        { guid: SET, name: '1' },
      ];
      const tags = await store.getIDsFromNames(names, { create: true });
      assert.equal(new Set(tags).size, names.length);
      assert.deepEqual(await store.getNamesFromIDs(tags as PropTag[]), names);
    });
    rule('PROP-068: a store without names answers none, and no error', async ({ store }) => {
      assert.deepEqual(await store.getNamesFromIDs(), []);
      assert.deepEqual(await store.getIDsFromNames([]), []);
    });
    rule('PROP-063: without names all of them are answered', async ({ store }) => {
      const before = await store.getIDsFromNames([]);
      const made = await store.getIDsFromNames([BY_NAME, BY_ID], { create: true });
      const after = await store.getIDsFromNames([]);
      assert.equal(after.length, before.length + 2);
      for (const each of made) assert.ok(after.includes(each));
    });
    rule(
      'PROP-066, PROP-067: identifiers without a name have none; without a list all names are answered',
      async ({ store }) => {
        const [known] = await store.getIDsFromNames([BY_NAME], { create: true });
        assert.ok(known !== undefined);
        assert.deepEqual(await store.getNamesFromIDs([known, tag(0xfff0, PT_UNICODE)]), [BY_NAME, undefined]);
        const all = await store.getNamesFromIDs();
        assert.ok(all.some((each) => each?.guid === SET && each.name === 'Keyword'));
      },
    );
    rule('PROP-065: names of one kind are answered, of both kinds, or of none', async ({ store }) => {
      const tags = (await store.getIDsFromNames([BY_NAME, BY_ID], { create: true })) as PropTag[];
      const ask = (options: GetNamesOptions) => store.getNamesFromIDs(tags, options);
      assert.deepEqual(await ask({}), [BY_NAME, BY_ID]);
      assert.deepEqual(await ask({ noStrings: true }), [undefined, BY_ID]);
      assert.deepEqual(await ask({ noIds: true }), [BY_NAME, undefined]);
      assert.deepEqual(await ask({ noStrings: true, noIds: true }), [undefined, undefined]);
      const all = await store.getNamesFromIDs(undefined, { noStrings: true });
      assert.ok(all.length > 0 && all.every((each) => each?.name === undefined));
      assert.deepEqual(await store.getNamesFromIDs(undefined, { noStrings: true, noIds: true }), []);
    });
    rule('PROP-069: an empty list of identifiers is refused', async ({ store }) => {
      await rejects('MAPI_E_INVALID_PARAMETER', store.getNamesFromIDs([]));
    });
    rule('PROP-074: below the named range an identifier is its own name', async ({ store }) => {
      assert.deepEqual(await store.getNamesFromIDs([PR_SUBJECT]), [{ guid: PS_MAPI, id: propId(PR_SUBJECT) }]);
      assert.deepEqual(await store.getIDsFromNames([{ guid: PS_MAPI, id: propId(PR_SUBJECT) }]), [
        tag(propId(PR_SUBJECT), PT_UNSPECIFIED),
      ]);
    });
    rule('PROP-070, PROP-071: store, folders and messages share one mapping', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await newMessage(inbox);
      const { attach } = await message.createAttach();
      const [made] = await message.getIDsFromNames([BY_NAME], { create: true });
      const signature = await need(store, PR_MAPPING_SIGNATURE);
      for (const object of [store, inbox, message, attach]) {
        assert.deepEqual(await object.getIDsFromNames([BY_NAME]), [made]);
        assert.deepEqual(await need(object, PR_MAPPING_SIGNATURE), signature);
      }
    });
    rule('PROP-070: the mapping outlives the session, and so do values', async (t) => {
      const inbox = await inboxOf(t.store);
      const keyword = await textTag(t.store, BY_NAME);
      const entryId = await savedMessage(inbox, { props: [prop(keyword, 'value')] });
      const signature = await need(t.store, PR_MAPPING_SIGNATURE);
      await inbox.release();
      const again = await t.reopen();
      try {
        assert.deepEqual(await again.store.getIDsFromNames([BY_NAME]), [changePropType(keyword, PT_UNSPECIFIED)]);
        assert.deepEqual(await need(again.store, PR_MAPPING_SIGNATURE), signature);
        await using message = await openMessage(again.store, entryId);
        assert.equal(await read(message, keyword), 'value');
      } finally {
        await again.close();
      }
    });
    rule('PROP-071, PROP-072: names go along into a store with another mapping', async (t) => {
      const other = await t.otherStore();
      await other.getIDsFromNames([{ guid: SET, name: 'Taken' }], { create: true });
      const keyword = await textTag(t.store, BY_NAME);
      const from = await newFolder(t.store, 'From');
      const to = await newFolder(other, 'To');
      const entryId = await savedMessage(from, { props: [prop(keyword, 'value')] });
      assert.notDeepEqual(await need(t.store, PR_MAPPING_SIGNATURE), await need(other, PR_MAPPING_SIGNATURE));
      await from.copyMessages([entryId], to);
      const [copyId] = await column(to.getContentsTable(), PR_ENTRYID);
      assert.ok(copyId);
      const copy = await openMessage(other, copyId);
      const there = await textTag(other, BY_NAME);
      assert.equal(await read(copy, there), 'value');
      assert.notEqual(propId(there), propId(keyword));
    });
    rule('PROP-072: a copy within the store keeps its named properties', async ({ store }) => {
      const keyword = await textTag(store, BY_NAME);
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      await from.copyMessages([await savedMessage(from, { props: [prop(keyword, 'value')] })], to);
      const [copyId] = await column(to.getContentsTable(), PR_ENTRYID);
      assert.ok(copyId);
      assert.equal(await read(await openMessage(store, copyId), keyword), 'value');
    });
    rule('FOLDER-036: a named property can be a column of the contents', async ({ store }) => {
      const keyword = await textTag(store, BY_NAME);
      const folder = await newFolder(store, 'F');
      await savedMessage(folder, { props: [prop(keyword, 'one')] });
      await savedMessage(folder);
      assert.deepEqual(await column(folder.getContentsTable(), keyword), ['one', undefined]);
    });
    rule('PROP-062: a reader makes no names', async (t) => {
      const readOnly = await t.readOnlyStore();
      await rejects('MAPI_E_NO_ACCESS', readOnly.getIDsFromNames([BY_NAME], { create: true }));
      assert.deepEqual(await t.store.getIDsFromNames([BY_NAME]), [undefined]);
    });
    rule('PROP-061: a named property can be set, listed, read and deleted', async ({ store }) => {
      const keyword = await textTag(store, BY_NAME);
      const message = await newMessage(await inboxOf(store));
      await write(message, prop(keyword, 'value'));
      await message.saveChanges({ keepOpenReadWrite: true });
      const reader = await openMessage(store, await idOf(message));
      assert.ok((await reader.getPropList()).includes(keyword));
      assert.equal(await read(reader, keyword), 'value');
      assert.deepEqual(await message.deleteProps([keyword]), []);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await read(await openMessage(store, await idOf(message)), keyword), undefined);
    });
  });
}
