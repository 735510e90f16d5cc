import assert from 'node:assert/strict';
import { nullLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { channelPair } from './channel.ts';
import type { HubEndpoint } from './endpoint.ts';
import { HerePaper } from './here-papers.ts';
import { HomeHub } from './home-hub.ts';
import { LocalEndpoint } from './local-endpoint.ts';
import { LocalPapers } from './papers.ts';

test('a hub that ends every connection without a word is asked ever less often, and who wants a session hears of it', async () => {
  const clock = new VirtualClock();
  let connections = 0;
  const local = new LocalEndpoint();
  const endpoint: HubEndpoint = {
    notes: local.notes,
    papers: local.papers,
    current: async () => ({ number: 1, ended: false }),
    connect: async () => {
      connections++;
      const [near, far] = channelPair();
      far.open({ message: () => far.destroy(), drained: () => {}, closed: () => {} });
      return near;
    },
    claim: () => Promise.reject(new Error('there is a hub')),
  };
  const hub = new HomeHub({
    ...{ endpoint, clock, log: nullLog, random: seededRandom(1) },
    process: { pid: 1, program: 'test' },
    mayLive: () => true,
  });
  const acquired = assert.rejects(hub.acquire('share'), { code: 'MAPI_E_NETWORK_ERROR' });
  await clock.advance(60_000);
  await acquired;
  assert.ok(connections > 4 && connections < 40, `${connections} connections`);
  const closed = hub.close();
  await clock.advance(10_000);
  await closed;
});

test('what a process has is on the disk within a second though it changes all the time, and not with each change', async () => {
  const clock = new VirtualClock();
  let written = 0;
  const papers = new (class extends LocalPapers {
    override put(...args: Parameters<LocalPapers['put']>): void {
      written++;
      super.put(...args);
    }
  })();
  const session = { id: 's', profile: 'Work', shared: false, joinable: false, since: 0 };
  const member = { id: 'm', messaging: true, since: 0 };
  const process = { id: 'p', pid: 1, program: 'test' };
  const sessions = [{ session, members: [member], endings: [], others: [] }];
  const paper = new HerePaper({ papers, clock, log: nullLog, presence: () => ({ process, sessions }) });
  for (let turn = 0; turn < 100; turn++) {
    paper.changed();
    await clock.advance(50);
  }
  assert.ok(written >= 4 && written <= 6, `written ${written} times in 5 s`);
  assert.equal((await papers.read('here')).length, 1);
  paper.close();
});

test('who ends MAPI as it becomes the hub after one that died does not say that nobody is left', async () => {
  for (const isFirst of [true, false]) {
    const clock = new VirtualClock();
    const local = new LocalEndpoint();
    const said: boolean[] = [];
    let claimed = (): void => {};
    const endpoint: HubEndpoint = {
      notes: local.notes,
      papers: local.papers,
      current: async () => (isFirst ? { number: 0, ended: true } : { number: 1, ended: false }),
      connect: async () => undefined,
      claim: () =>
        new Promise((resolve) => {
          claimed = () => resolve({ close: async (ended) => void said.push(ended) });
        }),
    };
    const hub = new HomeHub({
      ...{ endpoint, clock, log: nullLog, random: seededRandom(1) },
      process: { pid: 1, program: 'test' },
      mayLive: () => true,
    });
    hub.start();
    await clock.advance(10);
    const closed = hub.close();
    await clock.advance(10);
    claimed();
    await clock.advance(1000);
    await closed;
    assert.deepEqual(said, [isFirst]);
  }
});

test('what a process has is not written any more once it has left', async () => {
  const clock = new VirtualClock();
  const papers = new LocalPapers();
  const session = { id: 's', profile: 'Work', shared: true, joinable: true, since: 1 };
  const part = { session, members: [{ id: 'm', messaging: true, since: 1 }], endings: [], others: [] };
  const presence = () => ({ process: { id: 'ab', pid: 1, program: 'test' }, sessions: [part] });
  const paper = new HerePaper({ papers, clock, log: nullLog, presence });
  paper.changed(true);
  assert.equal((await papers.read('here')).length, 1);
  paper.close();
  paper.changed(); // by a hub that comes as it says goodbye
  await clock.advance(2000);
  assert.deepEqual(await papers.read('here'), []);
});
