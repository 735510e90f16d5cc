// What the accounting of open objects costs: the share of its work's time that goes into keeping the lines of openers.
// Both are taken in the same steps, so that whatever runs beside hits both alike.
//
//   node accounting.mjs [--count 3000]
import { Openers } from '../packages/session/dist/openers.js';
import { inFolder, nodemapi, numbers, profileHome, table } from './lib.mjs';

const [count] = numbers('count', [3000]);
const { endSession, openDefaultStore, openSpecialFolder, composeMessage } = nodemapi;

/** What is measured: each makes what it needs, and answers what one step of it does. */
const WORK = {
  'logon, store, end': async (subsystem) => async () => {
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    await (await openDefaultStore(session)).release();
    await endSession(session, { uninitialize: false });
  },
  'message written and submitted': async (subsystem) => {
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    const outbox = await openSpecialFolder(await openDefaultStore(session), 'outbox');
    return async () => {
      const message = await composeMessage(outbox, { to: ['ann@example.test'], subject: 's', text: 'x'.repeat(1000) });
      await message.submitMessage();
      await message.release();
    };
  },
  'table opened, 50 rows read': async (subsystem) => {
    const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail: true });
    const outbox = await openSpecialFolder(await openDefaultStore(session), 'outbox');
    return async () => {
      const rows = await outbox.getContentsTable();
      await rows.queryRows(50);
      await rows.release();
    };
  },
};

const kept = { count: 0, ms: 0 };
const { caller } = Openers.prototype;
Openers.prototype.caller = function (skip) {
  const start = performance.now();
  const opener = caller.call(this, skip);
  kept.ms += performance.now() - start;
  kept.count++;
  return opener;
};

await inFolder(async (path) => {
  const subsystem = await profileHome(path);
  const lines = [['work', 'ms a step', 'lines a step', 'µs a line', 'cost']];
  for (const [name, prepare] of Object.entries(WORK)) {
    const step = await prepare(subsystem);
    for (let index = 0; index < 100; index++) await step();
    Object.assign(kept, { count: 0, ms: 0 });
    const start = performance.now();
    for (let index = 0; index < count; index++) await step();
    const ms = performance.now() - start;
    lines.push([
      name,
      (ms / count).toFixed(3),
      (kept.count / count).toFixed(1),
      ((1000 * kept.ms) / kept.count).toFixed(2),
      `${((100 * kept.ms) / ms).toFixed(2)} %`,
    ]);
  }
  table(lines);
  await subsystem.MAPIUninitialize();
});
