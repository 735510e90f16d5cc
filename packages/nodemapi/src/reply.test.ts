import assert from 'node:assert/strict';
import { fileTimeFromIso, seededRandom, utf8Encode } from '@nodemapi/base';
import { queryAllRows, StandaloneSupport, setPropList, standaloneHost, wholeProp } from '@nodemapi/kit';
import {
  ascend,
  decodeFlatEntryList,
  type EntryId,
  encodeFlatEntryList,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_HTML,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_CPID,
  PR_INTERNET_MESSAGE_ID,
  PR_INTERNET_REFERENCES,
  PR_IPM_OUTBOX_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_DOWNLOAD_TIME,
  PR_NORMALIZED_SUBJECT,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_RCVD_REPRESENTING_ADDRTYPE,
  PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
  PR_RCVD_REPRESENTING_NAME,
  PR_READ_RECEIPT_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  PR_RECEIVED_BY_NAME,
  PR_RECEIVED_BY_SEARCH_KEY,
  PR_RECIPIENT_TYPE,
  PR_REPLY_RECIPIENT_ENTRIES,
  PR_REPLY_RECIPIENT_NAMES,
  PR_REPORT_ENTRYID,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  PR_TRANSPORT_MESSAGE_HEADERS,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  searchKeyOf,
} from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { describe, test } from 'vitest';
import { composeMessage, type Draft, recipientRow } from './compose.ts';
import { forwardMessage, replyToMessage } from './reply.ts';

const at = (iso: string) => ({ clock: { now: () => fileTimeFromIso(iso) }, random: seededRandom(1) });
const ASKED_AT = '2026-11-22T20:00:00Z';

async function outboxOf(): Promise<{ readonly store: IMsgStore; readonly outbox: IMAPIFolder }> {
  const host = await standaloneHost();
  const store = createMemoryStore(new StandaloneSupport({ kind: 'store', host }), host).open();
  const [id = new Uint8Array()] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID])).values;
  return { store, outbox: await store.openEntry(id, { iid: 'IMAPIFolder', modify: true }) };
}

const one = Uint8Array.of(1);
/** What an answer must not have from its original. */
const NEVER: readonly PropValue[] = [
  prop(PR_CLIENT_SUBMIT_TIME, fileTimeFromIso(ASKED_AT)),
  prop(PR_MESSAGE_DELIVERY_TIME, fileTimeFromIso(ASKED_AT)),
  prop(PR_MESSAGE_DOWNLOAD_TIME, 1),
  prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true),
  prop(PR_READ_RECEIPT_REQUESTED, true),
  prop(PR_READ_RECEIPT_ENTRYID, one),
  prop(PR_RECEIVED_BY_NAME, 'Me'),
  prop(PR_RECEIVED_BY_SEARCH_KEY, searchKeyOf('SMTP', 'me@b.c')),
  prop(PR_RCVD_REPRESENTING_NAME, 'My boss'),
  prop(PR_RCVD_REPRESENTING_ADDRTYPE, 'SMTP'),
  prop(PR_RCVD_REPRESENTING_EMAIL_ADDRESS, 'boss@b.c'),
  prop(PR_REPORT_ENTRYID, one),
  prop(PR_SENDER_NAME, 'Secretary'),
  prop(PR_SENTMAIL_ENTRYID, one),
  prop(PR_TRANSPORT_MESSAGE_HEADERS, 'X: y'),
  prop(PR_INTERNET_MESSAGE_ID, '<1@b.c>'),
];

/** A message as it was received: from Ann, by Me, for the boss. */
async function received(outbox: IMAPIFolder, draft: Draft = {}, props: readonly PropValue[] = []): Promise<IMessage> {
  const whole: Draft = { from: 'Ann <ann@b.c>', to: ['Me <me@b.c>'], subject: 'Plan', text: 'the plan', ...draft };
  const message = await composeMessage(outbox, whole, at(ASKED_AT));
  assert.deepEqual(await setPropList(message, [...NEVER, ...props]), []);
  await message.saveChanges({ keepOpenReadWrite: true });
  return message;
}

async function to(message: IMessage): Promise<readonly string[]> {
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: [PR_RECIPIENT_TYPE, PR_EMAIL_ADDRESS] });
  return rows.map((row) => `${propOf(row, PR_RECIPIENT_TYPE)} ${propOf(row, PR_EMAIL_ADDRESS)}`);
}

async function files(message: IMessage): Promise<readonly (string | undefined)[]> {
  await using table = await message.getAttachmentTable();
  return (await queryAllRows(table, { tags: [PR_ATTACH_LONG_FILENAME] })).map((r) =>
    propOf(r, PR_ATTACH_LONG_FILENAME),
  );
}

const valuesOf = async (message: IMessage, ...tags: readonly PropTag[]): Promise<readonly unknown[]> =>
  (await message.getProps(tags)).values;

describe('answers', () => {
  test('MSG-020: a reply has the text of its original, and nothing of its way', async () => {
    const { outbox } = await outboxOf();
    const content = Uint8Array.of(1, 2);
    await using original = await received(outbox, {
      attachments: [{ fileName: 'a.bin', content }],
      replyTo: ['x@b.c'],
    });
    await using reply = await replyToMessage(original, outbox, { text: 'Yes.', ...at('2026-11-22T21:00:00Z') });
    assert.deepEqual(await files(reply), []);
    const [body] = await valuesOf(reply, PR_BODY);
    assert.match(
      String(body),
      /^Yes\.\r\n\r\n-----Original Message-----\r\nFrom: Ann <ann@b\.c>\r\nSent: Sun, 22 Nov 2026 20:00:00 GMT\r\n/u,
    );
    assert.match(String(body), /Subject: Plan\r\n\r\nthe plan$/u);
    const never = [
      ...NEVER.map(({ tag }) => tag),
      PR_REPLY_RECIPIENT_ENTRIES,
      PR_REPLY_RECIPIENT_NAMES,
      PR_SUBJECT_PREFIX,
    ];
    assert.deepEqual(
      await valuesOf(reply, ...never),
      never.map(() => undefined),
    );
  });

  test('MSG-021: a forwarded message has the attachments, and else as little as a reply', async () => {
    const { outbox } = await outboxOf();
    const content = Uint8Array.of(1, 2);
    await using original = await received(outbox, { attachments: [{ fileName: 'a.bin', content }] });
    await using message = await forwardMessage(original, outbox, { to: ['Bob <bob@b.c>'], text: 'See below' });
    assert.deepEqual(await files(message), ['a.bin']);
    assert.deepEqual(await to(message), [`${MAPI_TO} bob@b.c`]);
    assert.deepEqual(
      await valuesOf(message, ...NEVER.map(({ tag }) => tag)),
      NEVER.map(() => undefined),
    );
    assert.deepEqual(await valuesOf(message, PR_IN_REPLY_TO_ID, PR_SUBJECT_PREFIX), [undefined, undefined]);
  });

  test('ATT-021: an attachment that has a long file name has a short one, too', async () => {
    const { outbox } = await outboxOf();
    await using message = await received(outbox, { attachments: [{ fileName: 'a long name.txt', content: one }] });
    await using attach = await message.openAttach(0);
    const { values } = await attach.getProps([PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME]);
    assert.equal(values[0], 'a long name.txt');
    assert.notEqual(values[1] ?? '', '');
  });

  test('MSG-022: the subject is RE: or FW: and what the original is about, however often it was answered', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox, { subject: 'RE: Plan' });
    await using reply = await replyToMessage(original, outbox);
    assert.deepEqual(await valuesOf(reply, PR_SUBJECT, PR_SUBJECT_PREFIX), ['RE: Plan', undefined]);
    await reply.saveChanges({ keepOpenReadWrite: true });
    const parts = [PR_SUBJECT, PR_SUBJECT_PREFIX, PR_NORMALIZED_SUBJECT];
    assert.deepEqual(await valuesOf(reply, ...parts), ['RE: Plan', 'RE: ', 'Plan']);
    await using forwarded = await forwardMessage(reply, outbox);
    assert.deepEqual(await valuesOf(forwarded, PR_SUBJECT, PR_SUBJECT_PREFIX), ['FW: Plan', undefined]);
    await using long = await replyToMessage(original, outbox, { prefix: 'Antwort:' });
    await long.saveChanges({ keepOpenReadWrite: true });
    assert.deepEqual(await valuesOf(long, ...parts), ['Antwort: Plan', 'Antwort: ', 'Plan']);
  });

  test('MSG-023: a reply to all goes to them, and to whom the original is from, but not to oneself or to the hidden', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox, {
      to: ['Me <me@b.c>', 'Bob <bob@b.c>', 'Ann again <ANN@b.c>'],
      cc: ['Carol <carol@b.c>', 'Bob <bob@b.c>'],
      bcc: ['Dan <dan@b.c>'],
    });
    assert.deepEqual(
      (await to(original)).filter((each) => each.startsWith(`${MAPI_BCC}`)),
      [`${MAPI_BCC} dan@b.c`],
    );
    await using all = await replyToMessage(original, outbox, { all: true });
    assert.deepEqual(await to(all), [`${MAPI_TO} ann@b.c`, `${MAPI_TO} bob@b.c`, `${MAPI_CC} carol@b.c`]);
    await using alone = await replyToMessage(original, outbox);
    assert.deepEqual(await to(alone), [`${MAPI_TO} ann@b.c`]);
  });

  test('recipients of whom only a name is known stay themselves in an answer to all', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox);
    const named = (name: string, ...more: readonly PropValue[]): readonly PropValue[] => [
      prop(PR_RECIPIENT_TYPE, MAPI_CC),
      prop(PR_DISPLAY_NAME, name),
      ...more,
    ];
    const noAddress = [prop(PR_ADDRTYPE, 'SMTP'), prop(PR_EMAIL_ADDRESS, '')];
    await original.modifyRecipients('add', [named('Eve'), named('Fay', ...noAddress), named('Eve'), named('Gil')]);
    await original.saveChanges({ keepOpenReadWrite: true });
    await using reply = await replyToMessage(original, outbox, { all: true });
    await using table = await reply.getRecipientTable();
    const names = (await queryAllRows(table, { tags: [PR_DISPLAY_NAME] })).map((row) => propOf(row, PR_DISPLAY_NAME));
    assert.deepEqual(names.slice(-3), ['Eve', 'Fay', 'Gil']);
  });

  test('an answer goes to those whom the original names for it; without anybody to answer to there is none', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox, { replyTo: ['List <list@b.c>'] });
    await using reply = await replyToMessage(original, outbox);
    assert.deepEqual(await to(reply), [`${MAPI_TO} list@b.c`]);
    await using nobody = await composeMessage(outbox, { subject: 'x' });
    await assert.rejects(replyToMessage(nobody, outbox), { code: 'MAPI_E_NO_RECIPIENTS' });
  });

  test('MSG-024: who received the original is who the answer is from', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox);
    for (const answer of [await replyToMessage(original, outbox), await forwardMessage(original, outbox)]) {
      const from = [PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE, PR_SENT_REPRESENTING_EMAIL_ADDRESS];
      assert.deepEqual(await valuesOf(answer, ...from), ['My boss', 'SMTP', 'boss@b.c']);
      await answer.release();
    }
  });

  test('MSG-018: the topic stays that of the first message, whatever the subjects become', async () => {
    const { outbox } = await outboxOf();
    await using first = await received(outbox, { subject: 'AW: Plan' });
    await using reply = await replyToMessage(first, outbox);
    await reply.setProps([prop(PR_SUBJECT, 'RE: something else'), ...whoSent('bob@b.c')]);
    await reply.saveChanges({ keepOpenReadWrite: true });
    await using second = await replyToMessage(reply, outbox);
    for (const message of [first, reply, second])
      assert.deepEqual(await valuesOf(message, PR_CONVERSATION_TOPIC), ['Plan']);
    assert.deepEqual(await valuesOf(second, PR_SUBJECT), ['RE: something else']);
  });

  test('MSG-017: the index grows by five bytes with each answer, and in its order the messages are the thread', async () => {
    const { store, outbox } = await outboxOf();
    const answer = async (to: IMessage, name: string, iso: string): Promise<IMessage> => {
      const reply = await replyToMessage(to, outbox, at(iso));
      await reply.setProps([prop(PR_BODY, name), ...whoSent(`${name}@b.c`)]);
      await reply.saveChanges({ keepOpenReadWrite: true });
      return reply;
    };
    const first = await received(outbox, { subject: 'Plan', text: 'first' });
    const second = await answer(first, 'second', '2026-11-22T22:00:00Z');
    const firstToo = await answer(first, 'early', '2026-11-22T21:00:00Z');
    await answer(second, 'below', '2026-11-23T20:00:00Z');
    const later = await answer(firstToo, 'under', '2026-11-24T20:00:00Z');
    assert.equal((await wholeProp(later, PR_CONVERSATION_INDEX))?.length, 22 + 5 + 5);
    await using table = await outbox.getContentsTable();
    const sort = { sorts: [ascend(PR_CONVERSATION_INDEX)] };
    const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_CONVERSATION_INDEX], sort });
    const texts: string[] = [];
    for (const row of rows) {
      await using message = await store.openEntry(propOf(row, PR_ENTRYID) ?? null, { iid: 'IMessage' });
      texts.push(String((await valuesOf(message, PR_BODY))[0]));
    }
    assert.deepEqual(texts, ['first', 'early', 'under', 'second', 'below']);
  });

  test('an index that is damaged begins a new conversation, and the Internet’s thread goes on', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox, {}, [
      prop(PR_CONVERSATION_INDEX, Uint8Array.of(1, 2, 3)),
      prop(PR_INTERNET_REFERENCES, '<0@b.c>'),
    ]);
    await using reply = await replyToMessage(original, outbox);
    assert.equal((await wholeProp(reply, PR_CONVERSATION_INDEX))?.length, 22);
    assert.deepEqual(await valuesOf(reply, PR_IN_REPLY_TO_ID, PR_INTERNET_REFERENCES), ['<1@b.c>', '<0@b.c> <1@b.c>']);
  });

  test('HTML stays HTML, with the text above what its body shows', async () => {
    const { outbox } = await outboxOf();
    const html = '<html><body class="x"><p>caf\u00e9</p></body></html>';
    await using original = await received(outbox, { html });
    await using reply = await replyToMessage(original, outbox, { text: 'a < b\n\u20ac' });
    const shown = Buffer.from((await wholeProp(reply, PR_HTML)) ?? []).toString();
    assert.match(
      shown,
      /^<html><body class="x"><p>a &lt; b<br>\r\n\u20ac<\/p>\r\n<hr>\r\n<p><b>From:<\/b> Ann &lt;ann@b\.c&gt;/u,
    );
    assert.ok(shown.endsWith('<p>caf\u00e9</p></body></html>'));
    assert.ok(utf8Encode(shown).length > 0);
  });

  test('an identifier for answers that is damaged names nobody, the others are answered', async () => {
    const { outbox } = await outboxOf();
    await using original = await received(outbox, { replyTo: ['List <list@b.c>', 'Cut <cut@b.c>'] });
    const [entries = one] = (await original.getProps([PR_REPLY_RECIPIENT_ENTRIES])).values;
    const [list = one, cut = one] = decodeFlatEntryList(entries);
    const set = async (...ids: readonly Uint8Array[]) =>
      setPropList(original, [prop(PR_REPLY_RECIPIENT_ENTRIES, encodeFlatEntryList(ids as EntryId[]))]);
    await set(list, cut.slice(0, 30));
    await using some = await replyToMessage(original, outbox);
    assert.deepEqual(await to(some), [`${MAPI_TO} list@b.c`]);
    await set(cut.slice(0, 30));
    await using sender = await replyToMessage(original, outbox);
    assert.deepEqual(await to(sender), [`${MAPI_TO} ann@b.c`]);
  });

  test('a sender is answered by the address alone, where the original has no identifier', async () => {
    const { outbox } = await outboxOf();
    await using original = await outbox.createMessage();
    await setPropList(original, [
      prop(PR_SENDER_NAME, 'Bo'),
      prop(PR_SENDER_ADDRTYPE, 'SMTP'),
      prop(PR_SENDER_EMAIL_ADDRESS, 'bo@b.c'),
    ]);
    await using reply = await replyToMessage(original, outbox);
    assert.deepEqual(await to(reply), [`${MAPI_TO} bo@b.c`]);
  });

  test('HTML of an unknown code page, and of a hundred thousand beginnings of a body, is answered', async () => {
    const { outbox } = await outboxOf();
    const html = `${'<body '.repeat(100_000)}x`;
    await using original = await received(outbox, { html }, [prop(PR_INTERNET_CPID, 12_345)]);
    const began = process.cpuUsage();
    await using reply = await replyToMessage(original, outbox, { text: 'hello' });
    const { user } = process.cpuUsage(began);
    const shown = Buffer.from((await wholeProp(reply, PR_HTML)) ?? []).toString();
    assert.ok(shown.startsWith('<p>hello</p>') && shown.endsWith(html));
    assert.ok(user < 8_000_000, `${user} µs`); // for each beginning to the end: more than 20 s
  });

  test('a message of megabytes is answered whole', async () => {
    const { outbox } = await outboxOf();
    const text = 'long '.repeat(100_000);
    await using original = await received(outbox, { text });
    await using reply = await replyToMessage(original, outbox);
    assert.ok((await wholeProp(reply, PR_BODY))?.endsWith(text));
  });
});

function whoSent(address: string): PropValue[] {
  const row = recipientRow(address, MAPI_TO);
  return [
    prop(PR_SENT_REPRESENTING_NAME, address),
    prop(PR_SENT_REPRESENTING_ADDRTYPE, 'SMTP'),
    prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, address),
    prop(0x00410102 as PropTag<Uint8Array>, propOf(row, PR_ENTRYID) ?? new Uint8Array()),
  ];
}
