/** Random histories of programs in which everything takes its time: what falls between two steps is not lost. */
import assert from 'node:assert/strict';
import { type Random, seededRandom, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { Program, Truth } from './crowd.testing.ts';
import type { ProcessPresence } from './message.ts';
import { MortalNet } from './mortal.testing.ts';

const stepsMax = 60;
const programsMax = 12;
const topics = ['a', 'b', 'c'];
/** So many things follow the end of a hub closely. */
const hurriedSteps = 10;
/** After that everything that goes on has come to its end. */
const quietMs = 15_000;

interface World {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly net: MortalNet;
  readonly truth: Truth;
  readonly random: Random;
  /** Processes are stopped and killed. */
  readonly stops: boolean;
  readonly kills: boolean;
}

function worldOf(seed: number): World {
  const random = seededRandom(seed);
  const travel = seededRandom(seed + 1_000_000);
  const clock = new VirtualClock();
  const upTo = (ms: number) => () => travel.float() * ms;
  const net = new MortalNet(clock, {
    messageMs: upTo(random.float() * 30),
    fileMs: upTo(random.float() * 30),
    blockedMs: () => (travel.float() < 0.1 ? travel.float() * 50 : 0),
  });
  const [stops, kills] = [seed % 4 === 0, seed % 4 < 3];
  return { name: `seed ${seed}`, clock, net, truth: new Truth(), random, stops, kills };
}

const newcomer = ({ net, truth }: World): Program => new Program(net, truth, truth.programs.length + 1);

/** One thing that happens; whether there will be another hub. */
function step(world: World): boolean {
  const { random, truth, stops, kills } = world;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.float() * list.length)];
  const there = truth.programs.filter(({ isThere }) => isThere);
  const actor = pick(there.filter(({ isAwake }) => isAwake));
  const kind = random.float();
  const guest = pick([...(actor?.guests.values() ?? [])]);
  if (kind < 0.1 && there.length < programsMax) newcomer(world);
  else if (kind < 0.15 && kills && there.length > 2) return goes(pick(there), (one) => one.kill());
  else if (kind < 0.19 && stops) actor?.stop();
  else if (kind < 0.24) pick(there.filter(({ node }) => node.isStopped))?.node.wake();
  else if (kind < 0.3 && there.length > 2) return goes(actor, (one) => one.close());
  else if (kind < 0.56) {
    const wish = pick(['join', 'share', 'share', 'shareNew'] as const) ?? 'share';
    const limitMs = random.float() < 0.4 ? random.float() * 200 : 60_000;
    actor?.logon(wish, { tookMs: random.float() * 300, fails: random.float() < 0.2, limitMs });
  } else if (kind < 0.7 && guest !== undefined) actor?.leave(guest);
  else if (kind < 0.76 && guest?.session.shared === true) actor?.end(guest.session.id);
  else if (kind < 0.84) actor?.ask(random.float() * 3000);
  else if (kind < 0.92) actor?.signal(pick(topics) ?? '');
  else turn(world, actor, pick(topics) ?? '');
  return false;
}

/** Somebody begins or ceases to listen; another one may signal just then. */
function turn({ random, truth, clock }: World, actor: Program | undefined, topic: string): void {
  actor?.turnListening(topic);
  const others = truth.programs.filter((one) => one.isAwake && one !== actor);
  const other = others[Math.floor(random.float() * others.length)];
  if (random.float() < 0.5) clock.setTimer(random.float() * 20, () => other?.isAwake === true && other.signal(topic));
}

function goes(program: Program | undefined, how: (program: Program) => void): boolean {
  const isHub = program?.hub.isHub === true;
  if (program !== undefined) how(program);
  return isHub;
}

/** What the hub knows, as it tells a newcomer. */
async function presence(world: World, asking: Program): Promise<readonly ProcessPresence[]> {
  let known: readonly ProcessPresence[] = [];
  const limit = new AbortController();
  const onProcesses = (all: readonly ProcessPresence[]): void => {
    known = all;
  };
  const asked = asking.hub.ask('?', { onProcesses, onAnswer: () => {}, signal: limit.signal });
  await world.clock.advance(3000);
  limit.abort(new Error('enough'));
  await asked.catch(() => {});
  return known;
}

const membersOf = (known: readonly ProcessPresence[]): readonly string[] =>
  known.flatMap(({ process, sessions }) =>
    sessions.flatMap(({ session, members }) =>
      members.length === 0
        ? [`${process.program} in ${session.id}`]
        : members.map(({ id }) => `${id} in ${session.id}`),
    ),
  );

/** Nothing is left over, and nobody is taken for there who is not. */
async function checkState(world: World): Promise<void> {
  const { name, truth, clock } = world;
  const there = truth.programs.filter(({ isThere }) => isThere);
  const waiting = truth.programs.filter(({ node }) => !node.isDead);
  for (const program of waiting)
    assert.deepEqual([...program.pending], [], `${name}: ${program.name} waits for nothing`);
  const late = newcomer(world);
  const known = await presence(world, late);
  const inTruth = there.flatMap(({ guests }) =>
    [...guests.values()].map(({ id, session }) => `${id} in ${session.id}`),
  );
  assert.deepEqual([...membersOf(known)].sort(), inTruth.sort(), `${name}: members that are known`);
  const strangers = known.filter(
    ({ process }) => !truth.programs.some((one) => one.isThere && one.name === process.program),
  );
  assert.deepEqual(
    strangers.map(({ process }) => process.program),
    [],
    `${name}: nobody is there who has left`,
  );
  assert.equal(truth.programs.filter(({ hub, isThere }) => isThere && hub.isHub).length, 1, `${name}: one hub`);
  late.logon('share', { tookMs: 10, fails: false, limitMs: 60_000 });
  await clock.advance(1000);
  assert.equal(late.guests.size, 1, `${name}: who comes next logs on`);
  if (world.stops) return;
  const open = there
    .flatMap(({ guests }) => [...guests.values()].map(({ session }) => session))
    .filter(({ id, joinable }) => joinable && !truth.endings.has(id));
  assert.ok(new Set(open.map(({ id }) => id)).size <= 1, `${name}: one session to join`);
}

/** Whoever was to hear something has heard it, once. */
function checkHeard({ name, truth, stops }: World): void {
  const there = truth.programs.filter(({ isThere }) => isThere);
  for (const program of there) {
    const who = `${name}: ${program.name}`;
    assert.equal(new Set(program.left).size, program.left.length, `${who} hears of nobody's leaving twice`);
    const early = program.left.filter((id) => truth.guests.get(id)?.guest.goneMs === Number.POSITIVE_INFINITY);
    assert.deepEqual(early, [], `${who} hears of no leaving of who is there`);
    for (const session of new Set([...program.guests.values()].map((guest) => guest.session.id))) {
      const others = [...(truth.endings.get(session) ?? [])].filter(([by]) => by !== program);
      const least = others.reduce((sum, [, { told }]) => sum + told, 0);
      const most = others.reduce((sum, [, { started }]) => sum + started, 0);
      const heard = program.ended.get(session) ?? 0;
      assert.ok(heard >= least && heard <= most, `${who} hears ${heard} of ${least} to ${most} logoffs of ${session}`);
    }
    for (const { atMs, answered, outcome } of program.asked) {
      if (outcome !== 'answered') continue;
      const silent = there.filter(
        (one) =>
          one.startedMs < atMs - 3000 &&
          !one.wasStopped &&
          [...one.guests.values()].some(({ settledMs }) => settledMs < atMs - 3000) &&
          !answered.has(one.name),
      );
      assert.deepEqual(
        silent.map((one) => one.name),
        [],
        `${who} has all answers`,
      );
    }
  }
  assert.deepEqual(truth.deaf, [], `${name}: who is not woken`);
  if (!stops) assert.deepEqual(truth.lateQuestions, [], `${name}: what was given up is asked no more`);
}

/** All leave, one after the other: who is in the same session hears of it. */
async function checkLeavings({ name, truth, clock }: World): Promise<void> {
  const there = truth.programs.filter(({ isThere }) => isThere);
  for (const leaver of there) {
    for (const guest of [...leaver.guests.values()]) {
      leaver.leave(guest);
      await clock.advance(200);
      if (!guest.session.shared) continue;
      const others = there.filter(
        (one) => one !== leaver && [...one.guests.values()].some(({ session }) => session.id === guest.session.id),
      );
      const deaf = others.filter(({ left }) => !left.includes(guest.id));
      assert.deepEqual(
        deaf.map((one) => one.name),
        [],
        `${name}: who hears that ${guest.id} leaves`,
      );
    }
  }
}

/** What is lost as the last hub comes no later one makes good. */
async function lastHub(world: World): Promise<void> {
  const { truth, clock, random, kills } = world;
  const there = truth.programs.filter(({ isThere }) => isThere);
  const hub = there.find((program) => program.hub.isHub);
  if (there.length > 3) goes(hub, (one) => (kills ? one.kill() : one.close()));
  for (let count = 0; count < 2 * hurriedSteps; count++) {
    step(world);
    await clock.advance(random.float() * 12);
  }
}

async function history(seed: number): Promise<void> {
  const world = worldOf(seed);
  const { clock, truth, random } = world;
  for (let count = 0; count < 3; count++) newcomer(world);
  let hurried = 0;
  for (let count = 0; count < stepsMax; count++) {
    const isChange = step(world);
    if (isChange) hurried = hurriedSteps;
    const stepMs = hurried-- > 0 ? 12 : random.float() < 0.7 ? 60 : 1200;
    await clock.advance(random.float() * stepMs);
  }
  await lastHub(world);
  for (const { node } of truth.programs) if (!node.isDead) node.wake();
  await clock.advance(quietMs);
  checkHeard(world);
  await checkState(world);
  await checkLeavings(world);
}

test('LOGOFF-12, LOGOFF-15: whatever falls between two steps of others, nothing said is lost and nobody waits for ever', {
  timeout: 120_000 + 1000 * Number(process.env.HUB_SEEDS ?? 0),
}, async () => {
  const only = Number(process.env.HUB_SEED ?? 0);
  const count = Number(process.env.HUB_SEEDS ?? 40);
  const seeds = only > 0 ? [only] : Array.from({ length: count }, (_, index) => index + 1);
  for (const seed of seeds) await history(seed);
});
