/** Processes that can be killed and stopped, on a clock of the test, without processes. */
import type { Clock, Timer, VirtualClock } from '@nodemapi/base';
import type { Channel, ChannelEvents } from './channel.ts';
import type { EndingOf, HubEndpoint, HubListener, HubNumber, Notes } from './endpoint.ts';
import { LocalNotes } from './local-endpoint.ts';
import { LocalPapers, type Papers } from './papers.ts';

interface Listening {
  readonly owner: MortalNode;
  readonly accept: (channel: Channel) => void;
  open: boolean;
  ended: boolean;
}

/** How long things take, each time anew. */
export interface Delays {
  /** A message; those of a connection arrive in order. */
  readonly messageMs?: () => number;
  /** Work on files before it is done, and its answer afterwards; several at a time are done in any order. */
  readonly fileMs?: () => number;
  /** How long the other end reads nothing; 0: it reads. */
  readonly blockedMs?: () => number;
}

/** What the file system is to real processes. */
export class MortalNet {
  readonly clock: VirtualClock;
  readonly delays: Required<Delays>;
  readonly hubs: Listening[] = [];
  readonly notes = new LocalNotes();
  readonly papers = new LocalPapers();
  /** Processes by their number. */
  readonly nodes = new Map<number, MortalNode>();

  constructor(clock: VirtualClock, delays: Delays = {}) {
    this.clock = clock;
    this.delays = { messageMs: () => 0, fileMs: () => 0, blockedMs: () => 0, ...delays };
  }

  readonly mayLive = ({ pid }: { readonly pid: number }): boolean => this.nodes.get(pid)?.isDead === false;
}

/** One process: its clock, and its way to the others. */
export class MortalNode implements HubEndpoint {
  readonly net: MortalNet;
  readonly clock: Clock;
  readonly #ends = new Set<MortalEnd>();
  readonly #later: (() => void)[] = [];
  isDead = false;
  isStopped = false;

  constructor(net: MortalNet, pid: number) {
    this.net = net;
    net.nodes.set(pid, this);
    const { clock } = net;
    this.clock = {
      now: () => clock.now(),
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      delay: (ms, signal) => clock.delay(ms, signal),
      setTimer: (ms, fn): Timer => {
        let cancelled = false;
        const timer = clock.setTimer(ms, () => {
          this.run(() => {
            if (!cancelled) fn();
          });
        });
        const cancel = (): void => {
          cancelled = true;
          timer.cancel();
        };
        return { cancel, unref: () => {} };
      },
    };
  }

  /** Runs something in this process, when it can. */
  run(work: () => void): void {
    if (this.isDead) return;
    if (this.isStopped) this.#later.push(work);
    else work();
  }

  /** SIGKILL: nothing of it runs again, and its connections end. */
  kill(): void {
    this.isDead = true;
    for (const hub of this.net.hubs) if (hub.owner === this) hub.open = false;
    for (const end of [...this.#ends]) end.cut();
  }

  /** SIGSTOP. */
  stop(): void {
    this.isStopped = true;
  }

  /** SIGCONT. */
  wake(): void {
    this.isStopped = false;
    for (const work of this.#later.splice(0)) this.run(work);
  }

  current(): Promise<HubNumber> {
    const { hubs } = this.net;
    return this.#file(() => ({ number: hubs.length, ended: hubs.at(-1)?.ended ?? true }));
  }

  async connect(number: number): Promise<Channel | undefined> {
    await this.#wait();
    const hub = this.net.hubs[number - 1];
    if (hub?.open !== true) return undefined;
    const near = new MortalEnd(this);
    const far = new MortalEnd(hub.owner);
    near.peer = far;
    far.peer = near;
    for (const end of [near, far]) end.node.#ends.add(end);
    hub.owner.run(() => hub.accept(far));
    return near;
  }

  async claim(number: number, accept: (channel: Channel) => void): Promise<HubListener | undefined> {
    await this.#wait();
    if (number !== this.net.hubs.length + 1) return undefined;
    const hub: Listening = { owner: this, accept, open: true, ended: false };
    this.net.hubs.push(hub);
    await this.#wait(); // others can come already
    return {
      close: async (ended) => {
        hub.open = false;
        await this.#file(() => {
          hub.ended = ended;
        });
      },
    };
  }

  drop(end: MortalEnd): void {
    this.#ends.delete(end);
  }

  /** On the disk: it outlives processes. */
  get notes(): Notes {
    const { notes } = this.net;
    return {
      keep: (session, ending) => this.#file(() => notes.keep(session, ending)),
      kept: (session) => this.#file(() => notes.kept(session)),
      all: () => this.#file(() => notes.all()),
      forget: (session) => this.#file(() => notes.forget(session)),
      sweep: () => this.#file(() => notes.sweep()),
      watch: (onNote) => {
        let isOver = false;
        const tell = (endingOf: EndingOf): void => {
          if (!isOver) onNote(endingOf);
        };
        const watch = notes.watch((endingOf) => void this.#wait().then(() => tell(endingOf)));
        return {
          [Symbol.dispose]: () => {
            isOver = true;
            watch[Symbol.dispose]();
          },
        };
      },
    };
  }

  get papers(): Papers {
    const { papers } = this.net;
    return {
      put: (kind, name, text) => papers.put(kind, name, text),
      removeNow: (kind, name) => papers.removeNow(kind, name),
      read: (kind, prefix) => this.#file(() => papers.read(kind, prefix)),
      remove: (kind, name) => this.#file(() => papers.remove(kind, name)),
      sweep: () => this.#file(() => papers.sweep()),
    };
  }

  /** Work on files, which takes a while before and after it is done. */
  async #file<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#wait();
    const done = await work();
    await this.#wait();
    return done;
  }

  /** Resolves when the process runs; never if it is dead. */
  #wait(): Promise<void> {
    const { clock, delays } = this.net;
    const ms = delays.fileMs();
    return new Promise((resolve) => {
      if (ms <= 0) this.run(resolve);
      else clock.setTimer(ms, () => this.run(resolve));
    });
  }
}

class MortalEnd implements Channel {
  readonly node: MortalNode;
  peer: MortalEnd | undefined;
  events: ChannelEvents | undefined;
  readonly #early: (() => void)[] = [];
  /** When the last message from the other end arrives. */
  #lastMs = 0;
  #closed = false;

  constructor(node: MortalNode) {
    this.node = node;
  }

  open(events: ChannelEvents): void {
    this.events = events;
    for (const work of this.#early.splice(0)) work();
  }

  send(message: unknown): boolean {
    const { peer } = this;
    const copy: unknown = JSON.parse(JSON.stringify(message));
    if (this.node.isDead || this.#closed) return true;
    const isOver = peer === undefined ? false : peer.#closed;
    if (isOver) {
      this.end(); // as the system does it: what has arrived, and was not read, is lost with the connection
      return true;
    }
    peer?.soon(() => peer.events?.message(copy));
    const { clock, delays } = this.node.net;
    const blockedMs = delays.blockedMs();
    if (blockedMs > 0) clock.setTimer(blockedMs, () => this.node.run(() => this.#closed || this.events?.drained()));
    return blockedMs <= 0;
  }

  close(): void {
    this.end();
    this.peer?.soon(() => this.peer?.end());
  }

  destroy(): void {
    this.close();
  }

  /** The process at this end has died: the other one hears it after what was sent. */
  cut(): void {
    this.#closed = true;
    this.peer?.soon(() => this.peer?.end());
  }

  /** Does what comes from the other end, when it arrives. */
  soon(work: () => void): void {
    const { clock, delays } = this.node.net;
    const arrive = (): void =>
      this.node.run(() => {
        if (this.#closed) return;
        if (this.events === undefined) this.#early.push(work);
        else work();
      });
    const nowMs = clock.monotonicMs();
    this.#lastMs = Math.max(this.#lastMs, nowMs + delays.messageMs());
    if (this.#lastMs <= nowMs) queueMicrotask(arrive);
    else clock.setTimer(this.#lastMs - nowMs, arrive);
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.node.drop(this);
    queueMicrotask(() => this.node.run(() => this.events?.closed()));
  }
}
