import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { BUILTIN_CATALOGUE } from './catalogue.ts';
import { loadCatalogue } from './catalogue-file.ts';
import { moduleLoader } from './modules.ts';

async function withHome<T>(content: string | undefined, work: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-catalogue-'));
  try {
    if (content !== undefined) await writeFile(join(home, 'mapisvc.json'), content);
    return await work(home);
  } finally {
    await rm(home, { recursive: true });
  }
}

const provider = {
  displayName: 'X',
  providerDisplay: 'X',
  module: 'x-store',
  resourceType: 'MAPI_STORE_PROVIDER',
  resourceFlags: [],
};
const service = { displayName: 'X', resourceFlags: [], providers: [provider], options: {} };

describe('mapisvc.json', () => {
  test('without a file there are the built-in services', async () => {
    await withHome(undefined, async (home) =>
      assert.equal(await loadCatalogue(home, nodeFileSystem), BUILTIN_CATALOGUE),
    );
  });

  test('adds services, whose libraries may then be loaded, and no others', async () => {
    await withHome(JSON.stringify({ services: { x: service } }), async (home) => {
      const catalogue = await loadCatalogue(home, nodeFileSystem);
      assert.deepEqual(Object.keys(catalogue.services), [...Object.keys(BUILTIN_CATALOGUE.services), 'x']);
      const load = moduleLoader(home, catalogue);
      await assert.rejects(load('x-store'), { code: 'MAPI_E_NOT_FOUND', message: /cannot be loaded/u });
      await assert.rejects(load('node:fs'), { code: 'MAPI_E_NOT_FOUND', message: /names no library/u });
    });
  });

  test.each([
    ['{', /is not JSON/u],
    ['[]', /"services" must be an object/u],
    [JSON.stringify({ services: { smtp: service } }), /built-in/u],
    [JSON.stringify({ services: { x: { ...service, providers: [] } } }), /at least one/u],
    [JSON.stringify({ services: { x: { ...service, displayName: 5 } } }), /displayName/u],
    [JSON.stringify({ services: { x: { ...service, sections: [{ uid: 5 }] } } }), /"sections" must be/u],
    [JSON.stringify({ services: { x: { ...service, props: [] } } }), /"props" must be an object/u],
    [JSON.stringify({ services: { x: service }, defaultServices: ['y'] }), /default service "y"/u],
    [JSON.stringify({ services: { x: service }, defaultServices: 'x' }), /"defaultServices" must be/u],
    [JSON.stringify({ services: { x: { ...service, providers: [{ ...provider, module: '' }] } } }), /"module"/u],
  ])('refuses %s', async (content, message) => {
    await withHome(content, (home) =>
      assert.rejects(loadCatalogue(home, nodeFileSystem), { code: 'MAPI_E_INVALID_PARAMETER', message }),
    );
  });
});
