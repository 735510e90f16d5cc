import assert from 'node:assert/strict';
import {
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_HASATTACH,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_SIZE,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  prop,
} from 'nodemapi';
import { describe, test } from 'vitest';
import { UsageError } from './command.ts';
import { parseWhere } from './where.ts';

describe('--where', () => {
  test('reads every restriction type', () => {
    assert.deepEqual(parseWhere('PR_MESSAGE_SIZE > 10000'), {
      kind: 'property',
      relop: 'GT',
      tag: PR_MESSAGE_SIZE,
      value: prop(PR_MESSAGE_SIZE, 10_000),
    });
    assert.deepEqual(parseWhere('PR_SUBJECT contains/i "Plan"'), {
      kind: 'content',
      match: 'substring',
      tag: PR_SUBJECT,
      value: prop(PR_SUBJECT, 'Plan'),
      ignoreCase: true,
    });
    assert.deepEqual(parseWhere('PR_MESSAGE_FLAGS hasnt 0x1'), {
      kind: 'bitmask',
      relop: 'EQZ',
      tag: PR_MESSAGE_FLAGS,
      mask: 1,
    });
    assert.deepEqual(parseWhere('PR_SENDER_NAME != PR_SENT_REPRESENTING_NAME'), {
      kind: 'compareProps',
      relop: 'NE',
      tag1: PR_SENDER_NAME,
      tag2: PR_SENT_REPRESENTING_NAME,
    });
    assert.deepEqual(parseWhere('exist(PR_SUBJECT)'), { kind: 'exist', tag: PR_SUBJECT });
    assert.deepEqual(parseWhere('size(PR_SUBJECT) >= 3'), { kind: 'size', relop: 'GE', tag: PR_SUBJECT, size: 3 });
    assert.deepEqual(parseWhere('sub(PR_MESSAGE_RECIPIENTS, PR_EMAIL_ADDRESS = "a@b.c")'), {
      kind: 'sub',
      subobject: PR_MESSAGE_RECIPIENTS,
      of: { kind: 'property', relop: 'EQ', tag: PR_EMAIL_ADDRESS, value: prop(PR_EMAIL_ADDRESS, 'a@b.c') },
    });
    assert.deepEqual(parseWhere('count(3, exist(PR_SUBJECT))'), {
      kind: 'count',
      count: 3,
      of: { kind: 'exist', tag: PR_SUBJECT },
    });
    assert.deepEqual(parseWhere('comment("why", exist(PR_SUBJECT))'), {
      kind: 'comment',
      props: [prop(PR_DISPLAY_NAME, 'why')],
      of: { kind: 'exist', tag: PR_SUBJECT },
    });
  });

  test('and binds tighter than or, not tighter than and, parentheses tightest', () => {
    const exist = { kind: 'exist', tag: PR_SUBJECT };
    assert.deepEqual(parseWhere('exist(PR_SUBJECT) or exist(PR_SUBJECT) and not exist(PR_SUBJECT)'), {
      kind: 'or',
      of: [exist, { kind: 'and', of: [exist, { kind: 'not', of: exist }] }],
    });
    assert.deepEqual(parseWhere('not (exist(PR_SUBJECT) or exist(PR_SUBJECT))'), {
      kind: 'not',
      of: { kind: 'or', of: [exist, exist] },
    });
  });

  test('values take the type of their property', () => {
    const time = parseWhere('PR_MESSAGE_DELIVERY_TIME < "2026-11-22T00:00:00Z"');
    assert.equal(time.kind === 'property' && typeof time.value.value, 'bigint');
    assert.deepEqual(parseWhere('PR_HASATTACH = true'), {
      kind: 'property',
      relop: 'EQ',
      tag: PR_HASATTACH,
      value: prop(PR_HASATTACH, true),
    });
    assert.deepEqual(parseWhere('PR_SUBJECT = "say \\"hi\\""'), {
      kind: 'property',
      relop: 'EQ',
      tag: PR_SUBJECT,
      value: prop(PR_SUBJECT, 'say "hi"'),
    });
  });

  test.each([
    ['PR_MESSAGE_SIZE > many', /whole number at position 19/u],
    ['PR_HASATTACH = maybe', /true or false/u],
    ['PR_MESSAGE_DELIVERY_TIME > yesterday', /ISO 8601/u],
    ['PR_SUBJEKT = "x"', /unknown property/u],
    ['PR_SUBJECT', /found the end/u],
    ['(PR_SUBJECT = "x"', /expected "\)"/u],
    ['PR_SUBJECT = "x" PR_SUBJECT = "y"', /"and", "or" or the end/u],
    ['PR_SUBJECT = "x', /cannot read at position 14/u],
    ['frob(PR_SUBJECT)', /exist, size, sub/u],
    ['', /found the end/u],
    ['PR_SUBJECT contains/x "a"', /\/i, \/d or \/id/u],
    ['('.repeat(60), /nested deeper/u],
  ])('says what is wrong with %s', (text, message) => {
    assert.throws(
      () => parseWhere(text),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
});
