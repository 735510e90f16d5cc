import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import { type IMAPISession, PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { deliverToMailbox } from '@nodemapi/transport-local';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

const REPORT = [
  'From: Bob <bob@example.test>',
  'To: a@localhost',
  'Subject: Read: hello',
  'MIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=disposition-notification; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'It was read.',
  '--b',
  'Content-Type: message/disposition-notification',
  '',
  'Final-Recipient: rfc822;bob@example.test',
  'Original-Message-ID: <1@localhost>',
  'Disposition: manual-action/MDN-sent-manually; displayed',
  '',
  '--b--',
  '',
].join('\r\n');

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function subjectsIn(session: IMAPISession): Promise<readonly string[]> {
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  await using table = await inbox.getContentsTable();
  return (await queryAllRows(table, { tags: [PR_SUBJECT] })).map((row) => propOf(row, PR_SUBJECT) ?? '').sort();
}

test('LOGON-32, LOGON-38, LOGON-41: without mail nothing is sent and nothing comes in, read reports neither; with it all of it is there', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-no-mail-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    await deliverToMailbox(subsystem.host, 'a@localhost', { key: 'report', returnPath: '', body: bodyOf(REPORT) });
    const quiet = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
    {
      await using store = await openDefaultStore(quiet);
      await using outbox = await openSpecialFolder(store, 'outbox');
      await using message = await composeMessage(outbox, { to: ['a@localhost'], subject: 'hello', text: 'x' });
      await message.submitMessage();
    }
    await new Promise((resolve) => setTimeout(resolve, 300)); // longer than a spooler would take
    assert.deepEqual(await subjectsIn(quiet), []);
    const report = await endSession(quiet, { policy: 'drain', deadlineMs: 5000, uninitialize: false });
    assert.equal(report.outgoing.sent, 0);
    const loud = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true });
    await (await subsystem.readySpoolerOf(loud))?.flushQueues({ upload: true, download: true });
    assert.deepEqual(await subjectsIn(loud), ['Read: hello', 'hello']);
    await endSession(loud, { uninitialize: false });
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});
