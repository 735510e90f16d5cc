// Stays logged on until it is told to end: by SIGINT, SIGTERM or SIGHUP, by an uncaught exception, by a critical error.
import { bindEnd, MAPIInitialize, MAPILogonEx } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { allowOthers: true });
await bindEnd(session, {
  policy: 'drain',
  deadlineMs: 10_000,
  onReport: (report, cause) => console.log(`${cause}: completed ${report.completed}, ${report.policy}`),
});
const alive = setInterval(() => undefined, 60_000);
console.log('ready');

if (process.env.BREAK === 'exception') {
  setTimeout(() => {
    throw new Error('the program broke');
  }, 10);
}
if (process.env.BREAK === 'rejection') void Promise.reject(new Error('nobody caught this'));
if (process.env.BREAK === 'nothing') clearInterval(alive); // nothing keeps the process: beforeExit
