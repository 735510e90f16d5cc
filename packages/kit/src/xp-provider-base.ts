import {
  type IMAPIProviderShutdown,
  type IMAPISupport,
  type IXPProvider,
  MapiError,
  type PropTag,
  type PropValue,
  type ProviderHost,
  type TransportLogon,
  type TransportLogonOptions,
  type UserInterface,
} from '@nodemapi/mapi';
import { askSettings, type Setting } from './ask-settings.ts';
import { RefCounted } from './ref-counted.ts';
import { storeSectionValues } from './service-section.ts';
import type { XPLogonBase, XPLogonPorts } from './xp-logon-base.ts';

/**
 * The provider object of a transport: makes logons from their profile sections, and logs them off when it is shut down.
 *
 * spec: ixpprovideriunknown
 */
export abstract class XPProviderBase<Config, Logon extends XPLogonBase<Config>>
  extends RefCounted
  implements IXPProvider, IMAPIProviderShutdown
{
  readonly iid = 'IXPProvider';
  protected readonly host: ProviderHost;
  readonly #logons = new Set<Logon>();
  #down = false;

  constructor(host: ProviderHost) {
    super();
    this.host = host;
  }

  /** What is read from the profile section of a logon. */
  protected abstract readonly sectionTags: readonly PropTag[];
  /** @throws MAPI_E_UNCONFIGURED; MAPI_E_INVALID_PARAMETER for a value that cannot be used */
  protected abstract configOf(values: readonly PropValue[]): Config;
  protected abstract newLogon(ports: XPLogonPorts<Config>, config: Config, options: TransportLogonOptions): Logon;
  /** LOGON_SP_…: what the spooler is to call. */
  protected abstract readonly logonFlags: Omit<TransportLogon, 'logon'>;
  /** What a user is asked for where it is missing and the logon allows it. */
  protected abstract readonly settings: readonly Setting[];

  /** Those who are logged on. */
  protected get logons(): Iterable<Logon> {
    return this.#logons;
  }

  /**
   * @throws MAPI_E_NOT_INITIALIZED after `shutdown`; MAPI_E_UNCONFIGURED for a section that cannot be used, also after
   *   the user was asked; MAPI_E_USER_CANCEL
   */
  async transportLogon(
    support: IMAPISupport,
    _profileName: string,
    options: TransportLogonOptions,
    ui?: UserInterface,
  ): Promise<TransportLogon> {
    this.assertOpen();
    if (this.#down) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the transport has been shut down');
    const reload = (): Promise<Config> => this.#readConfig(support);
    const config = await this.#configured(support, options.noDialog === true ? undefined : ui);
    const onLogoff = (): void => void this.#logons.delete(logon);
    const logon: Logon = this.newLogon(
      { host: this.host, support: support.addRef(), reload, onLogoff },
      config,
      options,
    );
    this.#logons.add(logon);
    try {
      await logon.open();
    } catch (error) {
      await logon.release();
      throw error;
    }
    return { logon, ...this.logonFlags };
  }

  async shutdown(): Promise<void> {
    this.#down = true;
    await Promise.all([...this.#logons].map((logon) => logon.transportLogoff()));
  }

  /** Nothing stands against it: what is being sent is in the queue of its store until it is recorded as sent. */
  async queryFastShutdown(): Promise<void> {
    this.assertOpen();
  }

  async notifyProcessShutdown(): Promise<void> {}

  /** A transport keeps nothing that the queue does not have; connections end with the process. */
  async doFastShutdown(): Promise<void> {}

  protected override async onFinalRelease(): Promise<void> {
    await this.shutdown();
  }

  /** The profile is asked first, then the user. */
  async #configured(support: IMAPISupport, ui: UserInterface | undefined): Promise<Config> {
    try {
      return await this.#readConfig(support);
    } catch (error) {
      if (ui === undefined || !MapiError.is(error, 'MAPI_E_UNCONFIGURED')) throw error;
    }
    await using section = await support.openProfileSection(null, { modify: true });
    const { props } = await section.getProps(this.sectionTags);
    const given = await askSettings(ui, this.settings, props);
    if (given.length > 0) await storeSectionValues(section, given);
    await section.release();
    return this.#readConfig(support);
  }

  /** A value that cannot be used is as good as none: the service entry point is to be asked again. */
  async #readConfig(support: IMAPISupport): Promise<Config> {
    await using section = await support.openProfileSection(null);
    const { props } = await section.getProps(this.sectionTags);
    try {
      return this.configOf(props);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) throw error;
      throw new MapiError('MAPI_E_UNCONFIGURED', error.detail, { cause: error });
    }
  }
}
