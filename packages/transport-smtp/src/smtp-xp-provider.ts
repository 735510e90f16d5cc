/** IXPProvider of the SMTP transport. spec: ixpprovideriunknown */
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
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SMTP_SECTION_TAGS } from './smtp-properties.ts';
import { SmtpXPLogon } from './smtp-xp-logon.ts';

class SmtpXPProvider extends RefCounted implements IXPProvider {
  readonly iid = 'IXPProvider';
  readonly #host: ProviderHost;
  readonly #logons = new Set<SmtpXPLogon>();
  #down = false;

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
  }

  async transportLogon(
    support: IMAPISupport,
    _profileName: string,
    options: TransportLogonOptions,
  ): Promise<TransportLogon> {
    this.assertOpen();
    if (this.#down) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the transport has been shut down');
    const reload = (): Promise<SmtpConfig> => readConfig(support);
    const config = await reload();
    const ports = {
      host: this.#host,
      support: support.addRef(),
      reload,
      onLogoff: (logon: SmtpXPLogon) => void this.#logons.delete(logon),
    };
    const logon = new SmtpXPLogon(ports, config, options);
    this.#logons.add(logon);
    try {
      await logon.announce();
    } catch (error) {
      await logon.release();
      throw error;
    }
    return { logon };
  }

  async shutdown(): Promise<void> {
    this.#down = true;
    await Promise.all([...this.#logons].map((logon) => logon.transportLogoff()));
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.shutdown();
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  return { provider: new SmtpXPProvider(host), spiVersion: CURRENT_SPI_VERSION };
}

/** A value that cannot be used is as good as none: the service entry point is to be asked again. */
async function readConfig(support: IMAPISupport): Promise<SmtpConfig> {
  await using section = await support.openProfileSection(null);
  const { props } = await section.getProps(SMTP_SECTION_TAGS);
  try {
    return smtpConfigOf(props);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) throw error;
    throw new MapiError('MAPI_E_UNCONFIGURED', error.detail, { cause: error });
  }
}
