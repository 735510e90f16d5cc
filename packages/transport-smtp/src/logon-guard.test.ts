import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { LogonGuard, REFUSALS_MAX } from './logon-guard.ts';
import type { SessionFailure } from './session-failure.ts';

const REFUSAL: SessionFailure = { code: 'MAPI_E_LOGON_FAILED', text: 'no', credentialsRefused: true };
const MINUTE_MS = 60_000;

test('after a refusal nobody tries for five minutes, then for three times as long, and so on', async () => {
  const clock = new VirtualClock();
  const guard = new LogonGuard(clock);
  const seconds = (): number | undefined => guard.pause?.retryAfterSeconds;
  assert.equal(seconds(), undefined);
  for (const minutes of [5, 15, 45]) {
    guard.refused(REFUSAL);
    guard.refused(REFUSAL); // somebody who had begun at the same time
    assert.equal(seconds(), minutes * 60);
    await clock.advance(minutes * MINUTE_MS - 1);
    assert.ok(seconds());
    await clock.advance(1);
    assert.equal(seconds(), undefined);
  }
  guard.worked();
  guard.refused(REFUSAL);
  assert.equal(seconds(), 300);
});

test('after some refusals in a row nobody tries until somebody asks for it, and then once', async () => {
  const clock = new VirtualClock();
  const guard = new LogonGuard(clock);
  for (let count = 0; count < REFUSALS_MAX; count++) {
    guard.refused(REFUSAL);
    await clock.advance(24 * 60 * MINUTE_MS);
  }
  assert.match(guard.pause?.text ?? '', /refused 5 times/u);
  guard.allowOnce();
  assert.equal(guard.pause, undefined);
  guard.refused(REFUSAL);
  await clock.advance(30 * 24 * 60 * MINUTE_MS);
  assert.ok(guard.pause);
  guard.allowOnce();
  guard.worked();
  assert.equal(guard.pause, undefined);
});

test('a password that is not proven is tried by one at a time', async () => {
  const guard = new LogonGuard(new VirtualClock());
  const { signal } = new AbortController();
  const first = await guard.wait(signal);
  let isNext = false;
  const second = guard.wait(signal).then((permit) => {
    isNext = true;
    return permit;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isNext, false);
  guard.worked();
  first?.release();
  (await second)?.release();
  assert.equal(await guard.wait(signal), undefined);
});
