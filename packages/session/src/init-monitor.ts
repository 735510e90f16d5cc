/** Tells whoever waits for it that MAPI is initialised. spec: createmapiinitializationmonitor */
import { type Clock, Emitter, MapiError } from '@nodemapi/base';
import { RefCounted } from '@nodemapi/kit';
import { type IMAPIInitMonitor, type IMAPIWaitResult, INFINITE, type InitWaitOptions } from '@nodemapi/mapi';

/** Whether MAPI is initialised, for those who watch from outside: it can be there before the subsystem is. */
export class InitSignal {
  readonly #changed = new Emitter<boolean>();
  #initialized = false;

  get isInitialized(): boolean {
    return this.#initialized;
  }

  set(initialized: boolean): void {
    if (this.#initialized === initialized) return;
    this.#initialized = initialized;
    this.#changed.emit(initialized);
  }

  /** Waits for the initialisation. @throws WIN32_E_TIMEOUT; MAPI_E_INVALID_PARAMETER for a time that is none */
  wait(timeoutMs: number, clock: Clock, signal?: AbortSignal): Promise<void> {
    if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) {
      return Promise.reject(new MapiError('MAPI_E_INVALID_PARAMETER', `a wait of ${timeoutMs} ms`));
    }
    return new Promise((resolve, reject) => {
      if (this.#initialized) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      const end = (settle: () => void): void => {
        listening[Symbol.dispose]();
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => end(() => reject(signal?.reason));
      const timeout = (): void =>
        end(() => reject(new MapiError('WIN32_E_TIMEOUT', `MAPI was not initialised within ${timeoutMs} ms`)));
      const listening = this.#changed.subscribe((initialized) => initialized && end(resolve));
      const timer = timeoutMs === INFINITE ? undefined : clock.setTimer(timeoutMs, timeout);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** CreateMAPIInitializationMonitor. */
export class InitMonitor extends RefCounted implements IMAPIInitMonitor {
  readonly iid = 'IMAPIInitMonitor';
  readonly #signal: InitSignal;
  readonly #clock: Clock;

  constructor(signal: InitSignal, clock: Clock) {
    super();
    this.#signal = signal;
    this.#clock = clock;
  }

  isInitialized(): boolean {
    this.assertOpen();
    return this.#signal.isInitialized;
  }

  async wait(timeoutMs: number, options: InitWaitOptions = {}): Promise<void> {
    this.assertOpen();
    await this.#signal.wait(timeoutMs, this.#clock, options.signal);
  }

  beginWait(timeoutMs: number = INFINITE): IMAPIWaitResult {
    this.assertOpen();
    return new WaitResult((ms, signal) => this.#signal.wait(ms, this.#clock, signal), timeoutMs);
  }
}

class WaitResult extends RefCounted implements IMAPIWaitResult {
  readonly iid = 'IMAPIWaitResult';
  readonly #wait: (timeoutMs: number, signal?: AbortSignal) => Promise<void>;
  readonly #timeoutMs: number;

  constructor(wait: (timeoutMs: number, signal?: AbortSignal) => Promise<void>, timeoutMs: number) {
    super();
    this.#wait = wait;
    this.#timeoutMs = timeoutMs;
  }

  async end(timeoutMs: number = this.#timeoutMs, options: InitWaitOptions = {}): Promise<void> {
    this.assertOpen();
    await this.#wait(timeoutMs, options.signal);
  }
}
