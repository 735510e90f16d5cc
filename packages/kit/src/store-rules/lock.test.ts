import assert from 'node:assert/strict';
import { MapiError, type MapiErrorCode } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { deferredSendTime } from './deferred-send.ts';
import { checkOwnLock, isLocked, takenLock } from './lock.ts';
import { sentMailAction } from './sent-mail.ts';

const SECOND = 10_000_000n;
const throws = (code: MapiErrorCode, run: () => unknown): void =>
  assert.throws(run, (error) => MapiError.is(error, code));

describe('queue locks', () => {
  test('SPOOL-021, SPOOL-028: a lock is a lease of one owner', () => {
    const lock = takenLock(undefined, 'a', 0n, 1000);
    assert.equal(isLocked(lock, SECOND - 1n), true);
    assert.equal(isLocked(lock, SECOND), false);
    throws('MAPI_E_BUSY', () => takenLock(lock, 'b', SECOND - 1n));
    assert.equal(takenLock(lock, 'a', SECOND - 1n, 1000).until, 2n * SECOND - 1n);
    assert.equal(takenLock(lock, 'b', SECOND).owner, 'b');
    throws('MAPI_E_INVALID_PARAMETER', () => takenLock(undefined, 'a', 0n, 0));
  });

  test('SPOOL-048: only the owner finishes a message', () => {
    const lock = takenLock(undefined, 'a', 0n);
    checkOwnLock(lock, 'a');
    throws('MAPI_E_NO_ACCESS', () => checkOwnLock(lock, 'b'));
    throws('MAPI_E_NO_ACCESS', () => checkOwnLock(undefined, 'a'));
  });
});

describe('sent mail and deferred sending', () => {
  test('SUBMIT-044, SUBMIT-045, SUBMIT-046, SUBMIT-047: what becomes of a sent message', () => {
    const folder = Uint8Array.of(1);
    assert.equal(sentMailAction(undefined, false), 'leave');
    assert.equal(sentMailAction(folder, false), 'move');
    assert.equal(sentMailAction(undefined, true), 'delete');
    assert.equal(sentMailAction(folder, true), 'move');
    assert.equal(sentMailAction(new Uint8Array(0), true), 'delete');
  });

  test('SUBMIT-054, SUBMIT-055: number and unit in their ranges decide over the time', () => {
    const at = (number?: number, units?: number): bigint | undefined =>
      deferredSendTime(SECOND, { number, units, time: 5n });
    assert.equal(at(2, 0), 121n * SECOND);
    assert.equal(at(0, 3), SECOND);
    assert.equal(at(999, 1), SECOND + 999n * 3600n * SECOND);
    for (const [number, units] of [
      [1000, 1],
      [-1, 1],
      [1, 4],
      [1, undefined],
      [undefined, 1],
    ]) {
      assert.equal(at(number, units), 5n);
    }
  });
});
