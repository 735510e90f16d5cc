/**
 * A real Postfix of its own, with its own directories and port, which delivers everything for box.test into one maildir.
 * It needs the program and the rights of the superuser, which its master process wants.
 */
import { execFile, spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@nodemapi/base';

const run = promisify(execFile);
const NOBODY = 65_534;
const START_MS = 240_000;
/** When nothing has come for so long, nothing comes any more. */
const QUIET_MS = 60_000;

const DAEMONS = [
  'pickup unix n - n 60 1 pickup',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'rewrite unix - - n - - trivial-rewrite',
  ...['bounce', 'defer', 'trace'].map((name) => `${name} unix - - n - 0 bounce`),
  ...['error', 'retry'].map((name) => `${name} unix - - n - - error`),
  'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap',
  'showq unix n - n - - showq',
  'virtual unix - n n - - virtual',
  'anvil unix - - n - 1 anvil',
  'postlog unix-dgram n - n - 1 postlogd',
];

/** Why there is no Postfix to try; undefined if there is one. */
export function whyNoPostfix(): string | undefined {
  if (process.env.POSTFIX === undefined) return 'POSTFIX=1 is not set';
  if (spawnSync('postconf', ['-d', 'mail_version']).status !== 0) return 'Postfix is not installed';
  return process.getuid?.() === 0 ? undefined : 'Postfix is started by the superuser only';
}

export class Postfix implements AsyncDisposable {
  readonly #folder: string;
  readonly port: number;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  /** @param settings lines of main.cf */
  static async start(settings: readonly string[] = []): Promise<Postfix> {
    const folder = await mkdtemp('/tmp/postfix-'); // its own users must reach it: that of the tests may be closed to them
    await chmod(folder, 0o755);
    const postfix = new Postfix(folder, await freePort());
    await postfix.#configure(settings);
    await postfix.resume();
    return postfix;
  }

  /** Ends it, its connections too. */
  async stop(): Promise<void> {
    await this.#control('stop');
  }

  /** Starts it, and waits until it listens. */
  async resume(): Promise<void> {
    await this.#control('start');
    const untilMs = systemClock.monotonicMs() + START_MS;
    while (!(await listens(this.port))) {
      if (systemClock.monotonicMs() > untilMs) throw new Error('Postfix does not listen');
      await systemClock.delay(50);
    }
  }

  /** The messages that have arrived, when there are `count` of them, or when no more come. */
  async mails(count: number): Promise<readonly string[]> {
    let untilMs = systemClock.monotonicMs() + QUIET_MS;
    let before = 0;
    const box = join(this.#folder, 'mail', 'box', 'new');
    for (;;) {
      const names = await readdir(box).catch(() => []);
      if (names.length > before) untilMs = systemClock.monotonicMs() + QUIET_MS;
      before = names.length;
      if (names.length >= count || systemClock.monotonicMs() > untilMs) {
        return await Promise.all(names.map((name) => readFile(join(box, name), 'utf8')));
      }
      await systemClock.delay(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {}); // it may be stopped
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #control(command: 'start' | 'stop'): Promise<void> {
    await run('postfix', ['-c', join(this.#folder, 'conf'), command]);
  }

  async #configure(settings: readonly string[]): Promise<void> {
    const folder = this.#folder;
    for (const name of ['conf', 'queue', 'data', 'mail']) await mkdir(join(folder, name));
    await chown(join(folder, 'mail'), NOBODY, NOBODY);
    const { stdout } = await run('id', ['-u', 'postfix']);
    await chown(join(folder, 'data'), Number(stdout), 0);
    const main = [
      ...['compatibility_level = 3.6', 'myhostname = post.test', 'mydestination =', 'inet_interfaces = 127.0.0.1'],
      ...[`queue_directory = ${folder}/queue`, `data_directory = ${folder}/data`, `maillog_file = ${folder}/log`],
      ...['maillog_file_prefixes = /tmp, /var', 'mynetworks = 127.0.0.0/8', 'alias_maps =', 'alias_database ='],
      ...['virtual_mailbox_domains = box.test', `virtual_mailbox_base = ${folder}/mail`],
      ...['virtual_mailbox_maps = inline:{ @box.test=box/ }', 'virtual_minimum_uid = 100', 'smtputf8_enable = no'],
      ...[`virtual_uid_maps = static:${NOBODY}`, `virtual_gid_maps = static:${NOBODY}`],
      ...settings,
    ];
    const services = [`127.0.0.1:${this.port} inet n - n - - smtpd`, ...DAEMONS];
    await writeFile(join(folder, 'conf', 'main.cf'), `${main.join('\n')}\n`);
    await writeFile(join(folder, 'conf', 'master.cf'), `${services.join('\n')}\n`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
