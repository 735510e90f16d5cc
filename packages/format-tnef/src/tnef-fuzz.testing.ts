import type { FuzzTarget } from '@nodemapi/conformance';
import { longs } from './tnef.testing.ts';
import { ATTRIBUTES } from './tnef-attributes.ts';
import { readTnef } from './tnef-reader.ts';
import { SAMPLE } from './tnef-sample.testing.ts';
import { writeTnef } from './tnef-writer.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'tnef',
    corpus: ['tnef'],
    seeds: () => [writeTnef(SAMPLE), writeTnef(SAMPLE, { pure: true })],
    words: [...Object.values(ATTRIBUTES).map((id) => longs(id)), longs(0x3701_000d), longs(0x223e_9f78)],
    msPerKilobyte: 8, // each damaged attribute costs an exception, and 15 bytes can be one
    run: (input) => {
      const content = readTnef(input);
      try {
        return writeTnef(content);
      } catch (cause) {
        throw new Error('what was read cannot be written', { cause });
      }
    },
  },
];
