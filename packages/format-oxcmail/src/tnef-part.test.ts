import assert from 'node:assert/strict';
import { type Guid, utf8Decode, utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { compressRtf, encapsulateHtml } from '@nodemapi/format-rtf';
import { type TnefProp, writeTnef } from '@nodemapi/format-tnef';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { inPieces, mail } from './convert.testing.ts';
import { mimeToMapi } from './mime-to-mapi.ts';
import { collectPart } from './tnef-part.ts';

const PSETID = '00062008-0000-0000-c000-000000000046' as Guid;
const RTF = { tag: mapi.PR_RTF_COMPRESSED, value: compressRtf(encapsulateHtml('<p>from RTF</p>')) };

function tnef(...props: readonly TnefProp[]): Uint8Array {
  const attachments = [
    {
      props: [
        { tag: mapi.PR_ATTACH_LONG_FILENAME, value: 'in.txt' },
        { tag: mapi.PR_ATTACH_DATA_BIN, value: utf8Encode('in') },
      ],
    },
  ];
  return writeTnef({
    key: 1,
    codePage: 1252,
    props,
    recipients: [[{ tag: mapi.PR_DISPLAY_NAME, value: 'X' }]],
    attachments,
  });
}

/** A mail with a text and a winmail.dat. */
function withTnef(stream: Uint8Array, type = 'application/ms-tnef', headers = ''): Uint8Array {
  return mail(`From: Ada <ada@example.com>
To: bob@example.com
Subject: outer
Message-ID: <1@example.com>
${headers}Content-Type: multipart/mixed; boundary=b

--b

native text
--b
Content-Type: ${type}; name="winmail.dat"
Content-Transfer-Encoding: base64

${Buffer.from(stream).toString('base64').replace(/.{76}/g, '$&\n')}
--b
Content-Type: text/plain
Content-Disposition: attachment; filename=other.txt

other
--b--
`);
}

interface Read {
  readonly message: MessageDouble;
  readonly codes: readonly string[];
  readonly files: readonly (string | undefined)[];
  get<T>(tag: mapi.PropTag<T>): Promise<T | undefined>;
}

async function read(source: Uint8Array): Promise<Read> {
  const message = new MessageDouble();
  const { diagnostics } = await mimeToMapi(inPieces(source, 100), message);
  await using table = await message.getAttachmentTable();
  await table.setColumns([mapi.PR_ATTACH_LONG_FILENAME]);
  const files = (await table.queryRows(10)).map((row) => mapi.propOf(row, mapi.PR_ATTACH_LONG_FILENAME));
  const get = async <T>(tag: mapi.PropTag<T>): Promise<T | undefined> =>
    (await message.getProps([tag])).values[0] as T | undefined;
  return { message, codes: diagnostics.map(({ code }) => code), files, get };
}

describe('a winmail.dat', () => {
  test('becomes the message that it holds, with its attachments beside the others', async () => {
    const stream = tnef(
      { tag: mapi.PR_MESSAGE_CLASS, value: 'IPM.Appointment' },
      { tag: mapi.PR_SUBJECT, value: 'inner' },
      { tag: mapi.PR_LOCATION, value: 'here' },
      { tag: mapi.tag(0x8001, mapi.PT_LONG), value: 5, name: { guid: PSETID, id: 0x8201 } },
    );
    const { message, codes, files, get } = await read(withTnef(stream));
    assert.deepEqual(codes, []);
    assert.deepEqual(files, ['in.txt', 'other.txt']);
    assert.deepEqual(
      [await get(mapi.PR_MESSAGE_CLASS), await get(mapi.PR_LOCATION), (await get(mapi.PR_BODY))?.trim()],
      ['IPM.Appointment', 'here', 'native text'],
    );
    const [named] = await message.getIDsFromNames([{ guid: PSETID, id: 0x8201 }]);
    assert.equal(await get(mapi.changePropType(named as mapi.PropTag, mapi.PT_LONG)), 5);
  });

  test('does not touch what the mail says of correspondents, subject and recipients', async () => {
    const stream = tnef({ tag: mapi.PR_SUBJECT, value: 'inner' }, { tag: mapi.PR_SENDER_NAME, value: 'Eve' });
    const { message, get } = await read(withTnef(stream));
    assert.deepEqual([await get(mapi.PR_SUBJECT), await get(mapi.PR_SENDER_NAME)], ['outer', 'Ada']);
    assert.deepEqual(
      message.recipients.map((row) => mapi.propOf(row, mapi.PR_EMAIL_ADDRESS)),
      ['bob@example.com'],
    );
  });

  test('gives its RTF as HTML too', async () => {
    const { get } = await read(withTnef(tnef(RTF)));
    assert.equal(utf8Decode((await get(mapi.PR_HTML)) ?? new Uint8Array(0)), '<p>from RTF</p>');
    assert.deepEqual([await get(mapi.PR_INTERNET_CPID), await get(mapi.PR_RTF_COMPRESSED)], [65001, RTF.value]);
    assert.equal((await get(mapi.PR_BODY))?.trim(), 'native text');
  });

  test('TNEF-043: belongs to the mail if its key is equal or missing on either side', async () => {
    const key = (text: string): TnefProp => ({ tag: mapi.PR_TNEF_CORRELATION_KEY, value: utf8Encode(`${text}\0`) });
    const location: TnefProp = { tag: mapi.PR_LOCATION, value: 'here' };
    const cases: readonly (readonly [Uint8Array, boolean])[] = [
      [withTnef(tnef(location, key('<1@example.com>'))), true],
      [withTnef(tnef(location)), true],
      [withTnef(tnef(location, key('<k@x>')), undefined, 'X-MS-TNEF-Correlator: <k@x>\n'), true],
      [mail(utf8Decode(withTnef(tnef(location, key('<k@x>')))).replace(/Message-ID:.*\r\n/, '')), true],
      [withTnef(tnef(location, key('<2@example.com>'))), false],
    ];
    for (const [source, belongs] of cases) {
      const { codes, files, get } = await read(source);
      assert.equal(await get(mapi.PR_LOCATION), belongs ? 'here' : undefined);
      assert.deepEqual(files, [belongs ? 'in.txt' : 'winmail.dat', 'other.txt']);
      assert.deepEqual(codes, belongs ? [] : ['foreignTnef']);
    }
  });

  test('that is none stays a file, whole', async () => {
    const bytes = utf8Encode('no TNEF at all');
    for (const type of ['application/ms-tnef', 'application/octet-stream']) {
      const { message, codes, files } = await read(withTnef(bytes, type));
      assert.deepEqual([codes, files], [['unreadableTnef'], ['winmail.dat', 'other.txt']]);
      await using file = await message.openAttach(0);
      assert.deepEqual((await file.getProps([mapi.PR_ATTACH_DATA_BIN])).values[0], bytes);
    }
  });

  test('that is damaged gives what can be read, and says so', async () => {
    const whole = tnef({ tag: mapi.PR_LOCATION, value: 'here' });
    const { codes, files, get } = await read(withTnef(whole.subarray(0, whole.length - 2)));
    assert.equal(await get(mapi.PR_LOCATION), 'here');
    assert.deepEqual(files, ['in.txt', 'other.txt']);
    assert.ok(codes.length > 0 && codes.every((code) => code === 'damagedTnef'));
  });

  test('that is too large to be held is read no further', async () => {
    let taken = 0;
    const pieces = async function* () {
      for (; ; taken++) yield new Uint8Array(10);
    };
    const { bytes, complete } = await collectPart(pieces(), 25);
    assert.deepEqual([bytes.length, complete, taken], [30, false, 2]);
  });
});
