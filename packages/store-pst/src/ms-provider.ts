/**
 * The provider of PST and OST files as message stores, for reading. spec: imsprovideriunknown
 *
 * - The profile section names the file (PR_PST_PATH); the first logon writes down what the store is called.
 * - The file is open as long as a store object of it is; who logs on to it twice through one profile gets the same object.
 */
import { AsyncStack, bytesEqual } from '@nodemapi/base';
import { assertSpiVersion, isSameStore, MSLogonObject, RefCounted, storeStatusColumns } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type EntryId,
  entryIdUid,
  type IMAPIProviderShutdown,
  type IMAPISupport,
  type IMSProvider,
  type Initialised,
  MapiError,
  type MapiUid,
  type OpenMsgStoreOptions,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MDB_PROVIDER,
  PR_PST_PATH,
  PR_RECORD_KEY,
  PR_STORE_RECORD_KEY,
  type ProviderHost,
  prop,
  type StoreLogon,
} from '@nodemapi/mapi';
import { openPstStore, type PstMsgStore } from './msg-store.ts';
import { type PstConfig, pstConfigOf, pstPath } from './pst-config.ts';
import { MDB_PST_UID, PstHome } from './pst-home.ts';

const PROVIDER_DISPLAY = 'PST file';

export class PstMSProvider extends RefCounted implements IMSProvider, IMAPIProviderShutdown {
  readonly iid = 'IMSProvider';
  readonly #host: ProviderHost;
  /** Stores that clients have open, by profile and path. */
  readonly #open = new Map<string, PstMsgStore>();
  /** Logons that are opening a file, by profile and path: a second one waits for the first. */
  readonly #opening = new Map<string, Promise<void>>();

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
  }

  async shutdown(): Promise<void> {
    this.#open.clear();
  }

  /** Nothing stands against it: a file that is only read loses nothing. */
  async queryFastShutdown(): Promise<void> {
    this.assertOpen();
  }

  async notifyProcessShutdown(): Promise<void> {}

  async doFastShutdown(): Promise<void> {}

  /**
   * @throws MAPI_E_NO_ACCESS to open it for writing; MAPI_E_UNCONFIGURED without a path; MAPI_E_UNKNOWN_ENTRYID for the
   *   identifier of another store; MAPI_E_NOT_FOUND, MAPI_E_CORRUPT_DATA
   */
  async logon(
    support: IMAPISupport,
    profileName: string,
    entryId: EntryId | null,
    options: OpenMsgStoreOptions,
  ): Promise<StoreLogon> {
    this.assertOpen();
    if (options.write === true && options.bestAccess !== true)
      throw new MapiError('MAPI_E_NO_ACCESS', 'a PST is opened for reading only');
    const configured = await this.#configured(support);
    const key = `${profileName} ${configured.path}`;
    for (let opening = this.#opening.get(key); opening !== undefined; opening = this.#opening.get(key)) await opening;
    const former = this.#open.get(key);
    if (former !== undefined && !former.released) {
      assertNamed(entryId, former.uid, configured);
      return { store: former.addRef(), logon: undefined, spoolerSecurity: undefined };
    }
    const answer = this.#logon(support, entryId, configured, (store) => {
      if (this.#open.get(key) === store) this.#open.delete(key);
    });
    const settled = answer.then(
      ({ store }) => void this.#open.set(key, store),
      () => {}, // whoever opens it is told; who waits tries for themselves
    );
    this.#opening.set(
      key,
      settled.finally(() => this.#opening.delete(key)),
    );
    await settled;
    return answer;
  }

  async spoolerLogon(support: IMAPISupport, _profileName: string, entryId: EntryId | null): Promise<StoreLogon> {
    this.assertOpen();
    return this.#logon(support, entryId, await this.#configured(support), () => {});
  }

  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return isSameStore(a, b);
  }

  async #logon(
    support: IMAPISupport,
    entryId: EntryId | null,
    configured: PstConfig,
    onRelease: (store: PstMsgStore) => void,
  ): Promise<StoreLogon & { readonly store: PstMsgStore }> {
    const { files, home: directory, random } = this.#host;
    const { name } = configured;
    await using owned = new AsyncStack();
    const source = owned.use(await files.openRead(pstPath(directory, configured)));
    const home = await PstHome.open(source, support, random);
    assertNamed(entryId, home.uid, configured);
    const held = owned.move();
    const store = await openPstStore(home, name, async () => {
      onRelease(store);
      await held[Symbol.asyncDispose]();
    });
    await this.#describe(support, home, name);
    const status = storeStatusColumns(PROVIDER_DISPLAY, home.storeEntryId);
    await support.setProviderUID(home.uid);
    await support.modifyStatusRow(status);
    support.addRef();
    const logon = new MSLogonObject({
      store,
      support,
      settings: [{ label: 'File', tag: PR_PST_PATH }],
      validate: async () => void (await home.file.rootFolder()),
      status,
      onLogoff: () => support.release(),
    });
    return { store, logon, spoolerSecurity: undefined };
  }

  async #configured(support: IMAPISupport): Promise<PstConfig> {
    await using section = await support.openProfileSection(null);
    return pstConfigOf((await section.getProps([PR_PST_PATH, PR_DISPLAY_NAME, PR_STORE_RECORD_KEY])).props);
  }

  /** Writes into the profile section what the table of stores shows. */
  async #describe(support: IMAPISupport, home: PstHome, name: string | undefined): Promise<void> {
    await using section = await support.openProfileSection(null, { modify: true });
    const [known] = (await section.getProps([PR_ENTRYID])).values;
    if (known !== undefined && bytesEqual(known, home.storeEntryId)) return;
    const own = await home.file.store?.valueOrLost(PR_DISPLAY_NAME);
    await section.setProps([
      prop(PR_ENTRYID, home.storeEntryId),
      prop(PR_STORE_RECORD_KEY, home.uid),
      prop(PR_RECORD_KEY, home.uid),
      prop(PR_MDB_PROVIDER, MDB_PST_UID),
      prop(PR_DISPLAY_NAME, name ?? own ?? PROVIDER_DISPLAY),
    ]);
    await section.saveChanges();
  }
}

/**
 * An identifier names the store in the file, or the one that was there when the section was written: a file that took the
 * place of another is opened all the same.
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID
 */
function assertNamed(entryId: EntryId | null, uid: MapiUid, configured: PstConfig): void {
  if (entryId === null) return;
  const wanted = entryIdUid(entryId);
  const isKnown = [uid, configured.uid].some((each) => wanted && each && bytesEqual(wanted, each));
  if (!isKnown) throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'not the identifier of the store in this PST');
}

/** MAPI: MSProviderInit. */
export async function MSProviderInit(host: ProviderHost): Promise<Initialised<IMSProvider>> {
  assertSpiVersion(host);
  return { provider: new PstMSProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
