import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getProp } from '@nodemapi/kit';
import { type IMAPISession, MapiError, PR_DISPLAY_NAME, type ProviderModule } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { listStores, openDefaultStore, openPrimaryStore } from './stores.ts';

/** A session with a primary store, which may be broken, and a secondary one, and no default. */
async function withStores(isBroken: boolean, work: (session: IMAPISession) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-stores-'));
  const plain = await createSubsystem({ home });
  const subsystem = await createSubsystem({ home, loadModule: breaking(plain.loadModule, () => broken) });
  let broken = false;
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a');
    await using services = await admin.adminServices('a');
    for (const service of ['sql', 'memory']) await services.createMsgService(service);
    const session = await subsystem.MAPILogonEx(null, 'a', null, { noMail: true });
    const id = async (index: number): Promise<Uint8Array> =>
      (await listStores(session))[index]?.entryId ?? new Uint8Array();
    await session.setDefaultStore('primary', await id(0));
    await session.setDefaultStore('secondary', await id(1));
    await session.setDefaultStore('default', null);
    broken = isBroken;
    await work(session);
    await session.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
}

/** Store logons of the SQL store fail while `isBroken` says so. */
function breaking(load: (name: string) => Promise<ProviderModule>, isBroken: () => boolean) {
  return async (name: string): Promise<ProviderModule> => {
    const library = await load(name);
    const { MSProviderInit } = library;
    if (name !== '@nodemapi/store-sql' || MSProviderInit === undefined) return library;
    return {
      ...library,
      MSProviderInit: async (host) => {
        const made = await MSProviderInit(host);
        const logon = made.provider.logon.bind(made.provider);
        made.provider.logon = async (...args) => {
          if (isBroken()) throw new MapiError('MAPI_E_FAILONEPROVIDER', 'the disk is away');
          return logon(...args);
        };
        return made;
      },
    };
  };
}

const defaultOf = async (session: IMAPISession): Promise<number> =>
  (await listStores(session)).findIndex((store) => store.default);

describe('a profile without a default store', () => {
  test('SESS-45: the primary store becomes it', () =>
    withStores(false, async (session) => {
      assert.equal(await defaultOf(session), -1);
      await using store = await openDefaultStore(session);
      assert.equal(await getProp(store, PR_DISPLAY_NAME), 'Personal message store');
      assert.equal(await defaultOf(session), 0);
    }));

  test('SESS-45: if it cannot be opened the secondary store takes its place', () =>
    withStores(true, async (session) => {
      await using store = await openPrimaryStore(session);
      assert.equal(await getProp(store, PR_DISPLAY_NAME), 'Message store in memory');
      assert.equal(await defaultOf(session), 1);
    }));
});
