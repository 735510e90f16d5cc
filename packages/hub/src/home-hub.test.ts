import assert from 'node:assert/strict';
import { nullLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { HomeHub } from './home-hub.ts';
import { LocalEndpoint } from './local-endpoint.ts';
import type { MemberInfo, SessionInfo } from './message.ts';

const shared: SessionInfo = { id: 's1', profile: 'Work', shared: true, joinable: true, since: 1 };
const member = (id: string): MemberInfo => ({ id, messaging: true, since: 2 });

function hubs(count: number, clock = new VirtualClock(), endpoint = new LocalEndpoint()) {
  return Array.from({ length: count }, (_, index) => {
    const random = seededRandom(index + 1);
    const process = { pid: index + 1, program: `p${index}` };
    return new HomeHub({ endpoint, clock, log: nullLog, random, process, mayLive: () => true });
  });
}

/** A meeting place that cannot be read for a while. */
class FlakyEndpoint extends LocalEndpoint {
  failures = 0;

  override async current() {
    if (this.failures-- > 0) throw new Error('too many open files');
    return super.current();
  }
}

describe('processes of a home', () => {
  test('a logon is answered, also if the meeting place could not be read when it came', async () => {
    const clock = new VirtualClock();
    const endpoint = new FlakyEndpoint();
    const [a] = hubs(1, clock, endpoint);
    assert.ok(a !== undefined);
    assert.deepEqual(await a.acquire('join'), { outcome: 'none' });
    endpoint.failures = 1;
    let answer: unknown;
    void a.acquire('join').then((acquired) => {
      answer = acquired;
    });
    await clock.advance(150);
    assert.equal(answer, undefined);
    await clock.advance(1000);
    assert.deepEqual(answer, { outcome: 'none' });
    await a.close();
  });

  test('the first is the hub; a shared session is created once and then joined', async () => {
    const clock = new VirtualClock();
    const [a, b] = hubs(2, clock);
    assert.ok(a !== undefined && b !== undefined);
    const first = await a.acquire('share');
    assert.deepEqual(first, { outcome: 'create', joinable: true });
    const second = b.acquire('share');
    await clock.advance(50);
    await a.enter(shared, member('a1'));
    a.settle(first);
    assert.deepEqual(await second, { outcome: 'join', session: shared });
    assert.deepEqual([a.isHub, b.isHub], [true, false]);
    await b.close();
    await a.close();
  });

  test('nothing to join is said at once; a session for itself is not joined by others', async () => {
    const [a, b] = hubs(2);
    assert.ok(a !== undefined && b !== undefined);
    assert.deepEqual(await a.acquire('join'), { outcome: 'none' });
    const made = await a.acquire('shareNew');
    assert.deepEqual(made, { outcome: 'create', joinable: true });
    assert.deepEqual(await b.acquire('shareNew'), { outcome: 'create', joinable: false });
    a.settle(made);
    assert.deepEqual(await b.acquire('join'), { outcome: 'none' });
    await a.close();
    await b.close();
  });
});
