import { MapiError } from '@nodemapi/base';
import { RefCounted, snapshotTable } from '@nodemapi/kit';
import {
  type AppProfileOptions,
  type CreateProfileOptions,
  type IMAPITable,
  type IMsgServiceAdmin,
  type IProfAdmin,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  prop,
  type RenameProfileOptions,
  type UserInterface,
} from '@nodemapi/mapi';
import { type AdminContext, callEntriesForDelete, callEntryIfAny, uiIf } from './admin-context.ts';
import { settleIdentity } from './identity.ts';
import { MsgServiceAdmin } from './msg-service-admin.ts';
import { newProfile, newUidText, type Profile } from './profile.ts';
import { checkProfileName } from './profile-name.ts';
import { addService } from './profile-services.ts';

/** IProfAdmin: the profiles of a MAPI home; needs no session. spec: iprofadminiunknown */
export class ProfAdmin extends RefCounted implements IProfAdmin {
  readonly iid = 'IProfAdmin';
  readonly #context: AdminContext;

  constructor(context: AdminContext) {
    super();
    this.#context = context;
  }

  async getProfileTable(options: AppProfileOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    const { profiles } = this.#context;
    const defaultName = await profiles.defaultName();
    const names = await profiles.listed(options.appProfile === true);
    const rows = names.map((name) => [prop(PR_DISPLAY_NAME, name), prop(PR_DEFAULT_PROFILE, name === defaultName)]);
    return snapshotTable(rows, [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE]);
  }

  async createProfile(name: string, options: CreateProfileOptions = {}, ui?: UserInterface): Promise<void> {
    this.assertOpen();
    checkProfileName(name);
    const profile = newProfile(name, this.#context.random, options.appProfile === true);
    if (options.defaultServices === true) this.#addDefaults(profile);
    await this.#context.profiles.create(profile);
    const withUi = options.dialog === true && options.defaultServices === true;
    for (const { uid } of profile.services) await this.#created(name, uid, withUi, ui);
  }

  async deleteProfile(name: string, options: AppProfileOptions = {}): Promise<void> {
    this.assertOpen();
    const { profiles } = this.#context;
    await this.#reachable(name, options);
    if (await profiles.isInUse(name)) return profiles.putOff(name, { kind: 'delete' });
    await callEntriesForDelete(this.#context, name);
    await profiles.remove(name);
  }

  async changeProfilePassword(): Promise<void> {
    this.assertOpen();
  }

  /** The copy is a profile of its own: it has a new instance key. That of an "app" profile is one, too. */
  async copyProfile(name: string, newName: string, options: AppProfileOptions = {}): Promise<void> {
    this.assertOpen();
    checkProfileName(newName);
    const { profiles, random, secrets } = this.#context;
    const source = await this.#reachable(name, options);
    const copy: Profile = { ...source, name: newName, searchKey: newUidText(random), pending: null };
    await profiles.create(copy);
    await secrets.copyPrefix(`${source.searchKey}/`, `${copy.searchKey}/`);
  }

  async renameProfile(name: string, newName: string, options: RenameProfileOptions = {}): Promise<void> {
    this.assertOpen();
    checkProfileName(newName);
    if ((options.password ?? '') !== '') throw new MapiError('MAPI_E_LOGON_FAILED', 'profiles have no passwords');
    const { profiles } = this.#context;
    await this.#reachable(name, options);
    if (await this.#isTaken(newName)) {
      throw new MapiError('MAPI_E_NO_ACCESS', `there is a profile ${JSON.stringify(newName)} already`);
    }
    if (await profiles.isInUse(name)) return profiles.putOff(name, { kind: 'rename', to: newName });
    await profiles.rename(name, newName);
  }

  async setDefaultProfile(name: string | null): Promise<void> {
    this.assertOpen();
    if (name !== null && (await this.#context.profiles.read(name)).app) {
      throw new MapiError(
        'MAPI_E_CALL_FAILED',
        `${JSON.stringify(name)} is an app profile, which is never the default`,
      );
    }
    await this.#context.profiles.setDefaultName(name);
  }

  async adminServices(profileName: string): Promise<IMsgServiceAdmin> {
    this.assertOpen();
    const { profiles } = this.#context;
    const found = await profiles.exists(profileName);
    if (!found || (await profiles.read(profileName)).pending?.kind === 'delete') {
      throw new MapiError('MAPI_E_LOGON_FAILED', profiles.missing(profileName));
    }
    return new MsgServiceAdmin(this.#context, profileName);
  }

  /** @throws MAPI_E_NOT_FOUND; MAPI_E_NO_ACCESS for an "app" profile if none may be meant */
  async #reachable(name: string, options: AppProfileOptions): Promise<Profile> {
    const profile = await this.#context.profiles.read(name);
    if (!profile.app || options.appProfile === true) return profile;
    throw new MapiError('MAPI_E_NO_ACCESS', `${JSON.stringify(name)} is an app profile`);
  }

  /** A name is taken by a profile, and by a rename that waits. */
  async #isTaken(name: string): Promise<boolean> {
    const { profiles } = this.#context;
    if (await profiles.exists(name)) return true;
    for (const other of await profiles.names()) {
      const { pending } = await profiles.read(other);
      if (pending?.kind === 'rename' && pending.to === name) return true;
    }
    return false;
  }

  #addDefaults(profile: Profile): void {
    const { catalogue, random } = this.#context;
    for (const name of catalogue.defaultServices) addService(profile, catalogue, name, undefined, random);
    settleIdentity(profile, catalogue);
  }

  /** A service that is not configured yet stays, to be configured next. */
  async #created(name: string, service: string, withUi: boolean, ui: UserInterface | undefined): Promise<void> {
    try {
      const call = { context: 'create', uiAllowed: withUi, ...uiIf(withUi, ui) } as const;
      await callEntryIfAny(this.#context, name, service, call);
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_USER_CANCEL')) throw error;
      this.#context.log.warn('service entry failed at its creation', { profile: name, service, error });
    }
  }
}
