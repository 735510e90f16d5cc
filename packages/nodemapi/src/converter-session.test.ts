import assert from 'node:assert/strict';
import { MapiError, nodeFileSystem, nullLog, seededRandom, systemClock, utf8Decode, utf8Encode } from '@nodemapi/base';
import { unwrapText } from '@nodemapi/format-mime';
import { decompressRtf, readRtf } from '@nodemapi/format-rtf';
import { MemoryStream, StandaloneSupport } from '@nodemapi/kit';
import * as mapi from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { createConverterSession } from './converter-session.ts';
import { openSpecialFolder } from './stores.ts';

const { prop } = mapi;
const TEXT = 'Grüße and a few more words. '.repeat(4).trim();
const SMTP = { smtp: true } as const;

let store: mapi.IMsgStore;
let inbox: mapi.IMAPIFolder;
let support: StandaloneSupport;
let converter: mapi.IConverterSession;
let message: mapi.IMessage;

beforeEach(async () => {
  const host = { clock: systemClock, random: seededRandom(1), log: nullLog, files: nodeFileSystem, home: '' };
  support = new StandaloneSupport({ kind: 'store', host: { ...host, mapiVersion: mapi.CURRENT_SPI_VERSION } });
  store = createMemoryStore(support).open();
  inbox = await openSpecialFolder(store, 'inbox');
  converter = createConverterSession();
  message = await inbox.createMessage();
  await message.setProps([
    prop(mapi.PR_SUBJECT, 'Žluť'),
    prop(mapi.PR_BODY, TEXT),
    prop(mapi.PR_INTERNET_MESSAGE_ID, '<1@example.com>'),
    prop(mapi.PR_LOCATION, 'here'),
  ]);
  const row = (type: number, name: string, address: string) => [
    prop(mapi.PR_RECIPIENT_TYPE, type),
    prop(mapi.PR_DISPLAY_NAME, name),
    prop(mapi.PR_ADDRTYPE, 'SMTP'),
    prop(mapi.PR_EMAIL_ADDRESS, address),
  ];
  await message.modifyRecipients('add', [
    row(mapi.MAPI_TO, 'Ann', 'ann@example.com'),
    row(mapi.MAPI_BCC, 'Secret', 'secret@example.com'),
  ]);
});

afterEach(async () => {
  for (const object of [message, converter, inbox, store, support]) await object.release();
});

async function written(options: Omit<mapi.MapiToMimeStmOptions, 'smtp'> = {}): Promise<string> {
  await using stream = new MemoryStream();
  await converter.mapiToMimeStm(message, stream, { ...SMTP, ...options });
  const { size } = await stream.stat();
  await stream.seek(0);
  return utf8Decode(await stream.read(size));
}

const invalid = (error: unknown): boolean =>
  MapiError.is(error, 'MAPI_E_INVALID_PARAMETER') && error.hresult >>> 0 === 0x80070057;

describe('mapiToMimeStm', () => {
  test('MIME-020: without CCSF_SMTP, a message or a stream, or with another flag, it is E_INVALIDARG', async () => {
    await using stream = new MemoryStream();
    const calls: readonly (readonly [unknown, unknown, unknown])[] = [
      [message, stream, {}],
      [message, stream, { smtp: false }],
      [message, stream, undefined],
      [null, stream, SMTP],
      [message, null, SMTP],
      [message, stream, { ...SMTP, noSuchFlag: true }],
    ];
    for (const [one, into, options] of calls)
      await assert.rejects(converter.mapiToMimeStm(one as never, into as never, options as never), invalid);
    assert.equal((await stream.stat()).size, 0);
  });

  test('MIME-019: each flag does what its name says', async () => {
    const plain = await written();
    assert.match(plain, /^To: Ann <ann@example\.com>\r$/m);
    assert.doesNotMatch(plain, /^Bcc|Žluť|winmail/m);
    assert.match(plain, /^Message-ID: <1@example\.com>\r$/m);
    assert.doesNotMatch(await written({ noMessageId: true }), /^Message-ID/m);
    assert.match(await written({ includeBcc: true }), /^Bcc: Secret <secret@example\.com>\r$/m);
    assert.match(await written({ eightBitHeaders: true }), /^Subject: Žluť\r$/m);
    assert.match(await written({ globalMessage: true }), /^Subject: Žluť\r$/m);
    assert.doesNotMatch(await written({ noHeaders: true }), /^(?:Subject|To|Date|Message-ID)/m);
    assert.match(await written({ embeddedMessage: true }), /^X-Unsent: 1\r$/m);
    assert.match(await written({ useTnef: true }), /application\/ms-tnef/);
    await message.setProps([prop(mapi.PR_HTML, utf8Encode('<p>H</p>')), prop(mapi.PR_INTERNET_CPID, 65001)]);
    const { attach } = await message.createAttach();
    await attach.setProps([
      prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
      prop(mapi.PR_ATTACH_DATA_BIN, Uint8Array.of(1)),
    ]);
    await attach.saveChanges();
    await attach.release();
    assert.match(await written(), /text\/html[\s\S]*octet-stream/);
    assert.doesNotMatch(await written({ plainTextOnly: true }), /text\/html|multipart|octet-stream/);
    assert.match(await written({ useRtf: true }), /Content-Type: text\/rtf[\s\S]*fromhtml1/);
  });

  test('MIME-018: MIME or uuencode, each with TNEF or without; MIME if nothing is said', async () => {
    const seen: (string | undefined)[] = [];
    for (const format of [undefined, 'rfc822', 'rfc1521'] as const) {
      if (format !== undefined) converter.setSaveFormat(format);
      for (const useTnef of [false, true]) {
        const mime = await written({ useTnef });
        seen.push(/application\/ms-tnef|^begin 0644 winmail\.dat/m.exec(mime)?.[0]);
        await using again = await inbox.createMessage();
        await converter.mimeToMapi(new MemoryStream(utf8Encode(mime)), again, null);
        assert.equal((await again.getProps([mapi.PR_LOCATION])).values[0], useTnef ? 'here' : undefined);
        assert.equal(unwrapText((await again.getProps([mapi.PR_BODY])).values[0] ?? '').trim(), TEXT);
      }
    }
    const mime = [undefined, 'application/ms-tnef'];
    assert.deepEqual(seen, [...mime, undefined, 'begin 0644 winmail.dat', ...mime]);
  });

  test('MIME-024: the outermost body travels as SetEncoding says; anything else is E_INVALIDARG', async () => {
    const encodingOf = async (): Promise<string | undefined> =>
      /^Content-Transfer-Encoding: (.*)\r$/m.exec(await written())?.[1];
    for (const [encoding, expected] of [
      ['base64', 'base64'],
      ['uuencode', 'x-uuencode'],
      ['qp', 'quoted-printable'],
      ['8bit', '8bit'],
      ['7bit', 'quoted-printable'],
    ] as const) {
      converter.setEncoding(encoding);
      assert.equal(await encodingOf(), expected, encoding);
      await using stream = new MemoryStream();
      await converter.mapiToMimeStm(message, stream, SMTP);
      await stream.seek(0);
      await using again = await inbox.createMessage();
      await converter.mimeToMapi(stream, again, null);
      assert.equal((await again.getProps([mapi.PR_BODY])).values[0]?.trim(), TEXT, encoding);
    }
    await message.setProps([prop(mapi.PR_BODY, 'plain')]);
    assert.equal(await encodingOf(), '7bit');
    for (const wrong of ['binary', '', 0, null]) assert.throws(() => converter.setEncoding(wrong as never), invalid);
  });

  test('MIME-025: SetSaveFormat, SetTextWrapping and SetCharSet change what is written, until they are taken back', async () => {
    converter.setSaveFormat('rfc822');
    assert.match(await written({ useTnef: true }), /^begin 0644 winmail\.dat\r$/m);
    converter.setSaveFormat('rfc1521');
    assert.doesNotMatch(await written(), /begin 0644/);
    converter.setTextWrapping(true, 30);
    converter.setCharSet(true, 'iso-8859-1');
    const wrapped = await written();
    assert.match(wrapped, /charset=iso-8859-1/);
    assert.equal(wrapped.match(/^Gr=FC=DFe and a few more words\.(?:=20)?\r?$/gm)?.length, 4);
    converter.setTextWrapping(false, 0);
    converter.setCharSet(false, null);
    const usual = await written();
    assert.match(usual, /charset=utf-8/);
    assert.equal(usual.match(/^Gr=C3=BC/gm)?.length, 1);
    assert.throws(() => converter.setSaveFormat('mbox' as never), invalid);
    assert.throws(() => converter.setTextWrapping(true, 1), invalid);
    assert.throws(() => converter.setCharSet(true, 'x-none'), { code: 'MAPI_E_UNKNOWN_CPID' });
  });

  test('MIME-026: an address book finds addresses that are none of the internet; null lets go of it', async () => {
    const entryId = Uint8Array.of(1, 2, 3);
    let references = 0;
    const book = {
      addRef: () => {
        references++;
        return book;
      },
      release: async () => void references--,
      openEntry: async (wanted: Uint8Array) => {
        assert.deepEqual(wanted, entryId);
        const entry = await inbox.createMessage();
        await entry.setProps([prop(mapi.PR_SMTP_ADDRESS, 'bob@example.com')]);
        return entry;
      },
    };
    await message.modifyRecipients('add', [
      [
        prop(mapi.PR_RECIPIENT_TYPE, mapi.MAPI_CC),
        prop(mapi.PR_DISPLAY_NAME, 'Bob'),
        prop(mapi.PR_ADDRTYPE, 'EX'),
        prop(mapi.PR_EMAIL_ADDRESS, '/o=org/cn=bob'),
        prop(mapi.PR_ENTRYID, entryId),
      ],
    ]);
    assert.doesNotMatch(await written(), /bob@example\.com/);
    await converter.setAdrBook(book as never);
    assert.match(await written(), /^Cc: Bob <bob@example\.com>\r$/m);
    assert.equal(references, 1);
    await converter.setAdrBook(null);
    assert.equal(references, 0);
    assert.doesNotMatch(await written(), /bob@example\.com/);
  });
});

test('MIME-021, MIME-022: mimeToMapi fills a message that is not saved; BCC and X-Unsent count only if asked for; HTML becomes RTF', async () => {
  const mime = 'X-Unsent: 1\r\nTo: a@example.com\r\nBcc: b@example.com\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n';
  const filled = async (options?: mapi.MimeStmToMapiOptions): Promise<mapi.IMessage> => {
    const into = await inbox.createMessage();
    await converter.mimeToMapi(new MemoryStream(utf8Encode(mime)), into, null, options);
    return into;
  };
  const seen = async (into: mapi.IMessage): Promise<readonly unknown[]> => {
    await using table = await into.getRecipientTable();
    const flags = (await into.getProps([mapi.PR_MESSAGE_FLAGS])).values[0] ?? 0;
    return [await table.getRowCount(), (flags & mapi.MSGFLAG_UNSENT) !== 0];
  };
  await using plain = await filled();
  assert.equal((await seen(plain))[0], 1);
  await using all = await filled({ includeBcc: true, embeddedMessage: true });
  assert.deepEqual(await seen(all), [2, true]);
  await using rich = await filled({ useRtf: true });
  const [html, compressed] = (await rich.getProps([mapi.PR_HTML, mapi.PR_RTF_COMPRESSED])).values;
  assert.equal(html, undefined);
  const body = readRtf(decompressRtf(compressed ?? new Uint8Array(0)).rtf);
  assert.match(body.kind === 'html' ? body.html : '', /<p>Hi<\/p>/);
  await assert.rejects(converter.mimeToMapi(new MemoryStream(), plain, 'server' as never), invalid);
  await using contents = await inbox.getContentsTable();
  assert.equal(await contents.getRowCount(), 0);
});

test('vCards become attached contacts if that is asked for', async () => {
  const mime =
    'To: a@example.com\r\nContent-Type: text/vcard\r\n\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jo\r\nEND:VCARD\r\n';
  for (const [options, method] of [
    [{}, mapi.ATTACH_BY_VALUE],
    [{ contacts: true }, mapi.ATTACH_EMBEDDED_MSG],
  ] as const) {
    await using into = await inbox.createMessage();
    await converter.mimeToMapi(new MemoryStream(utf8Encode(mime)), into, null, options);
    await using attach = await into.openAttach(0);
    assert.deepEqual((await attach.getProps([mapi.PR_ATTACH_METHOD])).values, [method]);
  }
});
