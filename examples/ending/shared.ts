// A member of a shared session asks all others to log off; each does so in its own time.
import { bindEnd, endSession, MAPIInitialize, MAPILogonEx } from 'nodemapi';

await MAPIInitialize();
const owner = await MAPILogonEx(null, 'work', null, { newSession: true, allowOthers: true });
const member = await MAPILogonEx(null, null, null);
const ended = new Promise<void>((resolve) => {
  void bindEnd(member, {
    policy: 'leave',
    uninitialize: false,
    onReport: (report, cause) => {
      console.log(`the member ended by ${cause}, completed: ${report.completed}`);
      resolve();
    },
  }).then(() => owner.logoff(undefined, { shared: true }));
});
await ended;
await endSession(owner); // what is left of the procedure: the release, and MAPI itself
console.log('the owner has ended');
