/** What becomes of the hub and of notices when processes die, stop and wake up, on a clock of the test. */
import assert from 'node:assert/strict';
import { memoryLog, nullLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { HomeHub } from './home-hub.ts';
import { creatorSilenceMsMax } from './logon-gate.ts';
import type { SessionInfo } from './message.ts';
import { MortalNet, MortalNode } from './mortal.testing.ts';

const session: SessionInfo = { id: 's1', profile: 'Work', shared: true, joinable: true, since: 1 };

/** A process with one member in the session, and what it has heard. */
class Member {
  readonly node: MortalNode;
  readonly hub: HomeHub;
  readonly name: string;
  readonly left: string[] = [];
  ended = 0;
  isMember: boolean;
  session = session;

  constructor(net: MortalNet, number: number, enters = true) {
    this.isMember = enters;
    this.name = `m${number}`;
    this.node = new MortalNode(net, number);
    this.hub = new HomeHub({
      endpoint: this.node,
      clock: this.node.clock,
      log: nullLog,
      random: seededRandom(number),
      process: { pid: number, program: this.name },
      isAlive: net.isAlive,
    });
    this.hub.memberLeft.subscribe(({ member }) => void this.left.push(member));
    this.hub.ended.subscribe(() => {
      this.ended++;
    });
    if (enters) this.enter();
  }

  enter(joined = session): void {
    this.session = joined;
    void this.hub.enter(joined, { id: this.name, messaging: true, since: 1 });
  }

  /** Logs on as a program does, which takes a while; makes a session where there is none to join. */
  async logon(clock: VirtualClock, tookMs: number): Promise<void> {
    const acquired = await this.hub.acquire('share');
    await clock.delay(tookMs);
    if (this.node.isDead) return;
    const made = { ...session, id: `by ${this.name}`, since: Math.floor(clock.nowMs()) };
    this.node.run(() => {
      this.enter(acquired.outcome === 'join' ? acquired.session : made);
      this.isMember = true;
      this.hub.settle(acquired);
    });
  }

  leave(): void {
    this.isMember = false;
    this.hub.leave(this.session.id, this.name);
  }
}

async function world(count: number) {
  const clock = new VirtualClock();
  const net = new MortalNet(clock);
  const members: Member[] = [];
  for (let number = 1; number <= count; number++) {
    members.push(new Member(net, number));
    await clock.advance(20);
  }
  const [first, second, third, ...others] = members;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  return { clock, net, members, first, second, third, others };
}

describe('the hub', () => {
  test('is one process; when it dies another one is it at once, and who died is missed within a second', async () => {
    const { clock, members, first, second, third } = await world(3);
    assert.deepEqual(
      members.map(({ hub }) => hub.isHub),
      [true, false, false],
    );
    first.node.kill();
    await clock.advance(50);
    assert.equal([second, third].filter(({ hub }) => hub.isHub).length, 1);
    assert.deepEqual(third.left, []);
    await clock.advance(1000);
    assert.deepEqual([second.left, third.left], [['m1'], ['m1']]);
  });

  test('that says nothing is replaced within a second; awake again it steps down, and nobody was missed', async () => {
    const { clock, members, first, second, third } = await world(3);
    first.node.stop();
    await clock.advance(1000);
    assert.equal([second, third].filter(({ hub }) => hub.isHub).length, 1);
    first.node.wake();
    await clock.advance(3000);
    assert.equal(first.hub.isHub, false);
    assert.equal(members.filter(({ hub }) => hub.isHub).length, 1);
    // It was stopped for longer than anybody is waited for, or not; it has heard of nobody's leaving in any case.
    assert.deepEqual(first.left, []);
  });

  test('that closes in order hands over, and the one who is alone leaves nothing to wait for', async () => {
    const { clock, net, first, second, third } = await world(3);
    first.leave();
    void first.hub.close();
    await clock.advance(100);
    assert.equal([second, third].filter(({ hub }) => hub.isHub).length, 1);
    assert.deepEqual(second.left, ['m1']);
    second.leave();
    third.leave();
    void second.hub.close();
    await clock.advance(300);
    void third.hub.close();
    await clock.advance(300);
    assert.equal(net.hubs.at(-1)?.ended, true);
    const late = new Member(net, 9);
    assert.deepEqual(await late.hub.acquire('join'), { outcome: 'join', session });
  });

  test('a process that was stopped itself does not take its hub for dead', async () => {
    const { clock, net, first, second } = await world(3);
    second.node.stop();
    await clock.advance(60_000);
    second.node.wake();
    await clock.advance(3000);
    assert.equal(net.hubs.length, 1);
    assert.equal(first.hub.isHub, true);
  });

  test('a logon is not told that there is nothing to join before the others have come back', async () => {
    const { clock, net, first, second, third } = await world(3);
    const log = memoryLog();
    const node = new MortalNode(net, 77);
    const late = new HomeHub({
      endpoint: node,
      clock: node.clock,
      log,
      random: seededRandom(77),
      process: { pid: 77, program: 'late' },
      isAlive: net.isAlive,
    });
    first.node.kill();
    second.node.stop();
    third.node.stop(); // they cannot come back yet
    const acquired = late.acquire('share');
    await clock.advance(100);
    third.node.wake();
    await clock.advance(1000);
    assert.deepEqual(await acquired, { outcome: 'join', session });
  });
});

describe('a question', () => {
  test('is answered though the hub leaves in good order, and who answers is gone at once', async () => {
    const { clock, first, second, third } = await world(3);
    const answers: unknown[] = [];
    for (const member of [first, second]) member.hub.onQuestion((_ask, _question, answer) => answer(member.name, true));
    third.hub.onQuestion((_ask, _question, answer) => {
      third.node.clock.setTimer(300, () => {
        answer('m3', true);
        void third.hub.close();
      });
    });
    const asked = second.hub.ask('?', {
      onProcesses: () => {},
      onAnswer: ({ body }) => void answers.push(body),
      signal: new AbortController().signal,
    });
    await clock.advance(50);
    void first.hub.close();
    await clock.advance(400);
    await asked;
    assert.deepEqual(answers.sort(), ['m1', 'm2', 'm3']);
    assert.equal(second.hub.isHub, true);
  });
});

describe('a process that creates the session', () => {
  const newcomer = (net: MortalNet, number: number): Member => new Member(net, number, false);

  test('and is stopped meanwhile holds the others up for seconds; one that is busy for long and talks, as long as it takes', async () => {
    const clock = new VirtualClock();
    const net = new MortalNet(clock);
    const [hub, creator, waiting] = [newcomer(net, 1), newcomer(net, 2), newcomer(net, 3)];
    for (const { hub: each } of [hub, creator, waiting]) each.start();
    await clock.advance(50);
    const own = creator.hub.acquire('share');
    await clock.advance(10);
    assert.deepEqual(await own, { outcome: 'create', joinable: true });
    const answers: unknown[] = [];
    void waiting.hub.acquire('share').then((acquired) => void answers.push(acquired));
    await clock.advance(60_000); // its user thinks
    assert.deepEqual(answers, []);
    creator.node.stop();
    await clock.advance(creatorSilenceMsMax - 500);
    assert.deepEqual(answers, []);
    await clock.advance(1500);
    assert.deepEqual(answers, [{ outcome: 'create', joinable: true }]);
    await waiting.hub.enter(session, { id: 'm3', messaging: true, since: 1 });
    creator.node.wake();
    await clock.advance(500);
    creator.hub.settle({ outcome: 'create', joinable: true });
    const later = hub.hub.acquire('join');
    await clock.advance(500);
    assert.deepEqual(await later, { outcome: 'join', session });
  });

  test('does not lose its place to others because the hub was stopped, or is the hub', async () => {
    const clock = new VirtualClock();
    const net = new MortalNet(clock);
    const [hub, creator, waiting] = [newcomer(net, 1), newcomer(net, 2), newcomer(net, 3)];
    hub.hub.start();
    await clock.advance(50);
    const own = hub.hub.acquire('share');
    await clock.advance(10);
    assert.equal((await own).outcome, 'create');
    const answers: unknown[] = [];
    void waiting.hub.acquire('share').then((acquired) => void answers.push(acquired));
    void creator.hub.acquire('join').then((acquired) => void answers.push(acquired));
    await clock.advance(30_000);
    assert.deepEqual(answers, []);
    hub.node.kill();
    await clock.advance(3000);
    assert.equal(answers.length, 1);
  });
});

describe('a shared logoff', () => {
  test('asked of a hub that dies before it answers reaches everybody once', async () => {
    const { clock, first, second, third, others } = await world(5);
    const done = second.hub.end(session.id);
    first.node.kill();
    second.leave();
    await clock.advance(2000);
    await done;
    for (const member of [third, ...others]) assert.equal(member.ended, 1);
    assert.equal(second.ended, 0);
    for (const member of [third, ...others]) assert.deepEqual([...member.left].sort(), ['m1', 'm2']);
  });

  test('reaches everybody at once though the hub is stopped, or has just died', async () => {
    for (const fate of ['stop', 'kill'] as const) {
      const { clock, first, second, third, others } = await world(4);
      first.node[fate]();
      void second.hub.end(session.id);
      await clock.advance(1);
      for (const member of [third, ...others]) assert.equal(member.ended, 1, fate);
      await clock.advance(3000);
      if (fate === 'stop') first.node.wake();
      await clock.advance(3000);
      for (const member of [third, ...others]) assert.equal(member.ended, 1, fate);
      assert.deepEqual([first.ended, second.ended], [fate === 'stop' ? 1 : 0, 0]);
    }
  });

  test('does not wait for processes that are stopped, and they hear it when they wake', async () => {
    const { clock, second, third, others } = await world(4);
    third.node.stop();
    let told = false;
    const done = second.hub.end(session.id).then(() => {
      told = true;
    });
    await clock.advance(99);
    assert.equal(told, false);
    await clock.advance(2);
    await done;
    for (const member of others) assert.equal(member.ended, 1);
    third.node.wake();
    await clock.advance(10);
    assert.equal(third.ended, 1);
  });

  test('reaches a member that has come in the moment before the hub is stopped', async () => {
    const { clock, net, first, second } = await world(3);
    const late = new Member(net, 8, false);
    await late.hub.acquire('join');
    late.enter();
    first.node.stop();
    const done = second.hub.end(session.id);
    await clock.advance(3000);
    await done;
    assert.equal(late.ended, 1);
  });

  test('is the end of joining: who comes later makes a session of his own, which the next one joins', async () => {
    const { clock, net, first, second } = await world(3);
    await Promise.all([second.hub.end(session.id), clock.advance(200)]);
    const [late, later] = [new Member(net, 8, false), new Member(net, 9, false)];
    assert.deepEqual(await second.hub.acquire('join'), { outcome: 'none' });
    assert.deepEqual(await late.hub.acquire('join'), { outcome: 'none' });
    const made = await late.hub.acquire('share');
    assert.deepEqual(made, { outcome: 'create', joinable: true });
    const own = { ...session, id: 's2', since: 2 };
    late.enter(own);
    late.hub.settle(made);
    assert.deepEqual(await later.hub.acquire('share'), { outcome: 'join', session: own });
    await clock.advance(1500);
    assert.deepEqual([first.ended, late.ended], [1, 0]);
  });

  test('reaches who was told to join before it, and enters when all others have gone', async () => {
    for (const fate of ['nothing', 'kill'] as const) {
      const { clock, net, members, first, second } = await world(3);
      const late = new Member(net, 8, false);
      const acquired = await late.hub.acquire('join');
      assert.equal(acquired.outcome, 'join');
      const told = second.hub.end(session.id);
      await clock.advance(200);
      await told;
      if (fate === 'kill') first.node.kill();
      for (const member of members) {
        if (!member.node.isDead) member.leave();
        void member.hub.close();
      }
      await clock.advance(1500);
      assert.equal(late.ended, 0); // there is nobody to tell yet
      late.enter();
      late.hub.settle(acquired);
      await clock.advance(10);
      assert.equal(late.ended, 1, fate);
      await clock.advance(2000);
      assert.equal(late.ended, 1, fate);
    }
  });

  test('that two processes tell the hub of at a time is answered to both', async () => {
    const { clock, first, second, third, others } = await world(4);
    others[0]?.node.stop(); // so that the hub waits for its answer
    const ending = 'ab'.repeat(8);
    await first.node.notes.keep(session.id, ending);
    const late = [second, third].map((member) => member.hub.acquire('join'));
    await clock.advance(500);
    assert.deepEqual(await Promise.all(late), [{ outcome: 'none' }, { outcome: 'none' }]);
    assert.deepEqual([first.ended, second.ended, third.ended], [1, 1, 1]);
  });

  test('is known to who joins though the only one who is left of the session sleeps, and has not heard of it', async () => {
    const { clock, net, first, second, third } = await world(3);
    third.node.stop();
    const told = second.hub.end(session.id);
    await clock.advance(200);
    await told;
    first.node.kill();
    second.node.kill();
    const late = new Member(net, 8, false);
    const acquired = late.hub.acquire('share');
    await clock.advance(300);
    third.node.wake();
    await clock.advance(1500);
    assert.deepEqual(await acquired, { outcome: 'create', joinable: true });
    assert.equal(third.ended, 1);
  });

  test('of a session that a logon was to join, and did not, is forgotten with its last member', async () => {
    const { clock, net, members, first, second } = await world(3);
    const late = new Member(net, 8, false);
    const acquired = await late.hub.acquire('join');
    const told = second.hub.end(session.id);
    await clock.advance(200);
    await told;
    for (const member of members) member.leave();
    await clock.advance(50);
    assert.equal((await net.notes.kept(session.id)).length, 1);
    late.hub.settle(acquired);
    await clock.advance(50);
    assert.deepEqual(await net.notes.kept(session.id), []);
    assert.equal(first.ended, 1);
  });
});

/** Random deaths, sleeps, logons, leavings and shared logoffs. */
async function history(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.float() * list.length)];
  const { clock, net, members: founders } = await world(6);
  const members = [...founders];
  await clock.advance(1500);
  /** By session, and by member: whoever asks is not told. */
  const endings = new Map<string | Member, number>();
  const count = (of: string | Member): void => void endings.set(of, (endings.get(of) ?? 0) + 1);
  const logon = (): void => {
    const late = new Member(net, members.length + 1, false);
    members.push(late);
    void late.logon(clock, random.float() * 500);
  };
  for (let step = 0; step < 16; step++) {
    const living = members.filter(({ node }) => !node.isDead);
    const awake = living.filter(({ node }) => !node.isStopped);
    const actor = pick(awake);
    const kind = random.float();
    if (kind < 0.2 && living.length > 2) pick(living)?.node.kill();
    else if (kind < 0.4 && awake.length > 1) actor?.node.stop();
    else if (kind < 0.6) pick(living.filter(({ node }) => node.isStopped))?.node.wake();
    else if (kind < 0.68 && actor?.isMember === true && awake.length > 2) actor.leave();
    else if (kind < 0.8 && actor?.isMember === true) {
      count(actor.session.id);
      count(actor);
      void actor.hub.end(actor.session.id).catch(() => {});
      await clock.advance(random.float() * 60);
      if (random.float() < 0.7) logon();
      await clock.advance(1200); // until it is told; what is not told when its process dies was never promised
    } else if (kind < 0.95) {
      logon();
      await clock.advance(random.float() * 80);
      continue;
    }
    await clock.advance(random.float() * 900);
  }
  for (const { node } of members) if (!node.isDead) node.wake();
  await clock.advance(8000);
  const living = members.filter(({ node }) => !node.isDead);
  const name = `seed ${seed}`;
  assert.equal(living.filter(({ hub }) => hub.isHub).length, 1, `${name}: one hub`);
  const gone = founders.filter((member) => member.node.isDead || !member.isMember).map((member) => member.name);
  for (const member of living.filter(({ isMember }) => isMember)) {
    const who = `${name}: ${member.name}`;
    assert.deepEqual([...new Set(member.left)].length, member.left.length, `${who} hears nothing twice`);
    const toHear = (endings.get(member.session.id) ?? 0) - (endings.get(member) ?? 0);
    assert.equal(member.ended, toHear, `${who} hears every shared logoff of its session, whenever it has come`);
    if (!founders.includes(member)) continue;
    const heard = founders.filter((founder) => member.left.includes(founder.name)).map((founder) => founder.name);
    assert.deepEqual(heard, gone, `${who} hears of all who left`);
  }
}

test('LOGOFF-12, LOGOFF-15: whatever dies, stops and wakes, those who live hear everything once', {
  timeout: 120_000,
}, async () => {
  const only = Number(process.env.HUB_SEED ?? 0);
  const seeds =
    only > 0 ? [only] : Array.from({ length: Number(process.env.HUB_SEEDS ?? 150) }, (_, index) => index + 1);
  for (const seed of seeds) await history(seed);
});
