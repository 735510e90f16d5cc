// The first 50 rows by delivery time of a large folder, beside hand-written SQL on the same file.
//
//   node contents-table.mjs [--messages 10000,100000,1000000] [--count 2000]
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { inFolder, median, nodemapi, numbers, profileHome, table } from './lib.mjs';

const { PR_ENTRYID, PR_MESSAGE_DELIVERY_TIME, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS, prop } =
  nodemapi;
const COLUMNS = [PR_ENTRYID, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS];
const [count] = numbers('count', [2000]);
/** So many are made through the product; of more, the rest are copies of these. */
const made = 10_000;

async function fill(folder, messages) {
  const start = 133_000_000_000_000_000n;
  for (let index = 0; index < messages; index += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, messages - index) }, async (_, offset) => {
        const number = index + offset;
        const message = await folder.createMessage();
        await message.setProps([
          prop(PR_SUBJECT, `message ${number}`),
          prop(PR_SENDER_NAME, `sender ${number % 97}`),
          prop(PR_MESSAGE_DELIVERY_TIME, start + BigInt((number * 7919) % messages) * 10_000_000n),
        ]);
        await message.saveChanges();
        await message.release();
      }),
    );
  }
}

/** Makes the first messages `messages` of them, with SQL: copies at other times, with search keys of their own. */
function multiply(path, messages) {
  const raw = new DatabaseSync(path);
  const columns = raw
    .prepare("SELECT name FROM pragma_table_info('message')")
    .all()
    .map(({ name }) => name)
    .filter((name) => name !== 'id');
  const values = columns.map((name) => {
    if (name === 'search_key') return 'randomblob(16)';
    return name === 'delivered' ? 'delivered + ? * 1000000' : name;
  });
  const { made, first } = raw.prepare('SELECT count(*) AS made, min(id) AS first FROM message').get();
  const copy = raw.prepare(
    `INSERT INTO message (${columns.join(', ')}) SELECT ${values.join(', ')} FROM message WHERE id BETWEEN ? AND ? LIMIT ?`,
  );
  for (let done = made; done < messages; done += made) {
    copy.run(Math.round(done / made), first, first + made - 1, Math.min(made, messages - done));
  }
  raw.exec(`INSERT INTO message_props SELECT id, (SELECT props FROM message_props LIMIT 1) FROM message
    WHERE id NOT IN (SELECT message FROM message_props)`);
  raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  raw.close();
}

async function withInbox(subsystem, work) {
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
  const store = await nodemapi.openDefaultStore(session);
  const inbox = await nodemapi.openSpecialFolder(store, 'inbox');
  await work(inbox);
  await inbox.release();
  await store.release();
  await nodemapi.endSession(session, { policy: 'leave' });
}

async function listed(inbox) {
  const contents = await inbox.getContentsTable();
  await contents.setColumns(COLUMNS);
  await contents.sortTable({ sorts: [{ tag: PR_MESSAGE_DELIVERY_TIME, order: 'descend' }] });
  const got = await contents.queryRows(50);
  await contents.release();
  return got.length;
}

const rows = [['messages', 'table ms', 'hand-written SQL ms', 'ratio']];
for (const messages of numbers('messages', [10_000, 100_000, 1_000_000])) {
  await inFolder(async (path) => {
    const subsystem = await profileHome(join(path, 'home'));
    const file = join(path, 'home', 'stores', 'bench.mapidb');
    await withInbox(subsystem, (inbox) => fill(inbox, Math.min(messages, made)));
    if (messages > made) multiply(file, messages);
    await subsystem.MAPIInitialize(); // endSession took it back
    await withInbox(subsystem, async (inbox) => {
      const raw = new DatabaseSync(file, { readOnly: true });
      const { sql, parameters } = handWritten(raw);
      const select = raw.prepare(sql);
      select.setReadBigInts(true); // times pass 2^53
      const ways = [
        { times: [], run: () => listed(inbox) },
        { times: [], run: () => select.all(...parameters).length },
      ];
      for (let index = 0; index < count * 2; index++) {
        for (const { times, run } of index % 2 === 0 ? ways : ways.toReversed()) {
          const start = performance.now();
          const found = await run();
          if (index >= count) times.push(performance.now() - start); // what came before is for warming up
          if (found !== 50) throw new Error(`there were ${found} rows`);
        }
      }
      raw.close();
      const [ours, theirs] = ways.map(({ times }) => median(times));
      rows.push([messages, ours.toFixed(3), theirs.toFixed(3), `${(ours / theirs).toFixed(2)}x`]);
    });
  });
}

/** The statement a person would write for this list, on the store's own tables. */
function handWritten(raw) {
  const folder = raw.prepare("SELECT id FROM folder WHERE name = 'Inbox'").get().id;
  const sql =
    'SELECT id, subject, sender_name, delivered, size, flags FROM message WHERE folder = ? AND associated = 0 ORDER BY delivered DESC, id LIMIT 50';
  return { sql, parameters: [folder] };
}

process.stdout.write(`medians of ${count}, taken in turns; opening the table, columns, sort, 50 rows\n`);
table(rows);
