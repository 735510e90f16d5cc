import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { readRtf, rtfToText } from './rtf-reader.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** What is in RTF, as one string with its kind in front. */
function read(rtf: string): string {
  const body = readRtf(latin1(rtf));
  return `${body.kind}:${body.kind === 'html' ? body.html : body.text}`;
}

const HTML =
  '{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\fbidis \\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 MS Gothic;}}\r\n\\uc1\\pard\\plain\\f0 ';
const TEXT =
  '{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset128 MS Gothic;}{\\f2\\fmodern X;}}\r\n\\uc1\\pard\\plain\\f0 ';

describe('encapsulated HTML', () => {
  test('tags come out of their groups, text from between, the RTF of both is left out', () => {
    const rtf =
      `${HTML}{\\*\\htmltag19 <html>}\r\n{\\*\\htmltag34 <head>}\\htmlrtf{\\b\\htmlrtf0 bold\\htmlrtf }\\htmlrtf0 ` +
      '{\\*\\htmltag84 &lt;}\\htmlrtf <\\htmlrtf0 {\\*\\mhtmltag84 not this}{\\*\\htmltag4 \\par }\\par }';
    assert.equal(read(rtf), 'html:<html><head>bold&lt;\r\n\r\n');
  });

  test('characters in text become references, and themselves inside of tags', () => {
    assert.equal(
      read(`${HTML}\\ldblquote\\emdash\\~\\{{\\*\\htmltag1 <a b="\\ldblquote\\{">}}`),
      'html:&ldquo;&mdash;&nbsp;{<a b="\u201c{">',
    );
  });

  test('text is in the code page of its font, tags are in that of the document', () => {
    assert.equal(
      read(`${HTML.replace('1252', '932')}\\f0 \\'e4\\f1 \\'82\\'a0{\\*\\htmltag1 <\\'82\\'a0>}}`),
      'html:äあ<あ>',
    );
  });

  test('fonts count where the rest is suppressed', () => {
    assert.equal(read(`${HTML}\\htmlrtf{\\f1 no\\htmlrtf0 \\'82\\'a0\\htmlrtf }\\htmlrtf0 \\'e4}`), 'html:あä');
  });

  test('the text that RTF shows can be had too', () => {
    assert.equal(
      rtfToText(
        latin1(`${HTML}{\\*\\htmltag84 &lt;}\\htmlrtf <\\htmlrtf0 a{\\*\\htmltag50 <br>}\\htmlrtf \\line\\htmlrtf0 b}`),
      ),
      '<a\r\nb',
    );
  });

  test('it must be announced within the first ten tokens', () => {
    assert.equal(read(`{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\fromhtml1{\\*\\htmltag1 <b>}x}`), 'html:<b>x');
    assert.equal(read(`{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\i\\fromhtml1{\\*\\htmltag1 <b>}x}`), 'rtf:x');
    assert.equal(read(`{\\rtf1 y\\fromhtml1{\\*\\htmltag1 <b>}x}`), 'rtf:yx');
  });
});

describe('text', () => {
  test('paragraphs, tabs, cells and dashes are characters', () => {
    assert.equal(
      read(`${TEXT}a\\par b\\line c\\tab d\\cell e\\row\\endash\\_\\-\\bullet}`),
      'text:a\r\nb\r\nc\td\te\r\n–\u2011•',
    );
    assert.equal(read('{\\rtf1 a\\\nb\\\r\nc}'), 'rtf:a\r\nb\r\nc');
  });

  test('what is no text is left out: tables of fonts and colours, pictures, binary data, unknown groups', () => {
    const rtf =
      '{\\rtf1{\\fonttbl\\f0\\fnil Arial;}{\\colortbl;\\red1;}{\\stylesheet{\\s0 Normal;}}{\\info{\\title T}}{\\*\\unknown u}' +
      '{\\pict\\wmetafile8 0102}{\\pict\\bin3 }}}}{\\header h}shown{\\field{\\*\\fldinst HYPERLINK "x"}{\\fldrslt link}}}';
    assert.equal(read(rtf), 'rtf:shownlink');
  });

  test('numbers of list items are shown where HTML does not have them', () => {
    assert.equal(read('{\\rtf1{\\listtext 1.\\tab}one}'), 'rtf:1.\tone');
    assert.equal(read(`${HTML}{\\pntext 1.\\tab}one}`), 'html:one');
  });

  test('a document in two scripts takes the Unicode one', () => {
    assert.equal(read('{\\rtf1{\\upr{plain}{\\*\\ud{\\u955?}}}}'), 'rtf:λ');
  });

  test('bytes of one character may be escaped, plain, or both', () => {
    assert.equal(read(`${TEXT}\\f1 \\'83R\\'83\\\\}`), 'text:コソ');
    assert.equal(read(`${TEXT}\\f1 \x82\xa0}`), 'text:あ');
  });

  test('a font without a charset has the code page of the document', () => {
    assert.equal(read(`${TEXT.replace('1252', '1251')}\\f2 \\'e4\\f0\\'e4}`), 'text:дä');
    assert.equal(read("{\\rtf1\\mac \\'8a}"), 'rtf:ä');
  });

  test('characters by number take their fallback with them, in whatever form it comes', () => {
    assert.equal(read(`${TEXT}\\u955?\\u955\\'3f\\u955\\~x}`), 'text:λλλx');
    assert.equal(read(`${TEXT}\\uc2\\u12354\\'82\\'a0x\\uc0\\u955 y{\\uc1\\u955?}\\u955 z}`), 'text:あxλyλλz');
    assert.equal(read(`${TEXT}{\\u955}x\\u955\\par ?y}`), 'text:λxλ\r\ny');
    assert.equal(read(`${TEXT}\\u-10179?\\u-8704?}`), 'text:😀');
    assert.equal(read(`${TEXT}\\u-10179?x}`), 'text:\ufffdx');
  });

  test('RTF-015: each attachment has its place, the character behind its mark', () => {
    const body = readRtf(latin1("{\\rtf1 a\\objattph\\'20 b{\\*\\x\\objattph\\'20}\\par\\f0\\objattph  \\u955?}"));
    assert.deepEqual(
      [body.kind, body.kind === 'html' ? '' : body.text, body.kind === 'html' ? [] : body.attachments],
      ['rtf', 'a  b\r\n λ', [1, 6]],
    );
  });

  test('nothing is read behind the end of the document', () => {
    assert.equal(read('{\\rtf1 a}b\0\0'), 'rtf:a');
  });
});

describe('damaged RTF', () => {
  const codes = (rtf: string): readonly string[] => readRtf(latin1(rtf)).diagnostics.map(({ code }) => code);

  test('is read as far as it goes', () => {
    assert.equal(read('{\\rtf1 a{b\\'), 'rtf:ab');
    assert.deepEqual(codes('{\\rtf1 a{b\\'), ['cutOff']);
    assert.deepEqual(codes('}{\\rtf1 a}'), ['unbalancedGroup']);
    assert.equal(read("\\'zz\\u\\f-\\bin99999999999"), 'rtf:zz\u0000');
    assert.equal(read(''), 'rtf:');
  });

  test('names an unknown code page and undecodable bytes, and goes on', () => {
    assert.deepEqual(codes("{\\rtf1\\ansicpg4711 \\'e4}"), ['unknownCodePage']);
    assert.equal(read("{\\rtf1\\ansicpg4711 \\'e4}"), 'rtf:ä');
    assert.deepEqual(codes("{\\rtf1\\ansicpg932 \\'fd\\'fe x}"), ['undecodableText']);
  });

  test('groups may nest without end', () => {
    const deep = `{\\rtf1 ${'{'.repeat(100_000)}x${'}'.repeat(100_000)}y}`;
    assert.equal(read(deep), 'rtf:xy');
    assert.deepEqual(codes(deep), ['nestedTooDeep']);
  });

  test('never gives more than a hundred diagnostics', () => {
    assert.equal(codes('}'.repeat(1000)).length, 100);
  });
});
