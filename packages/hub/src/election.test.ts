/** What becomes of the hub and of notices when processes die, stop and wake up, on a clock of the test. */
import assert from 'node:assert/strict';
import { memoryLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { HomeHub } from './home-hub.ts';
import { creatorSilenceMsMax } from './logon-gate.ts';
import { Member, session, world } from './members.testing.ts';
import { MortalNet, MortalNode } from './mortal.testing.ts';

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

  test('that dies as a member leaves, and its process lives on, does not leave it behind as one that sleeps', async () => {
    const { clock, first, second, third } = await world(3);
    await clock.advance(500);
    first.node.kill();
    third.leave();
    void third.hub.close();
    await clock.advance(3000);
    assert.deepEqual([...second.left].sort(), ['m1', 'm3']);
  });

  test('that dies as a member comes and goes does not make it come again', async () => {
    const { clock, first, second } = await world(3, { messageMs: () => 40 });
    await clock.advance(2000);
    const own = { ...session, id: 's2' };
    void second.hub.enter(own, { id: 'brief', messaging: true, since: 1 });
    await clock.advance(10);
    second.hub.leave('s2', 'brief');
    first.node.kill();
    await clock.advance(3000);
    let seen: unknown[] = [];
    const asked = second.hub.ask('?', {
      onProcesses: (all) => {
        seen = all.flatMap(({ sessions }) => sessions.map((part) => part.session.id));
      },
      onAnswer: () => {},
      signal: new AbortController().signal,
    });
    await clock.advance(1000);
    await asked;
    assert.deepEqual([...new Set(seen)], ['s1']);
  });

  test('that is new tells of a member that goes, also those who could not hear that it had come', async () => {
    const { clock, net, first, second, third } = await world(3);
    first.node.stop();
    await clock.advance(800); // another one is the hub, and says of nobody yet who is there
    const guest = new Member(net, 9);
    await clock.advance(50);
    first.node.wake();
    await clock.advance(250);
    guest.leave();
    await clock.advance(50);
    for (const one of [first, second, third]) assert.deepEqual(one.left, ['m9'], one.name);
    await clock.advance(5000);
    for (const one of [first, second, third]) assert.deepEqual(one.left, ['m9'], one.name);
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
      mayLive: net.mayLive,
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

describe('processes that are all stopped', () => {
  const own = { ...session, id: 'p1', shared: false, joinable: false };
  const found = async (hub: HomeHub, clock: VirtualClock): Promise<unknown[]> => {
    let all: unknown[] = [];
    const limit = new AbortController();
    const asked = hub.ask('?', {
      onProcesses: (processes) => {
        all = processes.flatMap(({ process, sessions }) =>
          sessions.flatMap((part) => part.members.map(({ id }) => [process.pid, part.session.id, id])),
        );
      },
      onAnswer: () => {},
      signal: limit.signal,
    });
    await clock.advance(3000);
    limit.abort(new Error('enough'));
    await assert.rejects(asked, /enough/);
    return all;
  };

  test('are known to who comes, with what they have; who logs on joins their session; a question reaches who wakes', async () => {
    const { clock, net, first, second, third } = await world(3);
    void third.hub.enter(own, { id: 'own', messaging: true, since: 1 });
    await clock.advance(200);
    for (const { node } of [first, second, third]) node.stop();
    const late = new Member(net, 9, false);
    const known = [
      [1, 's1', 'm1'],
      [2, 's1', 'm2'],
      [3, 's1', 'm3'],
      [3, 'p1', 'own'],
    ];
    assert.deepEqual((await found(late.hub, clock)).sort(), known.sort());
    assert.deepEqual(await late.hub.acquire('join'), { outcome: 'join', session });
    const asked: unknown[] = [];
    second.hub.onQuestion((_ask, question, answer) => {
      asked.push(question);
      answer(null, true);
    });
    void late.hub.ask('again?', { onProcesses: () => {}, onAnswer: () => {}, signal: new AbortController().signal });
    await clock.advance(100);
    second.node.wake();
    await clock.advance(1000);
    assert.deepEqual(asked, ['again?']);
  });

  test('and killed then are nobody, and their papers go', async () => {
    const { clock, net, first, second, third } = await world(3);
    await clock.advance(200);
    assert.equal((await net.papers.read('here')).length, 3);
    for (const { node } of [first, second, third]) {
      node.stop();
      node.kill();
    }
    const late = new Member(net, 9, false);
    await clock.advance(100);
    assert.deepEqual(await Promise.all([late.hub.acquire('join'), clock.advance(3000)]), [
      { outcome: 'none' },
      undefined,
    ]);
    assert.deepEqual(await net.papers.read('here'), []);
  });

  test('leave no paper when they end, nor for sessions that come and go', async () => {
    const { clock, net, members, first } = await world(3);
    await clock.advance(200);
    for (const member of members) member.leave();
    await clock.advance(200);
    assert.deepEqual(await net.papers.read('here'), []);
    for (let round = 0; round < 15; round++) {
      first.enter(own);
      await clock.advance(50);
      first.leave();
      assert.deepEqual(await net.papers.read('here'), []);
    }
    first.enter();
    assert.equal((await net.papers.read('here')).length, 1, 'of a shared session at once');
    await clock.advance(200);
    assert.equal((await net.papers.read('here')).length, 1);
    void first.hub.close();
    await clock.advance(500);
    assert.deepEqual(await net.papers.read('here'), []);
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
