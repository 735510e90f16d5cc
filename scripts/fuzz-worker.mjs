// The thread of fuzz.mjs that runs the decoder.
import { readFileSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';

const { bundle, name, seed, seconds, corpus, replay, shared, input: current } = workerData;
const { FUZZ_TARGETS, FUZZ_BYTES_MAX, damagedCopy, seededRandom, COUNTERS } = await import(bundle);
const target = FUZZ_TARGETS.find((each) => each.name === name);

const memoryPerByte = target.memoryPerByte ?? 64;
const msPerKilobyte = target.msPerKilobyte ?? 1;
/** What any call may cost, whatever its input. */
const memoryFree = 32 * 1024 * 1024;
const msFree = 250;
const failuresMax = 20;
const poolMax = 5000;
const reportMs = 10_000;

const calls = new Int32Array(shared, 0, 1);
const length = new Int32Array(shared, 4, 1);
const currentBytes = new Uint8Array(current);
/** For each counter the size classes (1, 2, 3, 4-7, 8-15, …) that some input reached, as bits. */
const reached = new Uint32Array(COUNTERS.length);
const failed = new Set();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const wrongs = { errors: 0, calls: 0 };
if (replay !== undefined) await call(new Uint8Array(readFileSync(replay)));
else await fuzz();

async function fuzz() {
  const files = corpus
    .filter(({ kind }) => target.corpus.includes(kind))
    .map(({ path }) => new Uint8Array(readFileSync(path)));
  const seeds = [...(await target.seeds()), ...files].map((bytes) => bytes.slice(0, FUZZ_BYTES_MAX));
  const pool = [];
  for (const bytes of seeds) {
    await call(bytes);
    pool.push(bytes);
  }
  const source = { random: seededRandom(seed), others: pool, words: target.words ?? [] };
  const end = performance.now() + seconds * 1000;
  let next = performance.now() + reportMs;
  while (performance.now() < end && failed.size < failuresMax) {
    const parent = chosen(pool, source.random);
    const child = damagedCopy(parent, source);
    if (await call(child)) {
      if (pool.length < poolMax) pool.push(child);
      else pool[seeds.length + (source.random.uint32() % (poolMax - seeds.length))] = child;
    }
    if (performance.now() > next) {
      next = performance.now() + reportMs;
      say(pool);
    }
  }
  say(pool);
}

/** The smaller of two, since small ones are quick; half of the time from the newest, whose neighbourhood is least known. */
function chosen(pool, random) {
  const from = random.uint32() % 2 === 0 ? Math.max(0, pool.length - 50) : 0;
  const [one, other] = [0, 1].map(() => pool[from + (random.uint32() % (pool.length - from))]);
  return one.length < other.length ? one : other;
}

function say(pool) {
  const branches = reached.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
  const text = `${wrongs.calls} calls, ${wrongs.errors} MapiErrors, ${pool.length} inputs, ${branches} of ${COUNTERS.length} branches`;
  parentPort.postMessage({ text });
}

/** Runs the target; whether it did something new. */
async function call(bytes) {
  currentBytes.set(bytes);
  Atomics.store(length, 0, bytes.length);
  Atomics.add(calls, 0, 1);
  wrongs.calls += 1;
  COUNTERS.fill(0);
  const { ms, memory, error } = await measured(bytes);
  if (error !== undefined) note('error', bytes, error.stack ?? String(error));
  await checkCost(bytes, ms, memory);
  return isNew();
}

async function measured(bytes) {
  const before = used();
  const start = performance.now();
  let error;
  try {
    await target.run(bytes.slice());
  } catch (thrown) {
    if (thrown instanceof Error && Symbol.for('mapi.MapiError') in thrown) wrongs.errors += 1;
    else error = thrown;
  }
  return { ms: performance.now() - start, memory: used() - before, error };
}

/** Time is taken again before it counts: a machine that is busy is slow. Memory likewise, from a clean heap. */
async function checkCost(bytes, ms, memory) {
  const msMax = msFree + (msPerKilobyte * bytes.length) / 1024;
  const memoryMax = memoryFree + memoryPerByte * bytes.length;
  if (ms > msMax) {
    const again = [];
    for (let time = 0; time < 3; time++) again.push((await measured(bytes)).ms);
    const least = Math.min(...again);
    if (least > msMax)
      note('slow', bytes, `${least.toFixed(0)} ms for ${bytes.length} bytes; ${msMax.toFixed(0)} are allowed`);
  }
  if (memory > memoryMax) {
    collectGarbage();
    const again = (await measured(bytes)).memory;
    if (again > memoryMax) note('memory', bytes, `${again} bytes for ${bytes.length}; ${memoryMax} are allowed`);
  }
}

/** Each fault once: by the first lines of its stack, or by its kind. */
function note(kind, bytes, text) {
  const key = kind === 'error' ? text.split('\n').slice(0, 3).join('\n').replaceAll(/\d+/g, '') : kind;
  if (failed.has(key)) return;
  failed.add(key);
  parentPort.postMessage({ failure: { kind, bytes, text } });
}

function used() {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function isNew() {
  let fresh = false;
  for (let at = 0; at < COUNTERS.length; at++) {
    const count = COUNTERS[at];
    if (count === 0) continue;
    const bit = 1 << (count < 4 ? count - 1 : Math.min(31, 34 - Math.clz32(count)));
    if ((reached[at] & bit) !== 0) continue;
    reached[at] |= bit;
    fresh = true;
  }
  return fresh;
}
