// Feeds hostile bytes to a decoder, led by what they make it do.
//
//   npm run fuzz                                   names the targets
//   npm run fuzz -- TARGET [--seconds N] [--seed S] [--corpus DIR] [--replay FILE]
//
// Inputs are the target's own seeds, the files of the corpus (`../shared/corpus` where there is one), and damaged
// copies of both; a copy that reaches a branch as often as none before is damaged further. What fails is written to
// fuzz-failures/ with the seed that found it: an error that is no MapiError, a call that takes too long for the size of
// its input, and one that takes too much memory. The decoder runs in a thread, which is ended if it hangs or bursts.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { commandLine } from './command-line.mjs';
import { FUZZ_FILE, instrumentedBundle } from './fuzz-build.mjs';
import { files, isMain, root } from './workspace.mjs';

const hangMs = 20_000;
const heapMegabytesMax = 2048;
const failures = join(root, 'fuzz-failures');
const usualCorpus = join(root, '../shared/corpus');

async function main() {
  const { values, positionals } = commandLine(import.meta.url, {
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      corpus: { type: 'string', default: existsSync(usualCorpus) ? usualCorpus : '' },
      replay: { type: 'string' },
    },
  });
  const [name] = positionals;
  const file = name === undefined ? undefined : fileOf(name);
  if (file === undefined) {
    process.stdout.write(`targets: ${targetNames().join(' ')}\n`);
    return name === undefined ? 0 : 2;
  }
  const bundle = await instrumentedBundle(file);
  const options = {
    bundle,
    name,
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    corpus: values.corpus === '' ? [] : corpusFiles(resolve(values.corpus)),
    replay: values.replay === undefined ? undefined : resolve(values.replay),
  };
  return run(options);
}

/** Runs the worker and watches over it; the answer is the exit code. */
function run(options) {
  const shared = new SharedArrayBuffer(4 * 4);
  const input = new SharedArrayBuffer(1 << 22);
  const worker = new Worker(new URL('fuzz-worker.mjs', import.meta.url), {
    workerData: { ...options, shared, input },
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  });
  const [calls, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
  const current = () => new Uint8Array(input.slice(0, Atomics.load(length, 0)));
  let found = 0;
  const fail = (kind, bytes, text) => {
    found += 1;
    mkdirSync(failures, { recursive: true });
    const path = join(failures, `${options.name}-${options.seed}-${kind}-${found}`);
    writeFileSync(`${path}.bin`, bytes);
    writeFileSync(`${path}.txt`, `target ${options.name}, seed ${options.seed}, ${bytes.length} bytes\n${text}\n`);
    process.stderr.write(`${kind}: ${path}.bin\n${text}\n`);
  };
  return new Promise((done) => {
    let last = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(calls, 0);
      if (now === last && now > 0) {
        fail('hang', current(), `a call takes more than ${hangMs / 1000} s`);
        void worker.terminate();
      }
      last = now;
    }, hangMs);
    worker.on('message', ({ failure, text }) => {
      if (failure !== undefined) fail(failure.kind, failure.bytes, failure.text);
      else process.stdout.write(`${text}\n`);
    });
    worker.on('error', (error) => fail('burst', current(), String(error.stack)));
    worker.on('exit', () => {
      clearInterval(watch);
      process.stdout.write(`${options.name}: ${found === 0 ? 'nothing' : found} found\n`);
      done(found === 0 ? 0 : 1);
    });
  });
}

/** The files that name targets, by path. */
function targetFiles() {
  return files('packages').filter((path) => FUZZ_FILE.test(path));
}

/** Names are read from the text: to run the file would need a bundle of each. */
function namesIn(path) {
  return [...readFileSync(join(root, path), 'utf8').matchAll(/^\s*name: '([^']+)',$/gm)].map((match) => match[1]);
}

function targetNames() {
  return targetFiles().flatMap(namesIn);
}

function fileOf(name) {
  return targetFiles().find((path) => namesIn(path).includes(name));
}

/** Every file of the corpus by its first folder. */
function corpusFiles(folder) {
  return readdirSync(folder)
    .filter((kind) => statSync(join(folder, kind)).isDirectory())
    .flatMap((kind) => readdirSync(join(folder, kind)).map((name) => ({ kind, path: join(folder, kind, name) })));
}

if (isMain(import.meta.url)) process.exitCode = await main();
