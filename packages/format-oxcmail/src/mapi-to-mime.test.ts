import assert from 'node:assert/strict';
import { fileTimeFromIso, MapiError, seededRandom, utf8Encode } from '@nodemapi/base';
import { compressRtf, encapsulateHtml, encapsulateText } from '@nodemapi/format-rtf';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { addressProps, entryIdOf, recipientRow } from './address-props.ts';
import { SENDER, SENT_REPRESENTING } from './address-roles.ts';
import { exported, headerOf, imported, propIn, text } from './convert.testing.ts';
import { isMimeLoss, type OxcmailDiagnostic } from './diagnostic.ts';
import type { MapiToMimeOptions } from './mapi-to-mime.ts';
import { type AttachState, type MessageState, newState } from './memory-message.testing.ts';

const ANN = { name: 'Ann', address: 'ann@example.com' };
const { prop } = mapi;

function messageOf(...values: readonly mapi.PropValue[]): MessageState {
  const state = newState();
  for (const { tag, value } of values) state.props.set(tag, value);
  return state;
}

function file(name: string, type: string, data: Uint8Array, ...more: readonly mapi.PropValue[]): AttachState {
  const values = [
    prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
    prop(mapi.PR_ATTACH_LONG_FILENAME, name),
    prop(mapi.PR_ATTACH_MIME_TAG, type),
    prop(mapi.PR_ATTACH_DATA_BIN, data),
    ...more,
  ];
  return { props: new Map(values.map(({ tag, value }) => [tag, value])) };
}

/** Content types in the order they are written. */
function typesOf(mime: string): readonly string[] {
  return [...mime.matchAll(/^Content-Type: ([\w./+-]+)/gim)].map((match) => (match[1] ?? '').toLowerCase());
}

describe('headers', () => {
  const state = messageOf(
    ...addressProps(SENDER, ANN),
    prop(mapi.PR_SUBJECT, 'žluť'),
    prop(mapi.PR_BODY, 'text'),
    prop(mapi.PR_CLIENT_SUBMIT_TIME, fileTimeFromIso('2001-02-03T04:05:06Z')),
    prop(mapi.PR_IMPORTANCE, 2),
    prop(mapi.PR_SENSITIVITY, 2),
    prop(mapi.PR_READ_RECEIPT_REQUESTED, true),
    prop(mapi.PR_IN_REPLY_TO_ID, '<a@b>'),
  );
  state.recipients = [
    recipientRow(mapi.MAPI_TO, { name: 'Bob, Jr.', address: 'bob@example.com' }),
    recipientRow(mapi.MAPI_CC, { name: '', address: 'carol@example.com' }),
    recipientRow(mapi.MAPI_BCC, { name: 'Secret', address: 'secret@example.com' }),
    recipientRow(mapi.MAPI_TO, { name: 'Dan', address: 'dan@example.com' }),
  ];

  test('MIME-001, MIME-003, MIME-005: From, To, Cc, Subject, Date and MIME-Version', async () => {
    const mime = await exported(state);
    assert.equal(headerOf(mime, 'From'), 'Ann <ann@example.com>');
    assert.equal(headerOf(mime, 'To'), '"Bob, Jr." <bob@example.com>, Dan <dan@example.com>');
    assert.equal(headerOf(mime, 'Cc'), 'carol@example.com');
    assert.equal(headerOf(mime, 'Subject'), '=?UTF-8?B?xb5sdcWl?=');
    assert.equal(headerOf(mime, 'Date'), 'Sat, 03 Feb 2001 04:05:06 +0000');
    assert.equal(headerOf(mime, 'MIME-Version'), '1.0');
    assert.equal(headerOf(mime, 'Importance'), 'high');
    assert.equal(headerOf(mime, 'Sensitivity'), 'Private');
    assert.equal(headerOf(mime, 'Disposition-Notification-To'), 'Ann <ann@example.com>');
    assert.equal(headerOf(mime, 'In-Reply-To'), '<a@b>');
  });

  test('read receipts go to whom PR_READ_RECEIPT_ENTRYID names', async () => {
    const entryId = mapi.encodeOneOff({
      displayName: 'Office',
      addrType: 'SMTP',
      emailAddress: 'office@example.com',
      sendRichInfo: false,
    });
    const state = newState();
    for (const { tag, value } of [
      prop(mapi.PR_READ_RECEIPT_REQUESTED, true),
      prop(mapi.PR_READ_RECEIPT_ENTRYID, entryId),
    ])
      state.props.set(tag, value);
    assert.equal(headerOf(await exported(state), 'Disposition-Notification-To'), 'Office <office@example.com>');
  });

  test('MIME-022: blind recipients are never written, in no header', async () => {
    const blind = await imported(
      'To: a@b.c\nBcc: secret@example.com\nX-Bcc: secret@example.com\nX-Envelope-To: secret@example.com\n\ntext',
    );
    for (const source of [state, blind.state]) assert.doesNotMatch(await exported(source), /secret|bcc/i);
  });

  test('a message with blind recipients only has a To header all the same', async () => {
    const mime = await exported({ ...state, recipients: state.recipients.slice(2, 3) });
    assert.equal(headerOf(mime, 'To'), 'undisclosed-recipients:;');
  });

  test('the Message-ID is the message’s own, else the caller’s, else none', async () => {
    assert.equal(headerOf(await exported(state), 'Message-ID'), undefined);
    assert.equal(headerOf(await exported(state, { messageId: '<given@x>' }), 'Message-ID'), '<given@x>');
    const own = messageOf(prop(mapi.PR_INTERNET_MESSAGE_ID, '<own@x>'));
    assert.equal(headerOf(await exported(own, { messageId: '<given@x>' }), 'Message-ID'), '<own@x>');
    assert.equal(headerOf(await exported(own, { date: 0n }), 'Date'), 'Mon, 01 Jan 1601 00:00:00 +0000');
  });

  test('MIME-004: Reply-To is written where answers go elsewhere', async () => {
    const usual = messageOf(
      ...addressProps(SENDER, ANN),
      prop(mapi.PR_REPLY_RECIPIENT_ENTRIES, mapi.encodeFlatEntryList([entryIdOf(ANN)])),
    );
    assert.equal(headerOf(await exported(usual), 'Reply-To'), undefined);
    const other = messageOf(
      prop(
        mapi.PR_REPLY_RECIPIENT_ENTRIES,
        mapi.encodeFlatEntryList([ANN, { name: '', address: 'x@y.z' }].map(entryIdOf)),
      ),
    );
    assert.equal(headerOf(await exported(other), 'Reply-To'), 'Ann <ann@example.com>, x@y.z');
    const damaged = messageOf(
      prop(mapi.PR_REPLY_RECIPIENT_ENTRIES, mapi.encodeFlatEntryList([entryIdOf(ANN)]).subarray(0, 30)),
    );
    assert.equal(headerOf(await exported(damaged), 'Reply-To'), undefined);
  });

  test('MIME-004: Return-Receipt-To is whoever is to have the report', async () => {
    const { state: read } = await imported('From: a@b.c\nReturn-Receipt-To: R <r@b.c>\n\n');
    assert.equal(headerOf(await exported(read), 'Return-Receipt-To'), 'R <r@b.c>');
  });

  test('a representative signs as Sender', async () => {
    const boss = { name: 'Boss', address: 'boss@example.com' };
    const mime = await exported(messageOf(...addressProps(SENDER, ANN), ...addressProps(SENT_REPRESENTING, boss)));
    assert.equal(headerOf(mime, 'From'), 'Boss <boss@example.com>');
    assert.equal(headerOf(mime, 'Sender'), 'Ann <ann@example.com>');
  });

  test('a recipient of another type goes by its SMTP address, or its one-off', async () => {
    const oneOff = mapi.encodeOneOff({ displayName: 'Q', addrType: 'SMTP', emailAddress: 'q@x.y', sendRichInfo: true });
    const rows = [
      [
        prop(mapi.PR_RECIPIENT_TYPE, 1),
        prop(mapi.PR_ADDRTYPE, 'EX'),
        prop(mapi.PR_EMAIL_ADDRESS, '/o=x'),
        prop(mapi.PR_SMTP_ADDRESS, 'p@x.y'),
      ],
      [prop(mapi.PR_RECIPIENT_TYPE, 1), prop(mapi.PR_DISPLAY_NAME, 'Q'), prop(mapi.PR_ENTRYID, oneOff)],
    ];
    assert.equal(headerOf(await exported({ ...newState(), recipients: rows }), 'To'), 'p@x.y, Q <q@x.y>');
  });

  test('hostile values bring no header of their own', async () => {
    const evil = messageOf(
      prop(mapi.PR_SUBJECT, 'x\r\nBcc: a@b'),
      prop(mapi.PR_INTERNET_MESSAGE_ID, '<a\r\nBcc: a@b>'),
      prop(mapi.PR_BODY, ''),
    );
    evil.recipients = [recipientRow(1, { name: 'x\r\nBcc: a@b', address: 'a@b\r\nBcc: c@d' })];
    evil.attachments.push(
      file('x"\r\nBcc: a', 'a/b', new Uint8Array(1), prop(mapi.PR_ATTACH_CONTENT_ID, 'c\r\nBcc: x')),
    );
    assert.doesNotMatch(await exported(evil), /^Bcc/im);
  });
});

describe('kept headers', () => {
  test('what the author and lists said is written again, what travel and filters added is not', async () => {
    const { state } = await imported(
      [
        'Received: from a by b; Fri, 21 Nov 1997 16:00:00 +0000',
        'DKIM-Signature: v=1',
        'Authentication-Results: x',
        'X-Spam-Score: 5',
        'X-MS-Exchange-Organization-SCL: 1',
        'Subject: s',
        'X-Custom: one',
        'X-Custom: two',
        'X-Mailer: =?utf-8?Q?=C3=A4?=',
        'List-Unsubscribe: <mailto:x@y>',
        'Auto-Submitted: auto-replied',
        'References: <a@b>',
        '',
        'x',
      ].join('\n'),
    );
    const mime = await exported(state);
    assert.doesNotMatch(mime, /Received|DKIM|Authentication|Spam|Exchange/i);
    const filed = await exported(state, { journey: true });
    assert.match(
      filed,
      /^Received: from a by b; .*\r\nDKIM-Signature: v=1\r\nAuthentication-Results: x\r\nX-Spam-Score: 5\r\n/,
    );
    assert.equal(filed.match(/^X-Custom:/gm)?.length, 2);
    state.props.set(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_UNSENT);
    assert.doesNotMatch(await exported(state, { journey: true }), /Received/);
    for (const line of [
      'X-Custom: one',
      'X-Custom: two',
      'X-Mailer: =?utf-8?Q?=C3=A4?=',
      'List-Unsubscribe: <mailto:x@y>',
      'Auto-Submitted: auto-replied',
    ]) {
      assert.ok(mime.includes(`${line}\r\n`), line);
    }
    assert.equal(mime.match(/^References:/gm)?.length, 1);
  });
});

describe('structure', () => {
  const body = prop(mapi.PR_BODY, 'text');
  const html = prop(mapi.PR_HTML, utf8Encode('<p>html</p>'));
  const pdf = file('a.pdf', 'application/pdf', utf8Encode('pdf'));
  const picture = file(
    'p.png',
    'image/png',
    utf8Encode('png'),
    prop(mapi.PR_ATTACH_CONTENT_ID, 'p@x'),
    prop(mapi.PR_ATTACH_FLAGS, 4),
  );
  const samples: readonly (readonly [string, readonly mapi.PropValue[], readonly AttachState[], readonly string[]])[] =
    [
      ['MIME-008: text alone', [body], [], ['text/plain']],
      ['HTML alone', [html], [], ['text/html']],
      ['nothing at all', [], [], ['text/plain']],
      ['both', [body, html], [], ['multipart/alternative', 'text/plain', 'text/html']],
      ['MIME-008: text and a file, text first', [body], [pdf], ['multipart/mixed', 'text/plain', 'application/pdf']],
      ['HTML and its picture', [html], [picture], ['multipart/related', 'text/html', 'image/png']],
      ['a picture that no HTML needs', [body], [picture], ['multipart/mixed', 'text/plain', 'image/png']],
      ['a file alone', [], [pdf], ['multipart/mixed', 'application/pdf']],
      [
        'everything',
        [body, html],
        [pdf, picture],
        [
          'multipart/mixed',
          'multipart/alternative',
          'text/plain',
          'multipart/related',
          'text/html',
          'image/png',
          'application/pdf',
        ],
      ],
    ];
  for (const [name, props, attachments, types] of samples) {
    test(name, async () => {
      assert.deepEqual(typesOf(await exported({ ...messageOf(...props), attachments: [...attachments] })), types);
    });
  }

  test('a calendar message travels as a form of the body, with its method', async () => {
    const calendar = file(
      'm.ics',
      'text/calendar',
      utf8Encode('BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n'),
    );
    const mime = await exported({ ...messageOf(body), attachments: [calendar] });
    assert.deepEqual(typesOf(mime), ['multipart/alternative', 'text/plain', 'text/calendar']);
    assert.match(mime, /method=REQUEST/);
    const back = await imported(mime);
    assert.equal(back.state.attachments.length, 1);
  });

  test('MIME-009: text is plain where it can be, else quoted-printable or base64, and never 8bit', async () => {
    const encodingOf = async (value: string): Promise<string | undefined> =>
      headerOf(await exported(messageOf(prop(mapi.PR_BODY, value))), 'Content-Transfer-Encoding');
    assert.equal(await encodingOf('short\nlines\n'), '7bit');
    assert.equal(await encodingOf('x'.repeat(141)), 'quoted-printable');
    assert.equal(await encodingOf('one ä among many letters'), 'quoted-printable');
    assert.equal(await encodingOf('日本語'), 'base64');
    const mime = await exported(messageOf(prop(mapi.PR_BODY, 'ž'.repeat(50_000)), html));
    assert.match(mime, /^[\x20-\x7e\t\r\n]*$/);
    assert.ok(mime.split('\r\n').every((line) => line.length <= 998));
  });

  test('MIME-015, MIME-023: an embedded message is a message, unsent if it was', async () => {
    const inner = messageOf(
      prop(mapi.PR_SUBJECT, 'inner'),
      prop(mapi.PR_BODY, 'deep'),
      prop(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_UNSENT),
    );
    const outer = messageOf(body);
    outer.attachments.push({ props: new Map([[mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG]]), message: inner });
    const mime = await exported(outer, { messageId: '<outer@x>' });
    assert.deepEqual(typesOf(mime), ['multipart/mixed', 'text/plain', 'message/rfc822', 'text/plain']);
    assert.equal(mime.match(/<outer@x>/g)?.length, 1);
    const back = (await imported(mime)).state.attachments[0]?.message;
    assert.ok(back);
    assert.equal(propIn(back, mapi.PR_SUBJECT), 'inner');
    assert.equal(propIn(back, mapi.PR_MESSAGE_FLAGS), mapi.MSGFLAG_UNSENT);
    assert.equal(headerOf(await exported(inner), 'X-Unsent'), undefined);
  });

  test('boundaries come from the given numbers', async () => {
    const options = (): MapiToMimeOptions => ({ random: seededRandom(1) });
    const state = messageOf(body, html);
    assert.equal(await exported(state, options()), await exported(state, options()));
  });

  test('an attachment that MIME cannot carry is refused, not left out', async () => {
    const reference = { props: new Map<number, unknown>([[mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_REFERENCE]]) };
    await assert.rejects(exported({ ...messageOf(body), attachments: [reference] }), (error) =>
      MapiError.is(error, 'MAPI_E_NO_SUPPORT'),
    );
  });

  test('an OLE object is a file, and what is not there is left out and told', async () => {
    const ole = file('Chart', '', Uint8Array.of(0xd0, 0xcf));
    ole.props.set(mapi.PR_ATTACH_METHOD, mapi.ATTACH_OLE);
    const empty = { props: new Map<number, unknown>([[mapi.PR_ATTACH_METHOD, mapi.NO_ATTACHMENT]]) };
    const link = {
      props: new Map<number, unknown>([
        [mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_REFERENCE],
        [mapi.PR_ATTACH_LONG_PATHNAME, '//server/plan.doc'],
      ]),
    };
    const gone = { props: new Map<number, unknown>([[mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG]]) };
    const sent = await exported({ ...messageOf(body), attachments: [ole, empty] });
    assert.match(sent, /application\/octet-stream; name=Chart\.ole[\s\S]*\r\n\r\n0M8=/);
    assert.deepEqual(typesOf(sent), ['multipart/mixed', 'text/plain', 'application/octet-stream']);

    const found: OxcmailDiagnostic[] = [];
    const options = { leaveOut: true, onDiagnostic: (one: OxcmailDiagnostic) => void found.push(one) };
    const filed = await exported({ ...messageOf(body), attachments: [empty, link, gone, ole] }, options);
    assert.deepEqual(typesOf(filed), ['multipart/mixed', 'text/plain', 'application/octet-stream']);
    assert.deepEqual(
      found.map(({ code, path }) => [code, path]),
      [
        ['attachmentLeftOut', '0'],
        ['attachmentLeftOut', '1'],
        ['attachmentLeftOut', '2'],
        ['objectAsFile', '3'],
      ],
    );
    assert.match(found[1]?.detail ?? '', /it is at \/\/server\/plan\.doc$/);
    assert.deepEqual(found.map(isMimeLoss), [true, true, true, false]);
  });

  test('formatting that was always RTF is told, and damaged RTF is left out where that may be', async () => {
    const rtf = (bytes: Uint8Array): mapi.PropValue => prop(mapi.PR_RTF_COMPRESSED, compressRtf(bytes));
    const codes: string[] = [];
    const options = { leaveOut: true, onDiagnostic: ({ code }: OxcmailDiagnostic) => void codes.push(code) };
    await exported(messageOf(rtf(utf8Encode('{\\rtf1 {\\b bold}}'))), options);
    await exported(messageOf(prop(mapi.PR_RTF_COMPRESSED, new Uint8Array(10))), options);
    await exported(messageOf(rtf(encapsulateText('plain'))), options);
    assert.deepEqual(codes, ['formattingLeftOut', 'damagedRtf']);
  });

  test('a body that is RTF only is written as the text and HTML in it, or refused', async () => {
    const rtf = (bytes: Uint8Array): mapi.PropValue => prop(mapi.PR_RTF_COMPRESSED, compressRtf(bytes));
    const fromHtml = await exported(messageOf(rtf(encapsulateHtml('<p>λ</p>'))));
    assert.deepEqual(typesOf(fromHtml), ['multipart/alternative', 'text/plain', 'text/html']);
    assert.match(fromHtml, /charset="?utf-8"?[\s\S]*<p>=CE=BB<\/p>/);
    const fromText = await exported(messageOf(rtf(encapsulateText('plain'))));
    assert.deepEqual([typesOf(fromText), fromText.includes('\r\n\r\nplain')], [['text/plain'], true]);
    const damaged = prop(mapi.PR_RTF_COMPRESSED, new Uint8Array(10));
    await assert.rejects(exported(messageOf(damaged)), (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'));
    assert.deepEqual(typesOf(await exported(messageOf(damaged, body))), ['text/plain']);
  });

  test('a file that only calls itself a multipart is a file', async () => {
    const odd = file('x', 'multipart/mixed', utf8Encode('no part at all'));
    assert.deepEqual(typesOf(await exported({ ...messageOf(body), attachments: [odd] })), [
      'multipart/mixed',
      'text/plain',
      'application/octet-stream',
    ]);
  });
});

describe('what was kept whole', () => {
  const ENTITY =
    'Content-Type: multipart/signed; boundary=s; protocol="x/y"\r\n\r\n--s\r\n\r\nt\xe4xt \t\r\n--s\r\nContent-Type: x/y\r\n\r\nsig\r\n--s--\r\n';

  test('a signed message is written byte for byte behind its headers', async () => {
    const source = new Uint8Array(Buffer.from(`Subject: s\r\nMIME-Version: 1.0\r\n${ENTITY}`, 'latin1'));
    const { state } = await imported(source);
    const mime = await exported(state);
    assert.ok(mime.endsWith(ENTITY));
    assert.equal(headerOf(mime, 'Subject'), 's');
    assert.equal(mime.match(/^MIME-Version/gm)?.length, 1);
  });

  test('an S/MIME body keeps the parameters of its type', async () => {
    const { state } = await imported(
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\naGk=',
    );
    const mime = await exported(state);
    assert.equal(headerOf(mime, 'Content-Type'), 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m');
    const back = await imported(mime);
    assert.equal(back.get(mapi.PR_MESSAGE_CLASS), 'IPM.Note.SMIME');
    assert.equal(back.state.attachments[0] && text(propIn(back.state.attachments[0], mapi.PR_ATTACH_DATA_BIN)), 'hi');
  });
});
