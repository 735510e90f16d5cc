/** The processes of a soak: they are started again when they end, and somebody does things to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosLine } from './record.testing.ts';

/** Where everything of a soak lies. Only the home is on the disk that may be full. */
export interface SoakPlaces {
  readonly home: string;
  /** Ledgers, journal and output of the processes. */
  readonly records: string;
  /** program.testing.mjs */
  readonly program: string;
  readonly sink: string;
  /** The command `mapi`. */
  readonly command: string;
  /** What every process gets besides; how the clock is set. */
  readonly environment: NodeJS.ProcessEnv;
}

export type MemberKind = 'spooler' | 'sender' | 'command';

export interface Member {
  readonly kind: MemberKind;
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** What was told to do this; its end is no surprise then. */
  isAsked: boolean;
}

/** Codes with which our programs end in good order, or with a named error. */
const GOOD_CODES: ReadonlySet<number | null> = new Set([0, 1, 3, 129, 130, 143]);
/** In the output of a process: something that nobody foresaw. */
const BROKEN =
  /AssertionError|TypeError|SyntaxError|ReferenceError|RangeError|Unhandled|FATAL|MAPI_E_CORRUPT|MAPI_E_CALL_FAILED/u;
/** A process that was asked to end and does not. */
const endMsMax = 60_000;

export class Members {
  readonly #places: SoakPlaces;
  readonly #live = new Set<Member>();
  /** What is wrong with processes, with their names. */
  readonly problems: string[] = [];
  /** How processes ended, and how often. */
  readonly ends = new Map<string, number>();
  #count = 0;

  constructor(places: SoakPlaces) {
    this.#places = places;
  }

  get live(): readonly Member[] {
    return [...this.#live];
  }

  of(kind: MemberKind): readonly Member[] {
    return this.live.filter((member) => member.kind === kind);
  }

  /** Writes down what is done to a process, or to all of them. */
  note(line: Omit<ChaosLine, 'time'>): void {
    appendFileSync(join(this.#places.records, 'chaos.jsonl'), `${JSON.stringify({ time: Date.now(), ...line })}\n`);
  }

  program(kind: MemberKind, name: string, args: readonly string[]): Member {
    return this.#start(kind, name, [this.#places.program, ...args]);
  }

  command(kind: MemberKind, name: string, args: readonly string[]): Member {
    return this.#start(kind, name, [this.#places.command, ...args, '--home', this.#places.home, '--no-input']);
  }

  /** What a process has printed on its standard output. */
  output(member: Member): Promise<string> {
    return readFile(this.#outputOf(member.name), 'utf8');
  }

  /** Sends a signal, and writes it down. */
  signal(member: Member, signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL' || signal === 'SIGTERM') member.isAsked = true;
    this.note({ what: `${signal} to ${member.name}`, process: member.child.pid ?? 0 });
    member.child.kill(signal);
  }

  /** Ends processes in good order; what does not end is a problem. */
  async end(members: readonly Member[], signal: NodeJS.Signals | undefined): Promise<void> {
    await Promise.all(
      members.map(async (member) => {
        member.child.kill('SIGCONT');
        if (signal !== undefined) this.signal(member, signal);
        const isEnded = await Promise.race([member.exited.then(() => true), delay(endMsMax, false)]);
        if (isEnded) return;
        this.problems.push(`${member.name} did not end in ${endMsMax} ms`);
        member.child.kill('SIGKILL');
        await member.exited;
      }),
    );
  }

  #outputOf(name: string): string {
    return join(this.#places.records, `${name}.out`);
  }

  #start(kind: MemberKind, name: string, args: readonly string[]): Member {
    const unique = `${name}-${++this.#count}`;
    const [out, err] = [this.#outputOf(unique), join(this.#places.records, `${unique}.err`)];
    const [outFile, errFile] = [openSync(out, 'a'), openSync(err, 'a')];
    const environment = { ...process.env, ...this.#places.environment };
    const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', outFile, errFile] });
    closeSync(outFile);
    closeSync(errFile);
    let gone = (): void => {};
    const exited = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const member: Member = { kind, name: unique, child, exited, isAsked: false };
    this.#live.add(member);
    child.once('exit', (code, signal) => {
      this.#live.delete(member);
      void this.#judge(member, code, signal, err).then(gone);
    });
    return member;
  }

  async #judge(member: Member, code: number | null, signal: string | null, err: string): Promise<void> {
    const said = await readFile(err, 'utf8');
    const end = `${member.name.replace(/[-\d]+$/u, '')} ${signal ?? code}`;
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
    this.note({ what: `${member.name} ended: ${signal ?? code}`, process: member.child.pid ?? 0 });
    const isKilled = signal === 'SIGKILL' && (member.isAsked || member.kind === 'sender');
    const isGood = isKilled || (signal === null && GOOD_CODES.has(code)) || (signal === 'SIGTERM' && member.isAsked);
    if (!isGood) this.problems.push(`${member.name} ended with ${signal ?? code}: ${lastOf(said)}`);
    else if (BROKEN.test(said)) this.problems.push(`${member.name} broke: ${lastOf(said)}`);
  }
}

function lastOf(text: string): string {
  return text.trim().split('\n').slice(-12).join('\n    ');
}
