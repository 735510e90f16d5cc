import { type Log, MapiError } from '@nodemapi/base';
import {
  type Catalogue,
  type IMAPIProp,
  type IMAPISupport,
  type IProviderAdmin,
  type MsgServiceEntry,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  type PropValue,
  type ProviderHost,
  type ServiceContext,
  type UserInterface,
} from '@nodemapi/mapi';
import type { ModuleLoader } from './module-loader.ts';
import { type Profile, sectionName, sectionValue, type UidText } from './profile.ts';

/** Where a service's entry point is called from. */
export interface EntryCall {
  readonly context: ServiceContext;
  readonly props?: readonly PropValue[];
  readonly uiAllowed?: boolean;
  readonly uiAlways?: boolean;
  readonly uiReadOnly?: boolean;
  readonly currentProviderFirst?: boolean;
  readonly logonFailed?: boolean;
  readonly ui?: UserInterface | undefined;
}

/** MSG_SERVICE_INSTALL and MSG_SERVICE_UNINSTALL, the two calls that concern no profile. */
export interface InstallCall extends EntryCall {
  readonly context: 'install' | 'uninstall';
}

interface EntryPlace {
  readonly profileName: string;
  readonly service: UidText;
  /** What the support object opens as the service's own section. */
  readonly section: UidText;
}

export interface ServiceEntriesConfig {
  readonly modules: ModuleLoader;
  readonly host: ProviderHost;
  readonly log: Log;
  /** A configuration support object for a section of a profile. */
  makeSupport(profileName: string, section: UidText): IMAPISupport;
  /** Administration of the service's providers that calls no entry points. */
  makeProviderAdmin(profileName: string, service: UidText): IProviderAdmin;
}

/** Calls the entry points of message services. spec: msgserviceentry */
export class ServiceEntries {
  readonly #config: ServiceEntriesConfig;

  constructor(config: ServiceEntriesConfig) {
    this.#config = config;
  }

  /** Whether a service names a library and an entry point. */
  has(profile: Profile, service: UidText): boolean {
    const library = sectionValue(profile, service, PR_SERVICE_DLL_NAME);
    return library !== undefined && sectionValue(profile, service, PR_SERVICE_ENTRY_NAME) !== undefined;
  }

  /**
   * Calls the entry point of a service; what it throws comes back as a MapiError with the name of the service.
   *
   * @throws MAPI_E_NOT_INITIALIZED if the service has none
   */
  async call(profile: Profile, service: UidText, call: EntryCall): Promise<void> {
    const name = sectionName(profile, service);
    const entry = await this.#entryOf(profile, service, name);
    const section = profile.services.find((s) => s.uid === service)?.providers[0] ?? service;
    await this.#callWith(entry, name, { profileName: profile.name, service, section }, call);
  }

  /**
   * Tells a service of the catalogue that it is being installed, or asks it to clean up; none is told that has no entry
   * point. No profile is concerned: what the entry point opens it does not find.
   *
   * @throws MAPI_E_USER_CANCEL at 'uninstall' if the user keeps the service, and what the entry point throws
   */
  async announce(name: string, library: string, call: InstallCall): Promise<void> {
    const { ServiceEntry } = await this.#config.modules.load(library);
    if (typeof ServiceEntry !== 'function') return;
    await this.#callWith(ServiceEntry, name, { profileName: '', service: '', section: '' }, call);
  }

  /** Whether one of these libraries has pages for the Profile Wizard. */
  async haveWizardPages(libraries: readonly string[]): Promise<boolean> {
    for (const library of libraries) {
      if (typeof (await this.#config.modules.load(library)).WizardEntry === 'function') return true;
    }
    return false;
  }

  /** Lets a provider of a profile show its pages in the Profile Wizard, if its library has some. */
  async showWizardPages(
    profile: Profile,
    provider: UidText,
    library: string,
    properties: IMAPIProp,
    ui: UserInterface | undefined,
  ): Promise<void> {
    const { WizardEntry } = await this.#config.modules.load(library);
    if (typeof WizardEntry !== 'function') return;
    const { host } = this.#config;
    const name = sectionName(profile, provider);
    const support = this.#config.makeSupport(profile.name, provider);
    try {
      await WizardEntry({ host, support, properties, ...(ui === undefined ? {} : { ui }) });
    } catch (error) {
      throw MapiError.from(error, name);
    } finally {
      await support.release();
    }
  }

  async #callWith(entry: MsgServiceEntry, name: string, place: EntryPlace, call: EntryCall): Promise<void> {
    const { host } = this.#config;
    const support = this.#config.makeSupport(place.profileName, place.section);
    const providerAdmin = this.#config.makeProviderAdmin(place.profileName, place.service);
    const withUi = call.uiAllowed === true || call.uiAlways === true;
    try {
      await entry({
        host,
        support,
        providerAdmin,
        context: call.context,
        uiAllowed: call.uiAllowed ?? false,
        uiAlways: call.uiAlways ?? false,
        uiReadOnly: call.uiReadOnly ?? false,
        currentProviderFirst: call.currentProviderFirst ?? false,
        logonFailed: call.logonFailed ?? false,
        props: call.context === 'configure' ? (call.props ?? []) : [],
        ...(withUi && call.ui !== undefined ? { ui: call.ui } : {}),
      });
    } catch (error) {
      throw MapiError.from(error, name);
    } finally {
      await this.#giveBack(support, providerAdmin, name); // SVC-27: valid during the call only
    }
  }

  async #entryOf(profile: Profile, service: UidText, name: string): Promise<MsgServiceEntry> {
    const library = sectionValue(profile, service, PR_SERVICE_DLL_NAME);
    const entryName = sectionValue(profile, service, PR_SERVICE_ENTRY_NAME);
    if (library === undefined || entryName === undefined) {
      throw new MapiError('MAPI_E_NOT_INITIALIZED', `service ${name} has no entry point`, { component: name });
    }
    const { ServiceEntry } = await this.#config.modules.load(library);
    if (typeof ServiceEntry !== 'function') {
      throw new MapiError('MAPI_E_NOT_INITIALIZED', `${library} exports no ${entryName}`, { component: name });
    }
    return ServiceEntry;
  }

  async #giveBack(support: IMAPISupport, providerAdmin: IProviderAdmin, name: string): Promise<void> {
    try {
      await support.release();
      await providerAdmin.release();
    } catch (error) {
      this.#config.log.warn('release after a service entry failed', { name, error });
    }
  }
}

/** The same for a service by its name in the catalogue. @throws MAPI_E_NOT_FOUND */
export async function announceService(
  catalogue: Catalogue,
  entries: ServiceEntries,
  name: string,
  call: InstallCall,
): Promise<void> {
  const service = Object.hasOwn(catalogue.services, name) ? catalogue.services[name] : undefined;
  if (service === undefined) {
    throw new MapiError('MAPI_E_NOT_FOUND', `the catalogue has no service ${JSON.stringify(name)}`);
  }
  if (service.module !== undefined) await entries.announce(name, service.module, call);
}
