import assert from 'node:assert/strict';
import { MSLogonObject, XPLogonBase } from '@nodemapi/kit';
import { supportsFastShutdown } from '@nodemapi/mapi';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { ProgramFolder } from './program.testing.ts';

let folder: ProgramFolder;
beforeAll(async () => {
  folder = await ProgramFolder.make();
  await folder.mapi('profile', 'create', 'work');
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Starts a change that nobody waits for, does something, and dies in the same breath. */
const dying = (deed: string): string => `
import { MAPICrashRecovery, MAPIInitialize, MAPILogonEx, MapiError, openDefaultStore, PR_COMMENT, prop } from 'nodemapi';
await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const store = await openDefaultStore(session, { write: true });
void store.setProps([prop(PR_COMMENT, process.env.VALUE)]);
${deed}
process.kill(process.pid, 'SIGKILL');
`;

const READING = `
import { endSession, getProp, MAPIInitialize, MAPILogonEx, openDefaultStore, PR_COMMENT } from 'nodemapi';
await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
console.log(await getProp(await openDefaultStore(session), PR_COMMENT));
await endSession(session);
`;

async function valueAfter(deed: string, value: string): Promise<string> {
  await folder.run(await folder.compile(dying(deed), 'dying'), { VALUE: value });
  return (await folder.run(await folder.compile(READING, 'reading'))).stdout.trim();
}

describe('what is on the disk when a process dies', () => {
  test('SHUT-11: what was begun before DoFastShutdown is there when it has returned', async () => {
    assert.equal(await valueAfter('await session.doFastShutdown();', 'fast'), 'fast');
  });

  test('SHUT-17: what was begun before MAPICrashRecovery is there when it has returned', async () => {
    assert.equal(await valueAfter('MAPICrashRecovery({ recover: true });', 'recovered'), 'recovered');
  });

  test('SHUT-17, SHUT-18: after it the store answers nothing, until the recovery is taken back', async () => {
    const deed = `
      MAPICrashRecovery({ recover: true });
      const code = await store.getProps([PR_COMMENT]).catch((error) => (MapiError.is(error) ? error.code : error));
      MAPICrashRecovery({ proceed: true });
      await store.setProps([prop(PR_COMMENT, String(code))]);`;
    assert.equal(await valueAfter(deed, 'before'), 'MAPI_E_NO_ACCESS');
  });
});

test('SHUT-2: each provider of nodemapi takes part in fast shutdown by its provider object, not by its logon', async () => {
  await using made = await ProgramFolder.make();
  const subsystem = await createSubsystem({ home: made.home });
  const { host } = subsystem;
  const names = new Set(
    Object.values(subsystem.catalogue.services).flatMap(({ providers }) => providers.map(({ module }) => module)),
  );
  let count = 0;
  for (const name of names) {
    const library = await subsystem.loadModule(name);
    for (const init of [library.MSProviderInit, library.ABProviderInit, library.XPProviderInit]) {
      if (init === undefined) continue;
      const { provider } = await init(host);
      assert.ok(supportsFastShutdown(provider), `${name}: ${provider.iid}`);
      await provider.queryFastShutdown();
      await provider.notifyProcessShutdown();
      await provider.doFastShutdown();
      await provider.release();
      count++;
    }
  }
  assert.ok(count >= 5);
  for (const logon of [MSLogonObject, XPLogonBase]) assert.ok(!supportsFastShutdown(logon.prototype));
});
