import assert from 'node:assert/strict';
import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { VirtualClock } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  HRESULTS,
  MapiError,
  MSGFLAG_READ,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ASSOC_CONTENT_COUNT,
  PR_CONTAINER_CONTENTS,
  PR_CONTENT_COUNT,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_FOLDER_TYPE,
  PR_HASATTACH,
  PR_MESSAGE_DOWNLOAD_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_SENDER_NAME,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  PR_SUBFOLDERS,
  PR_SUBJECT,
  prop,
  propById,
  propId,
  propOf,
  STATUS_FAILURE,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_REMOTE_ACCESS,
  supportsHeaders,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { Mailbox, mailText, Place, receiver } from './maildrop.testing.ts';
import { PR_MAILDROP_REMOTE } from './maildrop-properties.ts';
import { DELETE, DOWNLOAD, lyingAt, MOVE, subjectsOf, threeMails, Viewer } from './remote.testing.ts';

const INBOUND = STATUS_INBOUND_ENABLED | STATUS_INBOUND_ACTIVE;
const OUTBOUND = STATUS_OUTBOUND_ENABLED | STATUS_OUTBOUND_ACTIVE;

for (const format of ['maildir', 'mbox'] as const) {
  describe(`a ${format} of which the headers come first`, () => {
    test('XP-080: a refresh is noted at once, and lists headers in the flush; nothing is fetched', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      assert.notEqual(viewer.code & STATUS_REMOTE_ACCESS, 0);
      assert.equal(viewer.isReady, true);
      await mailbox.drain(viewer.receiver.logon);
      assert.deepEqual(await viewer.marks(), {});
      await viewer.ask({ forceDisconnect: true });
      assert.notEqual(viewer.code & STATUS_OFFLINE, 0);
      await viewer.ask({ refreshHeaderCache: true });
      assert.equal(viewer.code & (INBOUND | STATUS_OFFLINE), INBOUND);
      assert.equal(viewer.isReady, false);
      assert.deepEqual(await viewer.marks(), {}, 'nothing was done yet');
      await viewer.flush(mailbox);
      assert.deepEqual(await viewer.marks(), { '1.a': 0, '2.b': 0, '3.c': 0 });
      assert.deepEqual([viewer.isReady, viewer.code & STATUS_INBOUND_ACTIVE], [true, 0]);
      assert.equal(viewer.text, '3 waiting');
      assert.deepEqual([mailbox.messages, await lyingAt(place, format)], [[], ['1.a', '2.b', '3.c']]);
    });

    test('XP-080: a new list clears all marks', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      await viewer.mark('1.a', DOWNLOAD);
      assert.equal(await viewer.mark('2.b', MOVE), 0);
      assert.equal(await viewer.mark('2.b', DELETE), MOVE);
      assert.deepEqual(await viewer.marks(), { '1.a': DOWNLOAD, '2.b': DELETE, '3.c': 0 });
      await viewer.refresh(mailbox);
      assert.deepEqual(await viewer.marks(), { '1.a': 0, '2.b': 0, '3.c': 0 });
      assert.deepEqual([mailbox.messages, await lyingAt(place, format)], [[], ['1.a', '2.b', '3.c']]);
    });

    test('XP-080, XP-081: what is marked is downloaded, deleted or moved, nothing else, and the list is new', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      await (format === 'mbox' ? place.append(mailText('4.d')) : place.drop('4.d'));
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      for (const [subject, mark] of Object.entries({ '1.a': DOWNLOAD, '2.b': DELETE, '3.c': MOVE })) {
        await viewer.mark(subject, mark);
      }
      await viewer.ask({ processHeaderCache: true });
      assert.equal(viewer.code & (INBOUND | OUTBOUND), INBOUND | OUTBOUND);
      assert.equal(viewer.isReady, false);
      await assert.rejects(viewer.ask({ refreshHeaderCache: true }), { code: 'MAPI_E_BUSY' });
      assert.deepEqual(await lyingAt(place, format), ['1.a', '2.b', '3.c', '4.d'], 'nothing was done yet');
      await viewer.flush(mailbox);
      assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a', '3.c']);
      assert.deepEqual(await lyingAt(place, format), ['1.a', '4.d']);
      assert.deepEqual(await viewer.marks(), { '1.a': 0, '4.d': 0 });
      assert.equal(viewer.text, '2 waiting, 2 downloaded, 2 deleted');
      assert.equal(viewer.isReady, true);
    });

    test('XP-081: a message that a store has not taken stays, though it was to be moved', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      await viewer.mark('1.a', MOVE);
      await viewer.ask({ processHeaderCache: true });
      const { logon } = viewer.receiver;
      await logon.startMessage(refusing(), { signal: new AbortController().signal });
      await viewer.flush(mailbox);
      assert.deepEqual(await lyingAt(place, format), ['1.a', '2.b', '3.c']);
      const row = (await viewer.rows()).find((one) => propOf(one, PR_SUBJECT) === '1.a') ?? [];
      assert.match(propOf(row, PR_STATUS_STRING) ?? '', /disk/);
      assert.equal(viewer.text, '3 waiting, 1 failed');
      await viewer.process(mailbox, { '1.a': MOVE });
      assert.deepEqual(await lyingAt(place, format), ['2.b', '3.c']);
      assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a']);
    });

    test('XP-081: what was downloaded before is not downloaded again, and says so; it can be moved away', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      await viewer.process(mailbox, { '2.b': DOWNLOAD });
      await viewer.process(mailbox, { '2.b': DOWNLOAD });
      const row = (await viewer.rows()).find((one) => propOf(one, PR_SUBJECT) === '2.b') ?? [];
      assert.match(propOf(row, PR_STATUS_STRING) ?? '', /before/);
      if (format === 'maildir') assert.equal(propOf(row, PR_MESSAGE_FLAGS), MSGFLAG_READ);
      await viewer.process(mailbox, { '2.b': MOVE });
      assert.deepEqual(await subjectsOf(mailbox.messages), ['2.b']);
      assert.deepEqual(await lyingAt(place, format), ['1.a', '3.c']);
    });

    test('an operation that is stopped deletes nothing, and another one can follow', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      await viewer.mark('1.a', MOVE);
      await viewer.mark('2.b', DELETE);
      await viewer.ask({ processHeaderCache: true });
      await mailbox.receive(viewer.receiver.logon);
      await viewer.ask({ abortHeaderOperation: true });
      assert.equal(viewer.isReady, true);
      await viewer.receiver.logon.transportNotify({ endInboundFlush: true });
      assert.deepEqual(await lyingAt(place, format), ['1.a', '2.b', '3.c']);
      assert.deepEqual(await viewer.marks(), { '1.a': MOVE, '2.b': DELETE, '3.c': 0 });
      await viewer.process(mailbox, {});
      assert.deepEqual(await lyingAt(place, format), ['3.c']);
      assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a']);
    });

    test('a source that is not there is told in the status row, and found again', async () => {
      await using place = await Place.make();
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      if (format === 'maildir') {
        await viewer.refresh(mailbox);
        assert.notEqual(viewer.code & STATUS_FAILURE, 0);
        assert.match(viewer.text, /no maildir/);
        assert.equal(viewer.isReady, true);
      }
      await threeMails(place, format);
      await viewer.refresh(mailbox);
      assert.equal(viewer.code & STATUS_FAILURE, 0);
      assert.equal(Object.keys(await viewer.marks()).length, 3);
    });

    test('what goes away or comes meanwhile does not disturb', async () => {
      await using place = await Place.make();
      await threeMails(place, format);
      const mailbox = new Mailbox();
      await using viewer = await Viewer.open(place, format);
      await viewer.refresh(mailbox);
      await viewer.mark('1.a', DOWNLOAD);
      await viewer.mark('3.c', DELETE);
      if (format === 'mbox') {
        const text = await place.mboxText();
        await writeFile(place.mbox, text.slice(text.indexOf('From ', 5)));
        await place.append(mailText('4.d'));
      } else {
        await rm(`${place.maildir}/new/1.a`);
        await place.drop('4.d');
      }
      await viewer.process(mailbox, {});
      assert.deepEqual(await lyingAt(place, format), ['2.b', '4.d']);
      assert.deepEqual(mailbox.messages, []);
      assert.equal(viewer.text, '2 waiting, 1 deleted, 1 failed');
    });
  });
}

for (const format of ['maildir', 'mbox'] as const) {
  test(`XP-081: ${format}: of two who move the same message one has it, and it goes`, async () => {
    await using place = await Place.make();
    await threeMails(place, format);
    const mailbox = new Mailbox();
    await using first = await Viewer.open(place, format);
    await using second = await Viewer.open(place, format);
    await first.refresh(mailbox);
    await first.mark('1.a', MOVE);
    await first.ask({ processHeaderCache: true });
    await mailbox.receive(first.receiver.logon);
    await second.refresh(mailbox);
    await second.process(mailbox, { '1.a': MOVE, '2.b': MOVE });
    await first.flush(mailbox);
    assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a', '2.b']);
    assert.deepEqual(await lyingAt(place, format), ['3.c']);
    assert.deepEqual(await first.marks(), { '3.c': 0 });
  });
}

test('what a flush leaves undone goes on in another one, for which the spooler is asked after it', async () => {
  const clock = new VirtualClock();
  await using place = await Place.make({ clock });
  await threeMails(place, 'maildir');
  const mailbox = new Mailbox();
  await using viewer = await Viewer.open(place, 'maildir');
  const { logon, support } = viewer.receiver;
  await viewer.refresh(mailbox);
  for (const subject of ['1.a', '2.b']) await viewer.mark(subject, MOVE);
  await viewer.ask({ processHeaderCache: true });
  await mailbox.receive(logon);
  await logon.transportNotify({ endInboundFlush: true });
  assert.equal(viewer.code & STATUS_INBOUND_FLUSH, 0);
  support.notices.length = 0;
  await clock.advance(1000);
  assert.notEqual(viewer.code & STATUS_INBOUND_FLUSH, 0);
  assert.deepEqual(
    support.notices.map(({ kind }) => kind).filter((kind) => kind === 'readyToSend'),
    ['readyToSend'],
  );
  await viewer.flush(mailbox);
  assert.deepEqual(await lyingAt(place, 'maildir'), ['3.c']);
  // Two flushes in which nobody takes anything end the work, and that is said.
  await viewer.mark('3.c', MOVE);
  await viewer.ask({ processHeaderCache: true });
  await logon.transportNotify({ endInboundFlush: true });
  assert.equal(viewer.isReady, false);
  await logon.transportNotify({ endInboundFlush: true });
  assert.deepEqual([viewer.isReady, viewer.text], [true, '1 waiting, 1 failed']);
});

test('an account becomes remote, and another one again, while it is logged on', async () => {
  await using place = await Place.make();
  await threeMails(place, 'maildir');
  const mailbox = new Mailbox();
  await using own = await receiver(place, 'maildir');
  const { logon, support } = own;
  assert.ok(supportsHeaders(logon));
  await assert.rejects(logon.openHeaderFolder(), { code: 'MAPI_E_NO_SUPPORT' });
  await assert.rejects(logon.validateState(undefined, { refreshHeaderCache: true }), { code: 'MAPI_E_NO_SUPPORT' });
  const isRemote = async (remote: boolean): Promise<number> => {
    await using section = await support.openProfileSection(null, { modify: true });
    await section.setProps([prop(PR_MAILDROP_REMOTE, remote)]);
    await logon.validateState(undefined, { configChanged: true });
    return (propOf([...support.statusRow], PR_STATUS_CODE) ?? 0) & STATUS_REMOTE_ACCESS;
  };
  assert.notEqual(await isRemote(true), 0);
  await mailbox.drain(logon);
  assert.deepEqual(mailbox.messages, []);
  await using folder = await logon.openHeaderFolder();
  assert.equal(await isRemote(false), 0);
  await assert.rejects(folder.getContentsTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  await mailbox.drain(logon);
  assert.equal(mailbox.messages.length, 3);
});

test('a header of a stranger takes little room in a list, whatever is in it', async () => {
  await using place = await Place.make();
  await place.makeMaildir();
  const to = Array.from({ length: 3000 }, (_, index) => `user${index}@example.test`).join(',\n ');
  await place.drop('1.long', `From: a@b.c\nSubject: ${'x'.repeat(50_000)}\nTo: ${to}\n\nbody\n`);
  await place.drop('2.none', '');
  await place.drop('3.bytes', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256)));
  await place.drop('4.nothing', '\n\n\n');
  await using viewer = await Viewer.open(place, 'maildir');
  await viewer.refresh(new Mailbox());
  const rows = await viewer.rows();
  assert.equal(rows.length, 4);
  const longest = rows.flat().map(({ value }) => (typeof value === 'string' ? value.length : 0));
  assert.ok(Math.max(...longest) <= 1024, String(Math.max(...longest)));
});

describe('the header folder', () => {
  test('XP-086: has the properties of a folder, which are as many as its list says; saving it does nothing', async () => {
    await using place = await Place.make();
    await threeMails(place, 'maildir');
    await using viewer = await Viewer.open(place, 'maildir');
    await viewer.refresh(new Mailbox());
    const { folder } = viewer;
    const wanted = [
      PR_ACCESS,
      PR_ACCESS_LEVEL,
      PR_ASSOC_CONTENT_COUNT,
      PR_CONTENT_COUNT,
      PR_DISPLAY_NAME,
      PR_DISPLAY_TYPE,
      PR_FOLDER_TYPE,
      PR_OBJECT_TYPE,
      PR_SUBFOLDERS,
    ] as const;
    const { values, warning } = await folder.getProps(wanted);
    assert.deepEqual(values, [2, 0, 0, 3, `Mail in ${place.maildir}`, 0x0100_0000, 1, 3, false]);
    assert.equal(warning, undefined);
    const listed = (await folder.getPropList()).map(propId);
    for (const tag of [...wanted, PR_CREATION_TIME, PR_CONTAINER_CONTENTS]) assert.ok(listed.includes(propId(tag)));
    await folder.saveChanges();
    await using table = await folder.openProperty(PR_CONTAINER_CONTENTS, 'IMAPITable');
    assert.equal(await table.getRowCount(), 3);
  });

  test('XP-086: can be read and marked, and nothing else', async () => {
    await using place = await Place.make();
    await threeMails(place, 'maildir');
    await using viewer = await Viewer.open(place, 'maildir');
    await viewer.refresh(new Mailbox());
    const { folder } = viewer;
    await assert.rejects(folder.createMessage(), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(folder.deleteMessages([]), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(folder.openEntry(new Uint8Array(20)), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(folder.setProps([prop(PR_DISPLAY_NAME, 'x')]), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(folder.setMessageStatus(new Uint8Array(20), DELETE, DELETE), { code: 'MAPI_E_NOT_FOUND' });
    await viewer.receiver.logon.transportLogoff();
    await assert.rejects(folder.getContentsTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('a row tells what its header tells; how long a download takes is not known', async () => {
    await using place = await Place.make();
    await place.makeMaildir();
    const text = mailText('x').replace(
      'Subject: x',
      'Subject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/mixed; boundary=b',
    );
    await place.drop('1.x', text);
    await using viewer = await Viewer.open(place, 'maildir');
    await viewer.refresh(new Mailbox());
    const [row = []] = await viewer.rows();
    const tags = [PR_SUBJECT, PR_NORMALIZED_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_SIZE, PR_HASATTACH] as const;
    assert.deepEqual(
      tags.map((tag) => propOf<unknown>(row, tag)),
      ['Re: Grüße', 'Grüße', 'Ann', Buffer.byteLength(text), true],
    );
    assert.equal(propById(row, propId(PR_MESSAGE_DOWNLOAD_TIME))?.value, HRESULTS.MAPI_E_NO_SUPPORT);
  });
});

test('an mbox whose mails are deleted keeps its mode, and what is between', async () => {
  await using place = await Place.make();
  await threeMails(place, 'mbox');
  await chmod(place.mbox, 0o640);
  await writeFile(`${place.mbox}.nodemapi-kept`, 'of somebody who was killed');
  const before = await place.mboxText();
  const mailbox = new Mailbox();
  await using viewer = await Viewer.open(place, 'mbox');
  await viewer.refresh(mailbox);
  await assert.rejects(stat(`${place.mbox}.nodemapi-kept`), { code: 'ENOENT' });
  await viewer.process(mailbox, { '2.b': DELETE });
  const second = before.indexOf('From ', 5);
  assert.equal(await place.mboxText(), before.slice(0, second) + before.slice(before.indexOf('From ', second + 5)));
  assert.equal((await stat(place.mbox)).mode & 0o777, 0o640);
});

/** A message that a full disk does not take. */
function refusing(): MessageDouble {
  const message = new MessageDouble();
  message.saveError = new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'the disk is full');
  return message;
}

test('an mbox that was emptied begins anew: the same mail is downloaded again', async () => {
  await using place = await Place.make();
  await place.append(mailText('1.a'));
  const mailbox = new Mailbox();
  await using viewer = await Viewer.open(place, 'mbox');
  await viewer.refresh(mailbox);
  await viewer.process(mailbox, { '1.a': MOVE });
  assert.equal(await place.mboxText(), '');
  await place.append(mailText('1.a'));
  await viewer.refresh(mailbox);
  await viewer.process(mailbox, { '1.a': DOWNLOAD });
  assert.deepEqual(await subjectsOf(mailbox.messages), ['1.a', '1.a']);
});

test('equal mails in an mbox are two, and one of them can be deleted', async () => {
  await using place = await Place.make();
  await place.append(mailText('same'), mailText('same'));
  const mailbox = new Mailbox();
  await using viewer = await Viewer.open(place, 'mbox');
  await viewer.refresh(mailbox);
  assert.equal((await viewer.rows()).length, 2);
  await viewer.process(mailbox, { same: DELETE });
  assert.deepEqual(await lyingAt(place, 'mbox'), ['same']);
});

test('an mbox that somebody has locked is told, and left alone', async () => {
  await using place = await Place.make();
  await threeMails(place, 'mbox');
  const mailbox = new Mailbox();
  await using viewer = await Viewer.open(place, 'mbox');
  await viewer.refresh(mailbox);
  await writeFile(`${place.mbox}.lock`, 'of a mail system');
  await viewer.process(mailbox, { '1.a': MOVE, '2.b': DELETE });
  assert.match(viewer.text, /locked/);
  assert.deepEqual([mailbox.messages, await lyingAt(place, 'mbox')], [[], ['1.a', '2.b', '3.c']]);
  await rm(`${place.mbox}.lock`);
  await viewer.refresh(mailbox);
  assert.equal(viewer.text, '3 waiting');
});
