import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { MapiError, type MapiErrorCode } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { deferredSendTime } from './deferred-send.ts';
import { checkLockDemand, checkOwnLock, isLocked, type LockDemand, ownerText, takenLock } from './lock.ts';
import { sentMailAction } from './sent-mail.ts';

const SECOND = 10_000_000n;
const throws = (code: MapiErrorCode, run: () => unknown): void =>
  assert.throws(run, (error) => MapiError.is(error, code));

describe('queue locks', () => {
  test('SPOOL-021, SPOOL-028: a lock is a lease of one owner', async () => {
    const clock = new VirtualClock();
    const lock = takenLock(undefined, 'a', clock, 1, 1000);
    await clock.advance(999);
    assert.equal(isLocked(lock, clock), true);
    throws('MAPI_E_BUSY', () => takenLock(lock, 'b', clock, 2));
    const renewed = takenLock(lock, 'a', clock, 3, 1000);
    assert.deepEqual([renewed.number, renewed.endsMs], [1, 1999]);
    await clock.advance(1);
    assert.equal(isLocked(lock, clock), false);
    assert.deepEqual(takenLock(lock, 'b', clock, 2).owner, 'b');
    assert.deepEqual(takenLock(lock, 'a', clock, 3).number, 3);
    throws('MAPI_E_INVALID_PARAMETER', () => takenLock(undefined, 'a', clock, 1, 0));
  });

  test('SPOOL-028: a clock that is set neither ends a lease nor prolongs it', async () => {
    const clock = new VirtualClock();
    const lock = takenLock(undefined, 'a', clock, 1, 1000);
    clock.jump(86_400_000);
    assert.equal(isLocked(lock, clock), true);
    clock.jump(-10 * 86_400_000);
    await clock.advance(1000);
    assert.equal(isLocked(lock, clock), false);
  });

  test('SPOOL-028: a lease of a time before the machine was started anew has ended', async () => {
    const before = new VirtualClock();
    await before.advance(5000);
    const lock = takenLock(undefined, 'a', before, 1, 1_000_000);
    assert.equal(isLocked(lock, new VirtualClock()), false);
  });

  test('who is refused hears who has the message, in the words of people', () => {
    const clock = new VirtualClock();
    const lock = takenLock(undefined, 'vm/28831/1f2e/3', clock, 1, 1000);
    const until = '2026-01-01T00:00:01.000Z';
    const words = `process 28831 on vm has the message; its lock lasts until ${until}, longer if it is renewed`;
    assert.throws(() => takenLock(lock, 'b', clock, 2), { detail: words });
    assert.throws(() => checkOwnLock(lock, 'b'), { detail: `the message has been taken over: ${words}` });
    assert.equal(ownerText('somebody'), 'somebody');
  });

  test('SPOOL-048: only the owner finishes a message', () => {
    const lock = takenLock(undefined, 'a', new VirtualClock(), 1);
    checkOwnLock(lock, 'a');
    throws('MAPI_E_NO_ACCESS', () => checkOwnLock(lock, 'b'));
    throws('MAPI_E_NO_ACCESS', () => checkOwnLock(undefined, 'a'));
  });

  test('SPOOL-048: a write names the lock that was taken last, whether its time is over or not', async () => {
    const clock = new VirtualClock();
    const lock = takenLock(undefined, 'a', clock, 7, 1000);
    const check = (demand: LockDemand, last = 7): void => checkLockDemand({ lock, last }, demand, 'b', clock);
    check({ lock: 7 });
    throws('MAPI_E_OBJECT_CHANGED', () => check({ lock: 6 }));
    throws('MAPI_E_BUSY', () => check({}));
    throws('MAPI_E_BUSY', () => check({ after: 7 }));
    await clock.advance(1000);
    check({ lock: 7 });
    check({});
    check({ after: 7 });
    throws('MAPI_E_OBJECT_CHANGED', () => check({ after: 6 }));
    throws('MAPI_E_OBJECT_CHANGED', () => check({ lock: 7 }, 8));
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
