/** Opens the transports of the profile, and while one is missing tries it again and again, ever less often. */
import { type Log, MapiError, type Timer } from '@nodemapi/base';
import type { AttemptContext } from './attempt-context.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface RevivalParts {
  readonly context: Pick<AttemptContext, 'host' | 'settings' | 'transports'>;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
}

export class Revival {
  readonly #parts: RevivalParts;
  #timer: Timer | undefined;
  #tries = 0;
  #stopped = false;

  constructor(parts: RevivalParts) {
    this.#parts = parts;
  }

  /** @throws what the host throws */
  async open(): Promise<void> {
    await this.#parts.context.transports.open();
    this.watch();
  }

  /** Looks whether a transport is missing. */
  watch(): void {
    const { host, settings, transports } = this.#parts.context;
    this.#timer?.cancel();
    if (!transports.anyLost) this.#tries = 0;
    if (this.#stopped || !transports.anyLost) return;
    const { transportRetryMs, retryMaxMs } = settings;
    const waitMs = Math.min(transportRetryMs * 2 ** Math.min(this.#tries++, 20), retryMaxMs);
    this.#timer = host.clock.setTimer(waitMs, () => void this.revive());
    this.#timer.unref();
  }

  /** Never rejects. */
  async revive(): Promise<void> {
    try {
      await this.open();
      this.#parts.dispatcher.wakeAll();
    } catch (cause) {
      this.#parts.log.warn('transports not opened', { error: MapiError.from(cause, 'session') });
      this.watch();
    }
  }

  /** Tries nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
