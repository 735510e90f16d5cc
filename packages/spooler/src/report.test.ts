import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  ATTACH_EMBEDDED_MSG,
  type EntryId,
  fnevNewMail,
  type IMessage,
  MAPI_SUBMITTED,
  MAPI_TO,
  type Notification,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_BODY,
  PR_CONTENT_CORRELATOR,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_DELIVER_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_OBJECT_TYPE,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DELIVERY_TIME,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_DISPLAY_TO,
  PR_ORIGINAL_SEARCH_KEY,
  PR_ORIGINAL_SENDER_NAME,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_PRIORITY,
  PR_RECIPIENT_TYPE,
  PR_REPORT_TAG,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_RESPONSIBILITY,
  PR_SEARCH_KEY,
  PR_SENDER_NAME,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SUBJECT,
  prop,
  propOf,
  type Row,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { isSpoolerTag } from './record.ts';
import { type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const REFUSED: Outcome = {
  outcome: 'failed',
  smtpCode: 550,
  enhancedStatus: '5.1.1',
  text: 'no such user',
  remote: 'mx.example.org',
};

const refusing = (): ScriptedTransport =>
  new ScriptedTransport('smtp', { outcome: (address) => (address.startsWith('bad') ? REFUSED : 'delivered') });

/** The only report of a class in the receive folder. */
async function theReport(world: World, messageClass: string): Promise<IMessage> {
  const rows = await world.received(messageClass, [PR_ENTRYID, PR_MESSAGE_CLASS]);
  const reports = rows.filter((row) => propOf(row, PR_MESSAGE_CLASS) === messageClass);
  strictEqual(reports.length, 1, `${reports.length} reports ${messageClass}`);
  return world.client.openEntry(propOf(reports[0] as Row, PR_ENTRYID) as EntryId, { iid: 'IMessage' });
}

async function recipientRows(message: IMessage): Promise<readonly Row[]> {
  await using table = await message.getRecipientTable();
  await table.setColumns(await table.queryColumns({ all: true }));
  return await table.queryRows(100);
}

describe('non-delivery reports', () => {
  test('REPORT-001, REPORT-006, REPORT-008, REPORT-019, REPORT-022, REPORT-023, REPORT-024: a refused recipient brings a report with everything it needs', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit(
      'Hello',
      ['bad@example.org', 'ok@example.org'],
      [
        prop(PR_REPORT_TAG, new Uint8Array([1, 2])),
        prop(PR_CONTENT_CORRELATOR, new Uint8Array([3])),
        prop(PR_CONVERSATION_INDEX, new Uint8Array([4])),
        prop(PR_CONVERSATION_TOPIC, 'Hello'),
        prop(PR_PRIORITY, 1),
      ],
    );
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.NDR');
    const { values } = await report.getProps([
      PR_ORIG_MESSAGE_CLASS,
      PR_ORIGINAL_SUBJECT,
      PR_ORIGINAL_DISPLAY_TO,
      PR_REPORT_TAG,
      PR_CONTENT_CORRELATOR,
      PR_CONVERSATION_INDEX,
      PR_CONVERSATION_TOPIC,
      PR_PRIORITY,
      PR_SENDER_NAME,
      PR_ORIGINAL_SENDER_NAME,
    ]);
    deepStrictEqual(values, [
      'IPM.Note',
      'Hello',
      'bad@example.org; ok@example.org',
      new Uint8Array([1, 2]),
      new Uint8Array([3]),
      new Uint8Array([4]),
      'Hello',
      1,
      'Me',
      'Me',
    ]);
    const times = await report.getProps([
      PR_REPORT_TIME,
      PR_MESSAGE_DELIVERY_TIME,
      PR_ORIGINAL_SUBMIT_TIME,
      PR_SEARCH_KEY,
    ]);
    ok(times.values.every((value) => value !== undefined));
    const [text] = (await report.getProps([PR_REPORT_TEXT])).values;
    strictEqual(text, 'bad@example.org: 550 5.1.1 no such user (mx.example.org)');
  });

  test('REPORT-020, REPORT-021: subject and body are left to whoever shows the report', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['bad@example.org']);
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.NDR');
    const { values } = await report.getProps([PR_SUBJECT, PR_BODY, PR_ORIGINAL_DELIVERY_TIME]);
    deepStrictEqual(
      values.map((value) => value ?? ''),
      ['', '', ''],
    );
  });

  test('REPORT-016: recipients who failed are done with, like those who were delivered to', async () => {
    const smtp = refusing();
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('Hello', ['bad@example.org', 'ok@example.org']);
    await world.pass(86_400_000);
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 1);
    await using message = await world.client.openEntry(entryId, { iid: 'IMessage' });
    deepStrictEqual(
      (await recipientRows(message)).map((row) => propOf(row, PR_RESPONSIBILITY)),
      [true, true],
    );
  });

  test('REPORT-013, REPORT-014, REPORT-015: the report is about the recipients who failed, with reason and diagnosis', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['bad@example.org', 'ok@example.org']);
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.NDR');
    const rows = await recipientRows(report);
    strictEqual(rows.length, 1);
    const row = rows[0] as Row;
    const tags = [
      PR_EMAIL_ADDRESS,
      PR_NDR_REASON_CODE,
      PR_NDR_DIAG_CODE,
      PR_NDR_STATUS_CODE,
      PR_RECIPIENT_TYPE,
    ] as const;
    deepStrictEqual(
      tags.map((tag) => propOf<string | number>(row, tag as never)),
      ['bad@example.org', 0, 0, 511, MAPI_TO],
    );
    for (const tag of [PR_DISPLAY_NAME, PR_ENTRYID, PR_DISPLAY_TYPE, PR_OBJECT_TYPE, PR_REPORT_TEXT, PR_REPORT_TIME]) {
      ok(propOf<unknown>(row, tag as never) !== undefined);
    }
    strictEqual(propOf(row, PR_ORIGINAL_DISPLAY_NAME), 'bad@example.org');
    deepStrictEqual(propOf(row, PR_ORIGINAL_SEARCH_KEY), searchKeyOf('SMTP', 'bad@example.org'));
    strictEqual(propOf(row, PR_DELIVER_TIME), undefined);
    strictEqual(propOf(row, PR_SPOOLER_RECIPIENT_STATE), undefined);
  });

  test('REPORT-007: the original is attached as it looked when it was submitted', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['bad@example.org', 'ok@example.org'], [prop(PR_BODY, 'The text')]);
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.NDR');
    await using table = await report.getAttachmentTable();
    await table.setColumns([PR_ATTACH_NUM, PR_ATTACH_METHOD]);
    const rows = await table.queryRows(10);
    deepStrictEqual(
      rows.map((row) => propOf(row, PR_ATTACH_METHOD)),
      [ATTACH_EMBEDDED_MSG],
    );
    await using attach = await report.openAttach(propOf(rows[0] as Row, PR_ATTACH_NUM) as number);
    await using original = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
    const { values } = await original.getProps([PR_SUBJECT, PR_BODY, PR_MESSAGE_CLASS]);
    deepStrictEqual(values, ['Hello', 'The text', 'IPM.Note']);
    deepStrictEqual((await original.getPropList()).filter(isSpoolerTag), []);
    const recipients = await recipientRows(original);
    deepStrictEqual(
      recipients.map((row) => propOf(row, PR_EMAIL_ADDRESS)),
      ['bad@example.org', 'ok@example.org'],
    );
    for (const row of recipients) {
      deepStrictEqual(
        row.filter(({ tag }) => isSpoolerTag(tag)),
        [],
      );
      strictEqual(propOf(row, PR_NDR_REASON_CODE), undefined);
      ok(propOf(row, PR_RESPONSIBILITY) !== true);
    }
  });

  test('REPORT-006: no report where the originator wants none, and the message is done all the same', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['bad@example.org'], [prop(PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false)]);
    await world.pass();
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    strictEqual(await world.queued(), 0);
    strictEqual((await world.main.spooler.outgoing())[0]?.state, 'failed');
  });

  test('REPORT-006: one recipient is reported at once, though another is still tried', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (address) => (address.startsWith('bad') ? REFUSED : { outcome: 'deferred' }),
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('Hello', ['bad@example.org', 'slow@example.org']);
    await world.pass();
    strictEqual(await world.queued(), 1);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
    smtp.script = {};
    await world.pass(60_000);
    strictEqual(await world.queued(), 0);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
  });

  test('REPORT-017, SPOOL-031, SUBMIT-009: a recipient of a type that no transport takes is reported by the spooler', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['PIGEON:loft 7']);
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.NDR');
    const [row] = await recipientRows(report);
    strictEqual(propOf(row as Row, PR_NDR_REASON_CODE), 1);
    strictEqual(propOf(row as Row, PR_ADDRTYPE), 'PIGEON');
  });

  test('SPOOL-001: a recipient whom nobody takes waits while a transport of the profile is missing', async () => {
    const world = await World.started({ transports: [refusing()], unavailable: ['Pigeons'] });
    await world.submit('Hello', ['PIGEON:loft 7']);
    await world.pass(86_400_000);
    strictEqual(await world.queued(), 1);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    strictEqual((await world.main.spooler.outgoing())[0]?.reason, 'no running transport takes it');
  });

  test('a report is announced as new mail', async () => {
    const world = await World.started({ transports: [refusing()] });
    const news: Notification[] = [];
    await world.client.advise(null, fnevNewMail, { onNotify: (list) => void news.push(...list) });
    await world.submit('Hello', ['bad@example.org']);
    await world.pass();
    deepStrictEqual(
      news.map((one) => one.kind === 'newMail' && one.messageClass),
      ['REPORT.IPM.Note.NDR'],
    );
    const inbox = await world.client.getReceiveFolder('REPORT.IPM.Note.NDR');
    deepStrictEqual(
      news.map((one) => one.kind === 'newMail' && one.parentId),
      [inbox.entryId],
    );
  });

  test('REPORT-006: a message stays in the queue until its report could be delivered', async () => {
    const world = await World.make({ transports: [refusing()] });
    const { spooler, host } = await world.process();
    const defaultStore = host.defaultStore;
    Object.assign(host, { defaultStore: () => undefined });
    await spooler.start();
    await world.submit('Hello', ['bad@example.org']);
    await world.pass();
    strictEqual(await world.queued(), 1);
    ok((await spooler.outgoing())[0]?.reason?.includes('report could not be delivered'));
    Object.assign(host, { defaultStore });
    await world.pass(60_000);
    strictEqual(await world.queued(), 0);
    await using _report = await theReport(world, 'REPORT.IPM.Note.NDR');
  });

  test('a report that could not be delivered is tried again by a flush, once, whatever its time', async () => {
    const world = await World.make({ transports: [refusing(), new ScriptedTransport('fax', { types: ['FAX'] })] });
    const { spooler, host } = await world.process();
    const defaultStore = host.defaultStore;
    Object.assign(host, { defaultStore: () => undefined });
    await spooler.start();
    const entryId = await world.submit('Hello', ['bad@example.org']);
    await world.pass();
    deepStrictEqual(await spooler.flushQueues({ upload: true }), { sent: 0, failed: 0, received: 0, left: 1 });
    const texts = (await spooler.queue.history(entryId)).map(({ text }) => text);
    strictEqual(texts.filter((text) => text === 'its report is tried again').length, 1, texts.join('\n'));
    Object.assign(host, { defaultStore });
    deepStrictEqual(await spooler.flushQueues({ upload: true }), { sent: 0, failed: 1, received: 0, left: 0 });
    await using _report = await theReport(world, 'REPORT.IPM.Note.NDR');
  });

  test('SUBMIT-030: a recipient that has had the message before a resend is not sent to', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const message = await world.draft('Again', ['failed@example.org']);
    await message.modifyRecipients('add', [
      [
        prop(PR_RECIPIENT_TYPE, (MAPI_TO | MAPI_SUBMITTED) >>> 0),
        prop(PR_DISPLAY_NAME, 'had it'),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'had@example.org'),
      ],
    ]);
    await message.submitMessage();
    await world.pass();
    deepStrictEqual(
      smtp.sent.map(({ address }) => address),
      ['failed@example.org'],
    );
    strictEqual(await world.queued(), 0);
  });
});

describe('delivery reports', () => {
  test('REPORT-005, REPORT-013: come where they are asked for, without the original', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['ok@example.org'], [prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)]);
    await world.submit('Quiet', ['ok@example.org']);
    await world.pass();
    await using report = await theReport(world, 'REPORT.IPM.Note.DR');
    await using attachments = await report.getAttachmentTable();
    strictEqual(await attachments.getRowCount(), 0);
    const [row] = await recipientRows(report);
    ok(propOf(row as Row, PR_DELIVER_TIME) !== undefined);
    strictEqual(propOf(row as Row, PR_NDR_REASON_CODE), undefined);
  });

  test('REPORT-009: StatusRecips makes the reports that its rows speak of', async () => {
    const world = await World.started({ transports: [refusing()] });
    const message = await world.draft(
      'Hello',
      ['a@example.org', 'b@example.org'],
      [prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)],
    );
    await message.saveChanges({ keepOpenReadWrite: true });
    const row = (address: string) => [
      prop(PR_EMAIL_ADDRESS, address),
      prop(PR_DISPLAY_NAME, address),
      prop(PR_ADDRTYPE, 'SMTP'),
      prop(PR_RECIPIENT_TYPE, MAPI_TO),
    ];
    await world.main.spooler.statusRecips(message, [
      [...row('a@example.org'), prop(PR_DELIVER_TIME, world.clock.now())],
      [...row('b@example.org'), prop(PR_NDR_REASON_CODE, 0), prop(PR_NDR_DIAG_CODE, 0)],
      [],
    ]);
    await using delivered = await theReport(world, 'REPORT.IPM.Note.DR');
    await using failed = await theReport(world, 'REPORT.IPM.Note.NDR');
    deepStrictEqual(
      (await recipientRows(delivered)).map((one) => propOf(one, PR_EMAIL_ADDRESS)),
      ['a@example.org'],
    );
    deepStrictEqual(
      (await recipientRows(failed)).map((one) => propOf(one, PR_EMAIL_ADDRESS)),
      ['b@example.org'],
    );
    await message.release();
  });
});
