import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fileTimeFromIso, MapiError, memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { type AttachmentToWrite, type MessageToWrite, PstWriter } from '@nodemapi/format-pst';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  MAPI_CC,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_BODY_HTML,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  PS_PUBLIC_STRINGS,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { openDumpFile } from './dump-file.ts';
import { type DumpMessage, dumpMessage } from './dump-message.ts';

const BYTES = new Uint8Array(200_000).map((_, at) => at & 0xff);

/** A file in memory, and what a dump of it shows. */
async function dumped(bytes: Uint8Array, recover = false) {
  const { format, file } = await openDumpFile(memoryRandomAccess(bytes), 'x.pst', { recover });
  await using opened = file;
  const folders: { path: string; folderType: number; messages: DumpMessage[]; associated: DumpMessage[] }[] = [];
  for await (const folder of opened.folders()) {
    const shown = {
      path: folder.path,
      folderType: folder.folderType,
      messages: [] as DumpMessage[],
      associated: [] as DumpMessage[],
    };
    for (const kind of ['messages', 'associated'] as const)
      for await (const message of folder[kind]()) {
        await using one = message;
        shown[kind].push(await dumpMessage(one));
      }
    folders.push(shown);
  }
  return { format, folders, diagnostics: opened.diagnostics() };
}

const plain = (subject: string, attachments: readonly AttachmentToWrite[] = []): MessageToWrite => ({
  values: [prop(PR_SUBJECT, subject), prop(PR_MESSAGE_CLASS, 'IPM.Note')],
  recipients: [],
  attachments: async function* () {
    yield* attachments;
  },
});

async function written(fill: (pst: PstWriter) => Promise<void>): Promise<Uint8Array> {
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  const sink = { write: async (offset: number, bytes: Uint8Array) => void parts.push({ offset, bytes }) };
  const pst = new PstWriter(sink, { displayName: 'Archive', random: seededRandom(3) });
  await fill(pst);
  await pst.finish();
  const result = new Uint8Array(Math.max(...parts.map(({ offset, bytes }) => offset + bytes.length)));
  for (const { offset, bytes } of parts) result.set(bytes, offset);
  return result;
}

test('a PST is shown with folders, messages, named properties, attachments and messages within', async () => {
  const bytes = await written(async (pst) => {
    const folder = pst.addFolder(pst.top, { name: 'A/B', containerClass: 'IPF.Note' });
    const named = pst.idOf({ guid: PS_PUBLIC_STRINGS, name: 'Colour' });
    const message = plain('RE: plan', [
      {
        values: [
          prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
          prop(PR_ATTACH_LONG_FILENAME, 'a.bin'),
          prop(PR_ATTACH_DATA_BIN, BYTES),
        ],
      },
      { values: [prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)], message: plain('inner') },
    ]);
    const recipient = [
      prop(PR_RECIPIENT_TYPE, MAPI_CC),
      prop(PR_DISPLAY_NAME, 'Ann'),
      prop(PR_ADDRTYPE, 'SMTP'),
      prop(PR_EMAIL_ADDRESS, 'ann@example.com'),
    ];
    await pst.addMessage(folder, {
      ...message,
      values: [
        ...message.values,
        prop(PR_SUBJECT_PREFIX, 'RE: '),
        prop(PR_BODY, 'Grüße'),
        prop(PR_BODY_HTML, '<p>Grüße</p>'),
        prop(PR_MESSAGE_DELIVERY_TIME, fileTimeFromIso('2026-11-22T20:00:00Z')),
        prop(tag(named, PT_UNICODE), 'blue'),
      ],
      recipients: [recipient],
    });
    await pst.addMessage(folder, plain('hidden'), 'associated');
  });
  const { format, folders, diagnostics } = await dumped(bytes);
  assert.equal(format, 'pst');
  assert.deepEqual(diagnostics, []);
  const top = 'Top of Personal Folders';
  assert.deepEqual(
    folders.map(({ path }) => path),
    ['', top, `${top}/Deleted Items`, `${top}/A\\/B`, 'Search Root'],
  );
  const shown = folders[3]?.messages[0];
  assert(shown);
  assert.deepEqual([shown.subject, shown.body], ['RE: plan', { text: 'Grüße', html: '<p>Grüße</p>' }]);
  assert.equal(shown.props?.PR_NORMALIZED_SUBJECT, 'plan');
  assert.equal(shown.props?.[`{${PS_PUBLIC_STRINGS}}:Colour`], 'blue');
  assert.equal(shown.deliveryTime, '2026-11-22T20:00:00.000Z');
  assert.match(shown.entryId ?? '', /^00000000[0-9a-f]{32}[0-9a-f]{8}$/);
  assert.deepEqual(shown.recipients, [{ type: 'cc', name: 'Ann', addrType: 'SMTP', address: 'ann@example.com' }]);
  const [file, message] = shown.attachments;
  assert.deepEqual(
    [file?.name, file?.size, file?.sha256],
    ['a.bin', BYTES.length, createHash('sha256').update(BYTES).digest('hex')],
  );
  assert.equal(message?.message?.subject, 'inner');
  assert.deepEqual(
    folders[3]?.associated.map(({ subject }) => subject),
    ['hidden'],
  );
});

test('what is damaged costs itself: a message has the rest, and the diagnostics say where', async () => {
  const bytes = await written(async (pst) => {
    const values = [prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, BYTES)];
    await pst.addMessage(pst.top, plain('one', [{ values }]));
    await pst.addMessage(pst.top, plain('two'));
  });
  // the list of the blocks of the large attachment, which is not encoded, is made to name others
  const at = Buffer.from(bytes).indexOf(Buffer.from([1, 1, 25, 0, 0x40, 0x0d, 3, 0]));
  assert(at > 0);
  bytes.fill(0x77, at + 8, at + 100);
  const { folders, diagnostics } = await dumped(bytes);
  const [one, two] = folders[1]?.messages ?? [];
  assert.deepEqual([one?.subject, two?.subject], ['one', 'two']);
  assert.deepEqual(
    one?.diagnostics.map(({ code }) => code),
    ['MAPI_E_CORRUPT_DATA'],
  );
  assert.equal(one?.attachments[0]?.sha256, null);
  assert(diagnostics.some(({ code, offset, loss }) => code === 'badBlock' && offset === at && loss));
});

test('a file whose header leads nowhere is searched; one that is nothing is refused', async () => {
  const bytes = await written(async (pst) => void (await pst.addMessage(pst.top, plain('one'))));
  new DataView(bytes.buffer).setUint32(224, 512, true); // where the tree of nodes begins
  const { folders, diagnostics } = await dumped(bytes);
  assert.equal(folders[1]?.messages[0]?.subject, 'one');
  assert(diagnostics.some(({ loss }) => loss));
  await assert.rejects(dumped(bytes.subarray(0, 1024)), (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'));
});
