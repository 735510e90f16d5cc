// Logon and logoff with an existing profile, beside opening and closing the bare SQLite file; and the heap over many cycles.
//
//   node logon.mjs [--count 300] [--cycles 10000]
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { inFolder, median, nodemapi, numbers, profileHome, table } from './lib.mjs';

const [count] = numbers('count', [300]);
const [cycles] = numbers('cycles', [10_000]);
await inFolder(async (path) => {
  const home = join(path, 'home');
  const subsystem = await profileHome(home);

  async function cycle(withStore) {
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    if (withStore) await (await nodemapi.openDefaultStore(session)).release();
    await session.logoff();
    await session.release();
  }

  function bare() {
    const database = new DatabaseSync(join(home, 'stores', 'bench.mapidb'));
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    database.close();
  }

  await cycle(true);
  const times = { logon: [], store: [], bare: [] };
  for (let index = 0; index < count; index++) {
    for (const [name, work] of [
      ['logon', () => cycle(false)],
      ['store', () => cycle(true)],
      ['bare', bare],
    ]) {
      const start = performance.now();
      await work();
      times[name].push(performance.now() - start);
    }
  }
  const base = median(times.bare);
  process.stdout.write(`medians of ${count}, taken in turns\n`);
  table([
    ['what', 'ms', 'ratio'],
    ['open and close the bare file', base.toFixed(3), '1.00x'],
    ['logon + logoff', median(times.logon).toFixed(3), `${(median(times.logon) / base).toFixed(2)}x`],
    ['logon + store + logoff', median(times.store).toFixed(3), `${(median(times.store) / base).toFixed(2)}x`],
  ]);

  const heaps = [];
  for (let index = 0; index < cycles; index++) {
    await cycle(true);
    if (index % Math.ceil(cycles / 10) === 0) {
      globalThis.gc?.();
      heaps.push((process.memoryUsage().heapUsed / 1048576).toFixed(1));
    }
  }
  globalThis.gc?.();
  heaps.push((process.memoryUsage().heapUsed / 1048576).toFixed(1));
  process.stdout.write(
    `heap in MiB over ${cycles} cycles${globalThis.gc ? '' : ' (run node with --expose-gc for exact figures)'}: ${heaps.join(' ')}\n`,
  );
});
