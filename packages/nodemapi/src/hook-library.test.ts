/** A messaging hook as somebody writes one: a package beside a home, named in its catalogue. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryAllRows } from '@nodemapi/kit';
import { fnevNewMail, type IMsgStore, PR_COMMENT, PR_ENTRYID, PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import { openDefaultStore, openSpecialFolder, type SpecialFolder, specialFolderId } from './stores.ts';

const SERVICE = {
  services: {
    hooks: {
      displayName: 'Hooks',
      resourceFlags: [],
      providers: [
        {
          displayName: 'Labels',
          providerDisplay: 'Labels',
          module: 'label-hook',
          resourceType: 'MAPI_HOOK_PROVIDER',
          resourceFlags: ['HOOK_INBOUND', 'HOOK_OUTBOUND'],
        },
      ],
      options: {},
    },
  },
};

/** Files what was sent into the wastebasket, with a remark, and puts a mark on what comes in. */
const LIBRARY = `
const PR_SUBJECT = 0x0037001f, PR_COMMENT = 0x3004001f, PR_IPM_WASTEBASKET_ENTRYID = 0x35e30102;
class Hook {
  iid = 'ISpoolerHook';
  async inboundMsgHook(message) {
    const [subject] = (await message.getProps([PR_SUBJECT])).values;
    if (subject === 'spam') return { delete: true };
    await message.setProps([{ tag: PR_SUBJECT, value: '[in] ' + subject }]);
    return {};
  }
  async outboundMsgHook(message, { store }) {
    await message.setProps([{ tag: PR_COMMENT, value: 'sent' }]);
    const [target] = (await store.getProps([PR_IPM_WASTEBASKET_ENTRYID])).values;
    return { target };
  }
  addRef() { return this; }
  async release() {}
  async [Symbol.asyncDispose]() {}
}
export const HPProviderInit = async () => new Hook();
`;

async function homeWithHook(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-hook-'));
  const library = join(home, 'node_modules', 'label-hook');
  await mkdir(library, { recursive: true });
  await writeFile(join(home, 'mapisvc.json'), JSON.stringify(SERVICE));
  await writeFile(join(library, 'package.json'), '{"name":"label-hook","type":"module","exports":"./index.js"}');
  await writeFile(join(library, 'index.js'), LIBRARY);
  return home;
}

async function rowsIn(store: IMsgStore, name: SpecialFolder): Promise<readonly unknown[]> {
  await using folder = await openSpecialFolder(store, name);
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_SUBJECT] });
  const found: unknown[] = [];
  for (const row of rows) {
    await using message = await store.openEntry(propOf(row, PR_ENTRYID) ?? null, { iid: 'IMessage' });
    const [comment] = (await message.getProps([PR_COMMENT])).values;
    found.push([propOf(row, PR_SUBJECT), comment]);
  }
  return found;
}

async function send(store: IMsgStore, subject: string): Promise<void> {
  await using outbox = await openSpecialFolder(store, 'outbox');
  const sentMail = await specialFolderId(store, 'sentMail');
  await using message = await composeMessage(outbox, { to: ['a@localhost'], subject, text: 'text', sentMail });
  await message.submitMessage();
}

test('SPOOL-074, SPOOL-076: a hook of a package beside the home files what was sent and marks what comes in, on the disk', async () => {
  const home = await homeWithHook();
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    await using services = await admin.adminServices('a');
    await services.createMsgService('hooks', 'Hooks');
    const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true });
    {
      await using store = await openDefaultStore(session);
      const arrived = new Promise<void>((resolve) => {
        void store.advise(null, fnevNewMail, { onNotify: () => resolve() });
      });
      await send(store, 'spam');
      await send(store, 'ham');
      await arrived;
    }
    const { outgoing } = await endSession(session, { policy: 'drain', deadlineMs: 10_000 });
    assert.deepEqual([outgoing.sent, outgoing.left, outgoing.held], [2, 0, 0]);
    await subsystem.MAPIInitialize(); // the end has taken MAPI down
    const quiet = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
    {
      await using store = await openDefaultStore(quiet);
      assert.deepEqual(await rowsIn(store, 'inbox'), [['[in] ham', undefined]]);
      assert.deepEqual([...(await rowsIn(store, 'wastebasket'))].sort(), [
        ['ham', 'sent'],
        ['spam', 'sent'],
      ]);
      assert.deepEqual(await rowsIn(store, 'sentMail'), []);
      assert.deepEqual(await rowsIn(store, 'outbox'), []);
    }
    await endSession(quiet);
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});
