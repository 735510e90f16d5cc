/** The machine dies at every write of a reception; afterwards every message is there once. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { FaultyFileSystem, nodeFileSystem } from '@nodemapi/base';
import { getProp } from '@nodemapi/kit';
import { PR_SUBJECT } from '@nodemapi/mapi';
import { test } from 'vitest';
import { Mailbox, mailText, Place, receiver } from './maildrop.testing.ts';

for (const format of ['maildir', 'mbox'] as const) {
  for (const after of ['keep', 'delete'] as const) {
    test(`XP-050: ${format}, ${after}: a crash at any write of a reception loses nothing and brings nothing twice`, async () => {
      let known = 0;
      for (const seed of [1, 2]) {
        for (let failAt = 0, fired = true; fired; failAt++) {
          await using place = await Place.make();
          await place.makeMaildir();
          for (const name of ['1.a', '2.b']) {
            await (format === 'mbox' ? place.append(mailText(name)) : place.drop(name));
          }
          const mailbox = new Mailbox();
          const files = new FaultyFileSystem(nodeFileSystem, { failAt, error: 'EIO', crash: true, seed });
          const dying = await receiver(place, format, after, { ...place.host, files });
          for (let round = 0; round < 4; round++) await mailbox.receive(dying.logon).catch(() => undefined);
          await dying[Symbol.asyncDispose]();
          fired = files.fired;
          await rm(`${place.mbox}.lock`, { force: true }); // of a process that is gone: of another number, as it were
          await using next = await receiver(place, format, after);
          await mailbox.drain(next.logon);
          const subjects = await Promise.all(mailbox.messages.map((message) => getProp(message, PR_SUBJECT)));
          assert.deepEqual(subjects.sort(), ['1.a', '2.b'], `failAt ${failAt}, seed ${seed}`);
          known += mailbox.known;
          if (after === 'keep') continue;
          const left = format === 'mbox' ? await place.mboxText() : (await place.names('new')).join();
          assert.equal(left, '', `failAt ${failAt}, seed ${seed}`);
        }
      }
      assert.ok(known > 0, 'a crash between the save and the mark is among them');
    });
  }
}
