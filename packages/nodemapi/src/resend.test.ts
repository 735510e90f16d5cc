import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import {
  type AdrEntry,
  type IMAPISession,
  type IMessage,
  MAPI_CC,
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MSGFLAG_RESEND,
  PR_BODY,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_RECIPIENT_TYPE,
  PR_REPLY_RECIPIENT_NAMES,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SUBJECT,
  PR_TRANSPORT_MESSAGE_HEADERS,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { makeProfile } from './local-profile.testing.ts';
import { resendMessage, resendRecipients } from './resend.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

const logOn = (subsystem: HomeSubsystem, name: string): Promise<IMAPISession> =>
  subsystem.MAPILogonEx(null, name, null, { newSession: true });

async function flush(subsystem: HomeSubsystem, session: IMAPISession): Promise<void> {
  const spooler = await subsystem.readySpoolerOf(session);
  await spooler?.flushQueues({ upload: true, download: true });
}

/** The only message of a class in the inbox. */
async function received(session: IMAPISession, messageClass: string): Promise<IMessage> {
  const store = await openDefaultStore(session); // the message lives as long as it does: until the logoff
  await using folder = await openSpecialFolder(store, 'inbox');
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_MESSAGE_CLASS] });
  const found = rows.filter((row) => propOf(row, PR_MESSAGE_CLASS) === messageClass);
  assert.equal(found.length, 1, `${found.length} ${messageClass}`);
  return session.openEntry(propOf(found[0] ?? [], PR_ENTRYID) ?? null, { iid: 'IMessage' });
}

async function typesOf(message: IMessage): Promise<readonly (readonly [string, number])[]> {
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: [PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE] });
  return rows.map((row) => [propOf(row, PR_EMAIL_ADDRESS) ?? '', (propOf(row, PR_RECIPIENT_TYPE) ?? 0) >>> 0]);
}

interface Sent {
  readonly subsystem: HomeSubsystem;
  readonly ann: IMAPISession;
}

/** Ann has written to Bob and to Carol, who has no mailbox yet; the report is there. */
async function withSent(use: (sent: Sent) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-resend-'));
  const subsystem = await createSubsystem({ home, spooler: { onlyFlushes: true } });
  await subsystem.MAPIInitialize();
  try {
    for (const name of ['ann', 'bob']) await makeProfile(subsystem, name);
    const ann = await logOn(subsystem, 'ann');
    {
      await using store = await openDefaultStore(ann);
      await using outbox = await openSpecialFolder(store, 'outbox');
      const to = { name: 'Bob', address: 'bob@example.test' };
      const cc = { name: 'Carol C.', address: 'carol@example.test' };
      await using message = await composeMessage(outbox, { to: [to], cc: [cc], subject: 'Plan', text: 'the text' });
      await message.submitMessage();
    }
    await flush(subsystem, ann);
    await use({ subsystem, ann });
    await ann.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true, force: true });
  }
}

describe('sending an undelivered message again', () => {
  test('REPORT-048, REPORT-049, REPORT-050, REPORT-053: it has the list of the original, marked as served, and the failed once more', async () => {
    await withSent(async ({ ann }) => {
      await using report = await received(ann, 'REPORT.IPM.Note.NDR');
      await using store = await openDefaultStore(ann);
      await using outbox = await openSpecialFolder(store, 'outbox');
      await using again = await resendMessage(report, outbox);
      await again.saveChanges({ keepOpenReadWrite: true });
      const [messageClass, flags = 0, subject, body, sender, representing, to, cc] = (
        await again.getProps([
          PR_MESSAGE_CLASS,
          PR_MESSAGE_FLAGS,
          PR_SUBJECT,
          PR_BODY,
          PR_SENDER_EMAIL_ADDRESS,
          PR_SENT_REPRESENTING_EMAIL_ADDRESS,
          PR_DISPLAY_TO,
          PR_DISPLAY_CC,
        ])
      ).values;
      assert.deepEqual([messageClass, subject, body, to, cc], ['IPM.Note', 'Plan', 'the text', 'Bob', 'Carol C.']);
      assert.notEqual(flags & MSGFLAG_RESEND, 0);
      assert.deepEqual([sender, representing], [undefined, undefined]);
      assert.deepEqual(await typesOf(again), [
        ['bob@example.test', (MAPI_TO | MAPI_SUBMITTED) >>> 0],
        ['carol@example.test', (MAPI_CC | MAPI_SUBMITTED) >>> 0],
        ['carol@example.test', MAPI_P1],
      ]);
      await using table = await again.getRecipientTable();
      const rows = (await queryAllRows(table, { tags: [PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE] })) as AdrEntry[];
      const shown = resendRecipients(rows);
      assert.deepEqual(
        shown.map((row) => propOf(row, PR_EMAIL_ADDRESS)),
        ['carol@example.test'],
      );
      assert.deepEqual(resendRecipients(rows.slice(0, 2)), rows.slice(0, 2), 'any other message shows everybody');
    });
  });

  test('REPORT-051, REPORT-052: who gets it then cannot tell it from a first delivery, and nobody gets it twice', async () => {
    await withSent(async ({ subsystem, ann }) => {
      await makeProfile(subsystem, 'carol');
      const carol = await logOn(subsystem, 'carol');
      const bob = await logOn(subsystem, 'bob');
      await flush(subsystem, bob);
      {
        await using report = await received(ann, 'REPORT.IPM.Note.NDR');
        await using store = await openDefaultStore(ann);
        await using outbox = await openSpecialFolder(store, 'outbox');
        await using again = await resendMessage(report, outbox);
        await again.submitMessage();
      }
      for (const session of [ann, bob, carol]) await flush(subsystem, session);
      await using first = await received(bob, 'IPM.Note');
      await using later = await received(carol, 'IPM.Note');
      assert.deepEqual(await typesOf(later), await typesOf(first));
      const seen = [PR_SUBJECT, PR_BODY, PR_DISPLAY_TO, PR_DISPLAY_CC, PR_REPLY_RECIPIENT_NAMES] as const;
      assert.deepEqual((await later.getProps(seen)).values, (await first.getProps(seen)).values);
      const names = async (message: IMessage): Promise<readonly string[]> => {
        const [headers = ''] = (await message.getProps([PR_TRANSPORT_MESSAGE_HEADERS])).values;
        return [...headers.matchAll(/^([\w-]+):/gmu)].map(([, name = '']) => name);
      };
      assert.deepEqual(await names(later), await names(first), 'the same header fields');
      await bob.logoff();
      await carol.logoff();
    });
  });

  test('a report without its original, or that names nobody, cannot be sent again', async () => {
    await withSent(async ({ ann }) => {
      await using store = await openDefaultStore(ann);
      await using outbox = await openSpecialFolder(store, 'outbox');
      await using empty = await outbox.createMessage();
      await assert.rejects(resendMessage(empty, outbox), { code: 'MAPI_E_NO_RECIPIENTS' });
      await empty.modifyRecipients('add', [[prop(PR_EMAIL_ADDRESS, 'carol@example.test')]]);
      await assert.rejects(resendMessage(empty, outbox), { code: 'MAPI_E_NOT_FOUND' });
    });
  });
});
