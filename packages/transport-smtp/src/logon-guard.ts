/**
 * Keeps a refused password from being tried again and again: servers lock accounts for that. After a refusal nobody tries
 * for a while, which grows; after some refusals nobody tries at all until the configuration changes or somebody asks for it.
 *
 * While it is not known that the password is good, one connection at a time tries it.
 */
import { type Clock, type Permit, Semaphore } from '@nodemapi/base';
import type { SessionFailure } from './session-failure.ts';

const FIRST_PAUSE_MS = 300_000;
const PAUSE_FACTOR = 3;
/** How often messages look whether the settings have changed, when nobody tries any more. */
const GIVEN_UP_SECONDS = 3600;
/** So many refusals in a row, and nobody tries any more by himself. */
export const REFUSALS_MAX = 5;

export class LogonGuard {
  readonly #clock: Clock;
  readonly #turn: Semaphore;
  #isProven = false;
  #refusals = 0;
  #untilMs = -Infinity;
  #last: SessionFailure | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turn = new Semaphore(1, clock);
  }

  /** Why nothing is tried now; undefined: it may be tried. */
  get pause(): SessionFailure | undefined {
    const failure = this.#last;
    if (failure === undefined) return undefined;
    if (this.#refusals >= REFUSALS_MAX) {
      const text = `${failure.text} (refused ${this.#refusals} times: not tried again until the settings change)`;
      return { ...failure, text, retryAfterSeconds: GIVEN_UP_SECONDS };
    }
    const leftMs = this.#untilMs - this.#clock.monotonicMs();
    if (leftMs <= 0) return undefined;
    const retryAfterSeconds = Math.ceil(leftMs / 1000);
    return { ...failure, text: `${failure.text} (not tried again for ${retryAfterSeconds} s)`, retryAfterSeconds };
  }

  /** Lets the next one try, whatever has been; what it finds counts as before. */
  allowOnce(): void {
    this.#untilMs = -Infinity;
    this.#refusals = Math.min(this.#refusals, REFUSALS_MAX - 1);
  }

  /** Waits until it may be tried; the caller releases the permit after `worked` or `refused`. Undefined: no need. */
  async wait(signal: AbortSignal): Promise<Permit | undefined> {
    return this.#isProven ? undefined : this.#turn.acquire({ signal });
  }

  worked(): void {
    this.#isProven = true;
    this.#refusals = 0;
    this.#last = undefined;
  }

  /** Those who tried at the same time are refused together: that counts once. */
  refused(failure: SessionFailure): void {
    const isAnother = this.#untilMs <= this.#clock.monotonicMs();
    this.#isProven = false;
    this.#last = failure;
    if (!isAnother) return;
    this.#untilMs = this.#clock.monotonicMs() + FIRST_PAUSE_MS * PAUSE_FACTOR ** this.#refusals;
    this.#refusals++;
  }
}
