import assert from 'node:assert/strict';
import { fileTimeFromIso } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { addressProps, recipientRow } from './address-props.ts';
import { SENDER } from './address-roles.ts';
import { exported, headerOf, imported, propIn } from './convert.testing.ts';
import { type MessageState, newState } from './memory-message.testing.ts';

const { prop } = mapi;
const REPORTED_AT = fileTimeFromIso('2026-02-03T04:05:06Z');

function set(state: MessageState, ...values: readonly mapi.PropValue[]): MessageState {
  for (const { tag, value } of values) state.props.set(tag, value);
  return state;
}

/** A report as the spooler makes one: neither subject nor text, REPORT-021. */
function reportOf(kind: 'DR' | 'NDR', recipients: readonly mapi.AdrEntry[]): MessageState {
  const state = set(
    newState(),
    prop(mapi.PR_MESSAGE_CLASS, `REPORT.IPM.Note.${kind}`),
    prop(mapi.PR_ORIGINAL_SUBJECT, 'Übersicht'),
    prop(mapi.PR_ORIGINAL_SUBMIT_TIME, fileTimeFromIso('2026-02-03T04:00:00Z')),
    prop(mapi.PR_ORIGINAL_SENDER_NAME, 'Ann'),
    prop(mapi.PR_ORIGINAL_SENDER_ADDRTYPE, 'SMTP'),
    prop(mapi.PR_ORIGINAL_SENDER_EMAIL_ADDRESS, 'ann@example.com'),
    prop(mapi.PR_REPORT_TIME, REPORTED_AT),
    ...addressProps(SENDER, { name: 'Post', address: 'post@example.com' }),
  );
  state.recipients = [...recipients];
  return state;
}

function failedRow(name: string, address: string, ...values: readonly mapi.PropValue[]): mapi.AdrEntry {
  return [...recipientRow(mapi.MAPI_TO, { name, address }), prop(mapi.PR_NDR_REASON_CODE, 0), ...values];
}

const UNKNOWN_USER = failedRow(
  'Bob',
  'bob@example.org',
  prop(mapi.PR_REPORT_TEXT, '550 5.1.1 no such user (mx.example.org)'),
  prop(mapi.PR_NDR_STATUS_CODE, 511),
  prop(mapi.PR_DSN_REMOTE_MTA, 'mx.example.org'),
  prop(mapi.PR_REPORT_TIME, REPORTED_AT),
);

function withOriginal(state: MessageState): MessageState {
  const original = set(
    newState(),
    prop(mapi.PR_SUBJECT, 'Übersicht'),
    prop(mapi.PR_BODY, 'the text'),
    prop(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_UNSENT),
  );
  state.attachments.push({
    props: new Map<number, unknown>([[mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG]]),
    message: original,
  });
  return state;
}

/** The groups of fields in the delivery-status part, unfolded. */
function statusGroups(mime: string): readonly (readonly string[])[] {
  const body = /^Content-Type: message\/delivery-status\r\n(?:[^\r\n]+\r\n)*\r\n([\s\S]*?)\r\n--=_/m.exec(mime)?.[1];
  return (body ?? '')
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .trimEnd()
    .split('\r\n\r\n')
    .map((group) => group.split('\r\n'));
}

describe('reports as mail', () => {
  test('REPORT-003: one that is sent to somebody else is to those of its envelope, and about the others', async () => {
    const served = UNKNOWN_USER.map((value) =>
      value.tag === mapi.PR_RECIPIENT_TYPE ? prop(mapi.PR_RECIPIENT_TYPE, (1 | mapi.MAPI_SUBMITTED) >>> 0) : value,
    );
    const envelope = recipientRow(mapi.MAPI_P1, { name: 'Desk', address: 'desk@example.org' });
    const mime = await exported(withOriginal(reportOf('NDR', [served, envelope])));
    assert.equal(headerOf(mime, 'To'), 'Desk <desk@example.org>');
    assert.match(mime, /^Content-Type: multipart\/report; report-type=delivery-status/m);
    const [, ...groups] = statusGroups(mime);
    assert.deepEqual(
      groups.map((group) => group.find((line) => line.startsWith('Final-Recipient'))),
      ['Final-Recipient: rfc822; bob@example.org'],
    );
  });

  test('a non-delivery report is a multipart/report with text, status and the original', async () => {
    const mime = await exported(withOriginal(reportOf('NDR', [UNKNOWN_USER])));
    assert.equal(headerOf(mime, 'Subject'), '=?UTF-8?Q?Undeliverable=3A_=C3=9Cbersicht?=');
    assert.equal(headerOf(mime, 'From'), 'Post <post@example.com>');
    assert.equal(headerOf(mime, 'To'), 'Ann <ann@example.com>');
    assert.equal(headerOf(mime, 'Date'), 'Tue, 03 Feb 2026 04:05:06 +0000');
    assert.equal(headerOf(mime, 'Auto-Submitted'), 'auto-replied');
    assert.match(
      headerOf(mime, 'Content-Type') ?? '',
      /^multipart\/report; report-type=delivery-status; boundary="=_\w+"$/,
    );
    const types = [...mime.matchAll(/^Content-Type: ([\w/-]+)/gm)].map((match) => match[1]);
    const expected = ['multipart/report', 'text/plain', 'message/delivery-status', 'message/rfc822', 'text/plain'];
    assert.deepEqual(types, expected);
    assert.deepEqual(statusGroups(mime), [
      ['Reporting-MTA: x-mapi; nodemapi', 'Arrival-Date: Tue, 03 Feb 2026 04:00:00 +0000'],
      [
        'Final-Recipient: rfc822; bob@example.org',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; mx.example.org',
        'Diagnostic-Code: smtp; 550 5.1.1 no such user (mx.example.org)',
        'Last-Attempt-Date: Tue, 03 Feb 2026 04:05:06 +0000',
      ],
    ]);
    assert.doesNotMatch(mime, /X-Unsent/); // the original has been submitted
  });

  test('its text names each recipient and the reason, its third part is the original', async () => {
    const other = failedRow('', 'carol@example.org', prop(mapi.PR_REPORT_TEXT, 'no transport'));
    const mime = await exported(withOriginal(reportOf('NDR', [UNKNOWN_USER, other])));
    const { state, get } = await imported(new Uint8Array(Buffer.from(mime, 'latin1')));
    const text = get(mapi.PR_BODY) ?? '';
    assert.match(text, /Subject: Übersicht\r\n/);
    assert.match(text, /^Bob <bob@example\.org>: 550 5\.1\.1 no such user \(mx\.example\.org\)\r$/m);
    assert.match(text, /^<?carol@example\.org>?: no transport\r$/m);
    const original = state.attachments.find(({ message }) => message !== undefined)?.message;
    assert.equal(original && propIn(original, mapi.PR_SUBJECT), 'Übersicht');
    assert.equal(original && propIn(original, mapi.PR_BODY), 'the text');
  });

  test('the status is the enhanced code, else made from the code that is there, else 5.0.0', async () => {
    const cases: readonly (readonly [string, number | undefined, string, string | undefined])[] = [
      ['452 4.2.2 full', 452, '4.2.2', 'smtp; 452 4.2.2 full'],
      ['550 no', 550, '5.0.0', 'smtp; 550 no'],
      ['given up', 447, '4.4.7', 'x-mapi; given up'],
      ['too far', 5110, '5.1.10', 'x-mapi; too far'],
      ['nobody\r\nX-Evil: 1', undefined, '5.0.0', 'x-mapi; nobody X-Evil: 1'],
      ['', undefined, '5.0.0', undefined],
    ];
    for (const [text, code, status, diagnostic] of cases) {
      const values = [
        prop(mapi.PR_REPORT_TEXT, text),
        ...(code === undefined ? [] : [prop(mapi.PR_NDR_STATUS_CODE, code)]),
      ];
      const mime = await exported(reportOf('NDR', [failedRow('', 'x@example.org', ...values)]));
      const fields = statusGroups(mime)[1] ?? [];
      assert.ok(fields.includes(`Status: ${status}`), `${text}: ${fields.join()}`);
      const found = fields.find((field) => field.startsWith('Diagnostic-Code: '));
      assert.equal(found, diagnostic === undefined ? undefined : `Diagnostic-Code: ${diagnostic}`);
    }
  });

  test('recipients that are no ASCII mail addresses are named in the forms that there are for them', async () => {
    const fax: mapi.AdrEntry = [
      prop(mapi.PR_DISPLAY_NAME, 'Fax'),
      prop(mapi.PR_ADDRTYPE, 'FAX'),
      prop(mapi.PR_EMAIL_ADDRESS, '+1 555'),
    ];
    const mime = await exported(reportOf('NDR', [fax, failedRow('', 'jürgen@example.org')]));
    const names = statusGroups(mime)
      .slice(1)
      .map(([first]) => first);
    assert.deepEqual(names, ['Final-Recipient: x-fax; +1 555', 'Final-Recipient: utf-8; j\\x{FC}rgen@example.org']);
  });

  test('a delivery report says delivered, and has no original', async () => {
    const row = [...recipientRow(mapi.MAPI_TO, { name: 'Bob', address: 'bob@example.org' })];
    const mime = await exported(reportOf('DR', [[...row, prop(mapi.PR_DELIVER_TIME, REPORTED_AT)]]));
    assert.equal(headerOf(mime, 'Subject'), '=?UTF-8?Q?Delivered=3A_=C3=9Cbersicht?=');
    assert.deepEqual(statusGroups(mime)[1], [
      'Final-Recipient: rfc822; bob@example.org',
      'Action: delivered',
      'Status: 2.0.0',
      'Last-Attempt-Date: Tue, 03 Feb 2026 04:05:06 +0000',
    ]);
    assert.match(mime, /Bob <bob@example\.org>: delivered\r\n/);
    assert.doesNotMatch(mime, /message\/rfc822/);
  });

  test('a report without sender comes from the mail system; what it has of its own stays', async () => {
    const state = reportOf('NDR', [UNKNOWN_USER]);
    for (const tag of Object.values(SENDER)) state.props.delete(tag ?? 0);
    set(state, prop(mapi.PR_SENDER_NAME, 'Unknown'), prop(mapi.PR_SUBJECT, 'Own'), prop(mapi.PR_BODY, 'own text'));
    const mime = await exported(state);
    assert.equal(headerOf(mime, 'From'), 'Mail Delivery System <mailer-daemon@localhost.invalid>');
    assert.equal(headerOf(mime, 'Sender'), undefined);
    assert.equal(headerOf(mime, 'Subject'), 'Own');
    assert.match(mime, /\r\n\r\nown text\r\n--/);
    assert.equal(statusGroups(mime).length, 2);
  });

  test('a report whose class only looks like one is written as any message', async () => {
    for (const messageClass of ['IPM.Note.NDR', 'REPORT.NDR', 'REPORT.IPNRN']) {
      const state = set(reportOf('NDR', [UNKNOWN_USER]), prop(mapi.PR_MESSAGE_CLASS, messageClass));
      assert.doesNotMatch(await exported(state), /multipart\/report/, messageClass);
    }
  });

  test('a read report goes to its recipients and says what its sender did with the message', async () => {
    const state = set(
      reportOf('DR', [[...recipientRow(mapi.MAPI_TO, { name: 'Ann', address: 'ann@example.com' })]]),
      prop(mapi.PR_REPORT_TEXT, 'Bob has read it.'),
      prop(mapi.PR_IN_REPLY_TO_ID, '<1@example.com>'),
    );
    const cases = [
      ['IPNRN', 'Read', 'displayed'],
      ['IPNNRN', 'Not read', 'deleted'],
    ] as const;
    for (const [kind, subject, disposition] of cases) {
      const mime = await exported(set(state, prop(mapi.PR_MESSAGE_CLASS, `REPORT.IPM.Note.${kind}`)));
      assert.match(mime, /^Content-Type: multipart\/report; report-type=disposition-notification/m);
      assert.equal(headerOf(mime, 'To'), 'Ann <ann@example.com>');
      assert.equal(headerOf(mime, 'From'), 'Post <post@example.com>');
      assert.match(
        headerOf(mime, 'Subject') ?? '',
        new RegExp(`^=\\?UTF-8\\?Q\\?${subject.replace(' ', '_')}=3A`, 'u'),
      );
      assert.match(mime, /\r\n\r\nBob has read it\.\r\n/);
      const fields =
        /^Content-Type: message\/disposition-notification\r\n(?:[^\r\n]+\r\n)*\r\n([\s\S]*?)\r\n--=_/m.exec(mime)?.[1];
      assert.deepEqual(fields?.trimEnd().split('\r\n'), [
        'Reporting-UA: nodemapi',
        'Final-Recipient: rfc822; post@example.com',
        'Original-Message-ID: <1@example.com>',
        `Disposition: manual-action/MDN-sent-automatically; ${disposition}`,
      ]);
    }
  });

  test('a Message-ID that is none does not get into the fields of a read report', async () => {
    const state = set(reportOf('DR', []), prop(mapi.PR_MESSAGE_CLASS, 'REPORT.IPM.Note.IPNRN'));
    const mime = await exported(set(state, prop(mapi.PR_IN_REPLY_TO_ID, '<1@x>\r\nX-Evil: yes')));
    assert.doesNotMatch(mime, /^X-Evil|Original-Message-ID/m);
  });
});
