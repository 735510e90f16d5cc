// Logs one store off, and leaves the session as it is.
import { endSession, MAPIInitialize, MAPILogonEx, openDefaultStore } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
await session.getStatusTable().then((table) => table.release()); // the spooler has started
for (const mode of ['quiet', 'abort', 'orderly', 'noWait', 'purge'] as const) {
  const store = await openDefaultStore(session);
  const { complete, inbound, outbound, outboundQueue } = await store.storeLogoff(mode);
  console.log(`${mode}: complete ${complete}, inbound ${inbound}, outbound ${outbound}, queued ${outboundQueue}`);
  await store.release();
}
const report = await endSession(session);
console.log(`the session ended by itself, completed: ${report.completed}`);
