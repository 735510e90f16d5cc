import assert from 'node:assert/strict';
import { bytesEqual, concatBytes, encodeCodePage, fileTimeFromIso, MapiError, toHex, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { replyAddresses } from './address-props.ts';
import { imported, mail, propIn, recipientsOf, text } from './convert.testing.ts';
import { isMimeLoss } from './diagnostic.ts';
import { memoryMessage, openObjects } from './memory-message.testing.ts';
import { mimeToMapi } from './mime-to-mapi.ts';

const SIMPLE = `From: "Ann Example" <ann@example.com>
To: Bob <bob@example.com>, carol@example.com
Cc: =?utf-8?Q?J=C3=BCrgen?= <j@example.com>
Bcc: secret@example.com
Subject: =?utf-8?B?xb5sdcWl?= and plain
Date: Fri, 21 Nov 1997 09:55:06 -0600
Message-ID: <one@example.com>
In-Reply-To: <zero@example.com>
References: <a@example.com>
 <zero@example.com>
X-Custom: kept

Hello
`;

describe('headers', () => {
  test('MIME-021, XP-053: the message is filled, gets a class, and is not saved', async () => {
    const { get } = await imported(SIMPLE);
    assert.equal(get(mapi.PR_MESSAGE_CLASS), 'IPM.Note');
    assert.equal(get(mapi.PR_SUBJECT), 'žluť and plain');
    assert.equal(get(mapi.PR_BODY), 'Hello\r\n');
  });

  test('MIME-001, XP-055: From sets both the sender and the one it represents', async () => {
    const { get } = await imported(SIMPLE);
    for (const [name, address] of [
      [mapi.PR_SENDER_NAME, mapi.PR_SENDER_EMAIL_ADDRESS],
      [mapi.PR_SENT_REPRESENTING_NAME, mapi.PR_SENT_REPRESENTING_EMAIL_ADDRESS],
    ] as const) {
      assert.deepEqual([get(name), get(address)], ['Ann Example', 'ann@example.com']);
    }
    assert.equal(get(mapi.PR_SENDER_ADDRTYPE), 'SMTP');
    assert.equal(get(mapi.PR_SENDER_SMTP_ADDRESS), 'ann@example.com');
    assert.deepEqual(mapi.decodeOneOff(get(mapi.PR_SENDER_ENTRYID) ?? new Uint8Array(0)), {
      displayName: 'Ann Example',
      addrType: 'SMTP',
      emailAddress: 'ann@example.com',
      sendRichInfo: false,
    });
  });

  test('Sender and From are told apart', async () => {
    const { get } = await imported('From: Boss <boss@example.com>\nSender: Ann <ann@example.com>\n\n');
    assert.equal(get(mapi.PR_SENT_REPRESENTING_EMAIL_ADDRESS), 'boss@example.com');
    assert.equal(get(mapi.PR_SENDER_EMAIL_ADDRESS), 'ann@example.com');
  });

  test('XP-058: search keys are upper case with a terminating zero', async () => {
    const { get, state } = await imported(SIMPLE);
    const key = utf8Encode('SMTP:ANN@EXAMPLE.COM\0');
    assert.ok(bytesEqual(get(mapi.PR_SENDER_SEARCH_KEY) ?? new Uint8Array(0), key));
    assert.equal(text(recipientsOf(state, mapi.PR_SEARCH_KEY)[0]), 'SMTP:BOB@EXAMPLE.COM\0');
  });

  test('MIME-003: To, Cc and Bcc are recipients', async () => {
    const { state } = await imported(SIMPLE);
    assert.deepEqual(recipientsOf(state, mapi.PR_RECIPIENT_TYPE), [1, 1, 2, 3]);
    assert.deepEqual(recipientsOf(state, mapi.PR_DISPLAY_NAME), [
      'Bob',
      'carol@example.com',
      'Jürgen',
      'secret@example.com',
    ]);
    assert.deepEqual(recipientsOf(state, mapi.PR_EMAIL_ADDRESS)[2], 'j@example.com');
    assert.deepEqual(recipientsOf(state, mapi.PR_SEND_RICH_INFO)[0], false);
    assert.deepEqual(recipientsOf(state, mapi.PR_OBJECT_TYPE)[0], mapi.MAPI_MAILUSER);
  });

  test('MIME-004, XP-057: Reply-To and Return-Receipt-To', async () => {
    const { get } = await imported('From: a@b.c\nReply-To: X <x@b.c>, y@b.c\nReturn-Receipt-To: R <r@b.c>\n\n');
    assert.equal(get(mapi.PR_REPLY_RECIPIENT_NAMES), 'X; y@b.c');
    assert.deepEqual(
      replyAddresses([
        mapi.prop(mapi.PR_REPLY_RECIPIENT_ENTRIES, get(mapi.PR_REPLY_RECIPIENT_ENTRIES) ?? new Uint8Array(0)),
      ]),
      [
        { name: 'X', address: 'x@b.c' },
        { name: '', address: 'y@b.c' },
      ],
    );
    assert.equal(get(mapi.PR_REPORT_NAME), 'R');
    assert.equal(mapi.decodeOneOff(get(mapi.PR_REPORT_ENTRYID) ?? new Uint8Array(0))?.emailAddress, 'r@b.c');
    assert.equal(get(mapi.PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED), true);
  });

  test('XP-055: without Reply-To answers go to the sender', async () => {
    const { get } = await imported(SIMPLE);
    assert.equal(get(mapi.PR_REPLY_RECIPIENT_NAMES), 'Ann Example');
  });

  test('MIME-005: all headers are kept', async () => {
    const { get } = await imported(SIMPLE);
    const kept = get(mapi.PR_TRANSPORT_MESSAGE_HEADERS) ?? '';
    assert.equal(
      kept,
      mail(SIMPLE.slice(0, SIMPLE.indexOf('\n\n') + 1)).reduce((all, byte) => all + String.fromCharCode(byte), ''),
    );
  });

  test('MIME-006: the Message-ID is the correlation key too, and no search key', async () => {
    const { get } = await imported(SIMPLE);
    assert.equal(get(mapi.PR_INTERNET_MESSAGE_ID), '<one@example.com>');
    assert.equal(text(get(mapi.PR_TNEF_CORRELATION_KEY)), '<one@example.com>\0');
    assert.equal(get(mapi.PR_SEARCH_KEY), undefined);
    assert.equal(get(mapi.PR_IN_REPLY_TO_ID), '<zero@example.com>');
    assert.equal(get(mapi.PR_INTERNET_REFERENCES), '<a@example.com> <zero@example.com>');
  });

  test('without a better source Date is the delivery time; Received and the caller know better', async () => {
    const date = fileTimeFromIso('1997-11-21T15:55:06Z');
    const plain = await imported(SIMPLE);
    assert.equal(plain.get(mapi.PR_CLIENT_SUBMIT_TIME), date);
    assert.equal(plain.get(mapi.PR_MESSAGE_DELIVERY_TIME), date);
    const received = await imported(`Received: from a by b; Fri, 21 Nov 1997 16:00:00 +0000\n${SIMPLE}`);
    assert.equal(received.get(mapi.PR_MESSAGE_DELIVERY_TIME), fileTimeFromIso('1997-11-21T16:00:00Z'));
    const told = await imported(SIMPLE, { deliveryTime: 5n });
    assert.equal(told.get(mapi.PR_MESSAGE_DELIVERY_TIME), 5n);
  });

  test('XP-054, XP-056: who received it, and whether the message names them', async () => {
    const receivedBy = { name: 'Carol', address: 'CAROL@example.com' };
    const { get } = await imported(SIMPLE, { receivedBy });
    assert.equal(get(mapi.PR_RECEIVED_BY_NAME), 'Carol');
    assert.equal(get(mapi.PR_RCVD_REPRESENTING_EMAIL_ADDRESS), 'CAROL@example.com');
    const me = [mapi.PR_MESSAGE_TO_ME, mapi.PR_MESSAGE_CC_ME, mapi.PR_MESSAGE_RECIP_ME].map((tag) => get(tag));
    assert.deepEqual(me, [true, false, true]);
    const through = await imported('To: team@example.com\n\n', { receivedBy });
    assert.equal(through.get(mapi.PR_MESSAGE_RECIP_ME), false);
  });

  test('wishes: importance, priority, sensitivity, receipts', async () => {
    const { get } = await imported(
      'From: a@b.c\nX-Priority: 1 (Highest)\nPriority: urgent\nSensitivity: Company-Confidential\nDisposition-Notification-To: a@b.c\n\n',
    );
    assert.deepEqual(
      [mapi.PR_IMPORTANCE, mapi.PR_PRIORITY, mapi.PR_SENSITIVITY].map((tag) => get(tag)),
      [2, 1, 3],
    );
    assert.equal(get(mapi.PR_READ_RECEIPT_REQUESTED), true);
    assert.equal((await imported('Importance: low\nX-Priority: 1\n\n')).get(mapi.PR_IMPORTANCE), 0);
    assert.equal((await imported('Importance: whatever\n\n')).get(mapi.PR_IMPORTANCE), undefined);
  });

  test.each([
    ['', 'ann@b.c', true],
    ['Return-Path: <Ann@b.c>\n', 'ann@b.c', true],
    ['Return-Path: <bounces@list.c>\n', 'ann@b.c', false],
    ['Return-Path: <>\n', 'ann@b.c', false],
    ['', 'ann@b.c, eve@x.y', false],
    ['', '<>', undefined],
  ])('with %j a read receipt for %s is %s without being asked', async (path, to, requested) => {
    const { get } = await imported(`${path}From: a@b.c\nDisposition-Notification-To: ${to}\n\n`);
    assert.equal(get(mapi.PR_READ_RECEIPT_REQUESTED), requested);
    const oneOff = mapi.decodeOneOff(get(mapi.PR_READ_RECEIPT_ENTRYID) ?? new Uint8Array());
    assert.equal(oneOff?.emailAddress, requested === undefined ? undefined : 'ann@b.c');
  });

  test('conversation', async () => {
    const index = Buffer.alloc(22, 7);
    const { get } = await imported(`Thread-Topic: =?utf-8?Q?=C3=A4?=\nThread-Index: ${index.toString('base64')}\n\n`);
    assert.equal(get(mapi.PR_CONVERSATION_TOPIC), 'ä');
    assert.equal(toHex(get(mapi.PR_CONVERSATION_INDEX) ?? new Uint8Array(0)), index.toString('hex'));
  });

  test('MIME-023: X-Unsent makes an unsent message', async () => {
    assert.equal((await imported('X-Unsent: 1\n\n')).get(mapi.PR_MESSAGE_FLAGS), mapi.MSGFLAG_UNSENT);
  });

  test('a message of nothing is a message', async () => {
    const { get, state } = await imported('');
    assert.equal(get(mapi.PR_MESSAGE_CLASS), 'IPM.Note');
    assert.equal(get(mapi.PR_SUBJECT), '');
    assert.deepEqual(state.attachments, []);
  });
});

function multipart(subtype: string, ...parts: readonly string[]): string {
  const boundary = `b-${subtype}-${parts.join('').length}`;
  return `Content-Type: multipart/${subtype}; boundary=${boundary}\n\n${parts.map((part) => `--${boundary}\n${part}\n`).join('')}--${boundary}--\n`;
}

const TEXT = 'Content-Type: text/plain; charset=utf-8\n\ntext';
const HTML = 'Content-Type: text/html; charset=utf-8\n\n<img src="cid:pic@x">';
const IMAGE =
  'Content-Type: image/png; name=pic.png\nContent-ID: <pic@x>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\naW1n';

describe('bodies', () => {
  test('alternatives are both bodies; HTML keeps its bytes and names its code page', async () => {
    const html = encodeCodePage('<p>für 5 €</p>', 1252).bytes;
    const head = mail(
      'Content-Type: multipart/alternative; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: text/html; charset=windows-1252\n\n',
    );
    const { get, state } = await imported(new Uint8Array(Buffer.concat([head, html, mail('\n--b--\n')])));
    assert.equal(get(mapi.PR_BODY), 'text');
    assert.ok(bytesEqual(get(mapi.PR_HTML) ?? new Uint8Array(0), html));
    assert.equal(get(mapi.PR_INTERNET_CPID), 1252);
    assert.deepEqual(state.attachments, []);
  });

  test('text of any charset is Unicode; an unknown charset is guessed and said so', async () => {
    const japanese = mail('Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B');
    assert.equal((await imported(japanese)).get(mapi.PR_BODY), '日本');
    const unknown = await imported('Content-Type: text/plain; charset=x-nobody\n\nž');
    assert.equal(unknown.get(mapi.PR_BODY), 'ž');
    assert.deepEqual(unknown.diagnostics, ['unknownCharset']);
  });

  test('HTML without a charset says it in its head', async () => {
    const { get } = await imported(
      'Content-Type: text/html\n\n<meta http-equiv=x content="text/html; charset=koi8-r">',
    );
    assert.equal(get(mapi.PR_INTERNET_CPID), 20866);
  });

  test('bodies and headers of any size go through streams', async () => {
    const long = 'žluťoučký kůň\r\n'.repeat(20_000);
    const { get } = await imported(
      `Content-Type: text/plain; charset=utf-8\nX-Long: ${'y '.repeat(100_000)}\n\n${long}`,
    );
    assert.equal(get(mapi.PR_BODY), long);
    assert.ok((get(mapi.PR_TRANSPORT_MESSAGE_HEADERS) ?? '').length > 200_000);
  });

  test('MIME-013: a text part after the body is an attachment', async () => {
    const { get, state } = await imported(multipart('mixed', TEXT, IMAGE, 'Content-Type: text/plain\n\nfooter'));
    assert.equal(get(mapi.PR_BODY), 'text');
    const names = state.attachments.map((attach) => propIn(attach, mapi.PR_ATTACH_LONG_FILENAME));
    assert.deepEqual(names, ['pic.png', 'ATT00002.txt']);
  });

  test('a text that is called an attachment is no body', async () => {
    const { get, state } = await imported(
      'Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nx',
    );
    assert.equal(get(mapi.PR_BODY), undefined);
    assert.equal(state.attachments.length, 1);
  });
});

describe('attachments', () => {
  test('MIME-014, MIME-016, ATT-021: by value, with names, type, size and no position', async () => {
    const { state } = await imported(
      multipart(
        'mixed',
        TEXT,
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''A%20long%20n%C3%A1me.pdf\nContent-Transfer-Encoding: base64\n\naGVsbG8=",
      ),
    );
    const [attach] = state.attachments;
    assert.ok(attach);
    assert.equal(text(propIn(attach, mapi.PR_ATTACH_DATA_BIN)), 'hello');
    assert.deepEqual(
      [
        mapi.PR_ATTACH_METHOD,
        mapi.PR_ATTACH_LONG_FILENAME,
        mapi.PR_ATTACH_FILENAME,
        mapi.PR_ATTACH_EXTENSION,
        mapi.PR_ATTACH_MIME_TAG,
        mapi.PR_ATTACH_SIZE,
        mapi.PR_RENDERING_POSITION,
      ].map((tag) => propIn<unknown>(attach, tag as mapi.PropTag)),
      [
        mapi.ATTACH_BY_VALUE,
        'A long náme.pdf',
        'Along~1.pdf'.replace('Along', 'Alongn'),
        '.pdf',
        'application/pdf',
        5,
        -1,
      ],
    );
    const nameless = (await imported(multipart('mixed', TEXT, 'Content-Type: image/gif\n\nx'))).state.attachments[0];
    assert.ok(nameless);
    assert.equal(propIn(nameless, mapi.PR_ATTACH_LONG_FILENAME), 'ATT00001.gif');
    assert.equal(propIn(nameless, mapi.PR_ATTACH_EXTENSION), '.gif');
  });

  test('a file name brings no folder', async () => {
    for (const name of ['../../etc/passwd', 'C:\\Windows\\passwd', '/passwd']) {
      const { state } = await imported(
        `Content-Type: a/b\nContent-Disposition: attachment; filename="${name.replaceAll('\\', '\\\\')}"\n\nx`,
      );
      assert.equal(state.attachments[0] && propIn(state.attachments[0], mapi.PR_ATTACH_LONG_FILENAME), 'passwd');
    }
  });

  test('inline images of the HTML are marked and hidden, wherever they stand', async () => {
    for (const source of [multipart('related', HTML, IMAGE), multipart('mixed', HTML, IMAGE)]) {
      const { state } = await imported(source);
      const [attach] = state.attachments;
      assert.ok(attach);
      assert.equal(propIn(attach, mapi.PR_ATTACH_CONTENT_ID), 'pic@x');
      assert.equal(propIn(attach, mapi.PR_ATTACH_FLAGS), mapi.ATT_MHTML_REF);
      assert.equal(propIn(attach, mapi.PR_ATTACHMENT_HIDDEN), true);
    }
    const { state } = await imported(multipart('mixed', TEXT, IMAGE));
    assert.equal(state.attachments[0] && propIn(state.attachments[0], mapi.PR_ATTACHMENT_HIDDEN), undefined);
  });

  test('MIME-015: attached messages are embedded, recursively; those of a digest too', async () => {
    const inner = multipart('mixed', TEXT, 'Content-Type: message/rfc822\n\nSubject: innermost\n\ndeep');
    const { state } = await imported(
      multipart('mixed', TEXT, `Content-Type: message/rfc822\n\nSubject: inner\nTo: x@y.z\n${inner}`),
    );
    const embedded = state.attachments[0];
    assert.ok(embedded?.message);
    assert.equal(propIn(embedded, mapi.PR_ATTACH_METHOD), mapi.ATTACH_EMBEDDED_MSG);
    assert.equal(propIn(embedded, mapi.PR_DISPLAY_NAME), 'inner');
    assert.deepEqual(recipientsOf(embedded.message, mapi.PR_EMAIL_ADDRESS), ['x@y.z']);
    const innermost = embedded.message.attachments[0]?.message;
    assert.ok(innermost);
    assert.equal(propIn(innermost, mapi.PR_BODY), 'deep');
    const digest = await imported(multipart('digest', '\nSubject: one\n\n1', '\nSubject: two\n\n2'));
    const subjects = digest.state.attachments.map(
      (attach) => attach.message && propIn(attach.message, mapi.PR_SUBJECT),
    );
    assert.deepEqual(subjects, ['one', 'two']);
  });

  test('a message embedded too deep is a file, and said so', async () => {
    const { state, diagnostics } = await imported('Content-Type: message/rfc822\n\nSubject: x\n\ny', {
      embeddedDepthMax: 0,
    });
    assert.deepEqual(diagnostics, ['embeddedTooDeep']);
    assert.equal(
      state.attachments[0] && text(propIn(state.attachments[0], mapi.PR_ATTACH_DATA_BIN)),
      'Subject: x\r\n\r\ny',
    );
  });
});

describe('what is kept whole', () => {
  const SIGNED = multipart('signed', `X-Inside: 1\n${TEXT}`, 'Content-Type: application/pkcs7-signature\n\nsig');

  test('a signed message is one attachment byte for byte; its text is the body', async () => {
    const { get, state } = await imported(`Subject: s\n${SIGNED}`);
    assert.equal(get(mapi.PR_MESSAGE_CLASS), 'IPM.Note.SMIME.MultipartSigned');
    assert.equal(get(mapi.PR_BODY), 'text');
    assert.equal(state.attachments.length, 1);
    const [attach] = state.attachments;
    assert.ok(attach);
    assert.equal(propIn(attach, mapi.PR_ATTACH_MIME_TAG), 'multipart/signed');
    assert.deepEqual(propIn(attach, mapi.PR_ATTACH_DATA_BIN), mail(SIGNED));
  });

  test('an encrypted message has a class and no body', async () => {
    const { get, state } = await imported(
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\naGk=',
    );
    assert.equal(get(mapi.PR_MESSAGE_CLASS), 'IPM.Note.SMIME');
    assert.equal(get(mapi.PR_BODY), undefined);
    assert.equal(state.attachments[0] && text(propIn(state.attachments[0], mapi.PR_ATTACH_DATA_BIN)), 'hi');
  });

  test('a multipart of unknown kind is one attachment, its text the body if there is none', async () => {
    const odd = multipart('x-odd', TEXT);
    const alone = await imported(odd);
    assert.equal(alone.get(mapi.PR_BODY), 'text');
    assert.equal(alone.state.attachments.length, 1);
    const second = await imported(multipart('mixed', 'Content-Type: text/plain\n\nfirst', odd));
    assert.equal(second.get(mapi.PR_BODY), 'first');
    const [attach] = second.state.attachments;
    assert.deepEqual(attach && propIn(attach, mapi.PR_ATTACH_DATA_BIN), mail(odd));
  });
});

test('what is beyond a limit is left out and said to be; an error of the source comes through, and nothing stays open', async () => {
  const long = await imported(`Subject: s\nX: ${'y'.repeat(3000)}\n\nbody`, { headerBytesMax: 1000 });
  assert.deepEqual([long.get(mapi.PR_SUBJECT), long.get(mapi.PR_BODY)], ['s', 'body']);
  assert.deepEqual(long.diagnostics, ['headerTooLong']);
  const many = await imported(multipart('mixed', ...Array(20).fill(IMAGE)), { partsMax: 5 });
  assert.deepEqual([many.state.attachments.length, many.diagnostics], [4, ['tooManyParts']]);
  assert(isMimeLoss({ code: 'tooManyParts', detail: '', path: '' }));
  const { message } = memoryMessage();
  const before = openObjects.count;
  const failing = async function* () {
    yield mail('Subject: x\n\nbody');
    throw new MapiError('MAPI_E_NETWORK_ERROR', 'gone');
  };
  await assert.rejects(mimeToMapi(failing(), message), (error) => MapiError.is(error, 'MAPI_E_NETWORK_ERROR'));
  assert.equal(openObjects.count, before);
});

describe('raw 8-bit headers', () => {
  const raw = (charset: string, text: string, rest: string): Uint8Array =>
    concatBytes([utf8Encode('Subject: '), encodeCodePage(text, charset).bytes, mail(rest)]);

  test('are in the charset of the body', async () => {
    const source = raw('big5', '測試', '\nContent-Type: text/plain; charset=big5\n\ntext');
    const { get, diagnostics } = await imported(source);
    assert.equal(get(mapi.PR_SUBJECT), '測試');
    assert.match(get(mapi.PR_TRANSPORT_MESSAGE_HEADERS) ?? '', /^Subject: 測試\r\n/);
    assert.deepEqual(diagnostics, ['badHeaderBytes']);
  });

  test('are in the charset of the first part of a multipart; file names after it too', async () => {
    const parts =
      '\nTo: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=big5\n\ntext\n--b\nContent-Type: image/png; name="';
    const name = encodeCodePage('圖.png', 'big5').bytes;
    const source = concatBytes([raw('big5', '測試', parts), name, mail('"\n\nx\n--b--\n')]);
    for (const size of [1, 777]) {
      const { get, state, diagnostics } = await imported(source, {}, size);
      assert.equal(get(mapi.PR_SUBJECT), '測試');
      assert.deepEqual(recipientsOf(state, mapi.PR_EMAIL_ADDRESS), ['a@b.c']);
      assert.equal(state.attachments[0]?.props.get(mapi.PR_ATTACH_LONG_FILENAME), '圖.png');
      assert.deepEqual(diagnostics, ['badHeaderBytes', 'badHeaderBytes']);
    }
  });

  test('are windows-1252 where nothing says a charset, even in a multipart without parts', async () => {
    const source = raw('windows-1252', 'für', '\nContent-Type: multipart/mixed; boundary=b\n\nno parts');
    assert.equal((await imported(source)).get(mapi.PR_SUBJECT), 'für');
  });
});
