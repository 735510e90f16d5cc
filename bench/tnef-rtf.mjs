// TNEF streams beside node-tnef, tnef and ytnef; compressed RTF beside @kenjiuno/decompressrtf.
//
//   node tnef-rtf.mjs [--kilobytes 10,100,1000,10000] [--rounds 7]
//
// The streams are our own writer's: twenty properties, an RTF body and attachments up to the size. What the C programs
// take is the median of runs over the file less the median of runs over a stream without attachments, which is their start.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compressRtf, decompressRtf, encapsulateHtml } from '../packages/format-rtf/dist/index.js';
import { readTnef, writeTnef } from '../packages/format-tnef/dist/index.js';
import { inFolder, median, nodemapi, numbers, table } from './lib.mjs';

const require = createRequire(import.meta.url);
const { decompressRTF } = require('@kenjiuno/decompressrtf');
const { parseBuffer } = require('node-tnef');
const [rounds] = numbers('rounds', [7]);
/** node-tnef takes minutes beyond. */
const peerKilobytesMax = 1000;
const sizes = numbers('kilobytes', [10, 100, 1000, 10_000]);
const { PR_ATTACH_DATA_BIN, PR_ATTACH_LONG_FILENAME, PR_RTF_COMPRESSED, PR_SUBJECT, tag, PT_UNICODE } = nodemapi;

const words = [
  '<p>',
  'the ',
  'quick ',
  'brown ',
  'fox ',
  'jumps ',
  'over ',
  '</p>\r\n',
  '<b>',
  '</b>',
  'Grüße ',
  '&nbsp;',
];

/** HTML of some size that repeats itself as mail does, the same each time. */
function html(bytes) {
  let state = 1;
  let text = '';
  while (text.length < bytes) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += words[(state >>> 16) % words.length];
  }
  return text;
}

function stream(kilobytes) {
  const data = new Uint8Array(Math.floor((kilobytes * 1024) / 4)).map((_, at) => (at * 7919) >>> 5);
  const props = Array.from({ length: 20 }, (_, at) => ({ tag: tag(0x6800 + at, PT_UNICODE), value: `value ${at}` }));
  return writeTnef({
    key: 1,
    codePage: 1252,
    props: [
      ...props,
      { tag: PR_SUBJECT, value: 'bench' },
      { tag: PR_RTF_COMPRESSED, value: compressRtf(encapsulateHtml(html(4000))) },
    ],
    recipients: undefined,
    attachments: Array.from({ length: kilobytes === 0 ? 0 : 4 }, (_, at) => ({
      props: [
        { tag: PR_ATTACH_LONG_FILENAME, value: `file${at}.bin` },
        { tag: PR_ATTACH_DATA_BIN, value: data },
      ],
    })),
  });
}

/** node-tnef logs each call to stdout. */
function quietly(work) {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    return work();
  } finally {
    process.stdout.write = write;
  }
}

/** The median of `rounds` runs in milliseconds, each of as many calls as take a while. */
function timed(work) {
  let calls = 1;
  for (;;) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) work();
    if (performance.now() - start > 30) break;
    calls *= 2;
  }
  return median(
    Array.from({ length: rounds }, () => {
      const start = performance.now();
      for (let call = 0; call < calls; call++) work();
      return (performance.now() - start) / calls;
    }),
  );
}

function program(folder, name, bytes, args) {
  const file = join(folder, 'winmail.dat');
  writeFileSync(file, bytes);
  const out = join(folder, 'out');
  mkdirSync(out, { recursive: true });
  const runs = Array.from({ length: rounds }, () => {
    const start = performance.now();
    const { error } = spawnSync(name, args(out, file), { stdio: 'ignore' });
    return error === undefined ? performance.now() - start : Number.NaN;
  });
  return median(runs);
}

const ms = (value) => (Number.isNaN(value) ? '-' : value.toFixed(3));
const ratio = (peer, ours) => (Number.isNaN(peer) ? '-' : `${(peer / ours).toFixed(1)}x`);

async function tnef() {
  const rows = [];
  await inFolder(async (folder) => {
    const tools = {
      tnef: (out, file) => ['--overwrite', '-C', out, file],
      ytnef: (out, file) => ['-F', '-f', out, file],
    };
    const starts = Object.entries(tools).map(([name, args]) => program(folder, name, stream(0), args));
    for (const kilobytes of sizes) {
      const bytes = stream(kilobytes);
      const buffer = Buffer.from(bytes);
      const ours = timed(() => readTnef(bytes));
      const peer =
        kilobytes > peerKilobytesMax ? Number.NaN : timed(() => quietly(() => parseBuffer(buffer, () => {})));
      const times = Object.entries(tools).map(([name, args], at) => program(folder, name, bytes, args) - starts[at]);
      rows.push([
        kilobytes,
        ms(ours),
        ms(peer),
        ratio(peer, ours),
        ...times.flatMap((time) => [ms(time), ratio(time, ours)]),
      ]);
    }
  });
  process.stdout.write('TNEF, ms\n');
  table([['KB', 'nodemapi', 'node-tnef', '', 'tnef', '', 'ytnef', ''], ...rows]);
}

function rtf() {
  const rows = sizes.map((kilobytes) => {
    const source = encapsulateHtml(html(kilobytes * 1024));
    const compressed = compressRtf(source);
    const array = Array.from(compressed);
    const ours = timed(() => decompressRtf(compressed));
    const peer = timed(() => decompressRTF(array));
    const megabytes = (source.length / 1_000_000 / ours) * 1000;
    return [
      kilobytes,
      ms(ours),
      ms(peer),
      ratio(peer, ours),
      megabytes.toFixed(0),
      ms(timed(() => compressRtf(source))),
    ];
  });
  process.stdout.write('RTF, ms\n');
  table([['KB of HTML', 'decompress', 'decompressrtf', '', 'MB/s', 'compress'], ...rows]);
}

await tnef();
rtf();
process.stdout.write(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB\n`);
