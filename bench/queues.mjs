// Our queue beside Postfix, BullMQ on Redis, a queue in SQLite, and a pool without any queue, with one sink: how fast
// messages are accepted durably, how fast they arrive, and how long one takes when there is little to do. Taken in turns
// in one run; what is not installed is named and left out.
//
//   node queues.mjs [--messages 1000,10000] [--bytes 10240] [--rounds 3] [--inflight 50] [--light 50] [--warm-up 3000] [--only NAME,…]
//                  [--ours 'nodemapi + serve']
import { arrivalRate, bodyOf, inFolder, median, numbers, startSink, table } from './lib.mjs';
import { QUEUES } from './peers.mjs';

const LIGHT_EVERY_MS = 40;

const [bytes] = numbers('bytes', [10_240]);
const [rounds] = numbers('rounds', [3]);
const [inflight] = numbers('inflight', [50]);
const [light] = numbers('light', [50]);
/** Messages before those that count, of each queue: queues run for long, and code is compiled as it is used. */
const [warmUp] = numbers('warm-up', [3000]);
const text = bodyOf(bytes);
const oursAt = process.argv.indexOf('--ours');
/** The queue that the others are compared with. */
const oursName = oursAt < 0 ? 'nodemapi' : process.argv[oursAt + 1];

/** Milliseconds from the handing over of one message to its arrival, with pauses in between. */
async function latency(queue, sink) {
  const times = [];
  for (let index = 0; index < light; index++) {
    sink.reset();
    const taken = sink.taken(1);
    const start = performance.now();
    await Promise.all([queue.accept(index), taken]);
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, LIGHT_EVERY_MS));
  }
  return median(times);
}

const measured = [
  ['accepted/s', 'accepted', true],
  ['arrived/s', 'arrived', true],
  ['latency ms', 'latency', false],
];

function report(count, results) {
  process.stdout.write(`\n${count} messages of ${bytes} bytes, ${inflight} at a time, medians of ${rounds} rounds\n`);
  const rows = [['queue', ...measured.flatMap(([title]) => [title, 'ours is'])]];
  const ours = results.get(oursName);
  for (const [name, found] of results) {
    const cells = measured.flatMap(([, key, more]) => {
      const ratio = median(
        found.map((one, index) => (more ? ours[index][key] / one[key] : one[key] / ours[index][key])),
      );
      return [median(found.map((one) => one[key])).toFixed(key === 'latency' ? 1 : 0), `${ratio.toFixed(2)}x`];
    });
    rows.push([name, ...cells]);
  }
  table(rows);
}

const at = process.argv.indexOf('--only');
const wanted = at < 0 ? undefined : (process.argv[at + 1] ?? '').split(',');
const queues = QUEUES.filter(({ name, missing }) => {
  if (wanted !== undefined && name !== oursName && !wanted.includes(name)) return false;
  const why = missing();
  if (why !== undefined) process.stdout.write(`${name} is left out: ${why}.\n`);
  return why === undefined;
});
const sink = await startSink();
for (const count of numbers('messages', [1000, 10_000])) {
  const results = new Map(queues.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, open } of queues) {
      await inFolder(async (folder) => {
        const queue = await open({ sink, folder, text, inflight });
        await arrivalRate(queue, sink, warmUp, inflight);
        const found = await arrivalRate(queue, sink, count, inflight);
        results.get(name).push({ ...found, latency: await latency(queue, sink) });
        await queue.close();
      });
    }
  }
  report(count, results);
}
sink.stop();
