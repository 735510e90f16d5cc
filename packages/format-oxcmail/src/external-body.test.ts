import assert from 'node:assert/strict';
import * as mapi from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { exported, imported, propIn, text } from './convert.testing.ts';
import type { AttachState } from './memory-message.testing.ts';

const mailWith = (type: string, ...body: string[]): string =>
  [
    'Subject: elsewhere',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'text',
    '--b',
    `Content-Type: message/external-body; ${type}`,
    ...body,
    '--b--',
    '',
  ].join('\n');

/** The attachment that the part becomes. */
async function attachmentOf(mime: string, diagnostics: readonly string[] = []): Promise<AttachState> {
  const read = await imported(mime);
  assert.deepEqual(read.diagnostics, diagnostics);
  const [attachment, more] = read.state.attachments;
  assert.ok(attachment !== undefined && more === undefined);
  return attachment;
}

const dataOf = (attachment: AttachState): string => text(propIn(attachment, mapi.PR_ATTACH_DATA_BIN));

describe('a part whose content is elsewhere', () => {
  const URL = mailWith(
    'access-type=URL; name=paper.pdf;\n URL="https://example.com/paper.pdf"; expiration="1 Jan 2030"',
    'Content-Description: The paper',
    '',
    'Content-Type: application/pdf',
    'Content-ID: <paper@example.com>',
    '',
    'THIS IS NOT REALLY THE BODY!',
  );

  test('is kept whole, with the headers that say where', async () => {
    const attachment = await attachmentOf(URL);
    assert.equal(propIn(attachment, mapi.PR_ATTACH_LONG_FILENAME), 'paper.pdf.eml');
    const lines = dataOf(attachment).split('\r\n');
    assert.deepEqual(lines.slice(1, 4), [
      ' URL="https://example.com/paper.pdf"; expiration="1 Jan 2030"',
      'Content-Description: The paper',
      '',
    ]);
    assert.equal(lines.at(-1), 'THIS IS NOT REALLY THE BODY!');
  });

  test('comes out as it came in', async () => {
    const { state } = await imported(URL);
    const mime = await exported(state);
    const part = URL.slice(URL.indexOf('Content-Type: message'), URL.indexOf('\n--b--')).replaceAll('\n', '\r\n');
    assert.ok(mime.includes(`\r\n${part}\r\n`), mime);
  });

  test('on a server that is open to all is a shortcut, and comes out as such a part again', async () => {
    const ftp = mailWith(
      'access-type=Anon-FTP; site=ftp.example.com; directory="pub/r d"; name=read.me.txt; mode=image; size=7',
      '',
      'Content-Type: text/plain',
      '',
    );
    const attachment = await attachmentOf(ftp, ['externalBody']);
    assert.equal(
      dataOf(attachment),
      '[InternetShortcut]\r\nURL=ftp://ftp.example.com/pub/r%20d/read.me.txt;type=i\r\n',
    );
    assert.equal(propIn(attachment, mapi.PR_ATTACH_LONG_FILENAME), 'read.me.url');
    const mime = await exported((await imported(ftp)).state);
    const unfolded = mime.replaceAll(/\r\n[ \t]+/g, ' ');
    assert.ok(unfolded.includes('site=ftp.example.com; directory="pub/r d"; name=read.me.txt; mode=image\r\n'), mime);
  });

  test('is no shortcut where its site is none', async () => {
    for (const type of ['access-type=anon-ftp; site="a b"; name=x', 'access-type=anon-ftp; site=a', 'name=x'])
      assert.match(dataOf(await attachmentOf(mailWith(type, '', ''))), /^Content-Type: message\/external-body/);
    const lines = "access-type=anon-ftp; site=a; name*=utf-8''x%0D%0AURL=ftp://b/";
    assert.match(
      dataOf(await attachmentOf(mailWith(lines, '', ''))),
      /URL=ftp:\/\/a\/x%0D%0AURL%3Dftp%3A%2F%2Fb%2F\r\n$/,
    );
  });
});
