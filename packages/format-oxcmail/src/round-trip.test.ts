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
import { exported, imported, mail } from './convert.testing.ts';
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
}, 60_000);

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
}, 60_000);
