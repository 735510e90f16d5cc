import assert from 'node:assert/strict';
import { fileTimeFromIso } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  encodeOneOff,
  PR_ADDRTYPE,
  PR_DELETE_AFTER_SUBMIT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DELIVERY_TIME,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_PARENT_KEY,
  PR_READ_RECEIPT_ENTRYID,
  PR_RECEIPT_TIME,
  PR_REPORT_ENTRYID,
  PR_REPORT_TAG,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SUBJECT,
  type PropValue,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { fillReadReport, type ReadReportParts } from './read-report.ts';

const NOW = fileTimeFromIso('2026-02-03T04:05:06Z');
const DELIVERED = fileTimeFromIso('2026-02-03T04:00:00Z');

const oneOff = (name: string) => {
  const emailAddress = `${name.toLowerCase()}@example.org`;
  return encodeOneOff({ displayName: name, addrType: 'SMTP', emailAddress, sendRichInfo: false });
};

const BOB = { displayName: 'Bob', addrType: 'SMTP', emailAddress: 'bob@example.org', entryId: oneOff('Bob') };
const FROM_ANN = [
  prop(PR_SENDER_NAME, 'Ann'),
  prop(PR_SENDER_ADDRTYPE, 'SMTP'),
  prop(PR_SENDER_EMAIL_ADDRESS, 'ann@example.org'),
  prop(PR_SENDER_ENTRYID, oneOff('Ann')),
];

async function reported(values: readonly PropValue[], parts: Partial<ReadReportParts> = {}): Promise<MessageDouble> {
  const report = new MessageDouble();
  const lookUp = async () => undefined;
  await fillReadReport(new MessageDouble(values), report, {
    nonRead: false,
    now: NOW,
    identity: BOB,
    lookUp,
    ...parts,
  });
  return report;
}

const addressee = (report: MessageDouble) => propOf(report.recipients[0] ?? [], PR_EMAIL_ADDRESS);

describe('read reports', () => {
  test('SUPP-35, REPORT-028: one read report, or a nonread report, about the message, from its reader', async () => {
    const key = Uint8Array.of(1, 2, 3);
    const original = [
      ...FROM_ANN,
      prop(PR_SUBJECT, 'Plan'),
      prop(PR_SEARCH_KEY, key),
      prop(PR_REPORT_TAG, Uint8Array.of(9)),
      prop(PR_MESSAGE_DELIVERY_TIME, DELIVERED),
      prop(PR_INTERNET_MESSAGE_ID, '<1@example.org>'),
    ];
    const read = await reported(original);
    const values = read.allProps();
    assert.equal(propOf(values, PR_MESSAGE_CLASS), 'REPORT.IPM.Note.IPNRN');
    assert.equal(propOf(values, PR_ORIG_MESSAGE_CLASS), 'IPM.Note');
    assert.equal(propOf(values, PR_ORIGINAL_SUBJECT), 'Plan');
    assert.equal(propOf(values, PR_ORIGINAL_DELIVERY_TIME), DELIVERED);
    assert.equal(propOf(values, PR_REPORT_TIME), NOW);
    assert.equal(propOf(values, PR_RECEIPT_TIME), NOW);
    assert.deepEqual(propOf(values, PR_PARENT_KEY), key);
    assert.deepEqual(propOf(values, PR_REPORT_TAG), Uint8Array.of(9));
    assert.equal(propOf(values, PR_IN_REPLY_TO_ID), '<1@example.org>');
    assert.equal(propOf(values, PR_SENDER_EMAIL_ADDRESS), 'bob@example.org');
    assert.match(propOf(values, PR_REPORT_TEXT) ?? '', /Bob has read/);
    assert.equal(propOf(values, PR_SUBJECT), undefined);
    assert.equal(propOf(values, PR_DELETE_AFTER_SUBMIT), true);
    assert.equal(propOf(values, PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED), false);
    assert.equal(read.recipients.length, 1);
    assert.deepEqual(
      [PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS].map((tag) => propOf(read.recipients[0] ?? [], tag)),
      ['Ann', 'SMTP', 'ann@example.org'],
    );
    const unread = (await reported(original, { nonRead: true })).allProps();
    assert.equal(propOf(unread, PR_MESSAGE_CLASS), 'REPORT.IPM.Note.IPNNRN');
    assert.equal(propOf(unread, PR_RECEIPT_TIME), undefined);
    assert.match(propOf(unread, PR_REPORT_TEXT) ?? '', /without reading/);
  });

  test('REPORT-004: it goes to the recipient named for read reports, else for reports, else to the sender', async () => {
    const named = [prop(PR_READ_RECEIPT_ENTRYID, oneOff('Reader')), prop(PR_REPORT_ENTRYID, oneOff('Reports'))];
    assert.equal(addressee(await reported([...FROM_ANN, ...named])), 'reader@example.org');
    assert.equal(addressee(await reported([...FROM_ANN, ...named.slice(1)])), 'reports@example.org');
    assert.equal(addressee(await reported(FROM_ANN)), 'ann@example.org');
    const entryId = Uint8Array.of(0, 0, 0, 0, 7);
    const inBook = { displayName: 'Cleo', addrType: 'EX', emailAddress: '/cleo', entryId };
    const lookUp = async (id: Uint8Array) => (id[4] === 7 ? inBook : undefined);
    const report = await reported([...FROM_ANN, prop(PR_READ_RECEIPT_ENTRYID, entryId)], { lookUp });
    assert.equal(addressee(report), '/cleo');
    assert.deepEqual(propOf(report.recipients[0] ?? [], PR_ENTRYID), entryId);
  });

  test('REPORT-002: the class of a report about a very long class stays within 255 characters', async () => {
    const report = await reported([...FROM_ANN, prop(PR_MESSAGE_CLASS, `IPM.${'x'.repeat(300)}`)]);
    const messageClass = propOf(report.allProps(), PR_MESSAGE_CLASS) ?? '';
    assert.equal(messageClass.length, 255);
    assert.match(messageClass, /^REPORT\.IPM\.x+\.IPNRN$/);
  });

  test('a message that names nobody with an address gets no report', async () => {
    await assert.rejects(reported([prop(PR_SENDER_NAME, 'Ann')]), { code: 'MAPI_E_NO_RECIPIENTS' });
  });
});
