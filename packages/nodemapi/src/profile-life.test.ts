import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import { PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { test } from 'vitest';
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
