import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import {
  encodeOneOff,
  type IMAPIFolder,
  type IMAPISession,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_NDR_STATUS_CODE,
  PR_REPORT_ENTRYID,
  prop,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import { makeProfile } from './local-profile.testing.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

async function rowsIn(folder: IMAPIFolder): Promise<readonly Row[]> {
  await using table = await folder.getContentsTable();
  return await queryAllRows(table, { tags: [PR_ENTRYID, PR_MESSAGE_CLASS] });
}

async function inboxOf(session: IMAPISession): Promise<readonly Row[]> {
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  return await rowsIn(inbox);
}

test('REPORT-003: a report goes to the mailbox that the message names, as a report about whom it is about', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-report-to-'));
  const subsystem = await createSubsystem({ home, spooler: { onlyFlushes: true } });
  await subsystem.MAPIInitialize();
  try {
    for (const name of ['ann', 'desk']) await makeProfile(subsystem, name);
    const flush = async (session: IMAPISession): Promise<void> => {
      const spooler = await subsystem.readySpoolerOf(session);
      await spooler?.flushQueues({ upload: true, download: true });
    };
    const ann = await subsystem.MAPILogonEx(null, 'ann', null, { newSession: true });
    const desk = await subsystem.MAPILogonEx(null, 'desk', null, { newSession: true });
    {
      await using store = await openDefaultStore(ann);
      await using outbox = await openSpecialFolder(store, 'outbox');
      const to = { name: 'Nobody', address: 'nobody@example.test' };
      await using message = await composeMessage(outbox, { to: [to], subject: 'Plan', text: 'the text' });
      const address = { displayName: 'Desk', addrType: 'SMTP', emailAddress: 'desk@example.test', sendRichInfo: false };
      await message.setProps([prop(PR_REPORT_ENTRYID, encodeOneOff(address))]);
      await message.submitMessage();
      await flush(ann);
      await flush(ann);
      assert.deepEqual(
        (await rowsIn(outbox)).map((row) => propOf(row, PR_MESSAGE_CLASS)),
        ['IPM.Note'],
        'the report is gone',
      );
    }
    await flush(desk);
    assert.deepEqual(await inboxOf(ann), []);
    const rows = await inboxOf(desk);
    assert.deepEqual(
      rows.map((row) => propOf(row, PR_MESSAGE_CLASS)),
      ['REPORT.IPM.Note.NDR'],
    );
    await using _store = await openDefaultStore(desk); // opens what lies in it
    await using report = await desk.openEntry(propOf(rows[0] ?? [], PR_ENTRYID) ?? null, { iid: 'IMessage' });
    await using table = await report.getRecipientTable();
    const about = await queryAllRows(table, { tags: [PR_EMAIL_ADDRESS, PR_NDR_STATUS_CODE] });
    assert.deepEqual(
      about.map((row) => propOf(row, PR_EMAIL_ADDRESS)),
      ['nobody@example.test'],
    );
    for (const session of [ann, desk]) await session.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true, force: true });
  }
});
