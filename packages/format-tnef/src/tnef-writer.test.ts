import assert from 'node:assert/strict';
import { fileTimeFromIso, type Guid, seededRandom, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { tnefAttributes } from './attribute-scanner.ts';
import { ATTRIBUTES, attributeName } from './tnef-attributes.ts';
import { IID_IStorage, NO_POSITION, type TnefMessage, type TnefProp } from './tnef-message.ts';
import { readTnef } from './tnef-reader.ts';
import { SAMPLE } from './tnef-sample.testing.ts';
import { writeTnef } from './tnef-writer.ts';

const sorted = (props: readonly TnefProp[]): readonly TnefProp[] =>
  [...props].sort((one, other) => one.tag - other.tag);

/** Lists in the order of their tags: a stream has its attributes first. */
function comparable(message: TnefMessage): unknown {
  return {
    ...message,
    diagnostics: [],
    props: sorted(message.props),
    attachments: message.attachments.map((each) => ({
      ...each,
      props: sorted(each.props),
      ...(each.message === undefined ? {} : { message: comparable(each.message) }),
    })),
  };
}

const names = (bytes: Uint8Array): readonly string[] =>
  [...tnefAttributes(bytes, assert.fail)].map(({ id }) => attributeName(id));

describe('what is written', () => {
  test('is read as it was, with and without attributes for old readers', () => {
    for (const pure of [true, false]) {
      assert.deepEqual(comparable(readTnef(writeTnef(SAMPLE, { pure }), { strict: true })), comparable(SAMPLE));
    }
  });

  test('TNEF-005: the version comes first, the class before the rest, the attachments last', () => {
    const order = names(writeTnef(SAMPLE));
    assert.deepEqual(order.slice(0, 3), ['attTnefVersion', 'attOemCodepage', 'attMessageClass']);
    const firstAttachment = order.indexOf('attAttachRenddata');
    assert.ok(order.lastIndexOf('attMAPIProps') < firstAttachment);
    assert.ok(order.slice(firstAttachment).every((name) => name.startsWith('attAttach')));
  });

  test('TNEF-025: a pure stream has only blocks, places and recipients; the other has what attributes lose in both', () => {
    const pure = new Set(names(writeTnef(SAMPLE, { pure: true })));
    const allowed = [
      'attTnefVersion',
      'attOemCodepage',
      'attMAPIProps',
      'attAttachment',
      'attAttachRenddata',
      'attRecipTable',
    ];
    assert.deepEqual(
      [...pure].filter((name) => !allowed.includes(name)),
      [],
    );
    const inBlock = (props: readonly TnefProp[]): number => {
      const bytes = writeTnef({ key: 1, codePage: 1252, props, recipients: undefined, attachments: [] });
      const block = [...tnefAttributes(bytes, assert.fail)].find(({ id }) => id === ATTRIBUTES.attMAPIProps);
      return block?.data[0] ?? 0;
    };
    assert.equal(inBlock([{ tag: mapi.PR_SUBJECT, value: 'Grüße' }]), 0);
    assert.equal(inBlock([{ tag: mapi.PR_SUBJECT, value: 'λ' }]), 1);
    const second = fileTimeFromIso('2026-01-01T00:00:00Z');
    assert.equal(inBlock([{ tag: mapi.PR_CLIENT_SUBMIT_TIME, value: second }]), 0);
    assert.equal(inBlock([{ tag: mapi.PR_CLIENT_SUBMIT_TIME, value: second + 1n }]), 1);
  });

  test('TNEF-012, TNEF-013, TNEF-014, TNEF-015, TNEF-017: attributes alone give back what they can hold', () => {
    const props: readonly TnefProp[] = [
      { tag: mapi.PR_SENDER_NAME, value: 'Ada' },
      { tag: mapi.PR_SENDER_ADDRTYPE, value: 'SMTP' },
      { tag: mapi.PR_SENDER_EMAIL_ADDRESS, value: 'ada@example.com' },
      { tag: mapi.PR_SENT_REPRESENTING_NAME, value: 'Bö' },
      { tag: mapi.PR_SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
      { tag: mapi.PR_SENT_REPRESENTING_EMAIL_ADDRESS, value: 'b@example.com' },
      { tag: mapi.PR_MESSAGE_FLAGS, value: mapi.MSGFLAG_UNSENT | mapi.MSGFLAG_UNMODIFIED },
      { tag: mapi.PR_PRIORITY, value: -1 },
      { tag: mapi.PR_CONVERSATION_KEY, value: Uint8Array.from([1, 0xab]) },
    ];
    const bytes = writeTnef({ key: 1, codePage: 1252, props, recipients: undefined, attachments: [] });
    const kept = [...tnefAttributes(bytes, assert.fail)].filter(({ id }) => id !== ATTRIBUTES.attMAPIProps);
    const read = readTnef(rewritten(bytes, kept.length));
    assert.deepEqual(sorted(read.props), sorted(props));
  });

  test('a place and an object without one are written as they are', () => {
    const attachments = [
      {
        props: [
          { tag: mapi.PR_RENDERING_POSITION, value: 12 },
          { tag: mapi.PR_ATTACH_METHOD, value: mapi.ATTACH_BY_VALUE },
        ],
      },
      {
        props: [
          { tag: mapi.PR_ATTACH_METHOD, value: mapi.ATTACH_OLE },
          { tag: mapi.PR_ATTACH_DATA_OBJ, value: { iid: IID_IStorage as Guid, bytes: utf8Encode('x') } },
        ],
      },
    ];
    const read = readTnef(writeTnef({ key: 1, codePage: 1252, props: [], recipients: undefined, attachments }), {
      strict: true,
    });
    assert.deepEqual(
      read.attachments.map(({ rendData }) => [rendData?.type, rendData?.position]),
      [
        [1, 12],
        [2, NO_POSITION],
      ],
    );
  });

  test('lists of random bytes come back', () => {
    const random = seededRandom(3);
    for (let run = 0; run < 50; run++) {
      const value = Array.from({ length: random.uint32() % 5 }, () => random.bytes(random.uint32() % 9));
      const message = {
        key: 1,
        codePage: 1252,
        props: [{ tag: mapi.tag(0x6800, mapi.PT_MV_BINARY), value }],
        recipients: [],
        attachments: [],
      };
      assert.deepEqual(readTnef(writeTnef(message), { strict: true }).props, message.props);
    }
  });
});

/** The stream without its block, which comes last in a message without attachments. */
function rewritten(bytes: Uint8Array, attributes: number): Uint8Array {
  const all = [...tnefAttributes(bytes, assert.fail)];
  const last = all.filter(({ id }) => id !== ATTRIBUTES.attMAPIProps)[attributes - 1];
  return bytes.subarray(0, (last?.offset ?? 0) + (last?.data.length ?? 0) + 2);
}
