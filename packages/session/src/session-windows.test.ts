/** Random histories in which calls overtake each other, since files and providers take their time. */
import assert from 'node:assert/strict';
import { MapiError, type Random, seededRandom, VirtualClock } from '@nodemapi/base';
import { fnevExtended, type IMAPISession } from '@nodemapi/mapi';
import { test } from 'vitest';
import { endSession } from './end-session.ts';
import { SlowFiles } from './slow-files.testing.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const stepsMax = 25;
/** What calls fail with that something else has overtaken. */
const OVERTAKEN = ['NOT_INITIALIZED', 'INVALID_OBJECT', 'CANCEL', 'LOGON_FAILED', 'TIMEOUT'].map(
  (code) => `MAPI_E_${code}`,
);

interface Client {
  readonly session: IMAPISession;
  /** Its logoff, or that of all, has been answered. */
  isOver: boolean;
}

class World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly made: TestSubsystem;
  readonly files: SlowFiles;
  readonly clients: Client[] = [];
  readonly wrong: string[] = [];
  readonly running = new Map<number, string>();
  /** Sessions may end by a fast shutdown, which leaves providers as they are. */
  readonly isFast: boolean;
  isSlow = false;
  #count = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.isFast = seed % 5 === 0;
    const fileMs = this.random.float() * 10;
    const callMs = this.random.float() * 60;
    const wait = (ms: number) => (): Promise<void> =>
      this.isSlow ? this.clock.delay(this.random.float() * ms) : Promise.resolve();
    this.files = new SlowFiles(wait(fileMs));
    this.made = new TestSubsystem({ files: this.files, clock: this.clock });
    const slow = wait(callMs);
    this.made.library.behaviour = {
      ...{
        storeInit: slow,
        storeLogon: slow,
        storeLogoff: slow,
        storeShutdown: slow,
        bookLogon: slow,
        bookLogoff: slow,
      },
      ...{ transportLogon: slow, transportLogoff: slow, doFastShutdown: slow, fastShutdown: slow },
    };
  }

  /** Does something that others may overtake. */
  run(what: string, work: () => Promise<void>): void {
    const number = ++this.#count;
    this.running.set(number, what);
    work()
      .catch((error: unknown) => {
        const isKnown = MapiError.is(error) && OVERTAKEN.includes(error.code);
        if (!isKnown) this.wrong.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
      })
      .finally(() => this.running.delete(number));
  }

  logon(): void {
    const kind = this.random.float();
    const options = {
      ...(kind < 0.5 ? { allowOthers: true } : kind < 0.75 ? { newSession: true } : {}),
      ...(this.random.float() < 0.3 ? { noMail: true } : {}),
    };
    this.run('logon', async () => {
      const session = await this.made.subsystem.MAPILogonEx(null, 'Work', null, options);
      const client = { session, isOver: false };
      this.clients.push(client);
      await session.advise(null, fnevExtended, {
        onNotify: () => {
          if (client.isOver) this.wrong.push('a sink was called after the logoff');
        },
      });
    });
  }

  /** One more thing that a program does, while others are under way. */
  step(): void {
    const { random, made, clients } = this;
    const client = clients[Math.floor(random.float() * clients.length)];
    const kind = random.float();
    if (client === undefined || kind < 0.25) this.logon();
    else if (kind < 0.45) this.run('open', async () => void (await openStore(client.session)));
    else if (kind < 0.5) this.run('status', async () => void (await client.session.getStatusTable()));
    else if (kind < 0.65) {
      this.run('logoff', async () => {
        await client.session.logoff(undefined, { shared: random.float() < 0.3 });
        client.isOver = true;
      });
    } else if (kind < 0.75) {
      this.run('end', async () => {
        const report = await endSession(client.session, {
          uninitialize: false,
          fast: this.isFast && random.float() < 0.3,
        });
        client.isOver = report.completed;
      });
    } else if (kind < 0.85) this.run('release', () => client.session.release());
    else if (kind < 0.92) this.run('uninitialize', () => this.down());
    else this.run('initialize', () => made.subsystem.MAPIInitialize());
  }

  async down(): Promise<void> {
    await this.made.subsystem.MAPIUninitialize();
  }
}

async function history(seed: number): Promise<void> {
  const world = new World(seed);
  const { clock, made, random } = world;
  const name = `seed ${seed}`;
  await made.subsystem.MAPIInitialize();
  {
    await using admin = await made.subsystem.MAPIAdminProfiles();
    await admin.createProfile('Work', { defaultServices: true });
  }
  world.isSlow = true;
  for (let count = 0; count < stepsMax; count++) {
    world.step();
    await clock.advance(random.float() < 0.5 ? random.float() * 8 : random.float() * 150);
  }
  await clock.advance(120_000);
  assert.deepEqual([...world.running.values()], [], `${name}: nobody waits for ever`);
  while (made.subsystem.isInitialized) {
    world.run('uninitialize', () => world.down());
    await clock.advance(60_000);
  }
  await clock.advance(60_000);
  assert.deepEqual(world.wrong, [], name);
  assert.deepEqual([...world.running.values()], [], `${name}: nobody waits for ever`);
  for (const { calls } of made.spoolers) {
    const isOver = !calls.includes('start') || calls.lastIndexOf('shutdown') > calls.lastIndexOf('start');
    assert.ok(isOver, `${name}: a spooler goes on: ${calls.join(', ')}`);
  }
  if (!world.isFast) assert.equal(made.library.open, 0, `${name}: nothing of a provider is left`);
  assert.equal(clock.pendingTimers, 0, `${name}: nothing waits`);
}

test('LOGOFF-1: calls that overtake each other leave nothing behind, and keep nobody waiting', {
  timeout: 120_000 + 1000 * Number(process.env.SESSION_SEEDS ?? 0),
}, async () => {
  const only = Number(process.env.SESSION_SEED ?? 0);
  const count = Number(process.env.SESSION_SEEDS ?? 30);
  const seeds = only > 0 ? [only] : Array.from({ length: count }, (_, index) => index + 1);
  for (const seed of seeds) await history(seed);
});
