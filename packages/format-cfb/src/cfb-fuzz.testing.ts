import type { FuzzTarget } from '@nodemapi/conformance';
import { bytesOf, pattern, storageOf } from './compound.testing.ts';
import { openCompoundBytes } from './compound-file.ts';
import { writeCompoundFile } from './compound-writer.ts';
import type { CompoundStorage } from './directory-tree.ts';

const TREE = {
  small: pattern(300, 3),
  large: pattern(9000, 4),
  storage: { inner: pattern(70, 7), deeper: { innermost: pattern(5000, 8), none: new Uint8Array(0) } },
};

const WORDS = [[0xfe], [0xff], [0xfd], [0xfc]].map(([low]) => Uint8Array.of(low ?? 0, 0xff, 0xff, 0xff));

/** Bytes of all streams: no sector is read for two of them. */
async function totalOf(storage: CompoundStorage): Promise<number> {
  let total = 0;
  const waiting = [storage];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    for (const entry of each.entries) {
      if (entry.kind === 'storage') waiting.push(entry);
      else total += (await entry.open().read(0, entry.size)).length;
    }
  }
  return total;
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'cfb',
    corpus: ['msg'],
    seeds: async () => [
      await bytesOf(writeCompoundFile(storageOf('', TREE), { sectorSize: 512 })),
      await bytesOf(writeCompoundFile(storageOf('', TREE), { sectorSize: 4096 })),
    ],
    words: WORDS,
    run: async (input) => {
      const file = await openCompoundBytes(input);
      const total = await totalOf(file.root);
      if (total > input.length * 2) throw new Error(`${total} bytes were read from ${input.length}`);
      return [file.diagnostics, file.orphans];
    },
    memoryPerByte: 96,
  },
];
