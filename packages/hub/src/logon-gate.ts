/**
 * Logons that may join a session come one after the other, in all processes: who is told to create the shared session
 * has the gate to itself until it has done so or given up.
 *
 * A process that is stopped meanwhile says nothing: after a time it loses the gate. Should it wake and make its session
 * after all, there are two, and logons join the older one.
 */
import type { Clock, Timer } from '@nodemapi/base';
import type { LogonWish, SessionInfo } from './message.ts';
import type { Peer } from './peer.ts';

/** Logons that wait at a time, in all processes. */
const waitingMax = 10_000;
/** How often it is looked whether the process that creates the session still says anything. */
const lookMs = 500;
/** A look that comes so much too late says that the hub was stopped itself, and has not read what it was told. */
const lateMsMax = 150;
/** How long that process may say nothing. A wait for the write lock of a database stops a process for 5 s. */
export const creatorSilenceMsMax = 6000;

interface Waiting {
  readonly peer: Peer;
  readonly request: number;
  readonly wish: LogonWish;
}

export interface LogonGateOptions {
  readonly clock: Clock;
  /** When a process last said something, on the monotonic clock; undefined for one that is not connected. */
  readonly heardMs: (process: string) => number | undefined;
  /** The session that is there to be joined. */
  readonly joinable: () => SessionInfo | undefined;
  /** A process is told to join a session. */
  readonly onJoin: (peer: Peer, session: SessionInfo) => void;
  /** Whether this is still the hub; one that has a successor gives nothing away. */
  readonly isCurrent: () => Promise<boolean>;
}

export class LogonGate {
  readonly #options: LogonGateOptions;
  readonly #waiting: Waiting[] = [];
  /** The process that creates the shared session. */
  #creator: string | undefined;
  #open: boolean;
  #checking = false;
  #look: Timer | undefined;
  /** Before that the creator is not called silent. */
  #trustedMs = 0;

  /** @param open false for a hub that follows another one, until the sessions there are can be known */
  constructor(open: boolean, options: LogonGateOptions) {
    this.#open = open;
    this.#options = options;
  }

  open(): void {
    this.#open = true;
    this.pump();
  }

  acquire(peer: Peer, request: number, wish: LogonWish): void {
    if (this.#waiting.length >= waitingMax) {
      peer.destroy();
      return;
    }
    this.#waiting.push({ peer, request, wish });
    this.pump();
    if (this.#look !== undefined) return;
    this.#trustedMs = this.#options.clock.monotonicMs();
    this.#watch();
  }

  /** Looks no more. */
  close(): void {
    this.#look?.cancel();
  }

  cancel(peer: Peer, request: number): void {
    const at = this.#waiting.findIndex((one) => one.peer === peer && one.request === request);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** A process came whose creation was begun under another hub. */
  resume(process: string): void {
    this.#creator ??= process;
  }

  /** The creation is done, or given up. */
  settle(process: string): void {
    if (this.#creator !== process) return;
    this.#creator = undefined;
    this.pump();
  }

  /** A connection has ended; its requests come again with the next one. */
  detach(peer: Peer): void {
    const stay = this.#waiting.filter((one) => one.peer !== peer);
    this.#waiting.splice(0, this.#waiting.length, ...stay);
  }

  /** Looks after the creator while somebody waits for it. */
  #watch(): void {
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + lookMs;
    this.#look = clock.setTimer(lookMs, () => {
      this.#look = undefined;
      if (this.#waiting.length === 0) return;
      const nowMs = clock.monotonicMs();
      if (nowMs - dueMs > lateMsMax) this.#trustedMs = nowMs;
      this.#revokeSilent(nowMs);
      this.#watch();
    });
    this.#look.unref();
  }

  #revokeSilent(nowMs: number): void {
    if (this.#creator === undefined) return;
    const heardMs = this.#options.heardMs(this.#creator) ?? 0;
    if (nowMs - Math.max(heardMs, this.#trustedMs) >= creatorSilenceMsMax) this.settle(this.#creator);
  }

  /** Answers whom it can. */
  pump(): void {
    if (this.#checking || !this.#open || this.#waiting.length === 0) return;
    this.#checking = true;
    void this.#options.isCurrent().then((isCurrent) => {
      this.#checking = false;
      if (isCurrent) this.#answer();
    });
  }

  #answer(): void {
    const all = this.#waiting.splice(0);
    for (const one of all) {
      if (!this.#answerOne(one)) this.#waiting.push(one);
    }
  }

  #answerOne({ peer, request, wish }: Waiting): boolean {
    const process = peer.process?.id;
    if (process === undefined) return true;
    const session = this.#options.joinable();
    const isTaken = session !== undefined || this.#creator !== undefined;
    if (wish === 'shareNew' && isTaken) {
      peer.post({ type: 'acquired', request, outcome: 'create', joinable: false });
    } else if (session !== undefined) {
      this.#options.onJoin(peer, session);
      peer.post({ type: 'acquired', request, outcome: 'join', session, joinable: true });
    } else if (this.#creator !== undefined) {
      return false;
    } else if (wish === 'join') {
      peer.post({ type: 'acquired', request, outcome: 'none', joinable: false });
    } else {
      this.#creator = process;
      peer.post({ type: 'acquired', request, outcome: 'create', joinable: true });
    }
    return true;
  }
}
