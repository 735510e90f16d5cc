/** Random histories of members of a session: whatever happens, those who live hear everything once. */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import { test } from 'vitest';
import { Member, topic, world } from './members.testing.ts';

/** Messages take so long in every second history. */
const latencyMsMax = 30;

/** Random deaths, sleeps, logons, leavings, listenings and shared logoffs. */
async function history(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const travel = seededRandom(seed + 1_000_000);
  const latencyMs = (): number => (seed % 2 === 0 ? travel.float() * latencyMsMax : 0);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.float() * list.length)];
  const { clock, net, members: founders } = await world(6, { messageMs: latencyMs });
  const members = [...founders];
  await clock.advance(1500);
  /** By session, and by member: whoever asks is not told. */
  const endings = new Map<string | Member, number>();
  const count = (of: string | Member): void => void endings.set(of, (endings.get(of) ?? 0) + 1);
  const logon = (): void => {
    const late = new Member(net, members.length + 1, false);
    members.push(late);
    void late.logon(clock, random.float() * 500);
    listenLater(late);
  };
  const listenLater = (member: Member): void => {
    void clock.setTimer(travel.float() * 300, () => member.node.run(() => member.listen()));
  };
  for (const founder of founders) listenLater(founder);
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
  for (const member of living) member.woken = 0;
  living[0]?.hub.wakeUps.signal(topic);
  const next = new Member(net, members.length + 1, false);
  await Promise.all([next.logon(clock, 10), clock.advance(1000)]);
  assert.deepEqual(
    living.filter(({ woken }) => woken !== 1).map((member) => member.name),
    [],
    `${name}: all who listen are woken`,
  );
  assert.ok(next.isMember, `${name}: who comes next logs on`);
}

test('who wakes, and finds a question and word of the same end, hears of it once', async () => {
  const { clock, first, second, third } = await world(3);
  const ending = 'ab'.repeat(8);
  let asked = 0;
  for (const { hub } of [first, second, third]) {
    hub.onQuestion((_ask, question, answer) => {
      if (hub.noteEnding('s1', String(question))) asked++;
      answer(null, true);
    });
  }
  third.node.stop();
  const limit = new AbortController();
  const end = second.hub.ask(ending, { onProcesses: () => {}, onAnswer: () => {}, signal: limit.signal });
  await clock.advance(100);
  limit.abort(new Error('enough'));
  await assert.rejects(end, /enough/);
  await second.hub.leaveWord('s1', ending);
  await clock.advance(100);
  assert.deepEqual([asked, first.ended, second.ended], [2, 0, 0]);
  third.node.wake();
  await clock.advance(1000);
  assert.equal(asked + third.ended, 3);
});

test('LOGOFF-12, LOGOFF-15: whatever dies, stops and wakes, those who live hear everything once', async () => {
  const only = Number(process.env.HUB_SEED ?? 0);
  const seeds =
    only > 0 ? [only] : Array.from({ length: Number(process.env.HUB_SEEDS ?? 150) }, (_, index) => index + 1);
  for (const seed of seeds) await history(seed);
});
