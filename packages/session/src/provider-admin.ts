import { MapiError } from '@nodemapi/base';
import { RefCounted, snapshotTable } from '@nodemapi/kit';
import {
  type CatalogueProvider,
  type CatalogueService,
  type IMAPITable,
  type IProfSect,
  type IProviderAdmin,
  type MapiUid,
  type OpenProfileSectionOptions,
  PR_SERVICE_NAME,
  type PropValue,
  type UserInterface,
} from '@nodemapi/mapi';
import { type AdminContext, callEntryIfAny, findService, uidText } from './admin-context.ts';
import { settleIdentity } from './identity.ts';
import { openSection, secretKey } from './prof-sect.ts';
import {
  newUidText,
  type Profile,
  type ProfileService,
  removeProvider,
  sectionValue,
  type UidText,
  uidBytes,
} from './profile.ts';
import { addProvider, fillSection, providerLinks } from './profile-services.ts';
import { PROVIDER_COLUMNS, serviceProviderRows } from './service-tables.ts';

export interface ProviderAdminOptions {
  /** The service's entry point hears of changes; false for the object that an entry point itself is given. */
  readonly callsEntry: boolean;
}

/** IProviderAdmin: the providers of one service. spec: iprovideradminiunknown */
export class ProviderAdmin extends RefCounted implements IProviderAdmin {
  readonly iid = 'IProviderAdmin';
  readonly #context: AdminContext;
  readonly #profileName: string;
  readonly #service: UidText;
  readonly #options: ProviderAdminOptions;

  constructor(context: AdminContext, profileName: string, service: UidText, options: ProviderAdminOptions) {
    super();
    this.#context = context;
    this.#profileName = profileName;
    this.#service = service;
    this.#options = options;
  }

  async getProviderTable(): Promise<IMAPITable> {
    this.assertOpen();
    const profile = await this.#context.profiles.read(this.#profileName);
    return snapshotTable(serviceProviderRows(profile, findService(profile, this.#service)), PROVIDER_COLUMNS);
  }

  /** Adds a provider of the catalogue; a name that is not there makes an empty section with `props` alone. */
  async createProvider(provider: string, props: readonly PropValue[], ui?: UserInterface): Promise<MapiUid> {
    this.assertOpen();
    const uid = await this.#context.profiles.update(this.#profileName, (profile) =>
      this.#add(profile, provider, props),
    );
    if (!this.#options.callsEntry) return uidBytes(uid);
    try {
      const withUi = ui === undefined ? {} : { ui, uiAllowed: true };
      await callEntryIfAny(this.#context, this.#profileName, this.#service, { context: 'providerCreate', ...withUi });
    } catch (error) {
      await this.#remove(uid); // the service takes no further provider
      throw error;
    }
    return uidBytes(uid);
  }

  async deleteProvider(uid: MapiUid): Promise<void> {
    this.assertOpen();
    const text = uidText(uid);
    const service = findService(await this.#context.profiles.read(this.#profileName), this.#service);
    if (!service.providers.includes(text)) {
      throw new MapiError('MAPI_E_NOT_FOUND', `service ${this.#service} has no provider ${text}`);
    }
    if (this.#options.callsEntry) {
      await callEntryIfAny(this.#context, this.#profileName, this.#service, { context: 'providerDelete' });
    }
    await this.#remove(text);
  }

  /** An entry point opens its own sections, for writing too, and with null the first provider's. */
  async openProfileSection(uid: MapiUid | null, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    this.assertOpen();
    const service = findService(await this.#context.profiles.read(this.#profileName), this.#service);
    const byEntry = !this.#options.callsEntry;
    if (uid === null && !byEntry) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a client names the section');
    const text = uid === null ? (service.providers[0] ?? service.uid) : uidText(uid);
    const isProviders = service.providers.includes(text);
    if (isProviders && !byEntry && (options.modify === true || options.forceAccess !== true)) {
      throw new MapiError('MAPI_E_NO_ACCESS', `section ${text} belongs to a provider`);
    }
    const access = { modify: options.modify === true, byProvider: isProviders };
    return openSection(this.#context, this.#profileName, text, access);
  }

  #add(profile: Profile, name: string, props: readonly PropValue[]): UidText {
    const service = findService(profile, this.#service);
    const serviceName = sectionValue(profile, service.uid, PR_SERVICE_NAME) ?? '';
    const entry = this.#context.catalogue.services[serviceName];
    const declared = entry === undefined ? undefined : findProvider(entry, name);
    const uid =
      entry === undefined || declared === undefined
        ? emptyProvider(profile, service, serviceName, newUidText(this.#context.random))
        : addProvider(profile, service.uid, serviceName, entry, declared, this.#context.random);
    fillSection(profile, uid, props);
    service.providers.push(uid);
    settleIdentity(profile, this.#context.catalogue);
    return uid;
  }

  async #remove(uid: UidText): Promise<void> {
    await this.#context.profiles.update(this.#profileName, async (profile) => {
      await this.#context.secrets.deletePrefix(secretKey(profile, uid));
      removeProvider(profile, uid);
      settleIdentity(profile, this.#context.catalogue);
    });
  }
}

function findProvider(entry: CatalogueService, name: string): CatalogueProvider | undefined {
  return entry.providers.find((provider) => provider.displayName === name || provider.providerDisplay === name);
}

function emptyProvider(profile: Profile, service: ProfileService, serviceName: string, uid: UidText): UidText {
  fillSection(profile, uid, providerLinks(uid, service.uid, serviceName));
  return uid;
}
