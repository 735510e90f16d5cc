import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { MapiError, PT_UNSPECIFIED, tag } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { NamedPropertyMap } from './named-property-map.ts';

const GUID = '11111111-0000-0000-c000-000000000046';

describe('NamedPropertyMap', () => {
  test('PROP-064: when no identifier is left, a new name is too big and the known ones stay', () => {
    const last = { name: { guid: GUID, name: 'last' }, id: 0xfffe };
    const map = new NamedPropertyMap(seededRandom(1), [last]);
    const create = () => map.getIDsFromNames([{ guid: GUID, name: 'one more' }], { create: true });
    assert.throws(create, (error) => MapiError.is(error, 'MAPI_E_TOO_BIG'));
    assert.deepEqual(map.getIDsFromNames([last.name], { create: true }), [tag(0xfffe, PT_UNSPECIFIED)]);
  });

  test('what was stored gives the same identifiers again', () => {
    const map = new NamedPropertyMap(seededRandom(1));
    const names = [
      { guid: GUID, name: 'a' },
      { guid: GUID, id: 7 },
    ];
    const ids = map.getIDsFromNames(names, { create: true });
    const again = new NamedPropertyMap(seededRandom(2), map.entries());
    assert.deepEqual(again.getIDsFromNames(names), ids);
    assert.deepEqual(again.getIDsFromNames([{ guid: GUID, name: 'b' }], { create: true }), [
      tag(0x8002, PT_UNSPECIFIED),
    ]);
    assert.deepEqual(again.getNamesFromIDs(), [...names, { guid: GUID, name: 'b' }]);
  });
});
