import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import {
  ATTACH_EMBEDDED_MSG,
  type EntryId,
  encodeOneOff,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MapiError,
  type OpenedEntry,
  PR_ATTACH_METHOD,
  PR_DELETE_AFTER_SUBMIT,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_RECIPIENT_TYPE,
  PR_REPORT_ENTRYID,
  PR_REPORT_TEXT,
  PR_RESPONSIBILITY,
  prop,
  propOf,
  type Row,
  supportsReceiving,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { submitLeft } from './report-carrier.ts';
import { type Offer, type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { ME, overlaid, World } from './world.testing.ts';

const NDR = 'REPORT.IPM.Note.NDR';
const oneOff = (emailAddress: string): EntryId =>
  encodeOneOff({ displayName: 'Reports', addrType: 'SMTP', emailAddress, sendRichInfo: false });
const toDesk = [prop(PR_REPORT_ENTRYID, oneOff('desk@example.org'))];
const REFUSED: Outcome = { outcome: 'failed', smtpCode: 550, enhancedStatus: '5.1.1', text: 'no such user' };

const refusing = (onSubmit: (offer: Offer) => Promise<undefined> = async () => undefined): ScriptedTransport =>
  new ScriptedTransport('smtp', {
    onSubmit,
    outcome: (address) => (address.startsWith('bad') ? REFUSED : 'delivered'),
  });

const addressesOf = (smtp: ScriptedTransport): readonly string[] => smtp.sent.map(({ address }) => address);

async function classes(world: World, messageClass = NDR): Promise<readonly unknown[]> {
  return (await world.received(messageClass)).map((row) => propOf(row, PR_MESSAGE_CLASS));
}

async function rowsOf(message: IMessage): Promise<readonly Row[]> {
  await using table = await message.getRecipientTable();
  await table.setColumns([PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE, PR_RESPONSIBILITY, PR_REPORT_TEXT]);
  return await table.queryRows(10);
}

describe('reports to PR_REPORT_ENTRYID', () => {
  test('REPORT-003: a non-delivery report is sent to whom the message names, and the sender gets none', async () => {
    const smtp = refusing();
    const world = await World.started({ transports: [smtp] });
    await world.submit('Hello', ['bad@example.org', 'ok@example.org'], toDesk);
    await world.pass();
    deepStrictEqual([...addressesOf(smtp)].sort(), ['desk@example.org', 'ok@example.org']);
    deepStrictEqual(await classes(world), []);
    strictEqual(await world.queued(), 0);
  });

  test('REPORT-003: what is sent is the report, about those whom it is about', async () => {
    const seen: unknown[] = [];
    const onSubmit = async ({ message }: Offer): Promise<undefined> => {
      const { values } = await message.getProps([PR_MESSAGE_CLASS, PR_ORIGINAL_SUBJECT, PR_DELETE_AFTER_SUBMIT]);
      if (values[0] !== NDR) return;
      await using attachments = await message.getAttachmentTable();
      await attachments.setColumns([PR_ATTACH_METHOD]);
      const methods = (await attachments.queryRows(10)).map((row) => propOf(row, PR_ATTACH_METHOD));
      const rows = (await rowsOf(message)).map((row) => [
        propOf(row, PR_EMAIL_ADDRESS),
        (propOf(row, PR_RECIPIENT_TYPE) ?? 0) >>> 0,
        propOf(row, PR_RESPONSIBILITY),
      ]);
      seen.push(...values, methods, rows);
    };
    const world = await World.started({ transports: [refusing(onSubmit)] });
    await world.submit('Hello', ['bad@example.org'], toDesk);
    await world.pass();
    deepStrictEqual(seen, [
      NDR,
      'Hello',
      true,
      [ATTACH_EMBEDDED_MSG],
      [
        ['bad@example.org', (MAPI_TO | MAPI_SUBMITTED) >>> 0, true],
        ['desk@example.org', MAPI_P1, false],
      ],
    ]);
  });

  test('REPORT-003: delivery reports and notices of a delay go there too', async () => {
    const sent: unknown[] = [];
    const onSubmit = async ({ message }: Offer): Promise<undefined> => {
      sent.push((await message.getProps([PR_MESSAGE_CLASS])).values[0]);
    };
    const outcome = (address: string): Outcome['outcome'] => (address.startsWith('slow') ? 'deferred' : 'delivered');
    const smtp = new ScriptedTransport('smtp', { onSubmit, outcome });
    const world = await World.started({ transports: [smtp], options: { delayNoticeMs: 60_000, retryMaxMs: 30_000 } });
    const wants = prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true);
    await world.submit('Hello', ['ok@example.org', 'slow@example.org'], [...toDesk, wants]);
    for (let minutes = 0; minutes < 4; minutes++) await world.pass(60_000);
    deepStrictEqual(
      sent.filter((messageClass) => messageClass !== 'IPM.Note'),
      ['REPORT.IPM.Note.DR', 'REPORT.IPM.Note.Delayed.DR'],
    );
    deepStrictEqual(addressesOf(smtp), ['ok@example.org', 'desk@example.org', 'desk@example.org']);
    deepStrictEqual(await world.received('REPORT.IPM.Note.DR'), []);
  });

  test('REPORT-003: the sender gets them where nobody else is named, or nobody knows the address', async () => {
    const unknown = new Uint8Array([0, 0, 0, 0, ...new Array<number>(24).fill(7)]);
    for (const entryId of [undefined, oneOff(ME.emailAddress.toUpperCase()), unknown]) {
      const world = await World.started({ transports: [refusing()] });
      const props = entryId === undefined ? [] : [prop(PR_REPORT_ENTRYID, entryId)];
      await world.submit('Hello', ['bad@example.org'], props);
      await world.pass();
      deepStrictEqual(await classes(world), [NDR]);
    }
  });

  test('REPORT-003: an entry of an address book is asked for its address', async () => {
    const smtp = refusing();
    const world = await World.make({ transports: [smtp] });
    const entryId = new Uint8Array([0, 0, 0, 0, ...new Array<number>(24).fill(9)]);
    const main = await world.process();
    Object.assign(main.host, { resolveAddress: async () => ({ addrType: 'SMTP', emailAddress: 'entry@example.org' }) });
    await main.spooler.start();
    await world.submit('Hello', ['bad@example.org'], [prop(PR_REPORT_ENTRYID, entryId)]);
    await world.pass();
    deepStrictEqual(addressesOf(smtp), ['entry@example.org']);
  });

  test('REPORT-003, REPORT-006: a report that cannot be sent on comes to the sender, and no report about it', async () => {
    const world = await World.started({ transports: [refusing()] });
    await world.submit('Hello', ['bad@example.org'], [prop(PR_REPORT_ENTRYID, oneOff('bad.desk@example.org'))]);
    await world.pass();
    await world.pass(1000);
    const rows = await world.received(NDR, [PR_ENTRYID, PR_MESSAGE_CLASS, PR_REPORT_TEXT]);
    deepStrictEqual(
      rows.map((row) => propOf(row, PR_MESSAGE_CLASS)),
      [NDR],
    );
    const text = propOf(rows[0] ?? [], PR_REPORT_TEXT) ?? '';
    match(text, /^bad@example.org: 550 5.1.1 no such user\r\nnot sent on to bad.desk@example.org: /);
    await using report = await world.client.openEntry(propOf(rows[0] ?? [], PR_ENTRYID) ?? new Uint8Array(), {
      iid: 'IMessage',
    });
    const recipients = await rowsOf(report);
    deepStrictEqual(
      recipients.map((row) => [propOf(row, PR_EMAIL_ADDRESS), propOf(row, PR_RECIPIENT_TYPE)]),
      [['bad@example.org', MAPI_TO]],
    );
    match(propOf(recipients[0] ?? [], PR_REPORT_TEXT) ?? '', /no such user/);
    strictEqual(await world.queued(), 0);
  });

  test('REPORT-003: one that was saved and not submitted, since something failed in between, is submitted, once', async () => {
    const smtp = refusing();
    const world = await World.make({ transports: [smtp] });
    let failures = 1;
    const submits = (message: IMessage) => async (): Promise<void> => {
      if (failures-- > 0) throw new MapiError('MAPI_E_DISK_ERROR', 'not now');
      await message.submitMessage();
    };
    const main = await world.process({}, (store) => withSubmits(store, submits));
    await main.spooler.start();
    await world.submit('Hello', ['bad@example.org'], toDesk);
    await world.pass(600_000);
    strictEqual(failures, 0);
    deepStrictEqual(addressesOf(smtp), ['desk@example.org']);
    deepStrictEqual([await classes(world), await world.queued()], [[], 0]);
  });

  test('what is left of a report on its way is found by its Message-ID', async () => {
    const world = await World.started({ transports: [] });
    await using carrier = await world.draft('Left', ['desk@example.org'], [prop(PR_INTERNET_MESSAGE_ID, '<left@x>')]);
    await carrier.saveChanges({ keepOpenReadOnly: true });
    await using outbox = await world.outbox();
    strictEqual(await submitLeft(outbox, '<other@x>'), false);
    strictEqual(await submitLeft(outbox, '<left@x>'), true);
    strictEqual(await world.queued(), 1);
    strictEqual(await submitLeft(outbox, '<left@x>'), true);
    strictEqual(await world.queued(), 1);
  });
});

/** The store, in which messages made by others are submitted by `submits`. */
function withSubmits(store: IMsgStore, submits: (message: IMessage) => () => Promise<void>): IMsgStore {
  const real = new WeakMap<object, IMessage>();
  const createMessage = (folder: IMAPIFolder) => async (): Promise<IMessage> => {
    const message = await folder.createMessage();
    const shown = overlaid(message, { submitMessage: submits(message) });
    real.set(shown, message);
    return shown;
  };
  const shown: IMsgStore = overlaid(store, {
    addRef: () => shown,
    openEntry: async (entryId: EntryId, options: { readonly iid: 'IMAPIFolder' }) => {
      const opened: OpenedEntry = await store.openEntry(entryId, options);
      return opened.iid === 'IMAPIFolder' ? overlaid(opened, { createMessage: createMessage(opened) }) : opened;
    },
    saveReceived: (message: IMessage, sources: readonly Uint8Array[]) => {
      if (!supportsReceiving(store)) throw new Error('the store does not receive');
      return store.saveReceived(real.get(message) ?? message, sources);
    },
  });
  return shown;
}
