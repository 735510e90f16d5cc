import { type Clock, type Log, MapiError, withDeadline } from '@nodemapi/base';
import type { IABLogon, IMSLogon, IMsgStore, IXPLogon, UserInterface } from '@nodemapi/mapi';
import type { LogonTurns } from './logon-turns.ts';
import type { Profile, UidText } from './profile.ts';
import type { ProviderRef } from './provider-slot.ts';
import type { ServiceEntries } from './service-entries.ts';

export interface ServiceGateConfig {
  readonly entries: ServiceEntries;
  readonly clock: Clock;
  readonly log: Log;
  readonly turns: LogonTurns;
  /** How long one call of a provider may take while it is logged on. */
  readonly logonTimeoutMs: number;
  profile(): Promise<Profile>;
}

/** What a provider did when it was logged on, for `getLastError` of the session. */
export interface ProviderProblem {
  readonly ref: ProviderRef;
  readonly error: MapiError;
}

/**
 * Decides what becomes of a provider whose logon fails.
 *
 * - MAPI_E_UNCONFIGURED: its service is asked to configure itself, then one more try.
 * - MAPI_E_FAILONEPROVIDER: this provider alone is unusable until a later logon works.
 * - Anything else, and a second failure: the whole service is out for the rest of the session.
 *
 * spec: mapi-sessions, implementing-service-provider-logon
 */
export class ServiceGate {
  readonly #config: ServiceGateConfig;
  readonly #disabled = new Set<UidText>();
  readonly #problems = new Map<UidText, ProviderProblem>();
  /** Ends of the waits for logons that run. */
  readonly #waits = new Set<(reason: MapiError) => void>();
  #closed = false;

  constructor(config: ServiceGateConfig) {
    this.#config = config;
  }

  isDisabled(service: UidText | undefined): boolean {
    return service !== undefined && this.#disabled.has(service);
  }

  /** What went wrong and has not been put right since. */
  problems(): readonly ProviderProblem[] {
    return [...this.#problems.values()];
  }

  /** Notes what a provider did outside its logon. */
  note(ref: ProviderRef, error: unknown): void {
    this.#problems.set(ref.uid, { ref, error: MapiError.from(error, ref.displayName) });
  }

  /** The session ends: nobody waits for a logon any more, and none is begun. What one still brings is ended at once. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#waits) stop(new MapiError('MAPI_E_CANCEL', 'the session ended before the logon did'));
  }

  /** Logs a provider on. @param keepsService true for a retry, which disables nothing */
  async logon<T>(ref: ProviderRef, attempt: () => Promise<T>, ui?: UserInterface, keepsService = false): Promise<T> {
    if (this.isDisabled(ref.service)) {
      const cause = this.#problems.get(ref.uid)?.error.detail;
      const why = `its message service is disabled in this session${cause === undefined ? '' : `: ${cause}`}`;
      throw new MapiError('MAPI_E_LOGON_FAILED', `${ref.displayName}: ${why}`, { component: ref.displayName });
    }
    try {
      const result = await this.#config.turns.run(ref.uid, () => this.#twice(ref, () => this.#timed(ref, attempt), ui));
      this.#problems.delete(ref.uid);
      return result;
    } catch (error) {
      this.note(ref, error);
      this.#config.log.warn('provider logon failed', { provider: ref.displayName, error });
      if (!keepsService && ref.service !== undefined && !staysEnabled(error)) this.#disabled.add(ref.service);
      throw MapiError.from(error, ref.displayName);
    }
  }

  async #twice<T>(ref: ProviderRef, attempt: () => Promise<T>, ui: UserInterface | undefined): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!(await this.#mayRetry(ref, error, ui))) throw error;
    }
    return attempt();
  }

  /** Without a user only a configuration that the service's entry point makes is worth another try. */
  async #mayRetry(ref: ProviderRef, error: unknown, ui: UserInterface | undefined): Promise<boolean> {
    if (MapiError.is(error, 'MAPI_E_UNCONFIGURED')) return this.#reconfigure(ref, ui);
    if (
      ui === undefined ||
      MapiError.is(error, 'MAPI_E_FAILONEPROVIDER') ||
      MapiError.is(error, 'MAPI_E_USER_CANCEL')
    ) {
      return false;
    }
    const { detail } = MapiError.from(error, ref.displayName);
    return ui.confirm(`${ref.displayName} cannot be logged on: ${detail}. Try again?`);
  }

  async #reconfigure(ref: ProviderRef, ui: UserInterface | undefined): Promise<boolean> {
    const profile = await this.#config.profile();
    if (ref.service === undefined || !this.#config.entries.has(profile, ref.service)) return false;
    const call = { context: 'configure', logonFailed: true, uiAllowed: ui !== undefined, ui } as const;
    await this.#config.entries.call(profile, ref.service, call);
    return true;
  }

  async #timed<T>(ref: ProviderRef, attempt: () => Promise<T>): Promise<T> {
    const { clock, logonTimeoutMs } = this.#config;
    if (this.#closed) throw new MapiError('MAPI_E_CANCEL', `${ref.displayName} is not logged on: the session ends`);
    const running = attempt();
    let stop: (reason: MapiError) => void = () => {};
    const stopped = new Promise<never>((_, reject) => {
      stop = reject;
    });
    this.#waits.add(stop);
    try {
      const first = Promise.race([running, stopped]);
      return await withDeadline(first, logonTimeoutMs, clock, `the logon of ${ref.displayName}`);
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_TIMEOUT') || this.#closed) this.#discardLate(ref, running);
      throw error;
    } finally {
      this.#waits.delete(stop);
    }
  }

  /** What a logon brings after nobody waits for it any more is ended at once. */
  #discardLate(ref: ProviderRef, running: Promise<unknown>): void {
    running.then(endLogon).catch((error: unknown) => {
      this.#config.log.warn('a logon ended late, and badly', { provider: ref.displayName, error });
    });
  }
}

/** Ends what a logon method answered: an address book's logon object, or another's with what belongs to it. */
async function endLogon(result: unknown): Promise<void> {
  const made = result as { readonly store?: IMsgStore; readonly logon?: IMSLogon | IXPLogon } & Partial<IABLogon>;
  const logon = made.iid === 'IABLogon' ? (made as IABLogon) : made.logon;
  await made.store?.release();
  if (logon === undefined) return;
  await ('transportLogoff' in logon ? logon.transportLogoff() : logon.logoff());
  await logon.release();
}

/** AMB-15, AMB-18: MAPI_E_FAILONEPROVIDER concerns one provider, a cancelled dialog nobody. */
function staysEnabled(error: unknown): boolean {
  return MapiError.is(error, 'MAPI_E_FAILONEPROVIDER') || MapiError.is(error, 'MAPI_E_USER_CANCEL');
}
