import assert from 'node:assert/strict';
import { memoryLog, VirtualClock } from '@nodemapi/base';
import type { IdleOptions, IdleRoutine, IdleTag } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Foreground } from './foreground.ts';
import { IdleEngine } from './idle-engine.ts';

/** A clock whose machine can sleep: the time of day goes on, the other stands still. */
class SleepyClock extends VirtualClock {
  #sleptMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#sleptMs;
  }

  sleep(ms: number): void {
    this.#sleptMs += ms;
  }
}

function made(initialised = true) {
  const clock = new SleepyClock();
  const log = memoryLog();
  const foreground = new Foreground();
  const engine = new IdleEngine({ clock, log, foreground });
  if (initialised) engine.init(0);
  const calls: string[] = [];
  const note =
    (name: string): IdleRoutine =>
    () => {
      calls.push(name);
      return false;
    };
  const add = (name: string, priority = -1, csecIdle = 0, options: IdleOptions = {}): IdleTag => {
    const tag = engine.register(note(name), undefined, priority, csecIdle, options);
    assert.ok(tag !== null);
    return tag;
  };
  const events = (): string => log.entries.map(({ event }) => event).join();
  return { clock, log, foreground, engine, calls, note, add, events };
}

describe('idle engine', () => {
  test('INIT-37: MAPIInitIdle comes first, counts, and each needs its MAPIDeInitIdle', async () => {
    const { engine, note, calls, clock, events } = made(false);
    assert.equal(engine.register(note('early'), undefined, -1, 0, {}), null);
    assert.match(events(), /was not registered/);
    assert.throws(() => engine.enable(1 as IdleTag, true), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.equal(engine.init(1), 1);
    assert.throws(() => engine.deinit(), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.deepEqual([engine.init(0), engine.init(null)], [0, 0]);
    engine.register(note('a'), undefined, -1, 0, {});
    engine.deinit();
    await clock.advance(1);
    assert.deepEqual(calls, ['a']);
    engine.deinit();
    await clock.advance(10_000);
    assert.deepEqual(calls, ['a']);
    assert.equal(clock.pendingTimers, 0);
  });

  test('INIT-38, UTIL-042: a tag names a routine until it is deregistered; what is impossible has none', () => {
    const { engine, note, add } = made();
    const tag = add('a');
    assert.notEqual(add('b'), tag);
    engine.deregister(tag);
    for (const use of [
      () => engine.deregister(tag),
      () => engine.enable(tag, true),
      () => engine.change(tag, { priority: 2 }),
    ]) {
      assert.throws(use, { code: 'MAPI_E_NOT_FOUND' });
    }
    assert.equal(engine.register('none' as never, undefined, -1, 0, {}), null);
    assert.equal(engine.register(note('x'), undefined, -1, -5, {}), null);
    assert.equal(engine.register(note('x'), undefined, 1.5, 0, {}), null);
    assert.equal(engine.register(note('x'), undefined, -1, 0, { wat: true } as never), null);
  });

  test('INIT-39: FIROWAIT puts the first call off, until the user has been inactive for so long', async () => {
    const { clock, add, calls, foreground } = made();
    add('waits', -1, 100, { wait: true });
    await clock.advance(900);
    foreground.begun++; // a call of a client, which has ended already
    await clock.advance(150);
    assert.deepEqual(calls, []);
    await clock.advance(949);
    assert.deepEqual(calls, []);
    await clock.advance(1);
    assert.deepEqual(calls, ['waits']);
    await clock.advance(1000);
    assert.ok(calls.length >= 5, 'then it is called as often as there is time');
  });

  test('INIT-39: FIROINTERVAL is the least time between two calls', async () => {
    const { clock, add, calls } = made();
    add('regular', -1, 100, { interval: true });
    await clock.advance(0);
    assert.equal(calls.length, 1);
    await clock.advance(999);
    assert.equal(calls.length, 1);
    await clock.advance(2001);
    assert.equal(calls.length, 4);
  });

  test('INIT-39: the two exclude each other, and FIRODISABLED registers a routine that rests', async () => {
    const { clock, engine, add, calls, note } = made();
    assert.equal(engine.register(note('x'), undefined, -1, 5, { wait: true, interval: true }), null);
    const tag = add('rests', -1, 0, { disabled: true });
    await clock.advance(1000);
    assert.deepEqual(calls, []);
    engine.enable(tag, true);
    await clock.advance(1);
    assert.deepEqual(calls, ['rests']);
    engine.enable(tag, false);
    await clock.advance(1000);
    assert.deepEqual(calls, ['rests']);
  });

  test('INIT-40: the obsolete options change nothing', async () => {
    const { clock, add, calls } = made();
    add('again', -1, 100, { interval: true, onceOnly: true, perBlock: true });
    await clock.advance(2500);
    assert.equal(calls.length, 3);
  });

  test('INIT-40: time that the machine slept counts with FIRONOADJUSTMENT alone', async () => {
    const { clock, add, calls } = made();
    const fiveMinutes = 5 * 60 * 100;
    add('adjusted', -1, fiveMinutes, { wait: true });
    add('not adjusted', -1, fiveMinutes, { wait: true, noAdjustment: true });
    await clock.advance(60_000);
    clock.sleep(10 * 60_000);
    await clock.advance(1000);
    assert.deepEqual([...new Set(calls)], ['not adjusted']);
    await clock.advance(4 * 60_000 - 2000);
    assert.ok(!calls.includes('adjusted'));
    await clock.advance(2000);
    assert.ok(calls.includes('adjusted'));
  });

  test('INIT-41, UTIL-042, C-13: the highest priority that is ready goes first; below zero only when no call of a client runs', async () => {
    const { clock, add, calls, foreground, engine, note } = made();
    assert.equal(engine.register(note('user'), undefined, 0, 0, {}), null);
    foreground.running = 1;
    add('low', -3, 1000, { interval: true });
    add('middle', -1, 1000, { interval: true });
    add('high', 1, 1000, { interval: true });
    add('highest', 2, 1000, { interval: true });
    await clock.advance(500);
    assert.deepEqual(calls, ['highest', 'high']);
    foreground.running = 0;
    await clock.advance(500);
    assert.deepEqual(calls, ['highest', 'high', 'middle', 'low']);
  });

  test('AMB-22: above zero they come before the calls of the user, below zero after them; none after its deregistration', async () => {
    const { clock, add, calls, foreground, engine } = made();
    foreground.running = 1; // a call of a client that is under way
    const high = add('high', 1, 100, { interval: true });
    const low = add('low', -1, 100, { interval: true });
    await clock.advance(1000);
    assert.ok(calls.length > 0 && !calls.includes('low'));
    engine.deregister(high);
    engine.deregister(low);
    calls.length = 0;
    foreground.running = 0;
    await clock.advance(5000);
    assert.deepEqual(calls, []);
  });

  test('INIT-42: a routine may deregister itself; one that is long, answers true or throws is reported', async () => {
    const { clock, engine, calls, log, events } = made();
    const tags: IdleTag[] = [];
    const add = (routine: IdleRoutine): void =>
      void tags.push(engine.register(routine, 'context', -1, 10_000, { interval: true }) ?? assert.fail());
    add((parameter) => {
      calls.push(String(parameter));
      engine.deregister(tags[0] as IdleTag);
      return false;
    });
    await clock.advance(1);
    assert.throws(() => engine.enable(tags[0] as IdleTag, true), { code: 'MAPI_E_NOT_FOUND' });
    assert.deepEqual([calls, log.entries.length], [['context'], 0]);
    add((() => true) as never);
    add(() => {
      throw new TypeError('broken');
    });
    add(async () => {
      await clock.delay(101);
      return false;
    });
    await clock.advance(1000);
    for (const what of [/answers false, always/, /failed/, /took long/]) assert.match(events(), what);
  });

  test('a routine that does not return is disabled, and the others run', async () => {
    const { clock, engine, add, calls, events } = made();
    engine.register(() => new Promise<false>(() => {}), undefined, 9, 0, {});
    add('other');
    await clock.advance(59_000);
    assert.deepEqual(calls, []);
    await clock.advance(2000);
    assert.match(events(), /failed/);
    assert.ok(calls.length > 0);
  });

  test('INIT-43: routines run one at a time, and never within the call that makes them ready', async () => {
    const { clock, engine, calls } = made();
    for (const name of ['a', 'b']) {
      engine.register(
        async () => {
          calls.push(`${name} begins`);
          await clock.delay(50);
          calls.push(`${name} ends`);
          return false;
        },
        undefined,
        -1,
        10_000,
        { interval: true },
      );
    }
    assert.deepEqual(calls, []);
    await clock.advance(200);
    assert.deepEqual(calls, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test('INIT-44: a change alters what it names, and nothing else', async () => {
    const { clock, engine, calls, note } = made();
    const say = (parameter: unknown): false => {
      calls.push(String(parameter));
      return false;
    };
    const tag = engine.register(say, 'old', -1, 100, { interval: true });
    assert.ok(tag !== null);
    await clock.advance(0);
    engine.change(tag, { parameter: 'new' }); // FIRCPV
    await clock.advance(1000);
    engine.change(tag, { csecIdle: 200 }); // FIRCCSEC
    await clock.advance(1999);
    assert.deepEqual(calls, ['old', 'new']);
    engine.change(tag, { routine: note('other') }); // FIRCPFN
    await clock.advance(1);
    assert.deepEqual(calls, ['old', 'new', 'other']);
    engine.change(tag, { options: {} }); // FIRCIRO: no interval any more
    await clock.advance(500);
    assert.ok(calls.length > 5);
    engine.change(tag, { priority: 4 }); // FIRCPRI
    for (const wrong of [{ priority: 0 }, { csecIdle: -1 }, { options: { wait: true, interval: true } }]) {
      assert.throws(() => engine.change(tag, wrong), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
    assert.throws(() => engine.change(tag, { pri: 1 } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });
});
