// One of two processes with spoolers on one home, for real SMTP.
//
//   node spooler-process.testing.mjs HOME send KIND STEP    submits mail and sends it; at step STEP, counted from 1 from
//                                                           the first submission on, KIND happens: kill, or stop, which
//                                                           is SIGSTOP; 0 is no step
//   node spooler-process.testing.mjs HOME rival             sends whatever it finds, until SIGTERM
//
// Prints {submitted, to}, {accepted}, {step}, {ready}, and {quiet, notes, steps} again and again.
import { writeSync } from 'node:fs';
import {
  composeMessage,
  createSubsystem,
  endSession,
  openDefaultStore,
  openSpecialFolder,
  specialFolderId,
} from '../../dist/index.js';
import { watchedLoader } from './watched.testing.mjs';

const [home, mode, kind, killAt] = process.argv.slice(2);
/** A lease that runs out soon, and no long waits. */
const SPOOLER = {
  leaseMs: 2000,
  retryFirstMs: 100,
  retryMaxMs: 300,
  retryJitter: 0,
  busyRetryMs: 100,
  transportRetryMs: 100,
};
const lookMs = 40;
const drainMs = 1000;

let steps = 0;
let counting = false;
let ended = false;

/** At once: a process that is killed writes nothing that waits. */
const say = (what) => void writeSync(1, `${JSON.stringify(what)}\n`);

function step(name) {
  if (!counting) return;
  steps++;
  if (steps !== Number(killAt)) return;
  say({ step: name });
  process.kill(process.pid, kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

process.once('SIGTERM', () => {
  ended = true;
});
const subsystem = await createSubsystem({ home, spooler: SPOOLER, loadModule: watchedLoader(home, step) });
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'crash', null, { newSession: true });
const spooler = await subsystem.readySpoolerOf(session);
if (mode === 'send') await submit();
else say({ ready: true });
while (!ended) {
  await spooler.drain({ signal: AbortSignal.timeout(drainMs) });
  const outgoing = await spooler.outgoing();
  const isQuiet = outgoing.every(({ state }) => ['sent', 'failed', 'held'].includes(state));
  say({ quiet: isQuiet, notes: outgoing.flatMap(notesOf), steps });
  await new Promise((resolve) => setTimeout(resolve, lookMs));
}
await endSession(session, { policy: 'leave' });
process.exit(0);

async function submit() {
  const store = await openDefaultStore(session);
  const outbox = await openSpecialFolder(store, 'outbox');
  const sentMail = await specialFolderId(store, 'sentMail');
  counting = true;
  for (const [subject, to] of [
    ['a', ['ok@example.test', 'slow@example.test', 'bad@example.test']],
    ['b', ['ok@example.test']],
  ]) {
    say({ submitted: subject, to });
    const message = await composeMessage(outbox, { to, subject, text: 'body', sentMail });
    step('before client.submitMessage');
    await message.submitMessage();
    say({ accepted: subject });
    step('after client.submitMessage');
  }
  await outbox.release();
  await store.release();
}

function notesOf({ subject, reason, recipients }) {
  const notes = [reason, ...recipients.map(({ lastError }) => lastError)];
  return notes.some((note) => /may have been sent/iu.test(note ?? '')) ? [subject] : [];
}
