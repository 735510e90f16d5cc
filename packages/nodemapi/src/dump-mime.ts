/** Files of RFC 5322 text for `mapi dump`: .eml with one message, .mbox with many. */
import { MapiError, type RandomAccess, utf8Decode } from '@nodemapi/base';
import { splitMbox } from '@nodemapi/format-mime';
import { isMimeLoss } from '@nodemapi/format-oxcmail';
import { FOLDER_GENERIC, type IMessage, type IMsgStore } from '@nodemapi/mapi';
import type { DumpDiagnostic, DumpFile, DumpFormat } from './dump-file.ts';
import { none } from './dump-msg.ts';
import { chunksOf, scratchStore } from './dump-scratch.ts';
import { importMime } from './mime.ts';
import { openSpecialFolder } from './stores.ts';

/** The name of a field and its colon; calendars and cards begin alike. RFC 5322 2.2, RFC 5545 3.4, RFC 6350 3.3 */
const MAIL_BEGINNING = /^(?:\ufeff)?\s*(?!BEGIN:V)[\x21-\x39\x3b-\x7e]+[ \t]*:/u;

export const EML_FORMAT: DumpFormat = {
  name: 'eml',
  recognise: (head) => MAIL_BEGINNING.test(utf8Decode(head)),
  open: (source) => open(source, whole),
};

export const MBOX_FORMAT: DumpFormat = {
  name: 'mbox',
  recognise: (head) => utf8Decode(head.subarray(0, 5)) === 'From ',
  open: (source) => open(source, splitMbox),
};

type Split = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<AsyncIterable<Uint8Array>>;

async function* whole(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AsyncIterable<Uint8Array>> {
  yield chunks;
}

/** Each message is made in a store in memory, and dropped when it was read. */
async function open(source: RandomAccess, split: Split): Promise<DumpFile> {
  const { store, release } = scratchStore();
  const diagnostics: DumpDiagnostic[] = [];
  return {
    folders: async function* () {
      yield {
        path: '',
        containerClass: null,
        contentCount: null,
        folderType: FOLDER_GENERIC,
        messages: () => messages(store, source, split, diagnostics),
        associated: () => none(),
      };
    },
    diagnostics: () => diagnostics,
    [Symbol.asyncDispose]: release,
  };
}

async function* messages(
  store: IMsgStore,
  source: RandomAccess,
  split: Split,
  diagnostics: DumpDiagnostic[],
): AsyncGenerator<IMessage> {
  await using inbox = await openSpecialFolder(store, 'inbox');
  let number = 0;
  for await (const text of split(chunksOf(source))) {
    number++;
    const message = await inbox.createMessage();
    try {
      const found = await importMime(text, message);
      diagnostics.push(
        ...found.diagnostics.map((one) => ({ code: one.code, message: one.detail, loss: isMimeLoss(one) })),
      );
    } catch (error) {
      await message.release();
      // The one message of a file is the file; of many, the others are read.
      if (split !== splitMbox || !MapiError.is(error)) throw error;
      diagnostics.push({ code: error.code, message: `message ${number}: ${error.detail}`, loss: true });
      continue;
    }
    yield message;
  }
}
