/** The provider of stores in SQLite files. spec: imsprovideriunknown */
import { bytesEqual, MapiError, toHex } from '@nodemapi/base';
import {
  assertSpiVersion,
  type DisplayField,
  MSLogonObject,
  RefCounted,
  sectionUid,
  storeStatusColumns,
  unwrapStoreEntryID,
} from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type EntryId,
  type IMAPIProviderShutdown,
  type IMAPISupport,
  type IMSProvider,
  type Initialised,
  type MapiErrorCode,
  type OpenMsgStoreOptions,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MDB_PROVIDER,
  PR_RECORD_KEY,
  PR_STORE_RECORD_KEY,
  type PropValue,
  type ProviderHost,
  prop,
  propOf,
  type StoreLogon,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import {
  absolutePath,
  configuredPath,
  DEFAULT_STORE_NAME,
  newPaths,
  PR_STORE_SQL_PATH,
  sectionPath,
} from './config.ts';
import { MsgStoreObject } from './msg-store.ts';
import { StoreContext } from './store-context.ts';
import type { StoreFile } from './store-file.ts';
import { type StoreFileReference, StoreFiles } from './store-files.ts';
import { MUID_STORE_SQL, parseStoreEntryId, storeRecordKey, storeUidOf } from './store-ids.ts';

const PROVIDER_DISPLAY = 'Message store in SQLite';

/** The settings of a store, as its dialog shows them. */
const SETTINGS: readonly DisplayField[] = [
  { label: 'Name', tag: PR_DISPLAY_NAME },
  { label: 'File', tag: PR_STORE_SQL_PATH, readOnly: true },
];

/** What a logon asks for. */
interface LogonRequest {
  readonly support: IMAPISupport;
  readonly profileName: string;
  readonly entryId: EntryId | null;
  readonly writable: boolean;
  readonly spooler: boolean;
}

/**
 * - A store is the file that its profile section names, and is made when it is not there.
 * - All logons of one provider object to one file share it; other provider objects and processes open their own.
 */
export class SqlMSProvider extends RefCounted implements IMSProvider, IMAPIProviderShutdown {
  readonly iid = 'IMSProvider';
  readonly #host: ProviderHost;
  readonly #files: StoreFiles;
  readonly #open = new Map<string, MsgStoreObject>();
  #nextOwner = 1;

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
    this.#files = new StoreFiles(host);
  }

  async shutdown(): Promise<void> {
    this.#open.clear();
    await this.#files.close();
  }

  /** Nothing stands against it: what was acknowledged is on the disk. */
  async queryFastShutdown(): Promise<void> {
    this.assertOpen();
  }

  async notifyProcessShutdown(): Promise<void> {}

  /** Resolves when what was written until now is on the disk. */
  async doFastShutdown(): Promise<void> {
    await this.#files.settled();
  }

  async logon(
    support: IMAPISupport,
    profileName: string,
    entryId: EntryId | null,
    options: OpenMsgStoreOptions,
  ): Promise<StoreLogon> {
    const writable = options.write === true || options.bestAccess === true;
    return this.#logon({ support, profileName, entryId, writable, spooler: false });
  }

  async spoolerLogon(support: IMAPISupport, profileName: string, entryId: EntryId | null): Promise<StoreLogon> {
    return this.#logon({ support, profileName, entryId, writable: true, spooler: true });
  }

  /** What is no identifier of a store of this provider is the same as none. */
  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    const [first, second] = [storeUidOf(a), storeUidOf(b)];
    return first !== undefined && second !== undefined && bytesEqual(first, second);
  }

  /** The open store that an identifier is of, for one that came to another store of this provider. */
  storeOf(entryId: EntryId): MsgStoreObject | undefined {
    const uid = storeUidOf(entryId);
    if (uid === undefined) return undefined;
    return [...this.#open].find(([key]) => key.includes(toHex(uid)))?.[1];
  }

  async #logon(request: LogonRequest): Promise<StoreLogon> {
    this.assertOpen();
    const { support, profileName, writable, spooler } = request;
    const { file, release } = await this.#acquire(request);
    try {
      const key = `${profileName} ${toHex(file.uid)} ${writable}`;
      const former = spooler ? undefined : this.#open.get(key);
      if (former !== undefined && !former.released) {
        await release();
        return { store: former.addRef(), logon: undefined, spoolerSecurity: undefined };
      }
      const owner = `${file.owner}/${this.#nextOwner++}`;
      const context = new StoreContext({ file, support, writable, spooler, owner });
      const store = new MsgStoreObject(context, async () => {
        if (this.#open.get(key) === store) this.#open.delete(key);
        await release();
      });
      if (!spooler) this.#open.set(key, store);
      context.displayName = await this.#describe(support, file, context.storeEntryId, context.storeRecordKey);
      return await this.#answer(context, store);
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #answer(context: StoreContext, store: MsgStoreObject): Promise<StoreLogon> {
    const { support } = context;
    const status = storeStatusColumns(PROVIDER_DISPLAY, context.storeEntryId);
    await support.setProviderUID(MUID_STORE_SQL);
    await support.modifyStatusRow(status);
    support.addRef();
    const logon = new MSLogonObject({
      store,
      status,
      support,
      settings: SETTINGS,
      validate: async () => void context.file.db.get(sql`SELECT id FROM folder LIMIT 1`),
      storeOf: (entryId) => this.storeOf(entryId),
      onLogoff: async () => {
        await context.end();
        await support.release();
      },
    });
    return { store, logon, spoolerSecurity: undefined };
  }

  async #acquire(request: LogonRequest): Promise<StoreFileReference> {
    const path = await this.#pathOf(request);
    return path === undefined ? await this.#acquireNew(request) : await this.#files.acquire(path);
  }

  /**
   * Makes the store of a section that names none yet. Of several processes that do so at a time one makes the file; the
   * others know it by its uid, which is that of the section, and take it.
   */
  async #acquireNew({ support, profileName }: LogonRequest): Promise<StoreFileReference> {
    const { home, files } = this.#host;
    const uid = await sectionUid(support);
    for (const path of newPaths(home, profileName)) {
      const isThere = await files.exists(path);
      if (isThere && uid === undefined) continue;
      const reference = await this.#files.acquire(path, uid).catch((error: unknown) => notOurs(error, isThere));
      if (reference === undefined) continue;
      if (uid === undefined || bytesEqual(reference.file.uid, uid)) return reference;
      await reference.release();
    }
    throw new MapiError('MAPI_E_COLLISION', `there are too many stores named after the profile ${profileName}`);
  }

  /**
   * The file that the section names, undefined if it names none yet; for the identifier of another store
   * the file that this one names. Files are found from the MAPI home, so that a home can be copied and moved.
   *
   * @throws MAPI_E_NOT_FOUND if the file is gone: an empty store never takes its place
   */
  async #pathOf({ support, entryId }: LogonRequest): Promise<string | undefined> {
    const { home, files } = this.#host;
    const wanted = entryId === null ? undefined : parseStoreEntryId(entryId);
    await using section = await support.openProfileSection(null);
    const { props } = await section.getProps([PR_STORE_SQL_PATH, PR_STORE_RECORD_KEY, PR_ENTRYID]);
    const configured = configuredPath(home, props);
    const isOwn = wanted === undefined || ownsStore(props, wanted.uid);
    const path = isOwn ? configured : absolutePath(home, wanted.path);
    if (path === undefined) return undefined;
    const mustExist = !isOwn || isDescribed(props);
    if (mustExist && !(await files.exists(path))) {
      throw new MapiError('MAPI_E_NOT_FOUND', `the file of the message store is not there: ${path}`);
    }
    return path;
  }

  /** Writes into the section what names the store, unless it is there. Answers its name. */
  async #describe(support: IMAPISupport, file: StoreFile, entryId: EntryId, key: Uint8Array): Promise<string> {
    await using section = await support.openProfileSection(null, { modify: true });
    const { values } = await section.getProps([PR_STORE_RECORD_KEY, PR_DISPLAY_NAME, PR_ENTRYID, PR_STORE_SQL_PATH]);
    const [recordKey, name, former, path] = values;
    const known = recordKey !== undefined && bytesEqual(recordKey, key);
    const isNamed = name !== undefined && path !== undefined && path !== '';
    if (known && isNamed && former !== undefined && bytesEqual(former, entryId)) return name;
    await section.setProps([
      prop(PR_STORE_RECORD_KEY, key),
      prop(PR_RECORD_KEY, key),
      prop(PR_ENTRYID, entryId),
      prop(PR_MDB_PROVIDER, MUID_STORE_SQL),
      prop(PR_DISPLAY_NAME, name ?? DEFAULT_STORE_NAME),
      prop(PR_STORE_SQL_PATH, path === undefined || path === '' ? sectionPath(this.#host.home, file.path) : path),
    ]);
    await section.saveChanges();
    this.#host.log.debug('store described in its profile section', { path: file.path });
    return name ?? DEFAULT_STORE_NAME;
  }
}

const FOREIGN: readonly MapiErrorCode[] = ['MAPI_E_CORRUPT_STORE', 'MAPI_E_VERSION', 'MAPI_E_NO_ACCESS'];

/** What lies under a name that was to be taken, and is no store that we could open, is somebody else's. */
function notOurs(error: unknown, isThere: boolean): undefined {
  const isForeign = FOREIGN.some((code) => MapiError.is(error, code));
  if (!isThere || !isForeign) throw error;
  return undefined;
}

/** Whether the section belongs to the store with this uid. */
function ownsStore(section: readonly PropValue[], uid: Uint8Array): boolean {
  const key = propOf(section, PR_STORE_RECORD_KEY);
  return key !== undefined && bytesEqual(key, storeRecordKey(uid));
}

/** Whether a logon has described the store of this path; another path is that of a store which may still be made. */
function isDescribed(section: readonly PropValue[]): boolean {
  const entryId = propOf(section, PR_ENTRYID);
  const own = entryId === undefined ? undefined : unwrapStoreEntryID(entryId)?.entryId;
  return own !== undefined && parseStoreEntryId(own).path === propOf(section, PR_STORE_SQL_PATH);
}

/** MAPI: MSProviderInit. */
export async function MSProviderInit(host: ProviderHost): Promise<Initialised<IMSProvider>> {
  assertSpiVersion(host);
  return { provider: new SqlMSProvider(host), spiVersion: CURRENT_SPI_VERSION };
}
