import { MapiError, memoryRandomAccess, seededRandom } from '@nodemapi/base';
import type { FuzzTarget } from '@nodemapi/conformance';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  MAPI_TO,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  PT_MV_UNICODE,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';
import type { PstVersion } from './layout.ts';
import { MemoryWrite } from './memory-write.testing.ts';
import { NodeSet } from './node-set.ts';
import { PstFile } from './pst-file.ts';
import { PstWriter } from './pst-writer.ts';
import { sample } from './sample.testing.ts';
import type { MessageToWrite } from './to-write.ts';
import { walk } from './walk.testing.ts';

const VERSIONS: readonly PstVersion[] = ['ansi', 'unicode', 'unicode4k'];
/** What is read of a file lies within its length, with a margin for what is read twice. */
const bytesPerByteMax = 64;

/** A file of our own writer, cut where its last page ends. */
async function written(): Promise<Uint8Array> {
  const out = new MemoryWrite();
  const pst = new PstWriter(out, { displayName: 'Seed', random: seededRandom(3) });
  const folder = pst.addFolder(pst.top, { name: 'Box' });
  pst.addFolder(folder, { name: 'Below' });
  const id = pst.idOf({ guid: '00020329-0000-0000-c000-000000000046', name: 'colour' });
  const none = async function* (): AsyncGenerator<never> {};
  const inner: MessageToWrite = { values: [prop(PR_SUBJECT, 'inner')], recipients: [], attachments: none };
  await pst.addMessage(folder, {
    values: [
      prop(PR_SUBJECT, 'RE: outer'),
      prop(PR_BODY, 'word '.repeat(3000)),
      { tag: tag(id, PT_UNICODE), value: 'red' },
      { tag: tag(0x8100, PT_MV_UNICODE), value: ['a', 'bb'] },
    ],
    recipients: [[prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, 'Ann')]],
    attachments: async function* () {
      yield { values: [prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, new Uint8Array(20_000))] };
      yield { values: [prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)], message: inner };
    },
  });
  await pst.addMessage(folder, inner, 'associated');
  await pst.finish();
  const bytes = out.bytes();
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Criteria that are damaged cost themselves, not the file. */
function onlyDamage(error: unknown): undefined {
  if (!MapiError.is(error)) throw error;
  return undefined;
}

/** Searches the whole file, and opens each message that no folder names. */
async function recovered(input: Uint8Array): Promise<number> {
  const file = await PstFile.open(memoryRandomAccess(input), { recover: true });
  file.limitReading();
  const reached = new NodeSet();
  for await (const { folder } of file.folders())
    if (!folder.isSearch) for await (const { nid } of folder.contents()) reached.add(nid);
    else await folder.searchCriteria().catch(onlyDamage);
  let found = 0;
  for await (const nid of file.orphans(reached)) found += (await file.messageOrLost(nid)) === undefined ? 0 : 1;
  return found;
}

const seeds = async (): Promise<readonly Uint8Array[]> => [
  await written(),
  ...VERSIONS.map((version) => sample({ version, body: 'word '.repeat(2500), fanOut: 5, messages: 2 }).bytes),
];

/** Node identifiers of fixed places, and page types with their repetition. */
const WORDS = [0x21, 0x61, 0x122, 0x692, 0x671].map((nid) => Uint8Array.of(nid & 0xff, nid >> 8, 0, 0));
const PAGES = [0x80, 0x81, 0x84].map((type) => Uint8Array.of(type, type));

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'pst',
    corpus: ['pst'],
    seeds,
    words: [...WORDS, ...PAGES],
    run: async (input) => {
      const { counts } = await walk(memoryRandomAccess(input));
      if (counts.bytes > bytesPerByteMax * input.length + 1_000_000)
        throw new Error(`${counts.bytes} bytes were made of ${input.length}`);
    },
    memoryPerByte: 512,
    msPerKilobyte: 8,
  },
  {
    name: 'pst-recovery',
    corpus: ['pst'],
    seeds,
    words: [...WORDS, ...PAGES],
    run: recovered,
    memoryPerByte: 512,
    msPerKilobyte: 8,
  },
];
