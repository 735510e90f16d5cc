// The queues that ours is measured beside. Each is opened with a sink and a folder, accepts messages durably, hands them
// to the sink by SMTP, and is closed. `missing` says why a peer cannot be had here.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import nodemailer from 'nodemailer';
import { nodemapi, profileHome } from './lib.mjs';

/** SMTP connections that a sender may have open at a time. */
const CONNECTIONS = 5;
const POSTFIX_DAEMONS = '/usr/lib/postfix/sbin';
const POSTFIX_MASTER = ['/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf'];

const MAPI = fileURLToPath(new URL('../node_modules/.bin/mapi', import.meta.url));

const hasProgram = (name, ...args) => spawnSync(name, args).error === undefined;

export function pooledTransport(port, maxConnections = CONNECTIONS) {
  return nodemailer.createTransport({
    ...{ host: '127.0.0.1', port, pool: true, maxConnections, maxMessages: Infinity, ignoreTLS: true },
  });
}

const mailOf = (index, text) => ({
  ...{ from: 'bench@example.test', to: 'to@example.test', subject: `message ${index}`, text },
});

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Our queue, in this process. */
const own = {
  name: 'nodemapi',
  missing: () => undefined,
  async open({ sink, folder, text }) {
    const subsystem = await profileHome(join(folder, 'home'), sink.port);
    return submitter(subsystem, text, { policy: 'drain', deadlineMs: 60_000 });
  },
};

/** Our queue, emptied by a program of its own: `mapi serve`. */
export const served = {
  name: 'nodemapi + serve',
  missing: () => undefined,
  async open({ sink, folder, text }) {
    const home = join(folder, 'served');
    const subsystem = await profileHome(home, sink.port);
    const server = await startServe(home);
    const queue = await submitter(subsystem, text, { noMail: true, policy: 'leave' });
    return {
      accept: queue.accept,
      close: async () => {
        await queue.close();
        await server.stop();
      },
    };
  },
};

/** A session that submits. */
async function submitter(subsystem, text, { noMail = false, ...ending }) {
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true, noMail });
  const store = await nodemapi.openDefaultStore(session);
  const outbox = await nodemapi.openSpecialFolder(store, 'outbox');
  const sentMail = await nodemapi.specialFolderId(store, 'sentMail');
  return {
    accept: async (index) => {
      const { from: _ours, ...mail } = mailOf(index, text);
      const message = await nodemapi.composeMessage(outbox, { ...mail, to: [mail.to], sentMail });
      await message.submitMessage();
      await message.release();
    },
    close: async () => {
      await outbox.release();
      await store.release();
      const end = await nodemapi.endSession(session, ending);
      if (end.outgoing.left + end.outgoing.unknown > 0) throw new Error('not everything was sent');
    },
  };
}

/** Starts `mapi serve` and waits until it is logged on. */
async function startServe(home) {
  const child = spawn(process.execPath, [MAPI, 'serve', '--home', home, '--profile', 'bench'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    child.stderr.once('data', resolve); // "serving"
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`mapi serve ended with ${code}`)));
  });
  return {
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Postfix as Debian sets it up, with queue, port and next hop of its own; messages come by smtp-source. */
const postfix = {
  name: 'Postfix',
  missing: () => {
    if (!existsSync(`${POSTFIX_DAEMONS}/master`) || !hasProgram('smtp-source')) return 'postfix is not installed';
    if (process.getuid?.() !== 0) return 'postfix can only be started by root';
    return undefined;
  },
  async open({ sink, folder, text, inflight }) {
    const port = await freePort();
    const config = join(folder, 'postfix');
    const run = (command) => {
      const done = spawnSync('postfix', ['-c', config, command], { encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`postfix ${command}: ${done.stdout}${done.stderr}`);
    };
    await chmod(folder, 0o755);
    await writePostfixConfig(config, { port, sink: sink.port });
    run('start');
    await listening(port);
    const client = pooledTransport(port, inflight);
    return {
      accept: (index) => client.sendMail(mailOf(index, text)),
      acceptAll: async (count) => {
        const size = ['-s', String(inflight), '-m', String(count), '-l', String(text.length)];
        const people = ['-f', 'bench@example.test', '-t', 'to@example.test'];
        const source = spawn('smtp-source', ['-d', ...size, ...people, `127.0.0.1:${port}`], { stdio: 'inherit' });
        const code = await new Promise((resolve) => source.once('exit', resolve));
        if (code !== 0) throw new Error(`smtp-source ended with ${code}`);
      },
      close: async () => {
        client.close();
        run('stop');
      },
    };
  },
};

async function writePostfixConfig(config, { port, sink }) {
  const queue = join(config, 'queue');
  const data = join(config, 'data');
  await mkdir(queue, { recursive: true });
  await mkdir(data, { recursive: true });
  spawnSync('chown', ['postfix', data]);
  const main = {
    ...{ compatibility_level: '3.6', queue_directory: queue, data_directory: data, daemon_directory: POSTFIX_DAEMONS },
    ...{
      myhostname: 'bench.example.test',
      mydestination: '',
      inet_interfaces: 'loopback-only',
      inet_protocols: 'ipv4',
    },
    ...{ mynetworks: '127.0.0.0/8', smtpd_relay_restrictions: 'permit_mynetworks, reject' },
    ...{ relayhost: `[127.0.0.1]:${sink}`, maillog_file: join(config, 'log'), maillog_file_prefixes: config },
    ...{ alias_maps: '', alias_database: '' },
  };
  const lines = Object.entries(main).map(([name, value]) => `${name} = ${value}`);
  await writeFile(join(config, 'main.cf'), `${lines.join('\n')}\n`);
  const source = await readFile(POSTFIX_MASTER.find(existsSync), 'utf8');
  const services = source
    .split('\n')
    .filter((line) => /^[a-z]/u.test(line) && !/\b(?:pipe|smtpd)$/u.test(line))
    .map((line) => line.replace(/^(\S+\s+\S+\s+\S+\s+\S+\s+)[y-](\s)/u, '$1n$2')); // no chroot: there are no files for it
  const smtpd = `127.0.0.1:${port} inet n - n - - smtpd`;
  await writeFile(join(config, 'master.cf'), `${[smtpd, ...services].join('\n')}\n`);
}

/** Waits until somebody listens. */
async function listening(port) {
  for (let attempts = 0; ; attempts++) {
    const isThere = await new Promise((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    if (attempts > 100) throw new Error(`nobody listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** BullMQ on a Redis that syncs every write, and nodemailer's pool behind it. */
const bullmq = {
  name: 'BullMQ',
  missing: () => (hasProgram('redis-server', '--version') ? undefined : 'redis-server is not installed'),
  async open({ sink, folder, text, inflight }) {
    const { Queue, Worker } = await import('bullmq');
    const { default: Redis } = await import('ioredis');
    const redis = await startRedis(folder);
    const connections = [];
    const connection = () => {
      connections.push(new Redis({ port: redis.port, host: '127.0.0.1', maxRetriesPerRequest: null }));
      return connections.at(-1);
    };
    const queue = new Queue('mail', { connection: connection() });
    await queue.waitUntilReady();
    const transport = pooledTransport(sink.port);
    const options = { connection: connection(), concurrency: inflight };
    const worker = new Worker('mail', (job) => transport.sendMail(job.data), options);
    await worker.waitUntilReady();
    return {
      accept: (index) => queue.add('send', mailOf(index, text), { removeOnComplete: true }),
      close: async () => {
        await worker.close();
        await queue.close();
        transport.close();
        for (const each of connections) await each.quit();
        await redis.stop();
      },
    };
  },
};

/** Starts redis-server and waits until it listens; what it says is shown if it does not. */
export async function startRedis(folder) {
  const port = await freePort();
  const dir = join(folder, 'redis');
  await mkdir(dir, { recursive: true });
  const settings = { port, bind: '127.0.0.1', dir, appendonly: 'yes', appendfsync: 'always', save: '' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', args);
  let said = '';
  const isListening = new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said}`)));
  });
  await isListening;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    port,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** The plainest fair queue: a table of SQLite that syncs every commit, taken from in batches, and nodemailer's pool. */
const sqlite = {
  name: 'SQLite',
  missing: () => undefined,
  async open({ sink, folder, text, inflight }) {
    const db = new DatabaseSync(join(folder, 'jobs.db'));
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE job (id INTEGER PRIMARY KEY, data TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0);
      CREATE INDEX job_free ON job (id) WHERE taken = 0`);
    const add = db.prepare('INSERT INTO job (data) VALUES (?)');
    const take = db.prepare(`UPDATE job SET taken = 1
      WHERE id IN (SELECT id FROM job WHERE taken = 0 ORDER BY id LIMIT ?) RETURNING id, data`);
    const remove = db.prepare('DELETE FROM job WHERE id = ?');
    const transport = pooledTransport(sink.port);
    const running = new Set();
    const pump = () => {
      if (running.size > inflight / 2) return;
      for (const { id, data } of take.all(inflight - running.size)) {
        const job = transport.sendMail(JSON.parse(data)).then(() => {
          running.delete(job);
          remove.run(id);
          pump();
        });
        running.add(job);
      }
    };
    return {
      accept: async (index) => {
        add.run(JSON.stringify(mailOf(index, text)));
        setImmediate(pump);
        await new Promise((resolve) => setImmediate(resolve)); // others get their turn between two commits
      },
      close: async () => {
        while (running.size > 0) await Promise.all(running);
        transport.close();
        db.close();
      },
    };
  },
};

/** nodemailer's pool alone: nothing is durable, so it is no peer but a measure. */
const pool = {
  name: 'pool, no queue',
  missing: () => undefined,
  async open({ sink, text }) {
    const transport = pooledTransport(sink.port);
    return { accept: (index) => transport.sendMail(mailOf(index, text)), close: async () => transport.close() };
  },
};

export const QUEUES = [own, served, postfix, bullmq, sqlite, pool];
