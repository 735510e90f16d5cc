/** Whatever a file lacks of the message that it was written from is told. */
import assert from 'node:assert/strict';
import { concatBytes, memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { collectMessage, writeTnef } from '@nodemapi/format-tnef';
import { queryAllRows } from '@nodemapi/kit';
import * as mapi from '@nodemapi/mapi';
import {
  type IMAPIFolder,
  type IMessage,
  PR_ATTACH_NUM,
  PR_DISPLAY_NAME,
  PR_RECIPIENT_TYPE,
  propOf,
} from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { anyMessage, namedProps } from './any-message.testing.ts';
import { openDumpFile } from './dump-file.ts';
import { scratchStore } from './dump-scratch.ts';
import { type ExportDiagnostic, exportMime, importMime } from './mime.ts';
import { exportMsg } from './msg.ts';
import { tagHex } from './prop-names.ts';
import { PstExport } from './pst-export.ts';
import { openSpecialFolder } from './stores.ts';
import { exportVcf } from './vcf.ts';

const RUNS = Number(process.env.LEFT_OUT_RUNS ?? 12);

async function inFolder(use: (folder: IMAPIFolder) => Promise<void>): Promise<void> {
  const { store, release } = scratchStore();
  try {
    await using folder = await openSpecialFolder(store, 'inbox');
    await use(folder);
  } finally {
    await release();
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part.slice());
  return concatBytes(parts);
}

/** The one message of a file, read again. */
async function readBack(bytes: Uint8Array, name: string, use: (message: IMessage) => Promise<void>): Promise<void> {
  const { file } = await openDumpFile(memoryRandomAccess(bytes), name);
  await using opened = file;
  for await (const folder of opened.folders())
    for await (const message of folder.messages()) {
      await using one = message;
      await use(one);
      return;
    }
  assert.fail('the file has no message');
}

/** What stays with a store, or belongs to the way in which a body is written. */
const STAYS: ReadonlySet<string> = new Set(
  `PR_CREATION_TIME PR_LAST_MODIFICATION_TIME PR_CREATOR_NAME PR_CREATOR_ENTRYID PR_LAST_MODIFIER_NAME PR_LAST_MODIFIER_ENTRYID
  PR_SEARCH_KEY PR_STORE_SUPPORT_MASK PR_STORE_ENTRYID PR_STORE_RECORD_KEY PR_MESSAGE_CODEPAGE PR_MESSAGE_LOCALE_ID
  PR_NORMALIZED_SUBJECT PR_SUBJECT_PREFIX PR_READ_RECEIPT_SEARCH_KEY PR_REPORT_SEARCH_KEY PR_INTERNET_CPID PR_NATIVE_BODY_INFO
  PR_RTF_SYNC_BODY_COUNT PR_RTF_SYNC_BODY_CRC PR_RTF_SYNC_BODY_TAG PR_RTF_SYNC_PREFIX_COUNT PR_RTF_SYNC_TRAILING_COUNT
  PR_MESSAGE_TO_ME PR_MESSAGE_CC_ME PR_MESSAGE_RECIP_ME PR_ATTACH_NUM PR_ATTACH_SIZE PR_ATTACH_METHOD PR_ATTACH_FILENAME
  PR_ATTACH_EXTENSION`.split(/\s+/),
);

function staysInStore(name: string, tag: number | undefined): boolean {
  if (STAYS.has(name) || /^PR_(?:RECEIVED_BY|RCVD_REPRESENTING)_/.test(name)) return true;
  // whom an address book knows by them has the same name and address in mail
  if (/^PR_(?:SENDER|SENT_REPRESENTING)_(?:ENTRYID|SEARCH_KEY)$/.test(name)) return true;
  if (tag !== undefined && mapi.objectRange(mapi.tagFromNumber(tag)) === 'store') return true;
  const range = tag === undefined ? 'named' : mapi.propertyRange(mapi.tagFromNumber(tag));
  return range === 'messageNontransmittable' || range === 'providerNontransmittable';
}

const tagOf = (name: string): number | undefined =>
  mapi.PROPERTY_TAGS.get(name) ?? (/^0x/.test(name) ? Number(name) : undefined);

/** Values that differ and are the same: a second for a Date, entries that name one address. */
function isSame(name: string, own: unknown, other: unknown): boolean {
  if (own === other || own === '') return true; // nothing was said
  if (/_(?:TIME|DATE)$/.test(name) && other !== undefined)
    return Math.abs(Number(own) - Number(other)) < (name === 'PR_MESSAGE_DELIVERY_TIME' ? 3600e7 : 1e7);
  return USUAL.get(name) === own && other === undefined;
}

const USUAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['PR_IMPORTANCE', 1],
  ['PR_PRIORITY', 0],
  ['PR_SENSITIVITY', 0],
  ['PR_READ_RECEIPT_REQUESTED', false],
  ['PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED', false],
  ['PR_ATTACHMENT_HIDDEN', false],
  ['PR_ATTACH_FLAGS', 0],
]);

function untold(
  own: ReadonlyMap<string, unknown>,
  back: ReadonlyMap<string, unknown>,
  told: ReadonlySet<string>,
): readonly string[] {
  return [...own].flatMap(([name, value]) => {
    const isTold = told.has(name) || told.has(tagHex(tagOf(name) ?? 0));
    return isTold || staysInStore(name, tagOf(name)) || isSame(name, value, back.get(name))
      ? []
      : [`${name}: ${String(value)} became ${String(back.get(name))}`];
  });
}

async function recipientsOf(message: IMessage): Promise<readonly string[]> {
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: [PR_RECIPIENT_TYPE, PR_DISPLAY_NAME] });
  return rows.map((row) => `${propOf(row, PR_RECIPIENT_TYPE)} ${propOf(row, PR_DISPLAY_NAME)}`);
}

async function attachNumbersOf(message: IMessage): Promise<readonly number[]> {
  await using table = await message.getAttachmentTable();
  return (await queryAllRows(table, { tags: [PR_ATTACH_NUM] })).flatMap((row) => propOf(row, PR_ATTACH_NUM) ?? []);
}

describe('what mail has no place for', () => {
  it('is told: every property, recipient and attachment comes back or is named', () =>
    inFolder(async (folder) => {
      for (let seed = 1; seed <= RUNS; seed++) {
        await using message = await anyMessage(folder, seededRandom(seed));
        const found: ExportDiagnostic[] = [];
        const bytes = await bytesOf(exportMime(message, { onDiagnostic: (one) => void found.push(one) }));
        const toldAt = (path: string): ReadonlySet<string> =>
          new Set(found.flatMap((one) => (one.code === 'propertyLeftOut' && one.path === path ? [one.detail] : [])));
        await readBack(bytes, 'a.eml', async (back) => {
          const missing = untold(await namedProps(message), await namedProps(back), toldAt(''));
          assert.deepEqual(missing, [], `seed ${seed}`);
          const lost = found.filter(({ code }) => /^(?:blindR|r)ecipientLeftOut$/u.test(code)).length;
          const [own, kept] = [await recipientsOf(message), await recipientsOf(back)];
          assert.equal(kept.length, own.length - lost, `seed ${seed}: recipients`);
          const backNumbers = [...(await attachNumbersOf(back))];
          for (const attachNum of await attachNumbersOf(message)) {
            if (found.some(({ code, path }) => code === 'attachmentLeftOut' && path === String(attachNum))) continue;
            await using one = await message.openAttach(attachNum);
            await using other = await back.openAttach(backNumbers.shift() ?? -1);
            const lacking = untold(await namedProps(one), await namedProps(other), toldAt(String(attachNum)));
            assert.deepEqual(lacking, [], `seed ${seed}: attachment ${attachNum}`);
          }
          assert.deepEqual(backNumbers, []);
        });
      }
    }));
});

describe('a mail that was received', () => {
  it('lacks nothing when it is written again, whatever stores add to it', () =>
    inFolder(async (folder) => {
      const text = [
        'Received: from a by b; Sun, 22 Nov 2026 09:00:00 +0000',
        'From: Ann <ann@example.test>',
        'To: Bob <bob@example.test>',
        'Date: Sun, 22 Nov 2026 08:59:00 +0000',
        'Message-ID: <1@example.test>',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        '',
        'text',
        '--b',
        'Content-Type: text/plain',
        '',
        'a text without a name',
        '--b',
        'Content-Type: application/pdf; name=a.pdf',
        'Content-Transfer-Encoding: base64',
        '',
        'QUJD',
        '--b--',
        '',
      ].join('\r\n');
      await using message = await folder.createMessage();
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(text);
      };
      await importMime(source(), message);
      await message.saveChanges({ keepOpenReadWrite: true });
      const found: ExportDiagnostic[] = [];
      await bytesOf(exportMime(message, { onDiagnostic: (one) => void found.push(one) }));
      assert.deepEqual(found, []);
    }));
});

/** Of a file or an object, whichever property has it. */
async function contentOf(attach: mapi.IAttach): Promise<string | undefined> {
  try {
    await using stream = await attach.openProperty(mapi.PR_ATTACH_DATA_BIN, 'IStream');
    return Buffer.from(await stream.read(10_000)).toString('hex');
  } catch (error) {
    assert.ok(mapi.MapiError.is(error, 'MAPI_E_NOT_FOUND'), String(error));
    return undefined;
  }
}

/** What of a message and its attachments is another after a way through a file that should hold all of it. */
async function differences(own: IMessage, back: IMessage, told: string, bound: RegExp): Promise<readonly string[]> {
  const found: string[] = [];
  const compare = async (one: mapi.IMAPIProp, other: mapi.IMAPIProp, where: string): Promise<void> => {
    const read = await namedProps(other);
    for (const [name, value] of await namedProps(one)) {
      const isTold = told.includes(name) || told.includes(tagHex(tagOf(name) ?? 0).toLowerCase());
      if (!isTold && !bound.test(name) && value !== read.get(name))
        found.push(`${where}${name}: ${String(value)} became ${String(read.get(name))}`);
    }
  };
  await compare(own, back, '');
  const numbers = [...(await attachNumbersOf(back))];
  for (const attachNum of await attachNumbersOf(own)) {
    await using one = await own.openAttach(attachNum);
    await using other = await back.openAttach(numbers.shift() ?? -1);
    await compare(one, other, `attachment ${attachNum}: `);
    const [content, contentBack] = [await contentOf(one), await contentOf(other)];
    if (content !== contentBack) found.push(`attachment ${attachNum}: its content`);
  }
  return found;
}

/** Where an object lies and how it was opened, and what stores count. */
const BOUND =
  /^PR_(?:ATTACH_DATA_BIN|ENTRYID|INSTANCE_KEY|MAPPING_SIGNATURE|MDB_PROVIDER|PARENT_DISPLAY|PARENT_ENTRYID|RECORD_KEY|STORE_.*|ACCESS|ACCESS_LEVEL|OBJECT_TYPE|MESSAGE_SIZE|MESSAGE_SIZE_EXTENDED|SENTMAIL_ENTRYID|SUBMIT_FLAGS|SPOOLER_.*|ATTACH_NUM|ATTACH_SIZE|HASATTACH|MESSAGE_STATUS|NORMALIZED_SUBJECT|SUBJECT_PREFIX|INTERNET_ARTICLE_NUMBER|SEARCH_KEY|LAST_MODIFICATION_TIME|CREATION_TIME|RTF_IN_SYNC|DISPLAY_.*)$/;

describe('files that hold every property', () => {
  const seeds = Array.from({ length: Math.max(4, Math.ceil(RUNS / 2)) }, (_, index) => index + 1);

  it('.msg has it, or names it', () =>
    inFolder(async (folder) => {
      for (const seed of seeds) {
        await using message = await anyMessage(folder, seededRandom(seed));
        const { chunks, problems } = await exportMsg(message);
        const told = problems.map(({ detail }) => detail).join();
        await readBack(await bytesOf(chunks), 'a.msg', async (back) =>
          assert.deepEqual(
            [await differences(message, back, told, BOUND), await recipientsOf(back)],
            [[], await recipientsOf(message)],
            `seed ${seed}`,
          ),
        );
      }
    }));

  it('.pst has it, or names it', () =>
    inFolder(async (folder) => {
      for (const seed of seeds) {
        await using message = await anyMessage(folder, seededRandom(seed));
        let bytes = new Uint8Array(0);
        const write = async (offset: number, piece: Uint8Array): Promise<void> => {
          const grown = new Uint8Array(Math.max(bytes.length, offset + piece.length));
          grown.set(bytes);
          grown.set(piece, offset);
          bytes = grown;
        };
        const out = new PstExport({ write }, 'Archive', seededRandom(1));
        const problems = await out.add(out.pst.addFolder(out.pst.top, { name: 'A' }), message);
        await out.finish();
        const told = problems.map(({ detail }) => detail).join();
        await readBack(bytes, 'a.pst', async (back) =>
          assert.deepEqual(
            [await differences(message, back, told, BOUND), await recipientsOf(back)],
            [[], await recipientsOf(message)],
            `seed ${seed}`,
          ),
        );
      }
    }));

  it('TNEF has what may travel, or names it', () =>
    inFolder(async (folder) => {
      for (const seed of seeds) {
        await using message = await anyMessage(folder, seededRandom(seed));
        const problems: mapi.TnefProblem[] = [];
        const content = await collectMessage(
          message,
          {
            key: 1,
            codePage: 65001,
            wants: mapi.isTransmittable,
            overrides: () => [],
            wantsAttachment: () => true,
            containedTnef: new Map(),
          },
          problems,
        );
        const told = problems.map(({ tag }) => tagHex(tag).toLowerCase()).join();
        await readBack(writeTnef(content), 'winmail.dat', async (back) => {
          const found = await differences(message, back, told, BOUND);
          const travels = found.filter((each) => {
            const tag = tagOf(/(PR_\w+|0x\w+): /.exec(each)?.[1] ?? '');
            return tag === undefined || mapi.isTransmittable(mapi.tagFromNumber(tag));
          });
          assert.deepEqual(travels, [], `seed ${seed}`);
        });
      }
    }));
});

describe('what a vCard has no place for', () => {
  it('is named, or comes back', () =>
    inFolder(async (folder) => {
      const contacts = [...mapi.PROPERTY_TAGS.values()].map((tag) => mapi.tagFromNumber(tag));
      const tags = contacts.filter(
        (tag) => mapi.objectRange(tag) === 'mailUser' && mapi.propType(tag) === mapi.PT_UNICODE,
      );
      for (let seed = 1; seed <= RUNS; seed++) {
        await using message = await anyMessage(folder, seededRandom(seed), { messageClass: 'IPM.Contact', tags });
        for (const version of ['3.0', '4.0'] as const) {
          const { text, problems } = await exportVcf(message, { version });
          const told = new Set(problems.map(({ detail }) => detail));
          await readBack(new TextEncoder().encode(text), 'a.vcf', async (back) => {
            const read = await namedProps(back);
            if (read.get('PR_BODY') === 'The text.') told.add('PR_BODY'); // a line end is no text
            assert.deepEqual(untold(await namedProps(message), read, told), [], `seed ${seed}, ${version}`);
          });
        }
      }
    }));
});
