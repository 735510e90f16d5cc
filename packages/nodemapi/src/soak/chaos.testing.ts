/** What happens to the processes of a soak, chosen by a seed. */
import { execFile } from 'node:child_process';
import { openSync, statfsSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Random } from '@nodemapi/base';
import type { Member, Members } from './members.testing.ts';
import type { Server } from './server.testing.ts';

const run = promisify(execFile);

/** How often each thing happens, as parts of the whole. */
const SHARES = {
  killSpooler: 24,
  killOther: 8,
  stop: 24,
  terminate: 10,
  killServer: 4,
  weather: 10,
  fullDisk: 4,
  setClock: 6,
} as const;
type Deed = keyof typeof SHARES;

/** Between two of them, on the average. */
const pauseMsMean = 2500;
/** What is left free more with each try to fill the disk. */
const fillStepBytes = 65_536;
const fillStepsMax = 20;
const hourMs = 3_600_000;
/** Not so far that mail expires for a process that begins in the wrong time. */
const CLOCKS_MS = [0, 0, 0, -7000, 12_000, -600_000, 600_000, 5 * hourMs, -5 * hourMs, 40 * hourMs, -40 * hourMs];

export interface ChaosParts {
  readonly random: Random;
  readonly members: Members;
  readonly server: Server;
  /** The file with the offset of the clock; undefined where the clock cannot be set. */
  readonly clockFile: string | undefined;
  /** The mounted file system of the home, which is filled; undefined where there is none of its own. */
  readonly disk: string | undefined;
}

export class Chaos {
  readonly #parts: ChaosParts;
  readonly #lasting = new Set<Promise<void>>();
  readonly #calm = new AbortController();
  #isFilling = false;
  #isServerGone = false;
  readonly counts = new Map<string, number>();

  constructor(parts: ChaosParts) {
    this.#parts = parts;
  }

  /** Until `signal` aborts; then everything is put right again. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, server } = this.#parts;
    while (!signal.aborted) {
      await quietly(delay(-Math.log(1 - random.float()) * pauseMsMean, undefined, { signal }));
      if (!signal.aborted) await this.#do(this.#chosen());
    }
    this.#calm.abort();
    await Promise.all(this.#lasting);
    this.#setClock(0);
    server.weather(0);
  }

  #chosen(): Deed {
    const deeds = Object.entries(SHARES) as [Deed, number][];
    let left = this.#parts.random.float() * deeds.reduce((sum, [, share]) => sum + share, 0);
    for (const [deed, share] of deeds) {
      left -= share;
      if (left < 0) return deed;
    }
    return 'stop';
  }

  async #do(deed: Deed): Promise<void> {
    const { members, server, random } = this.#parts;
    this.counts.set(deed, (this.counts.get(deed) ?? 0) + 1);
    switch (deed) {
      case 'killSpooler':
        return this.#signal(members.of('spooler'), 'SIGKILL');
      case 'killOther':
        return this.#signal([...members.of('sender'), ...members.of('command')], 'SIGKILL');
      case 'terminate':
        return this.#signal(members.of('spooler'), 'SIGTERM');
      case 'stop':
        return this.#last(this.#stop(this.#one(members.live)));
      case 'killServer':
        return this.#last(this.#killServer());
      case 'weather':
        return server.weather([0, 0.3, 1, 1, 2, 4][Math.floor(random.float() * 6)] ?? 1);
      case 'setClock':
        return this.#setClock(CLOCKS_MS[Math.floor(random.float() * CLOCKS_MS.length)] ?? 0);
      case 'fullDisk':
        return this.#last(this.#fill());
    }
  }

  /** It comes back after some seconds. */
  async #killServer(): Promise<void> {
    const { members, server, random } = this.#parts;
    if (this.#isServerGone) return;
    this.#isServerGone = true;
    members.note({ what: 'the server is killed' });
    await server.kill();
    await this.#wait(random.float() * 8000);
    await server.start();
    this.#isServerGone = false;
  }

  #one(from: readonly Member[]): Member | undefined {
    return from[Math.floor(this.#parts.random.float() * from.length)];
  }

  #signal(from: readonly Member[], signal: NodeJS.Signals): void {
    const member = this.#one(from);
    if (member !== undefined) this.#parts.members.signal(member, signal);
  }

  /** A stop for a moment, for longer than a short lease, or for longer than the usual one. */
  async #stop(member: Member | undefined): Promise<void> {
    const { random, members } = this.#parts;
    if (member === undefined) return;
    const kind = random.float();
    const ms = kind < 0.65 ? 200 + random.float() * 6000 : kind < 0.95 ? 6000 + random.float() * 15_000 : 95_000;
    members.note({ what: `SIGSTOP to ${member.name}`, process: member.child.pid ?? 0, until: Date.now() + ms });
    member.child.kill('SIGSTOP');
    await this.#wait(ms);
    member.child.kill('SIGCONT');
  }

  /** Leaves nothing on the disk of the home, or nearly nothing, for some seconds. */
  async #fill(): Promise<void> {
    const { disk, random, members } = this.#parts;
    if (disk === undefined || this.#isFilling) return;
    this.#isFilling = true;
    const ballast = join(disk, 'ballast');
    const ms = 1500 + random.float() * 10_000;
    const spare = random.float() < 0.5 ? 0 : Math.floor(random.float() * 300_000);
    members.note({ what: `the disk is full but for ${spare} bytes`, until: Date.now() + ms });
    try {
      await filled(disk, ballast, spare);
      await this.#wait(ms);
    } finally {
      await rm(ballast, { force: true });
      this.#isFilling = false;
    }
  }

  #setClock(ms: number): void {
    const { clockFile, members } = this.#parts;
    if (clockFile === undefined) return;
    members.note({ what: `the clock is off by ${ms / 1000} s`, process: 0 });
    writeSync(openSync(clockFile, 'r+'), new BigInt64Array([BigInt(ms)]), 0);
  }

  #wait(ms: number): Promise<void> {
    return quietly(delay(ms, undefined, { signal: this.#calm.signal }));
  }

  /** Goes on beside what comes next. */
  #last(deed: Promise<void>): void {
    const lasting = deed.then(
      () => void this.#lasting.delete(lasting),
      (error: unknown) => void this.#parts.members.problems.push(`what was to be done failed: ${error}`),
    );
    this.#lasting.add(lasting);
  }
}

/** Fills a disk on which others write, so that it may take several tries. */
async function filled(disk: string, ballast: string, spare: number): Promise<void> {
  for (let margin = spare; ; margin += fillStepBytes) {
    const { bavail, bsize } = statfsSync(disk);
    try {
      await run('fallocate', ['-l', String(Math.max(bavail * bsize - margin, bsize)), ballast]);
      return;
    } catch (error) {
      if (margin > spare + fillStepsMax * fillStepBytes) throw error;
    }
  }
}

/** A wait that may be cut short. */
async function quietly(waiting: Promise<void>): Promise<void> {
  await waiting.catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  });
}
