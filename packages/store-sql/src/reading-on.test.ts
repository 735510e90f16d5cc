/** Tables that are read while rows come and go of which nobody has told them yet. */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import {
  type IMAPIFolder,
  type IMAPITable,
  type IMsgStore,
  PR_COMMENT,
  PR_ENTRYID,
  PR_SUBJECT,
  prop,
  propOf,
  resProperty,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { SqlStoreFixture } from './store.testing.ts';

const name = (number: number): string => `m${String(number).padStart(3, '0')}`;

/** A folder of a store with so many messages, as two processes have it. */
async function shared(fixture: SqlStoreFixture, count: number, folderName = 'shared') {
  const own = await fixture.open();
  const inOwn = await (await rootOf(own)).createFolder(folderName);
  const ids: Uint8Array[] = [];
  for (let number = 0; number < count; number++) ids.push(await add(inOwn, number));
  const [folderId] = (await inOwn.getProps([PR_ENTRYID])).values;
  assert.ok(folderId);
  const other = await fixture.open({ apart: true }); // as another process has it
  const inOther = await other.openEntry(folderId, { iid: 'IMAPIFolder', modify: true });
  const table = await inOwn.getContentsTable();
  await table.setColumns([PR_SUBJECT]);
  return { inOwn, inOther, table, ids };
}

const rootOf = (store: IMsgStore): Promise<IMAPIFolder> => store.openEntry(null, { iid: 'IMAPIFolder', modify: true });

async function add(folder: IMAPIFolder, number: number): Promise<Uint8Array> {
  await using message = await folder.createMessage();
  await message.setProps([prop(PR_SUBJECT, name(number)), prop(PR_COMMENT, 'c')]);
  await message.saveChanges({ keepOpenReadOnly: true });
  const [entryId] = (await message.getProps([PR_ENTRYID])).values;
  assert.ok(entryId);
  return entryId;
}

async function read(table: IMAPITable, count: number): Promise<readonly string[]> {
  return (await table.queryRows(count)).map((row) => propOf(row, PR_SUBJECT) ?? '');
}

const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => name(from + index));

describe('a table that is read on', () => {
  test('leaves out no row where another process has removed some that were read', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { inOther, table, ids } = await shared(fixture, 20);
    assert.deepEqual(await read(table, 5), numbers(0, 5));
    await inOther.deleteMessages(ids.slice(0, 3));
    assert.deepEqual(await read(table, 5), numbers(5, 10));
    const bookmark = await table.createBookmark();
    await inOther.deleteMessages(ids.slice(3, 8));
    await table.seekRow(bookmark, 0);
    assert.deepEqual(await read(table, 5), numbers(10, 15));
  });

  test('leaves out no row where those that were read are removed, by whomever', async () => {
    await using fixture = await SqlStoreFixture.create();
    for (const who of ['inOwn', 'inOther'] as const) {
      const world = await shared(fixture, 20, who);
      const seen: string[] = [];
      for (let rows = await read(world.table, 5); rows.length > 0; rows = await read(world.table, 5)) {
        seen.push(...rows);
        await world[who].deleteMessages(rows.map((row) => world.ids[Number(row.slice(1))] ?? new Uint8Array()));
      }
      assert.deepEqual(seen, numbers(0, 20), who);
    }
  });

  test('does not end where the rows that come next have gone', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { inOther, table, ids } = await shared(fixture, 20);
    await table.restrict(resProperty('EQ', PR_COMMENT, 'c')); // which SQL alone cannot tell
    assert.deepEqual(await read(table, 5), numbers(0, 5));
    await inOther.deleteMessages(ids.slice(5, 12));
    assert.deepEqual(await read(table, 5), numbers(12, 17));
    assert.deepEqual(await read(table, 5), numbers(17, 20));
    assert.deepEqual(await read(table, 5), []);
  });

  test('shows every row that stays, once, whoever changes the folder meanwhile', async () => {
    await using fixture = await SqlStoreFixture.create();
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      const { inOwn, inOther, table, ids } = await shared(fixture, 30, `folder ${seed}`);
      const gone = new Set<number>();
      const writes: Promise<unknown>[] = [];
      const seen: string[] = [];
      for (let count = 30; ; ) {
        const rows = await read(table, 1 + Math.floor(random.float() * 5));
        if (rows.length === 0) break;
        seen.push(...rows);
        const last = Number(rows.at(-1)?.slice(1));
        const victim = Math.floor(random.float() * 30);
        const folder = random.float() < 0.5 ? inOwn : inOther;
        const id = ids[victim];
        const writing = random.float();
        if (writing < 0.6 && victim !== last && !gone.has(victim) && id !== undefined) {
          gone.add(victim);
          writes.push(folder.deleteMessages([id]));
        } else if (writing < 0.8) writes.push(add(folder, count++));
        // sometimes a transaction is committed, and not told yet, when the next rows are read
        for (let turn = Math.floor(random.float() * 4); turn > 0; turn--)
          await new Promise((done) => setImmediate(done));
      }
      await Promise.all(writes);
      const stay = numbers(0, 30).filter((_, number) => !gone.has(number));
      assert.deepEqual(
        seen.filter((one) => stay.includes(one)),
        stay,
        `seed ${seed}`,
      );
      await table.release();
    }
  });
});
