/** TNEF streams, which mail calls winmail.dat, for `mapi dump`. */
import { ByteReader } from '@nodemapi/base';
import { TNEF_SIGNATURE, type TnefDiagnostic } from '@nodemapi/format-tnef';
import type { DumpFormat } from './dump-file.ts';
import { oneFolder } from './dump-msg.ts';
import { openTnefMessage } from './tnef.ts';

/** Damage that costs nothing of the content. */
const HARMLESS: ReadonlySet<TnefDiagnostic['code']> = new Set([
  'badChecksum',
  'noKey',
  'unknownAttribute',
  'unknownVersion',
]);

export const TNEF_FORMAT: DumpFormat = {
  name: 'tnef',
  recognise: (head) => head.length >= 4 && new ByteReader(head).u32() === TNEF_SIGNATURE,
  open: async (source) => {
    const { message, diagnostics } = await openTnefMessage(source);
    return {
      folders: () => oneFolder(message),
      diagnostics: () =>
        diagnostics.map(({ code, detail, offset }) => ({ code, message: detail, offset, loss: !HARMLESS.has(code) })),
      [Symbol.asyncDispose]: () => message.release(),
    };
  },
};
