// C++: IMsgStore::Advise for new mail, IMAPITable::Advise for a table; notifications come by themselves, after the commit.
import { EventEmitter, once } from 'node:events';
import {
  composeMessage,
  endSession,
  fnevNewMail,
  fnevTableModified,
  getProp,
  MAPIInitialize,
  MAPILogonEx,
  openDefaultStore,
  openSpecialFolder,
  PR_SUBJECT,
} from 'nodemapi';

await MAPIInitialize(); // { multithreadNotifications: true } keeps the process alive, as MAPI's own thread would
const session = await MAPILogonEx(null, 'work', null, { newSession: true, allowOthers: true });
{
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  await using table = await inbox.getContentsTable();

  const events = new EventEmitter();
  const arrived = once(events, 'newMail');
  const connection = await store.advise(null, fnevNewMail, {
    onNotify: (notifications) => {
      for (const notification of notifications) {
        if (notification.kind === 'newMail') events.emit('newMail', notification.entryId);
      }
    },
  });
  const changed = once(events, 'table');
  const ofTable = await table.advise(fnevTableModified, {
    onNotify: ([first]) => {
      if (first?.kind === 'tableModified') events.emit('table', first.event);
    },
  });

  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await composeMessage(outbox, { to: ['work@localhost'], subject: 'To myself', text: 'x' });
  await message.submitMessage();

  const [entryId] = await arrived;
  await using received = await store.openEntry(entryId, { iid: 'IMessage' });
  console.log(`new mail: ${await getProp(received, PR_SUBJECT)}`);
  console.log(`the table: ${(await changed)[0]}`);
  await store.unadvise(connection); // or dispose it, as is done with the other one
  await ofTable[Symbol.asyncDispose]();
}
const report = await endSession(session);
console.log(`left open: ${report.leftOpen.objects.length + report.leftOpen.advises.length}`);
