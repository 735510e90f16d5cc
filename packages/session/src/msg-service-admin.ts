import { MapiError } from '@nodemapi/base';
import { noSupport, RefCounted, snapshotTable } from '@nodemapi/kit';
import {
  type ConfigureOptions,
  type IMAPITable,
  type IMsgServiceAdmin,
  type IProfSect,
  type IProviderAdmin,
  MAPI_TRANSPORT_PROVIDER,
  type MapiUid,
  type OpenProfileSectionOptions,
  type PropValue,
  type UserInterface,
} from '@nodemapi/mapi';
import {
  type AdminContext,
  callEntryForDelete,
  callEntryIfAny,
  findService,
  openClientSection,
  uidText,
  uiIf,
} from './admin-context.ts';
import { openServiceTable } from './announced-services.ts';
import { refusesIdentity, setIdentity, settleIdentity } from './identity.ts';
import { secretKey } from './prof-sect.ts';
import { providersOfType, removeService, serviceOf, serviceOfProvider, type UidText, uidBytes } from './profile.ts';
import { addService, copyService } from './profile-services.ts';
import { ProviderAdmin } from './provider-admin.ts';
import type { EntryCall } from './service-entries.ts';
import { PROVIDER_COLUMNS, providerRows } from './service-tables.ts';

/**
 * IMsgServiceAdmin and IMsgServiceAdmin2 of one profile.
 *
 * Changes are on the disk when a call returns; a running session sees them only the next time. spec: imsgserviceadmin
 */
export class MsgServiceAdmin extends RefCounted implements IMsgServiceAdmin {
  readonly iid = 'IMsgServiceAdmin';
  readonly #context: AdminContext;
  readonly #profileName: string;

  constructor(context: AdminContext, profileName: string) {
    super();
    this.#context = context;
    this.#profileName = profileName;
  }

  async getMsgServiceTable(): Promise<IMAPITable> {
    this.assertOpen();
    return openServiceTable(this.#context.profiles, this.#profileName);
  }

  async createMsgService(
    service: string,
    displayName?: string,
    options?: ConfigureOptions,
    ui?: UserInterface,
  ): Promise<void> {
    await this.createMsgServiceEx(service, displayName, options, ui);
  }

  /**
   * Adds a service and calls its entry point. One that only lacks its configuration stays, to be configured next; one
   * whose entry point fails otherwise is taken out again.
   */
  async createMsgServiceEx(
    service: string,
    displayName?: string,
    options: ConfigureOptions = {},
    ui?: UserInterface,
  ): Promise<MapiUid> {
    this.assertOpen();
    const { catalogue, random } = this.#context;
    const { uid } = await this.#context.profiles.update(this.#profileName, (profile) =>
      addService(profile, catalogue, service, displayName, random),
    );
    try {
      await callEntryIfAny(this.#context, this.#profileName, uid, { context: 'create', ...entryUi(options, ui) });
    } catch (error) {
      if (!isLeftToConfigure(error)) {
        await this.#remove(uid);
        throw error;
      }
      this.#context.log.info('service is not configured yet', { service, profile: this.#profileName });
    }
    await this.#warnOfRestart(service, options, ui);
    return uidBytes(uid);
  }

  /** Whoever uses the profile now has the service the next time only; the user is told, whatever they answer. */
  async #warnOfRestart(service: string, options: ConfigureOptions, ui: UserInterface | undefined): Promise<void> {
    const { ui: shown } = entryUi(options, ui);
    if (shown === undefined || options.noRestartWarning === true) return;
    if (!(await this.#context.profiles.isInUse(this.#profileName))) return;
    await shown.confirm(`Profile ${this.#profileName} is in use: ${service} works after the next logon. Go on?`);
  }

  async deleteMsgService(uid: MapiUid): Promise<void> {
    const text = uidText(uid);
    findService(await this.#read(), text);
    await callEntryForDelete(this.#context, this.#profileName, text);
    await this.#remove(text);
  }

  async copyMsgService(uid: MapiUid, displayName: string | null, destination: IMsgServiceAdmin): Promise<void> {
    if (!(destination instanceof MsgServiceAdmin)) {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', 'the destination is no service administration of ours');
    }
    const { profiles, random, secrets } = this.#context;
    const source = await this.#read();
    const service = findService(source, uidText(uid));
    await profiles.update(destination.#profileName, async (target) => {
      const copies = copyService(source, service, target, displayName, random);
      settleIdentity(target, this.#context.catalogue);
      for (const [from, to] of copies) await secrets.copyPrefix(secretKey(source, from), secretKey(target, to));
    });
  }

  async renameMsgService(): Promise<never> {
    return noSupport('IMsgServiceAdmin.renameMsgService');
  }

  async configureMsgService(
    uid: MapiUid,
    props: readonly PropValue[],
    options: ConfigureOptions = {},
    ui?: UserInterface,
  ): Promise<void> {
    const profile = await this.#read();
    const { uid: text } = findService(profile, uidText(uid));
    await this.#context.entries.call(profile, text, { context: 'configure', props, ...entryUi(options, ui) });
  }

  async openProfileSection(uid: MapiUid, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    this.assertOpen();
    return openClientSection(this.#context, this.#profileName, uid, options);
  }

  async msgServiceTransportOrder(uids: readonly MapiUid[]): Promise<void> {
    this.assertOpen();
    await this.#context.profiles.update(this.#profileName, (profile) => {
      const transports = providersOfType(profile, MAPI_TRANSPORT_PROVIDER);
      if (uids.length !== transports.length) {
        throw new MapiError(
          'MAPI_E_BUSY',
          `${uids.length} transports were given, the profile has ${transports.length}`,
        );
      }
      const order = uids.map(uidText);
      const unknown = order.find((uid, index) => !transports.includes(uid) || order.indexOf(uid) !== index);
      if (unknown !== undefined)
        throw new MapiError('MAPI_E_NOT_FOUND', `${unknown} is no transport, or is given twice`);
      profile.transportOrder = order;
    });
  }

  async adminProviders(serviceUid: MapiUid): Promise<IProviderAdmin> {
    const service = findService(await this.#read(), uidText(serviceUid));
    return new ProviderAdmin(this.#context, this.#profileName, service.uid, { callsEntry: true });
  }

  /** Takes the identifier of a service or of one of its providers. */
  async setPrimaryIdentity(uid: MapiUid | null): Promise<void> {
    this.assertOpen();
    await this.#context.profiles.update(this.#profileName, (profile) => {
      if (uid === null) return setIdentity(profile, null, []);
      const text = uidText(uid);
      const service = serviceOf(profile, text) ?? serviceOfProvider(profile, text) ?? findService(profile, text);
      if (refusesIdentity(profile, this.#context.catalogue, service.uid)) {
        throw new MapiError('MAPI_E_NO_ACCESS', `service ${text} can supply no identity`);
      }
      setIdentity(profile, service, service.providers);
    });
  }

  async getProviderTable(): Promise<IMAPITable> {
    return snapshotTable(providerRows(await this.#read()), PROVIDER_COLUMNS);
  }

  #read(): ReturnType<AdminContext['profiles']['read']> {
    this.assertOpen();
    return this.#context.profiles.read(this.#profileName);
  }

  async #remove(uid: UidText): Promise<void> {
    const { profiles, secrets, catalogue } = this.#context;
    await profiles.update(this.#profileName, async (profile) => {
      const service = findService(profile, uid);
      for (const section of [uid, ...service.providers, ...service.extra]) {
        await secrets.deletePrefix(secretKey(profile, section));
      }
      removeService(profile, service);
      settleIdentity(profile, catalogue);
    });
  }
}

/** AMB-54: without data or dialog a service cannot be configured by its creation. */
function isLeftToConfigure(error: unknown): boolean {
  return MapiError.is(error, 'MAPI_E_UNCONFIGURED') || MapiError.is(error, 'MAPI_E_NO_SUPPORT');
}

function entryUi(options: ConfigureOptions, ui: UserInterface | undefined): Omit<EntryCall, 'context'> {
  const uiAllowed = options.uiAllowed === true;
  const uiAlways = options.uiAlways === true;
  const uiReadOnly = options.uiReadOnly === true;
  const currentProviderFirst = options.currentProviderFirst === true;
  return { uiAllowed, uiAlways, uiReadOnly, currentProviderFirst, ...uiIf(uiAllowed || uiAlways, ui) };
}
