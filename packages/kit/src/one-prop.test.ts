import assert from 'node:assert/strict';
import { PR_BODY, PR_SUBJECT, type PropTag, PT_BINARY, PT_UNSPECIFIED, prop, propId, tag } from '@nodemapi/mapi';
import { test } from 'vitest';
import { fPropExists, hrGetOneProp, hrSetOneProp, lpValFindProp, ppropFindProp } from './one-prop.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';

class Plain extends PropObject {
  readonly iid = 'IMailUser';
}

test('UTIL-003: HrGetOneProp and HrSetOneProp have a value or an error, never a warning', async () => {
  const object = new Plain(new PropBag([prop(PR_SUBJECT, 'x')], { computed: (each: PropTag) => each === PR_BODY }));
  assert.deepEqual(await hrGetOneProp(object, PR_SUBJECT), prop(PR_SUBJECT, 'x'));
  await assert.rejects(hrGetOneProp(object, PR_BODY), { code: 'MAPI_E_NOT_FOUND' });
  await hrSetOneProp(object, prop(PR_SUBJECT, 'y'));
  assert.equal((await hrGetOneProp(object, PR_SUBJECT)).value, 'y');
  await assert.rejects(hrSetOneProp(object, prop(PR_BODY, 'z')), { code: 'MAPI_E_COMPUTED' });
});

test('UTIL-004: a tag is found as it is, PT_UNSPECIFIED by its identifier; else there is nothing', async () => {
  const any = tag(propId(PR_SUBJECT), PT_UNSPECIFIED);
  const other = tag(propId(PR_SUBJECT), PT_BINARY);
  const values = [prop(PR_BODY, 'b'), prop(PR_SUBJECT, 's')];
  const object = new Plain(new PropBag(values));
  for (const [wanted, found] of [
    [PR_SUBJECT, true],
    [any, true],
    [other, false],
  ] as const) {
    assert.equal(await fPropExists(object, wanted), found);
    assert.deepEqual(ppropFindProp(values, wanted), found ? values[1] : null);
    assert.deepEqual(lpValFindProp(wanted, values), found ? values[1] : null);
  }
});
