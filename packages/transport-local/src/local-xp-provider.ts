/** IXPProvider of the local transport. spec: ixpprovideriunknown */
import { assertSpiVersion, type XPLogonPorts, XPProviderBase } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type Initialised,
  type IXPProvider,
  type PropValue,
  type ProviderHost,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { Claims, type ProcessFacts, systemProcesses } from './claim.ts';
import { type LocalConfig, localConfigOf } from './local-config.ts';
import { LOCAL_QUESTIONS, LOCAL_SECTION_TAGS } from './local-properties.ts';
import { LocalXPLogon } from './local-xp-logon.ts';

class LocalXPProvider extends XPProviderBase<LocalConfig, LocalXPLogon> {
  protected readonly sectionTags = LOCAL_SECTION_TAGS;
  protected readonly logonFlags = { poll: true };
  protected readonly settings = LOCAL_QUESTIONS;
  readonly #claims: Claims;

  constructor(host: ProviderHost, process: ProcessFacts) {
    super(host);
    this.#claims = new Claims({ clock: host.clock, random: host.random, process });
  }

  protected configOf(values: readonly PropValue[]): LocalConfig {
    return localConfigOf(values);
  }

  protected newLogon(
    ports: XPLogonPorts<LocalConfig>,
    config: LocalConfig,
    options: TransportLogonOptions,
  ): LocalXPLogon {
    const onDelivered = (addresses: readonly string[]): void => this.#wake(addresses);
    return new LocalXPLogon({ ...ports, claims: this.#claims, onDelivered }, config, options);
  }

  /** Mailboxes of other processes find their mail when they look next. */
  #wake(addresses: readonly string[]): void {
    for (const logon of this.logons) if (logon.receives(addresses)) logon.wake();
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  assertSpiVersion(host);
  return { provider: newLocalXPProvider(host, systemProcesses), spiVersion: CURRENT_SPI_VERSION };
}

/** The provider, for a process of which these facts are known. */
export function newLocalXPProvider(host: ProviderHost, process: ProcessFacts): IXPProvider {
  return new LocalXPProvider(host, process);
}
