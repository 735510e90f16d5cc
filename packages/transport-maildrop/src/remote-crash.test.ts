/** The machine dies at every write of a move; afterwards nothing is lost, and nothing is gone but what was marked. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { FaultyFileSystem, nodeFileSystem } from '@nodemapi/base';
import { test } from 'vitest';
import { Mailbox, Place } from './maildrop.testing.ts';
import { DELETE, lyingAt, MOVE, subjectsOf, threeMails, Viewer } from './remote.testing.ts';

const MARKS = { '1.a': MOVE, '2.b': DELETE };

for (const format of ['maildir', 'mbox'] as const) {
  test(`XP-081: ${format}: a crash at any write of a move loses nothing, and takes nothing else`, async () => {
    let known = 0;
    for (let failAt = 0, fired = true; fired; failAt++) {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      const files = new FaultyFileSystem(nodeFileSystem, { failAt, error: 'EIO', crash: true, seed: 1 });
      const dying = await Viewer.open(place, format, { ...place.host, files });
      await dying.refresh(mailbox).catch(() => undefined);
      if (dying.isReady === true && Object.keys(await dying.marks()).length > 0) {
        await dying.process(mailbox, MARKS).catch(() => undefined);
      }
      await dying[Symbol.asyncDispose]();
      fired = files.fired;
      const lying = await lyingAt(place, format);
      const received = await subjectsOf(mailbox.messages);
      assert.ok(lying.includes('1.a') || received.includes('1.a'), `failAt ${failAt}: it is somewhere`);
      assert.ok(lying.includes('3.c'), `failAt ${failAt}: nobody has marked it`);
      await rm(`${place.mbox}.lock`, { force: true }); // of a process that is gone: of another number, as it were
      await using next = await Viewer.open(place, format);
      await next.refresh(mailbox);
      const marks = Object.entries(MARKS).filter(([subject]) => lying.includes(subject));
      await next.process(mailbox, Object.fromEntries(marks));
      assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a'], `failAt ${failAt}`);
      assert.deepEqual(await lyingAt(place, format), ['3.c'], `failAt ${failAt}`);
      known += mailbox.known;
    }
    assert.ok(known > 0, 'a crash between the save and the deletion is among them');
  });
}
