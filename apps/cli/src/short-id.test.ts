import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { UsageError } from './command.ts';
import { isIdOf, shortId, shortIds, theOneNamed } from './short-id.ts';

const STORE = 'aa'.repeat(20);
const ONE = `${STORE}0100000000000000`;
const OTHER = `${STORE}0200000000000000`;
const NEXT = `${STORE}0001000000000000`;

describe('short forms of entry identifiers', () => {
  test('leave out the zero bytes in which object numbers end', () => {
    assert.deepEqual(shortIds([ONE, OTHER, NEXT]), ['aaaaaaaaaa01', 'aaaaaaaaaa02', 'aaaaaaaa0001']);
    assert.equal(shortId(ONE), 'aaaaaaaaaa01');
  });

  test('are made longer until they tell the listed objects apart', () => {
    const [a = '', b = ''] = shortIds([`11${'bb'.repeat(8)}`, `22${'bb'.repeat(8)}`]);
    assert.notEqual(a, b);
    assert.equal(a.length, 18);
  });

  test('name their object, as the whole identifier and its end with the zeros do', () => {
    assert.ok(isIdOf('AAAAAAAAAA01', ONE));
    assert.ok(isIdOf(ONE, ONE));
    assert.ok(isIdOf('aa0100000000000000', ONE));
    assert.ok(!isIdOf('aa02', ONE));
  });

  test('are never taken for one of several', () => {
    const what = 'message of the queue, and none that has left it,';
    const find = (text: string): string => theOneNamed(text, [ONE, `11${ONE}`, OTHER], (id) => id, what);
    assert.equal(find('aa02'), OTHER);
    assert.equal(find(ONE), ONE);
    assert.throws(
      () => find('aa01'),
      (error) => error instanceof UsageError && /^2 ids end with aa01;/u.test(error.message),
    );
    assert.throws(() => find('aa07'), { code: 'MAPI_E_NOT_FOUND', message: /there is no message of the queue/u });
    assert.throws(() => find('0000'), UsageError);
    assert.throws(() => find('Inbox'), UsageError);
  });
});
