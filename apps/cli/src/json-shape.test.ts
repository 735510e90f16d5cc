import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { assertFields, EML, type JsonValue, listOf, TestHome } from './io.testing.ts';

const STEPS = [
  'unadvise',
  'release',
  'freeBuffers',
  'outgoing',
  'logoff',
  'releaseSession',
  'oleUninitialize',
  'mapiUninitialize',
  'deinitMapiUtil',
];
const QUEUED = 'entryId subject submitTime state reason attempts nextAttempt lockedBy recipients'.split(' ');
const RECIPIENT = ['address', 'state', 'attempts', 'lastError', 'nextAttempt'];

function assertEnd(end: JsonValue | undefined): void {
  assertFields(end, ['policy', 'completed', 'deadlineExceeded', 'durationMs', 'steps', 'outgoing', 'leftOpen']);
  const { outgoing, leftOpen } = end as { outgoing: JsonValue; leftOpen: JsonValue };
  const steps = listOf(end, 'steps');
  assert.deepEqual(
    steps.map(({ step }) => step),
    STEPS,
  );
  for (const step of steps) assertFields(step, ['step', 'ok', 'count', 'durationMs']);
  assertFields(outgoing, ['sent', 'left', 'held', 'unknown', 'messages']);
  assertFields(leftOpen, ['objects', 'advises', 'buffers']);
}

let home: TestHome;

beforeAll(async () => {
  home = await TestHome.withProfile();
  await home.file('plan.eml', EML);
});
afterAll(() => home[Symbol.asyncDispose]());

describe('what --json prints has the fields of the contract', () => {
  test('profile', async () => {
    const expected = { profiles: [{ name: 'work', default: true, services: ['sql', 'pab', 'local'] }] };
    assert.deepEqual((await home.json('profile')).value, expected);
    assert.deepEqual((await home.json('profile', 'show', 'work')).value, expected);
    const { value } = await home.json('profile', 'create', 'second');
    assert.deepEqual(
      listOf(value, 'profiles').map((profile) => [profile.name, profile.default]),
      [
        ['second', false],
        ['work', true],
      ],
    );
    for (const args of [
      ['copy', 'second', 'third'],
      ['rename', 'third', 'fourth'],
      ['delete', 'fourth'],
      ['delete', 'second'],
    ])
      assert.equal((await home.json('profile', ...args)).code, 0);
    assert.deepEqual((await home.json('profile', 'default', 'work')).value, expected);
  });

  test('service', async () => {
    const services = listOf((await home.json('service', 'list')).value, 'services');
    assert.deepEqual(
      services.map(({ name }) => name),
      ['sql', 'pab', 'local'],
    );
    for (const service of services) {
      assertFields(service, ['name', 'displayName', 'uid', 'providers', 'config']);
      for (const provider of listOf(service, 'providers')) assertFields(provider, ['type', 'name', 'uid']);
    }
    for (const service of listOf((await home.json('service', 'catalogue')).value, 'services'))
      assertFields(service, ['name', 'displayName', 'options']);
  });

  test('send, and the END report', async () => {
    const { code, value } = await home.json('send', '--to', 'work@localhost', '--subject', 'Now', '--text', 'x');
    assert.equal(code, 0);
    const [message] = listOf(value, 'messages');
    assertFields(message, ['entryId', 'internetMessageId', 'state', 'recipients']);
    assert.equal(message?.state, 'sent');
    assert.match(String(message?.internetMessageId), /^<.+@.+>$/u);
    const [recipient] = listOf(message, 'recipients');
    assertFields(recipient, RECIPIENT);
    assert.deepEqual([recipient?.address, recipient?.state, recipient?.lastError], ['work@localhost', 'sent', null]);
    assertEnd(value.end);
    assert.deepEqual(
      { ...(value.end as Record<string, JsonValue>), steps: 0, durationMs: 0, outgoing: 0 },
      {
        policy: 'leave',
        completed: true,
        deadlineExceeded: false,
        durationMs: 0,
        steps: 0,
        outgoing: 0,
        leftOpen: { objects: [], advises: [], buffers: 0, blocks: [] },
      },
    );
  });

  test('outbox, in every form, and flush', async () => {
    await home.ok('flush'); // what was sent before may have been received, or not yet
    const sent = await home.json('send', '--to', 'work@localhost', '--subject', 'Later', '--no-wait');
    assert.equal(sent.code, 3);
    const [message] = listOf(sent.value, 'messages');
    const id = String(message?.entryId);
    assert.equal(message?.state, 'queued');
    assertEnd(sent.value.end);
    for (const args of [['outbox'], ['outbox', 'show', id], ['outbox', 'hold', id]]) {
      const [queued] = listOf((await home.json(...args)).value, 'queue');
      assertFields(queued, QUEUED);
      assertFields(listOf(queued, 'recipients')[0], RECIPIENT);
    }
    assert.equal(listOf((await home.json('outbox')).value, 'queue')[0]?.state, 'held');
    assert.deepEqual((await home.json('flush')).value, { sent: 0, failed: 0, left: 1, received: 0 });
    assert.deepEqual((await home.json('outbox', 'edit', id, '--subject', 'Changed')).code, 0);
    assert.deepEqual((await home.json('outbox', 'retry', id)).value, { queue: [] });
    await home.ok('flush');
    await home.run('send', '--to', 'work@localhost', '--subject', 'Last', '--no-wait');
    assert.deepEqual((await home.json('flush')).value, { sent: 1, failed: 0, left: 0, received: 1 });
    assert.deepEqual((await home.json('outbox')).value, { queue: [], total: 0 });
  });

  test('folders', async () => {
    const [store] = listOf((await home.json('folders', '--counts')).value, 'stores');
    assertFields(store, ['name', 'entryId', 'default', 'folders']);
    const folders = listOf(store, 'folders');
    for (const folder of folders)
      assertFields(folder, ['path', 'entryId', 'type', 'contentCount', 'unread', 'children']);
    assert.deepEqual(folders.map(({ path }) => path).sort(), ['Deleted Items', 'Inbox', 'Outbox', 'Sent Items']);
  });

  test('import, list, show, export', async () => {
    assert.deepEqual((await home.json('import', 'plan.eml', '--to', 'Deleted Items')).value, {
      read: 1,
      written: 1,
      failed: [],
    });
    const { value } = await home.json('list', 'Deleted Items', '--columns', 'PR_ENTRYID,PR_SUBJECT');
    assert.deepEqual([value.total, listOf(value, 'rows')[0]?.PR_SUBJECT], [1, 'The plan']);
    const id = String(listOf(value, 'rows')[0]?.PR_ENTRYID);
    const message = (await home.json('show', id)).value;
    assertFields(
      message,
      'entryId messageClass subject from sender recipients submitTime deliveryTime internetMessageId body props attachments diagnostics'.split(
        ' ',
      ),
    );
    assert.deepEqual(message.from, { name: 'Ada', addrType: 'SMTP', address: 'ada@example.com' });
    assert.deepEqual(listOf(message, 'recipients'), [
      { type: 'to', name: 'work@localhost', addrType: 'SMTP', address: 'work@localhost' },
    ]);
    assert.deepEqual((await home.json('export', id, '--out', 'out')).value, {
      read: 1,
      written: 1,
      failed: [],
      lacking: [],
    });
    const again = await home.json('export', id, 'Nope', '--out', 'out');
    assert.equal(again.code, 1);
    const failed = listOf(again.value, 'failed');
    for (const failure of failed) assertFields(failure, ['source', 'code', 'message']);
    assert.deepEqual(
      failed.map(({ source, code }) => [source, code]),
      [
        [id, 'MAPI_E_COLLISION'],
        ['Nope', 'MAPI_E_NOT_FOUND'],
      ],
    );
  });

  test('show of what is no message', async () => {
    const [store] = listOf((await home.json('folders')).value, 'stores');
    const folder = (await home.json('show', String(listOf(store, 'folders')[0]?.entryId))).value;
    assert.equal(folder.interface, 'IMAPIFolder');
    assertFields(folder.props, ['PR_DISPLAY_NAME', 'PR_CONTENT_COUNT']);
  });

  test('address', async () => {
    const added = listOf((await home.json('address', 'add', 'Ada Lovelace <ada@example.com>')).value, 'entries');
    for (const value of [added, listOf((await home.json('address', 'find', 'ada')).value, 'entries')]) {
      assert.equal(value.length, 1);
      assertFields(value[0], ['entryId', 'displayName', 'addrType', 'address', 'container']);
      assert.deepEqual([value[0]?.displayName, value[0]?.address], ['Ada Lovelace', 'ada@example.com']);
    }
    assert.deepEqual((await home.json('address', 'find', 'grace')).value, { entries: [] });
    assert.deepEqual((await home.json('address', 'remove', 'ada@example.com')).value, { entries: [] });
  });

  test('status and check', async () => {
    const rows = listOf((await home.json('status')).value, 'rows');
    assert.ok(rows.length >= 5);
    for (const row of rows) assertFields(row, ['PR_DISPLAY_NAME', 'PR_RESOURCE_TYPE', 'PR_STATUS_CODE']);
    assert.ok(rows.some((row) => row.PR_DISPLAY_NAME === 'Spooler' && 'PR_STATUS_STRING' in row));
    const { code, value } = await home.json('check');
    assert.equal(code, 0);
    for (const store of listOf(value, 'stores')) assertFields(store, ['name', 'ok', 'problems']);
    assert.ok(listOf(value, 'stores').some(({ name }) => String(name).includes('work.mapidb')));
  });

  test('watch prints a line for each notification, until nobody reads them', async () => {
    const onOut = (text: string, closeOutput: () => void): void => {
      if (text.includes('objectCreated')) closeOutput();
    };
    let ended = false;
    const watching = home.runWith({ onOut }, 'watch', '--json').finally(() => {
      ended = true;
    });
    while (!ended) await home.ok('import', 'plan.eml', '--to', 'Deleted Items');
    const { code, out } = await watching;
    assert.equal(code, 0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, JsonValue>);
    for (const line of lines) assertFields(line, ['seq', 'event', 'entryId', 'parentId']);
    assert.ok(lines.some(({ event }) => event === 'objectCreated'));
  });

  test('demo', async () => {
    const { code, value } = await home.json('demo');
    assert.equal(code, 0);
    assert.equal((value.received as Record<string, JsonValue>).subject, 'First light – the route by bicycle');
    for (const end of listOf(value, 'ends')) assertEnd(end);
  });
});

test('the version is the one of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  assert.equal(await home.ok('--version'), `${version}\n`);
});

test('version and help are JSON too', async () => {
  assert.deepEqual((await home.json('--version')).value, { version: (await home.ok('--version')).trim() });
  for (const args of [['help'], ['help', 'outbox', 'edit'], ['help', 'where'], ['send', '--help'], ['--help']]) {
    const { code, value } = await home.json(...args);
    assert.equal(code, 0);
    assert.deepEqual(value, { help: (await home.ok(...args)).trimEnd() });
  }
});
