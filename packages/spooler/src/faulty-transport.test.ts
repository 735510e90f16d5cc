/**
 * Every call of a transport, going wrong in every way while the spooler works with it: the spooler ends in time, says
 * nothing to the process, loses no message, and the next one sends it.
 */
import assert from 'node:assert/strict';
import { FAULTS, type Fault, FaultPlan, faultyObject, PROVIDER_METHODS } from '@nodemapi/conformance';
import { MapiError, PR_SUBJECT, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { type Process, turns, World } from './world.testing.ts';

/** What the session calls, and nobody here does. */
const OF_THE_SESSION = ['openStatusEntry', 'release', 'transportLogoff'];
const CALLS = PROVIDER_METHODS.IXPLogon.filter((method) => !OF_THE_SESSION.includes(method));
const minuteMs = 60_000;
/** What a shutdown is given, and what it may take in all: the time, its grace, and a turn. */
const shutdownMs = 1000;
const shutdownMsMax = 3000;

class FaultyTransport extends ScriptedTransport {
  readonly plan: FaultPlan;

  constructor(plan: FaultPlan) {
    super('faulty', { poll: true, idle: true });
    this.plan = plan;
  }

  override asTransport(): ReturnType<ScriptedTransport['asTransport']> {
    return { ...super.asTransport(), logon: faultyObject<ScriptedTransport>(this, this.plan) };
  }
}

/** Whether `call` has settled when `limitMs` have passed; it may fail by a MapiError alone. */
async function within(world: World, limitMs: number, what: string, call: () => Promise<unknown>): Promise<void> {
  let settled = false;
  const called = call().then(
    () => true,
    (error: unknown) => MapiError.is(error),
  );
  void called.then(() => {
    settled = true;
  });
  for (let passedMs = 0; !settled && passedMs <= limitMs; passedMs += 250) await world.pass(250);
  assert.ok(settled, `${what} hangs`);
  assert.ok(await called, `${what} fails with no MapiError`);
}

/** A day of the spooler with what it does by itself and what it is asked to. */
async function work(world: World, { spooler }: Process): Promise<void> {
  const asked = new AbortController();
  const asking = [
    spooler.flushQueues({ upload: true, download: true }, asked.signal),
    spooler.validateState({}),
    spooler.drain({ signal: asked.signal }),
  ];
  for (const one of asking) one.catch(() => {}); // whoever asks waits as long as he likes
  for (let minute = 0; minute < 5; minute++) await world.pass(minuteMs);
  asked.abort();
  await turns();
}

async function withFault(call: string, fault: Fault): Promise<readonly string[]> {
  const world = await World.make();
  const plan = new FaultPlan({ clock: world.clock }).set(`IXPLogon.${call}`, fault);
  const faulty = new FaultyTransport(plan);
  faulty.incoming.push(async (message) => {
    await message.setProps([prop(PR_SUBJECT, 'incoming')]);
    await message.saveChanges();
  });
  world.transports = [faulty];
  await world.submit('outgoing', ['x@example.org']);
  const first = await world.process();
  const starting = first.spooler.start();
  starting.catch(() => {}); // a transport that does not say its address types holds it up
  await world.pass();
  await work(world, first);
  await within(world, shutdownMsMax, `the shutdown, with ${call}: ${fault}`, () => first.spooler.shutdown(shutdownMs));
  plan.clear();
  plan.letGo();
  await world.pass(minuteMs);

  const sound = new ScriptedTransport('sound');
  world.transports = [sound];
  const next = await world.process();
  await next.spooler.start();
  for (let hour = 0; hour < 12; hour++) await world.pass(60 * minuteMs);
  const [held] = await next.spooler.outgoing();
  if (held?.state === 'held') await next.spooler.retry(held.entryId);
  for (let hour = 0; hour < 6; hour++) await world.pass(60 * minuteMs);
  assert.equal(await world.queued(), 0, `${call}: ${fault}: the message is in the queue still`);
  const went = faulty.sent.length + sound.sent.length;
  const reports = (await world.received('REPORT')).length;
  assert.ok(went + reports > 0, `${call}: ${fault}: the message is neither sent nor reported`);
  await next.spooler.shutdown(shutdownMs);
  return plan.calls;
}

describe('a transport that goes wrong', () => {
  for (const call of CALLS) {
    test(`in ${call}`, async () => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', note);
      try {
        for (const fault of FAULTS) {
          const calls = await withFault(call, fault);
          assert.ok(calls.includes(`IXPLogon.${call}`), `nobody calls ${call}`);
        }
        await turns();
      } finally {
        process.off('unhandledRejection', note);
      }
      assert.deepEqual(unhandled, []);
    });
  }
});
