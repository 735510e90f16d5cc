import assert from 'node:assert/strict';
import {
  MapiError,
  PR_ANR,
  PR_BODY,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_MESSAGE_RECIPIENTS,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  type PropValue,
  PT_LONG,
  PT_MV_LONG,
  PT_MV_UNICODE,
  prop,
  RESTRICTION_DEPTH_MAX,
  type Restriction,
  resAnd,
  resBitMask,
  resCompareProps,
  resContent,
  resExist,
  resNot,
  resOr,
  resProperty,
  resSize,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { rowSource } from './compare.ts';
import { evaluateRestriction, validateRestriction } from './restriction.ts';

const holds = (restriction: Restriction, ...values: readonly PropValue[]): boolean =>
  evaluateRestriction(restriction, rowSource(values));

function tooComplex(restriction: Restriction, code = 'MAPI_E_TOO_COMPLEX' as const): void {
  assert.throws(
    () => validateRestriction(restriction),
    (error) => MapiError.is(error, code),
  );
}

const LIST = tag(0x6640, PT_MV_UNICODE);
const NUMBERS = tag(0x6641, PT_MV_LONG);

describe('evaluateRestriction', () => {
  test('RESTR-001, RESTR-002: AND, OR, NOT and EXIST', () => {
    const yes = resExist(PR_SUBJECT);
    const no = resExist(PR_BODY);
    const subject = prop(PR_SUBJECT, 'x');
    assert.deepEqual(
      [resAnd(yes, yes), resAnd(yes, no), resOr(no, yes), resOr(no, no), resNot(no)].map((r) => holds(r, subject)),
      [true, false, true, false, true],
    );
  });

  test('RESTR-003: AND of nothing is true, OR of nothing is false', () => {
    assert.equal(holds(resAnd()), true);
    assert.equal(holds(resOr()), false);
  });

  test('RESTR-004: regular expressions are too complex', () => {
    tooComplex({ ...resProperty('EQ', PR_SUBJECT, 'x'), relop: 'RE' });
    tooComplex(resSize('RE', PR_SUBJECT, 1));
  });

  test('RESTR-005, RESTR-022: the value stands on the left, and integers are signed', () => {
    assert.equal(holds(resProperty('LT', PR_IMPORTANCE, 5), prop(PR_IMPORTANCE, 4)), true);
    assert.equal(holds(resProperty('LT', PR_IMPORTANCE, 0), prop(PR_IMPORTANCE, 0xffff_ffff)), true);
    assert.equal(holds(resProperty('EQ', PR_IMPORTANCE, -1), prop(PR_IMPORTANCE, 0xffff_ffff)), true);
  });

  test('RESTR-006: a constant of another type is too complex before any row is looked at', () => {
    tooComplex(
      resAnd(resExist(PR_BODY), { kind: 'property', relop: 'EQ', tag: PR_SUBJECT, value: prop(PR_IMPORTANCE, 1) }),
    );
  });

  test('RESTR-007, RESTR-008: any value of a multivalue is enough; the constant is single', () => {
    const has = (value: string): Restriction => ({
      kind: 'property',
      relop: 'EQ',
      tag: LIST,
      value: prop(PR_SUBJECT, value),
    });
    const values = prop(LIST, ['red', 'green']);
    assert.equal(holds(has('green'), values), true);
    assert.equal(holds(has('blue'), values), false);
    tooComplex({ kind: 'property', relop: 'EQ', tag: LIST, value: prop(LIST, ['red']) });
  });

  test('RESTR-009: an absent property makes every comparison false', () => {
    const comparisons: readonly Restriction[] = [
      resProperty('NE', PR_SUBJECT, 'x'),
      resContent(PR_SUBJECT, ''),
      resCompareProps('NE', PR_SUBJECT, PR_COMMENT),
      resBitMask('EQZ', PR_IMPORTANCE, 1),
      resSize('GE', PR_SUBJECT, 0),
    ];
    for (const restriction of comparisons) assert.equal(holds(restriction, prop(PR_COMMENT, 'y')), false);
  });

  test('RESTR-010: two properties of one type are compared', () => {
    const same: Restriction = resCompareProps('EQ', PR_SUBJECT, PR_COMMENT);
    assert.equal(holds(same, prop(PR_SUBJECT, 'x'), prop(PR_COMMENT, 'x')), true);
    assert.equal(holds(same, prop(PR_SUBJECT, 'x'), prop(PR_COMMENT, 'X')), false);
    tooComplex(resCompareProps('EQ', PR_SUBJECT, PR_IMPORTANCE));
  });

  test('RESTR-012, C-22: the full string is the whole value; case and diacritics are ignored as wanted, not in binaries', () => {
    const subject = prop(PR_SUBJECT, 'R\u00e9sum\u00e9');
    for (const [match, found] of [
      ['fullString', false],
      ['substring', true],
    ] as const) {
      assert.equal(holds(resContent(PR_SUBJECT, 'sum', match), subject), found);
    }
    assert.equal(holds(resContent(PR_SUBJECT, 'resume'), subject), false);
    assert.equal(holds(resContent(PR_SUBJECT, 'Resume', 'fullString', { ignoreNonSpace: true }), subject), true);
    assert.equal(holds(resContent(PR_SUBJECT, 'R\u00c9S', 'prefix', { ignoreCase: true }), subject), true);
    assert.equal(holds(resContent(PR_SUBJECT, 'RESUME', 'fullString', { loose: true }), subject), true);
    const bytes = prop(PR_ENTRYID, Uint8Array.of(1, 0x41, 3));
    assert.equal(holds(resContent(PR_ENTRYID, Uint8Array.of(0x61), 'substring', { loose: true }), bytes), false);
    assert.equal(holds(resContent(PR_ENTRYID, Uint8Array.of(0x41, 3)), bytes), true);
  });

  test('RESTR-014, RESTR-011: content of another type, or of numbers, is too complex', () => {
    tooComplex({ kind: 'content', match: 'prefix', tag: PR_SUBJECT, value: prop(PR_ENTRYID, Uint8Array.of(1)) });
    tooComplex(resContent(PR_IMPORTANCE, 1));
  });

  test('RESTR-015: bit masks look at any common bit, of PT_LONG only', () => {
    const mask = (relop: 'EQZ' | 'NEZ'): Restriction => resBitMask(relop, PR_IMPORTANCE, 0x8000_0001);
    assert.equal(holds(mask('NEZ'), prop(PR_IMPORTANCE, -0x8000_0000)), true);
    assert.equal(holds(mask('EQZ'), prop(PR_IMPORTANCE, 2)), true);
    tooComplex({ kind: 'bitmask', relop: 'EQZ', tag: PR_SUBJECT, mask: 1 });
  });

  test('RESTR-016: the size is that of the value in bytes', () => {
    const larger: Restriction = resSize('GT', PR_SUBJECT, 5);
    assert.equal(holds(larger, prop(PR_SUBJECT, 'abc')), true);
    assert.equal(holds(larger, prop(PR_SUBJECT, 'ab')), false);
    const four: Restriction = resSize('EQ', PR_IMPORTANCE, 4);
    assert.equal(holds(four, prop(PR_IMPORTANCE, 1)), true);
  });

  test('RESTR-017: PT_OBJECT cannot be tested for', () => {
    tooComplex(resExist(PR_MESSAGE_RECIPIENTS));
  });

  test('RESTR-018: one row of the subobject is enough', () => {
    const toBob: Restriction = {
      kind: 'sub',
      subobject: PR_MESSAGE_RECIPIENTS,
      of: resAnd(resProperty('EQ', PR_RECIPIENT_TYPE, 1), resContent(PR_DISPLAY_NAME, 'Bob')),
    };
    const rows = [
      [prop(PR_RECIPIENT_TYPE, 2), prop(PR_DISPLAY_NAME, 'Bob')],
      [prop(PR_RECIPIENT_TYPE, 1), prop(PR_DISPLAY_NAME, 'Ann')],
    ];
    const evaluate = (): boolean => evaluateRestriction(toBob, rowSource([]), () => rows.map(rowSource));
    assert.equal(evaluate(), false);
    rows.push([prop(PR_RECIPIENT_TYPE, 1), prop(PR_DISPLAY_NAME, 'Bob')]);
    assert.equal(evaluate(), true);
    assert.throws(
      () => holds(toBob),
      (error) => MapiError.is(error, 'MAPI_E_TOO_COMPLEX'),
    );
    tooComplex({ ...toBob, subobject: PR_SUBJECT });
  });

  test('RESTR-019: of a comment only the child counts', () => {
    assert.equal(holds({ kind: 'comment', props: [] }), true);
    assert.equal(holds({ kind: 'comment', props: [], of: resExist(PR_BODY) }), false);
  });

  test('RESTR-020: COUNT is too complex', () => {
    tooComplex({ kind: 'count', count: 1, of: resAnd() });
  });

  test('RESTR-023, RESTR-025: PR_ANR matches the beginnings of words, without EXIST', () => {
    const anr = (text: string, name: string): boolean =>
      holds(
        resProperty('EQ', PR_ANR, text),
        prop(PR_DISPLAY_NAME, name),
        prop(PR_EMAIL_ADDRESS, 'b.larson@example.org'),
      );
    assert.equal(anr('Bill L', 'Billy Larson'), true);
    assert.equal(anr('bill l', 'Sam Bill Lee'), true);
    assert.equal(anr('Bill X', 'Billy Larson'), false);
    assert.equal(anr('b.lar', 'Billy'), true);
    assert.equal(anr('arson', 'Billy Larson'), false);
    assert.equal(anr('  ', 'Billy Larson'), false);
    assert.equal(holds(resProperty('EQ', PR_ANR, 'Bill')), false);
  });

  test('nesting deeper than the limit is too complex', () => {
    const nested = (depth: number): Restriction => (depth === 1 ? resAnd() : resNot(nested(depth - 1)));
    validateRestriction(nested(RESTRICTION_DEPTH_MAX));
    tooComplex(nested(RESTRICTION_DEPTH_MAX + 1));
  });

  test('a constant that is not of its own type is a wrong parameter', () => {
    const wrong = {
      kind: 'property',
      relop: 'EQ',
      tag: PR_IMPORTANCE,
      value: { tag: PR_IMPORTANCE, value: 'x' },
    } as const;
    assert.throws(
      () => validateRestriction(wrong as Restriction),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
    );
  });

  test('any number of a list is measured by the order of numbers', () => {
    const small: Restriction = { kind: 'property', relop: 'LT', tag: NUMBERS, value: prop(tag(0x6642, PT_LONG), 0) };
    assert.equal(holds(small, prop(NUMBERS, [5, -1])), true);
    assert.equal(holds(small, prop(NUMBERS, [5, 1])), false);
  });
});
