/** IXPProvider of the SMTP transport. spec: ixpprovideriunknown */
import { assertSpiVersion, type XPLogonPorts, XPProviderBase } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type Initialised,
  type IXPProvider,
  type PropValue,
  type ProviderHost,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SMTP_QUESTIONS, SMTP_SECTION_TAGS } from './smtp-properties.ts';
import { SmtpXPLogon } from './smtp-xp-logon.ts';

class SmtpXPProvider extends XPProviderBase<SmtpConfig, SmtpXPLogon> {
  protected readonly sectionTags = SMTP_SECTION_TAGS;
  protected readonly logonFlags = {};
  protected readonly settings = SMTP_QUESTIONS;

  protected configOf(values: readonly PropValue[]): SmtpConfig {
    return smtpConfigOf(values);
  }

  protected newLogon(ports: XPLogonPorts<SmtpConfig>, config: SmtpConfig, options: TransportLogonOptions): SmtpXPLogon {
    return new SmtpXPLogon(ports, config, options);
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  assertSpiVersion(host);
  return { provider: new SmtpXPProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
