/** Changes that one process commits, and the sinks of others: soon, all of them, in order, whatever happens meanwhile. */
import assert from 'node:assert/strict';
import { NOTIFICATIONS_LOST } from '@nodemapi/kit';
import { describe, test } from 'vitest';
import { type Heard, MemberHome, type MemberProcess } from './members.testing.ts';

const PRIVATE = { newSession: true };

/** Who listens looks by the clock, too; every timer that is as long as this, or longer, is withheld. */
const TIMER_MS = 50;

/** Processes with a session each on one store; each but the first listens to it. */
async function listeners(home: MemberHome, count: number): Promise<readonly MemberProcess[]> {
  const all = home.start(count);
  for (const [index, one] of all.entries()) {
    await one.call('logon', 'a', 'Work', PRIVATE);
    await one.call('openStore', 'a');
    if (index > 0) await one.call('watch', 'a');
  }
  return all;
}

/** Identifiers of the messages that were heard of as new, each once, and in the order of the journal. */
function created(heard: readonly Heard[]): readonly unknown[] {
  const all = heard.filter((one) => one.heard.kind === 'objectCreated');
  const numbers = all.map((one) => Number(one.heard.seq));
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  return all.map((one) => one.heard.entryId);
}

describe('changes of another process', () => {
  test('NOTIF-31: reach sinks of private sessions by wake-ups, with identifiers that are good there', async () => {
    await using home = await MemberHome.make();
    const [writer, listener] = await listeners(home, 2);
    assert.ok(writer !== undefined && listener !== undefined);
    for (const one of [writer, listener]) {
      await one.call('list'); // the hub has answered it, so it has heard for what it wants to be woken
      await one.call('withhold', TIMER_MS);
    }
    for (let count = 1; count <= 25; count++) {
      await writer.call('write', 'a', 'one');
      await listener.hears('objectCreated', count);
    }
    const ids = created(listener.heard);
    const subjects = await listener.call<readonly string[]>('subjects', 'a', ids);
    assert.deepEqual(new Set(subjects), new Set(['one 0']));
    assert.equal(ids.length, 25);
  });

  test('are told in order and once each, also while the hub is killed again and again', async () => {
    await using home = await MemberHome.make();
    const [writer, listener, ...hubs] = await listeners(home, 5);
    assert.ok(writer !== undefined && listener !== undefined);
    const [first] = hubs;
    const written = writer.call('write', 'a', 'many', 60);
    await listener.hears('objectCreated', 5);
    await first?.kill();
    for (const hub of hubs.slice(1)) await hub.kill();
    await written;
    await listener.hears('objectCreated', 60);
    assert.equal(new Set(created(listener.heard)).size, 60);
  });

  test('are told to a process that slept, when it wakes', async () => {
    await using home = await MemberHome.make();
    const [writer, listener] = await listeners(home, 2);
    assert.ok(writer !== undefined && listener !== undefined);
    listener.signal('SIGSTOP');
    await writer.call('write', 'a', 'asleep', 200);
    listener.signal('SIGCONT');
    await listener.hears('objectCreated', 200);
    assert.equal(new Set(created(listener.heard)).size, 200);
  });

  test('of which too many wait for a slow sink become one notice, and the sink hears what comes after', async () => {
    await using home = await MemberHome.make();
    const [writer, listener] = home.start(2);
    assert.ok(writer !== undefined && listener !== undefined);
    for (const one of [writer, listener]) {
      await one.call('logon', 'a', 'Work', PRIVATE);
      await one.call('openStore', 'a');
    }
    await listener.call('watchSlowly', 'a');
    await writer.call('write', 'a', 'first');
    await listener.hears('objectCreated', 1); // and now its sink does not come back
    await writer.call('write', 'a', 'flood', 1050);
    await listener.call('settle', 'a', 1050);
    await listener.call('goOn');
    const [notice] = await listener.hears('extended', 1);
    assert.equal(notice?.heard.event, NOTIFICATIONS_LOST);
    const heard = listener.heard.filter((one) => one.heard.kind === 'objectCreated').length;
    await writer.call('write', 'a', 'after');
    await listener.hears('objectCreated', heard + 1);
  });
});
