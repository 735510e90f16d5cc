import assert from 'node:assert/strict';
import { fileTimeFromIso, MapiError, seededRandom } from '@nodemapi/base';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  MAPI_TO,
  PidLidAddressBookProviderEmailList,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_FILENAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_CONTENT_COUNT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  PS_PUBLIC_STRINGS,
  PT_MV_UNICODE,
  PT_STRING8,
  PT_UNICODE,
  prop,
  propOf,
  tag,
} from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { compose, type NodeToWrite, tableNode } from './compose.testing.ts';
import { MemoryWrite } from './memory-write.testing.ts';
import { NID_TYPES, siblingNid } from './node.ts';
import { checkPst } from './pst-check.ts';
import { PstFile } from './pst-file.ts';
import { PstWriter } from './pst-writer.ts';
import type { AttachmentToWrite, MessageToWrite } from './to-write.ts';

const LONG = 'Schöne Grüße. '.repeat(30_000);

function message(subject: string, values: readonly PropValue[] = [], attachments: readonly AttachmentToWrite[] = []) {
  return {
    values: [
      prop(PR_SUBJECT, subject),
      prop(PR_MESSAGE_CLASS, 'IPM.Note'),
      prop(PR_MESSAGE_FLAGS, 1),
      prop(PR_MESSAGE_DELIVERY_TIME, fileTimeFromIso('2026-11-22T20:00:00Z')),
      ...values,
    ],
    recipients: [
      [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, 'Ann'), prop(PR_EMAIL_ADDRESS, 'ann@example.com')],
    ],
    attachments: async function* () {
      yield* attachments;
    },
  } satisfies MessageToWrite;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function writer(): { sink: MemoryWrite; pst: PstWriter; lost: string[] } {
  const sink = new MemoryWrite();
  const lost: string[] = [];
  const note = (lostTag: PropTag): void => void lost.push(lostTag.toString(16));
  return { sink, lost, pst: new PstWriter(sink, { displayName: 'Archive', random: seededRandom(1), lost: note }) };
}

async function sound(sink: MemoryWrite): Promise<PstFile> {
  const { problems } = await checkPst(sink.source());
  assert.deepEqual(problems, []);
  return PstFile.open(sink.source());
}

async function wholeOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

describe('PstWriter', () => {
  it('writes an empty file that has all that a PST must have', async () => {
    const { sink, pst } = writer();
    await pst.finish();
    const file = await sound(sink);
    const paths: string[] = [];
    for await (const { path } of file.folders()) paths.push(path.join('/'));
    const top = 'Top of Personal Folders';
    assert.deepEqual(paths, ['', top, `${top}/Deleted Items`, 'Search Root']);
    assert.equal(await file.store?.value(PR_DISPLAY_NAME), 'Archive');
    assert.equal(await file.ipmSubtreeNid(), pst.top.nid);
    assert.equal(sink.bytes().length, 271_360);
  });

  it('writes messages with values of any length, and gives back what it was given', async () => {
    const { sink, pst } = writer();
    const inbox = pst.addFolder(pst.top, { name: 'Inbox', containerClass: 'IPF.Note' });
    const values = [
      prop(PR_BODY, LONG),
      prop(PR_SUBJECT_PREFIX, 'RE: '),
      prop(tag(0x6a00, PT_MV_UNICODE), ['a', 'bé']),
    ];
    const nid = await pst.addMessage(inbox, message('RE: plan', values));
    await pst.finish();
    const file = await sound(sink);
    const read = await file.message(nid);
    const found = await read.values();
    for (const { tag, value } of message('RE: plan', values).values)
      assert.deepEqual(propOf<unknown>(found, tag), value);
    const rows: unknown[] = [];
    for await (const row of read.recipients()) rows.push(propOf(row, PR_EMAIL_ADDRESS));
    assert.deepEqual(rows, ['ann@example.com']);
    assert.equal(await (await file.folder(inbox.nid)).value(PR_CONTENT_COUNT), 1);
  });

  it('writes attachments of every kind as they stream by', async () => {
    const { sink, pst } = writer();
    const bytes = new Uint8Array(10_000_000).map((_, at) => (at * 31) & 0xff);
    const attach = (name: string, method: number): PropValue[] => [
      prop(PR_ATTACH_FILENAME, name),
      prop(PR_ATTACH_METHOD, method),
    ];
    const nid = await pst.addMessage(
      pst.top,
      message(
        'files',
        [],
        [
          {
            values: attach('a.bin', ATTACH_BY_VALUE),
            streams: [{ tag: PR_ATTACH_DATA_BIN, chunks: () => pieces(bytes, 65_536) }],
          },
          { values: attach('b', ATTACH_EMBEDDED_MSG), message: message('inner', [prop(PR_BODY, LONG)]) },
          { values: attach('c', ATTACH_OLE), object: () => pieces(bytes.subarray(0, 9000), 100) },
        ],
      ),
    );
    await pst.finish();
    const file = await sound(sink);
    const read: [string | undefined, unknown][] = [];
    for await (const attachment of (await file.message(nid)).attachments()) {
      const embedded = await attachment.embedded();
      const content = embedded === undefined ? await wholeOf(attachment.data()) : await embedded.value(PR_BODY);
      read.push([await attachment.value(PR_ATTACH_FILENAME), content]);
    }
    assert.deepEqual(read, [
      ['a.bin', Buffer.from(bytes)],
      ['b', LONG],
      ['c', Buffer.from(bytes.subarray(0, 9000))],
    ]);
    assert.deepEqual(file.diagnostics, []);
  });

  it('writes folders with more messages than one block of any table holds', async () => {
    const { sink, pst } = writer();
    const folder = pst.addFolder(pst.top, { name: 'Many' });
    for (let index = 0; index < 3000; index++)
      await pst.addMessage(folder, message(`message ${index} ${'x'.repeat(index % 300)}`));
    await pst.finish();
    const file = await sound(sink);
    let count = 0;
    for await (const row of (await file.folder(folder.nid)).contents()) {
      const subject = propOf(await row.values(), PR_SUBJECT);
      assert.equal(subject, `message ${count} ${'x'.repeat(count % 300)}`.slice(0, 255));
      count += 1;
    }
    assert.equal(count, 3000);
  });

  it('gives each named property one identifier', async () => {
    const { sink, pst } = writer();
    const text = { guid: PS_PUBLIC_STRINGS, name: 'Colour' };
    const { guid, id } = PidLidAddressBookProviderEmailList;
    assert.equal(pst.idOf(text), 0x8002);
    assert.equal(pst.idOf({ guid, id }), 0x8003);
    assert.equal(pst.idOf(text), 0x8002);
    const nid = await pst.addMessage(pst.top, message('named', [prop(tag(0x8002, PT_UNICODE), 'blue')]));
    await pst.finish();
    const file = await sound(sink);
    assert.deepEqual([...file.namedProperties].slice(2), [
      [0x8002, text],
      [0x8003, { guid, id }],
    ]);
    assert.equal(await (await file.message(nid)).value(tag(0x8002, PT_UNICODE)), 'blue');
  });

  it('writes strings of code pages as Unicode, and names values that a PST cannot hold', async () => {
    const { sink, pst, lost } = writer();
    const odd = { tag: PR_ATTACH_DATA_OBJ, value: null };
    const nid = await pst.addMessage(pst.top, message('odd', [prop(tag(0x6a01, PT_STRING8), 'é'), odd]));
    await pst.finish();
    const file = await sound(sink);
    assert.equal(await (await file.message(nid)).value(tag(0x6a01, PT_UNICODE)), 'é');
    assert.deepEqual(lost, ['3701000d']);
  });

  it('writes each part of the file once, and the header last', async () => {
    const { sink, pst } = writer();
    for (let index = 0; index < 200; index++)
      await pst.addMessage(pst.top, message('large', [prop(PR_BODY, LONG.slice(0, 9000))]));
    assert(sink.writes.length > 5); // it did not wait for the end
    await pst.finish();
    const offsets = sink.writes.map(({ offset }) => offset);
    assert.equal(new Set(offsets).size, offsets.length);
    assert.equal(offsets.at(-1), 0);
    await sound(sink);
  });

  it('refuses messages that nest too deep', async () => {
    const { pst } = writer();
    let inner = message('innermost');
    for (let depth = 0; depth < 60; depth++) inner = message('outer', [], [{ values: [], message: inner }]);
    await assert.rejects(pst.addMessage(pst.top, inner), (error) => MapiError.is(error, 'MAPI_E_TOO_COMPLEX'));
  });
});

describe('checkPst', () => {
  it('finds a bit of an AMap, a count of references, a row, each where it was changed', async () => {
    const { sink, pst } = writer();
    await pst.addMessage(pst.top, message('one'));
    await pst.finish();
    const bytes = sink.bytes();
    const damaged = async (at: number): Promise<string> => {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      const copy = new MemoryWrite();
      await copy.write(0, changed);
      return (await checkPst(copy.source())).problems.map(({ message }) => message).join('\n');
    };
    assert.match(await damaged(0x4400 + 400), /the AMap says 16/);
    assert.match(await damaged(192), /dwCRCPartial/);
    assert.match(await damaged(0x4800), /checksum/);
    for (let at = 0x4800; at < bytes.length; at += 4801) {
      const isUsed = ((bytes[0x4400 + ((at - 0x4400) >>> 9)] as number) & (0x80 >>> (((at - 0x4400) >>> 6) & 7))) !== 0;
      if (isUsed && bytes[at] !== 0) assert.notEqual(await damaged(at), '', `a change at ${at} is not found`);
    }
  });

  it('finds blocks of rows that are not full, and blocks of a heap that stand in each other’s place', async () => {
    const rows = Array.from({ length: 3000 }, (_, at) => ({
      rowId: at * 32 + 4,
      values: [prop(PR_SUBJECT, `a longer subject ${at}`)],
    }));
    const table = tableNode('unicode', siblingNid(0x122, NID_TYPES.contentsTable), [PR_SUBJECT], rows);
    const [subnode] = table.subnodes ?? [];
    assert(subnode && table.blocks.length > 9 && subnode.blocks.length > 2);
    const problems = async (node: NodeToWrite): Promise<string> => {
      const { source } = compose([node], { fanOut: 15 });
      return (await checkPst(source)).problems.map(({ message }) => message).join('\n');
    };
    assert.doesNotMatch(await problems(table), /block of rows|heap block/);
    const [first, ...others] = subnode.blocks;
    const short = [(first as Uint8Array).subarray(0, 4000), ...others];
    assert.match(
      await problems({ ...table, subnodes: [{ ...subnode, blocks: short }] }),
      /not the last has 4000 bytes/,
    );
    const heap = [...table.blocks];
    heap.splice(7, 2, table.blocks[8] as Uint8Array, table.blocks[7] as Uint8Array);
    assert.match(await problems({ ...table, blocks: heap }), /heap block 7 has a header of 66 bytes/);
  });
});
