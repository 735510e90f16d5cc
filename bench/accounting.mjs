// What the accounting of open objects costs: the share of its work's time that goes into keeping the lines of openers.
// Both are taken in the same steps, and are medians, so that what runs beside hits both alike and rarely counts.
//
//   node accounting.mjs [--count 3000]
import { productWith } from './internals.mjs';
import { inFolder, median, numbers, profileHome, table } from './lib.mjs';

const [count] = numbers('count', [3000]);
const product = await productWith({ Openers: 'packages/session/src/openers.ts' });
const { Openers, endSession, openDefaultStore, openSpecialFolder, composeMessage } = product;

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

let kept = [];
const { caller } = Openers.prototype;
Openers.prototype.caller = function (skip) {
  const start = performance.now();
  const opener = caller.call(this, skip);
  kept.push(performance.now() - start);
  return opener;
};

await inFolder(async (path) => {
  const subsystem = await profileHome(path, undefined, { product });
  const lines = [['work', 'ms a step', 'lines a step', 'µs a line', 'cost']];
  for (const [name, prepare] of Object.entries(WORK)) {
    const step = await prepare(subsystem);
    for (let index = 0; index < 100; index++) await step();
    kept = [];
    const steps = [];
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      await step();
      steps.push(performance.now() - start);
    }
    const [ms, lineMs, lineCount] = [median(steps), median(kept), kept.length / count];
    const cost = `${((100 * lineMs * lineCount) / ms).toFixed(2)} %`;
    lines.push([name, ms.toFixed(3), lineCount.toFixed(1), (1000 * lineMs).toFixed(2), cost]);
  }
  table(lines);
  await subsystem.MAPIUninitialize();
});
