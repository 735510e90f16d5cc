/** Whatever a file lacks of the message that it was written from is told. */
import assert from 'node:assert/strict';
import { concatBytes, memoryRandomAccess, seededRandom } from '@nodemapi/base';
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
import { type ExportDiagnostic, exportMime } from './mime.ts';
import { tagHex } from './prop-names.ts';
import { openSpecialFolder } from './stores.ts';

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
          const lost = found.filter(({ code }) => code === 'recipientLeftOut').length;
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
