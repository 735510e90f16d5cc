import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8Decode } from '@nodemapi/base';
import { compressRtf, encapsulateHtml } from '@nodemapi/format-rtf';
import { getProp } from '@nodemapi/kit';
import { fnevNewMail, PR_BODY, PR_HTML, PR_RTF_COMPRESSED, prop } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { test } from 'vitest';
import { composeMessage } from './compose.ts';
import { createSubsystem } from './create-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './stores.ts';
import { submitSaved } from './submit.ts';

test('SPOOL-047: a message with RTF alone goes from a store on the disk to the Inbox with text and HTML', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-rtf-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true });
    {
      await using store = await openDefaultStore(session);
      await using outbox = await openSpecialFolder(store, 'outbox');
      const arrived = new Promise<Uint8Array>((resolve) => {
        void store.advise(null, fnevNewMail, {
          onNotify: (list) => {
            for (const one of list) if (one.kind === 'newMail') resolve(one.entryId);
          },
        });
      });
      await using message = await composeMessage(outbox, { to: ['a@localhost'], subject: 'RTF' });
      await message.setProps([prop(PR_RTF_COMPRESSED, compressRtf(encapsulateHtml('<p>from <b>RTF</b></p>')))]);
      const entryId = await submitSaved(message);
      await using received = await store.openEntry(await arrived, { iid: 'IMessage' });
      assert.match((await getProp(received, PR_BODY)) ?? '', /from RTF/);
      assert.match(utf8Decode((await getProp(received, PR_HTML)) ?? new Uint8Array()), /<b>RTF<\/b>/);
      assert.ok(entryId.length > 0);
    }
    const { outgoing } = await endSession(session, { policy: 'drain', deadlineMs: 10_000 });
    assert.deepEqual([outgoing.sent, outgoing.left, outgoing.held], [1, 0, 0]);
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});
