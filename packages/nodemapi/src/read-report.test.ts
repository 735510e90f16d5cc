import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import {
  type IMAPISession,
  type IMAPIStatus,
  type IMsgStore,
  MAPI_SPOOLER,
  PR_BODY,
  PR_ENTRYID,
  PR_RESOURCE_TYPE,
  PR_SUBJECT,
  propOf,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import { makeProfile } from './local-profile.testing.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

/** Sends what is queued and fetches what has come. */
async function flush(session: IMAPISession): Promise<void> {
  await using table = await session.getStatusTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_RESOURCE_TYPE) === MAPI_SPOOLER);
  await using spooler: IMAPIStatus = await session.openEntry(propOf(row ?? [], PR_ENTRYID) ?? null, {
    iid: 'IMAPIStatus',
  });
  await spooler.flushQueues(undefined, { upload: true, download: true, force: true });
}

async function inbox(store: IMsgStore): Promise<readonly { readonly entryId: Uint8Array; readonly subject: string }[]> {
  await using folder = await openSpecialFolder(store, 'inbox');
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_SUBJECT] });
  return rows.map((row) => ({
    entryId: propOf(row, PR_ENTRYID) ?? new Uint8Array(),
    subject: propOf(row, PR_SUBJECT) ?? '',
  }));
}

test('SUPP-35: reading a message that asks for it reports to its sender, once, and deleting one unread says so', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-read-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    for (const name of ['ann', 'bob']) await makeProfile(subsystem, name);
    const ann = await subsystem.MAPILogonEx(null, 'ann', null, { newSession: true });
    const bob = await subsystem.MAPILogonEx(null, 'bob', null, { newSession: true });
    const annStore = await openDefaultStore(ann);
    const bobStore = await openDefaultStore(bob);
    await using outbox = await openSpecialFolder(annStore, 'outbox');
    for (const subject of ['read me', 'drop me']) {
      await using message = await composeMessage(outbox, {
        to: ['bob@example.test'],
        subject,
        requestReadReceipt: true,
      });
      await message.submitMessage();
    }
    await flush(ann);
    await flush(bob);
    const received = await inbox(bobStore);
    assert.deepEqual(received.map(({ subject }) => subject).sort(), ['drop me', 'read me']);
    const idOf = (wanted: string) => received.find(({ subject }) => subject === wanted)?.entryId ?? new Uint8Array();
    await using message = await bobStore.openEntry(idOf('read me'), { iid: 'IMessage' });
    await message.setReadFlag();
    await message.setReadFlag({ clearRead: true });
    await message.setReadFlag();
    await using folder = await openSpecialFolder(bobStore, 'inbox');
    await folder.deleteMessages([idOf('drop me')]);
    await flush(bob);
    await flush(ann);
    const reports = await inbox(annStore);
    assert.deepEqual(reports.map(({ subject }) => subject).sort(), ['Not read: drop me', 'Read: read me']);
    const read = reports.find(({ subject }) => subject.startsWith('Read'));
    await using report = await annStore.openEntry(read?.entryId ?? null, { iid: 'IMessage' });
    assert.match((await report.getProps([PR_BODY])).values[0] ?? '', /bob has read the message "read me"/);
    for (const session of [ann, bob]) await session.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});
