/** What a store tells its sinks, when, and to whom. */
import assert from 'node:assert/strict';
import {
  fnevObjectCopied,
  fnevObjectCreated,
  fnevObjectDeleted,
  fnevObjectEvents,
  fnevObjectModified,
  fnevObjectMoved,
  fnevTableModified,
  type IMsgStore,
  isLongTerm,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  type Notification,
  PR_COMMENT,
  PR_ENTRYID,
  PR_PARENT_ENTRYID,
  PR_STORE_SUPPORT_MASK,
  PR_SUBJECT,
  prop,
  STORE_NOTIFY_OK,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  Collector,
  column,
  folderOf,
  idOf,
  inboxOf,
  need,
  newFolder,
  newMessage,
  openMessage,
  rejects,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

/** A sink for all events about objects of the store. */
async function listen(
  store: IMsgStore,
  entryId: Uint8Array | null = null,
  mask = fnevObjectEvents,
): Promise<Collector> {
  const seen = new Collector();
  await store.advise(entryId, mask, seen);
  return seen;
}

/** Kinds of the notifications about messages. */
function aboutMessages(seen: Collector): readonly string[] {
  return seen.notifications
    .filter((each) => 'objectType' in each && each.objectType === MAPI_MESSAGE)
    .map(({ kind }) => kind);
}

export function notificationSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: registering`, () => {
    rule(
      'STORE-079, NOTIF-8: with null everything of the store is heard, with an identifier that object only',
      async (t) => {
        const folder = await newFolder(t.store, 'F');
        const one = await savedMessage(folder);
        const two = await savedMessage(folder);
        const all = await listen(t.store, null, fnevObjectModified);
        const onlyOne = await listen(t.store, one, fnevObjectModified);
        for (const entryId of [one, two]) {
          const message = await openMessage(t.store, entryId, true);
          await write(message, prop(PR_SUBJECT, 'changed'));
          await message.saveChanges();
        }
        await t.settle();
        const about = onlyOne.of('objectModified').map(({ entryId }) => entryId);
        assert.deepEqual(about, [one]);
        assert.equal(aboutMessages(all).length, 2);
      },
    );
    rule('STORE-079: only what the mask asks for is heard', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const created = await listen(t.store, null, fnevObjectCreated);
      const entryId = await savedMessage(folder);
      await folder.deleteMessages([entryId]);
      await t.settle();
      assert.deepEqual(created.kinds(), ['objectCreated']);
    });
    rule('STORE-080: connections are nonzero, and each is another one', async ({ store }) => {
      const numbers = new Set<number>();
      for (let count = 0; count < 3; count++) {
        const { connection } = await store.advise(null, fnevObjectCreated, new Collector());
        assert.notEqual(connection, 0);
        numbers.add(connection);
      }
      assert.equal(numbers.size, 3);
    });
    rule('STORE-083: after a registration was cancelled nothing arrives', async (t) => {
      const seen = new Collector();
      const connection = await t.store.advise(null, fnevObjectEvents, seen);
      const folder = await newFolder(t.store, 'F');
      await t.store.unadvise(connection);
      await savedMessage(folder);
      await t.settle();
      assert.deepEqual(aboutMessages(seen), []);
    });
    rule('STORE-083: disposing a connection cancels it; an unknown number is not found', async (t) => {
      const seen = new Collector();
      const connection = await t.store.advise(null, fnevObjectEvents, seen);
      await connection[Symbol.asyncDispose]();
      await newFolder(t.store, 'F');
      await t.settle();
      assert.deepEqual(seen.notifications, []);
      await rejects('MAPI_E_NOT_FOUND', t.store.unadvise(987_654));
    });
    rule('NOTIF-10: a store says whether it notifies, and does as it says', async ({ store }) => {
      const notifies = ((await need(store, PR_STORE_SUPPORT_MASK)) & STORE_NOTIFY_OK) !== 0;
      const advising = store.advise(null, fnevObjectEvents, new Collector());
      if (notifies) await store.unadvise(await advising);
      else await rejects('MAPI_E_NO_SUPPORT', advising);
    });
    rule('NOTIF-34: a client cannot ask to be called within the change', async (t) => {
      const seen = new Collector();
      const advise: (...args: readonly unknown[]) => Promise<unknown> = t.store.advise.bind(t.store) as never;
      await advise(null, fnevObjectCreated, seen, { sync: true });
      const folder = await newFolder(t.store, 'F');
      const message = await newMessage(folder);
      await t.settle();
      seen.clear();
      const saving = message.saveChanges();
      assert.deepEqual(seen.notifications, []);
      await saving;
      assert.deepEqual(seen.notifications, []);
      await t.settle();
      assert.deepEqual(seen.kinds(), ['objectCreated']);
    });
    rule('STORE-079: an empty mask is refused', async ({ store }) => {
      await rejects('MAPI_E_INVALID_PARAMETER', store.advise(null, 0, new Collector()));
    });
  });

  describe(`${name}: delivery`, () => {
    rule('STORE-082: no sink is called before the causing call has returned', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const message = await newMessage(folder);
      await t.settle();
      let inside = false;
      const early: Notification[] = [];
      const late: Notification[] = [];
      await t.store.advise(null, fnevObjectCreated, {
        onNotify: (notifications) => void (inside ? early : late).push(...notifications),
      });
      inside = true;
      await message.saveChanges();
      inside = false;
      await t.settle();
      assert.deepEqual(early, []);
      assert.equal(late.length, 1);
    });
    rule(
      'STORE-087, NOTIF-38: notifications come in the order of the changes, numbered, with long-term identifiers',
      async (t) => {
        const folder = await newFolder(t.store, 'F');
        await t.settle();
        const seen = await listen(t.store, null, fnevObjectCreated | fnevObjectDeleted);
        const first = await savedMessage(folder);
        const second = await savedMessage(folder);
        await folder.deleteMessages([first]);
        await t.settle();
        const objects = seen.notifications.flatMap((each) => ('objectType' in each ? [each] : []));
        assert.deepEqual(
          objects.map(({ kind, entryId }) => [kind, String(entryId)]),
          [
            ['objectCreated', String(first)],
            ['objectCreated', String(second)],
            ['objectDeleted', String(first)],
          ],
        );
        const numbers = seen.notifications.map(({ seq }) => seq ?? -1n);
        assert.ok(numbers.every((seq, index) => index === 0 || seq > (numbers[index - 1] ?? seq)));
        for (const { entryId } of objects) assert.equal(isLongTerm(entryId), true);
      },
    );
    rule('STORE-087: a sink that throws stops neither the change nor its neighbours', async (t) => {
      const folder = await newFolder(t.store, 'F');
      await t.settle();
      await t.store.advise(null, fnevObjectCreated, {
        onNotify: () => {
          throw new Error('a sink that throws');
        },
      });
      const seen = await listen(t.store, null, fnevObjectCreated);
      await savedMessage(folder);
      await savedMessage(folder);
      await t.settle();
      assert.equal(seen.notifications.length, 2);
    });
    rule('STORE-094: a change is told when it is saved, not when it is set', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const message = await openMessage(t.store, await savedMessage(folder), true);
      await t.settle();
      const seen = await listen(t.store);
      await write(message, prop(PR_SUBJECT, 'set'));
      await t.settle();
      assert.deepEqual(seen.notifications, []);
      await message.saveChanges();
      await t.settle();
      assert.deepEqual(aboutMessages(seen), ['objectModified']);
    });
    rule('STORE-094: a message that is never saved is never told', async (t) => {
      const folder = await newFolder(t.store, 'F');
      await t.settle();
      const seen = await listen(t.store);
      const message = await newMessage(folder);
      await message.release();
      await t.settle();
      assert.deepEqual(seen.notifications, []);
    });
    rule('STORE-079: changes made through another logon are heard as well', async (t) => {
      const second = await t.secondStore();
      const seen = await listen(t.store, null, fnevObjectCreated);
      await newFolder(second, 'Elsewhere');
      await t.settle();
      assert.deepEqual(seen.kinds(), ['objectCreated']);
    });
  });

  describe(`${name}: events`, () => {
    rule(
      'STORE-088, NOTIF-49: the first save creates, later ones modify; store and message hear it, the folder does not',
      async (t) => {
        const folder = await newFolder(t.store, 'F');
        await t.settle();
        const store = await listen(t.store);
        const parent = await listen(t.store, await idOf(folder));
        const message = await newMessage(folder);
        await message.saveChanges({ keepOpenReadWrite: true });
        const own = await listen(t.store, await idOf(message));
        await message.saveChanges({ keepOpenReadWrite: true });
        await t.settle();
        assert.deepEqual(aboutMessages(store), ['objectCreated', 'objectModified']);
        assert.deepEqual(own.kinds(), ['objectModified']);
        assert.deepEqual(aboutMessages(parent), []);
        const [created] = store.of('objectCreated');
        assert.deepEqual(created?.parentId, await idOf(folder));
      },
    );
    rule('STORE-089, STORE-091, NOTIF-42, NOTIF-49: a copy is told as a copy, with where it came from', async (t) => {
      const from = await newFolder(t.store, 'From');
      const to = await newFolder(t.store, 'To');
      const entryId = await savedMessage(from);
      await t.settle();
      const seen = await listen(t.store);
      await from.copyMessages([entryId], to);
      await t.settle();
      assert.deepEqual(aboutMessages(seen), ['objectCopied']);
      const [copied] = seen.of('objectCopied');
      assert.deepEqual(copied?.oldId, entryId);
      assert.deepEqual(copied?.oldParentId, await idOf(from));
      assert.deepEqual(copied?.parentId, await idOf(to));
      assert.deepEqual(copied?.entryId, (await column(to.getContentsTable(), PR_ENTRYID))[0]);
    });
    rule(
      'STORE-040, STORE-089, STORE-091, NOTIF-42, NOTIF-49: a move is told as a move, with the old and the new identifier',
      async (t) => {
        const from = await newFolder(t.store, 'From');
        const to = await newFolder(t.store, 'To');
        const entryId = await savedMessage(from);
        await t.settle();
        const seen = await listen(t.store, null, fnevObjectMoved | fnevObjectCreated | fnevObjectDeleted);
        await from.copyMessages([entryId], to, { move: true });
        await t.settle();
        assert.deepEqual(seen.kinds(), ['objectMoved']);
        const [moved] = seen.of('objectMoved');
        assert.deepEqual(moved?.oldId, entryId);
        assert.deepEqual(moved?.oldParentId, await idOf(from));
        assert.deepEqual(moved?.entryId, (await column(to.getContentsTable(), PR_ENTRYID))[0]);
      },
    );
    rule('STORE-091, NOTIF-28, NOTIF-42: what was neither copied nor moved has no old identifier', async (t) => {
      const seen = await listen(t.store);
      const folder = await newFolder(t.store, 'F');
      const entryId = await savedMessage(folder);
      await folder.deleteMessages([entryId]);
      await t.settle();
      for (const each of seen.notifications) assert.equal('oldId' in each && each.oldId !== undefined, false);
      assert.ok(seen.notifications.length >= 3);
    });
    rule('STORE-090: a change of its counts is a change of the folder', async (t) => {
      const folder = await newFolder(t.store, 'F');
      await t.settle();
      const own = await listen(t.store, await idOf(folder), fnevObjectModified);
      const store = await listen(t.store, null, fnevObjectModified);
      const entryId = await savedMessage(folder);
      await t.settle();
      assert.equal(own.kinds().length, 1);
      assert.equal(store.of('objectModified').filter(({ objectType }) => objectType === MAPI_FOLDER).length, 1);
      own.clear();
      await folder.setReadFlags([entryId]);
      await t.settle();
      assert.equal(own.of('objectModified').filter(({ objectType }) => objectType === MAPI_FOLDER).length, 1);
      own.clear();
      await folder.createFolder('Inner');
      await t.settle();
      assert.equal(own.of('objectModified').filter(({ objectType }) => objectType === MAPI_FOLDER).length, 1);
    });
    rule(
      'STORE-088, STORE-097, NOTIF-49: folders are told when they are made, changed, moved and deleted',
      async (t) => {
        const parent = await newFolder(t.store, 'Parent');
        const other = await newFolder(t.store, 'Other');
        await t.settle();
        const seen = await listen(t.store);
        const folder = await parent.createFolder('F');
        const entryId = await idOf(folder);
        const own = await listen(t.store, entryId);
        await write(folder, prop(PR_COMMENT, 'x'));
        await parent.copyFolder(entryId, other, { move: true });
        const [movedId] = await column(other.getHierarchyTable(), PR_ENTRYID);
        assert.ok(movedId);
        await other.deleteFolder(movedId);
        await t.settle();
        assert.deepEqual(own.kinds().slice(0, 2), ['objectModified', 'objectMoved']);
        const about = seen.notifications.flatMap((each) =>
          'objectType' in each && (String(each.entryId) === String(entryId) || String(each.entryId) === String(movedId))
            ? [each.kind]
            : [],
        );
        assert.deepEqual(about, ['objectCreated', 'objectModified', 'objectMoved', 'objectDeleted']);
      },
    );
    rule('STORE-088, NOTIF-49: a deleted message is told to the store and to those who watch it', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const entryId = await savedMessage(folder);
      const own = await listen(t.store, entryId, fnevObjectDeleted);
      const store = await listen(t.store, null, fnevObjectDeleted);
      await folder.deleteMessages([entryId]);
      await t.settle();
      assert.deepEqual(own.kinds(), ['objectDeleted']);
      assert.deepEqual(
        store.of('objectDeleted').map(({ parentId }) => parentId),
        [await idOf(folder)],
      );
    });
  });

  describe(`${name}: table notifications`, () => {
    rule('TABLE-062, NOTIF-47: a contents table tells of messages when they are saved', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const table = await folder.getContentsTable();
      const seen = new Collector();
      await table.advise(fnevTableModified, seen);
      const message = await newMessage(folder);
      await t.settle();
      assert.deepEqual(seen.notifications, []);
      await message.saveChanges({ keepOpenReadWrite: true });
      await t.settle();
      assert.deepEqual(
        seen.of('tableModified').map(({ event }) => event),
        ['rowAdded'],
      );
      seen.clear();
      await write(message, prop(PR_SUBJECT, 'other'));
      await message.saveChanges();
      await t.settle();
      const events = new Set(seen.of('tableModified').map(({ event }) => event));
      assert.deepEqual([...events], ['rowModified']);
    });
    rule('TABLE-059: a row that is deleted is named by its instance key', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const entryId = await savedMessage(folder);
      const table = await folder.getContentsTable();
      const seen = new Collector();
      await table.advise(fnevTableModified, seen);
      await folder.deleteMessages([entryId]);
      await t.settle();
      const [gone] = seen.of('tableModified');
      assert.equal(gone?.event, 'rowDeleted');
      assert.ok(gone?.index?.value instanceof Uint8Array);
      assert.equal(await table.getRowCount(), 0);
    });
    rule('STORE-090, TABLE-062: a hierarchy table tells of folders and of their counts', async (t) => {
      const parent = await newFolder(t.store, 'Parent');
      const table = await parent.getHierarchyTable();
      const seen = new Collector();
      await table.advise(fnevTableModified, seen);
      const inner = await parent.createFolder('Inner');
      await t.settle();
      assert.deepEqual(
        seen.of('tableModified').map(({ event }) => event),
        ['rowAdded'],
      );
      seen.clear();
      await savedMessage(inner);
      await t.settle();
      assert.equal(seen.of('tableModified').at(-1)?.event, 'rowModified');
      seen.clear();
      await parent.deleteFolder(await idOf(inner), { messages: true });
      await t.settle();
      assert.equal(seen.of('tableModified').at(-1)?.event, 'rowDeleted');
    });
    rule('TABLE-056, NOTIF-9: a table is watched for changes of the table alone', async (t) => {
      const table = await (await inboxOf(t.store)).getContentsTable();
      await rejects('MAPI_E_NO_SUPPORT', table.advise(fnevObjectCopied, new Collector()));
      const parent = await folderOf(t.store, await need(await inboxOf(t.store), PR_PARENT_ENTRYID), false);
      await rejects('MAPI_E_NO_SUPPORT', (await parent.getHierarchyTable()).advise(fnevObjectCreated, new Collector()));
    });
  });
}
