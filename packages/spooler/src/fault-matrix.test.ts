/** A sample of what happens to spoolers; all of it is `npm run crash-matrix -- --part calls`. docs/crash-matrix.md */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { type FaultPoint, faultPoints, life, pointName, somePoints } from './fault-matrix.testing.ts';
import { SCENARIOS, type Scenario } from './fault-scenarios.testing.ts';

const seed = 20261122;
const sampleSize = 60;

async function wrongAt(points: readonly FaultPoint[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const point of points) wrong.push(...(await life(point)).wrong.map((what) => `${pointName(point)}: ${what}`));
  return wrong;
}

function scenario(name: string): Scenario {
  return SCENARIOS.find((one) => one.name === name) ?? assert.fail(`no scenario ${name}`);
}

describe('at any call of a spooler', () => {
  test('SPOOL-028, SUBMIT-051: a kill, a pause or a full disk loses no message and sends none twice unsaid', async () => {
    const two = ['one of each, filed', 'two transports'].map(scenario);
    const points = somePoints(await faultPoints(two), sampleSize, seededRandom(seed));
    assert.equal(points.length, sampleSize);
    assert.deepEqual(await wrongAt(points), [], `seed ${seed}`);
  });

  test('REPORT-006: a spooler that stands still while it makes a report, or is told that it is not saved, makes no second one', async () => {
    const points = (await faultPoints([scenario('one is refused')])).filter(
      ({ call, fault, rival }) =>
        (rival ? fault.kind === 'pause' : fault.kind === 'MAPI_E_DISK_ERROR') &&
        ['hasReceived', 'createMessage', 'saveReceived'].includes(call),
    );
    assert.ok(points.length >= 8, `${points.length} points`);
    assert.deepEqual(await wrongAt(points), []);
  });
});
