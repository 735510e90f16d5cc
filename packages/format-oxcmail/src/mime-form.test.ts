import assert from 'node:assert/strict';
import { fileTimeFromIso, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { exported, headerOf, imported, mail, propIn, text } from './convert.testing.ts';
import { mapiToUuencode } from './mapi-to-uuencode.ts';
import { type AttachState, MemoryMessage, type MessageState, newState } from './memory-message.testing.ts';
import { formatMsAttachment, parseMsAttachment } from './ms-attachment.ts';

const { prop } = mapi;
const NOON = fileTimeFromIso('2026-11-22T12:34:00Z');

function messageOf(...values: readonly mapi.PropValue[]): MessageState {
  const state = newState();
  for (const { tag, value } of values) state.props.set(tag, value);
  return state;
}

function file(name: string, type: string, data: Uint8Array | string): AttachState {
  const values = [
    prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
    prop(mapi.PR_ATTACH_LONG_FILENAME, name),
    prop(mapi.PR_ATTACH_MIME_TAG, type),
    prop(mapi.PR_ATTACH_DATA_BIN, typeof data === 'string' ? utf8Encode(data) : data),
    prop(mapi.PR_LAST_MODIFICATION_TIME, NOON),
  ];
  return { props: new Map(values.map(({ tag, value }) => [tag, value])) };
}

async function uuencoded(state: MessageState, options: Parameters<typeof mapiToUuencode>[1] = {}): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of mapiToUuencode(new MemoryMessage(state) as never, options)) pieces.push(piece.slice());
  return Buffer.concat(pieces).toString('utf8');
}

test('MIME-002: a message without a time of its own is dated now; what comes in was delivered at its Date', async () => {
  const mime = await exported(messageOf(prop(mapi.PR_BODY, 'x')), { date: NOON });
  assert.equal(headerOf(mime, 'Date'), 'Sun, 22 Nov 2026 12:34:00 +0000');
  const { get } = await imported('Date: Sun, 22 Nov 2026 12:34:00 +0000\n\nx');
  assert.equal(get(mapi.PR_MESSAGE_DELIVERY_TIME), NOON);
});

describe('the charset of a text', () => {
  const typeOf = async (body: string, codePage?: number): Promise<readonly (string | undefined)[]> => {
    const more = codePage === undefined ? [] : [prop(mapi.PR_INTERNET_CPID, codePage)];
    const mime = await exported(messageOf(prop(mapi.PR_BODY, body), ...more));
    return [headerOf(mime, 'Content-Type'), headerOf(mime, 'Content-Transfer-Encoding')];
  };

  test('MIME-010: ASCII in short lines is us-ascii and 7bit', async () => {
    assert.deepEqual(await typeOf('plain\r\n', 28_592), ['text/plain; charset=us-ascii', '7bit']);
    assert.deepEqual(await typeOf('x'.repeat(141)), ['text/plain; charset=us-ascii', 'quoted-printable']);
  });

  test('MIME-010: else it is the one of ISO 8859 that the message is in, as quoted-printable, if that has all of it', async () => {
    assert.deepEqual(await typeOf('žluť, a bit of text', 28_592), [
      'text/plain; charset=iso-8859-2',
      'quoted-printable',
    ]);
    assert.deepEqual(await typeOf('€ is not in ISO 8859-1', 28_591), ['text/plain; charset=utf-8', 'quoted-printable']);
    assert.deepEqual(await typeOf('no code page: ä'), ['text/plain; charset=utf-8', 'quoted-printable']);
    const written = await exported(messageOf(prop(mapi.PR_BODY, 'žluť'), prop(mapi.PR_INTERNET_CPID, 28_592)));
    assert.equal((await imported(mail(written))).get(mapi.PR_BODY), 'žluť');
  });
});

describe('attachments that are looked at', () => {
  const partOf = async (attachment: AttachState): Promise<string> => {
    const state = messageOf(prop(mapi.PR_BODY, 'text'));
    state.attachments.push(attachment);
    const mime = await exported(state, { form: { scanAttachments: true } });
    return (
      mime
        .split(/\r\n--=_\w+\r\n/)[2]
        ?.replaceAll('\r\n\t', ' ')
        .replaceAll('\r\n ', ' ') ?? ''
    );
  };

  test('MIME-011: a quarter of high bytes is base64, less quoted-printable text, none 7bit text', async () => {
    const binary = await partOf(file('a.bin', '', Uint8Array.of(0x80, 0x41, 0x42, 0x43)));
    assert.match(binary, /^Content-Type: application\/octet-stream;[\s\S]*base64/);
    const few = await partOf(file('a.dat', '', 'äbcdefghijk\r\n'));
    assert.match(few, /^Content-Type: text\/plain; charset=utf-8;[\s\S]*quoted-printable\r\n\r\n=C3=A4bcd/);
    const plain = await partOf(file('a.txt', 'text/plain', 'plain\r\ntext'));
    assert.match(plain, /^Content-Type: text\/plain; charset=us-ascii;[\s\S]*7bit\r\n\r\nplain\r\ntext/);
    assert.match(await partOf(file('a.txt', '', 'x'.repeat(141))), /quoted-printable/);
  });

  test('MIME-011: what would not come out byte for byte travels as base64', async () => {
    assert.match(await partOf(file('a.txt', 'text/plain', 'single\nline feeds\n')), /base64/);
    assert.match(
      await partOf(file('a.pdf', 'application/pdf', '%PDF')),
      /^Content-Type: application\/pdf[\s\S]*base64/,
    );
  });

  test('MIME-012: a shortcut to a file on an anonymous FTP server is an external body, any other a file', async () => {
    const shortcut = (url: string): AttachState => file('there.url', '', `[InternetShortcut]\r\nURL=${url}\r\n`);
    const ftp = await partOf(shortcut('ftp://ftp.example.com/pub/docs/read.txt'));
    assert.match(
      ftp,
      /^Content-Type: message\/external-body; access-type=anon-ftp; site=ftp\.example\.com; directory="pub\/docs"; name=read\.txt\r\n/,
    );
    assert.match(ftp, /Content-Transfer-Encoding: 7bit\r\n\r\nContent-Type: text\/plain/);
    assert.match(ftp, /Content-Location: ftp:\/\/ftp\.example\.com\/pub\/docs\/read\.txt/);
    assert.match(
      await partOf(shortcut('ftp://ftp.example.com/a%20b;type=a')),
      /^Content-Type: message\/external-body; access-type=anon-ftp; site=ftp\.example\.com; name="a b"; mode=ascii\r\n/,
    );
    for (const url of ['ftp://user:secret@ftp.example.com/a', 'https://example.com/a'])
      assert.doesNotMatch(await partOf(shortcut(url)), /external-body/, url);
  });

  test('files travel as they are where nobody asks for that', async () => {
    const state = messageOf(prop(mapi.PR_BODY, 'text'));
    state.attachments.push(file('there.url', '', '[InternetShortcut]\r\nURL=ftp://ftp.example.com/a\r\n'));
    assert.doesNotMatch(await exported(state), /external-body/);
  });
});

describe('uuencode', () => {
  const inner = messageOf(prop(mapi.PR_SUBJECT, 'within'), prop(mapi.PR_BODY, 'inner text'));
  inner.attachments.push(file('deep.txt', '', 'deep'));
  const outer = (): MessageState => {
    const state = messageOf(prop(mapi.PR_SUBJECT, 'outer'), prop(mapi.PR_BODY, `${'word '.repeat(30).trim()}\r\nend`));
    const ole = file('chart', '', 'ole');
    ole.props.set(mapi.PR_ATTACH_METHOD, mapi.ATTACH_OLE);
    const embedded: AttachState = {
      props: new Map([[mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG]]),
      message: inner,
    };
    state.attachments.push(file('a b.bin', '', new Uint8Array(100).fill(7)), embedded, ole);
    return state;
  };

  test('MIME-017: text is wrapped at 78, messages become text, all files follow, OLE objects are left out', async () => {
    const written = await uuencoded(outer());
    const [head = '', ...rest] = written.split('\r\n\r\n');
    const body = rest.join('\r\n\r\n');
    assert.match(head, /^Content-Type: text\/plain; charset=us-ascii$/m);
    assert.ok(body.split('\r\n').every((line) => line.length <= 78));
    assert.match(body, /^(?:word )+\r\n(?:word )+word\r\nend\r\n/);
    assert.match(body, /Subject: within\r\n\r\ninner text/);
    assert.deepEqual(
      body.match(/^begin .*$/gm),
      ['begin 0644 a b.bin\r', 'begin 0644 deep.txt\r'].map((line) => line.trim()),
    );
    assert.doesNotMatch(written, /chart/);
  });

  test('MIME-007: each file is announced by name, size, date and time, read from the right', async () => {
    const written = await uuencoded(outer());
    assert.equal(headerOf(written, 'X-MS-Attachment'), 'a b.bin 100 11-22-2026 12:34');
    assert.deepEqual(parseMsAttachment('my 1 2 file 5 11-22-2026 12:34'), { name: 'my 1 2 file', size: 5, time: NOON });
    assert.equal(formatMsAttachment({ name: 'n', size: 0, time: NOON }), 'n 0 11-22-2026 12:34');
    for (const wrong of ['', 'name 5 1-2-2026 12:34', 'x 5 13-45-2026 12:34'])
      assert.equal(parseMsAttachment(wrong), undefined);
    const { state } = await imported(mail(written));
    const [first, second] = state.attachments;
    assert(first && second);
    assert.deepEqual(propIn(first, mapi.PR_ATTACH_DATA_BIN), new Uint8Array(100).fill(7));
    assert.deepEqual(
      [first, second].map((one) => [
        propIn(one, mapi.PR_ATTACH_LONG_FILENAME),
        propIn(one, mapi.PR_LAST_MODIFICATION_TIME),
      ]),
      [
        ['a b.bin', NOON],
        ['deep.txt', NOON],
      ],
    );
  });

  test('files of before MIME are attachments; what only looks like one is text; one that is cut off is named', async () => {
    const lines = [
      'Subject: old',
      '',
      'begin 644 is what it says',
      'text',
      'begin 644 cat.txt',
      '#0V%T',
      '`',
      'end',
      'behind',
      '',
    ];
    for (const size of [1, 7, 1000]) {
      const { state, get, diagnostics } = await imported(mail(lines.join('\n')), {}, size);
      assert.equal(get(mapi.PR_BODY), 'begin 644 is what it says\r\ntext\r\nbehind\r\n');
      assert.deepEqual(diagnostics, []);
      const [cat] = state.attachments;
      assert.equal(text(cat && propIn(cat, mapi.PR_ATTACH_DATA_BIN)), 'Cat');
    }
    const cut = await imported(mail(lines.slice(0, 6).join('\n')));
    assert.deepEqual(cut.diagnostics, ['badUuencode']);
    const modern = await imported(mail(`MIME-Version: 1.0\n${lines.join('\n')}`));
    assert.equal(modern.state.attachments.length, 0);
  });
});
