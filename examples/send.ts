// Sends one message by the profile "work" and says what became of it.
// Make the profile first:  npx mapi profile create work
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
try {
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await composeMessage(outbox, {
    to: ['Ada Lovelace <work@localhost>'],
    subject: 'Notes on the engine',
    text: 'Dear Ada, the notes are attached.',
    attachments: [{ fileName: 'notes.txt', content: 'The engine weaves algebraic patterns.' }],
  });
  await message.submitMessage(); // on the disk, in the outgoing queue
} finally {
  const report = await endSession(session, { policy: 'drain', deadlineMs: 30_000 });
  const { sent, failed, left } = report.outgoing;
  console.log(`${sent} sent, ${failed} failed, ${left} left for the next session`);
}
