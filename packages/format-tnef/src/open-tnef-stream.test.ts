import assert from 'node:assert/strict';
import { type Guid, MapiError, nodeFileSystem, nullLog, systemClock, systemRandom, utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { getProp, MemoryStream, StandaloneSupport } from '@nodemapi/kit';
import * as mapi from '@nodemapi/mapi';
import { beforeEach, describe, test } from 'vitest';
import { tnefAttributes } from './attribute-scanner.ts';
import { openTnefStream, openTnefStreamEx } from './open-tnef-stream.ts';
import { attribute, longs, stream as tnefStream } from './tnef.testing.ts';
import { ATTRIBUTES, LVL_MESSAGE } from './tnef-attributes.ts';
import { type TnefContent, tnefProp } from './tnef-message.ts';
import { readTnef } from './tnef-reader.ts';

const PSETID = '00062008-0000-0000-c000-000000000046' as Guid;
const { prop } = mapi;

let support: StandaloneSupport;
let message: MessageDouble;
let stream: MemoryStream;

const host = {
  clock: systemClock,
  random: systemRandom,
  log: nullLog,
  files: nodeFileSystem,
  home: '',
  mapiVersion: mapi.CURRENT_SPI_VERSION,
};

beforeEach(() => {
  support = new StandaloneSupport({ kind: 'transport', host });
  message = new MessageDouble([
    prop(mapi.PR_SUBJECT, 'Grüße'),
    prop(mapi.PR_BODY, 'a*b*c'),
    prop(mapi.PR_IMPORTANCE, 2),
    prop(mapi.PR_HASATTACH, true),
  ]);
  stream = new MemoryStream();
});

function code(expected: mapi.MapiErrorCode): (error: unknown) => boolean {
  return (error) => MapiError.is(error, expected);
}

function encoder(options: Partial<Parameters<typeof openTnefStreamEx>[0]> = {}): mapi.ITnef {
  return openTnefStreamEx({ stream, message, mode: 'encode', streamName: 'WINMAIL.DAT', key: 40, support, ...options });
}

function decoder(bytes: Uint8Array, into: mapi.IMessage): mapi.ITnef {
  return openTnefStream(support, { stream: new MemoryStream(bytes), message: into, mode: 'decode' });
}

async function attach(name: string, props: readonly mapi.PropValue[], content = 'x'): Promise<number> {
  const { attachNum, attach: made } = await message.createAttach();
  await made.setProps([prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE), prop(mapi.PR_ATTACH_LONG_FILENAME, name)]);
  await made.setProps([prop(mapi.PR_ATTACH_DATA_BIN, utf8Encode(content))]);
  for (const { tag, value } of props) await made.setProps([prop(tag, value)]);
  return attachNum;
}

async function written(): Promise<TnefContent> {
  await stream.seek(0);
  return readTnef(await stream.read((await stream.stat()).size), { strict: true });
}

const ids = (props: readonly { readonly tag: number }[]): readonly number[] =>
  props.map(({ tag }) => tag >>> 16).sort();

describe('opening', () => {
  test('TNEF-006: a key of 0 is refused', () => {
    for (const key of [0, -1, 0x10000]) assert.throws(() => encoder({ key }), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('TNEF-026: encoding needs a name without brackets and colons, and a support object or an address book', () => {
    for (const streamName of ['', 'a[b', 'a]b', 'a:b', 'x'.repeat(261)]) {
      assert.throws(() => encoder({ streamName }), code('MAPI_E_INVALID_PARAMETER'));
    }
    const neither = { stream, message, mode: 'encode', streamName: 'A.DAT', key: 1 } as const;
    assert.throws(() => openTnefStreamEx(neither), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('TNEF-027: the last release of the object releases what it holds', async () => {
    const tnef = encoder();
    assert.equal(support.references, 2);
    await stream.release();
    assert.equal(stream.released, false);
    await tnef.release();
    assert.deepEqual([support.references, stream.released], [1, true]);
    await assert.rejects(tnef.finish(), code('MAPI_E_INVALID_OBJECT'));
  });
});

describe('encoding', () => {
  test('TNEF-024, TNEF-025: without a further choice the stream has the best of both forms, pure ones have blocks alone', async () => {
    const attributes: number[][] = [];
    for (const options of [{}, { pure: true }]) {
      stream = new MemoryStream();
      await using tnef = encoder(options);
      await tnef.addProps([mapi.PR_SUBJECT], { include: true });
      await tnef.finish();
      await stream.seek(0);
      const bytes = await stream.read((await stream.stat()).size);
      attributes.push([...tnefAttributes(bytes, assert.fail)].map(({ id }) => id));
    }
    const { attTnefVersion, attOemCodepage, attSubject, attMAPIProps } = ATTRIBUTES;
    assert.deepEqual(attributes, [
      [attTnefVersion, attOemCodepage, attSubject],
      [attTnefVersion, attOemCodepage, attMAPIProps],
    ]);
  });

  test('TNEF-028: what is added is looked at when it is finished, and cannot be added to a decoder', async () => {
    await using tnef = encoder();
    await tnef.addProps([mapi.PR_SUBJECT], { include: true });
    await message.setProps([prop(mapi.PR_SUBJECT, 'later')]);
    assert.equal((await stream.stat()).size, 0);
    await tnef.finish();
    assert.equal(tnefProp((await written()).props, mapi.PR_SUBJECT), 'later');
    await using other = decoder(tnefStream([]), message);
    await assert.rejects(other.addProps([mapi.PR_SUBJECT], { include: true }), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(other.setProps([]), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(other.finish(), code('MAPI_E_NO_SUPPORT'));
  });

  test('TNEF-029: properties are included by name, or all that travel are but those excluded', async () => {
    await using some = encoder();
    await some.addProps([mapi.PR_SUBJECT], { include: true });
    await some.finish();
    assert.deepEqual(ids((await written()).props), [mapi.propId(mapi.PR_SUBJECT)]);
    await stream.setSize(0);
    await stream.seek(0);
    await using rest = encoder();
    await rest.addProps([mapi.PR_SUBJECT], { exclude: true });
    await rest.finish();
    const found = ids((await written()).props);
    assert.ok(found.includes(mapi.propId(mapi.PR_IMPORTANCE)) && found.includes(mapi.propId(mapi.PR_BODY)));
    assert.ok(!found.includes(mapi.propId(mapi.PR_SUBJECT)) && !found.includes(mapi.propId(mapi.PR_HASATTACH)));
    await assert.rejects(rest.addProps([], {}), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(rest.addProps([], { include: true, exclude: true }), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('TNEF-029: lists can be for the message only, for attachments only, or for one of them', async () => {
    const [one, other] = [await attach('one', []), await attach('other', [])];
    await using tnef = encoder();
    await tnef.addProps([mapi.PR_SUBJECT], { include: true, messageOnly: true });
    await tnef.addProps([mapi.PR_MESSAGE_ATTACHMENTS, mapi.PR_ATTACH_METHOD], { include: true, attachmentsOnly: true });
    await tnef.addProps([mapi.PR_ATTACH_LONG_FILENAME], { include: true, contained: other });
    await tnef.finish();
    const { props, attachments } = await written();
    assert.deepEqual(ids(props), [mapi.propId(mapi.PR_SUBJECT)]);
    assert.deepEqual(
      attachments.map((each) => [
        tnefProp(each.props, mapi.PR_ATTACH_METHOD),
        tnefProp(each.props, mapi.PR_ATTACH_LONG_FILENAME),
      ]),
      [
        [1, undefined],
        [1, 'other'],
      ],
    );
    assert.equal(one, 0);
  });

  test('TNEF-030: a contained name is that of the transport, and a contained TNEF must be a stream', async () => {
    const [one, other] = [
      await attach('one', []),
      await attach('other', [prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG)]),
    ];
    await using tnef = encoder();
    await tnef.addProps([mapi.PR_ATTACH_METHOD], { include: true, contained: one, data: 'T-NAME' });
    const inner = tnefStream([attribute(LVL_MESSAGE, ATTRIBUTES.attSubject, utf8Encode('inner\0'))]);
    await assert.rejects(tnef.addProps([], { containedTnef: other, data: 'text' }), code('MAPI_E_INVALID_PARAMETER'));
    await tnef.addProps([], { containedTnef: other, data: new MemoryStream(inner) });
    await tnef.finish();
    const { attachments } = await written();
    assert.equal(tnefProp(attachments[0]?.props ?? [], mapi.PR_ATTACH_TRANSPORT_NAME), 'T-NAME');
    assert.equal(tnefProp(attachments[1]?.message?.props ?? [], mapi.PR_SUBJECT), 'inner');
  });

  test('TNEF-031: values that are set stand in the stream and not in the message', async () => {
    await using tnef = encoder();
    await tnef.addProps([mapi.PR_SUBJECT], { include: true });
    await tnef.setProps([prop(mapi.PR_SUBJECT, 'other'), prop(mapi.PR_SENSITIVITY, 3)]);
    await tnef.finish();
    const { props } = await written();
    assert.deepEqual([tnefProp(props, mapi.PR_SUBJECT), tnefProp(props, mapi.PR_SENSITIVITY)], ['other', 3]);
    assert.equal(await getProp(message, mapi.PR_SUBJECT), 'Grüße');
  });

  test('TNEF-032: recipients are encoded as a whole, or as the table is set up', async () => {
    const row = (name: string, type: number) => [prop(mapi.PR_DISPLAY_NAME, name), prop(mapi.PR_RECIPIENT_TYPE, type)];
    await message.modifyRecipients('add', [row('Ada', mapi.MAPI_TO), row('Bob', mapi.MAPI_CC)]);
    await using whole = encoder();
    await whole.encodeRecips(null);
    await whole.finish();
    assert.deepEqual(
      (await written()).recipients?.map((each) => tnefProp(each, mapi.PR_DISPLAY_NAME)),
      ['Ada', 'Bob'],
    );
    await stream.setSize(0);
    await stream.seek(0);
    await using some = encoder();
    const table = await message.getRecipientTable();
    await table.setColumns([mapi.PR_DISPLAY_NAME]);
    await table.seekRow('beginning', 1);
    await some.encodeRecips(table);
    await some.finish();
    assert.deepEqual((await written()).recipients, [[{ tag: mapi.PR_DISPLAY_NAME, value: 'Bob' }]]);
  });

  test('TNEF-033: finishing writes everything and leaves the stream behind it', async () => {
    await using tnef = encoder();
    await tnef.addProps([mapi.PR_IMPORTANCE], { include: true });
    const { key, problems } = await tnef.finish();
    assert.deepEqual([key, problems], [40, []]);
    const { size } = await stream.stat();
    assert.ok(size > 0);
    assert.equal(await stream.seek(0, 'current'), size);
    assert.equal((await written()).key, 40);
  });

  test('TNEF-034: a component is the message or one attachment, and needs its flag', async () => {
    const attachNum = await attach('part', []);
    await using plain = encoder();
    await assert.rejects(plain.finishComponent({ component: 'message' }), code('MAPI_E_NO_SUPPORT'));
    await using tnef = encoder({ componentEncoding: true });
    await assert.rejects(tnef.finishComponent({ component: 'message', attachNum }), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(tnef.finishComponent({ component: 'attachment' }), code('MAPI_E_INVALID_PARAMETER'));
    await tnef.finishComponent({ component: 'attachment', attachNum, tags: [mapi.PR_ATTACH_LONG_FILENAME] });
    await tnef.finishComponent({
      component: 'message',
      values: [prop(mapi.PR_SUBJECT, 'set')],
      tags: [mapi.PR_IMPORTANCE],
    });
    await tnef.finish();
    const { props, attachments } = await written();
    assert.deepEqual(ids(props), [mapi.propId(mapi.PR_IMPORTANCE), mapi.propId(mapi.PR_SUBJECT)].sort());
    assert.equal(tnefProp(attachments[0]?.props ?? [], mapi.PR_ATTACH_LONG_FILENAME), 'part');
  });

  test('TNEF-036, C-18: a property that cannot be read is a problem, and the others are encoded', async () => {
    const failing = new MessageDouble([prop(mapi.PR_SUBJECT, 'S'), prop(mapi.PR_IMPORTANCE, 1)]);
    const read = failing.getProps.bind(failing);
    // one property is there and cannot be had
    failing.getProps = (async (tags: readonly mapi.PropTag[]) => {
      const { props } = await read(tags);
      return mapi.getPropsResult(
        props.map((each) => (each.tag === mapi.PR_IMPORTANCE ? mapi.propError(each.tag, 0x8004_011b) : each)),
      );
    }) as typeof failing.getProps;
    await using tnef = encoder({ message: failing });
    await tnef.addProps([mapi.PR_MESSAGE_CLASS], { exclude: true });
    const { problems, warning } = await tnef.finish();
    assert.deepEqual(problems, [
      { component: 0, attribute: ATTRIBUTES.attMAPIProps, tag: mapi.PR_IMPORTANCE, code: 'MAPI_E_CORRUPT_DATA' },
    ]);
    assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
    assert.equal(tnefProp((await written()).props, mapi.PR_SUBJECT), 'S');
  });
});

describe('decoding', () => {
  /** A stream of everything that the message has. */
  async function encoded(): Promise<Uint8Array> {
    const [named] = await message.getIDsFromNames([{ guid: PSETID, name: 'Note' }], { create: true });
    await message.setProps([prop(mapi.changePropType(named as mapi.PropTag, mapi.PT_UNICODE), 'named')]);
    await message.modifyRecipients('add', [[prop(mapi.PR_DISPLAY_NAME, 'Ada'), prop(mapi.PR_RECIPIENT_TYPE, 1)]]);
    await attach('file.txt', [], 'content');
    await using tnef = encoder({ stream, message });
    await tnef.addProps([mapi.PR_BODY], { exclude: true });
    await tnef.encodeRecips(null);
    await tnef.finish();
    await stream.seek(0);
    return stream.read((await stream.stat()).size);
  }

  test('TNEF-035: properties go into the message at once, over those it has, as often as one asks', async () => {
    const target = new MessageDouble([prop(mapi.PR_SUBJECT, 'old')]);
    await using tnef = decoder(await encoded(), target);
    assert.deepEqual(await tnef.extractProps([mapi.PR_SUBJECT], { include: true }), { problems: [] });
    assert.deepEqual(
      [await getProp(target, mapi.PR_SUBJECT), await getProp(target, mapi.PR_IMPORTANCE)],
      ['Grüße', undefined],
    );
    await tnef.extractProps([mapi.PR_SUBJECT], { exclude: true });
    assert.equal(await getProp(target, mapi.PR_IMPORTANCE), 2);
    await tnef.extractProps([mapi.PR_SUBJECT, mapi.PR_MESSAGE_ATTACHMENTS], { include: true });
    assert.deepEqual(
      target.recipients.map((row) => mapi.propOf(row, mapi.PR_DISPLAY_NAME)),
      ['Ada'],
    );
    await using file = await target.openAttach(0);
    assert.deepEqual(await getProp(file, mapi.PR_ATTACH_DATA_BIN), utf8Encode('content'));
    await assert.rejects(target.openAttach(1), code('MAPI_E_NOT_FOUND'));
    await assert.rejects(tnef.extractProps([mapi.PR_SUBJECT], {}), code('MAPI_E_INVALID_PARAMETER'));
    await using other = encoder({ stream: new MemoryStream() });
    await assert.rejects(other.extractProps([], { exclude: true }), code('MAPI_E_NO_SUPPORT'));
  });

  test('TNEF-021: a named property gets the identifier that the receiver has for its name', async () => {
    const target = new MessageDouble();
    await target.getIDsFromNames(
      [
        { guid: PSETID, id: 1 },
        { guid: PSETID, id: 2 },
      ],
      { create: true },
    );
    await using tnef = decoder(await encoded(), target);
    await tnef.extractProps([mapi.PR_SUBJECT], { exclude: true });
    const [named] = await target.getIDsFromNames([{ guid: PSETID, name: 'Note' }]);
    assert.equal(mapi.propId(named as mapi.PropTag), 0x8002);
    assert.equal(await getProp(target, mapi.changePropType(named as mapi.PropTag, mapi.PT_UNICODE)), 'named');
  });

  test('TNEF-036, C-18: a property that cannot be set is a problem, and the others are there', async () => {
    const target = new MessageDouble();
    const set = target.setProps.bind(target);
    // one property is refused
    target.setProps = (async (values: readonly mapi.PropValue[]) => {
      await set(values.filter(({ tag }) => tag !== mapi.PR_SUBJECT) as never);
      return values.flatMap(({ tag }, index) =>
        tag === mapi.PR_SUBJECT ? [{ index, tag, code: 'MAPI_E_NO_ACCESS' as const }] : [],
      );
    }) as typeof target.setProps;
    await using tnef = decoder(await encoded(), target);
    const { problems, warning } = await tnef.extractProps([mapi.PR_SENSITIVITY], { exclude: true });
    assert.deepEqual(problems, [
      { component: 0, attribute: ATTRIBUTES.attMAPIProps, tag: mapi.PR_SUBJECT, code: 'MAPI_E_NO_ACCESS' },
    ]);
    assert.equal(warning, 'MAPI_W_ERRORS_RETURNED');
    assert.equal(await getProp(target, mapi.PR_IMPORTANCE), 2);
    await using file = await target.openAttach(0);
    assert.equal(await getProp(file, mapi.PR_ATTACH_LONG_FILENAME), 'file.txt');
  });

  test('TNEF-037: a corrupt block is one problem, and what comes behind it is read', async () => {
    const bytes = tnefStream([
      attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, longs(2, mapi.PR_IMPORTANCE, 2, 0x0037_0777)),
      attribute(LVL_MESSAGE, ATTRIBUTES.attSubject, utf8Encode('behind\0')),
    ]);
    const target = new MessageDouble();
    await using tnef = decoder(bytes, target);
    const { problems } = await tnef.extractProps([mapi.PR_BODY], { exclude: true });
    assert.deepEqual(problems, [
      { component: 0, attribute: ATTRIBUTES.attMAPIProps, tag: 0, code: 'MAPI_E_UNABLE_TO_COMPLETE' },
    ]);
    assert.deepEqual(
      [await getProp(target, mapi.PR_SUBJECT), await getProp(target, mapi.PR_IMPORTANCE)],
      ['behind', 2],
    );
  });

  test('TNEF-007: what is no TNEF stream is corrupt', async () => {
    await using tnef = decoder(systemRandom.bytes(3), message);
    await assert.rejects(tnef.extractProps([], { exclude: true }), code('MAPI_E_CORRUPT_DATA'));
  });
});

describe('tagged text', () => {
  const textOf = async (each: mapi.IStream): Promise<string> =>
    Buffer.from(await each.read(10_000)).toString('utf16le');

  test('TNEF-038, ATT-020: the character of each attachment is a tag, and the message stays as it is', async () => {
    await attach('second', [prop(mapi.PR_RENDERING_POSITION, 3)]);
    await attach('first', [prop(mapi.PR_RENDERING_POSITION, 1)]);
    await attach('nowhere', [prop(mapi.PR_RENDERING_POSITION, -1)]);
    await using tnef = encoder();
    await using body = await tnef.openTaggedBody(message);
    assert.equal(await textOf(body), 'a[[ first : 41 in WINMAIL.DAT ]]b[[ second : 40 in WINMAIL.DAT ]]c');
    assert.equal(await getProp(message, mapi.PR_BODY), 'a*b*c');
    await assert.rejects(body.write(utf8Encode('x')), code('MAPI_E_NO_ACCESS'));
  });

  test('TNEF-039, ATT-020: tags that are written are taken out, and set the places of the attachments', async () => {
    await attach('one', []);
    await attach('two', []);
    await using tnef = encoder();
    const body = await tnef.openTaggedBody(message, { modify: true, create: true });
    const tagged = 'x [[ two : 41 in winmail.dat ]]y[[ one : 40 in WINMAIL.DAT ]] [[ z : 42 in OTHER.DAT ]] [[ w';
    await body.write(new Uint8Array(Buffer.from(tagged, 'utf16le')));
    await body.commit();
    await body.release();
    assert.equal(await getProp(message, mapi.PR_BODY), 'x  y  [[ z : 42 in OTHER.DAT ]] [[ w');
    const positions = [];
    for (const number of [0, 1]) {
      await using each = await message.openAttach(number);
      positions.push(await getProp(each, mapi.PR_RENDERING_POSITION));
    }
    assert.deepEqual(positions, [4, 2]);
  });
});
