// Durable submit-to-delivered throughput over loopback SMTP, of our queue in this process and with a spooler of its own
// (`mapi serve`), beside nodemailer's pool without any queue and, where a redis-server is installed, beside the same
// nodemailer behind BullMQ with every write synced.
//
//   node throughput.mjs [--messages 1000,10000] [--bytes 10240] [--rounds 3] [--inflight 50] [--warm-up 3000]
import { arrivalRate, bodyOf, inFolder, median, numbers, startSink, table } from './lib.mjs';
import { QUEUES } from './peers.mjs';

const PEERS = ['pool, no queue', 'BullMQ'];

const [bytes] = numbers('bytes', [10_240]);
const [rounds] = numbers('rounds', [3]);
const [inflight] = numbers('inflight', [50]);
const [warmUp] = numbers('warm-up', [3000]);
const text = bodyOf(bytes);

const queues = QUEUES.filter(({ name, missing }) => {
  if (!name.startsWith('nodemapi') && !PEERS.includes(name)) return false;
  const why = missing();
  if (why !== undefined) process.stdout.write(`${name} is left out: ${why}.\n`);
  return why === undefined;
});
const sink = await startSink();
for (const count of numbers('messages', [1000, 10_000])) {
  const found = new Map(queues.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, open } of queues) {
      await inFolder(async (folder) => {
        const queue = await open({ sink, folder, text, inflight });
        await arrivalRate(queue, sink, warmUp, inflight);
        found.get(name).push((await arrivalRate(queue, sink, count, inflight)).arrived);
        await queue.close();
      });
    }
  }
  const ratio = (ours, peer) => median(ours.map((rate, index) => rate / peer[index])).toFixed(2);
  const peers = PEERS.filter((name) => found.has(name));
  const rows = [['messages arrived/s', 'rate', ...peers.map((name) => `to ${name}`)]];
  for (const [name, rates] of found)
    rows.push([name, median(rates).toFixed(0), ...peers.map((peer) => `${ratio(rates, found.get(peer))}x`)]);
  process.stdout.write(
    `\n${count} messages of ${bytes} bytes, ${inflight} at a time, 5 connections, medians of ${rounds} rounds\n`,
  );
  table(rows);
}
sink.stop();
