import { type Log, MapiError } from '@nodemapi/base';
import type { LogonOptions } from '@nodemapi/mapi';
import type { EntryPoints } from './entry-points.ts';
import type { InitCounts } from './init-counts.ts';
import type { InitSignal } from './init-monitor.ts';
import { checkInitialize, Initialisation, type InitializeOptions, type InitSurroundings } from './init-steps.ts';

export interface InitialiserOptions {
  readonly counts: InitCounts;
  readonly signal: InitSignal;
  readonly entryPoints: EntryPoints;
  readonly log: Log;
  readonly surroundings: Omit<InitSurroundings, 'assertCount'>;
  readonly initializationsMax: number;
}

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

  constructor(options: InitialiserOptions) {
    this.#options = options;
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
    const { counts, signal, entryPoints, log } = this.#options;
    entryPoints.assertOutside('MAPIUninitialize');
    while (this.#starting !== undefined) await this.#starting;
    if (!counts.leaveMapi()) return false;
    if (counts.oleIsLate) {
      log.warn('MAPIUninitialize before OleUninitialize: OLE has to be taken down first (LOGOFF-2)');
    }
    signal.set(false);
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
      this.#options.log.warn(`MAPI_NT_SERVICE is set in ${where}: it belongs in both or in neither (INIT-16)`);
    }
    return initialised || logsOn;
  }

  async #start(init: InitializeOptions): Promise<void> {
    const { counts, log, surroundings } = this.#options;
    if (counts.ole > 0 && init.noCoInit !== true) {
      log.warn('OleInitialize before MAPIInitialize: MAPI comes first, unless noCoInit is set (INIT-32)');
    }
    const assertCount = (): void => this.#assertCount();
    const started = Initialisation.start(init, { ...surroundings, assertCount });
    this.#starting = started.catch(() => {}); // whoever waits for it tries by himself
    try {
      this.#current = await started;
      counts.enterMapi();
    } finally {
      this.#starting = undefined;
    }
  }

  #assertCount(): void {
    const { counts, initializationsMax } = this.#options;
    if (counts.mapi < initializationsMax) return;
    throw new MapiError('MAPI_E_SESSION_LIMIT', `MAPI is initialised ${initializationsMax} times, which is the limit`);
  }
}
