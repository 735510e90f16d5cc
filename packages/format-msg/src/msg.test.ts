import assert from 'node:assert/strict';
import { memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { openCompoundBytes, type StorageSource, streamOf, writeCompoundFile } from '@nodemapi/format-cfb';
import * as mapi from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { everything, fileBytes, fullMessage, readWhole, reopened, valuesOf } from './msg.testing.ts';
import { nestingDepthMax, openMsg } from './msg-reader.ts';
import { messageToMsg } from './msg-writer.ts';

/** What the writer adds. */
const ADDED = [mapi.PR_STORE_SUPPORT_MASK, mapi.PR_MESSAGE_CODEPAGE];

async function propsOf(message: MessageDouble): Promise<ReadonlyMap<number, unknown>> {
  return new Map(message.allProps().map(({ tag, value }) => [tag as number, value]));
}

describe('a .msg file that was written', () => {
  it.each([
    ['unicode', {}],
    ['windows-1252', { ansiCodePage: 1252 }],
  ] as const)('has every property, recipient and attachment of the message (%s)', async (form, options) => {
    const message = await fullMessage();
    if (form !== 'unicode') await message.setProps([mapi.prop(mapi.PR_SUBJECT, 'Grüße')]);
    const { message: read, diagnostics } = await reopened(message, options);
    const values = new Map(await valuesOf(read));
    const mask = values.get(mapi.PR_STORE_SUPPORT_MASK) as number;
    assert.equal((mask & mapi.STORE_UNICODE_OK) !== 0, form === 'unicode');
    for (const tag of ADDED) values.delete(tag);
    const expected = new Map(await propsOf(message));
    const byName = (names: readonly { id: number; name: mapi.MapiNameId }[]): readonly unknown[] =>
      names.map(({ id, name }) => [name, [...values].find(([tag]) => tag >>> 16 === id)?.[1]]);
    assert.deepEqual(byName(read.names), [
      [{ guid: '00062008-0000-0000-c000-000000000046', id: 0x8503 }, true],
      [{ guid: mapi.PS_PUBLIC_STRINGS, name: 'Keywords' }, ['red', 'blue']],
      [{ guid: '11111111-2222-3333-4444-555555555555', name: '__proto__' }, 'x'],
    ]);
    assert.deepEqual([...values].sort(), [...expected].sort());
    assert.deepEqual(
      (await read.recipients()).map((row) => [
        mapi.propOf(row, mapi.PR_EMAIL_ADDRESS),
        mapi.propOf(row, mapi.PR_RECIPIENT_TYPE),
      ]),
      [
        ['ada@example.com', mapi.MAPI_TO],
        ['bob@example.com', mapi.MAPI_CC],
      ],
    );
    const [file, reference, within] = await read.attachments();
    assert.deepEqual((await valuesOf(file as never)).get(mapi.PR_ATTACH_DATA_BIN), new Uint8Array(10_000).fill(7));
    assert.equal((await valuesOf(reference as never)).get(mapi.PR_ATTACH_METHOD), mapi.ATTACH_BY_REF_ONLY);
    const inner = await within?.message?.();
    assert.equal((await valuesOf(inner as never)).get(mapi.PR_SUBJECT), 'within');
    assert.equal((await inner?.recipients())?.length, 1);
    assert.deepEqual(diagnostics(), []);
  });

  it('does not read an attachment that is not asked for', async () => {
    const message = await fullMessage();
    const { attach } = await message.createAttach();
    const marked = new Uint8Array(9_000_000).fill(9);
    await attach.setProps([
      mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
      mapi.prop(mapi.PR_ATTACH_DATA_BIN, marked),
    ]);
    const bytes = await fileBytes(await messageToMsg(message));
    let read = 0;
    const memory = memoryRandomAccess(bytes);
    const counting: RandomAccess = {
      size: memory.size,
      read: async (offset, length) => {
        read += length;
        return memory.read(offset, length);
      },
    };
    const file = await openMsg(counting);
    await valuesOf(file.message);
    const large = (await file.message.attachments()).at(-1);
    assert.ok(read < 2_000_000, `${read} bytes were read`);
    const data = large?.props.find(({ tag }) => tag === mapi.PR_ATTACH_DATA_BIN);
    assert.equal(data?.size, marked.length);
    assert.deepEqual(await readWhole((await data?.open()) as RandomAccess), marked);
  });

  it('names what an 8-bit code page lacks, and an identifier that has no name; the rest is there', async () => {
    const message = new MessageDouble([
      mapi.prop(mapi.PR_SUBJECT, '挨拶'),
      mapi.prop(mapi.PR_BODY, 'plain'),
      mapi.prop(mapi.tag(0x9abc, mapi.PT_LONG), 1),
    ]);
    const output = await messageToMsg(message, { ansiCodePage: 1252 });
    assert.deepEqual(
      output.problems.map(({ code }) => code),
      ['MAPI_E_UNEXPECTED_ID', 'MAPI_E_BAD_CHARWIDTH'],
    );
    const { message: read } = await openMsg(memoryRandomAccess(await fileBytes(output)));
    assert.equal((await valuesOf(read)).get(mapi.PR_BODY), 'plain');
    const japanese = await reopened(new MessageDouble([mapi.prop(mapi.PR_SUBJECT, '挨拶')]), { ansiCodePage: 932 });
    assert.equal((await valuesOf(japanese.message)).get(mapi.PR_SUBJECT), '挨拶');
  });

  it('holds messages in messages up to the limit, and no deeper', async () => {
    const nest = async (depth: number): Promise<MessageDouble> => {
      const top = new MessageDouble([mapi.prop(mapi.PR_SUBJECT, '0')]);
      let message: mapi.IMessage = top;
      for (let level = 1; level <= depth; level++) {
        const { attach } = await message.createAttach();
        await attach.setProps([mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG)]);
        message = await attach.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
        await message.setProps([mapi.prop(mapi.PR_SUBJECT, String(level))]);
      }
      return top;
    };
    let found = (await reopened(await nest(nestingDepthMax))).message;
    for (let level = 1; level <= nestingDepthMax; level++) {
      const [attachment] = await found.attachments();
      assert.ok(attachment?.message !== undefined, `level ${level}`);
      found = await attachment.message();
      assert.equal((await valuesOf(found)).get(mapi.PR_SUBJECT), String(level));
    }
    const { problems } = await messageToMsg(await nest(nestingDepthMax + 1));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['MAPI_E_TOO_COMPLEX'],
    );
  });

  it('has the mapping of names by number and by hash', async () => {
    const bytes = await fileBytes(await messageToMsg(await fullMessage()));
    const storage = (await openCompoundBytes(bytes)).root.storage('__nameid_version1.0');
    const stream = async (name: string): Promise<string> => {
      const found = storage?.stream(`__substg1.0_${name}0102`);
      return found === undefined ? '' : Buffer.from(await found.open().read(0, found.size)).toString('hex');
    };
    assert.equal(await stream('0003'), '0385000006000000000000000500010014000000' + '09000200');
    // 0x8503 ^ (3 << 1) leaves 15 when divided by 31.
    assert.equal(0x1000 + ((0x8503 ^ 6) % 31), 0x100f);
    assert.equal(await stream('100F'), '0385000006000000');
  });
});

describe('OLE attachments', () => {
  it('are storages in the file, and files of their own in PR_ATTACH_DATA_BIN', async () => {
    const clsid = '00020906-0000-0000-c000-000000000046';
    const object: StorageSource = {
      kind: 'storage',
      name: '',
      clsid,
      entries: [
        streamOf('\u0001Ole10Native', new Uint8Array(7000).fill(3)),
        { kind: 'storage', name: 'ObjectPool', entries: [streamOf('x', Uint8Array.of(1))] },
      ],
    };
    const docfile = await fileBytes(writeCompoundFile(object));
    const message = new MessageDouble();
    const { attach } = await message.createAttach();
    await attach.setProps([
      mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_OLE),
      mapi.prop(mapi.PR_ATTACH_DATA_BIN, docfile),
    ]);
    const { message: read, diagnostics } = await reopened(message);
    const [attachment] = await read.attachments();
    assert.ok(attachment?.storage !== undefined);
    assert.deepEqual(
      attachment.storage.entries.map(({ name }) => name),
      ['ObjectPool', '\u0001Ole10Native'],
    );
    assert.equal(attachment.storage.clsid, clsid);
    assert.deepEqual((await valuesOf(attachment)).get(mapi.PR_ATTACH_DATA_BIN), docfile);
    assert.deepEqual(diagnostics(), []);
  });

  it('whose data is no storage are kept as they are', async () => {
    const message = new MessageDouble();
    const { attach } = await message.createAttach();
    const data = new TextEncoder().encode('no compound file');
    await attach.setProps([
      mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_OLE),
      mapi.prop(mapi.PR_ATTACH_DATA_BIN, data),
    ]);
    const [attachment] = await (await reopened(message)).message.attachments();
    assert.equal(attachment?.storage, undefined);
    assert.deepEqual((await valuesOf(attachment as never)).get(mapi.PR_ATTACH_DATA_BIN), data);
  });
});

describe('a .msg file of others', () => {
  const entry = (tag: number, ...value: number[]): Uint8Array => {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, tag, true);
    view.setUint32(4, 6, true);
    bytes.set(value, 8);
    return bytes;
  };
  const file = async (streams: StorageSource['entries'], ...entries: readonly Uint8Array[]) => {
    const props = Buffer.concat([new Uint8Array(32), ...entries]);
    const root: StorageSource = {
      kind: 'storage',
      name: '',
      entries: [streamOf('__properties_version1.0', props), ...streams],
    };
    return openMsg(memoryRandomAccess(await fileBytes(writeCompoundFile(root))));
  };
  const text = (tag: string, bytes: Uint8Array): StorageSource['entries'][number] =>
    streamOf(`__substg1.0_${tag}`, bytes);
  const utf16 = (value: string): Uint8Array => Buffer.from(value, 'utf16le');

  it('may end texts with zeros, leave streams of empty texts out, and not mention streams that are there', async () => {
    const { message, diagnostics } = await file(
      [text('0037001F', utf16('a\0')), text('1000001F', utf16('unlisted'))],
      entry(0x0037001f, 6),
      entry(0x0e04001f, 2),
    );
    const values = await valuesOf(message);
    assert.deepEqual(
      [values.get(mapi.PR_SUBJECT), values.get(mapi.PR_DISPLAY_TO), values.get(mapi.PR_BODY)],
      ['a', '', 'unlisted'],
    );
    const subject = message.props.find(({ tag }) => tag === mapi.PR_SUBJECT);
    assert.deepEqual(await readWhole((await subject?.open()) as RandomAccess), Uint8Array.from(utf16('a')));
    assert.deepEqual(
      diagnostics().map(({ code, loss }) => [code, loss]),
      [['unlistedValue', false]],
    );
  });

  it('loses what has no stream or no type, and says so', async () => {
    const { message, diagnostics } = await file([], entry(0x0037001f, 6), entry(0x00380033, 1), entry(0x00170003, 1));
    assert.deepEqual([...(await valuesOf(message))], [[mapi.PR_IMPORTANCE, 1]]);
    assert.deepEqual(
      diagnostics().map(({ code, loss }) => [code, loss]),
      [
        ['missingValue', true],
        ['unknownType', true],
      ],
    );
  });

  it('has 8-bit HTML as it is, and Unicode HTML in the code page of the message', async () => {
    const page = (cpid: number): Uint8Array => entry(0x3fde0003, cpid & 0xff, cpid >>> 8);
    const eightBit = await file([text('1013001E', Uint8Array.of(0x3c, 0xfc))], entry(0x1013001e, 3), page(1252));
    assert.deepEqual((await valuesOf(eightBit.message)).get(mapi.PR_HTML), Uint8Array.of(0x3c, 0xfc));
    const wide = await file([text('1013001F', utf16('ü挨'))], entry(0x1013001f, 6), page(1252));
    assert.deepEqual(
      (await valuesOf(wide.message)).get(mapi.PR_HTML),
      Uint8Array.from(Buffer.from('\xfc&#25384;', 'latin1')),
    );
  });

  it('is none if it is another compound file, or no compound file', async () => {
    const other = await fileBytes(
      writeCompoundFile({ kind: 'storage', name: '', entries: [streamOf('WordDocument', new Uint8Array(9))] }),
    );
    for (const bytes of [other, new Uint8Array(0), new TextEncoder().encode('From: ada@example.com\r\n\r\n')]) {
      await assert.rejects(openMsg(memoryRandomAccess(bytes)), { code: 'MAPI_E_CORRUPT_DATA' });
    }
  });

  it('gives what it has when looked at whole', async () => {
    const { message } = await reopened(await fullMessage());
    assert.equal((await everything(message)).length > 10, true);
  });
});
