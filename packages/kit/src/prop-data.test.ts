import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { propSuite } from '@nodemapi/conformance';
import {
  IPROP_CLEAN,
  IPROP_DIRTY,
  IPROP_READONLY,
  IPROP_READWRITE,
  MapiError,
  type MapiErrorCode,
  PR_COMMENT,
  PR_IMPORTANCE,
  PR_MESSAGE_RECIPIENTS,
  PR_SUBJECT,
  PS_MAPI,
  PT_UNSPECIFIED,
  prop,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { NamedPropertyMap } from './named-property-map.ts';
import { PropData } from './prop-data.ts';

propSuite('PropData', async () => new PropData(), {
  namedProperties: false,
  openReadOnly: async (values) => new PropData(values, { writable: false }),
});

const shared = new NamedPropertyMap(seededRandom(1));
propSuite('PropData with names', async () => new PropData([], { names: shared }));

async function failsWith(code: MapiErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MapiError.is(error, code));
}

describe('PropData', () => {
  test('PROP-081: access flags that exclude each other are refused', async () => {
    const data = new PropData([prop(PR_SUBJECT, 'x')]);
    const wrong = [IPROP_READONLY | IPROP_READWRITE, IPROP_CLEAN | IPROP_DIRTY, 0, 0x40];
    for (const access of wrong)
      await failsWith('MAPI_E_INVALID_PARAMETER', data.hrSetPropAccess([PR_SUBJECT], [access]));
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrSetObjAccess(IPROP_READONLY | IPROP_READWRITE));
  });

  test('PROP-082: a read-only object is made writable first, then its properties protected', async () => {
    const data = new PropData([prop(PR_SUBJECT, 'x')]);
    await data.hrSetObjAccess(IPROP_READONLY);
    await failsWith('MAPI_E_NO_ACCESS', data.hrSetPropAccess([PR_SUBJECT], [IPROP_READONLY]));
    await failsWith('MAPI_E_NO_ACCESS', data.setProps([prop(PR_SUBJECT, 'y')]));
    await data.hrSetObjAccess(IPROP_READWRITE);
    await data.hrSetPropAccess([PR_SUBJECT], [IPROP_READONLY]);
    const problems = await data.setProps([prop(PR_SUBJECT, 'y'), prop(PR_COMMENT, 'z')]);
    assert.deepEqual(problems, [{ index: 0, tag: PR_SUBJECT, code: 'MAPI_E_NO_ACCESS' }]);
    assert.deepEqual(await data.deleteProps([PR_SUBJECT]), [{ index: 0, tag: PR_SUBJECT, code: 'MAPI_E_NO_ACCESS' }]);
    assert.deepEqual((await data.getProps([PR_SUBJECT, PR_COMMENT])).values, ['x', 'z']);
  });

  test('PROP-083: a modified property is DIRTY only, a deleted one has tag 0', async () => {
    const data = new PropData([prop(PR_SUBJECT, 'x'), prop(PR_COMMENT, 'y'), prop(PR_IMPORTANCE, 1)]);
    await data.hrSetPropAccess([PR_IMPORTANCE], [IPROP_READONLY | IPROP_CLEAN]);
    await data.setProps([prop(PR_SUBJECT, 'new')]);
    await data.deleteProps([PR_COMMENT]);
    const asked = await data.hrGetPropAccess([PR_SUBJECT, PR_COMMENT, PR_IMPORTANCE]);
    assert.deepEqual(asked, [
      { tag: PR_SUBJECT, access: IPROP_DIRTY },
      { tag: 0, access: IPROP_DIRTY },
      { tag: PR_IMPORTANCE, access: IPROP_READONLY },
    ]);
    const all = await data.hrGetPropAccess();
    assert.deepEqual(all.map((entry) => entry.tag).sort(), [PR_SUBJECT, PR_COMMENT, PR_IMPORTANCE].sort());
    await data.hrSetPropAccess([PR_SUBJECT], [IPROP_CLEAN]);
    assert.deepEqual(await data.hrGetPropAccess([PR_SUBJECT]), [{ tag: PR_SUBJECT, access: IPROP_READWRITE }]);
  });

  test('PROP-084, PROP-018: only PT_OBJECT tags are added, and they are listed', async () => {
    const data = new PropData();
    await failsWith('MAPI_E_INVALID_TYPE', data.hrAddObjProps([PR_MESSAGE_RECIPIENTS, PR_SUBJECT]));
    await data.hrAddObjProps([PR_MESSAGE_RECIPIENTS]);
    assert.deepEqual(await data.getPropList(), [PR_MESSAGE_RECIPIENTS]);
    await data.hrSetObjAccess(IPROP_READONLY);
    await failsWith('MAPI_E_NO_ACCESS', data.hrAddObjProps([PR_MESSAGE_RECIPIENTS]));
  });

  test('PROP-043: MAPI_CREATE empties the property at once, and a failed opening leaves it', async () => {
    const data = new PropData([prop(PR_SUBJECT, 'old')]);
    await failsWith('MAPI_E_INVALID_PARAMETER', data.openProperty(PR_SUBJECT, 'IStream', { create: true }));
    assert.deepEqual((await data.getProps([PR_SUBJECT])).values, ['old']);
    const stream = await data.openProperty(PR_SUBJECT, 'IStream', { create: true, modify: true });
    assert.deepEqual((await data.getProps([PR_SUBJECT])).values, ['']);
    await stream.release();
  });

  test('PROP-016: PT_OBJECT properties are not read by getProps', async () => {
    const data = new PropData([prop(PR_SUBJECT, 'x')]);
    await data.hrAddObjProps([PR_MESSAGE_RECIPIENTS]);
    assert.deepEqual((await data.getProps()).props, [prop(PR_SUBJECT, 'x')]);
    assert.deepEqual((await data.getProps([PR_MESSAGE_RECIPIENTS])).values, [undefined]);
  });

  test('PROP-074: PS_MAPI names are the identifiers themselves', async () => {
    const data = new PropData([], { names: shared });
    const subject = tag(0x0037, PT_UNSPECIFIED);
    assert.deepEqual(await data.getIDsFromNames([{ guid: PS_MAPI, id: 0x0037 }]), [subject]);
    assert.deepEqual(await data.getNamesFromIDs([subject]), [{ guid: PS_MAPI, id: 0x0037 }]);
  });

  test('PROP-072: names survive a copy to another mapping', async () => {
    const other = new NamedPropertyMap(seededRandom(2));
    other.getIDsFromNames([{ guid: PS_MAPI, name: 'first' }], { create: true });
    other.getIDsFromNames([{ guid: '11111111-0000-0000-c000-000000000046', id: 5 }], { create: true });
    const name = { guid: '11111111-0000-0000-c000-000000000046', name: 'Colour' };
    const source = new PropData([], { names: shared });
    const target = new PropData([], { names: other });
    const [here] = await source.getIDsFromNames([name], { create: true });
    await source.setProps([{ tag: tag((here ?? 0) >>> 16, 0x1f), value: 'red' }]);
    assert.deepEqual((await source.copyTo(target)).problems, []);
    const [there] = await target.getIDsFromNames([name]);
    assert.notEqual(there, here);
    assert.deepEqual((await target.getProps([tag((there ?? 0) >>> 16, 0x1f)])).values, ['red']);
  });
});
