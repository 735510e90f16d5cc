/** IXPProvider of the maildrop transport. spec: ixpprovideriunknown */
import { assertSpiVersion, type XPLogonPorts, XPProviderBase } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type Initialised,
  type IXPProvider,
  type PropValue,
  type ProviderHost,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { type MaildropConfig, maildropConfigOf } from './maildrop-config.ts';
import { MAILDROP_QUESTIONS, MAILDROP_SECTION_TAGS } from './maildrop-properties.ts';
import { MaildropXPLogon } from './maildrop-xp-logon.ts';

class MaildropXPProvider extends XPProviderBase<MaildropConfig, MaildropXPLogon> {
  protected readonly sectionTags = MAILDROP_SECTION_TAGS;
  protected readonly logonFlags = { poll: true };
  protected readonly settings = MAILDROP_QUESTIONS;

  protected configOf(values: readonly PropValue[]): MaildropConfig {
    return maildropConfigOf(values);
  }

  protected newLogon(
    ports: XPLogonPorts<MaildropConfig>,
    config: MaildropConfig,
    options: TransportLogonOptions,
  ): MaildropXPLogon {
    return new MaildropXPLogon(ports, config, options);
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  assertSpiVersion(host);
  return { provider: new MaildropXPProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
