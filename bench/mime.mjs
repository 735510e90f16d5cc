// Mail to MAPI messages beside mailparser, in turns in one run; and the memory that an attachment of any size takes.
//
//   node mime.mjs [--corpus DIR] [--megabytes 1,10,100]    mail that is made here, and that of DIR (its eml folder)
//
// A message is read into one of the store in memory, with all properties, bodies and attachments; mailparser makes its plain
// object of the same bytes. It is a development dependency of the folder above. Time is that of the processor.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { StandaloneSupport, standaloneHost } from '../packages/kit/dist/index.js';
import { createMemoryStore } from '../packages/store-memory/dist/index.js';
import { median, nodemapi, numbers, table } from './lib.mjs';

const require = createRequire(import.meta.url);
const { simpleParser } = require('mailparser');
const ROUNDS = 7;
const CHUNK = 65_536;

const host = await standaloneHost({});
const support = new StandaloneSupport({ kind: 'store', host });
const store = createMemoryStore(support).open();
const inbox = await nodemapi.openSpecialFolder(store, 'inbox');

async function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

async function read(source) {
  const message = await inbox.createMessage();
  try {
    await nodemapi.importMime(source, message);
  } finally {
    await message.release();
  }
}

const head = 'From: Ann <ann@example.com>\r\nTo: Bob <bob@example.com>\r\nSubject: A letter\r\nMIME-Version: 1.0\r\n';
const line = 'The quick brown =C3=A4 fox jumps over the lazy dog and is measured while it runs.\r\n';

function text(bytes) {
  const body = line.repeat(Math.ceil(bytes / line.length));
  return Buffer.from(
    `${head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${body}`,
  );
}

const base64Line = Buffer.from(`${'YWJjZGVm'.repeat(9)}YWJj\r\n`);
const openMixed = Buffer.from(
  `${head}Content-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain\r\n\r\nHello\r\n` +
    '--xx\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n',
);
const closeMixed = Buffer.from('--xx--\r\n');

function withAttachment(bytes) {
  const lines = Math.ceil(bytes / base64Line.length);
  return Buffer.concat([openMixed, ...Array(lines).fill(base64Line), closeMixed]);
}

async function* endless(megabytes) {
  const piece = Buffer.concat(Array(1000).fill(base64Line));
  yield openMixed;
  for (let size = 0; size < megabytes * 1e6; size += piece.length) yield piece;
  yield closeMixed;
}

async function processor(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const cases = [
  ['400 texts of 30 kB', Array(400).fill(text(30_000))],
  ['20 with 1 MB attached', Array(20).fill(withAttachment(1e6))],
  ['2 with 10 MB attached', Array(2).fill(withAttachment(1e7))],
];
const at = process.argv.indexOf('--corpus');
if (at >= 0) {
  const folder = join(process.argv[at + 1] ?? '', 'eml');
  const mails = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => readFileSync(join(folder, name)))
    .filter((bytes) => /^[\x21-\x39\x3b-\x7e]+[ \t]*:/.test(bytes.toString('latin1', 0, 200)));
  cases.push([`${mails.length} of the corpus, 5 times`, Array(5).fill(mails).flat()]);
}

const rows = [['mail', 'MB', 'nodemapi ms', 'mailparser ms', 'ratio']];
for (const [name, mails] of cases) {
  const times = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.ours.push(
      await processor(async () => {
        for (const bytes of mails) await read(pieces(bytes));
      }),
    );
    times.theirs.push(
      await processor(async () => {
        for (const bytes of mails) await simpleParser(bytes);
      }),
    );
  }
  const [ours, theirs] = [median(times.ours), median(times.theirs)];
  const megabytes = mails.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6;
  rows.push([name, megabytes.toFixed(1), ours.toFixed(0), theirs.toFixed(0), `${(theirs / ours).toFixed(1)}x`]);
}
table(rows);

// What the reader itself holds: the attachment goes to a store on the disk, which keeps none of it in memory.
process.stdout.write('\nMemory while one attachment is read and decoded\n');
const { parseMime } = await import('../packages/format-mime/dist/index.js');
const memory = [['MB', 'peak MB above the start']];
for (const megabytes of numbers('megabytes', [1, 10, 100])) {
  globalThis.gc?.();
  const start = process.memoryUsage().rss;
  let peak = start;
  for await (const event of parseMime(endless(megabytes)))
    if (event.kind === 'body') peak = Math.max(peak, process.memoryUsage.rss());
  memory.push([megabytes, ((peak - start) / 1e6).toFixed(0)]);
}
table(memory);
await inbox.release();
await store.release();
await support.release();
await host[Symbol.asyncDispose]();
