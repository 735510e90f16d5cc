// PST: writing one, and reading everything of it (all messages, all properties, hashes of attachments), beside
// pst-extractor, pffexport and readpst (Debian: pff-tools, pst-utils).
//
//   node pst.mjs [--megabytes 100,1000] [--corpus DIR]
//
// Each reader runs in a process of its own; its start is not counted, and for the C tools the time of `-V` is taken
// off. pffexport and readpst write what they read to files, which we do not. Processor time is of the user and the
// system, of all threads: on a busy machine it says more than the clock. Of a corpus one process reads all the files that
// pst-extractor gets through.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFolder, median, nodemapi, numbers, table } from './lib.mjs';

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
  const file = new PSTFile(path);
  walk(file.getRootFolder());
  file.close();
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
/** A corpus of small files is read so often in one process: in the first pass the engine compiles most of the time. */
const PASSES = 3;

/** Runs one piece of work on each path in a process, which says how long each took without its start. */
function inProcess(work, paths, ...args) {
  const options = { encoding: 'utf8', timeout: 1_800_000, maxBuffer: 1 << 28 };
  const run = spawnSync(process.execPath, [self, '--work', work, JSON.stringify(paths), ...args], options);
  const answer = run.stdout.split('\n').find((line) => line.startsWith('{"each"'));
  if (run.status !== 0 || answer === undefined) throw new Error(`${work} failed: ${run.stderr.slice(-2000)}`);
  return JSON.parse(answer);
}

/** In the process: what the work takes on each path. */
async function measure(work, paths, args) {
  const each = [];
  for (const path of paths) {
    const [before, used] = [performance.now(), process.cpuUsage()];
    let error;
    try {
      await WORK[work](path, ...args);
    } catch (thrown) {
      error = String(thrown);
    }
    const { user, system } = process.cpuUsage(used);
    each.push({ path, error, seconds: (performance.now() - before) / 1000, cpu: (user + system) / 1e6 });
  }
  return { each, megabytes: Math.round(process.resourceUsage().maxRSS / 1024) };
}

function cpuOf({ each }, path) {
  return each.find((one) => one.path === path).cpu;
}

function total(each) {
  const sum = (of) => each.reduce((all, one) => all + of(one), 0);
  return { seconds: sum((one) => one.seconds), cpu: sum((one) => one.cpu) };
}

/** Seconds and processor seconds of a program; undefined if it is not there. */
function timed(program, args) {
  const before = performance.now();
  const command = `TIMEFORMAT='cpu %U %S'; command -v ${program} >/dev/null || exit 127; time "$0" "$@" >/dev/null 2>&1`;
  const run = spawnSync('bash', ['-c', command, program, ...args], { encoding: 'utf8' });
  const found = /cpu ([\d.]+) ([\d.]+)/.exec(run.stderr);
  if (run.status === 127 || found === null) return undefined;
  return { seconds: (performance.now() - before) / 1000, cpu: Number(found[1]) + Number(found[2]) };
}

/** What a program takes for all paths, its starts taken off. */
async function tool(program, paths, args, folder) {
  const sum = { seconds: 0, cpu: 0 };
  for (const path of paths) {
    const start = timed(program, ['-V']);
    const run = timed(program, args(path));
    if (start === undefined || run === undefined) return undefined;
    sum.seconds += run.seconds - start.seconds;
    sum.cpu += run.cpu - start.cpu;
    for (const name of await readdir(folder))
      if (!name.endsWith('.pst')) await rm(join(folder, name), { recursive: true, force: true });
  }
  return sum;
}

async function compare(label, paths, folder) {
  const theirs = inProcess('readTheirs', paths);
  const readable = theirs.each.filter((one) => one.error === undefined).map((one) => one.path);
  if (readable.length < paths.length)
    process.stdout.write(`pst-extractor fails on ${paths.length - readable.length} of ${paths.length} files\n`);
  const passes = readable.length > 1 ? PASSES : 1;
  const all = inProcess('read', Array(passes).fill(readable).flat());
  const ours = { ...all, each: all.each.slice(0, readable.length) };
  const last = total(all.each.slice(-readable.length));
  for (const { path, error } of ours.each) if (error !== undefined) process.stdout.write(`${path}: ${error}\n`);
  if (readable.length > 1) {
    const ratios = readable.map((path) => cpuOf(theirs, path) / cpuOf(ours, path));
    process.stdout.write(
      `pst-extractor, median of ${readable.length} files: ${median(ratios).toFixed(1)} times our processor time\n`,
    );
  }
  const pff = (path) => ['-q', '-m', 'items', '-f', 'all', '-t', join(folder, 'pff'), path];
  const own = total(ours.each);
  const rows = [
    ['nodemapi', { ...own, megabytes: ours.megabytes }],
    ...(passes > 1 ? [[`nodemapi, pass ${passes}`, { ...last, megabytes: ours.megabytes }]] : []),
    ['pst-extractor', { ...total(theirs.each.filter((one) => one.error === undefined)), megabytes: theirs.megabytes }],
    ['pffexport', await tool('pffexport', readable, pff, folder)],
    ['readpst', await tool('readpst', readable, (path) => ['-q', '-D', '-b', '-e', '-o', folder, path], folder)],
  ];
  return rows.map(([name, found]) =>
    found === undefined
      ? [label, name, 'not there', '', '', '', '']
      : [
          label,
          name,
          found.seconds.toFixed(2),
          (found.seconds / own.seconds).toFixed(1),
          found.cpu.toFixed(2),
          (found.cpu / own.cpu).toFixed(1),
          found.megabytes ?? '',
        ],
  );
}

/** The .pst and .ost files of a folder. */
async function corpusOf(folder) {
  return (await readdir(folder)).filter((name) => /\.[op]st$/i.test(name)).map((name) => join(folder, name));
}

const work = process.argv.indexOf('--work');
const corpus = process.argv.indexOf('--corpus');
if (work >= 0) {
  const [, name, paths, ...args] = process.argv.slice(work);
  const measured = await measure(name, JSON.parse(paths), args.map(Number));
  process.stdout.write(`\n${JSON.stringify(measured)}\n`);
} else {
  await inFolder(async (folder) => {
    const rows = [];
    if (corpus >= 0) {
      const paths = await corpusOf(process.argv[corpus + 1]);
      rows.push(...(await compare(`${paths.length} files`, paths, folder)));
    }
    for (const megabytes of numbers('megabytes', [100, 1000]).filter((size) => size > 0)) {
      const path = join(folder, `${megabytes}.pst`);
      const made = inProcess('write', [path], String(megabytes));
      const { seconds, cpu } = total(made.each);
      process.stdout.write(
        `written: ${megabytes} MB in ${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of processor time), ${(megabytes / seconds).toFixed(1)} MB/s, peak ${made.megabytes} MB\n`,
      );
      rows.push(...(await compare(`${megabytes} MB`, [path], folder)));
      await rm(path);
    }
    table([['file', 'reader', 'seconds', 'times ours', 'cpu', 'times ours', 'peak MB'], ...rows]);
  });
}
