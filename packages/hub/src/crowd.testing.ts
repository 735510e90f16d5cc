/** Programs that log on, off and over each other at one home, and what has to be true of them, on a clock of the test. */
import { nullLog, type Random, seededRandom, type VirtualClock } from '@nodemapi/base';
import { type Acquired, HomeHub } from './home-hub.ts';
import type { LogonWish, SessionInfo } from './message.ts';
import { type MortalNet, MortalNode } from './mortal.testing.ts';

/** What a program listens to. */
interface Ear {
  readonly sinceMs: number;
  wokenMs: number;
  readonly listening: Disposable;
}

/** How long a signal may take, also where the hub is replaced. */
const wokenMsMax = 5000;

/** What is said so soon before a connection is closed gets lost where the hub writes to it at that moment. */
const lastWordsMs = 100;

/** A member, and what became of it. */
export interface Guest {
  readonly id: string;
  readonly session: SessionInfo;
  /** When all others could know of it, in milliseconds of the clock. */
  settledMs: number;
  goneMs: number;
}

/** A question of a program. */
export interface Asked {
  readonly atMs: number;
  readonly answered: Set<string>;
  /** Undefined while it waits. */
  outcome: 'answered' | 'given up' | undefined;
}

/** What came of the shared logoffs of a session. */
export interface Endings {
  started: number;
  told: number;
}

/** What is true, whatever programs believe. */
export class Truth {
  readonly programs: Program[] = [];
  readonly guests = new Map<string, { readonly guest: Guest; readonly program: Program }>();
  /** By session and program. */
  readonly endings = new Map<string, Map<Program, Endings>>();
  /** Who was not woken in time. */
  readonly deaf: string[] = [];
  /** Questions that were given up, by what they ask, and when. */
  readonly givenUp = new Map<number, number>();
  /** Questions that came to somebody long after they were given up. */
  readonly lateQuestions: number[] = [];
  questions = 0;
}

/** One process with a subsystem. */
export class Program {
  readonly name: string;
  readonly node: MortalNode;
  readonly hub: HomeHub;
  readonly truth: Truth;
  readonly guests = new Map<string, Guest>();
  /** Members that have left a session while it was in it. */
  left: string[] = [];
  /** By session, how often it was asked to end. */
  readonly ended = new Map<string, number>();
  readonly asked: Asked[] = [];
  readonly startedMs: number;
  /** Logons, logoffs and goodbyes that have not come to their end. */
  readonly pending = new Set<string>();
  wasStopped = false;
  killedMs = Number.POSITIVE_INFINITY;
  closedMs = Number.POSITIVE_INFINITY;
  isOpen = true;
  readonly #ears = new Map<string, Ear>();
  #logon: Promise<void> = Promise.resolve();
  #count = 0;
  readonly #clock: VirtualClock;
  readonly #random: Random;

  constructor(net: MortalNet, truth: Truth, number: number) {
    this.name = `p${number}`;
    this.node = new MortalNode(net, number);
    this.truth = truth;
    truth.programs.push(this);
    this.#clock = net.clock;
    this.startedMs = net.clock.monotonicMs();
    this.#random = seededRandom(number * 7919);
    this.hub = new HomeHub({
      ...{ endpoint: this.node, clock: this.node.clock, log: nullLog, random: seededRandom(number) },
      process: { pid: number, program: this.name },
      mayLive: net.mayLive,
    });
    this.hub.start();
    this.hub.memberLeft.subscribe(({ member }) => void this.left.push(member));
    this.hub.ended.subscribe(({ session }) => void this.ended.set(session, (this.ended.get(session) ?? 0) + 1));
    this.hub.onQuestion((_ask, question, answer) => {
      const givenUpMs = truth.givenUp.get(Number(question));
      if (givenUpMs !== undefined && this.#nowMs - givenUpMs > 500) truth.lateQuestions.push(Number(question));
      this.node.clock.setTimer(this.#random.float() * 200, () => answer(this.name, true));
    });
  }

  /** It lives, and has not left the others. */
  get isThere(): boolean {
    return this.isOpen && !this.node.isDead;
  }

  get isAwake(): boolean {
    return this.isThere && !this.node.isStopped;
  }

  /** Logs on after the logons that wait here; another session is made where there is none to join. */
  logon(wish: LogonWish, how: { readonly tookMs: number; readonly fails: boolean; readonly limitMs: number }): void {
    const work = `logon ${++this.#count}`;
    this.pending.add(work);
    this.#logon = this.#logon.then(() => this.#logOn(wish, how)).finally(() => this.pending.delete(work));
  }

  leave(guest: Guest): void {
    this.guests.delete(guest.id);
    const isOver = ![...this.guests.values()].some(({ session }) => session.id === guest.session.id);
    if (isOver) this.left = this.left.filter((id) => this.truth.guests.get(id)?.guest.session.id !== guest.session.id);
    guest.goneMs = this.#nowMs;
    this.hub.leave(guest.session.id, guest.id);
  }

  /** Asks the others of a session to log off; stays itself. */
  end(session: string): void {
    const by = this.truth.endings.get(session) ?? new Map<Program, Endings>();
    this.truth.endings.set(session, by);
    const endings = by.get(this) ?? { started: 0, told: 0 };
    by.set(this, endings);
    endings.started++;
    void this.#follow('end', this.hub.end(session)).then((isDone) => {
      if (isDone) endings.told++;
    });
  }

  ask(limitMs: number): void {
    const number = ++this.truth.questions;
    const asked: Asked = { atMs: this.#nowMs, answered: new Set(), outcome: undefined };
    this.asked.push(asked);
    const limit = new AbortController();
    const options = {
      onProcesses: () => {},
      onAnswer: ({ body }: { readonly body: unknown }) => void asked.answered.add(String(body)),
      signal: limit.signal,
    };
    this.node.clock.setTimer(limitMs, () => {
      if (asked.outcome === undefined) this.truth.givenUp.set(number, this.#nowMs);
      limit.abort(new Error('enough'));
    });
    void this.#follow('question', this.hub.ask(number, options)).then((isDone) => {
      asked.outcome = isDone ? 'answered' : 'given up';
    });
  }

  /** Who listens now has to be woken in time, unless somebody is stopped or killed meanwhile. */
  signal(topic: string): void {
    const atMs = this.#nowMs;
    this.hub.wakeUps.signal(topic);
    const listened = (one: Program): boolean => (one.#ears.get(topic)?.sinceMs ?? Number.POSITIVE_INFINITY) <= atMs;
    const listeners = this.truth.programs.filter((one) => one !== this && one.isAwake && listened(one));
    this.#clock.setTimer(wokenMsMax, () => {
      if (this.killedMs < Number.POSITIVE_INFINITY || this.closedMs < atMs + lastWordsMs) return;
      const stays = listeners.filter((one) => one.isThere && !one.wasStopped && listened(one));
      const deaf = stays.filter((one) => (one.#ears.get(topic)?.wokenMs ?? 0) < atMs);
      this.truth.deaf.push(
        ...deaf.map(({ name }) => `${name}, of what ${this.name} signalled at ${Math.floor(atMs)} ms`),
      );
    });
  }

  /** Begins or ceases to listen. */
  turnListening(topic: string): void {
    const former = this.#ears.get(topic);
    this.#ears.delete(topic);
    former?.listening[Symbol.dispose]();
    if (former !== undefined) return;
    const ear: Ear = {
      sinceMs: this.#nowMs,
      wokenMs: -1,
      listening: this.hub.wakeUps.listen(topic, () => {
        ear.wokenMs = this.#nowMs;
      }),
    };
    this.#ears.set(topic, ear);
  }

  /** MAPI goes down; the process lives on. */
  close(): void {
    for (const guest of [...this.guests.values()]) this.leave(guest);
    this.isOpen = false;
    this.closedMs = this.#nowMs;
    void this.#follow('goodbye', this.hub.close());
  }

  kill(): void {
    for (const guest of this.guests.values()) guest.goneMs = this.#nowMs;
    this.killedMs = this.#nowMs;
    this.node.kill();
  }

  stop(): void {
    this.wasStopped = true;
    this.node.stop();
  }

  get #nowMs(): number {
    return this.#clock.monotonicMs();
  }

  async #logOn(wish: LogonWish, how: { readonly tookMs: number; readonly fails: boolean; readonly limitMs: number }) {
    const own = [...this.guests.values()].find(({ session: { id, joinable } }) => {
      return joinable && !this.ended.has(id) && this.truth.endings.get(id)?.has(this) !== true;
    });
    if (wish !== 'shareNew' && own !== undefined) {
      this.#enter({ outcome: 'join', session: own.session }); // as a subsystem does, which asks nobody then
      return;
    }
    const limit = new AbortController();
    const timer = this.node.clock.setTimer(how.limitMs, () => limit.abort(new Error('too long')));
    let acquired: Acquired;
    try {
      acquired = await this.hub.acquire(wish, limit.signal);
    } catch {
      return;
    } finally {
      timer.cancel();
    }
    await this.#pause(how.tookMs);
    if (this.isOpen && !how.fails) this.#enter(acquired);
    this.hub.settle(acquired);
  }

  #enter(acquired: Acquired): void {
    const id = `${this.name}.m${++this.#count}`;
    const joinable = acquired.outcome === 'create' && acquired.joinable;
    const shared = acquired.outcome === 'create';
    const made = { id: `${id}.s`, profile: 'Work', shared, joinable, since: Math.floor(this.#clock.nowMs()) };
    const session = acquired.outcome === 'join' ? acquired.session : made;
    const guest: Guest = { id, session, settledMs: Number.POSITIVE_INFINITY, goneMs: Number.POSITIVE_INFINITY };
    this.guests.set(id, guest);
    this.truth.guests.set(id, { guest, program: this });
    const entered = this.hub.enter(session, { id, messaging: true, since: session.since });
    void this.#follow('entry', entered).then(() => {
      guest.settledMs = this.#nowMs;
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.node.clock.setTimer(ms, resolve));
  }

  async #follow(what: string, work: Promise<void>): Promise<boolean> {
    const name = `${what} ${++this.#count}`;
    this.pending.add(name);
    try {
      await work;
      return true;
    } catch {
      return false; // given up, or MAPI goes down
    } finally {
      this.pending.delete(name);
    }
  }
}
