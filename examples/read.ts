// Fetches what has come and lists the ten newest messages of the Inbox of the profile "work": a contents table with columns, sort and restriction.
import {
  descend,
  endSession,
  fileTimeToIso,
  MAPIInitialize,
  MAPILogonEx,
  openDefaultStore,
  openSpecialFolder,
  PR_MESSAGE_DELIVERY_TIME,
  PR_SENDER_NAME,
  PR_SUBJECT,
  propOf,
  resExist,
} from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true, forceDownload: true });
try {
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  await using table = await inbox.getContentsTable();
  await table.setColumns([PR_MESSAGE_DELIVERY_TIME, PR_SENDER_NAME, PR_SUBJECT]);
  await table.restrict(resExist(PR_MESSAGE_DELIVERY_TIME));
  await table.sortTable({ sorts: [descend(PR_MESSAGE_DELIVERY_TIME)] });
  for (const row of await table.queryRows(10)) {
    const time = propOf(row, PR_MESSAGE_DELIVERY_TIME);
    console.log(time === undefined ? '' : fileTimeToIso(time), propOf(row, PR_SENDER_NAME), propOf(row, PR_SUBJECT));
  }
} finally {
  const report = await endSession(session, { policy: 'leave' });
  console.log(report.completed ? 'ended in good order' : report.steps);
}
