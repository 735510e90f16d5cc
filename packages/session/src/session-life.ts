/**
 * The life of one member of a session: every way to end goes through these states.
 *
 * docs/ending-a-session.md shows the table as a diagram. What ends a session (a call, a signal, an exception, a critical
 * error, a shared logoff) only chooses the event; process death is not seen from within, but by the next process.
 *
 * spec: ending-a-mapi-session
 */
import { AssertionError } from 'node:assert';

export type LifeState =
  /** Calls work. */
  | 'loggedOn'
  /** `endSession` closes what is open and settles the outgoing mail; calls still work. */
  | 'settling'
  /** Calls fail from here on; stores of this member, and with the last member everything, are logged off. */
  | 'loggingOff'
  /** The logoff is done, as well as it could be; only `release` is left. */
  | 'ended'
  | 'released'
  /** DoFastShutdown: nothing more is done until the process exits. */
  | 'shutDown';

export type LifeEvent =
  | 'endSession'
  | 'logoff'
  /** The client gave its last reference back. */
  | 'release'
  /** The last MAPIUninitialize. */
  | 'uninitialize'
  /** The logoff has come to its end, or to its deadline. */
  | 'finished'
  /** DoFastShutdown of any session of the process. */
  | 'fastShutdown';

/** An event that is not named leaves no sense to its caller, and is refused. */
export const LIFE: Readonly<Record<LifeState, Readonly<Partial<Record<LifeEvent, LifeState>>>>> = {
  loggedOn: {
    endSession: 'settling',
    logoff: 'loggingOff',
    release: 'loggingOff',
    uninitialize: 'loggingOff',
    fastShutdown: 'shutDown',
  },
  settling: {
    logoff: 'loggingOff',
    release: 'loggingOff',
    uninitialize: 'loggingOff',
    fastShutdown: 'shutDown',
  },
  loggingOff: { finished: 'ended', fastShutdown: 'shutDown' },
  ended: { release: 'released' },
  released: {},
  shutDown: { release: 'shutDown', finished: 'shutDown' },
};

/** One member's way through the states. */
export class SessionLife {
  readonly #path: LifeState[] = ['loggedOn'];

  get state(): LifeState {
    return this.#path.at(-1) ?? 'loggedOn';
  }

  /** The states so far; none comes twice. */
  get path(): readonly LifeState[] {
    return this.#path;
  }

  /** Calls of the client are refused. */
  get isOver(): boolean {
    return this.state !== 'loggedOn' && this.state !== 'settling';
  }

  /** Whether the event means something now. */
  admits(event: LifeEvent): boolean {
    return LIFE[this.state][event] !== undefined;
  }

  /** @throws AssertionError for an event that the state does not admit, which is a bug of the caller */
  enter(event: LifeEvent): void {
    const next = LIFE[this.state][event];
    if (next === undefined) throw new AssertionError({ message: `a session that is ${this.state} met ${event}` });
    if (next !== this.state) this.#path.push(next);
  }
}
