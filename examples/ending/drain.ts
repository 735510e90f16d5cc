// Sends a message, and stays logged on until it has left: with a deadline, and telling how far it has come.
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const store = await openDefaultStore(session);
const outbox = await openSpecialFolder(store, 'outbox');
const message = await composeMessage(outbox, { to: ['ada@example.test'], subject: 'Notes', text: 'See you.' });
await message.submitMessage();
for (const object of [message, outbox, store]) await object.release();

const report = await endSession(session, {
  policy: 'drain',
  deadlineMs: Number(process.env.DEADLINE_MS ?? 30_000),
  progress: (done, total) => console.log(`${done} of ${total}`),
});
const { sent, left, unknown } = report.outgoing;
console.log(`sent ${sent}, left ${left}, may have been sent ${unknown}; deadline exceeded: ${report.deadlineExceeded}`);
