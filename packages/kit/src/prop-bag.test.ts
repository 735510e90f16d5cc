import assert from 'node:assert/strict';
import {
  HRESULTS,
  MapiError,
  PR_BODY,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_MESSAGE_SIZE,
  PR_SUBJECT,
  PT_LONG,
  PT_MV_LONG,
  PT_STRING8,
  PT_UNICODE,
  prop,
  propError,
  propId,
  tag,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { PropBag, valueBytes } from './prop-bag.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;

describe('PropBag', () => {
  test('PROP-011: missing, too large and of either width: each entry has its own code, or its value', () => {
    const bag = new PropBag([prop(PR_SUBJECT, 'ab'), prop(PR_BODY, 'abc')], { valueBytesMax: 4 });
    const narrow = tag(propId(PR_SUBJECT), PT_STRING8);
    assert.deepEqual(bag.getProps([PR_SUBJECT, PR_BODY, PR_IMPORTANCE, narrow]).props, [
      prop(PR_SUBJECT, 'ab'),
      propError(PR_BODY, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY),
      propError(PR_IMPORTANCE, HRESULTS.MAPI_E_NOT_FOUND),
      prop(narrow, 'ab'), // both widths are supported: nothing is MAPI_E_BAD_CHARWIDTH
    ]);
    assert.equal(bag.get(PR_BODY), 'abc');
  });

  test('PROP-024: computed properties are a problem for callers, not for the owner', () => {
    const bag = new PropBag([], { computed: (one) => one === PR_MESSAGE_SIZE });
    const problem = [{ index: 1, tag: PR_MESSAGE_SIZE, code: 'MAPI_E_COMPUTED' }];
    assert.deepEqual(bag.setProps([prop(PR_SUBJECT, 'x'), prop(PR_MESSAGE_SIZE, 1)]), problem);
    bag.set(PR_MESSAGE_SIZE, 5);
    assert.deepEqual(bag.deleteProps([PR_SUBJECT, PR_MESSAGE_SIZE]), problem);
    assert.deepEqual(bag.getProps([PR_SUBJECT, PR_MESSAGE_SIZE]).values, [undefined, 5]);
  });

  test('PROP-007: hidden properties are answered only when asked for', () => {
    const secret = tag(0x67f0, PT_UNICODE);
    const bag = new PropBag([prop(secret, 'x'), prop(PR_SUBJECT, 'y')], { hidden: (id) => id === 0x67f0 });
    assert.deepEqual(bag.getProps().props, [prop(PR_SUBJECT, 'y')]);
    assert.deepEqual(bag.propList(), [PR_SUBJECT]);
    assert.deepEqual(bag.getProps([secret]).values, ['x']);
  });

  test('PROP-013, PROP-014: nothing set is nothing read, and no multivalue is without values', () => {
    const bag = new PropBag();
    assert.deepEqual(bag.getProps(), { values: [], props: [] });
    assert.throws(() => bag.setProps([prop(tag(0x6640, PT_MV_LONG), [])]), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('bytes are copied on the way in', () => {
    const bytes = Uint8Array.of(1, 2);
    const bag = new PropBag([prop(PR_ENTRYID, bytes)]);
    bytes[0] = 9;
    assert.deepEqual(bag.get(PR_ENTRYID), Uint8Array.of(1, 2));
  });

  test('PT_STRING8 is stored as Unicode and can be asked for', () => {
    const narrow = tag(propId(PR_SUBJECT), PT_STRING8);
    const bag = new PropBag([prop(narrow, 'x')]);
    assert.deepEqual(bag.propList(), [PR_SUBJECT]);
    assert.deepEqual(bag.getProps([narrow]).props, [prop(narrow, 'x')]);
  });

  test('the owner cannot set a value of another type either', () => {
    assert.throws(() => new PropBag().set(PR_IMPORTANCE, 'x' as never), code('MAPI_E_INVALID_TYPE'));
  });

  test('a copy is independent', () => {
    const bag = new PropBag([prop(PR_SUBJECT, 'x')]);
    const copy = bag.clone();
    copy.set(PR_SUBJECT, 'y');
    assert.deepEqual([bag.get(PR_SUBJECT), copy.get(PR_SUBJECT)], ['x', 'y']);
  });

  test('sizes: UTF-16 strings, bytes, fixed widths', () => {
    assert.deepEqual(
      [valueBytes('ab'), valueBytes(Uint8Array.of(1)), valueBytes(1n), valueBytes(1, PT_LONG)],
      [4, 1, 8, 4],
    );
  });

  test('it behaves as a map from identifier to the last value set', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 5 }),
      value: fc.option(fc.oneof(fc.integer({ max: 99 }), fc.string())),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const bag = new PropBag();
        const model = new Map<number, number | string>();
        for (const { id, value } of steps) {
          if (value === null) bag.deleteProps([tag(id, PT_LONG)]);
          else if (typeof value === 'string') bag.setProps([prop(tag(id, PT_UNICODE), value)]);
          else bag.setProps([prop(tag(id, PT_LONG), value)]);
          if (value === null) model.delete(id);
          else model.set(id, value);
        }
        assert.deepEqual(new Map([...bag].map((entry) => [propId(entry.tag), entry.value])), model);
      }),
      { seed: 2 },
    );
  });
});
