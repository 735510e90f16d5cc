/** Reports of members that end and are gone, while the hub that should carry them is killed. */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { test } from 'vitest';
import { MemberHome } from './members.testing.ts';

interface Ended {
  readonly pid: number;
  readonly ended: boolean;
  readonly completed: boolean | null;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const seeds = Array.from({ length: Number(process.env.END_SEEDS ?? 1) }, (_, index) => index + 1);

for (const seed of seeds) {
  test(`whoever ends and exits with the next line is reported once, though the hub is killed meanwhile (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    await using home = await MemberHome.make();
    const [hub, asker, ...members] = home.start(5);
    assert.ok(hub !== undefined && asker !== undefined);
    await hub.call('logon', 'a', 'Work', { allowOthers: true }); // the first to need the hub is it
    await Promise.all(members.map((one) => one.call('logon', 'a', 'Work', { allowOthers: true })));
    await Promise.all([hub, ...members].map((one) => one.call('endWhenTold', 'a')));
    await asker.call('list');
    const asked = asker.call<readonly Ended[]>('endAll', { policy: 'leave' });
    const kill = seed % 2 === 1;
    if (kill) {
      await pause(random.float() * 40);
      await hub.kill();
    }
    const ended = await asked;
    const expected = [...members, ...(kill ? [] : [hub])].map(({ pid }) => [pid, true, true]);
    const found = ended.filter(({ pid }) => !kill || pid !== hub.pid);
    assert.deepEqual(found.map((one) => [one.pid, one.ended, one.completed]).sort(), expected.sort());
    assert.deepEqual(await asker.call('list'), []);
  });
}
