import assert from 'node:assert/strict';
import { type CountingStore, getProp, supportsQueueCount } from '@nodemapi/kit';
import {
  fnevTableModified,
  type IMAPIFolder,
  MAPI_TO,
  type Notification,
  type OutgoingStore,
  PR_DISPLAY_NAME,
  PR_IPM_OUTBOX_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  prop,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { Query, sql } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { rawStore } from './store.testing.ts';

type Raw = Awaited<ReturnType<typeof rawStore>>;

/** The store as the spooler has it. */
function queueOf({ spoolerStore }: Raw): OutgoingStore & CountingStore {
  assert.ok(supportsOutgoing(spoolerStore) && supportsQueueCount(spoolerStore));
  return spoolerStore;
}

async function submit({ store }: Raw, subject: string): Promise<void> {
  const outbox: IMAPIFolder = await store.openEntry((await getProp(store, PR_IPM_OUTBOX_ENTRYID)) ?? null, {
    iid: 'IMAPIFolder',
    modify: true,
  });
  const message = await outbox.createMessage();
  await message.setProps([prop(PR_SUBJECT, subject)]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
  await message.submitMessage();
  await outbox.release();
}

/** What has a row per state, lock, setting, table or search folder. */
const SHORT = /outgoing_locked|folder_searching|^SCAN (?:c|meta|sqlite_sequence)$/u;

/** The queries of `work` that go through a whole table and have no limit, by the plans of SQLite. */
async function scansIn({ file }: Raw, work: () => Promise<unknown>): Promise<readonly string[]> {
  const { db } = file;
  const asked: Query[] = [];
  const { all, get } = db;
  const noting =
    (read: typeof all | typeof get) =>
    (query: Query, options?: object): unknown => {
      asked.push(query);
      return read.call(db, query, options);
    };
  Object.assign(db, { all: noting(all), get: noting(get) });
  try {
    await work();
  } finally {
    Object.assign(db, { all, get });
  }
  assert.ok(asked.length > 0);
  return asked.flatMap((query) => {
    const plan = db.all<{ detail: string }>(new Query(`EXPLAIN QUERY PLAN ${query.text}`, query.parameters));
    const details = plan.map(({ detail }) => detail);
    const isBounded = /\bLIMIT\b/u.test(query.text) && !details.some((detail) => detail.includes('TEMP B-TREE'));
    const scans = details.filter((detail) => detail.startsWith('SCAN ') && !SHORT.test(detail));
    return isBounded ? [] : scans.map((scan) => `${scan}: ${query.text}`);
  });
}

describe('a deep queue', () => {
  test('its depth is told by state, with the oldest of each', async () => {
    const raw = await rawStore();
    const { db } = raw.file;
    for (const subject of ['a', 'b', 'c']) await submit(raw, subject);
    const counted = async () =>
      (await queueOf(raw).countQueue()).map(({ state, messages }) => [state, messages] as const).sort();
    assert.deepEqual(await counted(), [['ready', 3]]);
    db.run(sql`UPDATE outgoing SET state = 3 WHERE seq = (SELECT max(seq) FROM outgoing)`);
    assert.deepEqual(await counted(), [
      ['held', 1],
      ['ready', 2],
    ]);
    db.run(sql`UPDATE message SET submitted = 77 WHERE id = (SELECT message FROM outgoing ORDER BY seq LIMIT 1)`);
    const ready = (await queueOf(raw).countQueue()).find(({ state }) => state === 'ready');
    assert.equal(ready?.oldest, 77n);
    db.run(sql`DELETE FROM outgoing`);
    assert.deepEqual(await counted(), []);
  });

  test('counting, watching, submitting and looking for work go through no more of it than they answer', async () => {
    const raw = await rawStore();
    await submit(raw, 'first');
    const spoolerStore = queueOf(raw);
    const now = raw.file.host.clock.now();
    const scans = await scansIn(raw, async () => {
      await spoolerStore.countQueue();
      await using queue = await spoolerStore.getOutgoingQueue();
      await using _watch = await queue.advise(fnevTableModified, { onNotify: () => {} });
      await queue.queryRows(10);
      await submit(raw, 'second');
      await raw.file.hub.flush();
      await spoolerStore.dueOutgoing({ now, beyond: now * 2n });
      await spoolerStore.nextOutgoingMs(now);
    });
    assert.deepEqual(scans, []);
  });

  test('who watches it hears of each message that comes and goes', async () => {
    const raw = await rawStore();
    await submit(raw, 'before');
    const heard: string[] = [];
    const onNotify = (all: readonly Notification[]): void => {
      for (const one of all) if (one.kind === 'tableModified') heard.push(one.event);
    };
    await using queue = await queueOf(raw).getOutgoingQueue();
    await using _watch = await queue.advise(fnevTableModified, { onNotify });
    await submit(raw, 'after');
    await raw.file.hub.flush();
    const { rows } = await queueOf(raw).dueOutgoing({ now: raw.file.host.clock.now(), beyond: 2n ** 62n });
    for (const { entryId } of rows) await raw.store.abortSubmit(entryId);
    await raw.file.hub.flush();
    assert.deepEqual(heard, ['rowAdded', 'rowDeleted', 'rowDeleted']);
  });
});
