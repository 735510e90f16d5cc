/**
 * The provider of stores in memory. spec: imsprovideriunknown
 *
 * - A store lives as long as its provider object: everybody who logs on to it through that object shares its data.
 * - The profile section names the store by PR_STORE_RECORD_KEY; a section without one gets a new store.
 */
import { toHex } from '@nodemapi/base';
import { assertSpiVersion, isSameStore, MSLogonObject, RefCounted, storeStatusColumns } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type EntryId,
  entryIdUid,
  type IMAPIProviderShutdown,
  type IMAPISupport,
  type IMSProvider,
  type Initialised,
  MAPI_STORE,
  MapiError,
  type MapiUid,
  type OpenMsgStoreOptions,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MDB_PROVIDER,
  PR_RECORD_KEY,
  PR_STORE_RECORD_KEY,
  type ProviderHost,
  prop,
  type StoreLogon,
} from '@nodemapi/mapi';
import { MDB_PROVIDER_UID } from './computed.ts';
import { objectOf, storeEntryId } from './entry-ids.ts';
import { MemoryMsgStore } from './msg-store.ts';
import { newStoreData } from './new-store.ts';
import { StoreContext } from './store-context.ts';
import type { MemoryStoreData } from './store-data.ts';

/** PR_DISPLAY_NAME of a store that was given no name. */
const DEFAULT_NAME = 'Memory store';
const PROVIDER_DISPLAY = 'Message store in memory';

export class MemoryMSProvider extends RefCounted implements IMSProvider, IMAPIProviderShutdown {
  readonly iid = 'IMSProvider';
  readonly #host: ProviderHost;
  readonly #stores = new Map<string, MemoryStoreData>();
  /** Client stores that are open, by profile, store and access. */
  readonly #open = new Map<string, MemoryMsgStore>();
  #nextOwner = 1;

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
  }

  async shutdown(): Promise<void> {
    this.#stores.clear();
    this.#open.clear();
  }

  /** Nothing stands against it: its stores end with the process in any case. */
  async queryFastShutdown(): Promise<void> {
    this.assertOpen();
  }

  async notifyProcessShutdown(): Promise<void> {}

  async doFastShutdown(): Promise<void> {}

  async logon(
    support: IMAPISupport,
    profileName: string,
    entryId: EntryId | null,
    options: OpenMsgStoreOptions,
  ): Promise<StoreLogon> {
    this.assertOpen();
    const data = await this.#dataFor(support, entryId);
    const writable = options.write === true || options.bestAccess === true;
    const key = `${profileName} ${toHex(data.uid)} ${writable}`;
    const former = this.#open.get(key);
    if (former !== undefined && !former.released) {
      return { store: former.addRef(), logon: undefined, spoolerSecurity: undefined };
    }
    const context = this.#newContext(support, data, writable, false);
    const store = new MemoryMsgStore(context, async () => void this.#open.delete(key));
    this.#open.set(key, store);
    await support.setProviderUID(data.uid);
    await support.modifyStatusRow(storeStatusColumns(PROVIDER_DISPLAY, context.storeEntryId));
    return answer(context, store);
  }

  async spoolerLogon(support: IMAPISupport, _profileName: string, entryId: EntryId | null): Promise<StoreLogon> {
    this.assertOpen();
    const data = await this.#dataFor(support, entryId);
    const context = this.#newContext(support, data, true, true);
    return answer(context, new MemoryMsgStore(context, async () => {}));
  }

  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return isSameStore(a, b);
  }

  #newContext(support: IMAPISupport, data: MemoryStoreData, writable: boolean, spooler: boolean): StoreContext {
    const owner = `memory-${this.#nextOwner++}`;
    return new StoreContext({ data, support, log: this.#host.log, writable, spooler, owner });
  }

  /** @throws MAPI_E_NOT_FOUND for the identifier of a store that is not in memory */
  async #dataFor(support: IMAPISupport, entryId: EntryId | null): Promise<MemoryStoreData> {
    await using section = await support.openProfileSection(null, { modify: true });
    const { values } = await section.getProps([PR_STORE_RECORD_KEY, PR_DISPLAY_NAME]);
    const [configured, name = DEFAULT_NAME] = values;
    const named = entryId === null ? undefined : uidOf(entryId);
    const uid = named ?? configured ?? support.newUID();
    const known = this.#stores.get(toHex(uid));
    if (known !== undefined) return known;
    if (named !== undefined && (configured === undefined || toHex(named) !== toHex(configured))) {
      throw new MapiError('MAPI_E_NOT_FOUND', 'the store is not in memory any more');
    }
    const data = newStoreData(uid, name, this.#host);
    this.#stores.set(toHex(uid), data);
    await section.setProps([
      prop(PR_STORE_RECORD_KEY, uid),
      prop(PR_RECORD_KEY, uid),
      prop(PR_ENTRYID, support.wrapStoreEntryID(storeEntryId(uid))),
      prop(PR_MDB_PROVIDER, MDB_PROVIDER_UID),
      prop(PR_DISPLAY_NAME, name),
    ]);
    await section.saveChanges();
    return data;
  }
}

/** The answer of a logon, which keeps the support object until its logoff. */
function answer(context: StoreContext, store: MemoryMsgStore): StoreLogon {
  const support = context.support.addRef();
  const logon = new MSLogonObject({
    store,
    support,
    settings: [{ label: 'Name', tag: PR_DISPLAY_NAME }],
    validate: async () => {}, // what is in memory is there
    status: storeStatusColumns(PROVIDER_DISPLAY, context.storeEntryId),
    onLogoff: async () => {
      context.end();
      await support.release();
    },
  });
  return { store, logon, spoolerSecurity: undefined };
}

/** @throws MAPI_E_UNKNOWN_ENTRYID for an identifier that is not of a memory store */
function uidOf(entryId: EntryId): MapiUid {
  const uid = entryIdUid(entryId);
  if (uid === undefined || objectOf(uid, entryId).type !== MAPI_STORE) {
    throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'not the identifier of a store in memory');
  }
  return Uint8Array.from(uid);
}

/** MAPI: MSProviderInit. */
export async function MSProviderInit(host: ProviderHost): Promise<Initialised<IMSProvider>> {
  assertSpiVersion(host);
  return { provider: new MemoryMSProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
