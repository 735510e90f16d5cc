import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { mboxEntry, splitMbox } from './mbox.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* chunked(text: string, size: number): AsyncGenerator<Uint8Array> {
  const all = bytes(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of source) text += decoder.decode(chunk, { stream: true });
  return text;
}

async function split(text: string, size = 7): Promise<readonly string[]> {
  const messages: string[] = [];
  for await (const message of splitMbox(chunked(text, size))) messages.push(await textOf(message));
  return messages;
}

describe('mbox', () => {
  test('a message begins at a From line that is first or follows an empty line', async () => {
    const text = 'From a Sun\nSubject: 1\n\nbody\nFrom here it is text\n\nFrom b Sun\nSubject: 2\n\nx\n';
    assert.deepEqual(await split(text), ['Subject: 1\n\nbody\nFrom here it is text\n', 'Subject: 2\n\nx\n']);
  });

  test('one > of a quoted From line is taken away', async () => {
    assert.deepEqual(await split('From a\nS: 1\n\n>From x\n>>From y\n> From z\n'), [
      'S: 1\n\nFrom x\n>From y\n> From z\n',
    ]);
  });

  test('a message that is not read is passed over', async () => {
    const seen: string[] = [];
    for await (const message of splitMbox(chunked('From a\none\n\nFrom b\ntwo\n', 3))) {
      if (seen.length > 0) seen.push(await textOf(message));
      else seen.push('skipped');
    }
    assert.deepEqual(seen, ['skipped', 'two\n']);
  });

  test('a file that does not begin with From is refused; an empty one has no messages', async () => {
    await assert.rejects(split('Subject: x\n'), { code: 'MAPI_E_CORRUPT_DATA' });
    assert.deepEqual(await split(''), []);
  });

  test('what is written is read again, whatever the lines are', async () => {
    const line = fc.constantFrom('From x', '>From y', '>>From z', '', 'text', 'From', ' From');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(line, { minLength: 1, maxLength: 6 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (mails, size) => {
          const messages = mails.map((lines) => `Subject: x\n\n${lines.join('\n')}\n`);
          let file = '';
          for (const message of messages) file += await textOf(mboxEntry(chunked(message, 5), 'a@b.c', new Date(0)));
          assert.deepEqual(await split(file, size), messages);
        },
      ),
      { seed: 5 },
    );
  });

  test('lines end in LF, whatever the message has, and the last one ends', async () => {
    const entry = await textOf(mboxEntry(chunked('S: 1\r\n\r\nx', 4), 'a@b.c', new Date(0)));
    assert.equal(entry, 'From a@b.c Thu Jan 1 00:00:00 1970\nS: 1\n\nx\n\n'.replace('Jan 1 ', 'Jan 01 '));
  });
});
