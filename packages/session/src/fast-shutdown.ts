/** Fast shutdown: the process ends without logging off, if every provider is ready for that. spec: fast-shutdown-overview */
import { type Clock, type Log, MapiError, withDeadline } from '@nodemapi/base';
import { type IMAPIProviderShutdown, supportsFastShutdown } from '@nodemapi/mapi';
import type { ProviderObject } from './provider-objects.ts';

/** 0: unless a provider objects; 1: only if every provider agrees; 2: never. spec: fast-shutdown-user-options */
export type FastShutdownPolicy = 0 | 1 | 2;

/** A session of the process, with what all its members share. */
export interface ShutdownSession {
  readonly objects: { loaded(): Promise<readonly ProviderObject[]> };
  /** Waits so long for what is being sent. */
  stopSpooler(waitMs: number): Promise<void>;
}

export interface FastShutdownOptions {
  readonly clock: Clock;
  readonly policy: FastShutdownPolicy;
  readonly log: Log;
  /** The sessions of the process. */
  readonly sessions: () => Iterable<ShutdownSession>;
  /** Called once, when the process may exit: no call works any more. */
  readonly onDone: () => void;
}

/** How long a message that is being sent may take, so that what became of it is recorded. */
const sendingMsMax = 2000;
/** How long one provider may take for one call. */
const providerMsMax = 2000;

/**
 * IMAPIClientShutdown for all sessions of the process.
 *
 * In each session the providers come in the order transports, address books, stores; the spooler before them.
 */
export class FastShutdown {
  readonly #options: FastShutdownOptions;

  constructor(options: FastShutdownOptions) {
    this.#options = options;
  }

  /** @throws MAPI_E_NO_SUPPORT if the policy or a provider refuses */
  async query(): Promise<void> {
    const { policy } = this.#options;
    if (policy === 2) throw new MapiError('MAPI_E_NO_SUPPORT', 'fast shutdown is forbidden here');
    for (const object of await this.#providers()) {
      if (supportsFastShutdown(object.provider)) await this.#query(object, object.provider);
      else if (policy === 1) throw refusal(object, undefined);
    }
  }

  /** Tells every provider that takes part; what one of them throws stops nothing. */
  async notify(): Promise<void> {
    const { policy, log } = this.#options;
    if (policy === 2) return;
    for (const { provider, component } of await this.#providers()) {
      if (!supportsFastShutdown(provider)) continue;
      try {
        await this.#timed(component, () => provider.notifyProcessShutdown());
      } catch (error) {
        log.warn('provider failed when told of the shutdown', { component, error });
      }
    }
  }

  /**
   * @param signal whoever gave up waiting aborts it: then the sessions stay, to be ended in the ordinary way
   * @throws MAPI_E_NO_SUPPORT if fast shutdown is not to be had, or a provider is not ready for an immediate exit
   */
  async run(signal?: AbortSignal): Promise<void> {
    await this.query();
    const stopped = new Set<ShutdownSession>();
    const next = (): ShutdownSession | undefined => [...this.#options.sessions()].find((one) => !stopped.has(one));
    for (let session = next(); session !== undefined; session = next()) {
      stopped.add(session); // another one may be logged on meanwhile
      await this.#stopSession(session);
    }
    signal?.throwIfAborted();
    this.#options.onDone();
  }

  async #stopSession(session: ShutdownSession): Promise<void> {
    await this.#stopSpooler(session);
    for (const object of await session.objects.loaded()) {
      const { provider, component } = object;
      if (!supportsFastShutdown(provider)) continue;
      try {
        await this.#timed(component, () => provider.doFastShutdown());
      } catch (cause) {
        throw refusal(object, cause);
      }
    }
  }

  /** Nothing new is sent, and what is being sent is recorded: an attempt without an outcome would be repeated. */
  async #stopSpooler(session: ShutdownSession): Promise<void> {
    try {
      await session.stopSpooler(sendingMsMax);
    } catch (error) {
      this.#options.log.warn('the spooler cannot be stopped', { error });
    }
  }

  async #query(object: ProviderObject, provider: IMAPIProviderShutdown): Promise<void> {
    try {
      await this.#timed(object.component, () => provider.queryFastShutdown());
    } catch (cause) {
      throw refusal(object, cause);
    }
  }

  /** A provider that does not answer is none for a fast end. */
  #timed(component: string, call: () => Promise<void>): Promise<void> {
    const called = Promise.resolve().then(call);
    return withDeadline(called, providerMsMax, this.#options.clock, `fast shutdown of ${component}`);
  }

  async #providers(): Promise<readonly ProviderObject[]> {
    const loaded = [...this.#options.sessions()].map(({ objects }) => objects.loaded());
    return (await Promise.all(loaded)).flat();
  }
}

function refusal({ component }: ProviderObject, cause: unknown): MapiError {
  return new MapiError('MAPI_E_NO_SUPPORT', `${component} refuses fast shutdown`, { cause, component });
}
