// PST: writing one, and reading everything of it (all messages, all properties, hashes of attachments), beside
// pst-extractor (installed by hand where it is wanted), pffexport and readpst (Debian: pff-tools, pst-utils).
//
//   node pst.mjs [--megabytes 100,1000]
//
// Each reader runs in a process of its own; its start is not counted, and for the C tools the time of `-V` is taken
// off. pffexport and readpst write what they read to files, which we do not.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFolder, nodemapi, numbers, table } from './lib.mjs';

const self = fileURLToPath(import.meta.url);
const text = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(40);
const html = new TextEncoder().encode(`<html><body><p>${text.repeat(3)}</p></body></html>`);
const file = Uint8Array.from({ length: 100_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24);
const { prop } = nodemapi;

/** A message of about 12 KB; every fourth has attachments of 100 to 300 KB. */
function message(number) {
  const values = [
    prop(nodemapi.PR_SUBJECT, `RE: message ${number}`),
    prop(nodemapi.PR_SUBJECT_PREFIX, 'RE: '),
    prop(nodemapi.PR_MESSAGE_CLASS, 'IPM.Note'),
    prop(nodemapi.PR_MESSAGE_FLAGS, 1),
    prop(nodemapi.PR_SENDER_NAME, 'Bob'),
    prop(nodemapi.PR_SENDER_EMAIL_ADDRESS, 'bob@example.test'),
    prop(nodemapi.PR_INTERNET_MESSAGE_ID, `<${number}@example.test>`),
    prop(nodemapi.PR_BODY, `${text}${number}`),
    prop(nodemapi.PR_HTML, html),
  ];
  const recipient = [
    prop(nodemapi.PR_RECIPIENT_TYPE, nodemapi.MAPI_TO),
    prop(nodemapi.PR_DISPLAY_NAME, 'Ann'),
    prop(nodemapi.PR_ADDRTYPE, 'SMTP'),
    prop(nodemapi.PR_EMAIL_ADDRESS, 'ann@example.test'),
  ];
  const chunks = async function* () {
    for (let part = 0; part <= number % 3; part++) yield file;
  };
  const attachment = {
    values: [
      prop(nodemapi.PR_ATTACH_METHOD, nodemapi.ATTACH_BY_VALUE),
      prop(nodemapi.PR_ATTACH_LONG_FILENAME, 'a.bin'),
    ],
    streams: [{ tag: nodemapi.PR_ATTACH_DATA_BIN, chunks }],
  };
  const attachments = async function* () {
    if (number % 4 === 0) yield attachment;
  };
  return { values, recipients: [recipient, recipient], attachments };
}

async function write(path, megabytes) {
  const handle = await open(path, 'w');
  let written = 0;
  const sink = {
    write: async (offset, bytes) => {
      written += bytes.length;
      await handle.write(bytes, 0, bytes.length, offset);
    },
  };
  const pst = new nodemapi.PstWriter(sink, { displayName: 'Bench', random: nodemapi.systemRandom });
  const folders = Array.from({ length: 10 }, (_, at) => pst.addFolder(pst.top, { name: `Folder ${at}` }));
  for (let number = 0; written < megabytes * 1e6; number++)
    await pst.addMessage(folders[Math.floor(number / 500) % 10], message(number));
  await pst.finish();
  await handle.close();
}

async function readMessage(one) {
  await one.values();
  for await (const row of one.recipients()) row.length;
  for await (const attachment of one.attachments()) {
    await attachment.values(65_536);
    const inner = await attachment.embedded();
    if (inner !== undefined) await readMessage(inner);
    else {
      const hash = createHash('sha256');
      for await (const chunk of attachment.data()) hash.update(chunk);
      hash.digest();
    }
  }
}

async function read(path) {
  const source = await nodemapi.nodeFileSystem.openRead(path);
  try {
    const pst = await nodemapi.PstFile.open(source);
    for await (const { folder } of pst.folders()) {
      for (const kind of folder.isSearch ? [] : ['messages', 'associated'])
        for await (const one of folder.messages(kind)) await readMessage(one);
    }
  } finally {
    await source[Symbol.asyncDispose]();
  }
}

/** The same with pst-extractor, which has no list of all properties: its fields are read by JSON. */
async function readTheirs(path) {
  const { PSTFile } = (await import('pst-extractor')).default;
  const visit = (one) => {
    JSON.stringify(one);
    for (let at = 0; at < one.numberOfRecipients; at++) JSON.stringify(one.getRecipient(at));
    for (let at = 0; at < one.numberOfAttachments; at++) {
      const attachment = one.getAttachment(at);
      const inner = attachment.embeddedPSTMessage;
      if (inner) visit(inner);
      else hashStream(attachment.fileInputStream);
    }
  };
  const walk = (folder) => {
    for (let one = folder.contentCount > 0 ? folder.getNextChild() : null; one; one = folder.getNextChild()) visit(one);
    if (folder.hasSubfolders) for (const child of folder.getSubFolders()) walk(child);
  };
  walk(new PSTFile(path).getRootFolder());
}

function hashStream(stream) {
  if (!stream) return;
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(8176);
  for (let count = stream.read(buffer); count > 0; count = stream.read(buffer)) {
    hash.update(buffer.subarray(0, count));
    if (count < buffer.length) break;
  }
  hash.digest();
}

const WORK = { write, read, readTheirs };

/** Runs one piece of work in a process, which says how long it took without its start. */
function inProcess(work, ...args) {
  const run = spawnSync(process.execPath, [self, '--work', work, ...args], { encoding: 'utf8', timeout: 1_800_000 });
  return run.status === 0 ? JSON.parse(run.stdout) : undefined;
}

function tool(program, args) {
  const started = performance.now();
  if (spawnSync(program, ['-V']).error !== undefined) return undefined;
  const start = performance.now() - started;
  const before = performance.now();
  spawnSync(program, args, { stdio: 'ignore' });
  return { seconds: (performance.now() - before - start) / 1000 };
}

async function compare(path, megabytes, folder) {
  const ours = inProcess('read', path);
  const rows = [
    ['nodemapi', ours],
    ['pst-extractor', inProcess('readTheirs', path)],
    ['pffexport', tool('pffexport', ['-q', '-m', 'items', '-f', 'all', '-t', join(folder, 'pff'), path])],
    ['readpst', tool('readpst', ['-q', '-D', '-b', '-e', '-o', folder, path])],
  ];
  for (const name of ['pff.export', 'pff.orphans', 'pff.recovered'])
    await rm(join(folder, name), { recursive: true, force: true });
  return rows.map(([name, found]) => [
    `${megabytes} MB`,
    name,
    found === undefined ? 'not there, or failed' : found.seconds.toFixed(2),
    found?.megabytes === undefined ? '' : String(found.megabytes),
    found === undefined ? '' : (found.seconds / ours.seconds).toFixed(1),
  ]);
}

const at = process.argv.indexOf('--work');
if (at >= 0) {
  const [, work, ...args] = process.argv.slice(at);
  const before = performance.now();
  await WORK[work](args[0], Number(args[1]));
  const seconds = (performance.now() - before) / 1000;
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(JSON.stringify({ seconds, megabytes }));
} else {
  await inFolder(async (folder) => {
    const rows = [];
    for (const megabytes of numbers('megabytes', [100, 1000])) {
      const path = join(folder, `${megabytes}.pst`);
      const made = inProcess('write', path, String(megabytes));
      process.stdout.write(
        `written: ${megabytes} MB in ${made.seconds.toFixed(1)} s, ${(megabytes / made.seconds).toFixed(1)} MB/s, peak ${made.megabytes} MB\n`,
      );
      rows.push(...(await compare(path, megabytes, folder)));
    }
    table([['file', 'reader', 'seconds', 'peak MB', 'times ours'], ...rows]);
  });
}
