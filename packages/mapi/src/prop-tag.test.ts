import assert from 'node:assert/strict';
import { describe, expectTypeOf, test } from 'vitest';
import {
  type CheckedProps,
  changePropType,
  errorTag,
  isUsableId,
  isValueOfType,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_MESSAGE_FLAGS,
  PR_SUBJECT,
  PROPERTY_TAGS,
  type PropTag,
  type PropValue,
  PT_ERROR,
  PT_LONG,
  PT_MV_LONG,
  PT_NULL,
  prop,
  propId,
  propType,
  tag,
} from './index.ts';

describe('property tags', () => {
  test('PROP-001: a tag is the identifier shifted by 16 with the type below, and 0 and 0xFFFF name nothing', () => {
    assert.equal(PR_SUBJECT, 0x0037001f);
    assert.equal(tag(0x8001, PT_LONG), 0x80010003);
    assert.equal(propId(0x80010003), 0x8001);
    assert.equal(propType(0x80010003), PT_LONG);
    assert.deepEqual([0, 1, 0xfffe, 0xffff].map(isUsableId), [false, true, true, false]);
  });

  test('a tag carries the type of its value', () => {
    expectTypeOf(PR_SUBJECT).toEqualTypeOf<PropTag<string>>();
    expectTypeOf(PR_CLIENT_SUBMIT_TIME).toEqualTypeOf<PropTag<bigint>>();
    // @ts-expect-error a number is no subject
    prop(PR_SUBJECT, 5);
  });

  test('what setProps takes follows from the tags, and the error names the type that is expected', () => {
    type Taken = CheckedProps<readonly [typeof PR_SUBJECT, typeof PR_MESSAGE_FLAGS]>;
    expectTypeOf<Taken[0]['value']>().toEqualTypeOf<string>();
    expectTypeOf<Taken[1]['value']>().toEqualTypeOf<number>();
    const setProps = <const T extends readonly PropTag[]>(values: CheckedProps<T>): readonly PropValue[] => values;
    // @ts-expect-error Type 'number' is not assignable to type 'string'.
    const wrong = setProps([{ tag: PR_SUBJECT, value: 5 }]);
    const right = setProps([{ tag: PR_SUBJECT, value: 'x' }, prop(PR_MESSAGE_FLAGS, 1)]);
    assert.deepEqual([wrong.length, setProps(right).length], [1, 2]);
  });

  test('PROP-010: a failed property keeps its identifier under the type PT_ERROR', () => {
    assert.equal(errorTag(PR_SUBJECT), 0x0037000a);
    assert.equal(propType(errorTag(PR_BODY)), PT_ERROR);
    assert.equal(changePropType(PR_SUBJECT, PT_LONG), 0x00370003);
  });

  test('values are of the type of their tag', () => {
    assert.equal(isValueOfType(PT_LONG, 5), true);
    assert.equal(isValueOfType(PT_LONG, 5n), false);
    assert.equal(isValueOfType(PT_MV_LONG, [1, 2]), true);
    assert.equal(isValueOfType(PT_MV_LONG, [1, 'x']), false);
    assert.equal(isValueOfType(PT_NULL, null), true);
    assert.equal(isValueOfType(0x1234, 5), false);
  });

  test('the table has the canonical properties, each name once', () => {
    assert.ok(PROPERTY_TAGS.size > 1000);
    assert.equal(PROPERTY_TAGS.get('PR_SUBJECT'), PR_SUBJECT);
    assert.equal(PROPERTY_TAGS.get('PR_INTERNET_MESSAGE_ID'), 0x1035001f);
  });
});
