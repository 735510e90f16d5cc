import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem, utf8Encode } from '@nodemapi/base';
import { MapiError, type ProviderModule, type ServiceEntryCall } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { BUILTIN_CATALOGUE } from './catalogue.ts';
import { loadCatalogue } from './catalogue-file.ts';
import { createSubsystem } from './create-subsystem.ts';
import { importServices, uninstallService } from './import-services.ts';

const INF = `[Services]
FAX=Fax
sql=Another store
[Default Services]
FAX=Fax
[FAX]
Providers=Fax transport
PR_SERVICE_DLL_NAME=FAX.DLL
PR_SERVICE_ENTRY_NAME=FaxEntry
PR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY
[Fax transport]
PR_DISPLAY_NAME=Fax
PR_PROVIDER_DISPLAY=Fax transport
PR_PROVIDER_DLL_NAME=FAX.DLL
PR_RESOURCE_TYPE=MAPI_TRANSPORT_PROVIDER
[sql]
Providers=Fax transport
`;
const MODULES = { fax: 'fax-transport' };

async function withHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-import-'));
  try {
    await work(home);
  } finally {
    await rm(home, { recursive: true });
  }
}

describe('importing mapisvc.inf', () => {
  test('SVC-53, SVC-54: its services are in the catalogue of the home, and what cannot be is named', () =>
    withHome(async (home) => {
      const made = await importServices(home, nodeFileSystem, utf8Encode(INF), { modules: MODULES });
      assert.deepEqual(made.services, ['FAX']);
      assert.deepEqual(made.problems, [{ line: 0, message: 'a service sql is there already' }]);
      const catalogue = await loadCatalogue(home, nodeFileSystem);
      assert.equal(catalogue.services.FAX?.module, 'fax-transport');
      assert.deepEqual(catalogue.defaultServices, BUILTIN_CATALOGUE.defaultServices);
      const again = await importServices(home, nodeFileSystem, utf8Encode(INF), { modules: MODULES, defaults: true });
      assert.deepEqual(again.services, []);
      assert.deepEqual((await loadCatalogue(home, nodeFileSystem)).defaultServices, ['FAX']);
    }));

  test('SVC-21, SVC-24: a service is told of its installation, and may be kept when it is to go', () =>
    withHome(async (home) => {
      await importServices(home, nodeFileSystem, utf8Encode(INF), { modules: MODULES, defaults: true });
      const calls: string[] = [];
      const ServiceEntry = async ({ context, ui }: ServiceEntryCall): Promise<void> => {
        calls.push(context);
        if (ui !== undefined) throw new MapiError('MAPI_E_USER_CANCEL', 'it stays');
      };
      const library: ProviderModule = { ServiceEntry };
      const subsystem = await createSubsystem({ home, loadModule: async () => library });
      await subsystem.installService('FAX');
      const keeper = { confirm: async () => true, choose: async () => 0, prompt: async () => '', progress: () => {} };
      await assert.rejects(uninstallService(subsystem, 'FAX', keeper), { code: 'MAPI_E_USER_CANCEL' });
      assert.ok(Object.hasOwn((await loadCatalogue(home, nodeFileSystem)).services, 'FAX'));
      await uninstallService(subsystem, 'FAX');
      assert.deepEqual(calls, ['install', 'uninstall', 'uninstall']);
      const { services, defaultServices } = await loadCatalogue(home, nodeFileSystem);
      assert.deepEqual([Object.hasOwn(services, 'FAX'), defaultServices], [false, []]);
      await assert.rejects(uninstallService(subsystem, 'FAX'), { code: 'MAPI_E_NOT_FOUND' });
      await assert.rejects(uninstallService(subsystem, 'smtp'), { code: 'MAPI_E_NO_ACCESS' });
    }));

  test('a catalogue that cannot be read is not replaced', () =>
    withHome(async (home) => {
      await writeFile(join(home, 'mapisvc.json'), '{');
      const importing = importServices(home, nodeFileSystem, utf8Encode(INF), { modules: MODULES });
      await assert.rejects(importing, { code: 'MAPI_E_INVALID_PARAMETER', message: /is not JSON/ });
    }));

  test('SVC-58: the services that come with nodemapi keep their data with their provider, and no secret in the catalogue', () => {
    const texts = JSON.stringify(BUILTIN_CATALOGUE.services);
    for (const [name, service] of Object.entries(BUILTIN_CATALOGUE.services)) {
      assert.equal(service.providers.length, 1, name);
      assert.equal(service.props, undefined, name);
      for (const option of Object.values(service.options)) {
        const isSecret = option.tag.startsWith('0x67f');
        assert.ok(!isSecret || option.default === undefined, option.tag);
      }
    }
    assert.ok(texts.includes('0x67f0001f')); // there is one that could be
  });
});
