/** TNEF streams, which mail calls winmail.dat, for `mapi dump`. */
import { ByteReader } from '@nodemapi/base';
import { isTnefLoss, TNEF_SIGNATURE } from '@nodemapi/format-tnef';
import type { DumpFormat } from './dump-file.ts';
import { oneFolder } from './dump-msg.ts';
import { openTnefMessage } from './tnef.ts';

export const TNEF_FORMAT: DumpFormat = {
  name: 'tnef',
  recognise: (head) => head.length >= 4 && new ByteReader(head).u32() === TNEF_SIGNATURE,
  open: async (source) => {
    const { message, diagnostics } = await openTnefMessage(source);
    return {
      folders: () => oneFolder(message),
      diagnostics: () =>
        diagnostics.map((found) => ({
          code: found.code,
          message: found.detail,
          offset: found.offset,
          loss: isTnefLoss(found),
        })),
      [Symbol.asyncDispose]: () => message.release(),
    };
  },
};
