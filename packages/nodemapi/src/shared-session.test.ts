/** Shared sessions across processes, with processes that are killed and stopped. */
import assert from 'node:assert/strict';
import { seededRandom } from '@nodemapi/base';
import type { HomeSession } from '@nodemapi/session';
import { describe, test } from 'vitest';
import { MemberHome, type MemberProcess } from './members.testing.ts';

const END_OF_SESSION = 0x80040200;

function only<T>(list: readonly T[]): T {
  assert.equal(list.length, 1);
  return list[0] as T;
}

/** Processes that are all members of one shared session; the first one made it. */
async function members(home: MemberHome, count: number): Promise<readonly MemberProcess[]> {
  const all = home.start(count);
  const [first, ...others] = all;
  await first?.call('logon', 'a', 'Work', { allowOthers: true });
  await Promise.all(others.map((one) => one.call('logon', 'a', null, {})));
  await Promise.all(all.map((one) => one.call('list'))); // a hub that was slow may have been replaced: all have found the next one
  return all;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a shared session of several processes', () => {
  test('LOGON-22, LOGON-23, LOGON-24: a logon without a name joins it, on the profile of the first', async () => {
    await using home = await MemberHome.make('Other');
    const [first, second, third] = await members(home, 3);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const sessions = await second.call<readonly HomeSession[]>('list');
    const { shared, profile, members: found } = only(sessions);
    assert.deepEqual([shared, profile], [true, 'Work']);
    assert.deepEqual(found.map(({ pid }) => pid).sort(), [first.pid, second.pid, third.pid].sort());
    assert.ok(found.every(({ openObjects, messaging }) => openObjects === 0 && !messaging));
    assert.equal(await second.call('providers', 'a'), 1);
  });

  test('LOGON-25, LOGON-26: a member without mail and one with it are told apart', async () => {
    await using home = await MemberHome.make();
    const [first, second] = home.start(2);
    assert.ok(first !== undefined && second !== undefined);
    await first.call('logon', 'a', 'Work', { allowOthers: true });
    await second.call('logon', 'a', null, { noMail: false });
    const { members: found } = only(await first.call<readonly HomeSession[]>('list'));
    const messaging = (pid: number): boolean | undefined => found.find((one) => one.pid === pid)?.messaging;
    assert.deepEqual([messaging(first.pid), messaging(second.pid)], [false, true]);
    await first.call('logoff', 'a');
    assert.equal(await second.call('providers', 'a'), 1);
  });

  test('a process that was killed is in no list, however soon after', async () => {
    await using home = await MemberHome.make();
    const [first, second] = home.start(2);
    assert.ok(first !== undefined && second !== undefined);
    await first.call('logon', 'a', 'Work', { allowOthers: true });
    await second.call('logon', 'a', null, {});
    await second.kill();
    const { members: found } = only(await first.call<readonly HomeSession[]>('list'));
    assert.deepEqual(
      found.map(({ pid }) => pid),
      [first.pid],
    );
  });

  test('LOGON-9, LOGON-15, LOGON-16, LOGON-21: a name alone joins; MAPI_NEW_SESSION never does', async () => {
    await using home = await MemberHome.make('Other');
    const [first, second, third] = home.start(3);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    await first.call('logon', 'a', 'Work', { allowOthers: true });
    await second.call('logon', 'a', 'Other', {});
    await third.call('logon', 'a', 'Other', { newSession: true });
    const sessions = await third.call<readonly HomeSession[]>('list');
    assert.deepEqual(
      sessions.map(({ profile, shared, members: found }) => [profile, shared, found.length]),
      [
        ['Work', true, 2],
        ['Other', false, 1],
      ],
    );
  });

  test('a second shared session is for those who are given it: the first stays the one that is joined', async () => {
    await using home = await MemberHome.make('Other');
    const [first, second, third] = home.start(3);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    await first.call('logon', 'a', 'Work', { allowOthers: true });
    await second.call('logon', 'a', 'Other', { allowOthers: true, newSession: true });
    await first.call('logon', 'b', null, {});
    await third.call('logon', 'a', null, {});
    const sessions = await third.call<readonly HomeSession[]>('list');
    assert.deepEqual(
      sessions.map(({ profile, members: found }) => [profile, found.length]),
      [
        ['Work', 3],
        ['Other', 1],
      ],
    );
  });

  test('LOGON-22: of many that log on at once one makes the session, the others join it', async () => {
    await using home = await MemberHome.make();
    const all = home.start(6);
    await Promise.all(all.map((one) => one.call('list')));
    await Promise.all(all.map((one) => one.call('logon', 'a', 'Work', { allowOthers: true })));
    const { members: found } = only((await all[0]?.call<readonly HomeSession[]>('list')) ?? []);
    assert.equal(found.length, all.length);
  });

  test('LOGON-8: MAPI_TIMEOUT_SHORT gives up while another process makes the shared session', async () => {
    await using home = await MemberHome.make();
    const [first, second] = home.start(2);
    assert.ok(first !== undefined && second !== undefined);
    await first.call('list');
    await second.call('list');
    await first.call('beginLogon', 'a');
    await assert.rejects(second.call('logon', 'a', 'Work', { timeoutShort: true }), { code: 'MAPI_E_TIMEOUT' });
    await first.call('chosen');
    await second.call('logon', 'a', null, { timeoutShort: true });
    assert.equal(only(await second.call<readonly HomeSession[]>('list')).members.length, 2);
  });

  test('LOGOFF-12, LOGOFF-13, LOGOFF-14: a shared logoff of any member reaches all others at once', async () => {
    await using home = await MemberHome.make();
    const all = await members(home, 4);
    const [first, second, third, fourth] = all;
    assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
    const others = [first, second, fourth];
    for (let round = 1; round <= 3; round++) {
      for (const one of all) await one.call('withhold', 100); // nothing waits for the clock, not the logoff itself either
      await third.call('logoff', 'a', { shared: true });
      const notices = await Promise.all(others.map((one) => one.hears('criticalError', round)));
      for (const heard of notices) {
        assert.equal(heard.length, round);
        assert.deepEqual([heard.at(-1)?.heard.scode, heard.at(-1)?.heard.entryId], [END_OF_SESSION, null]);
      }
      for (const one of all) await one.call('release');
      for (const one of others) assert.equal(await one.call('providers', 'a'), 1); // they end in their own time
      await Promise.all(others.map((one) => one.call('logoff', 'a')));
      await first.call('logon', 'a', 'Work', { allowOthers: true });
      await Promise.all([second, third, fourth].map((one) => one.call('logon', 'a', null, {})));
    }
    await Promise.all(all.map((one) => one.call('logoff', 'a')));
    assert.deepEqual(await first.call('list'), []);
  });

  test('LOGOFF-12: who logs on during a shared logoff hears of it, or has a session of his own', async () => {
    const rounds = Number(process.env.ENDING_ROUNDS ?? 3);
    const random = seededRandom(rounds);
    await using home = await MemberHome.make();
    const [asker, ...others] = home.start(4);
    assert.ok(asker !== undefined);
    await Promise.all([asker, ...others].map((one) => one.call('list')));
    let joined = 0;
    for (let round = 1; round <= rounds; round++) {
      await asker.call('logon', 'a', 'Work', { allowOthers: true });
      const { id: ending } = only(await asker.call<readonly HomeSession[]>('list'));
      const before = new Map(others.map((one) => [one, one.heard.length]));
      const logons = others.map(async (one) => {
        await pause(random.float() * 30);
        await one.call('logon', 'a', 'Work', { allowOthers: true });
      });
      await pause(random.float() * 45);
      await asker.call('logoff', 'a', { shared: true });
      await Promise.all(logons);
      const sessions = await asker.call<readonly HomeSession[]>('list');
      for (const one of others) {
        const session = sessions.find(({ members: found }) => found.some(({ pid }) => pid === one.pid));
        assert.ok(session !== undefined);
        const isIn = session.id === ending;
        joined += isIn ? 1 : 0;
        const critical = one.heard.slice(before.get(one)).filter(({ heard }) => heard.kind === 'criticalError');
        if (!isIn) assert.equal(critical.length, 0);
        else if (critical.length === 0) await one.hearsNext('criticalError');
      }
      await Promise.all(others.map((one) => one.call('logoff', 'a')));
    }
    if (rounds > 20) assert.ok(joined > 0 && joined < rounds * others.length, `${joined} have joined`);
  });

  test('LOGOFF-15: an ordinary logoff sends the extended event alone, and shared providers stay', async () => {
    await using home = await MemberHome.make();
    const [first, second, third] = await members(home, 3);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    await second.call('logoff', 'a');
    for (const one of [first, third]) {
      only(await one.hears('extended'));
      assert.deepEqual(one.heard.length, 1);
    }
    assert.equal(await third.call('providers', 'a'), 1);
    await second.call('logon', 'again', null, {});
    assert.equal(only(await first.call<readonly HomeSession[]>('list')).members.length, 3);
  });
});

describe('the hub dies', () => {
  test('LOGOFF-12: when the hub is killed the others find a new one at once, and nothing is told twice', async () => {
    await using home = await MemberHome.make();
    const [first, second, third, fourth] = await members(home, 4);
    assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
    for (const one of [second, third, fourth]) await one.call('withhold', 1000); // no silence tells it, the end of the connection does
    await first.kill(); // it was the first to need the hub, so it is the hub
    await second.call('logoff', 'a', { shared: true });
    for (const one of [third, fourth]) only(await one.hears('criticalError'));
    for (const one of [second, third, fourth]) await one.call('release');
    for (const one of [third, fourth]) await one.hears('extended', 2); // the one that was killed, and the one that left
    await pause(1500); // the time in which a new hub misses who did not come back
    for (const one of [third, fourth]) assert.equal(one.heard.length, 3);
  });

  test('a stopped hub is replaced, and steps down when it wakes; it hears what it has missed', async () => {
    await using home = await MemberHome.make();
    const [first, second, third] = await members(home, 3);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    first.signal('SIGSTOP');
    await second.call('logoff', 'a', { shared: true });
    only(await third.hears('criticalError'));
    first.signal('SIGCONT');
    only(await first.hears('criticalError'));
    await first.call('logoff', 'a');
    await third.hears('extended', 2);
    await pause(1500); // for what might be told twice
    assert.equal(third.heard.filter(({ heard }) => heard.kind === 'criticalError').length, 1);
    assert.equal(third.heard.filter(({ heard }) => heard.kind === 'extended').length, 2);
    assert.equal(only(await third.call<readonly HomeSession[]>('list')).members.length, 1);
  });

  test('a logon right after the death of the hub joins the session that lives on', async () => {
    await using home = await MemberHome.make('Other');
    const [first, second] = await members(home, 2);
    const [late] = home.start(1);
    assert.ok(first !== undefined && second !== undefined && late !== undefined);
    await late.call('ping');
    await first.kill();
    await late.call('logon', 'a', 'Other', {});
    const { profile, members: found } = only(await second.call<readonly HomeSession[]>('list'));
    assert.deepEqual([profile, found.length], ['Work', 2]);
  });
});
