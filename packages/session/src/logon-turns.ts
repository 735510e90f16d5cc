/**
 * Logons of one provider section come one after the other, in all sessions of a subsystem: a logon may write its
 * section, which nobody else may have open then, and a refused section would look like a provider that fails.
 */
import { type Clock, Mutex } from '@nodemapi/base';
import type { UidText } from './profile.ts';

export class LogonTurns {
  readonly #clock: Clock;
  readonly #mutexes = new Map<UidText, Mutex>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `logon` when no other logon of the section runs. */
  async run<T>(section: UidText, logon: () => Promise<T>): Promise<T> {
    const mutex = this.#mutexes.get(section) ?? new Mutex(this.#clock);
    this.#mutexes.set(section, mutex);
    try {
      return await mutex.run(logon);
    } finally {
      if (!mutex.locked && mutex.waiting === 0) this.#mutexes.delete(section);
    }
  }
}
