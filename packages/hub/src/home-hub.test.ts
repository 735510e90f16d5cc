import assert from 'node:assert/strict';
import { nullLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { describe, test } from 'vitest';
import type { Channel } from './channel.ts';
import { HomeHub } from './home-hub.ts';
import { LocalEndpoint } from './local-endpoint.ts';
import type { MemberInfo, ProcessPresence, SessionInfo } from './message.ts';

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

/** A meeting place whose connections take a while, either way. */
class SlowEndpoint extends LocalEndpoint {
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    super();
    this.#clock = clock;
  }

  override async connect(number: number): Promise<Channel | undefined> {
    const near = await super.connect(number);
    if (near === undefined) return undefined;
    const slowly = (run: () => void): void => void this.#clock.setTimer(onTheWayMs, run);
    return {
      open: (events) =>
        near.open({
          message: (value) => slowly(() => events.message(value)),
          drained: () => slowly(() => events.drained()),
          closed: () => slowly(() => events.closed()),
        }),
      send: (message) => {
        slowly(() => near.send(message));
        return true;
      },
      close: () => slowly(() => near.close()),
      destroy: () => slowly(() => near.destroy()),
    };
  }
}

const onTheWayMs = 40;

/** A process that is the hub, and one that has said hello and was not welcomed yet. */
async function halfWay() {
  const clock = new VirtualClock();
  const [hub, late] = hubs(2, clock, new SlowEndpoint(clock));
  assert.ok(hub !== undefined && late !== undefined);
  hub.start();
  await clock.advance(100);
  late.start();
  await clock.advance(onTheWayMs);
  return { clock, hub, late };
}

describe('what a process says between its hello and the welcome reaches the hub', () => {
  test('that it listens, and that it does so no longer', async () => {
    const { clock, hub, late } = await halfWay();
    const woken: string[] = [];
    late.wakeUps.listen('a', () => woken.push('a'));
    const brief = late.wakeUps.listen('b', () => woken.push('b'));
    brief[Symbol.dispose]();
    await clock.advance(1000);
    woken.length = 0; // who connects looks for itself
    hub.wakeUps.signal('a');
    hub.wakeUps.signal('b');
    await clock.advance(100);
    assert.deepEqual(woken, ['a']);
    assert.ok(hub.isHub && !late.isHub);
  });

  test('members that come and go, and questions, each once', async () => {
    const { clock, hub, late } = await halfWay();
    const asked: unknown[] = [];
    hub.onQuestion((_ask, question, answer) => {
      asked.push(question);
      answer('here', true);
    });
    const alone: SessionInfo = { ...shared, id: 's2', shared: false, joinable: false };
    void late.enter(alone, member('b1'));
    void late.enter(alone, member('b2'));
    late.leave('s2', 'b1');
    const seen: ProcessPresence[] = [];
    const options = { onProcesses: (all: readonly ProcessPresence[]) => void seen.push(...all), onAnswer: () => {} };
    const done = late.ask('who?', { ...options, signal: new AbortController().signal });
    await clock.advance(1000);
    await done;
    assert.deepEqual(asked, ['who?']);
    const there = seen.find(({ process }) => process.id === late.process.id);
    assert.deepEqual(there?.sessions[0]?.members, [member('b2')]);
  });

  test('a limit: who gives up a logon that was to create the session leaves the gate open', async () => {
    const { clock, hub, late } = await halfWay();
    await clock.advance(1000);
    const limit = new AbortController();
    const givenUp = assert.rejects(late.acquire('share', limit.signal), /too long/);
    await clock.advance(onTheWayMs + 10); // the answer is on its way
    limit.abort(new Error('too long'));
    await givenUp;
    const next = hub.acquire('share');
    await clock.advance(1000);
    hub.settle({ outcome: 'create', joinable: true });
    assert.deepEqual(await next, { outcome: 'create', joinable: true });
  });

  test('a goodbye: nobody waits for it', async () => {
    const { clock, hub, late } = await halfWay();
    const session = { ...shared };
    void hub.enter(session, member('a1'));
    void late.enter(session, member('b1')).catch(() => {});
    const left: string[] = [];
    hub.memberLeft.subscribe((one) => void left.push(one.member));
    const closed = late.close();
    await clock.advance(3 * onTheWayMs);
    assert.deepEqual(left, ['b1']);
    await clock.advance(1000);
    await closed;
  });
});

describe('who leaves', () => {
  test('has still signalled what was about to be gathered', async () => {
    const { clock, hub, late } = await halfWay();
    await clock.advance(1000);
    let woken = 0;
    hub.wakeUps.listen('a', () => woken++);
    await clock.advance(100);
    woken = 0;
    late.wakeUps.signal('a');
    late.wakeUps.signal('a');
    void late.close();
    await clock.advance(1000);
    assert.equal(woken, 2);
  });

  test('keeps nobody waiting here either: later requests fail at once', async () => {
    const { clock, late } = await halfWay();
    const closed = late.close();
    await clock.advance(1000);
    await closed;
    await assert.rejects(late.acquire('share'), { code: 'MAPI_E_NOT_INITIALIZED' });
  });
});

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
