/** Logons and registrations that come while a shared session is asked to end, in one process and in several. */
import assert from 'node:assert/strict';
import { HRESULTS, type Random, seededRandom } from '@nodemapi/base';
import { LocalEndpoint } from '@nodemapi/hub';
import { fnevCriticalError, type IMAPISession, type Notification } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { sessionBehind } from './end-session.ts';
import { MemoryFiles } from './memory-files.testing.ts';
import type { Processes } from './processes.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const END_NOTICE = { kind: 'criticalError', entryId: null, scode: HRESULTS.MAPI_E_END_OF_SESSION };
const OTHERS = { allowOthers: true } as const;

const idOf = (session: IMAPISession): string => sessionBehind(session).core.info.id;

/** Two members of a shared session, without sinks. */
async function withTwo() {
  const { subsystem } = await TestSubsystem.withProfile();
  const first = await subsystem.MAPILogonEx(null, 'Work', null, OTHERS);
  const second = await subsystem.MAPILogonEx(null, null, null);
  return { subsystem, first, second };
}

async function listening(session: IMAPISession): Promise<{ readonly heard: Notification[] } & AsyncDisposable> {
  const heard: Notification[] = [];
  const advise = await session.advise(null, fnevCriticalError, { onNotify: (all) => void heard.push(...all) });
  return { heard, [Symbol.asyncDispose]: () => advise[Symbol.asyncDispose]() };
}

describe('a session that was asked to end', () => {
  test('LOGOFF-12: is not joined any more: a logon gets what it gets where there is no session', async () => {
    const { subsystem, first, second } = await withTwo();
    await first.logoff(undefined, { shared: true });
    await assert.rejects(subsystem.MAPILogonEx(null, null, null), { code: 'MAPI_E_LOGON_FAILED' });
    const late = await subsystem.MAPILogonEx(null, 'Work', null, OTHERS);
    const later = await subsystem.MAPILogonEx(null, null, null);
    assert.notEqual(idOf(late), idOf(second));
    assert.equal(idOf(later), idOf(late));
    for (const session of [second, late, later]) await session.logoff();
  });

  test('LOGOFF-12, LOGOFF-13: is told of by the first sink of a member that had none, once', async () => {
    const { subsystem, first, second } = await withTwo();
    const third = await subsystem.MAPILogonEx(null, null, null);
    const early = await listening(third);
    await first.logoff(undefined, { shared: true });
    const own = await listening(second);
    assert.deepEqual(own.heard, []); // not within the call
    const more = await listening(second);
    await subsystem.HrDispatchNotifications();
    await own[Symbol.asyncDispose]();
    await more[Symbol.asyncDispose]();
    await early[Symbol.asyncDispose]();
    const [again, thirdAgain] = [await listening(second), await listening(third)];
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(
      [own, more, again, early, thirdAgain].map(({ heard }) => heard),
      [[END_NOTICE], [], [], [END_NOTICE], []],
    );
    for (const session of [second, third]) await session.logoff();
  });

  test('from outside, is not joined either', async () => {
    const { subsystem, first, second } = await withTwo();
    const ended = subsystem.sharing.endFromOutside({ shared: true, waitMs: 10_000 });
    const { heard } = await listening(first);
    while (heard.length === 0) await new Promise(setImmediate);
    const late = await subsystem.MAPILogonEx(null, 'Work', null, OTHERS);
    assert.notEqual(idOf(late), idOf(first));
    await first.logoff();
    await second.logoff();
    assert.deepEqual((await ended).length, 2);
    await late.logoff();
  });
});

/** Turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Members of three processes come, listen, leave and ask each other to log off, each in its own time. */
async function race(seed: number): Promise<void> {
  const random: Random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random.float() * count);
  const [endpoint, files] = [new LocalEndpoint(), new MemoryFiles()];
  const world = await Promise.all(
    [1, 2, 3].map(async (pid) => {
      const processes: Processes = { pid, fateOf: () => 'alive' };
      const made = new TestSubsystem({ hub: endpoint, files, processes, random: seededRandom(seed * 10 + pid) });
      await made.subsystem.MAPIInitialize();
      return made.subsystem;
    }),
  );
  await using admin = await world[0]?.MAPIAdminProfiles();
  await admin?.createProfile('Work', { defaultServices: true });
  /** Shared logoffs by session. */
  const asked = new Map<string, number>();
  const stayed: { readonly session: IMAPISession; readonly id: string; readonly heard: Notification[] }[] = [];
  const program = async (subsystem: (typeof world)[number]): Promise<void> => {
    await turns(below(60));
    const session = await subsystem.MAPILogonEx(null, 'Work', null, OTHERS);
    const id = idOf(session);
    await turns(below(30));
    if (random.float() < 0.4) {
      asked.set(id, (asked.get(id) ?? 0) + 1);
      await session.logoff(undefined, { shared: true });
    } else if (random.float() < 0.2) await session.logoff();
    else stayed.push({ session, id, heard: (await listening(session)).heard });
  };
  await Promise.all(Array.from({ length: 9 }, (_, index) => program(world[index % 3] as (typeof world)[number])));
  await turns(50);
  await Promise.all(world.map((subsystem) => subsystem.HrDispatchNotifications()));
  for (const { id, heard, session } of stayed) {
    // one that came late has heard of several at a time once
    const isTold = heard.length > 0 && heard.length <= (asked.get(id) ?? 0);
    assert.equal(isTold, asked.has(id), `seed ${seed}: a member of ${id} heard ${heard.length} of ${asked.get(id)}`);
    await session.logoff();
  }
  for (const subsystem of world) await subsystem.MAPIUninitialize();
}

test('LOGOFF-12: whenever a logon comes, a member of a session that is asked to end hears it, or has not joined it', async () => {
  const seeds = Number(process.env.ENDING_SEEDS ?? 12);
  for (let seed = 1; seed <= seeds; seed++) await race(seed);
});
