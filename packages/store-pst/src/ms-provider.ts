/**
 * The provider of PST and OST files as message stores, for reading. spec: imsprovideriunknown
 *
 * - The profile section names the file (PR_PST_PATH); the first logon writes down what the store is called.
 * - The file is open as long as a store object of it is.
 */
import { isAbsolute, join } from 'node:path';
import { AsyncStack, bytesEqual } from '@nodemapi/base';
import { MSLogonObject, RefCounted, storeStatusColumns } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type EntryId,
  entryIdUid,
  type IMAPISupport,
  type IMSProvider,
  type Initialised,
  MapiError,
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
import { openPstStore } from './msg-store.ts';
import { MDB_PST_UID, PstHome } from './pst-home.ts';

const PROVIDER_DISPLAY = 'PST file';

export class PstMSProvider extends RefCounted implements IMSProvider {
  readonly iid = 'IMSProvider';
  readonly #host: ProviderHost;

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
  }

  async shutdown(): Promise<void> {}

  /** @throws MAPI_E_NO_ACCESS to open it for writing; MAPI_E_UNCONFIGURED without a path; MAPI_E_NOT_FOUND, MAPI_E_CORRUPT_DATA */
  async logon(
    support: IMAPISupport,
    _profileName: string,
    _entryId: EntryId | null,
    options: OpenMsgStoreOptions,
  ): Promise<StoreLogon> {
    this.assertOpen();
    if (options.write === true && options.bestAccess !== true)
      throw new MapiError('MAPI_E_NO_ACCESS', 'a PST is opened for reading only');
    return this.#open(support);
  }

  async spoolerLogon(support: IMAPISupport): Promise<StoreLogon> {
    this.assertOpen();
    return this.#open(support);
  }

  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    const [first, second] = [entryIdUid(a), entryIdUid(b)];
    if (first === undefined || second === undefined)
      throw new MapiError('MAPI_E_INVALID_ENTRYID', 'too short for the identifier of a store');
    return bytesEqual(first, second);
  }

  async #open(support: IMAPISupport): Promise<StoreLogon> {
    const { files, home: directory, random } = this.#host;
    const { path, name } = await this.#configured(support);
    await using owned = new AsyncStack();
    const source = owned.use(await files.openRead(isAbsolute(path) ? path : join(directory, path)));
    const home = await PstHome.open(source, support, random);
    const held = owned.move();
    const store = await openPstStore(home, name, () => held[Symbol.asyncDispose]());
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

  async #configured(support: IMAPISupport): Promise<{ readonly path: string; readonly name: string | undefined }> {
    await using section = await support.openProfileSection(null);
    const [path, name] = (await section.getProps([PR_PST_PATH, PR_DISPLAY_NAME])).values;
    if (path === undefined || path === '')
      throw new MapiError('MAPI_E_UNCONFIGURED', 'the message service names no PST file (path)');
    return { path, name };
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

/** MAPI: MSProviderInit. */
export async function MSProviderInit(host: ProviderHost): Promise<Initialised<IMSProvider>> {
  return { provider: new PstMSProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
