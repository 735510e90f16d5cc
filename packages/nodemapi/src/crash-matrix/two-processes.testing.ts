/**
 * Two real processes with spoolers on one home, and a real SMTP server: one is killed or stopped, the other one goes on;
 * who was stopped wakes up when the other one has done everything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Facts } from './judge.testing.ts';
import { removeMeetingPlace, type Survivor } from './mail-processes.testing.ts';
import { SMTP_MOMENTS, type SmtpMoment, SmtpSink } from './smtp-sink.testing.ts';

/** Someone has waited for something in vain; a machine that is busy is slow. */
const waitMsMax = 240_000;

/** Where something happens to the first process: at a step of its own, or at a moment of its first conversation. */
export interface ProcessPoint {
  readonly kind: 'kill' | 'stop';
  readonly at: number | SmtpMoment;
  /** The other process is there from the beginning, and may be quicker. */
  readonly rival: boolean;
}

interface Line {
  readonly submitted?: string;
  readonly to?: readonly string[];
  readonly accepted?: string;
  readonly step?: string;
  readonly ready?: boolean;
  readonly quiet?: boolean;
  readonly notes?: readonly string[];
  readonly steps?: number;
}

/** A process that prints what it knows. */
class Speaker implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly exited: Promise<void>;
  readonly #listeners = new Set<() => void>();
  isGone = false;

  constructor(script: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.exited = new Promise((resolve) => {
      this.child.once('close', () => {
        this.isGone = true;
        this.#tell();
        resolve();
      });
    });
    const output = this.child.stdout;
    if (output === null) throw new Error('the process has no output');
    createInterface({ input: output }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#tell();
    });
  }

  /** Resolves at the first line from the `from`-th on that fits; with undefined if the process ends before. */
  async hears(fits: (line: Line) => boolean, from = 0): Promise<Line | undefined> {
    const found = (): Line | undefined => this.lines.slice(from).find(fits);
    if (found() !== undefined || this.isGone) return found();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
      };
      const look = (): void => {
        const line = found();
        if (line === undefined && !this.isGone) return;
        stop();
        resolve(line);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`process ${this.child.pid} says nothing; last: ${JSON.stringify(this.lines.at(-1))}`));
      }, waitMsMax);
      this.#listeners.add(look);
    });
  }

  /** Resolves when it has nothing more to do, as it says from now on. */
  quiet(): Promise<Line | undefined> {
    return this.hears(({ quiet }) => quiet === true, this.lines.length);
  }

  get notes(): readonly string[] {
    return this.lines.flatMap(({ notes }) => notes ?? []);
  }

  /** Lets it end in good order; it is killed if it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isGone) return;
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), waitMsMax);
    await this.exited;
    clearTimeout(timer);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Every point of a process that sends two messages; the steps are counted by one to which nothing happens. */
export async function processPoints({ script, home, survivor }: Processes): Promise<readonly ProcessPoint[]> {
  await using sink = await SmtpSink.listen();
  await survivor.prepare(home, sink.port);
  await using sender = new Speaker(script, [home, 'send', 'kill', '0']);
  const steps = (await sender.quiet())?.steps ?? 0;
  if (steps === 0) throw new Error('the process made no steps');
  const points: ProcessPoint[] = [];
  for (const kind of ['kill', 'stop'] as const) {
    for (const moment of SMTP_MOMENTS) points.push({ kind, at: moment, rival: false });
    for (let step = 1; step <= steps; step++) {
      points.push({ kind, at: step, rival: false }, { kind, at: step, rival: true });
    }
  }
  return points;
}

export interface Processes {
  /** spooler-process.testing.mjs */
  readonly script: string;
  readonly home: string;
  /** Looks at the home in the end. */
  readonly survivor: Survivor;
}

/** What is wrong after one point; undefined if the first process never came to it. */
export async function twoProcesses(point: ProcessPoint, processes: Processes): Promise<readonly string[] | undefined> {
  const { script, home, survivor } = processes;
  await using sink = await SmtpSink.listen();
  await survivor.prepare(home, sink.port);
  const story = await played(point, sink, script, home);
  if (story === undefined) return undefined;
  return judged(story, sink, await survivor.look(home));
}

interface Story {
  readonly lines: readonly Line[];
  readonly notes: readonly string[];
}

async function played(point: ProcessPoint, sink: SmtpSink, script: string, home: string): Promise<Story | undefined> {
  const { kind, at, rival } = point;
  try {
    await using early = rival ? new Speaker(script, [home, 'rival']) : undefined;
    await early?.hears(({ ready }) => ready === true);
    const step = typeof at === 'number' ? at : 0;
    await using sender = new Speaker(script, [home, 'send', kind, String(step)]);
    const happened =
      step > 0 ? sender.hears((line) => line.step !== undefined || line.quiet === true) : atMoment(point, sink, sender);
    const first = await happened;
    if (step > 0 && first?.step === undefined) return undefined;
    if (kind === 'kill') await sender.exited;
    await using other = early ?? new Speaker(script, [home, 'rival']);
    await other.hears(({ ready }) => ready === true);
    await other.quiet();
    if (kind === 'stop') {
      sender.child.kill('SIGCONT');
      await sender.quiet();
      await other.quiet();
    }
    return { lines: sender.lines, notes: [...sender.notes, ...other.notes] };
  } finally {
    await removeMeetingPlace(home);
  }
}

/** Kills or stops the process at the first moment of this kind in the conversation. */
function atMoment({ kind, at }: ProcessPoint, sink: SmtpSink, sender: Speaker): Promise<undefined> {
  return new Promise((resolve) => {
    sink.onMoment = (moment) => {
      if (moment !== at) return;
      sink.onMoment = () => {};
      sender.child.kill(kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      resolve(undefined);
    };
  });
}

function judged({ lines, notes }: Story, { arrivals }: SmtpSink, facts: Facts): readonly string[] {
  const wrong: string[] = [];
  if (facts.error !== undefined) return [`the last process failed: ${facts.error}`];
  wrong.push(...(facts.problems ?? []).map((problem) => `the store is damaged: ${problem}`));
  wrong.push(...facts.arrivals.map(({ subject, address }) => `${subject} to ${address} was still to be sent`));
  const accepted = new Set(lines.map((line) => line.accepted));
  for (const { submitted: subject, to = [] } of lines) {
    if (subject === undefined) continue;
    const isAccepted = accepted.has(subject);
    const own = arrivals.filter((one) => one.subject === subject);
    for (const address of to.filter((one) => !one.startsWith('bad'))) {
      const copies = own.filter((one) => one.address === address).length;
      if (copies === 0 && isAccepted) wrong.push(`${subject} to ${address} is lost`);
      if (copies > 2) wrong.push(`${subject} to ${address} went out ${copies} times`);
      if (copies === 2 && !notes.includes(subject))
        wrong.push(`${subject} to ${address} went out again, and nobody says so`);
    }
    if (new Set(own.map(({ messageId }) => messageId)).size > 1) wrong.push(`${subject} has several Message-IDs`);
    const reports = (facts.reports ?? []).filter((one) => one === subject).length;
    const hasRefused = to.some((one) => one.startsWith('bad'));
    if (reports > 1 || (isAccepted && reports !== (hasRefused ? 1 : 0)))
      wrong.push(`${subject} has ${reports} reports`);
    const filed = (facts.sentMail ?? []).filter((one) => one === subject).length;
    if (filed > 1 || (isAccepted && filed === 0)) wrong.push(`${subject} is ${filed} times in Sent Items`);
  }
  return wrong;
}

/** A point in words. */
export function processPointName({ kind, at, rival }: ProcessPoint): string {
  return `${kind} at ${typeof at === 'number' ? `step ${at}` : `the ${at} of SMTP`}${rival ? ', with a rival' : ''}`;
}
