import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@nodemapi/base';
import { queryAllRows, TableData } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMAPISession,
  MapiError,
  MSGSTATUS_REMOTE_DELETE,
  MSGSTATUS_REMOTE_DOWNLOAD,
  PR_CONTENT_COUNT,
  PR_ENTRYID,
  PR_HEADER_FOLDER_ENTRYID,
  PR_REMOTE_VALIDATE_OK,
  PR_SUBJECT,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { remoteAccounts, requestHeaders } from './headers.ts';
import { makeProfile } from './local-profile.testing.ts';
import { serviceProps } from './service-options.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';

interface Surroundings {
  readonly session: IMAPISession;
  readonly maildir: string;
}

/** A session of Ann's, with a maildir in which three mails wait; `onlyFlushes` as programs that look have it. */
async function withMaildir(onlyFlushes: boolean, use: (given: Surroundings) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-headers-'));
  const maildir = join(home, 'Maildir');
  await mkdir(join(maildir, 'new'), { recursive: true });
  await mkdir(join(maildir, 'cur'));
  for (const name of ['1.a', '2.b', '3.c']) {
    await writeFile(join(maildir, 'new', name), `From: bob@example.test\nSubject: ${name}\n\nbody\n`);
  }
  const subsystem = await createSubsystem({ home, spooler: { onlyFlushes } });
  await subsystem.MAPIInitialize();
  try {
    await makeProfile(subsystem, 'ann');
    {
      await using admin = await subsystem.MAPIAdminProfiles();
      await using services = await admin.adminServices('ann');
      const uid = await services.createMsgServiceEx('maildir');
      const { maildir: service } = subsystem.catalogue.services;
      assert.ok(service);
      await services.configureMsgService(uid, serviceProps(service, { path: maildir, remote: 'true' }));
    }
    const session = await subsystem.MAPILogonEx(null, 'ann', null, { newSession: true });
    await use({ session, maildir });
    await session.logoff();
    await session.release();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true, force: true });
  }
}

async function subjectsIn(folder: IMAPIFolder): Promise<readonly string[]> {
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_SUBJECT] });
  return rows.map((row) => propOf(row, PR_SUBJECT) ?? '').sort();
}

async function inboxOf(session: IMAPISession): Promise<readonly string[]> {
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  return await subjectsIn(inbox);
}

async function mark(folder: IMAPIFolder, subject: string, status: number): Promise<void> {
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_SUBJECT] });
  const row = rows.find((one) => propOf(one, PR_SUBJECT) === subject) ?? [];
  await folder.setMessageStatus(propOf(row, PR_ENTRYID) ?? new Uint8Array(), status, status);
}

for (const onlyFlushes of [true, false]) {
  const how = onlyFlushes ? 'a session that only looks' : 'a session that sends and receives';
  describe(`headers in ${how}`, () => {
    test('XP-080, XP-081, XP-086: a viewer lists, marks, and has it done by the spooler', () =>
      withMaildir(onlyFlushes, async ({ session, maildir }) => {
        const [account] = await remoteAccounts(session);
        assert.ok(account);
        assert.deepEqual([account.isReady, account.works], [true, true]);
        await using folder = await session.openEntry(account.folderId, { iid: 'IMAPIFolder' });
        const listed = await requestHeaders(session, account);
        assert.equal(listed.status, '3 waiting');
        assert.deepEqual((await folder.getProps([PR_CONTENT_COUNT])).values, [3]);
        await mark(folder, '1.a', MSGSTATUS_REMOTE_DOWNLOAD);
        await mark(folder, '2.b', MSGSTATUS_REMOTE_DELETE);
        await mark(folder, '3.c', MSGSTATUS_REMOTE_DOWNLOAD | MSGSTATUS_REMOTE_DELETE);
        const done = await requestHeaders(session, account, { process: true });
        assert.equal(done.status, '1 waiting, 2 downloaded, 2 deleted');
        assert.deepEqual(await inboxOf(session), ['1.a', '3.c']);
        assert.deepEqual(await subjectsIn(folder), ['1.a']);
        assert.deepEqual(
          [...(await readdir(join(maildir, 'new'))), ...(await readdir(join(maildir, 'cur')))].length,
          1,
        );
      }));
  });
}

test('XP-086: the header folder is the status object by another interface, which other status objects lack', () =>
  withMaildir(true, async ({ session }) => {
    const [account] = await remoteAccounts(session);
    assert.ok(account);
    await using folder = await session.openEntry(account.entryId, { iid: 'IMAPIFolder' });
    await requestHeaders(session, account);
    assert.deepEqual(await subjectsIn(folder), ['1.a', '2.b', '3.c']);
    await using table = await session.getStatusTable();
    const others = (await queryAllRows(table, { tags: [PR_ENTRYID] })).map((row) => propOf(row, PR_ENTRYID));
    let refused = 0;
    for (const entryId of others) {
      if (entryId === undefined || Buffer.compare(entryId, account.entryId) === 0) continue;
      await assert.rejects(session.openEntry(entryId, { iid: 'IMAPIFolder' }), {
        code: 'MAPI_E_INTERFACE_NOT_SUPPORTED',
      });
      refused++;
    }
    assert.ok(refused >= 4);
    await assert.rejects(session.openEntry(account.folderId, { iid: 'IMessage' }), {
      code: 'MAPI_E_INTERFACE_NOT_SUPPORTED',
    });
  }));

test('requests one after the other are all done; a flush of everything fetches nothing that is not marked', () =>
  withMaildir(false, async ({ session }) => {
    const [account] = await remoteAccounts(session);
    assert.ok(account);
    await using folder = await session.openEntry(account.folderId, { iid: 'IMAPIFolder' });
    for (const subject of ['1.a', '2.b', '3.c']) {
      await requestHeaders(session, account);
      await mark(folder, subject, MSGSTATUS_REMOTE_DOWNLOAD);
      await requestHeaders(session, account, { process: true });
    }
    assert.deepEqual(await inboxOf(session), ['1.a', '2.b', '3.c']);
    await using status = await session.openEntry(account.entryId, { iid: 'IMAPIStatus' });
    await status.flushQueues(undefined, { download: true });
    assert.deepEqual(await inboxOf(session), ['1.a', '2.b', '3.c']);
  }));

test('a request that is given up stops', () =>
  withMaildir(true, async ({ session }) => {
    const [account] = await remoteAccounts(session);
    assert.ok(account);
    const signal = AbortSignal.abort(new Error('given up'));
    await assert.rejects(requestHeaders(session, account, { signal }), /given up/);
    const later = new AbortController();
    const running = requestHeaders(session, account, { signal: later.signal });
    later.abort(new Error('given up later'));
    await assert.rejects(running, /given up later/);
    assert.equal((await requestHeaders(session, account)).isReady, true);
  }));

test('a request whose session ends meanwhile fails, and nobody waits for it for ever', async () => {
  const clock = new VirtualClock();
  const id = new Uint8Array(20);
  const busy = [prop(PR_ENTRYID, id), prop(PR_HEADER_FOLDER_ENTRYID, id), prop(PR_REMOTE_VALIDATE_OK, false)];
  await using rows = new TableData(PR_ENTRYID);
  await rows.hrModifyRow(busy);
  let hasEnded = false;
  const session = {
    getStatusTable: async () => {
      if (hasEnded) throw new MapiError('MAPI_E_INVALID_OBJECT', 'its session has ended');
      return rows.hrGetView();
    },
    openEntry: async () => ({ validateState: async () => undefined, [Symbol.asyncDispose]: async () => undefined }),
  } as unknown as IMAPISession; // what a request uses of it
  const [account] = await remoteAccounts(session);
  assert.ok(account);
  const failed = assert.rejects(requestHeaders(session, account, { clock }), { code: 'MAPI_E_INVALID_OBJECT' });
  await clock.advance(2500);
  hasEnded = true;
  await clock.advance(1000);
  await failed;
  assert.equal(clock.pendingTimers, 0);
});
