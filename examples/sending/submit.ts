// Takes mail into the outgoing queue and leaves at once; whoever is logged on next sends it.
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
{
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  for (const name of ['ada', 'grace', 'mary']) {
    await using message = await composeMessage(outbox, {
      to: [`${name}@example.test`],
      subject: `For ${name}`,
      text: 'Hello.',
    });
    await message.submitMessage();
    console.log(`accepted: For ${name}`); // on the disk from here on, whatever happens to this process
  }
}
await endSession(session, { policy: 'leave', deadlineMs: 5000 });
