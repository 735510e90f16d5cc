import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { fileTimeFromMs, seededRandom } from '@nodemapi/base';
import fc from 'fast-check';
import { test } from 'vitest';
import { settingsOf } from './options.ts';
import { backoffMs, deferredSendMs, expiresAtMs } from './schedule.ts';

const settings = settingsOf({ retryFirstMs: 1000, retryMaxMs: 10_000, retryJitter: 0.5, expiryMs: 500 });
const submitTime = fileTimeFromMs(0);

test('the wait doubles, has a limit, and grows by the jitter at most', () => {
  const steady = { ...settings, retryJitter: 0 };
  const waits = [1, 2, 3, 4, 5, 1000].map((attempts) => backoffMs(attempts, steady, seededRandom(1)));
  deepStrictEqual(waits, [1000, 2000, 4000, 8000, 10_000, 10_000]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer(), (attempts, seed) => {
      const least = backoffMs(attempts, steady, seededRandom(seed));
      const wait = backoffMs(attempts, settings, seededRandom(seed));
      return wait >= least && wait <= least * 1.5 + 1;
    }),
    { seed: 1 },
  );
});

test('SUBMIT-054, SUBMIT-055: number and unit count from the submission and win over a stored time', () => {
  const deferredTime = fileTimeFromMs(77);
  strictEqual(deferredSendMs({ submitTime }), undefined);
  strictEqual(deferredSendMs({ submitTime, deferredTime }), 77);
  strictEqual(deferredSendMs({ deferredTime }), 77);
  const units = [0, 1, 2, 3].map((deferredUnits) =>
    deferredSendMs({ submitTime, deferredTime, deferredNumber: 2, deferredUnits }),
  );
  deepStrictEqual(units, [120_000, 7_200_000, 172_800_000, 1_209_600_000]);
  strictEqual(deferredSendMs({ submitTime, deferredTime, deferredNumber: 1000, deferredUnits: 0 }), 77);
  strictEqual(deferredSendMs({ submitTime, deferredTime, deferredNumber: 2, deferredUnits: 4 }), 77);
});

test('the time to expire counts from the deferred time', () => {
  strictEqual(expiresAtMs({ submitTime }, settings), 500);
  strictEqual(expiresAtMs({ submitTime, deferredTime: fileTimeFromMs(1000) }, settings), 1500);
  strictEqual(expiresAtMs({}, settings), Number.POSITIVE_INFINITY);
});
