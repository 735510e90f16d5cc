import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { Claims, parseClaim, systemProcesses } from './claim.ts';

test('a claim of this process is not over though the clock was set back since, where marks say when it began', () => {
  const clock = new VirtualClock();
  const startedMs = clock.nowMs() + 60_000;
  const claims = (tellsStarts: boolean): Claims => {
    const fates = { ...systemProcesses.fates, tellsStarts };
    return new Claims({ clock, random: seededRandom(1), process: { fates, startedMs } });
  };
  const claim = parseClaim(claims(true).nameFor('mail', 'abc'));
  assert.ok(claim !== undefined);
  assert.equal(claims(true).isOver(claim), false);
  assert.equal(claims(false).isOver(claim), true, 'there it may be of an earlier process of our number');
});
