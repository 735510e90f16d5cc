import assert from 'node:assert/strict';
import { memoryRandomAccess, seededRandom } from '@nodemapi/base';
import type { PstFolder, PstSearchCriteria } from '@nodemapi/format-pst';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MapiError, PR_SUBJECT, resExist } from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { PstFolderObject } from './folder.ts';
import { PstHome } from './pst-home.ts';
import { samplePst } from './store-pst.testing.ts';

/** A folder of a store whose file has such criteria: our writer makes no search folders. */
async function withFolder(
  criteria: PstSearchCriteria | undefined,
  run: (folder: PstFolderObject, home: PstHome) => Promise<void>,
) {
  const { bytes } = await samplePst();
  const host = await standaloneHost({ random: seededRandom(1) });
  const support = new StandaloneSupport({ kind: 'store', host });
  const home = await PstHome.open(memoryRandomAccess(bytes), support, host.random);
  const stored: Pick<PstFolder, 'searchCriteria'> = { searchCriteria: async () => criteria };
  const folder = new PstFolderObject(home, stored as PstFolder, [], []);
  await run(folder, home);
  await folder.release();
  await host[Symbol.asyncDispose]();
}

describe('getSearchCriteria of a PST', () => {
  it('gives the restriction, the folders by their entry identifiers, and the state', async () => {
    await withFolder({ restriction: resExist(PR_SUBJECT), scopeNids: [0x8022], state: 5 }, async (folder, home) => {
      assert.deepEqual(await folder.getSearchCriteria(), {
        restriction: resExist(PR_SUBJECT),
        containers: [home.file.entryId(0x8022)],
        state: 5,
      });
    });
  });

  it('fails for a folder that searches for nothing', async () => {
    for (const criteria of [undefined, { restriction: null, scopeNids: [], state: 0 }])
      await withFolder(criteria, async (folder) => {
        await assert.rejects(folder.getSearchCriteria(), (error) => MapiError.is(error, 'MAPI_E_NOT_INITIALIZED'));
      });
  });
});
