/**
 * The message stores of a session.
 *
 * - Clients know wrapped identifiers, providers their own.
 * - Each opening by a client is a logon of its own, ended with the last reference to its store, at the latest with the session.
 * - The spooler's stores are logons that no client reaches.
 */
import { bytesEqual, MapiError, withDeadline } from '@nodemapi/base';
import { getProp, type Spooler, type SpoolerStore, unwrapStoreEntryID } from '@nodemapi/kit';
import {
  type EntryId,
  type IMSProvider,
  type IMsgStore,
  type IUnknown,
  MAPI_STORE_PROVIDER,
  type OpenMsgStoreOptions,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  prop,
  STATUS_NEED_IPM_TREE,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_TEMP_SECTION,
  type StoreLogoffMode,
  type StoreLogoffResult,
  type StoreLogon,
  type UserInterface,
} from '@nodemapi/mapi';
import { newUidText, type Profile, providersOfType, sectionValue, setSectionValue, type UidText } from './profile.ts';
import { fillSection } from './profile-services.ts';
import { leaveSupport, type ProviderRef, type ProviderSlot, providerRef } from './provider-slot.ts';
import type { SessionParts, SlotOptions } from './session-context.ts';
import { listedStores, publicStoreId, storeIdOf, storeIdSection } from './store-table.ts';
import { Teardown } from './teardown.ts';

/** A store that is logged on. */
interface OpenStore {
  readonly slot: ProviderSlot;
  readonly store: IMsgStore;
  readonly entryId: EntryId;
  /** MDB_ONLINE: past a local cache. */
  readonly online: boolean;
  /** STATUS_NEED_IPM_TREE: nobody has looked for its standard folders yet. */
  readonly needsTree: boolean;
  /** Its client is giving it back. */
  releasing?: boolean;
}

/** StoreLogoff of a store that no transport works for. */
export const NOTHING_LEFT: StoreLogoffResult = {
  complete: true,
  inbound: false,
  outbound: false,
  outboundQueue: false,
};

/** A store as a client has it. */
export interface StoreForClient {
  readonly store: IMsgStore;
  readonly entryId: EntryId;
  readonly ref: ProviderRef;
  /** STATUS_NEED_IPM_TREE: nobody has looked for its standard folders yet. */
  readonly needsTree: boolean;
  /** Releases the store and ends this logon on it. */
  readonly end: () => Promise<void>;
}

interface StoreTarget {
  readonly ref: ProviderRef;
  /** The provider's own identifier; null for the store of the section. */
  readonly privateId: EntryId | null;
}

/** How long the logoff of a single store may take while its session goes on. */
const storeLogoffMsMax = 10_000;

export class MessageStores {
  readonly #parts: SessionParts;
  readonly #open = new Set<OpenStore>();
  /** What the logons of clients left for that of the spooler, by section. */
  readonly #security = new Map<UidText, Uint8Array>();
  /** Members that have ended; the session's parts themselves when it has. */
  readonly #over = new WeakSet<object>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * Opens a store for a client.
   *
   * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_LOGON_FAILED (also for what cannot be configured)
   */
  async openForClient(
    owner: object,
    entryId: EntryId,
    options: OpenMsgStoreOptions,
    ui: UserInterface | undefined,
  ): Promise<StoreForClient> {
    const target = await this.#resolve(entryId, options);
    const online = options.online === true;
    this.#checkCache(target.ref, online);
    const provider = await this.#parts.objects.acquire('store', target.ref);
    const { profileName } = this.#parts;
    const shownUi = options.noDialog === true ? undefined : ui;
    const slotOptions = { owner, temporary: options.temporary === true, online };
    const opened = await this.#logon(target, slotOptions, shownUi, (slot) =>
      provider.logon(slot.support, profileName, target.privateId, options, shownUi),
    );
    const end = async (): Promise<void> => {
      await opened.store.release();
      await this.#close(opened, this.#teardown());
    };
    const { store, needsTree } = opened;
    return { store, entryId: opened.entryId, ref: target.ref, needsTree, end };
  }

  /** Opens the store of a section as the spooler uses it. */
  async openForSpooler(ref: ProviderRef): Promise<SpoolerStore> {
    const provider = await this.#parts.objects.acquire('store', ref);
    const target = { ref, privateId: null };
    const security = this.#security.get(ref.uid);
    const { store, entryId } = await this.#logon(target, { hidden: true }, undefined, (slot) =>
      provider.spoolerLogon(slot.support, this.#parts.profileName, null, security?.slice()),
    );
    return { entryId, displayName: ref.displayName, store };
  }

  /** The stores of the profile that the spooler serves. */
  async spoolerRefs(): Promise<readonly ProviderRef[]> {
    const profile = await this.#parts.profile();
    return listedStores(profile).flatMap((uid) => providerRef(profile, uid) ?? []);
  }

  /** Whether the spooler has a logon of its own on a store. */
  isWithSpooler(ref: ProviderRef): boolean {
    return [...this.#open].some((open) => open.slot.owner === undefined && open.slot.ref.uid === ref.uid);
  }

  /** Whether another client has the store open. */
  isOpenBesides(slot: ProviderSlot): boolean {
    return [...this.#open].some((open) => {
      return open.slot !== slot && open.slot.owner !== undefined && open.slot.ref.uid === slot.ref.uid;
    });
  }

  /** The section behind a public identifier. @throws MAPI_E_NOT_FOUND */
  async sectionOf(entryId: EntryId): Promise<UidText> {
    const profile = await this.#parts.profile();
    return (await this.#find(profile, entryId)).ref.uid;
  }

  /** The client's last reference to `store` is about to go: what its provider says of it now asks for nothing. */
  releasing(store: IUnknown, owner: object): void {
    for (const open of this.#open) if (open.store === store && open.slot.owner === owner) open.releasing = true;
  }

  /**
   * A store is logged off by the client that has it.
   *
   * - While another client, or another process of the same profile, has it open, nothing happens (LOGOFF-39, LOGOFF-40).
   * - Its release alone takes nothing from the spooler: what was submitted is sent until the session ends.
   * - Where the spooler has let go, its own logon on the store ends too; it comes back with the next opening.
   */
  async logoffTransports(slot: ProviderSlot, spooler: Spooler, mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    const same = [...this.#open].filter((open) => open.slot.ref.uid === slot.ref.uid);
    const own = same.find((open) => open.slot === slot);
    const spoolers = same.find((open) => open.slot.owner === undefined);
    if (own === undefined || own === spoolers || own.releasing === true || spoolers === undefined) return NOTHING_LEFT;
    if (same.some((open) => open !== own && open !== spoolers)) return NOTHING_LEFT;
    const { environment, profileName } = this.#parts;
    if (await environment.admin.profiles.isInUseElsewhere(profileName)) return NOTHING_LEFT;
    const result = await spooler.detachStore(spoolers.entryId, mode);
    if (result.complete && this.#open.has(spoolers)) await this.#close(spoolers, this.#teardown());
    return result;
  }

  /** A client has released its last reference to `store`: its logons on it end. */
  async released(store: IUnknown, owner: object): Promise<void> {
    const found = [...this.#open].filter((open) => open.store === store && open.slot.owner === owner);
    for (const open of found) await this.#close(open, this.#teardown());
  }

  /** Ends the logons of one member, or of everybody. */
  async close(teardown: Teardown, owner?: object): Promise<void> {
    this.#over.add(owner ?? this.#parts);
    const closing = [...this.#open].filter((open) => owner === undefined || open.slot.owner === owner).reverse();
    for (const open of closing) await this.#close(open, teardown);
  }

  #teardown(): Teardown {
    const { clock, log } = this.#parts.environment;
    return new Teardown(clock, log, storeLogoffMsMax);
  }

  async #close(open: OpenStore, teardown: Teardown): Promise<void> {
    this.#open.delete(open);
    if (open.slot.owner === undefined) {
      await teardown.run(open.slot.ref.displayName, 'release of the store', () => open.store.release());
    }
    await this.#parts.closeSlot(open.slot, teardown);
  }

  async #logon(
    target: StoreTarget,
    options: SlotOptions & { readonly online?: boolean },
    ui: UserInterface | undefined,
    attempt: (slot: ProviderSlot) => Promise<StoreLogon>,
  ): Promise<OpenStore> {
    const { ref } = target;
    const slot = this.#parts.openSlot(ref, options);
    let made: StoreLogon | undefined;
    try {
      made = await this.#parts.gate.logon(ref, async () => checked(ref, await attempt(slot)), ui);
      slot.logon = made.logon ?? this.#shareLogon(made.store, slot);
      slot.store = made.store;
      if (made.logon !== undefined) await leaveSupport(slot); // the store that was open already has one
      this.#learn(ref, made);
      const store = this.#parts.environment.targets.setComponent(made.store, ref.displayName);
      const profile = await this.#parts.profile();
      const { clock, providerLogonTimeoutMs } = this.#parts.environment;
      const naming = this.#publicId(profile, ref, store);
      const entryId = await withDeadline(naming, providerLogonTimeoutMs, clock, `the identifier of ${ref.displayName}`);
      const needsTree = ((sectionValue(profile, ref.uid, PR_RESOURCE_FLAGS) ?? 0) & STATUS_NEED_IPM_TREE) !== 0;
      this.#assertGoesOn(options.owner);
      const open = { slot, store, entryId, online: options.online === true, needsTree };
      this.#open.add(open);
      return open;
    } catch (error) {
      const teardown = this.#teardown();
      const store = made?.store;
      if (store !== undefined) await teardown.run(ref.displayName, 'release of the store', () => store.release());
      await this.#parts.closeSlot(slot, teardown);
      throw forClient(error, ref);
    }
  }

  /** What comes after the end would never be closed. @throws MAPI_E_CANCEL */
  #assertGoesOn(owner: object | undefined): void {
    if (!this.#over.has(this.#parts) && (owner === undefined || !this.#over.has(owner))) return;
    throw new MapiError('MAPI_E_CANCEL', 'the session ended before the logon did');
  }

  /** The logon object of a store that was open already serves every opening, and goes with the last of them. */
  #shareLogon(store: IMsgStore, slot: ProviderSlot): ProviderSlot['logon'] {
    const former = [...this.#open].find((open) => open.store === store);
    if (former !== undefined) this.#parts.uids.copy(former.slot, slot);
    return former?.slot.logon;
  }

  /** SESS-29. @throws MAPI_E_NO_ACCESS for a store that a client has open the other way */
  #checkCache(ref: ProviderRef, online: boolean): void {
    const other = [...this.#open].find(({ slot, ...open }) => {
      return slot.owner !== undefined && slot.ref.uid === ref.uid && open.online !== online;
    });
    if (other === undefined) return;
    const how = online ? 'by its cache; close it first to open it online' : 'online; close it first to open its cache';
    throw new MapiError('MAPI_E_NO_ACCESS', `${ref.displayName} is open in this session ${how}`, {
      component: ref.displayName,
    });
  }

  /** Keeps what the spooler's logon will need, and what a client may ask `getLastError` for. */
  #learn(ref: ProviderRef, made: StoreLogon): void {
    if (made.spoolerSecurity !== undefined) this.#security.set(ref.uid, Uint8Array.from(made.spoolerSecurity));
    if (made.warning === undefined) return;
    const { error, lowLevelError } = made.warning;
    this.#parts.gate.note(ref, new MapiError('MAPI_E_EXTENDED_ERROR', `${error} (0x${lowLevelError.toString(16)})`));
  }

  /** What the store calls itself; a section without an identifier learns it. */
  async #publicId(profile: Profile, ref: ProviderRef, store: IMsgStore): Promise<EntryId> {
    const own = await getProp(store, PR_ENTRYID);
    if (own === undefined) return storeIdOf(profile, ref.uid);
    const entryId = publicStoreId(ref.module, own);
    if (sectionValue(profile, ref.uid, PR_ENTRYID) === undefined && profile.sections.has(ref.uid)) {
      const { profiles } = this.#parts.environment.admin;
      await profiles.update(profile.name, (edited) => {
        if (edited.sections.has(ref.uid)) setSectionValue(edited, ref.uid, PR_ENTRYID, entryId);
      });
    }
    return entryId;
  }

  async #resolve(entryId: EntryId, options: OpenMsgStoreOptions): Promise<StoreTarget> {
    const profile = await this.#parts.profile();
    try {
      return await this.#find(profile, entryId);
    } catch (error) {
      const wrapped = unwrapStoreEntryID(entryId);
      if (wrapped === undefined || !MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      return { ref: await this.#addSection(wrapped.moduleName, options), privateId: wrapped.entryId };
    }
  }

  /** The section of an identifier: the provider says which identifiers name one store. */
  async #find(profile: Profile, entryId: EntryId): Promise<StoreTarget> {
    const named = storeIdSection(entryId);
    const refs = providersOfType(profile, MAPI_STORE_PROVIDER).flatMap((uid) => providerRef(profile, uid) ?? []);
    const bySection = refs.find((ref) => ref.uid === named);
    if (bySection !== undefined) return { ref: bySection, privateId: ownId(profile, bySection) };
    const privateId = unwrapStoreEntryID(entryId)?.entryId ?? entryId;
    const module = unwrapStoreEntryID(entryId)?.moduleName;
    for (const ref of refs.filter((one) => module === undefined || one.module === module)) {
      const own = ownId(profile, ref);
      if (own !== null && (await this.#isSameStore(ref, own, privateId))) return { ref, privateId };
    }
    throw new MapiError('MAPI_E_NOT_FOUND', `profile ${profile.name} has no store with this identifier`);
  }

  async #isSameStore(ref: ProviderRef, a: EntryId, b: EntryId): Promise<boolean> {
    if (bytesEqual(a, b)) return true;
    let provider: IMSProvider;
    try {
      provider = await this.#parts.objects.acquire('store', ref);
      return (await provider.compareStoreIDs(a, b)) === true;
    } catch (error) {
      this.#parts.environment.log.debug('store identifiers cannot be compared', { provider: ref.displayName, error });
      return false;
    }
  }

  /** SESS-31: a store that was opened by its identifier alone gets a section outside any service. */
  async #addSection(module: string, options: OpenMsgStoreOptions): Promise<ProviderRef> {
    const { admin, random } = this.#parts.environment;
    await admin.modules.load(module);
    const uid = newUidText(random);
    return admin.profiles.update(this.#parts.profileName, (profile) => {
      const kept = options.temporary === true ? STATUS_TEMP_SECTION : STATUS_NEED_IPM_TREE;
      const flags = STATUS_NO_PRIMARY_IDENTITY | kept;
      fillSection(profile, uid, [
        prop(PR_DISPLAY_NAME, module),
        prop(PR_PROVIDER_DISPLAY, module),
        prop(PR_PROVIDER_DLL_NAME, module),
        prop(PR_RESOURCE_TYPE, MAPI_STORE_PROVIDER),
        prop(PR_RESOURCE_FLAGS, flags),
      ]);
      profile.looseProviders.push(uid);
      return { kind: 'store', uid, service: undefined, module, displayName: module };
    });
  }
}

function ownId(profile: Profile, ref: ProviderRef): EntryId | null {
  const told = sectionValue(profile, ref.uid, PR_ENTRYID);
  return told === undefined ? null : (unwrapStoreEntryID(told)?.entryId ?? told);
}

/** A provider may answer anything. */
function checked(ref: ProviderRef, made: StoreLogon): StoreLogon {
  if (made?.store?.iid === 'IMsgStore' && (made.logon === undefined || made.logon.iid === 'IMSLogon')) return made;
  throw new MapiError('MAPI_E_CALL_FAILED', `${ref.displayName} answered its logon with no store`, {
    component: ref.displayName,
  });
}

/** AMB-19: to the client of OpenMsgStore a store without its configuration is a failed logon. */
function forClient(error: unknown, ref: ProviderRef): unknown {
  if (!MapiError.is(error, 'MAPI_E_UNCONFIGURED')) return error;
  return new MapiError('MAPI_E_LOGON_FAILED', `${ref.displayName} is not configured`, {
    cause: error,
    component: ref.displayName,
  });
}
