// What sharing costs: pairs of logon and logoff, private and shared; one shared logoff to many members in several
// processes; the way of a change to a sink in another process; and a flood of notifications to many sinks.
//
//   node sharing.mjs [--pairs 1000] [--members 250,500,1000] [--processes 4] [--changes 100] [--notifications 100000] [--sinks 100]
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AdviseHub } from '../packages/kit/dist/index.js';
import { inFolder, median, nodemapi, numbers, profileHome, table } from './lib.mjs';

const [pairs] = numbers('pairs', [1000]);
const memberCounts = numbers('members', [250, 500, 1000]);
const [processes] = numbers('processes', [4]);
const [changes] = numbers('changes', [100]);
const [notifications] = numbers('notifications', [100_000]);
const [sinks] = numbers('sinks', [100]);

/** A process that does what it is told; see sharing-child.mjs. */
class Child {
  constructor(home) {
    this.child = fork(fileURLToPath(new URL('./sharing-child.mjs', import.meta.url)), [home], { execArgv: [] });
    this.waiting = new Map();
    this.next = 1;
    this.child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
  }

  call(name, ...args) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, args });
    });
  }

  stop() {
    this.child.kill();
  }
}

async function pairsPerSecond(subsystem, options) {
  const start = performance.now();
  for (let index = 0; index < pairs; index++) {
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { noMail: true, ...options });
    await session.logoff();
    await session.release();
  }
  return (pairs * 1000) / (performance.now() - start);
}

async function logons(home) {
  const subsystem = await profileHome(home);
  const alone = { private: [], shared: [] };
  const joined = [];
  for (let round = 0; round < 3; round++) {
    alone.private.push(await pairsPerSecond(subsystem, { newSession: true }));
    alone.shared.push(await pairsPerSecond(subsystem, { allowOthers: true }));
  }
  const other = new Child(home);
  await other.call('logon', 1, { allowOthers: true });
  for (let round = 0; round < 3; round++) joined.push(await pairsPerSecond(subsystem, {}));
  other.stop();
  await subsystem.MAPIUninitialize();
  process.stdout.write(`\nlogon and logoff, pairs per second (${pairs} at a time, median of 3)\n`);
  table([
    ['what', 'pairs/s'],
    ['private', median(alone.private).toFixed(0)],
    ['shared, made anew', median(alone.shared).toFixed(0)],
    ['joining another process', median(joined).toFixed(0)],
  ]);
}

async function sharedLogoff(home) {
  const rows = [['members', 'processes', 'all told after ms', 'us per member']];
  for (const count of memberCounts) {
    const children = Array.from({ length: processes }, () => new Child(home));
    const each = Math.ceil(count / processes);
    for (const [index, child] of children.entries()) {
      await child.call('logon', each, index === 0 ? { allowOthers: true } : {});
    }
    const told = children.map((child, index) => child.call('told', index === 0 ? each - 1 : each));
    const start = await children[0].call('sharedLogoff');
    const last = Math.max(...(await Promise.all(told)));
    rows.push([count, processes, (last - start).toFixed(1), (((last - start) * 1000) / count).toFixed(1)]);
    for (const child of children) child.stop();
  }
  process.stdout.write('\nMAPI_LOGOFF_SHARED: from the call until the sink of the last member has run\n');
  table(rows);
}

async function crossProcess(home) {
  const [writer, listener] = [new Child(home), new Child(home)];
  for (const child of [writer, listener]) {
    await child.call('logon', 1, { newSession: true });
    await child.call('openStore');
  }
  await listener.call('watch');
  const waits = [];
  for (let index = 0; index < changes; index++) {
    const heard = listener.call('nextChange');
    const committed = await writer.call('write');
    waits.push((await heard) - committed);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  for (const child of [writer, listener]) child.stop();
  waits.sort((a, b) => a - b);
  process.stdout.write(`\na change committed by one process until the sink in another has it, ${changes} changes\n`);
  table([
    ['median ms', 'p95 ms', 'max ms'],
    [median(waits).toFixed(1), waits[Math.floor(waits.length * 0.95)].toFixed(1), waits.at(-1).toFixed(1)],
  ]);
}

/** Half of the sinks are slow: what waits for them is bounded. */
async function flood() {
  const hub = new AdviseHub();
  let delivered = 0;
  let reloads = 0;
  let release = () => {};
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  for (let index = 0; index < sinks; index++) {
    const isSlow = index % 2 === 1;
    hub.advise(null, nodemapi.fnevObjectCreated, {
      onNotify: async (all) => {
        for (const one of all) {
          if (one.kind === 'extended') reloads++;
          else delivered++;
        }
        if (isSlow) await gate;
      },
    });
  }
  const entryId = new Uint8Array(24);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const start = performance.now();
  for (let index = 0; index < notifications; index++) {
    hub.notify(null, [{ kind: 'objectCreated', objectType: 5, entryId, seq: BigInt(index) }]);
    if (index % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
    if (index % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  release();
  await hub.flush();
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`\n${notifications} notifications to ${sinks} sinks, every other one asleep\n`);
  table([
    ['seconds', 'delivered/s', 'delivered', 'reloads', 'heap grew by MiB'],
    [seconds.toFixed(2), (delivered / seconds).toFixed(0), delivered, reloads, ((peak - before) / 1048576).toFixed(1)],
  ]);
}

await inFolder(async (path) => {
  const home = join(path, 'home');
  await logons(home);
  await sharedLogoff(home);
  await crossProcess(home);
  await flood();
});
