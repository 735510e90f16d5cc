// The first 50 rows by delivery time of a large folder, beside hand-written SQL on the same file.
//
//   node contents-table.mjs [--messages 10000,100000] [--count 50]
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { inFolder, median, nodemapi, numbers, profileHome, table } from './lib.mjs';

const { PR_ENTRYID, PR_MESSAGE_DELIVERY_TIME, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS, prop } =
  nodemapi;
const COLUMNS = [PR_ENTRYID, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_DELIVERY_TIME, PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS];
const [count] = numbers('count', [50]);

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

const rows = [['messages', 'table ms', 'hand-written SQL ms', 'ratio']];
for (const messages of numbers('messages', [10_000, 100_000])) {
  await inFolder(async (path) => {
    const subsystem = await profileHome(join(path, 'home'));
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    const store = await nodemapi.openDefaultStore(session);
    const inbox = await nodemapi.openSpecialFolder(store, 'inbox');
    await fill(inbox, messages);
    const raw = new DatabaseSync(join(path, 'home', 'stores', 'bench.mapidb'), { readOnly: true });
    const { sql, parameters } = handWritten(raw);
    const select = raw.prepare(sql);
    select.setReadBigInts(true); // times pass 2^53
    const ours = [];
    const theirs = [];
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      const contents = await inbox.getContentsTable();
      await contents.setColumns(COLUMNS);
      await contents.sortTable({ sorts: [{ tag: PR_MESSAGE_DELIVERY_TIME, order: 'descend' }] });
      const got = await contents.queryRows(50);
      await contents.release();
      ours.push(performance.now() - start);
      if (got.length !== 50) throw new Error(`the table gave ${got.length} rows`);
      const rawStart = performance.now();
      const found = select.all(...parameters);
      theirs.push(performance.now() - rawStart);
      if (found.length !== 50) throw new Error(`the SQL gave ${found.length} rows`);
    }
    raw.close();
    await inbox.release();
    await store.release();
    await nodemapi.endSession(session, { policy: 'leave' });
    rows.push([
      messages,
      median(ours).toFixed(3),
      median(theirs).toFixed(3),
      `${(median(ours) / median(theirs)).toFixed(2)}x`,
    ]);
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
