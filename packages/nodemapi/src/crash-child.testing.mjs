// A process that sends one message, or COUNT of them at a time, and kills itself at a chosen step: with SIGKILL, before or after the n-th call that
// the spooler makes on the store, on a message or on the transport, or that the client makes to submit.
//
//   node crash-child.testing.mjs HOME send|drain KILL_AT [COUNT]
//
// It prints a JSON line for each thing it knows: {"accepted":entryId}, {"calls":n} at its end, {"outgoing":[…]}.
import { writeSync } from 'node:fs';
import {
  composeMessage,
  createSubsystem,
  endSession,
  openDefaultStore,
  openSpecialFolder,
  specialFolderId,
  toHex,
} from '../dist/index.js';
import { watchedLoader } from './crash-matrix/watched.testing.mjs';

const [home, mode, killAt] = [process.argv[2], process.argv[3], Number(process.argv[4] ?? '0')];
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let steps = 0;

function step(name) {
  if (/message\.(?!saveChanges)/u.test(name)) return; // only in memory, and there are many
  steps++;
  if (steps !== killAt) return;
  writeSync(1, `${JSON.stringify({ killedAt: name })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const subsystem = await createSubsystem({ home, loadModule: watchedLoader(home, step) });
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'crash', null, { newSession: true });
if (mode === 'send') {
  const store = await openDefaultStore(session);
  const outbox = await openSpecialFolder(store, 'outbox');
  const sentMail = await specialFolderId(store, 'sentMail');
  const message = await composeMessage(outbox, { to: ['to@example.test'], subject: 'crash', text: 'body', sentMail });
  for (let left = Number(process.argv[5] ?? '1') - 1; left > 0; left--) {
    const one = await composeMessage(outbox, { to: ['to@example.test'], subject: 'crash', text: 'body', sentMail });
    await one.submitMessage();
  }
  step('before client.submitMessage');
  await message.submitMessage();
  say({ accepted: true });
  step('after client.submitMessage');
}
const spooler = await subsystem.readySpoolerOf(session);
await spooler.drain({ signal: AbortSignal.timeout(20_000) });
const states = (await spooler.outgoing()).map(({ state, reason, attempts, entryId }) => ({
  state,
  reason,
  attempts,
  entryId: toHex(entryId),
}));
say({ outgoing: states, calls: steps });
const end = await endSession(session, { policy: 'leave' });
say({ completed: end.completed });
