import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import { PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { test } from 'vitest';
import { checkHome } from './check-home.ts';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

async function withSubsystem(work: (subsystem: HomeSubsystem) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-life-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    await work(subsystem);
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
}

/** Subjects in the Inbox, as one session sees them; `add` puts a message there first. */
async function inboxOf(subsystem: HomeSubsystem, profile: string, add?: string): Promise<readonly string[]> {
  const session = await subsystem.MAPILogonEx(null, profile, null, { newSession: true });
  try {
    await subsystem.readySpoolerOf(session);
    await using store = await openDefaultStore(session);
    await using inbox = await openSpecialFolder(store, 'inbox');
    if (add !== undefined) {
      await using message = await composeMessage(inbox, { subject: add });
      await message.saveChanges();
    }
    await using table = await inbox.getContentsTable();
    const rows = await queryAllRows(table, { tags: [PR_SUBJECT] });
    return rows.map((row) => propOf(row, PR_SUBJECT) ?? '');
  } finally {
    await session.logoff();
    await session.release();
  }
}

test('a renamed profile keeps its mailbox, a copy has the same one, and a new profile of the old name has its own', async () => {
  await withSubsystem(async (subsystem) => {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    assert.deepEqual(await inboxOf(subsystem, 'a', 'kept'), ['kept']);
    await admin.renameProfile('a', 'b');
    assert.deepEqual(await inboxOf(subsystem, 'b'), ['kept']);
    assert.deepEqual(await inboxOf(subsystem, 'b'), ['kept']);
    await admin.copyProfile('b', 'c');
    assert.deepEqual(await inboxOf(subsystem, 'c'), ['kept']);
    await admin.createProfile('a', { defaultServices: true });
    assert.deepEqual(await inboxOf(subsystem, 'a'), []);
  });
});

test('a copied home is a home of its own, and one whose store is gone says so', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'nodemapi-copy-'));
  try {
    await withSubsystem(async (subsystem) => {
      await using admin = await subsystem.MAPIAdminProfiles();
      await admin.createProfile('a', { defaultServices: true });
      assert.deepEqual(await inboxOf(subsystem, 'a', 'original'), ['original']);
      cpSync(subsystem.host.home, copy, { recursive: true }); // at once: SQLite removes files beside its own some time after the logoff
      const other = await createSubsystem({ home: copy });
      await other.MAPIInitialize();
      assert.deepEqual([...(await inboxOf(other, 'a', 'copy'))].sort(), ['copy', 'original']);
      assert.deepEqual(await inboxOf(subsystem, 'a'), ['original']);
      await rm(join(copy, 'stores'), { recursive: true });
      await assert.rejects(inboxOf(other, 'a'), /not there/u);
      const found = await checkHome(other, {});
      assert.ok(found.some(({ ok, problems }) => !ok && problems.some(({ code }) => code === 'missing')));
      await other.MAPIUninitialize();
    });
  } finally {
    await rm(copy, { recursive: true });
  }
});

test('mail for a new profile is taken before anybody has logged on by it', async () => {
  await withSubsystem(async (subsystem) => {
    await using admin = await subsystem.MAPIAdminProfiles();
    for (const name of ['alice', 'bob']) await admin.createProfile(name, { defaultServices: true });
    const session = await subsystem.MAPILogonEx(null, 'alice', null, { newSession: true });
    const store = await openDefaultStore(session);
    const outbox = await openSpecialFolder(store, 'outbox');
    const message = await composeMessage(outbox, { to: ['bob@localhost'], subject: 'first' });
    await message.submitMessage();
    const end = await endSession(session, { policy: 'drain', uninitialize: false });
    assert.deepEqual([end.outgoing.sent, end.outgoing.failed], [1, 0]);
    const bob = await subsystem.MAPILogonEx(null, 'bob', null, { newSession: true, forceDownload: true });
    await using inboxStore = await openDefaultStore(bob);
    await using inbox = await openSpecialFolder(inboxStore, 'inbox');
    await using table = await inbox.getContentsTable();
    assert.equal(await table.getRowCount(), 1);
    await endSession(bob, { policy: 'leave', uninitialize: false });
  });
});
