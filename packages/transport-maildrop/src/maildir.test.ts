import assert from 'node:assert/strict';
import { chmod, mkdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MapiError, memoryLog, VirtualClock } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { getProp } from '@nodemapi/kit';
import { PR_BODY, PR_STATUS_STRING, PR_SUBJECT } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { parseMaildirName, withFlags } from './maildir-name.ts';
import { Mailbox, mailText, Place, receiver } from './maildrop.testing.ts';

async function made(overrides: Parameters<typeof Place.make>[0] = {}): Promise<Place> {
  const place = await Place.make(overrides);
  await place.makeMaildir();
  return place;
}

const subjects = (mailbox: Mailbox): Promise<unknown[]> =>
  Promise.all(mailbox.messages.map((message) => getProp(message, PR_SUBJECT)));

describe('names', () => {
  test.each([
    ['1.a.host', '1.a.host', ''],
    ['1.a.host:2,', '1.a.host', ''],
    ['1.a.host,S=12:2,FRS', '1.a.host,S=12', 'FRS'],
    ['1.a;2,S', '1.a', 'S'],
    ['1.a:1,x', '1.a:1,x', ''],
  ])('%s', (fileName, unique, flags) => {
    assert.deepEqual(parseMaildirName(fileName), { fileName, unique, flags });
  });

  test('flags are written once each, in order; a name with a dot in front is none', () => {
    const name = parseMaildirName('1.a:2,RF');
    assert.ok(name !== undefined);
    assert.equal(withFlags(name, 'SF'), '1.a:2,FRS');
    assert.equal(parseMaildirName('.nfs0001'), undefined);
  });
});

describe('maildir', () => {
  test('what is new, and what others have only listed, is received in order and kept as seen', async () => {
    await using place = await made();
    await place.drop('1.a');
    await place.drop('2.b:2,', undefined, 'cur');
    await place.drop('3.c:2,S', undefined, 'cur');
    await place.drop('4.d:2,T', undefined, 'cur');
    await place.drop('5.e', undefined, 'tmp');
    await place.drop('.hidden');
    await using bob = await receiver(place, 'maildir');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['1.a', '2.b:2,']);
    assert.deepEqual(await place.names('cur'), ['1.a:2,S', '2.b:2,S', '3.c:2,S', '4.d:2,T']);
    assert.deepEqual(await place.names('new'), ['.hidden']);
  });

  test('with delete nothing stays but what was seen before', async () => {
    await using place = await made();
    await place.drop('1.a');
    await place.drop('3.c:2,S', undefined, 'cur');
    await using bob = await receiver(place, 'maildir', 'delete');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.deepEqual([await place.names('new'), await place.names('cur')], [[], ['3.c:2,S']]);
    assert.equal(mailbox.messages.length, 1);
  });

  test('one that cannot be read is flagged in cur, and the others come', async () => {
    await using place = await made();
    await place.drop('1.a');
    await place.drop('2.b');
    await using bob = await receiver(place, 'maildir', 'delete');
    const mailbox = new Mailbox();
    const poisoned = new MessageDouble();
    poisoned.saveError = new MapiError('MAPI_E_TOO_COMPLEX', 'too deep');
    await mailbox.receive(bob.logon, poisoned);
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['2.b']);
    assert.deepEqual(await place.names('cur'), ['1.a:2,FS']);
  });

  test('what fails otherwise waits, while the others come, and is tried again later or by a flush', async () => {
    const clock = new VirtualClock(Date.now());
    await using place = await made({ clock });
    await place.drop('1.a');
    await place.drop('2.b');
    await using bob = await receiver(place, 'maildir');
    const mailbox = new Mailbox();
    const full = (): MessageDouble => {
      const message = new MessageDouble();
      message.saveError = new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
      return message;
    };
    await assert.rejects(mailbox.receive(bob.logon, full()), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['2.b']);
    await clock.advance(61_000);
    assert.equal(await bob.logon.poll(), true);
    await assert.rejects(mailbox.receive(bob.logon, full()));
    assert.equal(await bob.logon.poll(), false);
    await bob.logon.transportNotify({ beginInboundFlush: true });
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['2.b', '1.a']);
  });

  test('a file that vanishes or is renamed while it is received is nobody’s fault', async () => {
    await using place = await made();
    await place.drop('1.a');
    await place.drop('2.b');
    await using bob = await receiver(place, 'maildir');
    const { signal } = new AbortController();
    const gone = new MessageDouble();
    const recognise = async (): Promise<boolean> => {
      await unlink(join(place.maildir, 'new', '1.a'));
      return false;
    };
    await bob.logon.startMessage(gone, { signal, recognise });
    assert.equal(gone.saves, 0);
    const seen = new MessageDouble();
    const save = seen.saveChanges.bind(seen);
    seen.saveChanges = async () => {
      await save();
      await rename(join(place.maildir, 'new', '2.b'), join(place.maildir, 'cur', '2.b:2,S'));
    };
    await bob.logon.startMessage(seen, { signal });
    assert.deepEqual([seen.saves, await place.names('cur')], [1, ['2.b:2,S']]);
    assert.equal(await bob.logon.poll(), false);
  });

  test('folders, pipes and broken links among the messages are passed over', async () => {
    await using place = await made();
    await mkdir(join(place.maildir, 'new', '1.folder'));
    await symlink('/nowhere/at/all', join(place.maildir, 'new', '2.link'));
    await place.drop('3.c');
    await using bob = await receiver(place, 'maildir');
    const mailbox = new Mailbox();
    await mailbox.receive(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['3.c']);
    assert.equal(await bob.logon.poll(), false);
  });

  test('files that are no mail become messages with that text; lines may be huge', async () => {
    await using place = await made();
    await place.drop('1.empty', '');
    await place.drop(
      '2.noise',
      new Uint8Array(5000).map((_, index) => (index * 37) % 256),
    );
    await place.drop('3.line', `Subject: long\n\n${'x'.repeat(3_000_000)}`);
    await using bob = await receiver(place, 'maildir', 'delete');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.equal(mailbox.messages.length, 3);
    assert.deepEqual([await place.names('new'), await place.names('cur')], [[], []]);
    assert.equal((await subjects(mailbox))[2], 'long');
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission waits, and the others come', async () => {
    await using place = await made();
    await place.drop('1.a');
    await chmod(join(place.maildir, 'new', '1.a'), 0);
    await place.drop('2.b');
    await using bob = await receiver(place, 'maildir');
    const mailbox = new Mailbox();
    await assert.rejects(mailbox.receive(bob.logon), { code: 'MAPI_E_NO_ACCESS' });
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['2.b']);
  });

  test('where nothing can be marked a message comes once, and does not stop the others', async () => {
    await using place = await made();
    await place.drop('1.a');
    await place.drop('2.b');
    await rm(join(place.maildir, 'cur'), { recursive: true });
    const log = memoryLog();
    await using bob = await receiver(place, 'maildir', 'keep', { ...place.host, log });
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['1.a', '2.b']);
    assert.equal(log.entries.filter(({ event }) => event === 'a received message stays in its maildir').length, 2);
    await mkdir(join(place.maildir, 'cur'));
    await bob.logon.transportNotify({ beginInboundFlush: true });
    await mailbox.drain(bob.logon);
    assert.deepEqual([mailbox.messages.length, mailbox.known], [2, 2]);
    assert.deepEqual(await place.names('cur'), ['1.a:2,S', '2.b:2,S']);
  });

  test('a maildir that is not there yet has no mail and says so in the status row, as one that is no folder does', async () => {
    await using place = await Place.make();
    await using bob = await receiver(place, 'maildir');
    assert.equal(await bob.logon.poll(), false);
    assert.match(String(bob.support.statusRow.get(PR_STATUS_STRING)), /there is no maildir/u);
    await place.makeMaildir();
    await place.drop('1.a');
    assert.equal(await bob.logon.poll(), true);
    assert.equal(bob.support.statusRow.get(PR_STATUS_STRING), '');
    await rm(place.maildir, { recursive: true });
    await writeFile(place.maildir, 'x');
    assert.equal(await bob.logon.poll(), false);
    assert.notEqual(bob.support.statusRow.get(PR_STATUS_STRING), '');
    await rm(place.maildir);
    await place.makeMaildir();
    await bob.logon.poll();
    assert.equal(bob.support.statusRow.get(PR_STATUS_STRING), '');
  });

  test('many messages take few looks at the folders; what comes meanwhile is received, too', async () => {
    await using place = await made();
    for (let index = 10; index < 40; index++) await place.drop(`${index}.a`);
    let lists = 0;
    const { files } = place.host;
    const list = (path: string): Promise<readonly string[]> => {
      lists++;
      return files.list(path);
    };
    await using bob = await receiver(place, 'maildir', 'keep', { ...place.host, files: { ...files, list } });
    const mailbox = new Mailbox();
    await mailbox.receive(bob.logon);
    await place.drop('50.b');
    await place.drop('51.c:2,', undefined, 'cur');
    await mailbox.drain(bob.logon);
    assert.equal(mailbox.messages.length, 32);
    assert.ok(lists < 10, `${lists} looks`);
  });

  test('a folder with nothing for us is not listed again until it changes', async () => {
    await using place = await made();
    await place.drop('1.a:2,S', undefined, 'cur');
    const old = new Date(Date.now() - 60_000);
    for (const name of ['new', 'cur']) await utimes(join(place.maildir, name), old, old);
    let lists = 0;
    const { files } = place.host;
    const list = (path: string): Promise<readonly string[]> => {
      lists++;
      return files.list(path);
    };
    const counting = { ...files, list };
    await using bob = await receiver(place, 'maildir', 'keep', { ...place.host, files: counting });
    for (let count = 0; count < 5; count++) assert.equal(await bob.logon.poll(), false);
    assert.equal(lists, 2);
    await place.drop('2.b', mailText('later'));
    assert.equal(await bob.logon.poll(), true);
  });

  test('the text is that of the file', async () => {
    await using place = await made();
    await place.drop('1.a', mailText('x', 'From the beginning\n.\n>From quoted'));
    await using bob = await receiver(place, 'maildir');
    const message = await new Mailbox().receive(bob.logon);
    assert.equal((await getProp(message, PR_BODY))?.replaceAll('\r', ''), 'From the beginning\n.\n>From quoted\n');
  });
});
