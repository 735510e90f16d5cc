import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { endSession, sessionBehind } from './end-session.ts';
import { LIFE, type LifeEvent, type LifeState, SessionLife } from './session-life.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

/** The table as the guide shows it. */
function diagram(): string {
  const arrows = Object.entries(LIFE).flatMap(([from, events]) => {
    const targets = new Map<string, string[]>();
    for (const [event, to] of Object.entries(events)) targets.set(to, [...(targets.get(to) ?? []), event]);
    return [...targets].map(([to, names]) => `    ${from} --> ${to}: ${names.join(', ')}`);
  });
  return ['stateDiagram-v2', '    [*] --> loggedOn', ...arrows, '    released --> [*]', '    shutDown --> [*]'].join(
    '\n',
  );
}

test('the diagram of the guide is the table', () => {
  const guide = readFileSync(fileURLToPath(new URL('../../../docs/ending-a-session.md', import.meta.url)), 'utf8');
  const [, shown] = /```mermaid\n([\s\S]*?)\n```/u.exec(guide) ?? [];
  assert.equal(shown, diagram());
});

test('no state comes twice, every way leads to an end, and an event that makes no sense is a bug', () => {
  const rank: Readonly<Record<LifeState, number>> = {
    loggedOn: 0,
    settling: 1,
    loggingOff: 2,
    ended: 3,
    released: 4,
    shutDown: 5,
  };
  for (const [from, events] of Object.entries(LIFE) as [LifeState, Partial<Record<LifeEvent, LifeState>>][]) {
    for (const to of Object.values(events)) assert.ok(rank[to] > rank[from] || to === from);
    const isFinal = from === 'released' || from === 'shutDown';
    assert.ok(isFinal || Object.values(events).some((to) => to !== from));
  }
  const life = new SessionLife();
  assert.throws(() => life.enter('finished'), { name: 'AssertionError' });
  life.enter('logoff');
  assert.throws(() => life.enter('logoff'), { name: 'AssertionError' });
  assert.deepEqual(life.path, ['loggedOn', 'loggingOff']);
});

describe('each way to end is a path through the states', () => {
  const ORDINARY = ['loggedOn', 'settling', 'loggingOff', 'ended', 'released'];
  const PLAIN = ['loggedOn', 'loggingOff', 'ended', 'released'];

  async function loggedOn(noMail = false) {
    const made = await TestSubsystem.withProfile();
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true, noMail });
    return { ...made, subsystem: made.subsystem, session, life: sessionBehind(session).life };
  }

  for (const policy of ['drain', 'leave', 'abort'] as const) {
    test(`LOGOFF-8: on request, with the outgoing mail by ${policy}`, async () => {
      const { session, life } = await loggedOn();
      await endSession(session, { policy });
      assert.deepEqual(life.path, ORDINARY);
    });
  }

  test('by Logoff and release, by Logoff alone, by release alone', async () => {
    const first = await loggedOn();
    await first.session.logoff();
    assert.deepEqual(first.life.path, PLAIN.slice(0, 3));
    await assert.rejects(first.session.logoff(), { code: 'MAPI_E_INVALID_OBJECT' });
    await first.session.release();
    assert.deepEqual(first.life.path, PLAIN);
    const second = await loggedOn();
    await second.session.release();
    assert.deepEqual(second.life.path, PLAIN);
  });

  test('by a release while the logoff runs', async () => {
    const { session, life } = await loggedOn();
    await Promise.all([session.logoff(), session.release()]);
    assert.deepEqual(life.path, PLAIN);
  });

  test('by the last MAPIUninitialize', async () => {
    const { subsystem, session, life } = await loggedOn();
    await subsystem.MAPIUninitialize();
    assert.deepEqual(life.path, PLAIN.slice(0, 3));
    await session.release();
    assert.deepEqual(life.path, PLAIN);
  });

  test('by a logoff while endSession settles the mail, whose report says so', async () => {
    const { session, life, spoolers } = await loggedOn();
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.drainAnswer = async () => {
      await session.logoff();
      return { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };
    };
    const report = await endSession(session);
    assert.deepEqual(life.path, ORDINARY);
    assert.equal(report.steps.find(({ step }) => step === 'logoff')?.skipped, true);
  });

  test('by fast shutdown, after which nothing is called and nothing works', async () => {
    const { session, life, subsystem, library } = await loggedOn(true);
    const store = await openStore(session);
    await session.doFastShutdown();
    library.calls.length = 0;
    await session.release();
    await store.release();
    const report = await endSession(session);
    assert.equal(
      report.steps.every(({ skipped }) => skipped === true),
      true,
    );
    assert.deepEqual(life.path, ['loggedOn', 'shutDown']);
    await subsystem.MAPIUninitialize();
    assert.deepEqual(
      library.calls.filter((call) => /logoff|shutdown/i.test(call)),
      [],
    );
  });

  test('with a provider that throws or hangs in its logoff', async () => {
    for (const answer of [
      () => Promise.reject(new MapiError('MAPI_E_CALL_FAILED', 'no')),
      () => new Promise(() => {}),
    ]) {
      const { session, life, library } = await loggedOn(true);
      library.behaviour.bookLogoff = answer;
      await endSession(session, { deadlineMs: 200 });
      assert.deepEqual(life.path, ORDINARY);
    }
  });
});
