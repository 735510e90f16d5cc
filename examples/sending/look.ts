// Looks at the queue and sends nothing: what waits, and why. ACTION=hold, retry or cancel does that to all of it.
import { createSubsystem, endSession } from 'nodemapi';

const subsystem = await createSubsystem({ spooler: { onlyFlushes: true } });
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'work', null, { newSession: true });
const spooler = await subsystem.readySpoolerOf(session);
for (const message of (await spooler?.queue.page({ countMax: 100 })) ?? []) {
  if (process.env.ACTION === 'hold') await spooler?.hold(message.entryId);
  if (process.env.ACTION === 'retry') await spooler?.retry(message.entryId);
  if (process.env.ACTION === 'cancel') await spooler?.cancel(message.entryId);
  console.log(`${message.subject}: ${message.state}${message.reason === null ? '' : `, ${message.reason}`}`);
}
for (const { state, messages } of (await spooler?.queue.counts()) ?? []) console.log(`${state}: ${messages}`);
await endSession(session, { policy: 'leave', deadlineMs: 5000 });
