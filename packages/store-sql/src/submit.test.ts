import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock, toHex } from '@nodemapi/base';
import { getProp, NOTIFICATIONS_LOST, queryAllRows } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_TO,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  prop,
  propOf,
  supportsOutgoing,
  tagFromNumber,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { checkStore } from './check.ts';
import { rawStore, SqlStoreFixture } from './store.testing.ts';

const outboxOf = async (store: IMsgStore): Promise<IMAPIFolder> =>
  store.openEntry((await getProp(store, PR_IPM_OUTBOX_ENTRYID)) ?? null, { iid: 'IMAPIFolder', modify: true });

async function draft(outbox: IMAPIFolder, subject: string): Promise<IMessage> {
  const message = await outbox.createMessage();
  await message.setProps([prop(PR_SUBJECT, subject)]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
  return message;
}

async function queued(store: IMsgStore): Promise<(string | undefined)[]> {
  await using queue = await store.getOutgoingQueue();
  return (await queryAllRows(queue, { tags: [PR_SUBJECT] })).map((row) => propOf(row, PR_SUBJECT));
}

/** Submits one message after the other and prints the number of each when it has been acknowledged. */
const submitter = (path: string) => `
  import { standaloneHost, StandaloneSupport, getProp } from '@nodemapi/kit';
  import { PR_IPM_OUTBOX_ENTRYID, PR_SUBJECT, PR_DISPLAY_NAME, prop } from '@nodemapi/mapi';
  import { MSProviderInit, PR_STORE_SQL_PATH } from '@nodemapi/store-sql';
  const host = await standaloneHost();
  const { provider } = await MSProviderInit(host);
  const section = [prop(PR_STORE_SQL_PATH, ${JSON.stringify(path)})];
  const support = new StandaloneSupport({ kind: 'store', host, section });
  const { store } = await provider.logon(support, 'p', null, { write: true });
  const outbox = await store.openEntry(await getProp(store, PR_IPM_OUTBOX_ENTRYID), { modify: true });
  for (let i = 0; ; i++) {
    const message = await outbox.createMessage();
    await message.setProps([prop(PR_SUBJECT, process.pid + '-' + i)]);
    await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob')]]);
    await message.submitMessage();
    process.stdout.write(process.pid + '-' + i + '\\n');
  }`;

/** What a submitting process had acknowledged when it was killed after `count` messages and a moment more. */
async function submittedUntilKilled(path: string, count: number, moreMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', submitter(path)], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let killing = false;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (killing || text.split('\n').length <= count) return;
    killing = true;
    setTimeout(() => child.kill('SIGKILL'), moreMs);
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text.split('\n').slice(0, -1);
}

describe('durability', () => {
  test('SUBMIT-025: what a killed process had submitted is in the queue, once and in order', async () => {
    await using fixture = await SqlStoreFixture.create();
    const path = fixture.path('store');
    const acknowledged: string[] = [];
    for (const [count, moreMs] of [
      [1, 0],
      [15, 3],
      [40, 7],
    ] as const) {
      acknowledged.push(...(await submittedUntilKilled(path, count, moreMs)));
      assert.deepEqual(checkStore(path), []);
    }
    const subjects = await queued(await fixture.open({ spooler: true }));
    assert.deepEqual(
      subjects.filter((subject) => acknowledged.includes(subject ?? '')),
      acknowledged,
    );
    assert.equal(new Set(subjects).size, subjects.length);
  });

  test('SUBMIT-005, PROP-032: a full disk refuses the submission, and the message can be submitted when there is room', async () => {
    await using raw = await rawStore();
    const outbox = await outboxOf(raw.store);
    const message = await draft(outbox, 'large');
    await message.setProps([prop(PR_BODY, 'x'.repeat(300_000))]);
    raw.limitPages(20);
    await assert.rejects(message.submitMessage(), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
    assert.deepEqual(await queued(raw.spoolerStore), []);
    assert.equal(await getProp(message, PR_SUBJECT), 'large');
    await message.setProps([prop(PR_SUBJECT, 'still large')]);
    raw.limitPages(100_000);
    await message.submitMessage();
    assert.deepEqual(await queued(raw.spoolerStore), ['still large']);
  });

  test('SUBMIT-051: a full disk leaves a sent message in the queue, to be finished when there is room', async () => {
    await using raw = await rawStore();
    const message = await draft(await outboxOf(raw.store), 'sent');
    await message.submitMessage();
    await using queue = await raw.spoolerStore.getOutgoingQueue();
    const [row = []] = await queryAllRows(queue, { tags: [PR_ENTRYID] });
    const entryId = propOf(row, PR_ENTRYID) ?? new Uint8Array();
    await using sending = await raw.spoolerStore.openEntry(entryId, { iid: 'IMessage', modify: true });
    await raw.spoolerStore.setLockState(sending, true);
    await sending.setProps([prop(PR_BODY, 'x'.repeat(300_000))]);
    raw.limitPages(20);
    await assert.rejects(sending.saveChanges({ keepOpenReadWrite: true }), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
    assert.deepEqual(await queued(raw.spoolerStore), ['sent']);
    raw.limitPages(100_000);
    await sending.saveChanges();
    await raw.spoolerStore.finishedMsg(entryId);
    assert.deepEqual(await queued(raw.spoolerStore), []);
  });

  test('a stream that meets a full disk can be written on when there is room', async () => {
    await using raw = await rawStore();
    const outbox = await outboxOf(raw.store);
    await using message = await outbox.createMessage();
    await using stream = await message.openProperty(PR_BODY, 'IStream', { create: true, modify: true });
    raw.limitPages(20);
    const piece = new Uint8Array(50_000).fill(65);
    const write = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await stream.write(piece);
      await stream.commit();
    };
    await assert.rejects(write(), { code: 'MAPI_E_NOT_ENOUGH_DISK' });
    raw.limitPages(100_000);
    await stream.setSize(0);
    await stream.seek(0);
    await write();
    await message.saveChanges({ keepOpenReadOnly: true });
    await using saved = await message.openProperty(PR_BODY, 'IStream');
    assert.equal((await saved.stat()).size, 1_000_000);
  });

  test('SUBMIT-024: messages that are submitted together are queued in the order of the calls', async () => {
    await using fixture = await SqlStoreFixture.create();
    const outbox = await outboxOf(await fixture.open());
    const subjects = Array.from({ length: 30 }, (_, index) => `message ${index}`);
    const messages = await Promise.all(subjects.map((subject) => draft(outbox, subject)));
    await Promise.all(messages.map((message) => message.submitMessage()));
    assert.deepEqual(await queued(await fixture.open({ spooler: true })), subjects);
  });
});

describe('locks', () => {
  async function lockedMessage(
    fixture: SqlStoreFixture,
  ): Promise<{ first: IMsgStore; entryId: Uint8Array; message: IMessage }> {
    const outbox = await outboxOf(await fixture.open());
    const submitted = await draft(outbox, 'hello');
    await submitted.submitMessage();
    const first = await fixture.open({ spooler: true });
    await using queue = await first.getOutgoingQueue();
    const [row = []] = await queryAllRows(queue, { tags: [PR_ENTRYID] });
    const entryId = propOf(row, PR_ENTRYID) ?? new Uint8Array();
    const message = await first.openEntry(entryId, { iid: 'IMessage', modify: true });
    await first.setLockState(message, true, { leaseMs: 10_000 });
    return { first, entryId, message };
  }

  test('a lease that ran out is taken over, and the former holder can neither save nor finish', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { first, entryId, message } = await lockedMessage(fixture);
    const second = await fixture.open({ spooler: true, apart: true });
    const mine = await second.openEntry(entryId, { iid: 'IMessage', modify: true });
    await assert.rejects(second.setLockState(mine, true), { code: 'MAPI_E_BUSY' });
    await fixture.clock.advance(10_001);
    await second.setLockState(mine, true);
    await assert.rejects(first.finishedMsg(entryId), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(message.saveChanges({ keepOpenReadWrite: true }), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(message.saveChanges({ force: true }), { code: 'MAPI_E_NO_ACCESS' });
    await assert.rejects(first.setLockState(message, true), { code: 'MAPI_E_BUSY' });
    await second.finishedMsg(entryId);
    await assert.rejects(second.finishedMsg(entryId), { code: 'MAPI_E_NOT_IN_QUEUE' });
  });

  test('SPOOL-048: the last result is saved and the message finished together, by the holder of the lock alone', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { first, entryId, message } = await lockedMessage(fixture);
    assert.ok(supportsOutgoing(first));
    const { lock } = await first.readOutgoing(message);
    await message.setProps([prop(PR_BODY, 'of the first')]);
    await fixture.clock.advance(10_001);
    const second = await fixture.open({ spooler: true, apart: true });
    assert.ok(supportsOutgoing(second));
    const mine = await second.openEntry(entryId, { iid: 'IMessage', modify: true });
    const taken = await second.writeOutgoing(entryId, { after: lock, leaseMs: 10_000 });
    assert.ok(taken > lock);
    const refused = { code: 'MAPI_E_OBJECT_CHANGED' };
    await assert.rejects(first.finishOutgoing(entryId, { lock }, message), refused);
    await assert.rejects(first.writeOutgoing(entryId, { lock, leaseMs: 10_000 }), refused);
    await assert.rejects(first.writeOutgoing(entryId, { lock }, message), refused);
    await mine.setProps([prop(PR_BODY, 'of the second')]);
    await second.finishOutgoing(entryId, { lock: taken }, mine);
    assert.deepEqual(await queued(second), []);
    await assert.rejects(second.finishOutgoing(entryId, { lock: taken }), { code: 'MAPI_E_NOT_IN_QUEUE' });
    await using sent = await second.openEntry(entryId, { iid: 'IMessage' });
    assert.equal(await getProp(sent, PR_BODY), 'of the second');
  });

  test('renewing a lock makes it last longer', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { first, entryId, message } = await lockedMessage(fixture);
    await fixture.clock.advance(8_000);
    await first.setLockState(message, true, { leaseMs: 10_000 });
    await fixture.clock.advance(8_000);
    const second = await fixture.open({ spooler: true, apart: true });
    const mine = await second.openEntry(entryId, { iid: 'IMessage', modify: true });
    await assert.rejects(second.setLockState(mine, true), { code: 'MAPI_E_BUSY' });
  });

  test('SPOOL-028: a spooler that closes its store gives its locks back', async () => {
    await using fixture = await SqlStoreFixture.create();
    const { first, entryId } = await lockedMessage(fixture);
    await first.release();
    const second = await fixture.open({ spooler: true, apart: true });
    const mine = await second.openEntry(entryId, { iid: 'IMessage', modify: true });
    await second.setLockState(mine, true);
  });

  test('a lock whose process is gone is taken over at once; one of which nobody can tell lasts', async () => {
    await using raw = await rawStore();
    const message = await draft(await outboxOf(raw.store), 'hello');
    await message.submitMessage();
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('exit', resolve));
    await using queue = await raw.spoolerStore.getOutgoingQueue();
    const [row = []] = await queryAllRows(queue, { tags: [PR_ENTRYID] });
    const entryId = propOf(row, PR_ENTRYID) ?? new Uint8Array();
    const take = async (owner: string): Promise<void> => {
      const fromMs = systemClock.monotonicMs();
      raw.file.db.exec(`UPDATE outgoing SET lock_owner = '${owner}', lock_until = 9000000000000000000,
        lock_from = ${fromMs}, lock_ends = ${fromMs + 60_000}`);
      await using mine = await raw.spoolerStore.openEntry(entryId, { iid: 'IMessage', modify: true });
      await raw.spoolerStore.setLockState(mine, true);
    };
    const own = raw.ownerOf(dead.pid ?? 0);
    const [boot = '', spaces = ''] = raw.file.fates.place.split('.');
    await assert.rejects(take(own.replace(spaces, 'another')), { code: 'MAPI_E_BUSY' });
    await assert.rejects(take(raw.ownerOf(process.pid)), { code: 'MAPI_E_BUSY' });
    await take(own);
    await take(own.replace(boot, 'earlier'));
    await raw.spoolerStore.finishedMsg(entryId);
  });
});

describe('large values', () => {
  const tag = tagFromNumber(0x6700_0102);

  test('a stream of many chunks is saved, read back and copied', async () => {
    await using fixture = await SqlStoreFixture.create();
    const outbox = await outboxOf(await fixture.open());
    const message = await outbox.createMessage();
    const piece = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
    await using stream = await message.openProperty(tag, 'IStream', { create: true, modify: true });
    for (let i = 0; i < 30; i++) await stream.write(piece);
    await stream.seek(100_000);
    await stream.write(Uint8Array.of(1, 2, 3));
    await stream.commit();
    await message.saveChanges({ keepOpenReadWrite: true });
    const { props } = await message.getProps([tag]);
    assert.equal(props[0]?.value, 0x8007_000e);
    const entryId = (await getProp(message, PR_ENTRYID)) ?? new Uint8Array();
    await outbox.copyMessages([entryId], outbox);
    await outbox.deleteMessages([entryId]);
    await message.release();
    await using table = await outbox.getContentsTable();
    const rows = await queryAllRows(table, { tags: [PR_ENTRYID] });
    for (const row of rows) {
      await using copy = await outbox.openEntry(propOf(row, PR_ENTRYID) ?? null, { iid: 'IMessage' });
      await using read = await copy.openProperty(tag, 'IStream');
      assert.deepEqual(await read.stat(), { size: 1_500_000, writable: false });
      await read.seek(99_999);
      assert.deepEqual([...(await read.read(5))], [piece[49_999], 1, 2, 3, piece[3]]);
      await assert.rejects(read.write(piece), { code: 'MAPI_E_NO_ACCESS' });
    }
  });

  test('a stream whose value was replaced says so, and gives no zeros', async () => {
    await using fixture = await SqlStoreFixture.create();
    const store = await fixture.open();
    const outbox = await outboxOf(store);
    const message = await outbox.createMessage();
    await message.setProps([{ tag, value: new Uint8Array(100_000).fill(7) }]);
    await message.saveChanges({ keepOpenReadWrite: true });
    const entryId = (await getProp(message, PR_ENTRYID)) ?? null;
    await using reader = await store.openEntry(entryId, { iid: 'IMessage' });
    await using stream = await reader.openProperty(tag, 'IStream');
    assert.equal((await stream.read(10))[0], 7);
    await message.setProps([{ tag, value: Uint8Array.of(1) }]);
    await message.saveChanges();
    await stream.seek(70_000);
    await assert.rejects(stream.read(10), { code: 'MAPI_E_OBJECT_CHANGED' });
  });

  test('what is staged and never saved is collected when its process is gone', async () => {
    await using raw = await rawStore();
    const outbox = await outboxOf(raw.store);
    await using message = await outbox.createMessage();
    await using stream = await message.openProperty(tag, 'IStream', { create: true, modify: true });
    await stream.write(new Uint8Array(200_000));
    await stream.commit();
    raw.file.db.exec(`UPDATE value SET owner = '${raw.ownerOf(2 ** 22 + 1)}'`);
    await using later = await raw.openAgain();
    assert.equal(later.db.all({ text: 'SELECT 1 FROM chunk', parameters: [] }).length, 0);
  });

  test('a small stream lies with the other properties', async () => {
    await using fixture = await SqlStoreFixture.create();
    const outbox = await outboxOf(await fixture.open());
    await using message = await outbox.createMessage();
    {
      await using stream = await message.openProperty(PR_BODY, 'IStream', { create: true, modify: true });
      await stream.write(new Uint8Array(Buffer.from('Grüße', 'utf16le')));
    }
    assert.equal(await getProp(message, PR_BODY), 'Grüße');
    await using again = await message.openProperty(PR_BODY, 'IStream', { modify: true });
    await again.setSize(4);
    assert.equal(await getProp(message, PR_BODY), 'Grüße');
    await again.commit();
    assert.equal(await getProp(message, PR_BODY), 'Gr');
    await again.write(new Uint8Array(100));
    await again.revert();
    assert.equal((await again.stat()).size, 4);
  });
});

test('ATT-011: data as bytes and data as a message are one property', async () => {
  await using fixture = await SqlStoreFixture.create();
  const outbox = await outboxOf(await fixture.open());
  await using message = await outbox.createMessage();
  const { attach } = await message.createAttach();
  await attach.setProps([prop(PR_ATTACH_DATA_BIN, Uint8Array.of(1))]);
  await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
  await inner.setProps([prop(PR_SUBJECT, 'inner')]);
  await inner.saveChanges();
  assert.equal(await getProp(attach, PR_ATTACH_DATA_BIN), undefined);
  await attach.setProps([prop(PR_ATTACH_DATA_BIN, Uint8Array.of(2))]);
  await assert.rejects(attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage'), { code: 'MAPI_E_NOT_FOUND' });
});

test('identifiers stay the same in a move, and are as long as any', async () => {
  await using fixture = await SqlStoreFixture.create();
  const store = await fixture.open();
  const outbox = await outboxOf(store);
  const message = await draft(outbox, 'moved');
  await message.saveChanges({ keepOpenReadOnly: true });
  const entryId = (await getProp(message, PR_ENTRYID)) ?? new Uint8Array();
  const other = await outbox.createFolder('other');
  await outbox.copyMessages([entryId], other, { move: true });
  await using moved = await store.openEntry(entryId, { iid: 'IMessage' });
  assert.equal(toHex((await getProp(moved, PR_ENTRYID)) ?? new Uint8Array()), toHex(entryId));
});

test('large values of a message that is never saved go with it', async () => {
  await using raw = await rawStore();
  const outbox = await outboxOf(raw.store);
  const message = await outbox.createMessage();
  const { attach } = await message.createAttach();
  await using stream = await attach.openProperty(tagFromNumber(0x3701_0102), 'IStream', { create: true, modify: true });
  await stream.write(new Uint8Array(200_000));
  await stream.release();
  await attach.saveChanges();
  assert.equal(raw.file.db.all({ text: 'SELECT 1 FROM value', parameters: [] }).length, 1);
  await message.release();
  assert.equal(raw.file.db.all({ text: 'SELECT 1 FROM value', parameters: [] }).length, 0);
});

test('a connection that slept while the journal was cut is told that it missed something', async () => {
  await using raw = await rawStore();
  await using sleeper = await raw.openAgain();
  const events: number[] = [];
  sleeper.hub.advise(null, 0xffff_ffff, {
    onNotify: (batch) => {
      for (const each of batch) if (each.kind === 'extended') events.push(each.event);
    },
  });
  const outbox = await outboxOf(raw.store);
  for (let i = 0; i < 3; i++) await (await draft(outbox, `${i}`)).saveChanges();
  raw.file.db.exec('DELETE FROM journal WHERE seq < 3');
  sleeper.pump();
  await sleeper.hub.flush();
  assert.deepEqual(events, [NOTIFICATIONS_LOST]);
});
