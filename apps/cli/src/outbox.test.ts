import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { listOf, TestHome } from './io.testing.ts';

/** Queues a message; answers its identifier. */
async function queued(home: TestHome, subject: string, ...more: readonly string[]): Promise<string> {
  const args = ['send', '--to', 'work@localhost', '--subject', subject, '--text', 'x', '--no-wait', ...more];
  return String(listOf((await home.json(...args)).value, 'messages')[0]?.entryId);
}

/** A server that is not there: what is to go to it waits. */
const NO_SERVER = ['service', 'add', 'smtp', 'host=127.0.0.1', 'port=1', 'from=ada@example.com', 'security=none'];

describe('what is taken out of the queue', () => {
  test('is shown as a draft, says how to go on, and is sent by retry', async () => {
    await using home = await TestHome.withProfile();
    const id = await queued(home, 'One');
    const listed = await home.ok('list', 'Outbox');
    assert.match(listed, /One\s+queued/u);
    assert.doesNotMatch(listed, /draft/u);
    const cancelled = await home.ok('outbox', 'cancel', id);
    assert.match(cancelled, /stays in its folder as a draft; .* mapi outbox retry [0-9a-f]{12}\n/u);
    assert.match(await home.ok('list', 'Outbox'), /One\s+draft/u);
    const short = /retry ([0-9a-f]+)/u.exec(cancelled)?.[1] ?? '';
    assert.match(await home.ok('outbox', 'retry', short), /state +sent/u);
    assert.equal(await home.ok('list', 'Outbox'), 'No messages.\n');
    assert.match(await home.ok('outbox', 'cancel', '--help'), /outbox retry/u);
  });

  test('does not go twice to those who have it already', async () => {
    await using home = await TestHome.withProfile();
    await home.ok(...NO_SERVER);
    const id = await queued(home, 'Half', '--cc', 'far@example.com');
    assert.equal((await home.run('flush')).code, 3);
    await home.ok('outbox', 'cancel', id);
    const { code, out } = await home.run('outbox', 'retry', id);
    assert.equal(code, 3);
    assert.match(out, /work@localhost +sent/u);
    await home.run('flush');
    assert.equal((await home.json('list', 'Inbox')).value.total, 1);
  });
});

describe('a retry', () => {
  test('that leaves the message in the queue is done in part; there has to be a message', async () => {
    await using home = await TestHome.withProfile();
    await home.ok(...NO_SERVER);
    const id = await queued(home, 'Far', '--to', 'far@example.com');
    const { code, out } = await home.run('outbox', 'retry', id);
    assert.equal(code, 3, out);
    assert.match(out, /state +waiting/u);
    assert.equal((await home.run('flush')).code, 3);
    const nothing = await home.run('outbox', 'retry', 'abcd');
    assert.equal(nothing.code, 1);
    assert.match(nothing.err, /no message of the Outbox with the id abcd/u);
  });
});

describe('a change', () => {
  test('keeps a held message held, and replaces recipients', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('address', 'add', 'bob@example.com', 'Bob Builder');
    const id = await queued(home, 'Old', '--cc', 'c@example.com');
    await home.ok('outbox', 'hold', id);
    const { value } = await home.json('outbox', 'edit', id, '--subject', 'New', '--to', 'Bob Builder, d@example.com');
    const [message] = listOf(value, 'queue');
    assert.deepEqual([message?.subject, message?.state], ['New', 'held']);
    const shown = (await home.json('show', String(message?.entryId))).value;
    assert.deepEqual(
      listOf(shown, 'recipients').map(({ type, address }) => [type, address]),
      [
        ['cc', 'c@example.com'],
        ['to', 'bob@example.com'],
        ['to', 'd@example.com'],
      ],
    );
    assert.match(await home.ok('outbox', 'edit', id, '--subject', 'Newer'), /changed; it is still held/u);
    assert.match(await home.ok('outbox', 'edit', '--help'), /is held all the time/u);
    const shown2 = await home.ok('outbox', 'show', id);
    assert.match(shown2, /held +submitted, to 3 recipients, to be held/u);
    assert.match(shown2, /cancelled +taken out of the queue/u);
  });

  test('that cannot be made leaves the message in the queue', async () => {
    await using home = await TestHome.withProfile();
    const id = await queued(home, 'Old');
    assert.equal((await home.run('outbox', 'edit', id, '--to', 'Nobody')).code, 1);
    assert.equal(listOf((await home.json('outbox')).value, 'queue')[0]?.state, 'ready');
  });
});

test('a page on which nothing is says nothing of the queue being empty', async () => {
  await using home = await TestHome.withProfile();
  assert.match(await home.ok('outbox', '--offset', '1'), /queue is empty/u);
  await queued(home, 'One');
  for (const page of [
    ['--offset', '1'],
    ['--limit', '0'],
  ]) {
    const { out, err } = await home.run('outbox', ...page);
    assert.deepEqual([/is empty/u.test(out), /0 of 1 messages/u.test(err)], [false, true]);
  }
});

test('the help of flush says that it tries what waits for its next attempt', async () => {
  await using home = await TestHome.make();
  assert.match(await home.ok('flush', '--help'), /also what waits for its next attempt/u);
});

test('flush names a transport that does not work, and is done in part', async () => {
  await using home = await TestHome.withProfile();
  await home.ok('service', 'add', 'maildir', 'path=not-here');
  const { code, err } = await home.run('flush');
  assert.deepEqual([code, /Mail in not-here does not work: .*there is no maildir/u.test(err)], [3, true]);
  const { value } = await home.json('flush');
  assert.equal(listOf(value, 'broken')[0]?.name, 'Mail in not-here');
});

describe('what has left the queue', () => {
  test('is shown with its history, and sent again to those who did not get it', async () => {
    await using home = await TestHome.withProfile();
    const id = await queued(home, 'Off');
    await home.ok('outbox', 'hold', id);
    const held = (await home.json('outbox', 'show', id)).value;
    const [shown] = listOf(held, 'queue');
    assert.deepEqual(
      listOf(shown, 'history').map(({ state, text }) => [state, text]),
      [
        ['ready', 'submitted, to 1 recipient'],
        ['held', 'held by the user'],
      ],
    );
    await home.ok('outbox', 'cancel', id);
    const [gone] = listOf((await home.json('outbox', 'finished')).value, 'finished');
    assert.deepEqual([gone?.subject, gone?.state], ['Off', 'cancelled']);
    assert.match(await home.ok('outbox', 'finished'), /cancelled/u);
    assert.match(await home.ok('outbox', 'show', id), /process \d+ on/u);
    assert.match(await home.ok('outbox', 'resend', id), /submitted again/u);
    const again = listOf((await home.json('outbox')).value, 'queue');
    assert.deepEqual(
      again.map(({ subject, state }) => [subject, state]),
      [['Off', 'ready']],
    );
    const known = await home.run('outbox', 'resend', String(again[0]?.entryId));
    assert.equal(known.code, 2);
  });
});
