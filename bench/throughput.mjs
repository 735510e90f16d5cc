// Durable submit-to-delivered throughput over loopback SMTP, beside nodemailer's pool without any queue and, where a
// redis-server is installed, beside the same nodemailer behind BullMQ with every write synced.
//
//   node throughput.mjs [--messages 1000,10000] [--bytes 10240] [--rounds 3] [--inflight 50]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bodyOf, flag, inFolder, median, nodemapi, numbers, profileHome, startSink, table } from './lib.mjs';
import { pooledTransport, startRedis } from './peers.mjs';

const [bytes] = numbers('bytes', [10_240]);
const [rounds] = numbers('rounds', [3]);
const [inflight] = numbers('inflight', [50]);
const text = bodyOf(bytes);

async function eachOf(count, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: inflight }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

async function measure(sink, count, run) {
  sink.reset();
  const taken = sink.taken(count);
  const start = performance.now();
  await run();
  await taken;
  return (count * 1000) / (performance.now() - start);
}

async function withNodemapi(sink, count, folder) {
  const subsystem = await profileHome(folder, sink.port);
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true });
  const store = await nodemapi.openDefaultStore(session);
  const outbox = await nodemapi.openSpecialFolder(store, 'outbox');
  const sentMail = await nodemapi.specialFolderId(store, 'sentMail');
  const rate = await measure(sink, count, async () => {
    await eachOf(count, async (index) => {
      const message = await nodemapi.composeMessage(outbox, {
        to: ['to@example.test'],
        subject: `message ${index}`,
        text,
        sentMail,
      });
      await message.submitMessage();
      await message.release();
    });
  });
  await outbox.release();
  await store.release();
  const end = await nodemapi.endSession(session, { policy: 'drain', deadlineMs: 60_000 });
  if (end.outgoing.left + end.outgoing.unknown > 0) throw new Error('not everything was sent');
  return rate;
}

async function withNodemailer(sink, count) {
  const transport = pooledTransport(sink.port);
  const rate = await measure(sink, count, () =>
    eachOf(count, (index) =>
      transport.sendMail({ from: 'bench@example.test', to: 'to@example.test', subject: `message ${index}`, text }),
    ),
  );
  transport.close();
  return rate;
}

async function withBullmq(sink, count, folder) {
  const { Queue, Worker } = await import('bullmq');
  const { default: Redis } = await import('ioredis');
  const redis = await startRedis(folder);
  const connections = [];
  const connection = () => {
    connections.push(new Redis({ port: redis.port, host: '127.0.0.1', maxRetriesPerRequest: null }));
    return connections.at(-1);
  };
  const queue = new Queue('mail', { connection: connection() });
  await queue.waitUntilReady();
  const transport = pooledTransport(sink.port);
  const worker = new Worker('mail', (job) => transport.sendMail(job.data), {
    connection: connection(),
    concurrency: inflight,
  });
  await worker.waitUntilReady();
  const rate = await measure(sink, count, () =>
    eachOf(count, (index) =>
      queue.add(
        'send',
        { from: 'bench@example.test', to: 'to@example.test', subject: `message ${index}`, text },
        { removeOnComplete: true },
      ),
    ),
  );
  await worker.close();
  await queue.close();
  transport.close();
  for (const each of connections) await each.quit();
  await redis.stop();
  return rate;
}

const hasRedis = !flag('no-redis') && spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis) process.stdout.write('BullMQ is left out: there is no redis-server here.\n');
const sink = await startSink();
const rows = [['messages', 'nodemapi/s', 'pool, no queue/s', 'ratio', 'BullMQ/s', 'ratio']];
for (const count of numbers('messages', [1000, 10_000])) {
  const rates = { nodemapi: [], pool: [], bullmq: [] };
  for (let round = 0; round < rounds; round++) {
    await inFolder(async (path) => {
      rates.pool.push(await withNodemailer(sink, count));
      rates.nodemapi.push(await withNodemapi(sink, count, join(path, 'home')));
      if (hasRedis) rates.bullmq.push(await withBullmq(sink, count, path));
    });
  }
  const ratio = (peer) => median(rates.nodemapi.map((rate, index) => rate / peer[index])).toFixed(2);
  rows.push([
    count,
    median(rates.nodemapi).toFixed(0),
    median(rates.pool).toFixed(0),
    `${ratio(rates.pool)}x`,
    hasRedis ? median(rates.bullmq).toFixed(0) : '-',
    hasRedis ? `${ratio(rates.bullmq)}x` : '-',
  ]);
}
process.stdout.write(`${bytes} bytes each, ${inflight} at a time, 5 connections, medians of ${rounds} rounds\n`);
table(rows);
sink.stop();
