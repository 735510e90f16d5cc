import { AsyncLocalStorage } from 'node:async_hooks';
import { MapiError } from '@nodemapi/base';

interface EntryPointCall {
  readonly module: string;
  running: boolean;
}

/**
 * Knows whether code runs within an entry point of a provider library, or while such a library is loaded: there MAPI
 * may neither be initialised nor taken down, because whoever called the entry point is doing that.
 *
 * What an entry point leaves behind, such as a timer, is outside as soon as the entry point has returned.
 */
export class EntryPoints {
  readonly #calls = new AsyncLocalStorage<EntryPointCall>();
  #running = 0;

  async run<T>(module: string, entry: () => Promise<T>): Promise<T> {
    const call: EntryPointCall = { module, running: true };
    this.#running++;
    try {
      return await this.#calls.run(call, entry);
    } finally {
      call.running = false;
      // while it is enabled every promise of the process costs more, up to Node.js 22
      if (--this.#running === 0) this.#calls.disable();
    }
  }

  /** @throws MAPI_E_CALL_FAILED within an entry point */
  assertOutside(what: string): void {
    const call = this.#calls.getStore();
    if (call?.running !== true) return;
    throw new MapiError('MAPI_E_CALL_FAILED', `${what} within an entry point of ${call.module}`, {
      component: call.module,
    });
  }
}
