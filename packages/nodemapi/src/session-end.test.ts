import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IMSProvider, ProviderModule } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

const QUEUED = 60;

/** The library with a store provider that takes `ms` to serve a spooler. */
function slowForSpoolers(module: ProviderModule, ms: number): ProviderModule {
  const { MSProviderInit } = module;
  if (MSProviderInit === undefined) return module;
  return {
    ...module,
    MSProviderInit: async (host) => {
      const made = await MSProviderInit(host);
      const spoolerLogon: IMSProvider['spoolerLogon'] = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return made.provider.spoolerLogon(...args);
      };
      const provider = new Proxy(made.provider, {
        get: (target, key) => {
          if (key === 'spoolerLogon') return spoolerLogon;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      return { ...made, provider };
    },
  };
}

async function fillQueue(subsystem: HomeSubsystem): Promise<void> {
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('a', { defaultServices: true });
  const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
  const store = await openDefaultStore(session);
  const outbox = await openSpecialFolder(store, 'outbox');
  for (let number = 0; number < QUEUED; number++) {
    const message = await composeMessage(outbox, { to: ['ann@example.test'], subject: `${number}`, text: 'x' });
    await message.submitMessage();
    await message.release();
  }
  await endSession(session, { uninitialize: false });
}

test('a session that ends at once accounts for all that was queued, while its store is still being attached', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-end-'));
  try {
    const plain = await createSubsystem({ home });
    await plain.MAPIInitialize();
    await fillQueue(plain);
    await plain.MAPIUninitialize();
    const loadModule = async (name: string) => slowForSpoolers(await plain.loadModule(name), 300);
    const subsystem = await createSubsystem({ home, loadModule });
    await subsystem.MAPIInitialize();
    const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true });
    await openDefaultStore(session);
    const { outgoing } = await endSession(session, { policy: 'drain', deadlineMs: 30_000 });
    const { sent, failed, left, held, unknown } = outgoing;
    assert.equal(sent + failed + left + held + unknown, QUEUED);
    assert.equal(outgoing.incomplete, undefined);
  } finally {
    await rm(home, { recursive: true });
  }
});
