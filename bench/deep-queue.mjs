// Queues of many messages: the time until a session is on and its spooler serves the store, the time until a fresh
// message has gone out beside all the others, the first of many that are due, what a metrics scrape and the first page
// of the queue cost, and the memory of the process. A message is written by the product and multiplied in the file.
//
//   node deep-queue.mjs [--messages 1000,100000,1000000] [--fresh 20]
//
// "waiting": each is to be tried again tomorrow. "ready": each is due now, and the sink takes them as fast as it can.
import { fork } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { inFolder, median, nodemapi, numbers, profileHome, startSink, table } from './lib.mjs';

const FILETIME_OF_1970 = 116_444_736_000_000_000n;
const DAY_MS = 86_400_000;
const READY_COUNT = 200;

const [fresh] = numbers('fresh', [20]);

/** Adds `count` copies of the one queued message; every one has a key of its own. */
function multiply(path, count, state) {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  const first = db.prepare('SELECT message FROM outgoing').get().message;
  const columns = (name) =>
    db
      .prepare(`SELECT name FROM pragma_table_info('${name}')`)
      .all()
      .map((row) => row.name);
  const base = db.prepare('SELECT max(id) AS id FROM message').get().id;
  const tomorrow = BigInt(Date.now() + DAY_MS) * 10_000n + FILETIME_OF_1970;
  const inQueue = columns('outgoing').includes('state');
  const waiting = inQueue
    ? { state: '1', attempts: '1', next_attempt: String(tomorrow) }
    : { spooler_state: '1', spooler_attempts: '1', spooler_next: String(tomorrow) };
  const changed = state === 'waiting' ? waiting : {};
  const copy = (name, key, own = {}) => {
    const names = columns(name).filter((column) => column !== 'seq');
    const values = names.map((column) => (column === key ? `${base} + n.value` : (own[column] ?? `t.${column}`)));
    db.exec(`INSERT INTO ${name} (${names.join(', ')}) SELECT ${values.join(', ')}
      FROM generate n JOIN ${name} t ON t.${key} = ${first}`);
  };
  db.exec(`BEGIN; CREATE TEMP TABLE generate (value INTEGER PRIMARY KEY);
    INSERT INTO generate WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${count})
    SELECT value FROM n`);
  copy('message', 'id', { search_key: 'randomblob(16)', ...changed });
  copy('message_props', 'message');
  copy('message_long', 'message');
  copy('recipient', 'message');
  copy('outgoing', 'message', changed);
  db.exec(`DELETE FROM outgoing WHERE message = ${first}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
  db.close();
}

async function makeQueue(home, port, count, state) {
  const subsystem = await profileHome(home, port, { spooler: { onlyFlushes: true } });
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true });
  await submit(await outboxOf(session), 'one of many');
  await nodemapi.endSession(session, { policy: 'leave', deadlineMs: 10_000 });
  const [file] = (await readdir(join(home, 'stores'))).filter((name) => name.endsWith('.mapidb'));
  multiply(join(home, 'stores', file), count, state);
}

async function outboxOf(session) {
  const store = await nodemapi.openDefaultStore(session);
  return nodemapi.openSpecialFolder(store, 'outbox');
}

async function submit(outbox, subject) {
  const message = await nodemapi.composeMessage(outbox, { to: ['to@example.test'], subject, text: 'A short text.' });
  await message.submitMessage();
  await message.release();
}

/** Runs in a process of its own, so that its memory is that of one queue. */
async function look({ home, state, port, depth }) {
  const sink = sinkOf(port);
  const options = { home, observe: { metrics: true } };
  const found = {};
  const started = performance.now();
  const subsystem = await nodemapi.createSubsystem(options);
  await subsystem.MAPIInitialize();
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true });
  const spooler = await subsystem.readySpoolerOf(session);
  found.startMs = performance.now() - started;
  if (state === 'waiting') {
    const outbox = await outboxOf(session);
    const times = [];
    for (let index = 0; index < fresh; index++) {
      const begun = performance.now();
      const before = await sink();
      await submit(outbox, `fresh ${index}`);
      while ((await sink()) === before) await new Promise((resolve) => setTimeout(resolve, 1));
      times.push(performance.now() - begun);
    }
    found.freshMs = median(times);
    const scraped = performance.now();
    const text = await subsystem.metricsText();
    found.scrapeMs = performance.now() - scraped;
    found.counted = Number(/^mapi_queue_messages\{state="waiting"\} (\d+)$/mu.exec(text)?.[1] ?? Number.NaN);
    const listed = performance.now();
    const page = await spooler.queue.page({ countMax: 50 });
    found.listMs = performance.now() - listed;
    const asked = performance.now();
    const digits = nodemapi
      .toHex(page.at(-1).entryId)
      .replace(/(?:00)+$/u, '')
      .slice(-12);
    const [one] = await spooler.queue.find(digits);
    found.oneMs = performance.now() - asked;
    if (one === undefined) throw new Error('not found');
  } else {
    while ((await sink()) < Math.min(READY_COUNT, depth)) await new Promise((resolve) => setTimeout(resolve, 1));
    found.readyMs = performance.now() - started;
  }
  const ended = performance.now();
  await nodemapi.endSession(session, { policy: 'leave', deadlineMs: 10_000 });
  found.endMs = performance.now() - ended;
  found.peakMb = Number(/VmHWM:\s+(\d+) kB/u.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) / 1024;
  return found;
}

/** Asks the parent how many the sink has taken. */
function sinkOf() {
  return () =>
    new Promise((resolve) => {
      process.once('message', ({ count }) => resolve(count));
      process.send({ ask: true });
    });
}

function lookInChild(task, sink) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--child', ...process.argv.slice(2)]);
    child.on('message', (message) => {
      if (message.ask) child.send({ count: sink.count() });
      else if (message.found) resolve(message.found);
    });
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}`)));
    child.send({ task });
  });
}

async function main() {
  const sink = await startSink();
  const rows = [
    [
      'messages',
      'state',
      'file made s',
      'start ms',
      'fresh ms',
      'first 200 ms',
      'scrape ms',
      'list 50 ms',
      'find ms',
      'end ms',
      'peak MB',
    ],
  ];
  const text = (value, digits = 1) => (value === undefined ? '-' : value.toFixed(digits));
  for (const depth of numbers('messages', [1000, 100_000, 1_000_000])) {
    for (const state of ['waiting', 'ready']) {
      await inFolder(async (path) => {
        const home = join(path, 'home');
        const begun = performance.now();
        await makeQueue(home, sink.port, depth, state);
        const madeS = (performance.now() - begun) / 1000;
        sink.reset();
        const found = await lookInChild({ home, state, port: sink.port, depth }, sink);
        rows.push([
          depth,
          state,
          madeS.toFixed(0),
          text(found.startMs, 0),
          text(found.freshMs),
          text(found.readyMs, 0),
          text(found.scrapeMs),
          text(found.listMs),
          text(found.oneMs),
          text(found.endMs, 0),
          text(found.peakMb, 0),
        ]);
        process.stdout.write(`${JSON.stringify({ depth, state, ...found })}\n`);
      });
    }
  }
  table(rows);
  sink.stop();
}

if (process.argv.includes('--child')) {
  process.once('message', async ({ task }) => {
    process.send({ found: await look(task) }, () => process.exit(0));
  });
} else await main();
