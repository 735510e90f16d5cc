/**
 * Looks for mail from time to time, and soon after it was woken.
 *
 * Looking again begins only when the last look has ended, so that notices never pile up (XP-052).
 */
import type { Clock, Log, Timer } from '@nodemapi/base';

const LOOK_EVERY_MS = 2000;

export class MailWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #look: () => Promise<void>;
  #timer: Timer | undefined;
  #running = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(clock: Clock, log: Log, look: () => Promise<void>) {
    this.#clock = clock;
    this.#log = log;
    this.#look = look;
  }

  start(): void {
    this.#running = true;
    this.#schedule(0);
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  /** Looks at once. */
  wake(): void {
    if (this.#running) this.#schedule(0);
  }

  /** Stops, and waits for a look that runs. */
  async close(): Promise<void> {
    this.stop();
    await this.#looking;
  }

  #schedule(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(ms, () => {
      this.#looking = this.#looking.then(() => this.#once());
    });
    this.#timer.unref();
  }

  async #once(): Promise<void> {
    if (!this.#running) return;
    try {
      await this.#look();
    } catch (error) {
      this.#log.warn('could not look for mail', { error });
    }
    if (this.#running) this.#schedule(LOOK_EVERY_MS);
  }
}
