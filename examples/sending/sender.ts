// Stays logged on and sends what is in the queue, whichever process has put it there, until it is told to end.
import { bindEnd, createSubsystem } from 'nodemapi';

const subsystem = await createSubsystem({ observe: { metrics: true } });
await subsystem.MAPIInitialize();
const session = await subsystem.MAPILogonEx(null, 'work', null, { newSession: true });
await bindEnd(session, {
  policy: 'drain',
  deadlineMs: 10_000,
  onReport: ({ outgoing }) => console.log(`sent ${outgoing.sent}, failed ${outgoing.failed}, left ${outgoing.left}`),
});
const spooler = await subsystem.readySpoolerOf(session);
spooler?.queue.watch(async () => {
  if ((await spooler.queue.counts()).length === 0) console.log('the queue is empty');
});
const alive = setInterval(async () => console.error(await subsystem.metricsText()), 60_000);
process.once('beforeExit', () => clearInterval(alive));
console.log('ready');
