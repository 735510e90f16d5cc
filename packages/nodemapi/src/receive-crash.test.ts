/**
 * Kills the receiver with SIGKILL at every step of a reception from three sources: local delivery, a maildir and an
 * mbox that is emptied. A second process receives the rest; afterwards each message is in the inbox once.
 *
 * `KILL_EVERY_STEP=1` takes every step; without it some of them, spread over the whole.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFileSystem } from '@nodemapi/base';
import { standaloneHost } from '@nodemapi/kit';
import { PR_SUBJECT, propOf } from '@nodemapi/mapi';
import { deliverToMailbox } from '@nodemapi/transport-local';
import { test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { openDefaultStore, openSpecialFolder } from './index.ts';
import { serviceProps } from './service-options.ts';

const CHILD = fileURLToPath(new URL('./receive-child.testing.mjs', import.meta.url));
const SAMPLE = 3;
const MAILS = ['local 1', 'local 2', 'maildir 1', 'maildir 2', 'mbox 1', 'mbox 2'];

interface Said {
  readonly steps?: number;
  readonly received?: number;
  readonly killedAt?: string;
}

const text = (subject: string): string => `From: a@example.test\nSubject: ${subject}\n\nbody\n`;

class World implements AsyncDisposable {
  readonly home: string;
  readonly sources: string;

  private constructor(home: string, sources: string) {
    this.home = home;
    this.sources = sources;
  }

  static async make(): Promise<World> {
    const root = await mkdtemp(join(tmpdir(), 'nodemapi-receive-'));
    const world = new World(join(root, 'home'), join(root, 'sources'));
    await world.#configure();
    const host = { ...(await standaloneHost()), home: world.home, files: nodeFileSystem };
    for (const subject of MAILS) await world.#put(subject, host);
    return world;
  }

  async #configure(): Promise<void> {
    const subsystem = await createSubsystem({ home: this.home });
    await subsystem.MAPIInitialize();
    const admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('crash');
    const services = await admin.adminServices('crash');
    await services.createMsgServiceEx('sql');
    const values = {
      local: { addresses: 'crash@localhost' },
      maildir: { path: join(this.sources, 'Maildir') },
      mbox: { path: join(this.sources, 'mbox'), after: 'delete' },
    };
    for (const name of ['local', 'maildir', 'mbox'] as const) {
      const service = subsystem.catalogue.services[name];
      assert.ok(service !== undefined);
      const uid = await services.createMsgServiceEx(name);
      await services.configureMsgService(uid, serviceProps(service, values[name]));
    }
    await subsystem.MAPIUninitialize();
  }

  async #put(subject: string, host: Parameters<typeof deliverToMailbox>[0]): Promise<void> {
    const [kind = '', number = ''] = subject.split(' ');
    if (kind === 'local') {
      const body = (async function* () {
        yield new TextEncoder().encode(text(subject));
      })();
      await deliverToMailbox(host, 'crash@localhost', { key: subject, returnPath: '', body });
      return;
    }
    if (kind === 'mbox') {
      await writeFile(join(this.sources, 'mbox'), `From a\n${text(subject)}\n`, { flag: 'a' });
      return;
    }
    for (const folder of ['tmp', 'new', 'cur']) await mkdir(join(this.sources, 'Maildir', folder), { recursive: true });
    await writeFile(join(this.sources, 'Maildir', 'new', `${number}.a`), text(subject));
  }

  async run(killAt = 0): Promise<Said> {
    const child = spawn(process.execPath, [CHILD, this.home, this.sources, String(killAt)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await new Promise((resolve) => child.once('close', resolve));
    return JSON.parse(output) as Said;
  }

  /** Receives what is left, and answers what is in the inbox then. */
  async rest(): Promise<{ readonly received: number; readonly subjects: readonly string[] }> {
    const subsystem = await createSubsystem({ home: this.home, spooler: { onlyFlushes: true } });
    await subsystem.MAPIInitialize();
    const session = await subsystem.MAPILogonEx(null, 'crash', null, { newSession: true });
    const spooler = await subsystem.readySpoolerOf(session);
    assert.ok(spooler !== undefined);
    const { received } = await spooler.flushQueues({ download: true });
    const store = await openDefaultStore(session);
    const inbox = await openSpecialFolder(store, 'inbox');
    const table = await inbox.getContentsTable();
    await table.setColumns([PR_SUBJECT]);
    const rows = await table.queryRows(100);
    await session.logoff();
    await subsystem.MAPIUninitialize();
    return { received, subjects: rows.map((row) => propOf(row, PR_SUBJECT) ?? '').sort() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(join(this.home, '..'), { recursive: true, force: true });
  }
}

test('XP-050, SPOOL-070: kill -9 at a step of a reception loses nothing and brings nothing twice', {
  timeout: 600_000,
}, async (context) => {
  let steps = 0;
  {
    await using world = await World.make();
    const whole = await world.run();
    steps = whole.steps ?? 0;
    assert.equal(whole.received, MAILS.length);
    assert.deepEqual(await world.rest(), { received: 0, subjects: MAILS });
    assert.equal(await readFile(join(world.sources, 'mbox'), 'utf8'), '');
    assert.deepEqual(await readdir(join(world.sources, 'Maildir', 'cur')), ['1.a:2,S', '2.a:2,S']);
  }
  assert.ok(steps >= 30, `only ${steps} steps were seen`);
  const every = process.env.KILL_EVERY_STEP === '1' ? 1 : steps / SAMPLE;
  let kills = 0;
  for (let at = 1; at <= steps; at += every) {
    await using world = await World.make();
    const { killedAt } = await world.run(Math.floor(at));
    assert.ok(killedAt !== undefined, `step ${Math.floor(at)} was not reached`);
    kills++;
    const { subjects } = await world.rest();
    assert.deepEqual(subjects, MAILS, `step ${Math.floor(at)}, ${killedAt}`);
  }
  context.annotate(`${kills} kills at ${steps} steps`);
});
