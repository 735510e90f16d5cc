/**
 * Kills the sender with SIGKILL at every step between the client's submit and the removal from the queue, and counts
 * what arrived at a real SMTP server. A second process then finishes the work.
 *
 * A step is the moment before or after a call of the spooler on the store, on a message or on the transport, and the
 * moments of the SMTP conversation as the server sees them.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import { describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import { serviceProps } from './service-options.ts';

const CHILD = fileURLToPath(new URL('./crash-child.testing.mjs', import.meta.url));
/** Kills that run side by side. */
const AT_ONCE = 4;

interface Said {
  readonly accepted: boolean;
  readonly killedAt: string | undefined;
  readonly calls: number;
  readonly outgoing: readonly { readonly state: string; readonly reason: string | null; readonly attempts: number }[];
  readonly exitCode: number | null;
}

/** Moments of the SMTP conversation at which the server kills the sender. */
type SmtpMoment = 'connect' | 'mail' | 'rcpt' | 'data' | 'before250' | 'after250';

class World implements AsyncDisposable {
  readonly home: string;
  readonly arrived: string[] = [];
  readonly #server: SMTPServer;
  killMoment: SmtpMoment | undefined;
  child: ChildProcess | undefined;

  private constructor(home: string) {
    this.home = home;
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onConnect: (_session, callback) => this.#at('connect', callback),
      onMailFrom: (_address, _session, callback) => this.#at('mail', callback),
      onRcptTo: (_address, _session, callback) => this.#at('rcpt', callback),
      onData: (stream, _session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => {
          if (chunks.length === 0) this.#at('data', () => undefined);
          chunks.push(chunk);
        });
        stream.on('end', () => {
          if (this.killMoment === 'data') return; // all of it had come before the kill: it is not answered
          const text = Buffer.concat(chunks).toString('utf8');
          this.arrived.push(/^message-id:\s*(\S+)/imu.exec(text)?.[1] ?? '');
          this.#at('before250', callback);
          if (this.killMoment === 'after250') setTimeout(() => this.#kill(), 1);
        });
      },
    });
    this.#server.on('error', () => undefined); // a sender that is killed breaks its connection
  }

  /** @param before services whose transports are asked first */
  static async make(before: readonly string[] = []): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'nodemapi-crash-')));
    await new Promise<void>((resolve) => world.#server.listen(0, '127.0.0.1', resolve));
    const { port } = world.#server.server.address() as AddressInfo;
    const subsystem = await createSubsystem({ home: world.home });
    await subsystem.MAPIInitialize();
    const admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('crash');
    const services = await admin.adminServices('crash');
    await services.createMsgServiceEx('sql');
    for (const name of before) await services.createMsgServiceEx(name);
    const uid = await services.createMsgServiceEx('smtp');
    const values = { host: '127.0.0.1', port: String(port), from: 'from@example.test', security: 'none' };
    const { smtp } = subsystem.catalogue.services;
    assert.ok(smtp !== undefined);
    await services.configureMsgService(uid, serviceProps(smtp, values));
    await subsystem.MAPIUninitialize();
    return world;
  }

  /** Runs a process to its end and answers what it said. */
  async run(mode: 'send' | 'drain', killAt = 0, count = 1): Promise<Said> {
    const child = spawn(process.execPath, [CHILD, this.home, mode, String(killAt), String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Partial<Said>);
    const said: Partial<Said> = Object.assign({}, ...lines);
    return {
      accepted: said.accepted === true,
      killedAt: said.killedAt,
      calls: said.calls ?? 0,
      outgoing: said.outgoing ?? [],
      exitCode,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child?.kill('SIGKILL');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.home, { recursive: true, force: true });
  }

  #at(moment: SmtpMoment, callback: () => void): void {
    if (moment === this.killMoment) this.#kill();
    callback();
  }

  #kill(): void {
    this.child?.kill('SIGKILL');
  }
}

/** What must be true after a kill and a second process that works until the queue is empty. */
function judge(first: Said, second: Said, arrived: readonly string[], when: string): void {
  const where = `${when}: ${JSON.stringify({ first, second, arrived })}`;
  assert.equal(second.exitCode, 0, where);
  if (first.accepted) assert.ok(arrived.length >= 1, `lost, ${where}`);
  assert.ok(arrived.length <= 2, `too many, ${where}`);
  assert.equal(new Set(arrived).size, Math.min(arrived.length, 1), `another Message-ID, ${where}`);
  assert.ok(
    second.outgoing.every(({ state }) => state === 'sent'),
    `not finished, ${where}`,
  );
  if (arrived.length === 2) {
    // Sent twice: only if the server had answered 250 and the record of it was missing, and then it is said.
    assert.ok(
      second.outgoing.some(({ reason }) => /may have been sent/iu.test(reason ?? '')),
      `twice and not said, ${where}`,
    );
  }
}

async function killAtStep(step: number): Promise<{ readonly name: string; readonly twice: boolean }> {
  await using world = await World.make();
  const first = await world.run('send', step);
  assert.notEqual(first.exitCode, 0, `step ${step} was not reached`);
  const second = await world.run('drain');
  judge(first, second, world.arrived, `step ${step}, ${first.killedAt}`);
  return { name: first.killedAt ?? '', twice: world.arrived.length === 2 };
}

describe('kill -9 while a message is sent', () => {
  test('SUBMIT-025, SPOOL-028, SUBMIT-051: at every step nothing is lost, and nothing is sent twice unsaid', {
    timeout: 600_000,
  }, async () => {
    let calls = 0;
    {
      await using world = await World.make();
      const whole = await world.run('send');
      assert.equal(whole.exitCode, 0);
      assert.equal(world.arrived.length, 1);
      calls = whole.calls;
    }
    assert.ok(calls >= 10, `only ${calls} steps were seen`);
    const twice: string[] = [];
    let next = 1;
    const workers = Array.from({ length: AT_ONCE }, async () => {
      while (next <= calls) {
        const result = await killAtStep(next++);
        if (result.twice) twice.push(result.name);
      }
    });
    await Promise.all(workers);
    assert.ok(
      twice.every((name) => !name.includes('submitMessage') || name.startsWith('after transport')),
      `sent twice after a kill at ${twice.join(', ')}`,
    );
  });

  test.each<SmtpMoment>(['connect', 'mail', 'rcpt', 'data', 'before250', 'after250'])(
    'SPOOL-028: a kill at the %s of the SMTP conversation',
    async (moment) => {
      await using world = await World.make();
      world.killMoment = moment;
      const first = await world.run('send');
      world.killMoment = undefined;
      const before = world.arrived.length;
      const second = await world.run('drain');
      judge(first, second, world.arrived, moment);
      if (moment !== 'before250' && moment !== 'after250') assert.equal(before, 0);
    },
  );

  test.skipIf(process.platform !== 'linux')(
    'SPOOL-028: of many messages only those whose text was on its way may have been sent',
    async () => {
      await using world = await World.make(['local']); // it takes none of this mail
      world.killMoment = 'data';
      await world.run('send', 0, 20);
      world.killMoment = undefined;
      const before = world.arrived.length;
      const second = await world.run('drain');
      const where = JSON.stringify({ before, second, arrived: world.arrived });
      assert.equal(second.exitCode, 0, where);
      const { length: count } = second.outgoing; // those that were accepted before the kill
      assert.equal(new Set(world.arrived).size, count, where);
      const maySent = second.outgoing.filter(({ reason }) => /may have been sent/iu.test(reason ?? ''));
      const { length: cutOff } = second.outgoing.filter(({ attempts }) => attempts > 1);
      assert.ok(cutOff > 2, `nothing was cut off, ${where}`);
      // As many as there are connections; an attempt that was recorded in the moment of the kill has no slot yet.
      assert.ok(maySent.length >= 1 && maySent.length <= Math.max(2, cutOff / 2), where);
      assert.ok(maySent.length >= world.arrived.length - count, `sent twice and not said, ${where}`);
    },
  );
});
