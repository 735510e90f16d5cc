// Sessions of other processes, seen and ended from outside. It runs the built command.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from 'nodemapi';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { assertFields, type JsonObject, listOf, TestHome } from './io.testing.ts';

const MAPI = fileURLToPath(new URL('../bin/mapi.mjs', import.meta.url));
const MEMBER = ['pid', 'program', 'messaging', 'openObjects'];

let home: TestHome;
const running: ChildProcess[] = [];

beforeEach(async () => {
  home = await TestHome.withProfile();
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await home[Symbol.asyncDispose]();
});

/** A command that stays; resolves when it says that it does. */
async function staying(...args: readonly string[]): Promise<ChildProcess> {
  const env = { ...process.env, MAPI_HOME: home.path };
  const child = spawn(process.execPath, [MAPI, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  running.push(child);
  let said = '';
  while (!/interrupt with Ctrl-C/u.test(said)) {
    const [chunk] = (await once(child.stderr ?? child, 'data')) as [Buffer];
    said += chunk.toString();
  }
  return child;
}

/** The system's clock, but for timers of so many milliseconds: they ring when the test says so. */
function heldTimer(ms: number): { readonly clock: typeof systemClock; ring(): void } {
  let ring = (): void => {};
  const setTimer: typeof systemClock.setTimer = (afterMs, fn) => {
    if (afterMs !== ms) return systemClock.setTimer(afterMs, fn);
    ring = fn;
    return { cancel: () => (ring = () => {}), unref: () => {} };
  };
  return { clock: { ...systemClock, setTimer }, ring: () => ring() };
}

async function sessions(): Promise<readonly JsonObject[]> {
  return listOf((await home.json('session', 'list')).value, 'sessions');
}

describe('sessions of other processes', () => {
  test('are listed, private and shared ones, with their members', async () => {
    assert.deepEqual(await sessions(), []);
    const serve = await staying('serve', '--shared');
    const watch = await staying('watch');
    const [shared, own] = await sessions();
    assert.ok(shared !== undefined && own !== undefined);
    for (const session of [shared, own]) {
      assertFields(session, ['id', 'profile', 'shared', 'since', 'members']);
      for (const member of listOf(session, 'members')) assertFields(member, MEMBER);
    }
    assert.deepEqual([shared.shared, own.shared], [true, false]);
    const pids = [shared, own].map((session) => listOf(session, 'members').map(({ pid }) => pid));
    assert.deepEqual(pids, [[serve.pid], [watch.pid]]);
    assert.equal(listOf(own, 'members')[0]?.openObjects, 1); // the store that it watches
    const onProfile = listOf((await home.json('session', 'list', '--profile', String(own.profile))).value, 'sessions');
    assert.equal(onProfile.length, 2);
    assert.deepEqual((await home.json('session', 'list', '--profile', 'nobody')).value, { sessions: [] });
    const text = await home.ok('session', 'list');
    assert.match(text, new RegExp(`shared\\t.*${serve.pid}.*\\n.*private\\t.*${watch.pid}`, 'u'));
  });

  test('LOGOFF-12: end when they are asked to, in the way that was asked for, and say how', async () => {
    const serve = await staying('serve', '--shared');
    const watch = await staying('watch');
    const { code, value } = await home.json('session', 'end', '--shared', '--drain=20');
    assert.equal(code, 0);
    assertFields(value, ['policy', 'completed', 'deadlineExceeded', 'durationMs', 'steps', 'outgoing', 'leftOpen']);
    const [member, ...more] = listOf(value, 'members');
    assert.deepEqual([more.length, member?.pid, member?.ended], [0, serve.pid, true]);
    assertFields(member?.end, ['policy', 'completed', 'steps']);
    assert.equal((member?.end as JsonObject | undefined)?.policy, 'drain');
    if (serve.exitCode === null) await once(serve, 'exit');
    assert.equal(serve.exitCode, 130);
    assert.equal((await sessions()).length, 1);
    const rest = await home.json('session', 'end');
    assert.deepEqual([rest.code, listOf(rest.value, 'members')[0]?.pid], [0, watch.pid]);
    assert.deepEqual(await sessions(), []);
  });

  test('a process that is stopped is shown, and ends when it wakes', async () => {
    await staying('serve');
    const watch = await staying('watch');
    watch.kill('SIGSTOP');
    const found = (await sessions()).flatMap((session) => listOf(session, 'members'));
    assert.equal(found.find(({ pid }) => pid === watch.pid)?.openObjects, null);
    const onErr = (text: string): void => {
      if (text.includes(`(${watch.pid}, no answer)`)) watch.kill('SIGCONT');
    };
    const { code, out } = await home.runWith({ onErr }, 'session', 'end', '--drain=0');
    assert.equal(code, 0);
    assert.match(out, /^2 members ended$/mu);
  });

  test('with --fast a process goes by fast shutdown where nobody objects, and the next logon works', async () => {
    const serve = await staying('serve');
    const watch = await staying('watch');
    const { code, value } = await home.json('session', 'end', '--fast');
    const ends = listOf(value, 'members').map(({ ended, end }) => [ended, (end as JsonObject | null)?.fastShutdown]);
    assert.deepEqual([code, ends], [0, Array(2).fill([true, 'done'])]);
    for (const child of [serve, watch]) if (child.exitCode === null) await once(child, 'exit');
    assert.deepEqual(await sessions(), []);
    assert.equal((await home.json('status')).code, 0);
  });

  test('while the end waits it says for whom, and --timeout bounds it', async () => {
    await staying('serve');
    const watch = await staying('watch');
    watch.kill('SIGSTOP');
    const { clock, ring } = heldTimer(3000);
    const alone = new RegExp(`waiting for [^,\n]*\\(${watch.pid}, no answer\\); giving up in \\d s`, 'u');
    const onErr = (text: string): void => {
      if (alone.test(text)) ring();
    };
    const { code, out, err } = await home.runWith({ clock, onErr }, ...['session', 'end', '--drain=0', '--timeout=3']);
    assert.equal(code, 3);
    assert.match(err, alone);
    assert.match(out, new RegExp(`\\(${watch.pid}\\) does not answer`, 'u'));
    watch.kill('SIGCONT');
    if (watch.exitCode === null) await once(watch, 'exit'); // it was asked, by a hub that is gone, and does it when it can
  });

  test('processes that are all stopped are seen, named as not answering, and asked when they wake', async () => {
    const serve = await staying('serve');
    const watch = await staying('watch');
    const all = [serve, watch];
    const areSeen = async (): Promise<boolean> => {
      const found = (await sessions()).flatMap((session) => listOf(session, 'members').map(({ pid }) => pid));
      return all.every(({ pid }) => found.includes(pid ?? 0));
    };
    for (const child of all) child.kill('SIGSTOP');
    while (!(await areSeen())) {
      for (const child of all) child.kill('SIGCONT'); // they write down what they have when it has stood for a moment
      await systemClock.delay(200);
      for (const child of all) child.kill('SIGSTOP');
    }
    const { clock, ring } = heldTimer(4000);
    const onErr = (text: string): void => {
      if (all.every(({ pid }) => text.includes(`(${pid}, no answer)`))) watch.kill('SIGCONT');
      if (text.startsWith('ended: ') && text.includes(`(${watch.pid})`)) ring();
    };
    const { code, out } = await home.runWith({ clock, onErr }, ...['session', 'end', '--drain=0', '--timeout=4']);
    serve.kill('SIGCONT'); // too late for the report, not for the request
    assert.equal(code, 3);
    assert.match(out, new RegExp(`\\(${serve.pid}\\) does not answer`, 'u'));
    assert.match(out, new RegExp(`✓ [^\n]*\\(${watch.pid}\\)`, 'u'));
    if (serve.exitCode === null) await once(serve, 'exit');
    assert.deepEqual(await sessions(), []);
  });

  test('wrong use, and sessions that are not there', async () => {
    assert.equal((await home.json('session', 'end', '--drain', '--leave')).code, 2);
    assert.equal((await home.json('session', 'end', '--drain=soon')).code, 2);
    assert.equal((await home.json('session', 'end', '--timeout=0')).code, 2);
    assert.equal((await home.json('session', 'end', 'nowhere')).code, 1);
    assert.equal((await home.json('session', 'end')).code, 0);
  });
});
