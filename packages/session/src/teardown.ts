import { type Clock, type Log, MapiError, withDeadline } from '@nodemapi/base';

/** Something that a provider did not do when it was asked to end. */
export interface TeardownProblem {
  readonly component: string;
  readonly error: MapiError;
}

/** The least time a call is given, also when the deadline has passed. */
const callMsMin = 1;

/**
 * Ends things one after the other against one deadline.
 *
 * A call that throws or hangs is noted with the name of its provider and stops nothing: it gets half of the time that
 * is left, or what it is given, so that the others get theirs.
 */
export class Teardown {
  readonly problems: TeardownProblem[] = [];
  /** Somebody is impatient when it is aborted: what is being sent is not waited for much longer. */
  readonly hurry: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #endMs: number;

  constructor(clock: Clock, log: Log, deadlineMs: number, hurry?: AbortSignal) {
    this.hurry = hurry;
    this.#clock = clock;
    this.#log = log;
    this.#endMs = clock.monotonicMs() + deadlineMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endMs - this.#clock.monotonicMs());
  }

  /** Whether `call` has done its work, in `limitMs` at most. */
  async run(
    component: string,
    what: string,
    call: () => unknown,
    limitMs: number = this.remainingMs / 2,
  ): Promise<boolean> {
    try {
      const called = Promise.resolve().then(call);
      await withDeadline(called, Math.max(callMsMin, limitMs), this.#clock, `${what} of ${component}`);
      return true;
    } catch (error) {
      this.note(component, what, error);
      return false;
    }
  }

  note(component: string, what: string, error: unknown): void {
    const failure = new MapiError(
      MapiError.from(error, component).code,
      `${component}: ${what}: ${MapiError.from(error, component).detail}`,
      {
        cause: error,
        component,
      },
    );
    this.problems.push({ component, error: failure });
    this.#log.warn('ending failed', { component, what, error });
  }
}
