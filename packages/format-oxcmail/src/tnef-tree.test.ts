import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Guid, seededRandom, utf8Decode, utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { readTnef, type TnefContent, tnefProp, writeTnef } from '@nodemapi/format-tnef';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { inPieces } from './convert.testing.ts';
import { type MapiToMimeOptions, mapiToMime } from './mapi-to-mime.ts';
import { mimeToMapi } from './mime-to-mapi.ts';

const PSETID = '00062003-0000-0000-c000-000000000046' as Guid;
const RICH: MapiToMimeOptions = { tnef: (problem) => assert.fail(JSON.stringify(problem)), random: seededRandom(3) };
const ID = '<m1@sender.test>';

/** A task with everything that MIME has no place for. */
async function task(more: readonly mapi.PropValue[] = []): Promise<MessageDouble> {
  const message = new MessageDouble([
    mapi.prop(mapi.PR_MESSAGE_CLASS, 'IPM.Task'),
    mapi.prop(mapi.PR_SUBJECT, 'Mow the lawn'),
    mapi.prop(mapi.PR_BODY, 'the whole of it'),
    mapi.prop(mapi.PR_INTERNET_MESSAGE_ID, ID),
    mapi.prop(mapi.PR_SENDER_NAME, 'Sender'),
    mapi.prop(mapi.PR_SENDER_EMAIL_ADDRESS, 'sender@sender.test'),
    mapi.prop(mapi.PR_SENDER_ADDRTYPE, 'SMTP'),
    mapi.prop(mapi.PR_SENDER_ENTRYID, Uint8Array.of(1)),
    mapi.prop(mapi.PR_SENDER_SEARCH_KEY, Uint8Array.of(2)),
    mapi.prop(mapi.PR_OWNER_APPT_ID, 77),
    mapi.prop(mapi.PR_COMMENT, 'a remark: žluťoučký'),
    ...more,
  ]);
  const [id] = await message.getIDsFromNames([{ guid: PSETID, id: 0x8101 }], { create: true });
  const percent = mapi.tagFromNumber(mapi.propId(id ?? mapi.PR_COMMENT) * 0x1_0000 + mapi.PT_LONG);
  await message.setProps([{ tag: percent, value: 42 }]);
  await message.modifyRecipients('add', [
    [mapi.prop(mapi.PR_EMAIL_ADDRESS, 'seen@a.test'), ...addressed(mapi.MAPI_TO)],
    [mapi.prop(mapi.PR_EMAIL_ADDRESS, 'blind@a.test'), ...addressed(mapi.MAPI_BCC)],
  ]);
  const { attach } = await message.createAttach();
  await attach.setProps([
    mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
    mapi.prop(mapi.PR_ATTACH_LONG_FILENAME, 'plan.txt'),
    mapi.prop(mapi.PR_ATTACH_DATA_BIN, utf8Encode('the plan')),
  ]);
  return message;
}

const addressed = (type: number): readonly mapi.PropValue[] => [
  mapi.prop(mapi.PR_RECIPIENT_TYPE, type),
  mapi.prop(mapi.PR_ADDRTYPE, 'SMTP'),
  mapi.prop(mapi.PR_DISPLAY_NAME, 'Somebody'),
];

async function mailOf(message: MessageDouble, options: MapiToMimeOptions = RICH): Promise<string> {
  let text = '';
  for await (const piece of mapiToMime(message, options)) text += Buffer.from(piece).toString('latin1');
  return text;
}

/** The bytes of the winmail.dat. */
function streamIn(mail: string): Uint8Array {
  const part = /Content-Type: application\/ms-tnef.*?\r\n\r\n(.*?)\r\n--/s.exec(mail);
  assert.ok(part, 'there is no TNEF part');
  return new Uint8Array(Buffer.from(part[1] ?? '', 'base64'));
}

const idsOf = (content: TnefContent): ReadonlySet<number> => new Set(content.props.map(({ tag }) => mapi.propId(tag)));

describe('a mail with TNEF', () => {
  test('TNEF-040: has it as an attached file named winmail.dat, beside the text and the attachments', async () => {
    const mail = await mailOf(await task());
    assert.match(mail, /Content-Type: application\/ms-tnef;\s+name=winmail\.dat/i);
    assert.match(mail, /Content-Disposition: attachment;\s+filename=winmail\.dat/i);
    assert.match(mail, /the whole of it/);
    assert.equal(mail.match(/filename=plan\.txt/g)?.length, 1);
    assert.doesNotMatch(await mailOf(await task(), {}), /ms-tnef|X-MS-TNEF/i);
  });

  test('TNEF-041: all that may travel is in it but sender, text and the data of attachments', async () => {
    const content = readTnef(streamIn(await mailOf(await task())));
    const ids = idsOf(content);
    for (const tag of [mapi.PR_BODY, mapi.PR_SENDER_NAME, mapi.PR_SENDER_EMAIL_ADDRESS, mapi.PR_SENDER_ADDRTYPE]) {
      assert.equal(ids.has(mapi.propId(tag)), false, tag.toString(16));
    }
    for (const tag of [mapi.PR_SENDER_ENTRYID, mapi.PR_SENDER_SEARCH_KEY])
      assert.equal(ids.has(mapi.propId(tag)), false, tag.toString(16));
    assert.deepEqual(content.attachments, []);
    assert.equal(tnefProp(content.props, mapi.PR_OWNER_APPT_ID), 77);
    assert.equal(tnefProp(content.props, mapi.PR_COMMENT), 'a remark: žluťoučký');
    const named = content.props.find(({ name }) => name !== undefined);
    assert.deepEqual([named?.name, named?.value], [{ guid: PSETID, id: 0x8101 }, 42]);
  });

  test('XP-032, SUBMIT-066: what does not travel is passed over, PR_MESSAGE_FLAGS first of all; no recipient is in it', async () => {
    const own = [
      mapi.prop(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_UNSENT | mapi.MSGFLAG_SUBMIT),
      mapi.prop(mapi.PR_SENTMAIL_ENTRYID, Uint8Array.of(9)),
      mapi.prop(mapi.PR_DELETE_AFTER_SUBMIT, true),
      mapi.prop(mapi.PR_DISPLAY_BCC, 'blind@a.test'),
      mapi.prop(mapi.PR_ORIGINAL_DISPLAY_BCC, 'blind@a.test'),
      mapi.prop(mapi.PR_TRANSPORT_MESSAGE_HEADERS, 'Bcc: blind@a.test'),
      mapi.prop(mapi.PR_SPOOLER_STATE, 2),
      { tag: mapi.tagFromNumber(0x6700_001f), value: 'private' },
    ];
    const bytes = streamIn(await mailOf(await task(own)));
    const content = readTnef(bytes);
    const ids = idsOf(content);
    for (const { tag } of own) assert.equal(ids.has(mapi.propId(tag)), false, tag.toString(16));
    assert.ok(content.props.every(({ tag, name }) => name !== undefined || mapi.isTransmittable(tag)));
    assert.equal(content.recipients, undefined);
    assert.doesNotMatch(utf8Decode(bytes).replaceAll('\0', ''), /blind|seen@/);
    assert.ok(ids.has(mapi.propId(mapi.PR_OWNER_APPT_ID)));
  });

  test('TNEF-042: stream and mail name each other by the Message-ID, the stream with a zero at its end', async () => {
    const mail = await mailOf(await task());
    const key = tnefProp(readTnef(streamIn(mail)).props, mapi.PR_TNEF_CORRELATION_KEY);
    assert.deepEqual(key, utf8Encode(`${ID}\0`));
    assert.match(mail, /^X-MS-TNEF-Correlator: <m1@sender\.test>\r$/m);
    const other = await mailOf(new MessageDouble(), { ...RICH, messageId: '<given@sender.test>' });
    assert.match(other, /^X-MS-TNEF-Correlator: <given@sender\.test>\r$/m);
    const bare = await mailOf(new MessageDouble());
    assert.doesNotMatch(bare, /X-MS-TNEF-Correlator/);
    assert.equal(tnefProp(readTnef(streamIn(bare)).props, mapi.PR_TNEF_CORRELATION_KEY), undefined);
  });

  test('comes back as the message that it was', async () => {
    const source = await task();
    const message = new MessageDouble();
    await mimeToMapi(inPieces(Buffer.from(await mailOf(source), 'latin1'), 500), message);
    const { values } = await message.getProps([
      mapi.PR_MESSAGE_CLASS,
      mapi.PR_SUBJECT,
      mapi.PR_OWNER_APPT_ID,
      mapi.PR_COMMENT,
      mapi.PR_BODY,
      mapi.PR_SENDER_EMAIL_ADDRESS,
    ]);
    const [messageClass, subject, appointment, comment, body, sender] = values;
    assert.deepEqual([messageClass, subject, appointment], ['IPM.Task', 'Mow the lawn', 77]);
    assert.deepEqual([comment, body?.trim(), sender], ['a remark: žluťoučký', 'the whole of it', 'sender@sender.test']);
    const [id] = await message.getIDsFromNames([{ guid: PSETID, id: 0x8101 }]);
    assert.equal(
      message.allProps().find(({ tag }) => id !== undefined && mapi.propId(tag) === mapi.propId(id))?.value,
      42,
    );
    await using table = await message.getAttachmentTable();
    await table.setColumns([mapi.PR_ATTACH_LONG_FILENAME]);
    const files = (await table.queryRows(10)).map((row) => mapi.propOf(row, mapi.PR_ATTACH_LONG_FILENAME));
    assert.deepEqual(files, ['plan.txt']);
  });

  test('a report goes without, and so does a message within', async () => {
    const report = await mailOf(await task([mapi.prop(mapi.PR_MESSAGE_CLASS, 'REPORT.IPM.Note.NDR')]));
    assert.doesNotMatch(report, /ms-tnef/i);
    const outer = await task();
    const { attach } = await outer.createAttach();
    await attach.setProps([mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG)]);
    const options = { create: true, modify: true } as const;
    await using inner = await attach.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IMessage', options);
    await inner.setProps([mapi.prop(mapi.PR_SUBJECT, 'inner')]);
    assert.equal((await mailOf(outer)).match(/application\/ms-tnef/g)?.length, 1);
  });

  test('a property that cannot be read stays out and is told', async () => {
    const message = await task();
    const getProps = message.getProps.bind(message) as (tags?: readonly mapi.PropTag[]) => Promise<never>;
    Object.assign(message, {
      getProps: async (tags?: readonly mapi.PropTag[]) => {
        const { props, ...rest } = (await getProps(tags)) as mapi.GetPropsResult<readonly mapi.PropTag[]>;
        const failing = props.map((one) =>
          one.tag === mapi.PR_COMMENT ? mapi.propError(one.tag, mapi.HRESULTS.MAPI_E_CALL_FAILED) : one,
        );
        return { ...rest, props: failing };
      },
    });
    const told: mapi.TnefProblem[] = [];
    const content = readTnef(streamIn(await mailOf(message, { ...RICH, tnef: (problem) => told.push(problem) })));
    assert.deepEqual(
      told.map(({ tag, code }) => [tag, code]),
      [[mapi.PR_COMMENT, 'MAPI_E_CALL_FAILED']],
    );
    assert.equal(tnefProp(content.props, mapi.PR_OWNER_APPT_ID), 77);
  });

  for (const tool of ['tnef', 'ytnef']) {
    test(`is read by ${tool}`, async (context) => {
      const run = promisify(execFile);
      const directory = await mkdtemp(join(tmpdir(), 'nodemapi-tnef-'));
      try {
        const file = join(directory, 'winmail.dat');
        await writeFile(file, streamIn(await mailOf(await task([mapi.prop(mapi.PR_HTML, utf8Encode('<p>rich</p>'))]))));
        const args =
          tool === 'tnef' ? ['--save-body=body', '-C', directory, '-f', file] : ['-F', '-f', directory, file];
        await run(tool, args);
        if (tool === 'tnef') assert.match(await readFile(join(directory, 'body.html'), 'utf8'), /rich/);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip(`${tool} is not installed`);
        throw error;
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  }
});

test('XP-047: of a TNEF that comes in, what does not travel is dropped and all else is stored', async () => {
  const values: readonly mapi.PropValue[] = [
    mapi.prop(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_SUBMIT),
    mapi.prop(mapi.PR_SENTMAIL_ENTRYID, Uint8Array.of(9)),
    mapi.prop(mapi.PR_ENTRYID, Uint8Array.of(8)),
    { tag: mapi.tagFromNumber(0x6700_001f), value: 'private' },
    mapi.prop(mapi.PR_OWNER_APPT_ID, 77),
    { tag: mapi.tagFromNumber(0x5ffe_001f), value: 'last of the range' },
    { tag: mapi.tagFromNumber(0x6801_001f), value: 'of the message class' },
  ];
  const stream = writeTnef({ key: 1, codePage: 1252, props: values, recipients: undefined, attachments: [] });
  const mail = [
    'Subject: outer',
    'MIME-Version: 1.0',
    'Content-Type: application/ms-tnef; name=winmail.dat',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(stream).toString('base64'),
    '',
  ].join('\r\n');
  const message = new MessageDouble();
  const before = new Map(message.allProps().map(({ tag, value }) => [tag, value]));
  await mimeToMapi(inPieces(utf8Encode(mail), 500), message);
  for (const { tag, value } of values) {
    const found = message.allProps().find((one) => one.tag === tag)?.value;
    assert.deepEqual(found, mapi.isTransmittable(tag) ? value : before.get(tag), tag.toString(16));
  }
});
