import assert from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import { getProp } from '@nodemapi/kit';
import {
  type IMsgStore,
  MAPI_MESSAGE,
  type OutgoingStore,
  PR_DISPLAY_NAME,
  PR_IPM_OUTBOX_ENTRYID,
  PR_SUBJECT,
  prop,
} from '@nodemapi/mapi';
import { Query, raw, sql } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { type RawStore, rawStore } from './store.testing.ts';
import { objectEntryId, parseObjectEntryId } from './store-ids.ts';

const NUMBERS = [
  1, 2, 15, 16, 0x100, 0x102, 0x1200, 0x2112, 0x1_0002, 0x12_3456, 0x22_3456, 0x1_0000_0102, 0x12_3456_789a,
];

/** A queue of copies of one message, with these numbers. */
async function queueOf(world: RawStore, numbers: readonly number[]): Promise<OutgoingStore> {
  const { store, file } = world;
  const outbox = await store.openEntry((await getProp(store, PR_IPM_OUTBOX_ENTRYID)) ?? null, {
    iid: 'IMAPIFolder',
    modify: true,
  });
  const message = await outbox.createMessage();
  await message.setProps([prop(PR_SUBJECT, 'one of many')]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob')]]);
  await message.submitMessage();
  await outbox.release();
  const { db } = file;
  const first = db.get<{ message: number }>(sql`SELECT message FROM outgoing`)?.message ?? 0;
  const copy = (table: string, key: string, number: number): void => {
    const names = db
      .all<{ name: string }>(sql`SELECT name FROM pragma_table_info(${table}) WHERE name NOT IN ('seq', 'search_key')`)
      .map(({ name }) => name);
    const values = names.map((name) => (name === key ? String(number) : name));
    const [more, value] = table === 'message' ? [', search_key', ', randomblob(16)'] : ['', ''];
    db.exec(`INSERT INTO ${table} (${names.join(', ')}${more}) SELECT ${values.join(', ')}${value}
      FROM ${table} WHERE ${key} = ${first}`);
  };
  for (const number of numbers.filter((one) => one !== first)) {
    copy('message', 'id', number);
    copy('message_props', 'message', number);
    copy('outgoing', 'message', number);
  }
  return world.spoolerStore as IMsgStore as OutgoingStore;
}

function significant(digits: string): string {
  return digits.replace(/(?:00)+$/u, '');
}

/** A scan that looking for these goes through. */
async function longest(world: RawStore, store: OutgoingStore, what: 'finished' | 'drafts'): Promise<string> {
  const { db } = world.file;
  const all = db.all.bind(db);
  const scans: string[] = [];
  db.all = ((query: Query, options) => {
    const plan = all<{ detail: string }>(new Query(`EXPLAIN QUERY PLAN ${query.text}`, query.parameters));
    scans.push(...plan.map(({ detail }) => detail).filter((detail) => detail.startsWith('SCAN ')));
    return all(query, options);
  }) as typeof db.all;
  try {
    await (what === 'finished' ? store.findFinished?.('0102', 20) : store.findDrafts?.('0102', 20));
  } finally {
    db.all = all;
  }
  return scans.join();
}

describe('the queue, looked at', () => {
  test('gives the messages whose identifiers end so, as a look at all of them would', async () => {
    await using world = await rawStore();
    const store = await queueOf(world, NUMBERS);
    const all = world.file.db
      .all<{ message: number }>(sql`SELECT message FROM ${raw('outgoing')} ORDER BY message`)
      .map(({ message }) => toHex(objectEntryId(world.file.uid, { type: MAPI_MESSAGE, number: message })));
    assert.ok(all.length >= NUMBERS.length);
    for (const id of all) {
      for (let length = 1; length <= id.length; length += length < 24 ? 1 : 7) {
        for (const ending of [id.slice(-length), significant(id).slice(-length)]) {
          if (significant(ending) === '') continue;
          const expected = all.filter((one) => significant(one).endsWith(significant(ending)));
          assert.deepEqual((await store.findOutgoing?.(ending, 100))?.map(toHex), expected, ending);
        }
      }
    }
    assert.deepEqual(await store.findOutgoing?.(`f${all[0]}`, 100), []);
    assert.deepEqual(await store.findOutgoing?.('no digits', 100), []);
    assert.equal((await store.findOutgoing?.('01', 2))?.length, 2, 'no more than are wanted');
  });

  test('gives what has left it, and drafts of the Outbox, by the ends of their identifiers, too', async () => {
    await using world = await rawStore();
    const store = await queueOf(world, NUMBERS);
    const all = (await store.listOutgoing?.({ countMax: 100 }))?.rows.map(({ entryId }) => entryId) ?? [];
    const left = all.slice(0, 8);
    for (const entryId of left) await world.store.abortSubmit(entryId);
    const gone = left[0] ?? new Uint8Array();
    world.file.db.run(sql`DELETE FROM message WHERE id = ${parseObjectEntryId(world.file.uid, gone).number}`);
    const hidden = left[1] ?? new Uint8Array();
    world.file.db.run(
      sql`UPDATE message SET folder = 1 WHERE id = ${parseObjectEntryId(world.file.uid, hidden).number}`,
    );
    for (const id of all.map(toHex)) {
      for (const ending of [id, significant(id).slice(-4), significant(id).slice(-1)]) {
        const ends = (one: Uint8Array): boolean => significant(toHex(one)).endsWith(significant(ending));
        const finished = (await store.findFinished?.(ending, 100)) ?? [];
        assert.deepEqual(
          finished.map(({ entryId }) => toHex(entryId)).sort(),
          left.filter(ends).map(toHex).sort(),
          ending,
        );
        const drafts = (await store.findDrafts?.(ending, 100)) ?? [];
        assert.deepEqual(drafts.map(toHex).sort(), left.slice(2).filter(ends).map(toHex).sort(), ending);
      }
    }
    const [last] = (await store.findFinished?.(toHex(gone), 1)) ?? [];
    assert.deepEqual([last?.subject, last?.state], ['one of many', 'cancelled']);
    const plans = ['finished', 'drafts'] as const;
    for (const plan of plans) assert.equal(await longest(world, store, plan), '');
  });

  test('has pages in submit order, and leaves none out when others leave the queue', async () => {
    await using world = await rawStore();
    const store = await queueOf(world, NUMBERS);
    const first = await store.listOutgoing?.({ countMax: 5 });
    const whole = await store.listOutgoing?.({ countMax: 100 });
    assert.deepEqual(first?.rows, whole?.rows.slice(0, 5));
    assert.equal(whole?.next, undefined);
    for (const { entryId } of first?.rows ?? []) await world.store.abortSubmit(entryId);
    const second = await store.listOutgoing?.({ countMax: 5, page: first?.next });
    assert.deepEqual(second?.rows, whole?.rows.slice(5, 10));
    const skipped = await store.listOutgoing?.({ countMax: 100, offset: 3 });
    assert.deepEqual(skipped?.rows, whole?.rows.slice(8));
    assert.deepEqual((await store.listOutgoing?.({ countMax: 100, offset: 1000 }))?.rows, []);
  });
});
