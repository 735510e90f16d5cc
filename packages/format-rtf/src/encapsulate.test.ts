import assert from 'node:assert/strict';
import { threadMs } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { encapsulateHtml } from './encapsulate-html.ts';
import { encapsulateText } from './encapsulate-text.ts';
import { htmlPieces } from './html-pieces.ts';
import { readRtf, rtfToText } from './rtf-reader.ts';

const crlf = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');

function htmlBack(html: string): string {
  const body = readRtf(encapsulateHtml(html));
  assert.equal(body.kind, 'html');
  return body.kind === 'html' ? body.html : '';
}

const HTML = `<!DOCTYPE html>
<html><head><title>T &amp; t</title><style>p { color: "red" } /* </p> */</style></head>
<body class='a>b'>Grüße, <b>λ</b>&nbsp;\\{}<br/>\t<!-- comment > --><p>😀 1 &lt; 2 && 3 < 4</p>
<script>if (a < b && "</b>") {}</script></body></html>`;

describe('encapsulation', () => {
  test('HTML comes back as it was, with CRLF', () => {
    assert.equal(htmlBack(HTML), crlf(HTML));
  });

  test('a reader of RTF sees the text of HTML', () => {
    const text = rtfToText(encapsulateHtml('<p>1 &lt; 2</p><p>Grüße&nbsp;&#955;<br>x</p>'));
    assert.equal(text, '1 < 2\r\nGrüße\u00a0λ\r\nx\r\n');
  });

  test('text comes back as it was, with CRLF', () => {
    const text = 'Grüße \\{} λ 😀\r\n\ttab\n\nend\u0001\u00a0';
    const body = readRtf(encapsulateText(text));
    assert.deepEqual([body.kind, body.kind === 'text' ? body.text : ''], ['text', crlf(text)]);
  });

  test('whatever is encapsulated comes back', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '<p>',
        '</p>',
        '<!--',
        '-->',
        '"',
        "'",
        '{',
        '}',
        '\\',
        '\r\n',
        '&lt;',
        '<style>',
        '</style>',
        'λ',
        '\t',
        '\\u5?',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const source = pieces.join('');
        assert.equal(htmlBack(source), crlf(source));
        const body = readRtf(encapsulateText(source));
        assert.equal(body.kind === 'text' ? body.text : '', crlf(source));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('the RTF is ASCII', () => {
    for (const bytes of [encapsulateHtml(HTML), encapsulateText(HTML)]) assert.ok(bytes.every((byte) => byte < 0x80));
  });
});

describe('the pieces of HTML', () => {
  const pieces = (html: string): readonly string[] =>
    [...htmlPieces(html)].map(({ kind, source }) => `${kind} ${source}`);

  test('are tags, references, comments, raw content and text', () => {
    assert.deepEqual(pieces('a&lt;b<p class=">">c<!-- <b> -->d<style>e<f>g</STYLE><?x?>&hh; <&>'), [
      'text a',
      'reference &lt;',
      'text b',
      'tag <p class=">">',
      'text c',
      'comment <!-- <b> -->',
      'text d',
      'tag <style>',
      'raw e<f>g',
      'tag </STYLE>',
      'comment <?x?>',
      'reference &hh;',
      'text  ',
      'text <',
      'text &>',
    ]);
  });

  test('take time linear in the length', () => {
    // a part that is searched to the end of the document each time takes more than ten seconds here
    for (const part of ['<b>x</b>', '<', '&', '<style>', '</', '<!', '<a b="', '&#', '<style></', '<!--']) {
      const started = threadMs();
      for (const _ of htmlPieces(part.repeat(400_000)));
      assert.ok(threadMs() - started < 5000, part);
    }
  });

  test('are whole where HTML is not', () => {
    for (const html of ['<p', '<p class="', '<!-- ', '<style>x', '<', '&#', '</', '<style', '<!']) {
      assert.equal([...htmlPieces(html)].map(({ source }) => source).join(''), html);
    }
  });
});
