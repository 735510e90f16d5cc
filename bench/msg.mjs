// Reading .msg files beside @kenjiuno/msgreader, and compound files beside SheetJS cfb, in turns in one run.
//
//   node msg.mjs [--corpus DIR]        files that are made here, and those of DIR (its msg folder)
//
// "All" is every property, recipient and attachment with its bytes, of messages within messages too; the peer is told to
// list every property as well. Time is that of the processor, since other work on the machine lengthens the clock's.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { memoryRandomAccess } from '../packages/base/dist/index.js';
import { openCompoundBytes, streamOf, writeCompoundFile } from '../packages/format-cfb/dist/index.js';
import { openMsg } from '../packages/format-msg/dist/index.js';
import { median, table } from './lib.mjs';

const require = createRequire(import.meta.url);
const MsgReader = require('@kenjiuno/msgreader').default;
const SheetJs = require('cfb');

const ROUNDS = 15;
const WARM = 3;

async function readAll(bytes) {
  const walk = async (message) => {
    for (const prop of message.props) await prop.read();
    await message.recipients();
    for (const attachment of await message.attachments()) {
      for (const prop of attachment.props) await prop.read();
      if (attachment.message !== undefined) await walk(await attachment.message());
    }
  };
  const { message } = await openMsg(memoryRandomAccess(bytes));
  await walk(message);
}

function readAllPeer(bytes) {
  const reader = new MsgReader(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  reader.parserConfig = { includeRawProps: true };
  const walk = (data) => {
    for (const attachment of data.attachments ?? []) {
      if (attachment.innerMsgContentFields !== undefined) walk(attachment.innerMsgContentFields);
      reader.getAttachment(attachment);
    }
  };
  walk(reader.getFileData());
}

async function readCompound(bytes) {
  const file = await openCompoundBytes(bytes);
  const waiting = [file.root];
  let total = 0;
  for (let storage = waiting.pop(); storage !== undefined; storage = waiting.pop()) {
    for (const entry of storage.entries) {
      if (entry.kind === 'storage') waiting.push(entry);
      else total += (await entry.open().read(0, entry.size)).length;
    }
  }
  return total;
}

function readCompoundPeer(bytes) {
  return SheetJs.read(bytes, { type: 'buffer' }).FileIndex.reduce(
    (sum, entry) => sum + (entry.content?.length ?? 0),
    0,
  );
}

const content = (size, seed) => new Uint8Array(size).fill(seed);

async function writeCompound({ streams, size }) {
  const entries = Array.from({ length: streams }, (_, index) => streamOf(`stream${index}`, content(size, index)));
  let total = 0;
  for await (const chunk of writeCompoundFile({ kind: 'storage', name: '', entries }).chunks) total += chunk.length;
  return total;
}

function writeCompoundPeer({ streams, size }) {
  const file = SheetJs.utils.cfb_new();
  for (let index = 0; index < streams; index++) SheetJs.utils.cfb_add(file, `/stream${index}`, content(size, index));
  return SheetJs.write(file, { type: 'buffer' }).length;
}

/** Milliseconds of the processor for one pass over all inputs; what the peer cannot read is left out for both. */
async function compare(name, inputs, ours, theirs, rounds = ROUNDS) {
  const readable = [];
  for (const input of inputs) {
    try {
      await theirs(input);
      readable.push(input);
    } catch {
      // counted below
    }
  }
  const [own, peer] = [[], []];
  for (let round = 0; round < rounds + WARM; round++) {
    for (const [work, times] of [
      [ours, own],
      [theirs, peer],
    ]) {
      const start = process.cpuUsage();
      for (const input of readable) await work(input);
      const { user, system } = process.cpuUsage(start);
      if (round >= WARM) times.push((user + system) / 1000);
    }
  }
  const [a, b] = [median(own), median(peer)];
  const left = inputs.length - readable.length;
  return [
    name,
    `${readable.length}${left > 0 ? ` (+${left})` : ''}`,
    a.toFixed(2),
    b.toFixed(2),
    `${(b / a).toFixed(1)}x`,
  ];
}

/** A message file with so many recipients and attachments, as its writer would make it. */
async function messageFile(recipients, attachments, bytesEach) {
  const { nodemapi } = await import('./lib.mjs');
  const utf16 = (text) => new Uint8Array(Buffer.from(text, 'utf16le'));
  const entry = (tag, size) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(tag, 0);
    bytes.writeUInt32LE(6, 4);
    bytes.writeUInt32LE(size, 8);
    return bytes;
  };
  const hex = (number) => number.toString(16).toUpperCase().padStart(8, '0');
  const storage = (name, header, values) => ({
    kind: 'storage',
    name,
    entries: [
      streamOf(
        '__properties_version1.0',
        Buffer.concat([Buffer.alloc(header), ...values.map(([tag, bytes]) => entry(tag, bytes.length))]),
      ),
      ...values.map(([tag, bytes]) => streamOf(`__substg1.0_${hex(tag)}`, bytes)),
    ],
  });
  const { PR_SUBJECT, PR_BODY, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_ATTACH_LONG_FILENAME, PR_ATTACH_DATA_BIN } =
    nodemapi;
  const top = storage('', 32, [
    [PR_SUBJECT, utf16('A subject')],
    [PR_BODY, utf16('A line of the body.\r\n'.repeat(100))],
  ]);
  for (let index = 0; index < recipients; index++) {
    const values = [
      [PR_DISPLAY_NAME, utf16(`Recipient ${index}`)],
      [PR_EMAIL_ADDRESS, utf16(`recipient${index}@example.com`)],
    ];
    top.entries.push(storage(`__recip_version1.0_#${hex(index)}`, 8, values));
  }
  for (let index = 0; index < attachments; index++) {
    const values = [
      [PR_ATTACH_LONG_FILENAME, utf16(`file${index}.bin`)],
      [PR_ATTACH_DATA_BIN, content(bytesEach, index)],
    ];
    top.entries.push(storage(`__attach_version1.0_#${hex(index)}`, 8, values));
  }
  const parts = [];
  for await (const chunk of writeCompoundFile(top).chunks) parts.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(parts));
}

// Both are compiled by the machine before the first of them is timed.
const sample = await messageFile(20, 5, 2000);
for (let index = 0; index < 200; index++) {
  await readAll(sample);
  readAllPeer(sample);
}

/** So many in a row that a round of them takes milliseconds: shorter ones measure the clock. */
function filesOf(recipients, bytesEach) {
  if (bytesEach > 1e6) return 1;
  return recipients > 100 ? 5 : 50;
}

const rows = [['what', 'files', 'ours ms', 'peer ms', 'ratio']];
for (const [recipients, attachments, bytesEach] of [
  [5, 1, 10_000],
  [50, 10, 10_000],
  [500, 100, 10_000],
  [5, 1, 10_000_000],
]) {
  const file = await messageFile(recipients, attachments, bytesEach);
  const name = `msg, ${recipients} recipients, ${attachments} x ${bytesEach} bytes`;
  rows.push(
    await compare(
      name,
      Array.from({ length: filesOf(recipients, bytesEach) }, () => file),
      readAll,
      readAllPeer,
    ),
  );
}
const at = process.argv.indexOf('--corpus');
if (at >= 0) {
  const folder = join(process.argv[at + 1], 'msg');
  const files = readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))));
  rows.push(await compare('msg, corpus', files, readAll, readAllPeer));
  rows.push(await compare('compound file, corpus', files, readCompound, readCompoundPeer));
}
for (const [streams, size] of [
  [100, 1000],
  [300, 10_000],
  [1000, 1000],
  [3, 20_000_000],
]) {
  const plan = { streams, size };
  rows.push(
    await compare(`compound file written, ${streams} x ${size} bytes`, [plan], writeCompound, writeCompoundPeer, 3),
  );
}
table(rows);
