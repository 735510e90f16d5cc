/** IXPProvider of the local transport. spec: ixpprovideriunknown */
import { MapiError } from '@nodemapi/base';
import { RefCounted } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type IMAPISupport,
  type Initialised,
  type IXPProvider,
  type ProviderHost,
  type TransportLogon,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { Claims, type ProcessFacts, systemProcesses } from './claim.ts';
import { type LocalConfig, localConfigOf } from './local-config.ts';
import { LOCAL_SECTION_TAGS } from './local-properties.ts';
import { LocalXPLogon } from './local-xp-logon.ts';

class LocalXPProvider extends RefCounted implements IXPProvider {
  readonly iid = 'IXPProvider';
  readonly #host: ProviderHost;
  readonly #claims: Claims;
  readonly #logons = new Set<LocalXPLogon>();
  #down = false;

  constructor(host: ProviderHost, process: ProcessFacts) {
    super();
    this.#host = host;
    this.#claims = new Claims({ clock: host.clock, random: host.random, process });
  }

  async transportLogon(
    support: IMAPISupport,
    _profileName: string,
    options: TransportLogonOptions,
  ): Promise<TransportLogon> {
    this.assertOpen();
    if (this.#down) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the transport has been shut down');
    const reload = (): Promise<LocalConfig> => readConfig(support);
    const config = await reload();
    const ports = {
      host: this.#host,
      support: support.addRef(),
      claims: this.#claims,
      reload,
      onLogoff: (logon: LocalXPLogon) => void this.#logons.delete(logon),
      onDelivered: (addresses: readonly string[]) => this.#wake(addresses),
    };
    const logon = new LocalXPLogon(ports, config, options);
    this.#logons.add(logon);
    try {
      await logon.open();
    } catch (error) {
      await logon.release();
      throw error;
    }
    return { logon, poll: true };
  }

  async shutdown(): Promise<void> {
    this.#down = true;
    await Promise.all([...this.#logons].map((logon) => logon.transportLogoff()));
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.shutdown();
  }

  /** Mailboxes of other processes find their mail when they look next. */
  #wake(addresses: readonly string[]): void {
    for (const logon of this.#logons) if (logon.receives(addresses)) logon.wake();
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  return { provider: newLocalXPProvider(host, systemProcesses), spiVersion: CURRENT_SPI_VERSION };
}

/** The provider, for a process of which these facts are known. */
export function newLocalXPProvider(host: ProviderHost, process: ProcessFacts): IXPProvider {
  return new LocalXPProvider(host, process);
}

/** A value that cannot be used is as good as none: the service entry point is to be asked again. */
async function readConfig(support: IMAPISupport): Promise<LocalConfig> {
  await using section = await support.openProfileSection(null);
  const { props } = await section.getProps(LOCAL_SECTION_TAGS);
  try {
    return localConfigOf(props);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) throw error;
    throw new MapiError('MAPI_E_UNCONFIGURED', error.detail, { cause: error });
  }
}
