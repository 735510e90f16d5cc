/** Members of one session, and one member twice, have the same store open: nobody's end is another's. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EntryId,
  fnevObjectModified,
  type IMAPIFolder,
  type IMAPISession,
  type IMsgStore,
  PR_COMMENT,
  PR_ENTRYID,
  prop,
} from '@nodemapi/mapi';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

let home: string;
let subsystem: HomeSubsystem;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nodemapi-shared-'));
  subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('a', { defaultServices: true });
});
afterEach(async () => {
  await subsystem.MAPIUninitialize();
  await rm(home, { recursive: true, force: true });
});

const member = (): Promise<IMAPISession> => subsystem.MAPILogonEx(null, 'a', null, { allowOthers: true, noMail: true });

async function inboxId(store: IMsgStore): Promise<EntryId> {
  await using inbox = await openSpecialFolder(store, 'inbox');
  const [entryId] = (await inbox.getProps([PR_ENTRYID])).values;
  return entryId ?? assert.fail('an inbox without an identifier');
}

/** The member can use the store in every way: directly, by the session, and with notifications. */
async function works(session: IMAPISession, store: IMsgStore): Promise<void> {
  const entryId = await inboxId(store);
  await using direct = await store.openEntry(entryId, { iid: 'IMAPIFolder', modify: true });
  await using routed: IMAPIFolder = await session.openEntry(entryId, { iid: 'IMAPIFolder' });
  assert.equal(routed.iid, 'IMAPIFolder');
  let heard = 0;
  await using _advised = await session.advise(entryId, fnevObjectModified, { onNotify: () => void heard++ });
  await direct.setProps([prop(PR_COMMENT, `changed ${heard}`)]);
  await direct.saveChanges({ keepOpenReadWrite: true });
  await subsystem.HrDispatchNotifications();
}

describe('a store that is open twice', () => {
  test('OBJ-12: the second member can do what the first can, and goes on when the first has left', async () => {
    const [first, second] = [await member(), await member()];
    const [one, two] = [await openDefaultStore(first), await openDefaultStore(second)];
    await works(first, one);
    await works(second, two);
    await first.logoff();
    await works(second, two);
    await two.release();
    await second.logoff();
  });

  test('OBJ-12: a member that releases its store leaves it to the other one', async () => {
    const [first, second] = [await member(), await member()];
    const [one, two] = [await openDefaultStore(first), await openDefaultStore(second)];
    await one.release();
    await works(second, two);
    await two.release();
    const again = await openDefaultStore(first);
    await works(first, again);
    await first.logoff();
    await second.logoff();
  });

  test('setDefaultStore leaves an open store open', async () => {
    const session = await member();
    const store = await openDefaultStore(session);
    const [entryId] = (await store.getProps([PR_ENTRYID])).values;
    assert.ok(entryId);
    await session.setDefaultStore('default', entryId);
    await works(session, store);
    await session.logoff();
  });
});
