// What the end of a session tells of a program that forgets to release what it opened.
import { endSession, fnevNewMail, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const store = await openDefaultStore(session);
await openSpecialFolder(store, 'inbox'); // never released
await store.advise(null, fnevNewMail, { onNotify: () => undefined }); // never cancelled

const report = await endSession(session, { policy: 'leave' });
for (const { step, ok, count, skipped } of report.steps) console.log(step, skipped === true ? 'skipped' : ok, count);
for (const { interface: name } of report.leftOpen.objects) console.log('left open:', name);
console.log('registrations left:', report.leftOpen.advises.length);
