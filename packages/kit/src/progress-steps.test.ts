import assert from 'node:assert/strict';
import { type IMAPIProgress, MAPI_TOP_LEVEL, type ProgressOptions } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ProgressSteps, withProgress } from './progress-steps.ts';

/** Notes what it is told, as a client's progress object would be. */
class Noting implements IMAPIProgress {
  readonly calls: string[] = [];
  flags: number;
  min = 1;
  max = 1000;

  constructor(flags: number = MAPI_TOP_LEVEL) {
    this.flags = flags;
  }

  progress(value: number, count: number, total: number): void {
    this.calls.push(`${value} ${count}/${total}`);
  }

  getFlags(): number {
    this.calls.push('getFlags');
    return this.flags;
  }

  getMin(): number {
    return this.min;
  }

  getMax(): number {
    return this.max;
  }

  setLimits({ min, max, flags }: { readonly min?: number; readonly max?: number; readonly flags?: number }): void {
    this.calls.push(`limits ${min}-${max} ${flags}`);
    this.min = min ?? this.min;
    this.max = max ?? this.max;
    this.flags = flags ?? this.flags;
  }
}

describe('progress', () => {
  test('SUPP-61, SUPP-60: at top level 1000 is shared among the items, and each has limits of its own', () => {
    const client = new Noting();
    const steps = new ProgressSteps(client, 4);
    for (let index = 0; index < 4; index++) {
      steps.begin(index);
      steps.done(index + 1);
    }
    assert.deepEqual(client.calls, [
      'getFlags',
      'limits 0-1000 1',
      'limits 0-250 0',
      '250 1/4',
      'limits 250-500 0',
      '500 2/4',
      'limits 500-750 0',
      '750 3/4',
      'limits 750-1000 0',
      'limits 0-1000 1',
      '1000 4/4',
    ]);
  });

  test('SUPP-60, SUPP-61: within another operation it stays within its limits, and counts nothing', () => {
    const client = new Noting();
    const outer = new ProgressSteps(client, 2);
    outer.begin(1);
    client.calls.length = 0;
    const inner = new ProgressSteps(client, 2);
    inner.begin(0);
    inner.done(1);
    inner.begin(1);
    inner.done(2);
    const told = client.calls.filter((call) => !call.startsWith('limits'));
    assert.deepEqual(told, ['getFlags', '750 0/0', '1000 0/0']);
    assert.deepEqual([client.min, client.max, client.flags], [500, 1000, 0]);
    outer.done(2);
    assert.equal(client.calls.at(-1), '1000 2/2');
  });

  test('nothing to do, and nobody who looks, are no trouble', () => {
    const client = new Noting();
    new ProgressSteps(client, 0).done(0);
    assert.ok(!client.calls.some((call) => call.includes('/')));
    new ProgressSteps(undefined, 3).done(3);
  });

  test('SUPP-57: the client’s progress object is used; without one MAPI’s, if the client wants a dialog', async () => {
    const own = new Noting();
    const asked: unknown[] = [];
    const ui = { progress: () => {} } as never;
    const support = {
      doProgressDialog: async (given: unknown) => {
        asked.push(given);
        return own;
      },
    };
    const client = new Noting();
    assert.equal((await withProgress(support, { progress: client, dialog: ui })).progress, client);
    assert.equal((await withProgress<ProgressOptions>(support, {})).progress, undefined);
    assert.deepEqual(asked, []);
    assert.equal((await withProgress<ProgressOptions>(support, { dialog: ui })).progress, own);
    assert.deepEqual(asked, [ui]);
  });
});
