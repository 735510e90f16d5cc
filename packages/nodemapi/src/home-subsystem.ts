/** A subsystem that knows the home it works on: what tools need beyond MAPI's functions. */
import { MapiError, type Metrics } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type Catalogue,
  CURRENT_SPI_VERSION,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  type ProviderHost,
  type ProviderModule,
  propOf,
} from '@nodemapi/mapi';
import { Subsystem, type SubsystemConfig } from '@nodemapi/session';
import { ensureProfileWith, type ProfileSettings } from './ensure-profile.ts';

/** What a subsystem of a home is made of. */
export interface HomeSubsystemConfig extends SubsystemConfig {
  /** What it counts into; without it nothing is counted. */
  readonly metrics?: Metrics;
}

/** A subsystem that knows its home, its catalogue and its libraries. */
export class HomeSubsystem extends Subsystem {
  /** What the providers of this home get. */
  readonly host: ProviderHost;
  readonly catalogue: Catalogue;
  /** Loads a library that the catalogue names. */
  readonly loadModule: (name: string) => Promise<ProviderModule>;

  readonly #metrics: Metrics | undefined;

  constructor(config: HomeSubsystemConfig) {
    super(config);
    const { home, files, clock, random, log, accessToken } = config;
    this.host = { home, files, clock, random, log, accessToken, mapiVersion: CURRENT_SPI_VERSION };
    this.catalogue = config.catalogue;
    this.loadModule = config.loadModule;
    this.#metrics = config.metrics;
  }

  /**
   * What was counted, in the text exposition format of Prometheus, version 0.0.4.
   *
   * @throws MAPI_E_NO_SUPPORT unless metrics are observed
   */
  async metricsText(): Promise<string> {
    if (this.#metrics !== undefined) return this.#metrics.text();
    throw new MapiError('MAPI_E_NO_SUPPORT', 'metrics are not observed: see the option observe of createSubsystem');
  }

  /**
   * Makes the profile, with the default services, if it is not there, and gives its services these settings: for programs that
   * bring them along, at each start. Called again, or by several processes at once, it ends in the same profile.
   *
   * @throws MAPI_E_NOT_INITIALIZED; MAPI_E_NOT_FOUND for a service that the catalogue has not; MAPI_E_UNKNOWN_FLAGS and
   *   MAPI_E_INVALID_PARAMETER for a wrong setting; what a service says of its settings
   */
  async ensureProfile(name: string, settings: ProfileSettings = {}): Promise<void> {
    await using admin = await this.MAPIAdminProfiles();
    await ensureProfileWith(admin, this.catalogue, name, settings);
  }

  /** Name of the default profile; undefined if there is none. @throws MAPI_E_NOT_INITIALIZED */
  async defaultProfile(): Promise<string | undefined> {
    await using admin = await this.MAPIAdminProfiles();
    await using table = await admin.getProfileTable();
    const rows = await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE] });
    const row = rows.find((candidate) => propOf(candidate, PR_DEFAULT_PROFILE) === true);
    return row === undefined ? undefined : propOf(row, PR_DISPLAY_NAME);
  }
}
