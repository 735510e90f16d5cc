import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { MemoryStream } from '@nodemapi/kit';
import {
  ATTACH_EMBEDDED_MSG,
  type IMessage,
  type IMsgStore,
  MapiError,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACHMENT_CONTACTPHOTO,
  PR_ATTACHMENT_HIDDEN,
  PR_BODY,
  PR_COMPANY_NAME,
  PR_DISPLAY_NAME,
  PR_MESSAGE_CLASS,
  PR_SUBJECT,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { createConverterSession } from './converter-session.ts';
import { dumpMessage } from './dump-message.ts';
import { scratchStore } from './dump-scratch.ts';
import { exportMime, importMime } from './mime.ts';
import { openSpecialFolder } from './stores.ts';
import { exportVcf, splitVcf } from './vcf.ts';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const CARD = [
  'BEGIN:VCARD',
  'VERSION:3.0',
  'FN:Jane Doe',
  'N:Doe;Jane;;;',
  'ORG:Acme',
  `PHOTO;ENCODING=b;TYPE=JPEG:${JPEG.toString('base64')}`,
  `NOTE:${'long '.repeat(8000)}`,
  'X-OWN;TYPE=a:kept',
  'END:VCARD',
  '',
].join('\r\n');

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield utf8Encode(text);
}

async function bytesOf(mime: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of mime) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function withMessage<T>(run: (message: IMessage, store: IMsgStore) => Promise<T>): Promise<T> {
  const { store, release } = scratchStore();
  try {
    await using inbox = await openSpecialFolder(store, 'inbox');
    await using message = await inbox.createMessage();
    return await run(message, store);
  } finally {
    await release();
  }
}

async function fill(message: IMessage, text: string): Promise<void> {
  for await (const card of splitVcf(chunks(text))) assert.deepEqual(await card.fill(message), []);
}

/** The vCard of the only attached contact in a mail. */
async function attachedContact(message: IMessage): Promise<string> {
  const { attachments } = await dumpMessage(message);
  assert.deepEqual(
    attachments.map(({ method, message: inner }) => [method, inner?.messageClass]),
    [[ATTACH_EMBEDDED_MSG, 'IPM.Contact']],
  );
  await using attach = await message.openAttach(0);
  await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
  return (await exportVcf(inner)).text;
}

const MAIL = [
  'From: a@x',
  'Subject: card',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'see',
  '--b',
  'Content-Type: text/x-vcard; charset=iso-8859-1; name=jane.vcf',
  'Content-Disposition: attachment; filename=jane.vcf',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'BEGIN:VCARD',
  'VERSION:2.1',
  'FN:Jane D=F6e',
  'X-OWN:kept',
  'END:VCARD',
  '--b--',
  '',
].join('\r\n');

describe('vCards and contacts of a store', () => {
  test('a card becomes a contact with its picture and a note of any length, and the card again', async () => {
    await withMessage(async (message) => {
      await fill(message, CARD);
      await message.saveChanges({ keepOpenReadWrite: true });
      const { values } = await message.getProps([PR_MESSAGE_CLASS, PR_DISPLAY_NAME, PR_SUBJECT, PR_COMPANY_NAME]);
      assert.deepEqual(values, ['IPM.Contact', 'Jane Doe', 'Jane Doe', 'Acme']);
      await using photo = await message.openAttach(0);
      const { values: facts } = await photo.getProps([PR_ATTACHMENT_CONTACTPHOTO, PR_ATTACHMENT_HIDDEN]);
      assert.deepEqual(facts, [true, true]);
      const { text, problems } = await exportVcf(message);
      assert.deepEqual(problems, []);
      const unfolded = text.replaceAll('\r\n ', '').split('\r\n');
      for (const line of CARD.split('\r\n')) assert.ok(unfolded.includes(line.trimEnd()), line.slice(0, 50));
    });
  });

  test('pictures and texts that are too large for getProps go out again', async () => {
    const picture = Buffer.alloc(200_000, 7).toString('base64');
    const lines = ['FN:x', `X-MS-CARDPICTURE;ENCODING=b:${picture}`, `TITLE:${'t'.repeat(50_000)}`];
    await withMessage(async (message) => {
      await fill(message, ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n'));
      const { text, problems } = await exportVcf(message);
      assert.deepEqual(problems, []);
      const unfolded = text.replaceAll('\r\n ', '');
      assert.ok(unfolded.includes(`TITLE:${'t'.repeat(50_000)}\r\n`), 'the title is there');
      assert.ok(unfolded.includes(`:${picture}\r\n`), 'the picture is there');
    });
  });

  test('a card without any name is a contact, too', async () => {
    await withMessage(async (message) => {
      await fill(message, 'BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:123\r\nEND:VCARD\r\n');
      assert.match((await exportVcf(message)).text, /^TEL;TYPE=VOICE:123\r$/m);
    });
  });

  test('what is no contact is named', async () => {
    await withMessage(async (message) => {
      await message.setProps([prop(PR_MESSAGE_CLASS, 'IPM.Note')]);
      await assert.rejects(exportVcf(message), (error) => MapiError.is(error, 'MAPI_E_NO_SUPPORT'));
    });
  });

  test('attachments that are no picture are named when a card is written', async () => {
    await withMessage(async (message) => {
      await fill(message, CARD);
      const { attach } = await message.createAttach();
      await attach.setProps([prop(PR_ATTACH_METHOD, 1), prop(PR_DISPLAY_NAME, 'x')]);
      await attach.saveChanges();
      await attach.release();
      assert.deepEqual(
        (await exportVcf(message)).problems.map(({ loss }) => loss),
        [true],
      );
    });
  });
});

describe('vCards in mail', () => {
  test('a card stays the file that it came as, unless contacts are asked for', async () => {
    await withMessage(async (message) => {
      await importMime(chunks(MAIL), message);
      const { attachments } = await dumpMessage(message);
      assert.deepEqual(
        attachments.map(({ name, mimeType }) => [name, mimeType]),
        [['jane.vcf', 'text/x-vcard']],
      );
    });
    await withMessage(async (message) => {
      const { diagnostics } = await importMime(chunks(MAIL), message, { contacts: true });
      assert.deepEqual(diagnostics, []);
      const card = await attachedContact(message);
      assert.match(card, /^FN:Jane Döe$/m);
      assert.match(card, /^X-OWN:kept$/m);
    });
  });

  test('an attached contact travels as text/directory with the profile vCard, and comes back', async () => {
    const mail = await withMessage(async (message) => {
      await importMime(chunks(MAIL), message, { contacts: true });
      return bytesOf(exportMime(message));
    });
    assert.match(mail, /^Content-Type: text\/directory; charset=utf-8; profile=vCard;\r\n name\*?0?\*?=.*$/m);
    assert.match(mail, /^FN:Jane D=C3=B6e$/m);
    await withMessage(async (message) => {
      await importMime(chunks(mail), message, { contacts: true });
      assert.match(await attachedContact(message), /^FN:Jane Döe$/m);
    });
  });

  test('in mail by uuencode an attached contact is a file', async () => {
    await withMessage(async (message) => {
      await importMime(chunks(MAIL), message, { contacts: true });
      await using converter = createConverterSession();
      converter.setSaveFormat('rfc822');
      const stream = new MemoryStream();
      await converter.mapiToMimeStm(message, stream, { smtp: true });
      await stream.seek(0);
      const mail = Buffer.from(await stream.read(100_000)).toString('latin1');
      assert.match(mail, /^begin 0644 Jane D.+\.vcf\r$/m);
      assert.match(mail, /^X-MS-Attachment: =[?]UTF-8[?]Q[?]Jane_D=C3=B6e=2Evcf[?]= 71 /m);
    });
  });

  test('a contact is written with its card, which a mail has no other place for', async () => {
    await withMessage(async (message) => {
      await fill(message, CARD.replace(/NOTE:.*\r\n/, 'NOTE:hello\r\n'));
      const mail = await bytesOf(exportMime(message));
      assert.match(mail, /filename="?Jane Doe\.vcf/);
      assert.match(mail, /^ORG:Acme$/m);
      await withMessage(async (copy) => {
        await importMime(chunks(mail), copy);
        assert.equal((await copy.getProps([PR_BODY])).values[0]?.trim(), 'hello');
      });
    });
  });

  test('a part that only says that it is a card stays a file', async () => {
    await withMessage(async (message) => {
      await importMime(chunks(MAIL.replace('BEGIN:VCARD', 'no card')), message, { contacts: true });
      assert.deepEqual(
        (await dumpMessage(message)).attachments.map(({ name }) => name),
        ['jane.vcf'],
      );
    });
  });
});
