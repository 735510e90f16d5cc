// Fast shutdown: where every provider is ready for it the process exits without a logoff.
import { endSession, MAPIInitialize, MAPILogonEx, MapiError } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
try {
  await session.queryFastShutdown();
  await session.notifyProcessShutdown();
  await session.doFastShutdown();
  console.log('shut down fast'); // and nothing of MAPI is called any more
} catch (error) {
  if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error;
  const report = await endSession(session);
  console.log(`a provider or the policy is against it: ended in ${report.steps.length} steps`);
}
process.exit(0);
