import assert from 'node:assert/strict';
import { fileTimeFromIso, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { exported, headerOf, type Imported, imported, recipientsOf } from './convert.testing.ts';
import { PR_REPORTING_MTA } from './report-reader.ts';
import { recipientAddress, statusGroups } from './status-fields.ts';

const SENT = fileTimeFromIso('2026-02-03T04:05:06Z');

/** A multipart/report with a status part of this type and, if given, a last part. */
function report(type: string, status: string, last = ''): string {
  return [
    'From: Mail Delivery System <mailer-daemon@mx.example.org>',
    'To: Ann <ann@example.com>',
    'Subject: Undelivered Mail Returned to Sender',
    'Date: Tue, 03 Feb 2026 04:05:06 +0000',
    'Message-ID: <r1@mx.example.org>',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type}; boundary=b`,
    '',
    '--b',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'It could not be delivered.',
    '--b',
    `Content-Type: message/${type}`,
    '',
    status,
    last === '' ? '' : `--b\n${last}`,
    '--b--',
    '',
  ].join('\n');
}

const FAILED = [
  'Reporting-MTA: dns; mx.example.org',
  'Original-Envelope-Id: m1',
  '',
  'Original-Recipient: rfc822;bob@example.org',
  'Final-Recipient: rfc822; bob@inner.example.org',
  'Action: failed',
  'Status: 5.1.1 (no such user)',
  'Remote-MTA: dns; mail.inner.example.org',
  'Diagnostic-Code: smtp; 550 5.1.1 <bob@inner.example.org>:',
  '    Recipient address rejected',
  'Last-Attempt-Date: Tue, 03 Feb 2026 04:00:00 +0000',
  '',
].join('\n');

const ORIGINAL = [
  'Content-Type: message/rfc822',
  '',
  'From: Ann <ann@example.com>',
  'To: Bob <bob@example.org>, carol@example.org',
  'Cc: Dan <dan@example.org>',
  'Subject: =?UTF-8?Q?=C3=9Cbersicht?=',
  'Date: Tue, 03 Feb 2026 03:00:00 +0000',
  'Message-ID: <m1@example.com>',
  '',
  'the text',
].join('\n');

const column = <T>(read: Imported, tag: mapi.PropTag<T>): readonly (T | undefined)[] => recipientsOf(read.state, tag);

describe('delivery reports', () => {
  test('XP-049: a failure is a REPORT.IPM.Note.NDR about the recipient, with its codes and what was said', async () => {
    const read = await imported(report('delivery-status', FAILED, ORIGINAL));
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), 'REPORT.IPM.Note.NDR');
    assert.equal(read.get(mapi.PR_ORIG_MESSAGE_CLASS), 'IPM.Note');
    assert.equal(read.get(PR_REPORTING_MTA), 'mx.example.org');
    assert.equal(read.get(mapi.PR_REPORT_TIME), SENT);
    assert.deepEqual(column(read, mapi.PR_EMAIL_ADDRESS), ['bob@example.org']);
    assert.deepEqual(column(read, mapi.PR_NDR_STATUS_CODE), [511]);
    assert.deepEqual(column(read, mapi.PR_NDR_REASON_CODE), [0]);
    assert.deepEqual(column(read, mapi.PR_NDR_DIAG_CODE), [0]);
    assert.deepEqual(column(read, mapi.PR_DSN_REMOTE_MTA), ['mail.inner.example.org']);
    assert.deepEqual(column(read, mapi.PR_DELIVER_TIME), [undefined]);
    assert.deepEqual(column(read, mapi.PR_REPORT_TEXT), [
      '550 5.1.1 <bob@inner.example.org>: Recipient address rejected',
    ]);
    assert.deepEqual(column(read, mapi.PR_REPORT_TIME), [fileTimeFromIso('2026-02-03T04:00:00Z')]);
    assert.deepEqual(column(read, mapi.PR_SUPPLEMENTARY_INFO), [
      '<mail.inner.example.org #5.1.1 550 5.1.1 <bob@inner.example.org>: Recipient address rejected>',
    ]);
    assert.deepEqual(read.diagnostics, []);
  });

  test('the message that comes back says what the report is about', async () => {
    const read = await imported(report('delivery-status', FAILED, ORIGINAL));
    assert.equal(read.get(mapi.PR_ORIGINAL_SUBJECT), 'Übersicht');
    assert.equal(read.get(mapi.PR_ORIGINAL_SUBMIT_TIME), fileTimeFromIso('2026-02-03T03:00:00Z'));
    assert.equal(read.get(mapi.PR_ORIGINAL_DISPLAY_TO), 'Bob; carol@example.org');
    assert.equal(read.get(mapi.PR_ORIGINAL_DISPLAY_CC), 'Dan');
    assert.equal(read.get(mapi.PR_ORIGINAL_SENDER_EMAIL_ADDRESS), 'ann@example.com');
    assert.equal(read.get(mapi.PR_IN_REPLY_TO_ID), '<m1@example.com>');
    const headersOnly = ORIGINAL.replace('message/rfc822', 'text/rfc822-headers').replace('\n\nthe text', '\n');
    const short = await imported(report('delivery-status', FAILED, headersOnly));
    assert.equal(short.get(mapi.PR_ORIGINAL_SUBJECT), 'Übersicht');
    assert.equal(short.get(mapi.PR_IN_REPLY_TO_ID), '<m1@example.com>');
  });

  test.each([
    ['delivered', 'REPORT.IPM.Note.DR'],
    ['relayed', 'REPORT.IPM.Note.Relayed.DR'],
    ['expanded (to two)', 'REPORT.IPM.Note.Expanded.DR'],
    ['Delayed', 'REPORT.IPM.Note.Delayed.DR'],
    ['failed', 'REPORT.IPM.Note.NDR'],
  ])('the action %s makes a %s', async (action, messageClass) => {
    const status = `Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; bob@example.org\nAction: ${action}\nStatus: 2.0.0\n`;
    const read = await imported(report('delivery-status', status));
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), messageClass);
    const isGood = !/fail|delay/iu.test(action);
    assert.equal(column(read, mapi.PR_DELIVER_TIME)[0], isGood ? SENT : undefined);
    assert.equal(column(read, mapi.PR_NDR_REASON_CODE)[0], isGood ? undefined : 0);
  });

  test('the gravest action decides, and only its recipients are in the report', async () => {
    const group = (address: string, action: string): string =>
      `Final-Recipient: rfc822; ${address}\nAction: ${action}\nStatus: 4.0.0\n`;
    const groups = [group('a@x.test', 'delivered'), group('b@x.test', 'failed'), group('c@x.test', 'delayed')];
    const status = ['Reporting-MTA: dns; mx\n', ...groups, group('d@x.test', 'failed')].join('\n');
    const read = await imported(report('delivery-status', status));
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), 'REPORT.IPM.Note.NDR');
    assert.deepEqual(column(read, mapi.PR_EMAIL_ADDRESS), ['b@x.test', 'd@x.test']);
  });

  test('what says nothing about a delivery is an ordinary message, as it came', async () => {
    for (const status of ['', 'Reporting-MTA: dns; mx\n', 'A: b\n\nAction: exploded\n', '\0\0\0', ':\n:\n\n:']) {
      const read = await imported(report('delivery-status', status));
      assert.equal(read.get(mapi.PR_MESSAGE_CLASS), 'IPM.Note', JSON.stringify(status));
      assert.deepEqual(column(read, mapi.PR_EMAIL_ADDRESS), ['ann@example.com']);
    }
    const nested = report('delivery-status', FAILED).replace(
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n',
      'Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/report; boundary=b\n\n',
    );
    assert.equal((await imported(nested)).get(mapi.PR_MESSAGE_CLASS), 'IPM.Note');
  });

  test('its parts stay as they are, and written again it goes where it went, with the same status', async () => {
    const read = await imported(report('delivery-status', FAILED, ORIGINAL));
    const mime = await exported(read.state);
    assert.equal(headerOf(mime, 'To'), 'Ann <ann@example.com>');
    assert.match(mime, /Content-Type: message\/delivery-status\r\n/u);
    assert.match(
      mime,
      /Diagnostic-Code: smtp; 550 5\.1\.1 <bob@inner\.example\.org>:\r\n {4}Recipient address rejected/u,
    );
    assert.equal(mime.match(/^Final-Recipient/gmu)?.length, 1);
    const again = await imported(new Uint8Array(Buffer.from(mime, 'latin1')));
    assert.equal(again.get(mapi.PR_MESSAGE_CLASS), 'REPORT.IPM.Note.NDR');
    assert.deepEqual(column(again, mapi.PR_EMAIL_ADDRESS), ['bob@example.org']);
  });

  test('a report without headers of its own takes those of a message with raw bytes', async () => {
    const raw = report('delivery-status', FAILED)
      .replace('Subject: Undelivered', 'Subject: Ü Undelivered')
      .replace('Content-Type: text/plain; charset=us-ascii\n\n', '\n');
    const read = await imported(raw);
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), 'REPORT.IPM.Note.NDR');
    assert.deepEqual(column(read, mapi.PR_EMAIL_ADDRESS), ['bob@example.org']);
  });
});

describe('read reports', () => {
  test.each([
    ['manual-action/MDN-sent-manually; displayed', 'REPORT.IPM.Note.IPNRN', SENT],
    ['automatic-action/MDN-sent-automatically; processed', 'REPORT.IPM.Note.IPNRN', SENT],
    ['manual-action/MDN-sent-automatically; deleted', 'REPORT.IPM.Note.IPNNRN', undefined],
    ['automatic-action/MDN-sent-automatically; failed/error', 'REPORT.IPM.Note.IPNNRN', undefined],
  ])('%s is a %s', async (disposition, messageClass, readAt) => {
    const status = `Final-Recipient: rfc822; bob@example.org\nOriginal-Message-ID: <m1@example.com>\nDisposition: ${disposition}\n`;
    const read = await imported(report('disposition-notification', status));
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), messageClass);
    assert.equal(read.get(mapi.PR_IN_REPLY_TO_ID), '<m1@example.com>');
    assert.equal(read.get(mapi.PR_RECEIPT_TIME), readAt);
    assert.deepEqual(column(read, mapi.PR_EMAIL_ADDRESS), ['ann@example.com']);
  });

  test('without a disposition it is an ordinary message', async () => {
    const read = await imported(report('disposition-notification', 'Final-Recipient: rfc822; bob@example.org\n'));
    assert.equal(read.get(mapi.PR_MESSAGE_CLASS), 'IPM.Note');
  });
});

describe('fields of a status', () => {
  test('groups are told apart by empty lines, fields are unfolded, the first of a name counts', () => {
    const groups = statusGroups(utf8Encode('A: 1\r\n 2\r\nB : x\r\na: other\r\nno field\r\n\r\n\r\nC:\r\n'));
    assert.deepEqual(
      groups.map((group) => [...group]),
      [
        [
          ['a', '1 2'],
          ['b', 'x'],
        ],
        [['c', '']],
      ],
    );
  });

  test.each([
    ['rfc822; bob@example.org', 'bob@example.org'],
    ['RFC822;Bob <bob@example.org>', 'bob@example.org'],
    ['utf-8; b\\x{F6}b@example.org', 'böb@example.org'],
    ['utf-8; \\x{D800}@x', '\\x{D800}@x'],
    ['x400; /S=Bob/', undefined],
    ['rfc822;', undefined],
    ['bob@example.org', undefined],
    ['rfc822; a b@x', undefined],
  ])('%s', (field, address) => {
    assert.equal(recipientAddress(field), address);
  });
});
