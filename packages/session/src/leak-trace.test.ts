import assert from 'node:assert/strict';
import { fnevExtended } from '@nodemapi/mapi';
import { test } from 'vitest';
import { endSession } from './end-session.ts';
import { leakLines } from './leak-trace.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const CLOSED_BY = 'the end of the session of Work';
const HERE = /leak-trace\.test\.ts:\d+:\d+$/;

for (const how of ['endSession', 'logoff', 'release'] as const) {
  test(`what a session had open when it ended by ${how} is kept, each thing with its line`, async () => {
    const { subsystem } = await TestSubsystem.withProfile({ traceLeaks: true, captureOpeners: false });
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const store = await openStore(session);
    const folder = await store.openEntry(new Uint8Array([1, 2]));
    await store.advise(new Uint8Array([3]), 4, { onNotify: () => {} });
    await session.advise(null, fnevExtended, { onNotify: () => {} });
    if (how === 'endSession') await endSession(session, { uninitialize: false });
    else await session[how]();
    const { leaks, more } = subsystem.leaks();
    const told = leaks.map(({ what, entryId, closedBy }) => [what, closedBy, what.includes('Store') ? '' : entryId]);
    const expected = [
      ['IMsgStore', CLOSED_BY, ''],
      ['IMAPIFolder', CLOSED_BY, '0102'],
      ['registration 1 with IMsgStore', CLOSED_BY, ''],
      ['registration 1 with IMAPISession', CLOSED_BY, undefined],
    ];
    // with the last reference to the session its registrations are gone
    assert.deepEqual(told, how === 'release' ? expected.slice(0, 3) : expected);
    for (const { what, openedAt } of leaks) if (what !== 'IMsgStore') assert.match(openedAt, HERE);
    assert.equal(more, 0);
    await folder.release();
    await session.release();
  });
}

test('what is open still is told too: sessions, administration, buffers', async () => {
  const { subsystem } = await TestSubsystem.withProfile();
  await using _admin = await subsystem.MAPIAdminProfiles();
  await using _session = await subsystem.MAPILogonEx(null, 'Work', null);
  const root = subsystem.MAPIAllocateBuffer(5);
  subsystem.MAPIAllocateMore(7, root);
  const { leaks } = subsystem.leaks();
  assert.deepEqual(
    leaks.map(({ what, closedBy }) => [what, closedBy]),
    [
      ['IProfAdmin', null],
      ['IMAPISession', null],
      ['buffer of 12 bytes', null],
    ],
  );
  for (const { openedAt } of leaks) assert.match(openedAt, HERE);
  assert.match(leakLines(leaks).at(-1) ?? '', /: 3 things were left open$/);
  subsystem.MAPIFreeBuffer(root);
});

test('what MAPIUninitialize closes is kept, too', async () => {
  const { subsystem } = await TestSubsystem.withProfile({ traceLeaks: true });
  await subsystem.MAPIAdminProfiles();
  await subsystem.MAPIUninitialize();
  const { leaks } = subsystem.leaks();
  assert.deepEqual(
    leaks.map(({ what, closedBy }) => [what, closedBy]),
    [['IProfAdmin', 'MAPIUninitialize']],
  );
  assert.match(leakLines(leaks)[0] ?? '', /closed by MAPIUninitialize$/u);
});

test('a program that closes what it opens has no leaks, and no line is printed', async () => {
  const { subsystem } = await TestSubsystem.withProfile({ traceLeaks: true });
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  await (await openStore(session)).release();
  await endSession(session);
  assert.deepEqual(subsystem.leaks(), { leaks: [], more: 0 });
  assert.deepEqual(leakLines([]), []);
});

test('without the trace nothing is kept of sessions that have ended', async () => {
  const { subsystem } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  await openStore(session);
  await endSession(session, { uninitialize: false });
  assert.deepEqual(subsystem.leaks().leaks, []);
});
