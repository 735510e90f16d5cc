/** StoreLogoff as a store provider keeps it, from the client's call to the last release. spec: imsgstore-storelogoff */
import { type Log, MapiError } from '@nodemapi/base';
import type { IMAPISupport, StoreLogoffMode, StoreLogoffResult } from '@nodemapi/mapi';

const MODES: ReadonlySet<string> = new Set<StoreLogoffMode>(['noWait', 'orderly', 'purge', 'abort', 'quiet']);

export interface StoreLogoffOptions {
  readonly support: Pick<IMAPISupport, 'storeLogoffTransports'>;
  readonly log: Log;
  /** Whether messages of the store are queued; asked where the support object has no transports to ask. */
  readonly hasQueue: () => boolean;
}

/**
 * - What the client asks for goes to StoreLogoffTransports at once, so that it gets its answer (AMB-34).
 * - Where that was refused, or nobody asked, the last release says it: the mode that was asked for last, else abort.
 * - After a logoff that is complete nothing is said any more.
 */
export class StoreLogoff {
  readonly #options: StoreLogoffOptions;
  #mode: StoreLogoffMode | undefined;
  #done = false;

  constructor(options: StoreLogoffOptions) {
    this.#options = options;
  }

  /** IMsgStore::StoreLogoff. @throws MAPI_E_INVALID_PARAMETER unless `mode` is one of the five */
  async request(mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    if (!MODES.has(mode)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `IMsgStore.storeLogoff: ${JSON.stringify(mode)} is not one mode`);
    }
    this.#mode = mode;
    const result = await this.#tell(mode);
    this.#done ||= result.complete;
    return result;
  }

  /** The last reference to the store goes. Never rejects. */
  async released(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    try {
      await this.#tell(this.#mode ?? 'abort');
    } catch (error) {
      this.#options.log.warn('the transports did not hear of the end of a store', { error });
    }
  }

  async #tell(mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    try {
      return await this.#options.support.storeLogoffTransports(mode);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error;
      return { complete: true, inbound: false, outbound: false, outboundQueue: this.#options.hasQueue() };
    }
  }
}
