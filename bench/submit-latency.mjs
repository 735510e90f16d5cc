// Latency of submitMessage beside one raw SQLite transaction that writes the same bytes with the same fsync.
//
//   node submit-latency.mjs [--bytes 1024,10240,102400] [--count 2000]
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { bodyOf, inFolder, median, nodemapi, numbers, profileHome, table } from './lib.mjs';

const [count] = numbers('count', [2000]);
const rows = [['bytes', 'submitMessage ms', 'raw transaction ms', 'ratio', 'whole message ms']];
for (const bytes of numbers('bytes', [1024, 10_240, 102_400])) {
  await inFolder(async (path) => {
    const subsystem = await profileHome(join(path, 'home'));
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    const store = await nodemapi.openDefaultStore(session);
    const outbox = await nodemapi.openSpecialFolder(store, 'outbox');
    const raw = new DatabaseSync(join(path, 'raw.db'));
    raw.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE message (id INTEGER PRIMARY KEY, subject TEXT, body BLOB)',
    );
    const insert = raw.prepare('INSERT INTO message (subject, body) VALUES (?, ?)');
    const text = bodyOf(bytes);
    const payload = Buffer.from(text, 'utf16le');
    const ours = [];
    const whole = [];
    const theirs = [];
    for (let index = -count; index < count; index++) {
      const started = performance.now();
      const message = await nodemapi.composeMessage(outbox, {
        to: ['to@example.test'],
        subject: `message ${index}`,
        text,
      });
      const before = performance.now();
      await message.submitMessage();
      const after = performance.now();
      const counts = index >= 0; // what came before is for warming up
      if (counts) ours.push(after - before);
      if (counts) whole.push(after - started);
      await message.release();
      const rawBefore = performance.now();
      raw.exec('BEGIN IMMEDIATE');
      insert.run(`message ${index}`, payload);
      raw.exec('COMMIT');
      if (counts) theirs.push(performance.now() - rawBefore);
    }
    raw.close();
    await outbox.release();
    await store.release();
    await nodemapi.endSession(session, { policy: 'leave' });
    rows.push([
      bytes,
      median(ours).toFixed(3),
      median(theirs).toFixed(3),
      `${(median(ours) / median(theirs)).toFixed(2)}x`,
      median(whole).toFixed(3),
    ]);
  });
}
process.stdout.write(`medians of ${count}, taken in turns\n`);
table(rows);
