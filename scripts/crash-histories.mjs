// The random histories of the crash matrix: in pieces, shared by several processes, and gone on with after an interruption.
//
// What is done stands in a file until all of it is done: whoever starts the same number of histories with the same seed goes on
// there, with as many processes as he likes. A piece that was interrupted begins anew.
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Histories of one piece. */
export const pieceSize = 100;
/** Of each piece so many are of a store that has the documented methods only. */
const plainOfPiece = 25;
const reportEveryMs = 60_000;

/** How far a run has come. */
export class Progress {
  #path;
  done = new Set();
  failures = [];

  /** @param folder where it is kept, by seed and number of histories */
  constructor(folder, seed, histories) {
    this.#path = join(folder, `histories-${seed}-${histories}.json`);
    try {
      const { done, failures } = JSON.parse(readFileSync(this.#path, 'utf8'));
      this.done = new Set(done);
      this.failures = failures;
    } catch (error) {
      if (error.code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error; // nothing is known: from the beginning
    }
  }

  add(piece, failures) {
    this.done.add(piece);
    this.failures.push(...failures);
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.tmp`, JSON.stringify({ done: [...this.done], failures: this.failures }));
    renameSync(`${this.#path}.tmp`, this.#path);
  }

  remove() {
    rmSync(this.#path, { force: true });
  }
}

/** The pieces of so many histories: the number of the first history, and how many there are. */
export function piecesOf(histories, seed) {
  const first = seed * 1_000_000;
  return Array.from({ length: Math.ceil(histories / pieceSize) }, (_, piece) => ({
    piece,
    seed: first + piece * pieceSize,
    count: Math.min(pieceSize, histories - piece * pieceSize),
  }));
}

/**
 * Runs the histories, `atOnce` processes at a time; answers how many there were, and what was wrong.
 *
 * @param folder where the progress is kept
 * @param bundle the module with `runHistories`
 */
export async function randomHistories({ histories, seed, atOnce, folder, bundle, say }) {
  const progress = new Progress(folder, seed, histories);
  const all = piecesOf(histories, seed);
  const left = all.filter(({ piece }) => !progress.done.has(piece));
  const countOf = (pieces) => pieces.reduce((sum, { count }) => sum + count, 0);
  const before = histories - countOf(left);
  if (before > 0) say(`goes on after ${before} histories, with ${progress.failures.length} failures until now`);
  const started = performance.now();
  const soFar = () => countOf(all.filter(({ piece }) => progress.done.has(piece)));
  const tell = () => {
    const seconds = (performance.now() - started) / 1000;
    const rate = ((soFar() - before) / seconds).toFixed(1);
    say(`${soFar()} of ${histories} histories, ${progress.failures.length} failures, ${rate} in a second`);
  };
  const timer = setInterval(tell, reportEveryMs);
  const interrupted = () => {
    tell();
    say('interrupted; the same command goes on here');
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const onPiece = (piece, failures) => {
    for (const failure of failures) say(`WRONG ${failure}`);
    progress.add(piece, failures);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, () => worker(bundle, left, onPiece)));
  } finally {
    clearInterval(timer);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
  progress.remove();
  return { points: histories, failures: progress.failures };
}

/** A process that takes one piece after the other. */
function worker(bundle, left, onPiece) {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, CRASH_HISTORIES: '1' } });
  return new Promise((resolve, reject) => {
    let mine = left.shift();
    child.send({ bundle, ...mine });
    child.on('message', ({ failures }) => {
      onPiece(mine.piece, failures);
      mine = left.shift();
      if (mine === undefined) child.disconnect();
      else child.send({ bundle, ...mine });
    });
    child.once('exit', (code, signal) => {
      if (mine === undefined) resolve();
      else reject(new Error(`a process ended with ${signal ?? code} in the histories from ${mine.seed} on`));
    });
  });
}

async function work({ bundle, seed, count }) {
  const { runHistories } = await import(pathToFileURL(bundle).href);
  const plain = Math.floor((count * plainOfPiece) / pieceSize);
  const recorded = count - plain;
  const failures = [
    ...(await runHistories({ count: recorded, seed })),
    ...(await runHistories({ count: plain, seed: seed + recorded, records: false })),
  ];
  process.send({ failures });
}

if (process.env.CRASH_HISTORIES !== undefined) {
  process.on('SIGINT', () => {}); // of the terminal: the process above says how far it came, and lets go of us
  process.on('message', work);
  process.once('disconnect', () => process.exit());
}
