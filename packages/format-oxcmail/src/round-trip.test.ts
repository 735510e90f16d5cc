import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import {
  MAPI_BCC,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_FLAGS,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_HTML,
  PR_INTERNET_CPID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  propOf,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { test } from 'vitest';
import { recipientRow } from './address-props.ts';
import { exported, headerOf, imported, mail } from './convert.testing.ts';
import { type AttachState, type MessageState, newState } from './memory-message.testing.ts';

/** Text of a line: no control characters, nothing that reads as an encoded word, no blanks at the ends. */
const phrase = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) =>
  text
    .replaceAll(/\p{Cc}|=\?/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim(),
);
const body = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 8 })
  .map((lines) => lines.map((line) => line.replaceAll(/[\r\n]/g, '')).join('\r\n'));
const address = fc
  .tuple(phrase, fc.constantFrom('a@example.com', 'long.name+tag@sub.example.org', 'x_y@z.example'))
  .map(([name, email]) => ({ name, address: email }));
const file = fc.record({
  name: phrase.map((name) => `${name.replaceAll(/[/\\]/g, '') || 'file'}.bin`),
  data: fc.uint8Array({ maxLength: 5000 }),
  inline: fc.boolean(),
});

const messages = fc.record({
  subject: phrase,
  text: fc.option(body),
  html: fc.option(body),
  recipients: fc.array(fc.tuple(fc.constantFrom(1, 2, 3), address), { maxLength: 5 }),
  files: fc.array(file, { maxLength: 3 }),
});

function stateOf({
  subject,
  text,
  html,
  recipients,
  files,
}: typeof messages extends fc.Arbitrary<infer T> ? T : never): MessageState {
  const state = newState();
  state.props.set(PR_SUBJECT, subject);
  if (text !== null) state.props.set(PR_BODY, text);
  if (html !== null) {
    state.props.set(PR_HTML, new Uint8Array(Buffer.from(html, 'utf8')));
    state.props.set(PR_INTERNET_CPID, 65001);
  }
  state.recipients = recipients.map(([type, who]) => recipientRow(type, who));
  for (const [index, { name, data, inline }] of files.entries()) {
    const props = new Map<number, unknown>([
      [PR_ATTACH_METHOD, 1],
      [PR_ATTACH_LONG_FILENAME, name],
      [PR_ATTACH_MIME_TAG, 'application/octet-stream'],
      [PR_ATTACH_DATA_BIN, data],
    ]);
    if (inline) props.set(PR_ATTACH_CONTENT_ID, `cid${index}@x`).set(PR_ATTACH_FLAGS, 4);
    state.attachments.push({ props });
  }
  return state;
}

/** What a round trip keeps, in an order of its own. */
function keptOf(state: MessageState): unknown {
  const html = state.props.get(PR_HTML) as Uint8Array | undefined;
  const fileOf = ({ props }: AttachState): string =>
    [PR_ATTACH_LONG_FILENAME, PR_ATTACH_CONTENT_ID, PR_ATTACH_MIME_TAG]
      .map((tag) => String(props.get(tag)))
      .concat(Buffer.from(props.get(PR_ATTACH_DATA_BIN) as Uint8Array).toString('hex'))
      .join('\0');
  const visible = state.recipients.filter((row) => propOf(row, PR_RECIPIENT_TYPE) !== MAPI_BCC);
  return {
    subject: state.props.get(PR_SUBJECT),
    text: state.props.get(PR_BODY),
    html: html && Buffer.from(html).toString('utf8'),
    recipients: [1, 2].map((type) =>
      visible
        .filter((row) => propOf(row, PR_RECIPIENT_TYPE) === type)
        .map((row) => [propOf(row, PR_DISPLAY_NAME), propOf(row, PR_EMAIL_ADDRESS)]),
    ),
    files: state.attachments.map(fileOf).sort(),
  };
}

test('bodies, files and addresses survive the way to MIME and back, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(messages, fc.integer({ min: 1, max: 3000 }), async (given, size) => {
      const state = stateOf(given);
      const mime = await exported(state);
      const back = await imported(new Uint8Array(Buffer.from(mime, 'latin1')), {}, size);
      const empty = given.text === null && given.html === null && given.files.length === 0;
      if (empty) state.props.set(PR_BODY, '');
      assert.deepEqual(keptOf(back.state), keptOf(state));
      assert.deepEqual(back.diagnostics, []);
    }),
    { seed: 9, numRuns: 200 },
  );
});

const BOUNCE = `From: mailer@example.com
To: ann@example.com
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r

It did not arrive.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; bob@example.com
Action: failed
Status: 5.1.1
--r
Content-Type: text/rfc822-headers

Subject: the original
--r--
`;

/** The parts as they stand. */
function partsOf(mime: string): readonly string[] {
  return mime.split(/\r\n--=_\w+(?:--)?\r\n/).slice(1, -1);
}

test('a multipart/report stays one, and its parts are read without decoding', async () => {
  const { state } = await imported(BOUNCE);
  const mime = await exported(state);
  assert.match(headerOf(mime, 'Content-Type') ?? '', /^multipart\/report; report-type=delivery-status; boundary=/);
  assert.deepEqual(partsOf(mime), [
    'Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nIt did not arrive.',
    'Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 7bit\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; bob@example.com\r\nAction: failed\r\nStatus: 5.1.1',
    'Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: the original',
  ]);
  const again = await imported(mime);
  assert.deepEqual(keptOf(again.state), keptOf(state));
  state.attachments.splice(0, 1); // without its part for programs it gets one that its properties make
  assert.match(await exported(state), /^Reporting-MTA: x-mapi; nodemapi\r$/m);
});

test('what is not ASCII in a report is encoded, and read again', async () => {
  const { state } = await imported(BOUNCE.replace('Status: 5.1.1', 'Diagnostic-Code: smtp; 550 žádný'));
  const mime = await exported(state);
  assert.match(mime, /message\/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n/);
  assert.deepEqual(keptOf((await imported(mime)).state), keptOf(state));
});

const texts = (...parts: readonly string[]): string =>
  `Subject: s\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n${parts.map((part) => `--m\n${part}\n`).join('')}--m--\n`;

test('texts after the body stay inline texts, with a name only if they had one', async () => {
  const { state } = await imported(
    texts(
      'Content-Type: text/plain; charset=utf-8\nContent-Disposition: inline\n\nžluť',
      '\nthe list is at example.com',
      'Content-Type: text/csv\nContent-Disposition: inline; filename=a.csv\n\n1,2',
      'Content-Type: text/plain; name=ATT00009.txt\nContent-Disposition: inline\n\nnamed like that',
      'Content-Type: text/plain\nContent-Disposition: attachment\n\nno name',
    ),
  );
  const mime = await exported(state);
  assert.deepEqual(
    partsOf(mime)
      .slice(1)
      .map((part) => part.replaceAll('\r\n', '|')),
    [
      'Content-Type: text/plain; charset=utf-8|Content-Disposition: inline|Content-Transfer-Encoding: base64||xb5sdcWl|',
      'Content-Type: text/plain|Content-Disposition: inline|Content-Transfer-Encoding: 7bit||the list is at example.com',
      'Content-Type: text/csv; name=a.csv|Content-Disposition: inline; filename=a.csv|Content-Transfer-Encoding: 7bit||1,2',
      'Content-Type: text/plain; name=ATT00009.txt|Content-Disposition: attachment; filename=ATT00009.txt|Content-Transfer-Encoding: base64||bmFtZWQgbGlrZSB0aGF0|',
      'Content-Type: text/plain; name=ATT00005.txt|Content-Disposition: attachment; filename=ATT00005.txt|Content-Transfer-Encoding: base64||bm8gbmFtZQ==|',
    ],
  );
  assert.deepEqual(keptOf((await imported(mime)).state), keptOf(state));
  state.props.delete(PR_BODY); // an inline text would now be taken for the body
  const bodiless = await exported(state);
  assert.doesNotMatch(bodiless, /Disposition: inline/);
  assert.equal((await imported(bodiless)).get(PR_BODY), undefined);
});

test('a named text whose line ends are not CRLF, and one of wide characters, are kept byte for byte', async () => {
  const data = [Buffer.from('a\nb\n'), Buffer.from('a\nb', 'utf16le')];
  const parts = data.map(
    (bytes, index) =>
      `Content-Type: text/plain; charset=${['utf-8', 'utf-16le'][index]}\nContent-Disposition: inline; filename=f.txt\nContent-Transfer-Encoding: base64\n\n${bytes.toString('base64')}`,
  );
  const { state } = await imported(texts(...parts));
  const back = await imported(await exported(state));
  assert.deepEqual(
    back.state.attachments.map(({ props }) => Buffer.from(props.get(PR_ATTACH_DATA_BIN) as Uint8Array)),
    data,
  );
});

/** Something of everything, to be damaged. */
const SAMPLE = mail(`From: =?utf-8?Q?=C3=84nn?= <a@example.com>
To: Team: b@example.com, "C, D" <c@example.com>;
Date: Fri, 21 Nov 1997 09:55:06 -0600
Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<img src=3D"cid:p">=C3=A4
--r
Content-Type: image/png; name*=utf-8''p%20q.png
Content-ID: <p>
Content-Transfer-Encoding: base64

aGVsbG8=
--r--
--m
Content-Type: message/rfc822

Content-Type: multipart/signed; boundary=s

--s

text
--s--
--m--
`);

test('damaged mail ends in a message that can be written, or in a MapiError', async () => {
  const damage = fc.array(fc.tuple(fc.nat(SAMPLE.length - 1), fc.nat(255), fc.nat(30)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.integer({ min: 1, max: 300 }), async (places, size) => {
      let bytes = Buffer.from(SAMPLE);
      for (const [at, byte, cut] of places) {
        bytes = Buffer.concat([bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at + cut)]);
      }
      try {
        const { state } = await imported(new Uint8Array(bytes), {}, size);
        const mime = await exported(state);
        const own = mime.slice(0, mime.indexOf('MIME-Version: 1.0')); // behind it may stand what is kept whole
        assert.match(own.replaceAll(/\S*@\S*/g, ''), /^[\t\r\n\x20-\x7e]*$/); // addresses may be what they are
      } catch (error) {
        if (!MapiError.is(error)) throw error;
      }
    }),
    { seed: 11, numRuns: 400 },
  );
});
