// What observing costs: the processor time that the spooler's observer takes per message (one attempt, one call of a
// transport), with nothing observed, with metrics, and with spans that go nowhere, beside the same calls without it.
//
//   node observing.mjs [--count 10000] [--rounds 15]
import { productWith } from './internals.mjs';
import { numbers, table } from './lib.mjs';

const { Metrics, nullLog, observerOf, systemClock } = await productWith({
  Metrics: 'packages/base/src/metrics.ts',
  nullLog: 'packages/base/src/log.ts',
  observerOf: 'packages/spooler/src/observer.ts',
  systemClock: 'packages/base/src/clock.ts',
});

const [count] = numbers('count', [10_000]);
const [rounds] = numbers('rounds', [15]);
const WARM_UP = 20_000;

const span = { setAttribute: () => span, setStatus: () => span, end: () => {} };
const tracer = { startSpan: () => span, startActiveSpan: (_name, _options, run) => run(span) };
const entryId = new Uint8Array(46);
const transport = { types: ['SMTP'] };
const result = { fate: 'sent', record: { attempts: 1, submitTime: systemClock.now() } };
const answer = { outcomes: new Map([[0, { outcome: 'delivered' }]]) };

const bare = async () => {
  const attempt = async () => {
    await (async () => answer)();
    return result;
  };
  return attempt();
};

function observed(telemetry) {
  const observer = observerOf(telemetry, systemClock, nullLog);
  return () =>
    observer.attempt(entryId, async () => {
      await observer.handOver(transport, [0], async () => answer);
      return result;
    });
}

async function microseconds(one) {
  for (let index = 0; index < WARM_UP; index++) await one();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) await one();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const rows = [['observed', 'µs a message']];
for (const [name, one] of [
  ['without the observer', bare],
  ['nothing', observed({})],
  ['metrics', observed({ metrics: new Metrics() })],
  ['metrics and spans', observed({ metrics: new Metrics(), tracer })],
]) {
  rows.push([name, (await microseconds(one)).toFixed(2)]);
}
table(rows);
