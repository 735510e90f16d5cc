import assert from 'node:assert/strict';
import { MapiError, threadMs, utf8Encode } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { bytesOf, componentsOf, listOf, PARTS_MAX, textOf, typesOf, type VCardLine } from './vcard-line.ts';
import { CARD_LINES_MAX, readVCard } from './vcard-reader.ts';

function read(...lines: string[]) {
  return readVCard(utf8Encode(['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n')));
}

function lineOf(...lines: string[]): VCardLine {
  const { card, problems } = read(...lines);
  assert.deepEqual(problems, []);
  const [line, more] = card.lines;
  assert.ok(line !== undefined && more === undefined);
  return line;
}

describe('lines of a vCard', () => {
  test('3.0 and 4.0 put a blank in where they fold, 2.1 folds at a blank that is there', () => {
    assert.equal(lineOf('VERSION:3.0', 'FN:Jo', ' hn', '\t Doe').value, 'John Doe');
    assert.equal(lineOf('VERSION:2.1', 'FN:John', ' Doe').value, 'John Doe');
  });

  test('quoted-printable goes on after its soft breaks, and is of the charset that is named', () => {
    const line = lineOf('VERSION:2.1', 'N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:M=FCller;J=F6=', 'rg');
    assert.deepEqual(componentsOf(line, '2.1'), ['Müller', 'Jörg']);
    assert.equal(line.parameters.size, 0);
  });

  test('what is no code of quoted-printable stays', () => {
    assert.equal(lineOf('VERSION:2.1', 'NOTE;QUOTED-PRINTABLE:a=3d=3D=G0=4').value, 'a===G0=4');
  });

  test('more parts than anybody has are none', () => {
    const parts = (count: number): VCardLine => lineOf('VERSION:3.0', `ADR:${'a;'.repeat(count - 1)}b`);
    assert.equal(componentsOf(parts(PARTS_MAX), '3.0')?.length, PARTS_MAX);
    assert.equal(componentsOf(parts(PARTS_MAX + 1), '3.0'), undefined);
    assert.equal(listOf(lineOf('VERSION:3.0', `CATEGORIES:${','.repeat(PARTS_MAX)}`), '3.0'), undefined);
  });

  test('bytes that are no UTF-8 are windows-1252', () => {
    const bytes = Buffer.from('BEGIN:VCARD\nVERSION:2.1\nFN:Ren\xe9 \x80\nEND:VCARD\n', 'latin1');
    assert.equal(readVCard(bytes).card.lines[0]?.value, 'René €');
  });

  test('base64 may be folded, indented or bare, until a line that is none', () => {
    const photo = ['VERSION:2.1', 'PHOTO;JPEG;ENCODING=BASE64:', ' QUJD', '  REVG', 'R0g=', '', 'FN:x'];
    const { card } = read(...photo);
    assert.deepEqual(Buffer.from(bytesOf(card.lines[0] as VCardLine) ?? []).toString(), 'ABCDEFGH');
    assert.deepEqual([...typesOf(card.lines[0] as VCardLine)], ['jpeg']);
    assert.equal(card.lines[1]?.name, 'FN');
    assert.equal(Buffer.from(bytesOf(lineOf('PHOTO:data:image/png;base64,QUI=')) ?? []).toString(), 'AB');
  });

  test('words without a name are TYPE or ENCODING; lists, quotes and RFC 6868 are understood', () => {
    assert.deepEqual([...typesOf(lineOf('TEL;WORK;VOICE:1'))], ['work', 'voice']);
    assert.deepEqual([...typesOf(lineOf('VERSION:4.0', 'TEL;TYPE="work,cell";TYPE=pref:1'))], ['work', 'cell', 'pref']);
    const label = lineOf('VERSION:4.0', 'item1.ADR;LABEL="1^nA^^ ^\'x^\'; B:":;;');
    assert.deepEqual([label.group, label.parameters.get('LABEL'), label.value], ['item1', ['1\nA^ "x"; B:'], ';;']);
  });

  test('backslashes: 2.1 has them before separators alone', () => {
    assert.equal(textOf(lineOf('VERSION:2.1', 'NOTE:C:\\new\\;x'), '2.1'), 'C:\\new;x');
    assert.equal(textOf(lineOf('VERSION:3.0', 'NOTE:a\\nb\\Nc\\,d\\;e\\\\f'), '3.0'), 'a\nb\nc,d;e\\f');
    assert.deepEqual(listOf(lineOf('VERSION:3.0', 'CATEGORIES:a\\,b,,c'), '3.0'), ['a,b', 'c']);
  });

  test('the card of an agent is the text that it is in 3.0', () => {
    const { card, problems } = read('VERSION:2.1', 'AGENT:', 'BEGIN:VCARD', 'FN:Bo; Co', 'END:VCARD', 'FN:x');
    assert.deepEqual(problems, []);
    assert.deepEqual(
      card.lines.map(({ name, value }) => [name, value]),
      [
        ['AGENT', 'BEGIN:VCARD\\nFN:Bo\\; Co\\nEND:VCARD'],
        ['FN', 'x'],
      ],
    );
  });

  test('what is no line is told, and so is a missing end', () => {
    assert.deepEqual(read('FN:x', 'nonsense', 'A B:c').problems, [
      '"nonsense" is no line of a card',
      '"A B:c" is no line of a card',
    ]);
    assert.deepEqual(read('BEGIN;X=1:VCARD', 'END;X=1:VCARD').problems.length, 2);
    assert.deepEqual(readVCard(utf8Encode('BEGIN:VCARD\nFN:x')).problems, ['the card has no end']);
    assert.throws(
      () => readVCard(utf8Encode('FN:x\n')),
      (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'),
    );
  });

  test('there is no NUL in a value', () => {
    assert.equal(lineOf('FN;X=a\0:b\0c').value, 'bc');
    assert.deepEqual(lineOf('FN;X=a\0:b').parameters.get('X'), ['a']);
  });

  test('any number of parameters takes no more time than their bytes', () => {
    const begin = threadMs();
    assert.equal(lineOf(`KEY${';'.repeat(200_000)}:1`).parameters.size, 0);
    assert.equal(lineOf(`KEY${';a'.repeat(200_000)}:1`).parameters.get('TYPE')?.length, 200_000);
    assert.ok(threadMs() - begin < 5000);
  });

  test('a line of megabytes without a colon is none, in quotes or without', () => {
    for (const text of ['A'.repeat(9_000_000), `TEL;X=${'b'.repeat(9_000_000)}:1`, `"`.repeat(9_000_000)]) {
      const { card, problems } = read(text, 'FN:x');
      assert.deepEqual([card.lines.length, problems.length], [1, 1]);
    }
  });

  test('lines that are none are told one by one up to a limit, then counted', () => {
    const { card, problems } = read(...Array.from({ length: 5000 }, () => '!!'), 'FN:x');
    assert.equal(card.lines.length, 1);
    assert.deepEqual([problems.length, problems.at(-1)], [101, '4900 further lines are none of a card']);
  });

  test('lines beyond the limit are left out and told', () => {
    const { card, problems } = read(...Array.from({ length: CARD_LINES_MAX + 2 }, () => 'X-A:1'));
    assert.equal(card.lines.length, CARD_LINES_MAX);
    assert.match(problems[0] ?? '', /lines after the first 20000/);
  });
});
