/** Messages for the tests: made of doubles, written, and read to plain values. */
import { concatBytes, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import * as mapi from '@nodemapi/mapi';
import type { MsgMessage, MsgObject } from './msg-object.ts';
import { type MsgFile, openMsg } from './msg-reader.ts';
import { type MsgOutput, type MsgWriteOptions, messageToMsg } from './msg-writer.ts';

/** Bytes of a file that was planned. */
export async function fileBytes({ chunks }: Pick<MsgOutput, 'chunks'>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  return concatBytes(parts);
}

/** Writes a message and opens the file. */
export async function reopened(message: mapi.IMessage, options?: MsgWriteOptions): Promise<MsgFile> {
  const output = await messageToMsg(message, options);
  if (output.problems.length > 0) throw new Error(output.problems[0]?.detail);
  return openMsg(memoryRandomAccess(await fileBytes(output)));
}

/** Values by tag. */
export async function valuesOf(object: MsgObject): Promise<ReadonlyMap<number, unknown>> {
  const values = new Map<number, unknown>();
  for (const each of object.props) values.set(each.tag, await each.read());
  return values;
}

export async function readWhole(access: RandomAccess): Promise<Uint8Array> {
  return Uint8Array.from(await access.read(0, await access.size()));
}

/** Everything in a message that can be read, messages within it too; it is what fuzzing looks at. */
export async function everything(message: MsgMessage): Promise<readonly unknown[]> {
  const found: unknown[] = [message.names, await valuesOf(message)];
  for (const each of message.props) found.push(await (await each.open()).size());
  found.push(await message.recipients());
  for (const attachment of await message.attachments()) {
    found.push(await valuesOf(attachment));
    const { message: within, storage } = attachment;
    if (within !== undefined) found.push(await everything(await within()));
    if (storage !== undefined) found.push(storage.entries.map(({ name }) => name));
  }
  return found;
}

const PSETID = '00062008-0000-0000-c000-000000000046';

/** A message with a value of every type, named properties, recipients, and attachments of three methods. */
export async function fullMessage(): Promise<MessageDouble> {
  const message = new MessageDouble([
    mapi.prop(mapi.PR_SUBJECT, 'Grüße – 挨拶 😀'),
    mapi.prop(mapi.PR_BODY, 'At five.\r\n'),
    mapi.prop(mapi.PR_HTML, new TextEncoder().encode('<p>At five.</p>')),
    mapi.prop(mapi.PR_INTERNET_CPID, 65001),
    mapi.prop(mapi.PR_CLIENT_SUBMIT_TIME, 132_223_104_000_000_000n),
    mapi.prop(mapi.PR_IMPORTANCE, -1),
    mapi.prop(mapi.PR_READ_RECEIPT_REQUESTED, true),
    mapi.prop(mapi.PR_DISPLAY_BCC, ''),
    mapi.prop(mapi.tag(0x6801, mapi.PT_I2), -2),
    mapi.prop(mapi.tag(0x6802, mapi.PT_R4), 0.5),
    mapi.prop(mapi.tag(0x6803, mapi.PT_DOUBLE), Math.PI),
    mapi.prop(mapi.tag(0x6804, mapi.PT_CURRENCY), -12_345n),
    mapi.prop(mapi.tag(0x6805, mapi.PT_APPTIME), 43_831.5),
    mapi.prop(mapi.tag(0x6806, mapi.PT_I8), -(2n ** 62n)),
    mapi.prop(mapi.tag(0x6807, mapi.PT_CLSID), PSETID),
    mapi.prop(mapi.tag(0x6808, mapi.PT_MV_I2), [1, -1]),
    mapi.prop(mapi.tag(0x6809, mapi.PT_MV_LONG), [1, -1, 70_000]),
    mapi.prop(mapi.tag(0x680a, mapi.PT_MV_R4), [1.5]),
    mapi.prop(mapi.tag(0x680b, mapi.PT_MV_DOUBLE), [1.25, -3]),
    mapi.prop(mapi.tag(0x680c, mapi.PT_MV_CURRENCY), [5n]),
    mapi.prop(mapi.tag(0x680d, mapi.PT_MV_APPTIME), [2.5]),
    mapi.prop(mapi.tag(0x680e, mapi.PT_MV_I8), [1n, -1n]),
    mapi.prop(mapi.tag(0x680f, mapi.PT_MV_SYSTIME), [1n, 2n]),
    mapi.prop(mapi.tag(0x6810, mapi.PT_MV_CLSID), [PSETID, mapi.PS_PUBLIC_STRINGS]),
    mapi.prop(mapi.tag(0x6811, mapi.PT_MV_UNICODE), ['one', '', 'drei']),
    mapi.prop(mapi.tag(0x6812, mapi.PT_MV_BINARY), [Uint8Array.of(1, 2), new Uint8Array(0), new Uint8Array(5000)]),
  ]);
  const names = [
    { guid: PSETID, id: 0x8503 },
    { guid: mapi.PS_PUBLIC_STRINGS, name: 'Keywords' },
    { guid: '11111111-2222-3333-4444-555555555555', name: '__proto__' },
  ];
  const [flag, keywords, own] = await message.getIDsFromNames(names, { create: true });
  const named = (tag: number | undefined, type: number): mapi.PropTag => mapi.tagFromNumber((tag ?? 0) + type);
  await message.setProps([
    { tag: named(flag, mapi.PT_BOOLEAN), value: true },
    { tag: named(keywords, mapi.PT_MV_UNICODE), value: ['red', 'blue'] },
    { tag: named(own, mapi.PT_UNICODE), value: 'x' },
  ] as never); // the tags are made at run time, so the compiler does not know their types
  await message.modifyRecipients('replace', [recipient('Ada', mapi.MAPI_TO), recipient('Bob', mapi.MAPI_CC)]);
  await attach(message, [
    mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
    mapi.prop(mapi.PR_ATTACH_LONG_FILENAME, '../../etc/passwd'),
    mapi.prop(mapi.PR_ATTACH_DATA_BIN, new Uint8Array(10_000).fill(7)),
  ]);
  await attach(message, [
    mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_REF_ONLY),
    mapi.prop(mapi.PR_ATTACH_LONG_PATHNAME, '\\\\server\\share\\plan.txt'),
  ]);
  const within = await attach(message, [mapi.prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG)]);
  const inner = await within.openProperty(mapi.PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
  await inner.setProps([mapi.prop(mapi.PR_SUBJECT, 'within')]);
  await inner.modifyRecipients('replace', [recipient('Eve', mapi.MAPI_BCC)]);
  return message;
}

function recipient(name: string, kind: number): readonly mapi.PropValue[] {
  return [
    mapi.prop(mapi.PR_DISPLAY_NAME, name),
    mapi.prop(mapi.PR_ADDRTYPE, 'SMTP'),
    mapi.prop(mapi.PR_EMAIL_ADDRESS, `${name.toLowerCase()}@example.com`),
    mapi.prop(mapi.PR_RECIPIENT_TYPE, kind),
  ];
}

async function attach(message: MessageDouble, values: readonly mapi.PropValue[]): Promise<mapi.IAttach> {
  const { attach: made } = await message.createAttach();
  await made.setProps(values as never); // a list made at run time
  return made;
}
