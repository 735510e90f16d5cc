import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { CARD_PHYSICAL_LINES_MAX, isVCard, splitVCards } from './vcard-split.ts';

async function split(text: string | Buffer, size = 7, bytesMax?: number): Promise<readonly string[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const chunks = async function* (): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const found: string[] = [];
  for await (const card of splitVCards(chunks(), bytesMax))
    found.push(card.kind === 'card' ? Buffer.from(card.bytes).toString() : `too large: ${card.size}`);
  return found;
}

const card = (name: string): string => `BEGIN:VCARD\r\nFN:${name}\r\nEND:VCARD\r\n`;

describe('a file of vCards', () => {
  test('gives card after card, whatever the pieces; what stands between is passed over', async () => {
    const text = `${card('a')}\r\n\r\nhello\r\n${card('b')}end:vcard\r\nbegin:vcard\nFN:c\nend:vcard`;
    for (const size of [1, 5, 1000])
      assert.deepEqual(await split(text, size), [card('a'), card('b'), 'begin:vcard\nFN:c\nend:vcard']);
  });

  test('a forgotten end ends a card, a card of an agent does not', async () => {
    assert.deepEqual(await split(`BEGIN:VCARD\nFN:a\n${card('b')}BEGIN:VCARD\nFN:c`), [
      'BEGIN:VCARD\nFN:a\n',
      card('b'),
      'BEGIN:VCARD\nFN:c',
    ]);
    const agent = `BEGIN:VCARD\nAGENT:\n\n${card('x')}FN:a\nEND:VCARD\n`;
    assert.deepEqual(await split(agent + card('b')), [agent, card('b')]);
  });

  test('UTF-16 of both orders, with and without a mark, and carriage returns alone', async () => {
    const text = card('é');
    const little = Buffer.from(text, 'utf16le');
    assert.deepEqual(await split(little), [text]);
    assert.deepEqual(await split(Buffer.from(`\ufeff${text}`, 'utf16le')), [`\ufeff${text}`]);
    assert.deepEqual(await split(Buffer.from(`\ufeff${text}`, 'utf16le').swap16()), [`\ufeff${text}`]);
    assert.deepEqual(await split('BEGIN:VCARD\rFN:a\rEND:VCARD\r', 1000), ['BEGIN:VCARD\nFN:a\nEND:VCARD\n']);
  });

  test('a card beyond the limit is counted and the next one is read, in many lines or in one', async () => {
    const lines = `BEGIN:VCARD\r\n${'X:1\r\n'.repeat(50)}END:VCARD\r\n`;
    assert.deepEqual(await split(lines + card('b'), 7, 100), [`too large: ${lines.length}`, card('b')]);
    const line = `BEGIN:VCARD\r\nX:${'1'.repeat(500)}\r\nEND:VCARD\r\n`;
    assert.deepEqual(await split(line + card('b'), 7, 100), [`too large: ${line.length}`, card('b')]);
  });

  test('a card of more lines than any picture has is too large', async () => {
    const text = `BEGIN:VCARD\r\n${'\n'.repeat(CARD_PHYSICAL_LINES_MAX)}END:VCARD\r\n`;
    assert.deepEqual(await split(text + card('b'), 1 << 18), [`too large: ${text.length}`, card('b')]);
    const lines = `BEGIN:VCARD\r\n${'X:1\r\n'.repeat(5000)}END:VCARD\r\n`;
    assert.deepEqual(await split(lines, 1 << 18), [lines]);
  });

  test('a file is told by how it begins', () => {
    for (const text of ['BEGIN:VCARD\r\n', '\ufeff\r\nbegin : vcard', ' BEGIN:vCard'])
      assert.ok(isVCard(Buffer.from(text)), text);
    assert.ok(isVCard(Buffer.from('\ufeffBEGIN:VCARD', 'utf16le')));
    for (const text of ['', 'BEGIN:VCALENDAR', 'Subject: BEGIN:VCARD']) assert.ok(!isVCard(Buffer.from(text)), text);
  });
});
