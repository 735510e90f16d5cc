// What the benches share: arguments, medians, a home, the product from the workspace, a sink that counts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const entry = new URL('../packages/nodemapi/dist/index.js', import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write('The product is not built: run "npm ci" in the folder above.\n');
  process.exit(1);
}
export const nodemapi = await import(entry.href);

/** `--name 1,2,3` of the command line as numbers. */
export function numbers(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? '').split(',').map(Number);
}

export function flag(name) {
  return process.argv.includes(`--${name}`);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs `work` in a directory on the disk of this folder, not in memory: durability is what is measured. */
export async function inFolder(work) {
  const path = await mkdtemp(fileURLToPath(new URL('./.work-', import.meta.url)));
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A subsystem with one profile: store, address book, and SMTP to `port` if there is one. */
export async function profileHome(home, port, { product = nodemapi, ...options } = {}) {
  const subsystem = await product.createSubsystem({ home, ...options });
  await subsystem.MAPIInitialize();
  const admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile('bench');
  await admin.setDefaultProfile('bench');
  const services = await admin.adminServices('bench');
  await services.createMsgServiceEx('sql');
  await services.createMsgServiceEx('pab');
  if (port !== undefined) {
    const uid = await services.createMsgServiceEx('smtp');
    const values = {
      host: '127.0.0.1',
      port: String(port),
      from: 'bench@example.test',
      security: 'none',
      connections: '5',
    };
    await services.configureMsgService(uid, product.serviceProps(subsystem.catalogue.services.smtp, values));
  }
  await services.release();
  await admin.release();
  return subsystem;
}

/** Starts the counting SMTP server in a process of its own; `sizeMax` is the largest message that it takes. */
export async function startSink(sizeMax = 100_000_000) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./sink.mjs', import.meta.url)), String(sizeMax)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const port = await new Promise((resolve) => child.once('message', (message) => resolve(message.port)));
  let waiting = null;
  let seen = 0;
  let bytes = 0;
  child.on('message', ({ count, bytes: taken = bytes }) => {
    bytes = taken;
    if (count !== undefined) seen = count;
    if (waiting !== null && count !== undefined && count >= waiting.count) {
      waiting.resolve();
      waiting = null;
    }
  });
  return {
    port,
    /** Resolves when the sink has taken `count` messages since the last call of `reset`. */
    taken: (count) =>
      new Promise((resolve) => {
        waiting = { count, resolve };
        child.send({ ask: true });
      }),
    /** Messages since the last call of `reset`, as far as the sink has told. */
    count: () => seen,
    /** Bytes of all messages until the last one. */
    bytes: () => bytes,
    reset: () => {
      seen = 0;
      child.send({ reset: true });
    },
    stop: () => child.kill(),
  };
}

/** A body of about `bytes` characters in lines. */
export function bodyOf(bytes) {
  const line = 'The quick brown fox jumps over the lazy dog and is measured while it does.\r\n';
  return line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
}

export function table(rows) {
  const widths = rows[0].map((_, index) => Math.max(...rows.map((row) => String(row[index]).length)));
  for (const row of rows)
    process.stdout.write(`${row.map((cell, index) => String(cell).padStart(widths[index])).join('  ')}\n`);
}

async function acceptAll(queue, count, inflight) {
  if (queue.acceptAll !== undefined) return queue.acceptAll(count);
  let next = 0;
  await Promise.all(
    Array.from({ length: inflight }, async () => {
      while (next < count) await queue.accept(next++);
    }),
  );
}

/** Messages a second that a queue of `peers.mjs` accepts and hands to the sink, `inflight` at a time. */
export async function arrivalRate(queue, sink, count, inflight) {
  sink.reset();
  const taken = sink.taken(count);
  const start = performance.now();
  await acceptAll(queue, count, inflight);
  const accepted = performance.now() - start;
  await taken;
  return { accepted: (count * 1000) / accepted, arrived: (count * 1000) / (performance.now() - start) };
}
