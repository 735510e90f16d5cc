/** vCards for `mapi dump`: each card is a contact. */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import { isVCard } from '@nodemapi/format-vcard';
import { FOLDER_GENERIC, type IMessage } from '@nodemapi/mapi';
import type { DumpDiagnostic, DumpFile, DumpFormat } from './dump-file.ts';
import { none } from './dump-msg.ts';
import { chunksOf, scratchStore } from './dump-scratch.ts';
import { openSpecialFolder } from './stores.ts';
import { splitVcf } from './vcf.ts';

export const VCF_FORMAT: DumpFormat = {
  name: 'vcf',
  recognise: isVCard,
  open: async (source) => open(source),
};

function open(source: RandomAccess): DumpFile {
  const { store, release } = scratchStore();
  const diagnostics: DumpDiagnostic[] = [];
  const messages = async function* (): AsyncGenerator<IMessage> {
    await using inbox = await openSpecialFolder(store, 'inbox');
    let number = 0;
    for await (const card of splitVcf(chunksOf(source))) {
      number++;
      const message = await inbox.createMessage();
      try {
        for (const { detail, loss } of await card.fill(message))
          diagnostics.push({ code: 'vcard', message: `card ${number}: ${detail}`, loss });
      } catch (error) {
        await message.release();
        if (!MapiError.is(error)) throw error;
        diagnostics.push({ code: error.code, message: `card ${number}: ${error.detail}`, loss: true });
        continue;
      }
      yield message;
    }
  };
  return {
    folders: async function* () {
      yield {
        path: '',
        containerClass: 'IPF.Contact',
        contentCount: null,
        folderType: FOLDER_GENERIC,
        messages,
        associated: () => none(),
      };
    },
    diagnostics: () => diagnostics,
    [Symbol.asyncDispose]: release,
  };
}
