import assert from 'node:assert/strict';
import { concatBytes, MapiError, threadMs, utf8Encode } from '@nodemapi/base';
import { PR_ATTACH_DATA_BIN, PR_BODY, PR_IMPORTANCE, PR_MESSAGE_CLASS, PR_PRIORITY, PR_SUBJECT } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ansi, attribute, longs, stream } from './tnef.testing.ts';
import { ATTRIBUTES, LVL_ATTACHMENT, LVL_MESSAGE } from './tnef-attributes.ts';
import { tnefProp } from './tnef-message.ts';
import { readTnef } from './tnef-reader.ts';
import { writeTnef } from './tnef-writer.ts';

const SUBJECT = attribute(LVL_MESSAGE, ATTRIBUTES.attSubject, ansi('subject'));
const BODY = attribute(LVL_MESSAGE, ATTRIBUTES.attBody, ansi('body'));
const RENDDATA = attribute(LVL_ATTACHMENT, ATTRIBUTES.attAttachRenddata, new Uint8Array(14));
const DATA = attribute(LVL_ATTACHMENT, ATTRIBUTES.attAttachData, utf8Encode('0123456789'));

/** What is read in spite of the damage, and the diagnostics as `code offset`. */
function read(bytes: Uint8Array): {
  readonly texts: readonly (string | undefined)[];
  readonly problems: readonly string[];
} {
  const { props, diagnostics } = readTnef(bytes);
  assert.throws(
    () => readTnef(bytes, { strict: true }),
    (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'),
  );
  return {
    texts: [tnefProp(props, PR_SUBJECT), tnefProp(props, PR_BODY)],
    problems: diagnostics.map(({ code, offset }) => `${code} ${offset}`),
  };
}

describe('a damaged stream', () => {
  test('with a wrong checksum is read, and the checksum is reported', () => {
    const bytes = stream([attribute(LVL_MESSAGE, ATTRIBUTES.attSubject, ansi('subject'), 1), BODY]);
    assert.deepEqual(read(bytes), { texts: ['subject', 'body'], problems: ['badChecksum 23'] });
  });

  test('that is cut off has what is there of its last attribute', () => {
    const whole = stream([SUBJECT, RENDDATA, DATA]);
    const { attachments, diagnostics } = readTnef(whole.subarray(0, whole.length - 6));
    assert.deepEqual(tnefProp(attachments[0]?.props ?? [], PR_ATTACH_DATA_BIN), utf8Encode('012345'));
    assert.deepEqual(diagnostics, [{ code: 'cutOff', detail: 'attAttachData has 6 bytes of 10', offset: 50 }]);
  });

  test('with more attachments than anybody means keeps the first 5,000, and says so once', () => {
    const many = Array.from({ length: 5002 }, () => [RENDDATA, DATA]).flat();
    const { attachments, diagnostics, props } = readTnef(stream([...many, SUBJECT]));
    assert.equal(attachments.length, 5000);
    assert.deepEqual(
      diagnostics.map(({ code, detail }) => `${code}: ${detail}`),
      ['tooMany: a message has more than 5000 attachments'],
    );
    assert.equal(tnefProp(props, PR_SUBJECT), 'subject');
  });

  test('with bytes between its attributes goes on behind them', () => {
    const bytes = stream([SUBJECT, utf8Encode('rubbish'), BODY]);
    assert.deepEqual(read(bytes), { texts: ['subject', 'body'], problems: ['badAttribute 25'] });
  });

  test('with rubbish behind it says where it begins; zeros and line ends are none', () => {
    assert.deepEqual(read(stream([SUBJECT, BODY, utf8Encode('rubbish')])).problems, ['trailingBytes 41']);
    assert.deepEqual(readTnef(stream([SUBJECT, Uint8Array.from([13, 10, 0, 0])])).diagnostics, []);
  });

  test('with a length that leads out of it loses that attribute alone', () => {
    const lying = SUBJECT.slice();
    lying.set([0xff, 0xff, 0xff, 0x7f], 5);
    assert.deepEqual(read(stream([lying, BODY])), { texts: ['subject', 'body'], problems: ['badLength 6'] });
  });

  test('with an attribute of unknown kind steps over it', () => {
    const bytes = stream([SUBJECT, attribute(LVL_MESSAGE, 0x0006_7777, ansi('?')), BODY]);
    assert.deepEqual(read(bytes), { texts: ['subject', 'body'], problems: ['unknownAttribute 34'] });
  });

  test('TNEF-037: a bad property ends its block, not the stream', () => {
    const props = longs(3, PR_IMPORTANCE, 2, 0x0037_0777, 0, PR_PRIORITY, 1);
    const bytes = stream([attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, props), BODY]);
    assert.deepEqual(read(bytes), { texts: [undefined, 'body'], problems: ['badProperty 31'] });
    assert.equal(tnefProp(readTnef(bytes).props, PR_IMPORTANCE), 2);
  });

  test('with counts that lie is read as far as it goes', () => {
    for (const count of [4, 0x7fff_ffff, 0xffff_ffff]) {
      const data = longs(count, PR_IMPORTANCE, 2);
      const { props, diagnostics } = readTnef(stream([attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, data)]));
      assert.deepEqual([tnefProp(props, PR_IMPORTANCE), diagnostics[0]?.code], [2, 'badProperty']);
    }
    const rows = stream([attribute(LVL_MESSAGE, ATTRIBUTES.attRecipTable, longs(0xffff_ffff, 1, PR_IMPORTANCE, 2))]);
    assert.equal(readTnef(rows).recipients?.length, 1);
    const values = longs(1, 0x3001_101f, 0xffff_ffff, 0);
    const unknown = longs(1, 0x0037_7777, 0);
    assert.equal(readTnef(stream([attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, unknown)])).diagnostics.length, 1);
    assert.equal(readTnef(stream([attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, values)])).diagnostics.length, 1);
  });

  test('with values that count as none has empty ones of their types, which can be written', () => {
    const props = longs(3, 0x3701_000d, 0, 0x3702_0102, 0, 0x3703_001f, 0);
    const content = readTnef(stream([RENDDATA, attribute(LVL_ATTACHMENT, ATTRIBUTES.attAttachment, props)]));
    const again = readTnef(writeTnef(content), { strict: true });
    for (const { attachments } of [content, again]) {
      assert.deepEqual(
        attachments[0]?.props.map(({ value }) => value),
        [{ iid: '00000000-0000-0000-0000-000000000000', bytes: new Uint8Array(0) }, new Uint8Array(0), ''],
      );
    }
  });

  test('with an attachment that has no beginning keeps it', () => {
    const { attachments, diagnostics } = readTnef(stream([DATA]));
    assert.equal(attachments.length, 1);
    assert.equal(diagnostics[0]?.code, 'misplaced');
  });

  test('is read in time linear in its size, whatever is wrong with it', () => {
    const lying = SUBJECT.slice();
    lying.set([0xff, 0xff, 0xff, 0x7f], 5);
    const bytes = concatBytes([
      stream([]),
      ...Array.from({ length: 50_000 }, (_, at) => (at % 2 === 0 ? lying : BODY)),
    ]);
    const started = threadMs();
    assert.equal(readTnef(bytes).diagnostics.length, 1000);
    assert.ok(threadMs() - started < 5000);
  });

  test('with a name from a strange property changes nothing but its own list', () => {
    const name = Buffer.from('__proto__\0', 'utf16le');
    const prop = longs(0x8000_0003, new Uint8Array(16), 1, name.length, name, 5);
    const { props } = readTnef(stream([attribute(LVL_MESSAGE, ATTRIBUTES.attMAPIProps, longs(1, prop))]));
    assert.equal(props[0]?.name?.name, '__proto__');
    assert.equal(({} as Record<string, unknown>).guid, undefined);
  });

  test('with an unknown code page is read as windows-1252', () => {
    const bytes = stream([
      attribute(LVL_MESSAGE, ATTRIBUTES.attOemCodepage, longs(4711, 0)),
      attribute(LVL_MESSAGE, ATTRIBUTES.attMessageClass, Uint8Array.from([0xe4, 0])),
    ]);
    assert.deepEqual(read(bytes).problems, ['unknownCodePage 15']);
    assert.equal(tnefProp(readTnef(bytes).props, PR_MESSAGE_CLASS), 'ä');
  });
});
