import { memoryRandomAccess } from '@nodemapi/base';
import type { FuzzTarget } from '@nodemapi/conformance';
import { everything, fileBytes, fullMessage } from './msg.testing.ts';
import { openMsg } from './msg-reader.ts';
import { messageToMsg } from './msg-writer.ts';

const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));

const WORDS = [
  utf16('__substg1.0_'),
  utf16('101F'),
  utf16('001E'),
  utf16('3701000D'),
  utf16('__recip_version1.0_#'),
  Uint8Array.of(0x1f, 0x10, 0x37, 0),
  Uint8Array.of(0x1e, 0, 0x37, 0),
  Uint8Array.of(0x0d, 0, 0x01, 0x37),
];

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'msg',
    corpus: ['msg'],
    seeds: async () => [
      await fileBytes(await messageToMsg(await fullMessage())),
      await fileBytes(await messageToMsg(await fullMessage(), { ansiCodePage: 65001, sectorSize: 4096 })),
    ],
    words: WORDS,
    run: async (input) => {
      const { message, diagnostics } = await openMsg(memoryRandomAccess(input));
      return [await everything(message), diagnostics()];
    },
    memoryPerByte: 256,
    msPerKilobyte: 4,
  },
];
