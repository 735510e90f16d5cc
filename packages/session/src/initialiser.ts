import { MapiError } from '@nodemapi/base';
import type { LogonOptions } from '@nodemapi/mapi';
import type { EntryPoints } from './entry-points.ts';
import type { InitCounts } from './init-counts.ts';
import type { InitSignal } from './init-monitor.ts';
import { checkInitialize, Initialisation, type InitializeOptions, systemPlatform } from './init-steps.ts';
import type { SubsystemConfig } from './subsystem-config.ts';

export interface InitialiserOptions {
  readonly counts: InitCounts;
  readonly signal: InitSignal;
  readonly entryPoints: EntryPoints;
  readonly config: SubsystemConfig;
  /** Reaches the storage of profiles. */
  readonly reachProfiles: () => Promise<unknown>;
}

const INITIALIZATIONS_MAX = 65_536;

/**
 * Initialises MAPI and takes it down: who comes first builds, who leaves last clears away.
 *
 * The count goes up when everything is built, and not before: whoever comes while somebody builds waits, and tries by
 * himself if that failed.
 */
export class Initialiser {
  readonly #options: InitialiserOptions;
  #starting: Promise<unknown> | undefined;
  #current: Initialisation | undefined;
  #round = 0;

  constructor(options: InitialiserOptions) {
    this.#options = options;
  }

  /** Goes up each time that the last MAPIUninitialize has taken MAPI down. */
  get round(): number {
    return this.#round;
  }

  async enter(init: InitializeOptions): Promise<void> {
    const { counts, signal, entryPoints } = this.#options;
    entryPoints.assertOutside('MAPIInitialize');
    counts.assertNotOver('MAPIInitialize');
    checkInitialize(init);
    while (this.#starting !== undefined) await this.#starting;
    if (counts.mapi === 0) await this.#start(init);
    else {
      this.#assertCount();
      counts.enterMapi();
    }
    signal.set(true);
  }

  /** Whether that was the last one; one too many does nothing. */
  async leave(): Promise<boolean> {
    const { counts, signal, entryPoints, config } = this.#options;
    entryPoints.assertOutside('MAPIUninitialize');
    while (this.#starting !== undefined) await this.#starting;
    if (!counts.leaveMapi()) return false;
    if (counts.oleIsLate) {
      config.log.warn('MAPIUninitialize before OleUninitialize: OLE has to be taken down first (LOGOFF-2)');
    }
    signal.set(false);
    this.#round++;
    this.#current?.end();
    this.#current = undefined;
    return true;
  }

  /** A service says so twice; if it does so once it is one all the same, and nobody is asked anything. */
  isService(options: LogonOptions): boolean {
    const initialised = this.#current?.isService === true;
    const logsOn = options.ntService === true;
    if (initialised !== logsOn) {
      const where = initialised ? 'MAPIInitialize and not in MAPILogonEx' : 'MAPILogonEx and not in MAPIInitialize';
      this.#options.config.log.warn(`MAPI_NT_SERVICE is set in ${where}: it belongs in both or in neither (INIT-16)`);
    }
    return initialised || logsOn;
  }

  async #start(init: InitializeOptions): Promise<void> {
    const { counts, config, reachProfiles } = this.#options;
    const { home, files, clock, platform = systemPlatform, prepareService } = config;
    if (counts.ole > 0 && init.noCoInit !== true) {
      config.log.warn('OleInitialize before MAPIInitialize: MAPI comes first, unless noCoInit is set (INIT-32)');
    }
    const assertCount = (): void => this.#assertCount();
    const outside = { home, files, clock, platform, prepareService, reachProfiles, assertCount };
    const started = Initialisation.start(init, outside);
    this.#starting = started.catch(() => {}); // whoever waits for it tries by himself
    try {
      this.#current = await started;
      counts.enterMapi();
    } finally {
      this.#starting = undefined;
    }
  }

  #assertCount(): void {
    const { counts, config } = this.#options;
    const { initializationsMax = INITIALIZATIONS_MAX } = config;
    if (counts.mapi < initializationsMax) return;
    throw new MapiError('MAPI_E_SESSION_LIMIT', `MAPI is initialised ${initializationsMax} times, which is the limit`);
  }
}
