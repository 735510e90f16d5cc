import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MapiError, nodeFileSystem, seededRandom, VirtualClock } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { splitMbox } from '@nodemapi/format-mime';
import { getProp } from '@nodemapi/kit';
import { PR_BODY, PR_STATUS_STRING, PR_SUBJECT } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { readPieces } from './mail-source.ts';
import { Mailbox, mailText, Place, receiver } from './maildrop.testing.ts';
import { scanMbox } from './mbox-scan.ts';

const subjects = (mailbox: Mailbox): Promise<unknown[]> =>
  Promise.all(mailbox.messages.map((message) => getProp(message, PR_SUBJECT)));

describe('finding messages', () => {
  test('the same spans at any size of the pieces, with lines across them', async () => {
    await using place = await Place.make();
    const random = seededRandom(3);
    const line = (): string =>
      ['From x', '>From y', '', '', 'text', 'From', 'x'.repeat(1 + (random.uint32() % 70_000))][random.uint32() % 7] ??
      '';
    const mails = Array.from({ length: 12 }, (_, index) =>
      mailText(`m${index}`, Array.from({ length: 6 }, line).join('\n')).replaceAll(/(?<=\n\n)From /gu, '>From '),
    );
    await place.append(...mails);
    const text = await place.mboxText();
    let at = 0;
    const found: string[] = [];
    while (at < text.length) {
      const span = await scanMbox(nodeFileSystem, place.mbox, at, text.length);
      const hash = createHash('sha256').update(text.slice(span.start, span.end)).digest('hex');
      assert.equal(span.hash, hash); // by which messages are known again, by other versions, too
      found.push(text.slice(span.start, span.end).split('\n').slice(1).join('\n'));
      at = span.end;
    }
    assert.deepEqual(
      found,
      mails.map((mail) => `${mail}\n`),
    );
  });

  test('whatever is in the file, the spans are all of it, and as many as other readers find', async () => {
    await using place = await Place.make();
    const random = seededRandom(11);
    for (let round = 0; round < 40; round++) {
      const words = ['From ', '\n', '\n\n', '\r\n', '>From x', 'Status: R\n', ' ', 'From', '\0', 'y'.repeat(40)];
      const text = `From a\n${Array.from({ length: 60 }, () => words[random.uint32() % words.length]).join('')}`;
      await writeFile(place.mbox, text);
      let at = 0;
      let spans = 0;
      while (at < text.length) {
        const { start, end, hasSeparator, hash } = await scanMbox(nodeFileSystem, place.mbox, at, text.length);
        assert.deepEqual([start, hasSeparator], [at, true], JSON.stringify(text));
        assert.ok(end > start);
        assert.equal(hash, createHash('sha256').update(text.slice(start, end)).digest('hex'));
        at = end;
        spans++;
      }
      let messages = 0;
      for await (const _ of splitMbox(readPieces(nodeFileSystem, place.mbox))) messages++;
      assert.equal(spans, messages, JSON.stringify(text));
    }
  });

  test('what mail programs write into a message does not change what it says', async () => {
    await using place = await Place.make();
    await place.append(mailText('a'));
    const size = (await place.mboxText()).length;
    const plain = await scanMbox(nodeFileSystem, place.mbox, 0, size);
    const touched = (await place.mboxText()).replace('Subject:', 'Status: RO\nX-Keywords: a\n b\nSubject:');
    await writeFile(place.mbox, touched);
    const other = await scanMbox(nodeFileSystem, place.mbox, 0, touched.length);
    assert.equal(other.contentHash, plain.contentHash);
    assert.notEqual(other.hash, plain.hash);
    await writeFile(place.mbox, touched.replace('body', 'body\nStatus: RO'));
    const changed = await scanMbox(nodeFileSystem, place.mbox, 0, touched.length + 11);
    assert.notEqual(changed.contentHash, plain.contentHash);
  });
});

describe('mbox', () => {
  test('all messages come once, in order, unquoted; kept mail stays as it is', async () => {
    await using place = await Place.make();
    await place.append(mailText('one', '>From here'), mailText('two'));
    const before = await place.mboxText();
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    await place.append(mailText('three'));
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one', 'two', 'three']);
    const [first] = mailbox.messages;
    assert.equal((first && (await getProp(first, PR_BODY)))?.replaceAll('\r', ''), 'From here\n');
    assert.ok((await place.mboxText()).startsWith(before));
    await using next = await receiver(place, 'mbox');
    assert.equal(await next.logon.poll(), false);
  });

  test('with delete the file is emptied in place when everything in it has come, and not before', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'), mailText('two'));
    await chmod(place.mbox, 0o640);
    const whole = await place.mboxText();
    await using bob = await receiver(place, 'mbox', 'delete');
    const mailbox = new Mailbox();
    await mailbox.receive(bob.logon);
    assert.equal(await place.mboxText(), whole);
    await mailbox.drain(bob.logon);
    assert.equal(await place.mboxText(), '');
    assert.equal((await nodeFileSystem.stat(place.mbox)).mode, 0o640);
    await place.append(mailText('one'));
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one', 'two', 'one'], 'the same text is a new message then');
  });

  test('two messages with the same text are two', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'), mailText('one'));
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.equal(mailbox.messages.length, 2);
  });

  test('mail that is added while a message is received is not lost, with delete either', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox', 'delete');
    const mailbox = new Mailbox();
    const message = new MessageDouble();
    const save = message.saveChanges.bind(message);
    message.saveChanges = async () => {
      await save();
      await place.append(mailText('two')); // by a program that does not know the lock
    };
    await mailbox.receive(bob.logon, message);
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one', 'two']);
    assert.equal(await place.mboxText(), '');
  });

  test('after another program has rewritten the file only what is new comes', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'), mailText('two'), mailText('three'));
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    const rewritten = (await place.mboxText())
      .replace(
        /From ann@example\.test[^\n]*\nFrom: Ann <ann@example\.test>\nTo: bob@example\.test\nSubject: two.*?\n(?=From ann)/su,
        '',
      )
      .replaceAll('Subject:', 'Status: RO\nSubject:');
    assert.doesNotMatch(rewritten, /two/u);
    await writeFile(place.mbox, rewritten);
    await place.append(mailText('four'));
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one', 'two', 'three', 'four']);
    assert.equal(mailbox.known, 2);
  });

  test('a last message that may still be being written waits', async () => {
    const clock = new VirtualClock(Date.now());
    await using place = await Place.make({ clock });
    await writeFile(place.mbox, 'From a\nSubject: half\n\nthe first ha');
    const now = new Date(clock.nowMs());
    await utimes(place.mbox, now, now);
    await using bob = await receiver(place, 'mbox');
    assert.equal(await bob.logon.poll(), false);
    await clock.advance(11_000);
    assert.equal(await bob.logon.poll(), true);
  });

  test('a lock of another program is respected, one of a process of ours that is gone is not', async () => {
    const clock = new VirtualClock(Date.now());
    await using place = await Place.make({ clock });
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    const lock = `${place.mbox}.lock`;
    await writeFile(lock, '12345');
    assert.equal((await mailbox.receive(bob.logon)).saves, 0);
    assert.equal(await readFile(lock, 'utf8'), '12345');
    await writeFile(lock, `nodemapi ${hostname()} 4194305\n`);
    await clock.advance(2000);
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one']);
    assert.equal(await nodeFileSystem.exists(lock), false);
    await place.append(mailText('two'));
    await writeFile(lock, 'stale');
    const old = new Date(Date.now() - 700_000);
    await utimes(lock, old, old);
    await mailbox.drain(bob.logon);
    assert.equal(mailbox.messages.length, 2);
  });

  test('the status row says that a lock has been held for long, until it is given back', async () => {
    const clock = new VirtualClock(Date.now());
    await using place = await Place.make({ clock });
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    const lock = `${place.mbox}.lock`;
    const said = (): string => String(bob.support.statusRow.get(PR_STATUS_STRING) ?? '');
    await writeFile(lock, '12345');
    await mailbox.receive(bob.logon);
    await clock.advance(1500);
    await bob.logon.poll();
    assert.equal(said(), '');
    const old = new Date(Date.now() - 120_000);
    await utimes(lock, old, old);
    await assert.rejects(mailbox.receive(bob.logon), { code: 'MAPI_E_BUSY' });
    assert.equal(await bob.logon.poll(), false);
    assert.match(said(), /mbox\.lock has been held for 2 min/u);
    await unlink(lock);
    await clock.advance(61_000);
    await mailbox.drain(bob.logon);
    assert.deepEqual([await subjects(mailbox), said()], [['one'], '']);
  });

  test('a lock of an earlier process with our number is broken, one of ours is not', async () => {
    const clock = new VirtualClock(Date.now());
    await using place = await Place.make({ clock });
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox');
    const mailbox = new Mailbox();
    const lock = `${place.mbox}.lock`;
    await writeFile(lock, `nodemapi ${hostname()} ${process.pid}\n`);
    assert.equal((await mailbox.receive(bob.logon)).saves, 0);
    const beforeUs = new Date(performance.timeOrigin - 60_000);
    await utimes(lock, beforeUs, beforeUs);
    await clock.advance(2000);
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['one']);
  });

  test('the lock is held while a message is received, and no longer', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox');
    const message = new MessageDouble();
    let locked: boolean | undefined;
    const save = message.saveChanges.bind(message);
    message.saveChanges = async () => {
      locked = await nodeFileSystem.exists(`${place.mbox}.lock`);
      await save();
    };
    const stray = `${place.mbox}.lock.0123abcd-0123-4567-89ab-0123456789ab.tmp`; // of one who was killed while he locked
    await writeFile(stray, '');
    await utimes(stray, 1, 1);
    await new Mailbox().receive(bob.logon, message);
    assert.equal(await nodeFileSystem.exists(stray), false);
    assert.deepEqual([locked, await nodeFileSystem.exists(`${place.mbox}.lock`)], [true, false]);
  });

  test('where no lock can be made, keep reads without one, and delete leaves the file alone for a while', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'));
    const lock = async (): Promise<never> => {
      throw new MapiError('MAPI_E_NO_ACCESS', 'the folder is not ours');
    };
    const host = { ...place.host, files: { ...place.host.files, lock } };
    await using keeping = await receiver(place, 'mbox', 'keep', host);
    const mailbox = new Mailbox();
    await mailbox.drain(keeping.logon);
    assert.deepEqual(await subjects(mailbox), ['one']);
    await using deleting = await receiver(place, 'mbox', 'delete', host);
    await place.append(mailText('two'));
    const whole = await place.mboxText();
    await assert.rejects(mailbox.receive(deleting.logon), { code: 'MAPI_E_NO_ACCESS' });
    assert.equal(await deleting.logon.poll(), false);
    assert.equal(await place.mboxText(), whole);
  });

  test('a message that changes while it is read without a lock is not delivered', async () => {
    await using place = await Place.make();
    await place.append(mailText('one', 'x'.repeat(1_000_000)));
    await using bob = await receiver(place, 'mbox');
    const message = new MessageDouble();
    const text = await place.mboxText();
    const set = message.setProps.bind(message);
    message.setProps = async (values) => {
      await writeFile(place.mbox, text.replaceAll('x', 'y'));
      return set(values);
    };
    await assert.rejects(new Mailbox().receive(bob.logon, message), { code: 'MAPI_E_BUSY' });
    assert.equal(message.saves, 0);
  });

  test('a message that cannot be read is copied aside, and with delete the file is emptied all the same', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'), mailText('two'));
    await using bob = await receiver(place, 'mbox', 'delete');
    const mailbox = new Mailbox();
    const poisoned = new MessageDouble();
    poisoned.saveError = new MapiError('MAPI_E_CORRUPT_DATA', 'no');
    await mailbox.receive(bob.logon, poisoned);
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['two']);
    assert.equal(await place.mboxText(), '');
    const bad = join(place.host.home, 'maildrop', 'bad');
    const [copy = '', reason = ''] = await nodeFileSystem.list(bad);
    assert.match(await readFile(join(bad, copy), 'utf8'), /Subject: one/u);
    assert.match(await readFile(join(bad, reason), 'utf8'), /MAPI_E_CORRUPT_DATA/u);
  });

  test('a file that is no mbox comes as one message, a folder is a fault, nothing is no mail', async () => {
    await using place = await Place.make();
    await using bob = await receiver(place, 'mbox');
    assert.equal(await bob.logon.poll(), false);
    await writeFile(place.mbox, `Subject: no mbox\n\n${'\0'.repeat(2_000_000)}\n\n`);
    const mailbox = new Mailbox();
    await mailbox.drain(bob.logon);
    assert.deepEqual(await subjects(mailbox), ['no mbox']);
    await using other = await Place.make();
    await mkdir(other.mbox);
    await using eve = await receiver(other, 'mbox');
    assert.equal(await eve.logon.poll(), false);
  });

  test('what is damaged in the home counts as nothing: the mail comes again rather than not at all', async () => {
    await using place = await Place.make();
    await place.append(mailText('one'));
    await using bob = await receiver(place, 'mbox');
    await new Mailbox().drain(bob.logon);
    const folder = join(place.host.home, 'maildrop');
    const [name = ''] = await nodeFileSystem.list(folder);
    for (const damage of ['{', '[]', '{"path":1}', '{"path":"x","generation":"g","offset":-1,"rescanTo":0}']) {
      await writeFile(join(folder, name), damage);
      const mailbox = new Mailbox();
      await using again = await receiver(place, 'mbox');
      await mailbox.drain(again.logon);
      assert.equal(mailbox.messages.length, 1, damage);
    }
  });
});
