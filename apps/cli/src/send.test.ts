import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { listOf, TestHome } from './io.testing.ts';

describe('recipients by name', () => {
  test('a name of the address book stands for its entry: whole, in quotes, or a beginning that fits one', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('address', 'add', 'work@localhost', 'Bob Builder');
    await home.ok('address', 'add', 'builders@example.com', 'Bob Builder and Sons');
    await home.ok('address', 'add', 'grace@example.com', 'Hopper, Grace');
    const names = ['--to', 'Bob Builder', '--cc', '"Hopper, Grace", work@localhost', '--bcc', 'sons'];
    const { value } = await home.json('send', ...names, '--subject', 'Named', '--no-wait');
    const [message] = listOf(value, 'messages');
    assert.deepEqual(
      listOf(message, 'recipients').map(({ address }) => address),
      ['work@localhost', 'grace@example.com', 'work@localhost', 'builders@example.com'],
    );
    const shown = (await home.json('show', String(message?.entryId))).value;
    assert.equal(listOf(shown, 'recipients')[0]?.name, 'Bob Builder');
  });

  test('a name that fits several is refused with them, one that fits nobody by itself; nothing is made', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('address', 'add', 'bob@example.com', 'Bob Builder');
    await home.ok('address', 'add', 'bobby@example.com', 'Bob Burns');
    const several = await home.run('send', '--to', 'bob');
    assert.equal(several.code, 2);
    assert.match(several.err, /"bob" fits 2 entries.*Bob Builder <bob@example\.com>, Bob Burns <bobby@/u);
    const nobody = await home.run('send', '--to', 'Nobody');
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /"Nobody" is neither a mail address nor a name in the address book/u);
    assert.equal(await home.ok('list', 'Outbox'), 'No messages.\n');
  });
});
