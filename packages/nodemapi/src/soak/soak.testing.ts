/** A soak: real processes on one home, a hostile server, and somebody who kills, stops and starves them; then everything is counted. */
import { execFile } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Random, seededRandom } from '@nodemapi/base';
import { removeMeetingPlace } from '../crash-matrix/mail-processes.testing.ts';
import { Chaos } from './chaos.testing.ts';
import { type Member, Members, type SoakPlaces } from './members.testing.ts';
import { type ChaosLine, jsonLines, type LastLook, type LedgerLine } from './record.testing.ts';
import { type PostfixParts, PostfixServer, type Server, Sink } from './server.testing.ts';
import { type Verdict, verdictOf } from './verdict.testing.ts';

export { compiledShim } from '../crash-matrix/disk-shim.testing.ts';

const run = promisify(execFile);

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** With the programs of the soak. */
  readonly sources: string;
  /** The command `mapi`. */
  readonly command: string;
  /** The library that sets clocks; undefined where there can be none. */
  readonly clockShim: string | undefined;
  /** A Postfix that takes the place of the hostile server. */
  readonly postfix?: PostfixParts;
  readonly say: (line: string) => void;
}

export interface SoakResult extends Verdict {
  readonly problems: readonly string[];
  /** Where the records lie; they are removed if nothing is wrong. */
  readonly folder: string;
}

const reportEveryMs = 60_000;
const diskBytes = 2 ** 30;
const shownMax = 10;

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), 'nodemapi-soak-'));
  const diskPath = join(folder, 'disk');
  const disk = await ownDisk(diskPath, options.say);
  let isGood = false;
  try {
    const result = await soakIn(folder, disk, options);
    isGood = result.wrong.length === 0 && result.problems.length === 0;
    return { ...result, folder };
  } finally {
    await removeMeetingPlace(join(diskPath, 'home'));
    if (disk !== undefined) await run('umount', [disk]);
    await rm(isGood ? folder : diskPath, { recursive: true, force: true });
  }
}

async function soakIn(
  folder: string,
  disk: string | undefined,
  options: SoakOptions,
): Promise<Omit<SoakResult, 'folder'>> {
  const { seed, say, minutes } = options;
  const places = await placesIn(folder, options);
  const members = new Members(places);
  const server: Server =
    options.postfix === undefined ? new Sink(places.sink, places.records, seed) : new PostfixServer(options.postfix);
  const killAll = (): void => {
    for (const member of members.live) member.child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  await server.start();
  const prepared = members.program('command', 'prepare', ['prepare', places.home, String(server.port)]);
  await prepared.exited;
  if (prepared.child.exitCode !== 0) throw new Error(`no home: ${members.problems.join('; ')}`);
  const crew = new Crew(members, places, seededRandom(seed));
  const random = seededRandom(seed + 1);
  const chaos = new Chaos({ random, members, server, clockFile: places.environment.CLOCK_SHIM_FILE, disk });
  const begun = Date.now();
  const timer = setInterval(async () => say(await standing(places, begun)), reportEveryMs);
  try {
    await Promise.all([
      crew.run(AbortSignal.timeout(minutes * 60_000)),
      chaos.run(AbortSignal.timeout(minutes * 60_000)),
    ]);
    await members.end([...members.of('sender'), ...members.of('command')], undefined);
    await members.end(members.of('spooler'), 'SIGTERM');
    say(`${await standing(places, begun)}; now the rest`);
    const look = await lastLook(members, places);
    const record = await recordOf(places, server, look);
    const verdict = verdictOf(record);
    const problems = [...members.problems, ...(await checked(places))];
    await explain(verdict, look, places, say);
    say(`ends: ${listed(members.ends)}`);
    say(`done to them: ${listed(chaos.counts)}`);
    return { ...verdict, problems };
  } finally {
    clearInterval(timer);
    killAll();
    process.off('exit', killAll);
    await server.kill();
  }
}

async function placesIn(folder: string, { sources, command, clockShim }: SoakOptions): Promise<SoakPlaces> {
  const [home, records] = [join(folder, 'disk', 'home'), join(folder, 'records')];
  for (const each of [home, records]) await mkdir(each, { recursive: true, mode: 0o700 });
  const clock = join(folder, 'clock');
  writeFileSync(clock, new BigInt64Array([0n]));
  for (const name of ['ledger', 'journal', 'chaos']) writeFileSync(join(records, `${name}.jsonl`), '');
  const environment: NodeJS.ProcessEnv =
    clockShim === undefined ? {} : { LD_PRELOAD: clockShim, CLOCK_SHIM_FILE: clock };
  const [program, sink] = [join(sources, 'program.testing.mjs'), join(sources, 'hostile-sink.testing.mjs')];
  return { home, records, program, sink, command, environment };
}

/** A file system in memory that can be filled without harm; only root can mount one. */
async function ownDisk(path: string, say: (line: string) => void): Promise<string | undefined> {
  await mkdir(path, { mode: 0o700 });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=700`, 'tmpfs', path]);
    return path;
  } catch (error) {
    say(`the disk is never full: no file system of its own (${error instanceof Error ? error.message.trim() : error})`);
    return undefined;
  }
}

/** Keeps the processes running. */
class Crew {
  readonly #members: Members;
  readonly #places: SoakPlaces;
  readonly #random: Random;

  constructor(members: Members, places: SoakPlaces, random: Random) {
    this.#members = members;
    this.#places = places;
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { home, records } = this.#places;
    const members = this.#members;
    const ledger = join(records, 'ledger.jsonl');
    const seed = (): string => String(this.#random.uint32());
    const spooler = (name: string): Member => members.program('spooler', name, ['spool', home]);
    const serve = (name: string): Member => members.command('spooler', name, ['serve']);
    const sender = (number: number): Member =>
      members.program('sender', 'sender', ['send', home, ledger, seed(), `m${number}`]);
    await Promise.all([
      this.#keep(() => spooler('spooler'), 4000, signal),
      this.#keep(() => spooler('spooler'), 4000, signal),
      this.#keep(() => serve('serve'), 6000, signal),
      this.#keep(sender, 2500, signal, 100_000),
      this.#keep(sender, 2500, signal, 200_000),
      this.#sendByCommand(ledger, signal),
      this.#meddle(signal),
    ]);
  }

  /** Starts one after the other, with a pause in between. */
  async #keep(start: (number: number) => Member, pauseMs: number, signal: AbortSignal, first = 0): Promise<void> {
    const over = delay(2 ** 31 - 1, undefined, { signal }).catch(() => {});
    for (let number = first; !signal.aborted; number++) {
      const member = start(number);
      await Promise.race([member.exited, over]);
      await delay(this.#random.float() * pauseMs);
    }
  }

  /** `mapi send`, which says itself what it has accepted. */
  async #sendByCommand(ledger: string, signal: AbortSignal): Promise<void> {
    const write = (what: object): void => appendFileSync(ledger, `${JSON.stringify({ time: Date.now(), ...what })}\n`);
    for (let number = 0; !signal.aborted; number++) {
      await delay(3000 + this.#random.float() * 8000);
      const subject = `c${number}`;
      const to = [`r0.${subject}@example.test`, `r1.${subject}@example.test`];
      const wait = this.#random.float() < 0.5 ? '--no-wait' : '--wait=4';
      write({ process: 0, submitting: subject, to });
      const text = `by the command\nend of ${subject}`;
      const args = [
        'send',
        ...to.flatMap((each) => ['--to', each]),
        '--subject',
        subject,
        '--text',
        text,
        wait,
        '--json',
      ];
      const member = this.#members.command('command', 'send', args);
      await member.exited;
      const output = await this.#members.output(member);
      if (/"entryId"/u.test(output)) write({ process: member.child.pid, accepted: subject });
    }
  }

  /** Looks at the queue and puts a hand in. */
  async #meddle(signal: AbortSignal): Promise<void> {
    const command = (name: string, args: readonly string[]): Member => this.#members.command('command', name, args);
    while (!signal.aborted) {
      await delay(4000 + this.#random.float() * 12_000);
      const list = command('list', ['outbox', 'list', '--json']);
      await list.exited;
      const ids = [...(await this.#members.output(list)).matchAll(/"entryId":\s*"([0-9a-f]+)"/gu)].map(
        ([, id = '']) => id,
      );
      const id = ids[Math.floor(this.#random.float() * ids.length)];
      if (this.#random.float() < 0.3) await command('flush', ['flush', '--timeout', '5']).exited;
      if (id === undefined) continue;
      const verb = ['show', 'hold', 'retry', 'retry'][Math.floor(this.#random.float() * 4)] ?? 'show';
      await command(verb, ['outbox', verb, id]).exited;
      if (verb === 'hold') await command('retry', ['outbox', 'retry', id]).exited;
    }
  }
}

async function lastLook(members: Members, { home }: SoakPlaces): Promise<LastLook> {
  const member = members.program('command', 'look', ['look', home]);
  await member.exited;
  return JSON.parse(await members.output(member)) as LastLook;
}

async function recordOf({ records }: SoakPlaces, server: Server, look: LastLook) {
  return {
    ledger: await jsonLines<LedgerLine>(join(records, 'ledger.jsonl')),
    journal: await server.journal(),
    chaos: await jsonLines<ChaosLine>(join(records, 'chaos.jsonl')),
    look,
  };
}

/** What `mapi check` finds, and what lies beside the store that nobody needs any more. */
async function checked({ home, command }: SoakPlaces): Promise<readonly string[]> {
  const problems: string[] = [];
  const { stdout } = await mapi(command, home, ['check', '--json']);
  const { stores } = JSON.parse(stdout) as { stores: { name: string; ok: boolean; problems: unknown[] }[] };
  for (const { name, ok, problems: found } of stores)
    if (!ok) problems.push(`mapi check: ${name}: ${JSON.stringify(found)}`);
  const left = (await readdir(join(home, 'stores'))).filter((name) => name.includes('-offers-'));
  if (left.length > 1) problems.push(`${left.length} files of offers are left beside the store`);
  return problems;
}

async function mapi(command: string, home: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  return await run(process.execPath, [command, ...args, '--home', home, '--no-input'], { maxBuffer: 2 ** 28 });
}

/** Prints what is wrong, with the whole history of each message as a person would see it. */
async function explain(
  verdict: Verdict,
  look: LastLook,
  places: SoakPlaces,
  say: (line: string) => void,
): Promise<void> {
  const subjects = new Set(verdict.wrong.map(({ subject }) => subject));
  for (const { subject, what } of verdict.wrong) say(`WRONG ${subject}: ${what}`);
  for (const subject of [...subjects].slice(0, shownMax)) {
    const id = look.finished.find((one) => one.subject === subject)?.entryId;
    if (id === undefined) continue;
    const { stdout } = await mapi(places.command, places.home, ['outbox', 'show', id]);
    say(`--- ${subject}\n${stdout}`);
  }
}

async function standing({ records }: SoakPlaces, begun: number): Promise<string> {
  const ledger = await jsonLines<LedgerLine>(join(records, 'ledger.jsonl'));
  const accepted = ledger.filter((line) => line.accepted !== undefined).length;
  return `${((Date.now() - begun) / 60_000).toFixed(0)} min: ${accepted} messages accepted`;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
