import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StandaloneSupport } from '@nodemapi/kit';
import {
  type IMAPIStatus,
  type IUnknown,
  MapiError,
  type OpenedEntry,
  PR_DISPLAY_NAME,
  type PropValue,
  type ProviderHost,
  type ProviderModule,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { ProgramFolder, root } from './program.testing.ts';
import { serviceProps } from './service-options.ts';

/** Services whose providers are looked at, with what they need. */
const SERVICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sql: {},
  memory: {},
  pab: {},
  local: { addresses: 'ann@example.test' },
  smtp: { host: '127.0.0.1', port: '9', from: 'ann@example.test' },
};

interface Logon {
  readonly logon: IUnknown & {
    openStatusEntry(): Promise<IMAPIStatus>;
    openEntry?(entryId: null): Promise<OpenedEntry>;
  };
  readonly store: IUnknown | undefined;
  readonly off: () => Promise<void>;
}

async function logonOf(library: ProviderModule, host: ProviderHost, section: readonly PropValue[]) {
  const kind = library.MSProviderInit ? 'store' : library.ABProviderInit ? 'addressBook' : 'transport';
  const support = new StandaloneSupport({ kind, host, section });
  const init = library.MSProviderInit ?? library.ABProviderInit ?? library.XPProviderInit;
  assert.ok(init);
  const { provider } = await init(host);
  let made: Logon;
  if (provider.iid === 'IMSProvider') {
    const { store, logon } = await provider.logon(support, 'p', null, { write: true });
    assert.ok(logon);
    made = { logon, store, off: () => logon.logoff() };
  } else if (provider.iid === 'IABProvider') {
    const logon = await provider.logon(support, 'p', {});
    made = { logon, store: undefined, off: () => logon.logoff() };
  } else {
    const { logon } = await provider.transportLogon(support, 'p', {});
    made = { logon, store: undefined, off: () => logon.transportLogoff() };
  }
  return { ...made, support, provider };
}

async function withService(
  name: string,
  work: (subsystem: HomeSubsystem, library: ProviderModule, section: readonly PropValue[]) => Promise<void>,
): Promise<void> {
  await using folder = await ProgramFolder.make();
  const subsystem = await createSubsystem({ home: folder.home });
  const service = subsystem.catalogue.services[name];
  assert.ok(service?.providers[0]);
  const library = await subsystem.loadModule(service.providers[0].module);
  await work(subsystem, library, serviceProps(service, SERVICES[name] ?? {}));
}

describe('logoff of the providers that come with nodemapi', () => {
  for (const name of Object.keys(SERVICES)) {
    test(`LOGOFF-21: the logoff of ${name} ends what it gave out, gives its support object up, and takes no call`, () =>
      withService(name, async (subsystem, library, section) => {
        const made = await logonOf(library, subsystem.host, section);
        const { logon, support } = made;
        assert.ok(support.references > 1);
        const status = await logon.openStatusEntry();
        await status.getProps([PR_DISPLAY_NAME]);
        const root = await logon.openEntry?.(null);
        await root?.getProps([PR_DISPLAY_NAME]);
        await made.off();
        const dead = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_INVALID_OBJECT');
        await assert.rejects(status.getProps([PR_DISPLAY_NAME]), dead);
        await assert.rejects(status.validateState(undefined, { suppressUi: true }), dead);
        await assert.rejects(async () => logon.openStatusEntry(), dead);
        if (root !== undefined) await assert.rejects(root.getProps([PR_DISPLAY_NAME]), dead);
        await made.store?.release();
        assert.equal(support.references, 1);
        await root?.release();
        await status.release();
        await logon.release();
        await made.provider.shutdown();
        await made.provider.release();
      }));

    test(`LOGOFF-26: ${name} survives the last release of its logon and of its provider without any logoff`, () =>
      withService(name, async (subsystem, library, section) => {
        const made = await logonOf(library, subsystem.host, section);
        await made.store?.release();
        await made.logon.release();
        await made.provider.release();
        assert.equal(made.support.references, 1);
        const again = await logonOf(library, subsystem.host, section);
        await again.provider.release();
        await again.logon.release();
        await again.store?.release();
      }));
  }
});

test('LOGOFF-29: the end of a session and of MAPI leaves the library of a provider on the disk', async () => {
  await using folder = await ProgramFolder.make();
  await folder.mapi('profile', 'create', 'other');
  const file = join(folder.path, 'provider.mjs');
  const memory = pathToFileURL(join(root, 'packages/store-memory/dist/index.js')).href;
  await writeFile(file, `export * from '${memory}';\n`);
  const provider = {
    displayName: 'Mine',
    providerDisplay: 'Mine',
    module: file,
    resourceType: 'MAPI_STORE_PROVIDER',
    resourceFlags: [],
  };
  const mine = { displayName: 'Mine', module: file, resourceFlags: [], providers: [provider], options: {} };
  await writeFile(join(folder.home, 'mapisvc.json'), JSON.stringify({ services: { mine } }));
  const before = await readFile(file, 'utf8');
  const subsystem = await createSubsystem({ home: folder.home, loadModule: async (path) => import(path) });
  await subsystem.MAPIInitialize();
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('own');
  await using services = await admin.adminServices('own');
  await services.createMsgService('mine');
  const session = await subsystem.MAPILogonEx(null, 'own', null, { noMail: true });
  await session.logoff();
  await session.release();
  await subsystem.MAPIUninitialize();
  assert.equal(await readFile(file, 'utf8'), before);
});
