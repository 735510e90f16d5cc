import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  type EntryId,
  encodeOneOff,
  type IMessage,
  MAPI_CC,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_CONTENT_CORRELATOR,
  PR_CONVERSATION_INDEX,
  PR_DELIVER_TIME,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_NDR_REASON_CODE,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_DISPLAY_TO,
  PR_ORIGINAL_ENTRYID,
  PR_ORIGINAL_SUBJECT,
  PR_PARENT_KEY,
  PR_RECIPIENT_TYPE,
  PR_REPORT_TAG,
  PR_SEARCH_KEY,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  type PropValue,
  prop,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const MINUTE = 60_000;
const BOB = encodeOneOff({
  displayName: 'Bob the Builder',
  addrType: 'SMTP',
  emailAddress: 'bob@example.org',
  sendRichInfo: true,
});

interface Sent {
  readonly world: World & { readonly main: Awaited<ReturnType<World['process']>> };
  readonly smtp: ScriptedTransport;
  readonly entryId: EntryId;
  readonly messageId: string;
}

/** A world that has sent a message, which lies in Sent Items. */
async function sent(messageClass = 'IPM.Note.Order'): Promise<Sent> {
  const smtp = new ScriptedTransport('smtp', { poll: true });
  const world = await World.started({ transports: [smtp] });
  const [sentMail = new Uint8Array()] = (await world.client.getProps([PR_IPM_SENTMAIL_ENTRYID])).values;
  const draft = await world.draft(
    'Hello',
    ['carol@example.org'],
    [
      prop(PR_MESSAGE_CLASS, messageClass),
      prop(PR_REPORT_TAG, new Uint8Array([1, 2])),
      prop(PR_CONTENT_CORRELATOR, new Uint8Array([3])),
      prop(PR_CONVERSATION_INDEX, new Uint8Array([4])),
      prop(PR_SENTMAIL_ENTRYID, sentMail),
    ],
  );
  await draft.modifyRecipients('add', [
    [
      prop(PR_RECIPIENT_TYPE, MAPI_CC),
      prop(PR_DISPLAY_NAME, 'Bob the Builder'),
      prop(PR_ADDRTYPE, 'SMTP'),
      prop(PR_EMAIL_ADDRESS, 'Bob@example.org'),
      prop(PR_ENTRYID, BOB),
    ],
  ]);
  await draft.submitMessage();
  await draft.release();
  await world.pass();
  await using folder = await world.client.openEntry(sentMail, { iid: 'IMAPIFolder' });
  await using table = await folder.getContentsTable();
  await table.setColumns([PR_ENTRYID, PR_INTERNET_MESSAGE_ID]);
  const [row] = await table.queryRows(1);
  ok(row !== undefined, 'the message is in Sent Items');
  return {
    world,
    smtp,
    entryId: propOf(row, PR_ENTRYID) ?? new Uint8Array(),
    messageId: propOf(row, PR_INTERNET_MESSAGE_ID) ?? '',
  };
}

/** A report as a transport fills it from a mail. */
const arriving =
  (messageClass: string, messageId: string, values: readonly PropValue[] = []) =>
  async (message: IMessage): Promise<void> => {
    await message.setProps([prop(PR_MESSAGE_CLASS, messageClass), prop(PR_IN_REPLY_TO_ID, messageId)]);
    await message.modifyRecipients('replace', [
      [
        prop(PR_RECIPIENT_TYPE, MAPI_TO),
        prop(PR_DISPLAY_NAME, 'bob@example.org'),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'bob@example.org'),
        ...values,
      ],
    ]);
    await message.saveChanges();
  };

async function received(world: World, messageClass: string): Promise<IMessage> {
  const rows = await world.received(messageClass, [PR_ENTRYID, PR_MESSAGE_CLASS]);
  const found = rows.filter((row) => propOf(row, PR_MESSAGE_CLASS) === messageClass);
  strictEqual(found.length, 1, `${found.length} of ${rows.map((row) => propOf(row, PR_MESSAGE_CLASS))}`);
  return world.client.openEntry(propOf(found[0] as Row, PR_ENTRYID) as EntryId, { iid: 'IMessage' });
}

describe('reports that come by mail', () => {
  test('REPORT-001, REPORT-019, REPORT-022: a report gets from the sent message what only its sender knows', async () => {
    const { world, smtp, entryId, messageId } = await sent();
    smtp.incoming.push(arriving('REPORT.IPM.Note.NDR', messageId, [prop(PR_NDR_REASON_CODE, 0)]));
    await world.pass(MINUTE);
    await using report = await received(world, 'REPORT.IPM.Note.Order.NDR');
    await using original = await world.client.openEntry(entryId, { iid: 'IMessage' });
    const [searchKey] = (await original.getProps([PR_SEARCH_KEY])).values;
    const { values } = await report.getProps([
      PR_ORIG_MESSAGE_CLASS,
      PR_ORIGINAL_SUBJECT,
      PR_ORIGINAL_DISPLAY_TO,
      PR_REPORT_TAG,
      PR_CONTENT_CORRELATOR,
      PR_CONVERSATION_INDEX,
      PR_ORIGINAL_ENTRYID,
      PR_PARENT_KEY,
    ]);
    deepStrictEqual(values, [
      'IPM.Note.Order',
      'Hello',
      'carol@example.org',
      new Uint8Array([1, 2]),
      new Uint8Array([3]),
      new Uint8Array([4]),
      entryId,
      searchKey,
    ]);
  });

  test('its recipients are those of the original: name, type and identifier, told by the address', async () => {
    const { world, smtp, messageId } = await sent();
    smtp.incoming.push(arriving('REPORT.IPM.Note.NDR', messageId, [prop(PR_NDR_REASON_CODE, 0)]));
    await world.pass(MINUTE);
    await using report = await received(world, 'REPORT.IPM.Note.Order.NDR');
    await using table = await report.getRecipientTable();
    await table.setColumns([
      PR_DISPLAY_NAME,
      PR_ORIGINAL_DISPLAY_NAME,
      PR_RECIPIENT_TYPE,
      PR_ENTRYID,
      PR_NDR_REASON_CODE,
    ]);
    const rows = await table.queryRows(10);
    deepStrictEqual(
      rows.map((row) => row.map(({ value }) => value)),
      [['Bob the Builder', 'Bob the Builder', MAPI_CC, BOB, 0]],
    );
  });

  test.each(['Delayed.DR', 'DR', 'IPNRN', 'IPNNRN'])('a report of the kind %s keeps its kind', async (kind) => {
    const { world, smtp, messageId } = await sent();
    smtp.incoming.push(arriving(`REPORT.IPM.Note.${kind}`, messageId));
    await world.pass(MINUTE);
    await using report = await received(world, `REPORT.IPM.Note.Order.${kind}`);
    strictEqual((await report.getProps([PR_ORIGINAL_SUBJECT])).values[0], 'Hello');
  });

  test('a report about a message that is not there stays as it came, and so does what is no report', async () => {
    const { world, smtp, messageId } = await sent();
    smtp.incoming.push(arriving('REPORT.IPM.Note.NDR', '<other@example.org>'), arriving('IPM.Note', messageId));
    await world.pass(MINUTE);
    await using report = await received(world, 'REPORT.IPM.Note.NDR');
    strictEqual((await report.getProps([PR_REPORT_TAG])).values[0], undefined);
    await using note = await received(world, 'IPM.Note');
    strictEqual((await note.getProps([PR_REPORT_TAG])).values[0], undefined);
  });
});

describe('StatusRecips about a message that was sent', () => {
  const told = (...values: readonly PropValue[]): readonly PropValue[] => [
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
    prop(PR_DISPLAY_NAME, 'Bob'),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, 'bob@example.org'),
    ...values,
  ];

  test('REPORT-018: a transport may map a native notification onto it, and a report is made of it', async () => {
    const { world, entryId } = await sent();
    await using original = await world.main.store.openEntry(entryId, { iid: 'IMessage' });
    await world.main.spooler.statusRecips(original, [told(prop(PR_NDR_REASON_CODE, 0))]);
    await using report = await received(world, 'REPORT.IPM.Note.Order.NDR');
    deepStrictEqual((await report.getProps([PR_ORIGINAL_SUBJECT, PR_REPORT_TAG])).values, [
      'Hello',
      new Uint8Array([1, 2]),
    ]);
  });

  test('REPORT-011: called again for the same recipient it reports again; our spooler calls itself once a message', async () => {
    const { world, entryId } = await sent();
    await using original = await world.main.store.openEntry(entryId, { iid: 'IMessage' });
    for (let count = 0; count < 2; count++) {
      await world.main.spooler.statusRecips(original, [told(prop(PR_NDR_REASON_CODE, 0))]);
    }
    const count = async (): Promise<number> => (await world.received('REPORT.IPM.Note.Order.NDR')).length;
    strictEqual(await count(), 2);
    await world.main.spooler.statusRecips(original, [
      told(prop(PR_NDR_REASON_CODE, 0)),
      told(prop(PR_NDR_REASON_CODE, 1), prop(PR_SUBJECT, 'x')),
    ]);
    strictEqual(await count(), 3, 'one report for all that are told at once');
  });

  test('REPORT-012: rows that name nobody are a warning, and the others are reported all the same', async () => {
    const { world, entryId } = await sent();
    await using original = await world.main.store.openEntry(entryId, { iid: 'IMessage' });
    const nobody = [prop(PR_DELIVER_TIME, 1n)];
    const rows = [told(prop(PR_NDR_REASON_CODE, 0)), nobody, []];
    const { warning } = await world.main.spooler.statusRecips(original, rows);
    strictEqual(warning, 'MAPI_W_ERRORS_RETURNED');
    await using _report = await received(world, 'REPORT.IPM.Note.Order.NDR');
    deepStrictEqual(await world.main.spooler.statusRecips(original, [told(prop(PR_NDR_REASON_CODE, 0))]), {});
  });
});
