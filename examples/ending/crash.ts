// What `bindEnd` does for an uncaught exception, by hand: local files are brought to rest before the process goes.
import { MAPICrashRecovery, MAPIInitialize, MAPILogonEx, openDefaultStore, PR_COMMENT, prop } from 'nodemapi';

process.on('uncaughtException', (error) => {
  MAPICrashRecovery({ recover: true }); // from here on reads and writes are refused
  console.error(error);
  // To look around in a debugger instead: MAPICrashRecovery({ proceed: true })
  process.exit(1);
});
process.on('SIGTERM', () => {
  MAPICrashRecovery({ recover: true, systemShutdown: true }); // for good: the machine is going down
  process.exit(143);
});

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const store = await openDefaultStore(session);
void store.setProps([prop(PR_COMMENT, 'begun, and not waited for')]);
throw new Error('the program broke');
