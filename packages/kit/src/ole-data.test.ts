import assert from 'node:assert/strict';
import { type InterfaceName, MapiError, PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ, type PropTag } from '@nodemapi/mapi';
import { test } from 'vitest';
import { openOleData } from './ole-data.ts';

test('ATT-013: OLE data are sought in three ways, and another failure ends the search', async () => {
  const asked: [PropTag, InterfaceName][] = [];
  const failing = (...codes: ConstructorParameters<typeof MapiError>[0][]) => ({
    openProperty: async (tag: PropTag, iid: InterfaceName): Promise<never> => {
      asked.push([tag, iid]);
      throw new MapiError(codes[asked.length - 1] ?? 'MAPI_E_CALL_FAILED', 'refused');
    },
  });
  await assert.rejects(
    openOleData(failing('MAPI_E_INTERFACE_NOT_SUPPORTED', 'MAPI_E_NOT_FOUND', 'MAPI_E_NO_SUPPORT')),
    {
      code: 'MAPI_E_NO_SUPPORT',
    },
  );
  assert.deepEqual(asked.splice(0), [
    [PR_ATTACH_DATA_OBJ, 'IStreamDocfile'],
    [PR_ATTACH_DATA_BIN, 'IStreamDocfile'],
    [PR_ATTACH_DATA_OBJ, 'IStorage'],
  ]);
  await assert.rejects(openOleData(failing('MAPI_E_NO_ACCESS')), { code: 'MAPI_E_NO_ACCESS' });
  assert.equal(asked.length, 1);
});
