import assert from 'node:assert/strict';
import { concatBytes, fileTimeFromIso, guidToBytes, MapiError, seededRandom, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ansi, attribute, longs, stream, words } from './tnef.testing.ts';
import { ATTRIBUTES, attributeChecksum, LVL_ATTACHMENT, LVL_MESSAGE } from './tnef-attributes.ts';
import { IID_IMessage, IID_IStorage, MAC_BINARY, type TnefMessage, tnefProp } from './tnef-message.ts';
import { getTnefStreamCodepage, readTnef } from './tnef-reader.ts';

const { PT_STRING8, PT_UNICODE, PT_BINARY, PT_LONG, PT_I2, PT_BOOLEAN, PT_MV_UNICODE, PT_MV_I2, PT_OBJECT } = mapi;
const message = (id: number, data: Uint8Array): Uint8Array => attribute(LVL_MESSAGE, id, data);
const attach = (id: number, data: Uint8Array): Uint8Array => attribute(LVL_ATTACHMENT, id, data);
const RENDDATA = attach(ATTRIBUTES.attAttachRenddata, Uint8Array.from([1, 0, 5, 0, 0, 0, 32, 0, 32, 0, 0, 0, 0, 0]));
const PSETID = '00062002-0000-0000-c000-000000000046' as Parameters<typeof guidToBytes>[0];

/** The value of one property in a stream of these attributes. */
function value<T>(tag: mapi.PropTag<T>, ...attributes: readonly Uint8Array[]): T | undefined {
  return tnefProp(readTnef(stream(attributes), { strict: true }).props, tag);
}

function corrupt(error: unknown): boolean {
  return MapiError.is(error, 'MAPI_E_CORRUPT_DATA');
}

function block(...props: readonly Uint8Array[]): Uint8Array {
  return message(ATTRIBUTES.attMAPIProps, concatBytes([longs(props.length), ...props]));
}

describe('the stream', () => {
  test('TNEF-001, TNEF-003: a stream is signature, key and attributes with level, identifier, length, data and checksum', () => {
    const bytes = Uint8Array.from([
      ...[0x78, 0x9f, 0x3e, 0x22, 0x34, 0x12],
      ...[1, 0x04, 0x80, 0x01, 0, 3, 0, 0, 0, 0x48, 0x69, 0, 0xb1, 0],
    ]);
    assert.deepEqual(readTnef(bytes, { strict: true }), {
      key: 0x1234,
      codePage: 1252,
      props: [{ tag: mapi.PR_SUBJECT, value: 'Hi' }],
      recipients: undefined,
      attachments: [],
      diagnostics: [],
    });
  });

  test('TNEF-003: the checksum is the sum of the bytes, wherever they lie', () => {
    const bytes = seededRandom(5).bytes(3000).fill(255, 100, 1500);
    for (let from = 0; from < 5; from++) {
      for (const to of [from, from + 1, from + 3, from + 7, 1500, 2999, 3000]) {
        const part = bytes.subarray(from, to);
        assert.equal(attributeChecksum(part), part.reduce((sum, byte) => sum + byte, 0) & 0xffff);
      }
    }
  });

  test('TNEF-002: lengths are 32 bits, little-endian, and count the zero of a text', () => {
    const long = 'x'.repeat(70_000);
    assert.equal(value(mapi.PR_BODY, message(ATTRIBUTES.attBody, ansi(long))), long);
    assert.equal(value(mapi.PR_SUBJECT, message(ATTRIBUTES.attSubject, ansi('a').subarray(0, 1))), 'a');
  });

  test('TNEF-004: the type stands in the high word of an identifier', () => {
    const types = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, id]) => [name, id >>> 16]));
    const { attFrom, attSubject, attBody, attDateSent, attPriority, attAidOwner, attMAPIProps, attMessageClass } =
      types;
    const all = [attFrom, attSubject, attBody, attDateSent, attPriority, attAidOwner, attMAPIProps, attMessageClass];
    assert.deepEqual([...all, types.attTnefVersion], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('TNEF-005: each attachment starts with attAttachRenddata, and version and class are optional', () => {
    const read = readTnef(
      stream([
        message(ATTRIBUTES.attTnefVersion, longs(0x10000)),
        RENDDATA,
        attach(ATTRIBUTES.attAttachTitle, ansi('a.txt')),
        attach(ATTRIBUTES.attAttachData, utf8Encode('A')),
        RENDDATA,
        attach(ATTRIBUTES.attAttachTitle, ansi('b.txt')),
      ]),
      { strict: true },
    );
    assert.deepEqual(
      read.attachments.map(({ props }) => [
        tnefProp(props, mapi.PR_ATTACH_FILENAME),
        tnefProp(props, mapi.PR_ATTACH_DATA_BIN),
      ]),
      [
        ['a.txt', utf8Encode('A')],
        ['b.txt', undefined],
      ],
    );
  });

  test('TNEF-006: a key of zero is no key', () => {
    assert.equal(readTnef(stream([], 9)).key, 9);
    assert.deepEqual(readTnef(stream([], 0)).diagnostics, [{ code: 'noKey', detail: 'the key is 0', offset: 4 }]);
  });

  test('TNEF-007: what does not begin with the signature is corrupt', () => {
    const wrong = stream([]);
    wrong[0] = 0x79;
    for (const bytes of [wrong, new Uint8Array(0), stream([]).subarray(0, 5)]) {
      assert.throws(() => readTnef(bytes), corrupt);
      assert.throws(() => getTnefStreamCodepage(bytes), corrupt);
    }
  });

  test('TNEF-008: the code page of a stream is that of attOemCodepage, else 437', () => {
    const named = stream([message(ATTRIBUTES.attOemCodepage, longs(1251, 3))]);
    assert.deepEqual(getTnefStreamCodepage(named), { codePage: 1251, subCodePage: 3 });
    assert.deepEqual(getTnefStreamCodepage(stream([])), { codePage: 437, subCodePage: 0 });
  });

  test('texts are in the code page of the stream, wherever it is named', () => {
    const late = stream([
      message(ATTRIBUTES.attSubject, Uint8Array.from([0xe4, 0])),
      message(ATTRIBUTES.attOemCodepage, longs(1251, 0)),
    ]);
    assert.equal(tnefProp(readTnef(late).props, mapi.PR_SUBJECT), 'д');
    assert.equal(value(mapi.PR_SUBJECT, message(ATTRIBUTES.attSubject, Uint8Array.from([0xe4, 0]))), 'ä');
  });
});

describe('attributes', () => {
  const DATE = words(2026, 11, 22, 20, 30, 59, 0);

  test('TNEF-009, TNEF-011: attributes stand for properties of the message', () => {
    const { props } = readTnef(
      stream([
        message(ATTRIBUTES.attMessageClass, ansi('IPM.Microsoft Schedule.MtgReq')),
        message(ATTRIBUTES.attOriginalMessageClass, ansi('IPM.X')),
        message(ATTRIBUTES.attSubject, ansi('S')),
        message(ATTRIBUTES.attBody, ansi('B')),
        message(ATTRIBUTES.attDateSent, DATE),
        message(ATTRIBUTES.attDateRecd, DATE),
        message(ATTRIBUTES.attDateModified, DATE),
        message(ATTRIBUTES.attDateStart, DATE),
        message(ATTRIBUTES.attDateEnd, DATE),
        message(ATTRIBUTES.attMessageID, ansi('00FF')),
        message(ATTRIBUTES.attAidOwner, longs(0xffff_fffe)),
        message(ATTRIBUTES.attRequestRes, words(1)),
      ]),
      { strict: true },
    );
    const time = fileTimeFromIso('2026-11-22T20:30:59Z');
    assert.deepEqual(
      props.map((each) => [each.tag, each.value]),
      [
        [mapi.PR_MESSAGE_CLASS, 'IPM.Schedule.Meeting.Request'],
        [mapi.PR_ORIG_MESSAGE_CLASS, 'IPM.X'],
        [mapi.PR_SUBJECT, 'S'],
        [mapi.PR_BODY, 'B'],
        [mapi.PR_CLIENT_SUBMIT_TIME, time],
        [mapi.PR_MESSAGE_DELIVERY_TIME, time],
        [mapi.PR_LAST_MODIFICATION_TIME, time],
        [mapi.PR_START_DATE, time],
        [mapi.PR_END_DATE, time],
        [mapi.PR_SEARCH_KEY, Uint8Array.from([0, 255])],
        [mapi.PR_OWNER_APPT_ID, -2],
        [mapi.PR_RESPONSE_REQUESTED, true],
      ],
    );
  });

  test('a date that does not exist is left out', () => {
    assert.equal(
      value(mapi.PR_CLIENT_SUBMIT_TIME, message(ATTRIBUTES.attDateSent, words(2026, 2, 30, 0, 0, 0, 0))),
      undefined,
    );
  });

  test('TNEF-010: attributes stand for properties of an attachment', () => {
    const [first] = readTnef(
      stream([
        RENDDATA,
        attach(ATTRIBUTES.attAttachTitle, ansi('ä.txt')),
        attach(ATTRIBUTES.attAttachTransportFilename, ansi('T')),
        attach(ATTRIBUTES.attAttachMetaFile, Uint8Array.from([1, 2])),
        attach(ATTRIBUTES.attAttachCreateDate, DATE),
        attach(ATTRIBUTES.attAttachModifyDate, DATE),
        attach(ATTRIBUTES.attAttachData, Uint8Array.from([3])),
        attach(ATTRIBUTES.attAttachment, longs(1, mapi.PR_ATTACH_METHOD, 1)),
      ]),
      { strict: true },
    ).attachments;
    const props = first?.props ?? [];
    const time = fileTimeFromIso('2026-11-22T20:30:59Z');
    assert.deepEqual(first?.rendData, { type: 1, position: 5, width: 32, height: 32, flags: 0 });
    assert.deepEqual(
      [
        mapi.PR_ATTACH_METHOD,
        mapi.PR_ATTACH_FILENAME,
        mapi.PR_ATTACH_TRANSPORT_NAME,
        mapi.PR_ATTACH_RENDERING,
        mapi.PR_CREATION_TIME,
        mapi.PR_LAST_MODIFICATION_TIME,
        mapi.PR_ATTACH_DATA_BIN,
      ].map((tag: mapi.PropTag<unknown>) => tnefProp(props, tag)),
      [1, 'ä.txt', 'T', Uint8Array.from([1, 2]), time, time, Uint8Array.from([3])],
    );
  });

  test('TNEF-012: attFrom is a TRP, a padded name and an address with its type', () => {
    const data = concatBytes([
      words(4, 8 + 6 + 12 + 8, 6, 12),
      ansi('Grüß'),
      new Uint8Array(1),
      ansi('SMTP:a@b.c'),
      new Uint8Array(9),
    ]);
    const { props } = readTnef(stream([message(ATTRIBUTES.attFrom, data)]), { strict: true });
    assert.deepEqual(props, [
      { tag: mapi.PR_SENDER_NAME, value: 'Grüß' },
      { tag: mapi.PR_SENDER_ADDRTYPE, value: 'SMTP' },
      { tag: mapi.PR_SENDER_EMAIL_ADDRESS, value: 'a@b.c' },
    ]);
  });

  test('TNEF-013: attOwner and attSentFor are a name and an address with their lengths', () => {
    const data = concatBytes([words(3), ansi('Me'), words(10), ansi('EX:/o=x/y')]);
    const { props } = readTnef(stream([message(ATTRIBUTES.attSentFor, data), message(ATTRIBUTES.attOwner, data)]), {
      strict: true,
    });
    assert.deepEqual(
      props.map((each) => each.value),
      ['Me', 'EX', '/o=x/y', 'Me', 'EX', '/o=x/y'],
    );
    assert.deepEqual(
      props.map((each) => each.tag).filter((_, index) => index % 3 === 0),
      [mapi.PR_SENT_REPRESENTING_NAME, mapi.PR_RCVD_REPRESENTING_NAME],
    );
  });

  test('TNEF-014: attMessageStatus has the flags, that of a change the other way round', () => {
    const flags = (status: number): number | undefined =>
      value(mapi.PR_MESSAGE_FLAGS, message(ATTRIBUTES.attMessageStatus, Uint8Array.from([status])));
    const { MSGFLAG_READ, MSGFLAG_UNMODIFIED, MSGFLAG_SUBMIT, MSGFLAG_HASATTACH, MSGFLAG_UNSENT } = mapi;
    assert.equal(flags(0), MSGFLAG_UNMODIFIED);
    assert.equal(flags(0x01), 0);
    assert.equal(flags(0x21), MSGFLAG_READ);
    assert.equal(flags(0x05), MSGFLAG_SUBMIT);
    assert.equal(flags(0x81), MSGFLAG_HASATTACH);
    assert.equal(flags(0x03), MSGFLAG_UNSENT);
  });

  test('TNEF-015, C-19: attPriority 3, 2, 1 are nonurgent, normal, urgent', () => {
    const priority = (number: number): number | undefined =>
      value(mapi.PR_PRIORITY, message(ATTRIBUTES.attPriority, words(number)));
    assert.deepEqual([3, 2, 1, 0, 4].map(priority), [-1, 0, 1, undefined, undefined]);
  });

  test('TNEF-016: attRecipTable is a count and as many rows of properties', () => {
    const row = (kind: number, name: string): Uint8Array =>
      longs(
        2,
        mapi.PR_RECIPIENT_TYPE,
        kind,
        mapi.changePropType(mapi.PR_DISPLAY_NAME, PT_STRING8),
        1,
        name.length + 1,
        ansi(name.padEnd(3, '\0')),
      );
    const { recipients } = readTnef(
      stream([message(ATTRIBUTES.attRecipTable, concatBytes([longs(2), row(1, 'Ada'), row(2, 'Bob')]))]),
      { strict: true },
    );
    assert.deepEqual(recipients, [
      [
        { tag: mapi.PR_RECIPIENT_TYPE, value: 1 },
        { tag: mapi.PR_DISPLAY_NAME, value: 'Ada' },
      ],
      [
        { tag: mapi.PR_RECIPIENT_TYPE, value: 2 },
        { tag: mapi.PR_DISPLAY_NAME, value: 'Bob' },
      ],
    ]);
  });

  test('TNEF-017: attConversationID and attParentID are keys in hexadecimal', () => {
    assert.deepEqual(
      value(mapi.PR_CONVERSATION_KEY, message(ATTRIBUTES.attConversationID, ansi('01aB'))),
      Uint8Array.from([1, 0xab]),
    );
    assert.deepEqual(value(mapi.PR_PARENT_KEY, message(ATTRIBUTES.attParentID, ansi(''))), new Uint8Array(0));
    const { diagnostics } = readTnef(stream([message(ATTRIBUTES.attParentID, ansi('xyz'))]));
    assert.equal(diagnostics[0]?.code, 'badAttribute');
  });

  test('TNEF-022: attAttachRenddata says whether the data are a MacBinary file', () => {
    const mac = attach(
      ATTRIBUTES.attAttachRenddata,
      Uint8Array.from([1, 0, 255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0]),
    );
    const [first] = readTnef(stream([mac]), { strict: true }).attachments;
    assert.deepEqual(first?.rendData, { type: 1, position: 0xffff_ffff, width: 0, height: 0, flags: MAC_BINARY });
  });

  test('the block of properties goes before the attributes', () => {
    const own = longs(mapi.PR_SUBJECT, 1, 4, Uint8Array.from([0xbb, 3, 0, 0]));
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const both = [message(ATTRIBUTES.attSubject, ansi('?')), block(own)];
      assert.equal(value(mapi.PR_SUBJECT, ...order.map((index) => both[index] as Uint8Array)), 'λ');
    }
  });
});

describe('the block of properties', () => {
  const props = (...list: readonly Uint8Array[]) => readTnef(stream([block(...list)]), { strict: true }).props;

  test('TNEF-018, TNEF-021: a named property has its name, by number or by text', () => {
    const numbered = longs(0x8000_0000 + PT_LONG, guidToBytes(PSETID), 0, 0x8208, 77);
    const textual = longs(
      0x8001_0000 + PT_LONG,
      guidToBytes(PSETID),
      1,
      6,
      Uint8Array.from([0x41, 0, 0xe4, 0, 0, 0, 9, 9]),
      78,
    );
    assert.deepEqual(props(numbered, textual), [
      { tag: 0x8000_0003, value: 77, name: { guid: PSETID, id: 0x8208 } },
      { tag: 0x8001_0003, value: 78, name: { guid: PSETID, name: 'Aä' } },
    ]);
  });

  test('TNEF-019: values of variable length have a count, a length and padding; short ones are padded', () => {
    assert.deepEqual(
      props(
        longs(0x0037_0000 + PT_STRING8, 1, 2, Uint8Array.from([0x61, 0, 0, 0])),
        longs(0x3701_0000 + PT_BINARY, 1, 5, Uint8Array.from([1, 2, 3, 4, 5, 0, 0, 0])),
        longs(0x3002_0000 + PT_I2, 0xffff),
        longs(0x3003_0000 + PT_BOOLEAN, 1),
        longs(0x3004_0000 + PT_MV_UNICODE, 2, 4, Uint8Array.from([0x62, 0, 0, 0]), 2, Uint8Array.from([0, 0, 0, 0])),
        longs(0x3005_0000 + PT_MV_I2, 2, 1, 2),
      ).map((each) => [each.tag, each.value]),
      [
        [0x0037_0000 + PT_UNICODE, 'a'],
        [0x3701_0000 + PT_BINARY, Uint8Array.from([1, 2, 3, 4, 5])],
        [0x3002_0000 + PT_I2, -1],
        [0x3003_0000 + PT_BOOLEAN, true],
        [0x3004_0000 + PT_MV_UNICODE, ['b', '']],
        [0x3005_0000 + PT_MV_I2, [1, 2]],
      ],
    );
  });

  test('TNEF-020: an object begins with the interface that its bytes are for', () => {
    const object = longs(mapi.PR_ATTACH_DATA_OBJ, 1, 17, guidToBytes(IID_IStorage), Uint8Array.from([9, 0, 0, 0]));
    const [first] = readTnef(stream([RENDDATA, attach(ATTRIBUTES.attAttachment, longs(1, object))]), {
      strict: true,
    }).attachments;
    assert.deepEqual(first?.props, [
      { tag: mapi.PR_ATTACH_DATA_OBJ, value: { iid: IID_IStorage, bytes: Uint8Array.from([9]) } },
    ]);
    assert.equal(mapi.propType(mapi.PR_ATTACH_DATA_OBJ), PT_OBJECT);
  });

  test('TNEF-020: a message in a message is a stream in a stream, to a depth', () => {
    const wrapped = (inner: Uint8Array): Uint8Array =>
      stream([
        RENDDATA,
        attach(
          ATTRIBUTES.attAttachment,
          longs(1, mapi.PR_ATTACH_DATA_OBJ, 1, 16 + inner.length, guidToBytes(IID_IMessage), inner),
        ),
      ]);
    let bytes = stream([message(ATTRIBUTES.attSubject, ansi('in'))]);
    for (let depth = 0; depth < 3; depth++) bytes = wrapped(bytes);
    const depthOf = (each: TnefMessage): string =>
      each.attachments[0]?.message === undefined
        ? `0 ${tnefProp(each.props, mapi.PR_SUBJECT)}`
        : `1${depthOf(each.attachments[0].message)}`;
    assert.equal(depthOf(readTnef(bytes, { strict: true })), '1110 in');
    const shallow = readTnef(bytes, { nestingDepthMax: 2 });
    assert.equal(depthOf(shallow), '10 undefined');
    assert.equal(shallow.diagnostics[0]?.code, 'nestedTooDeep');
  });
});
