// Ends at once: the mail stays in the queue for the next session, or, with "abort", is taken out of it.
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true, noMail: process.env.POLICY !== 'abort' });
const store = await openDefaultStore(session);
const outbox = await openSpecialFolder(store, 'outbox');
const message = await composeMessage(outbox, { to: ['ada@example.test'], subject: 'Later', text: 'There is time.' });
await message.submitMessage();
for (const object of [message, outbox, store]) await object.release();

const report = await endSession(session, { policy: process.env.POLICY === 'abort' ? 'abort' : 'leave' });
console.log(`${report.policy}: ${report.outgoing.left} left, completed: ${report.completed}`);
