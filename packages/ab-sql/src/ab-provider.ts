import { dirname } from 'node:path';
import { bytesEqual, MapiError } from '@nodemapi/base';
import { assertSpiVersion, getProp, RefCounted, sectionUid, setPropList } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type EntryId,
  type IABProvider,
  type IMAPIProviderShutdown,
  type IMAPISupport,
  type Initialised,
  type IProfSect,
  type MapiErrorCode,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PROVIDER_DISPLAY,
  PR_RECORD_KEY,
  type ProviderHost,
  prop,
} from '@nodemapi/mapi';
import { containerId } from './ab-container.ts';
import { LocalABLogon } from './ab-logon.ts';
import { PERSONAL_ADDRESS_BOOK_UID } from './book-entry-id.ts';
import { absolutePath, newPaths, PR_BOOK_PATH } from './book-path.ts';
import { type BookHold, SharedBooks } from './shared-books.ts';
import { PROVIDER_DISPLAY, statusRow } from './status-row.ts';

const DISPLAY_NAME = 'Personal address book';

/** Personal address books, one SQLite file each. */
export class LocalABProvider extends RefCounted implements IABProvider, IMAPIProviderShutdown {
  readonly iid = 'IABProvider';
  readonly #host: ProviderHost;
  readonly #books: SharedBooks;
  /** Who is logged on, by profile. */
  readonly #logons = new Map<string, Set<LocalABLogon>>();

  constructor(host: ProviderHost) {
    super();
    this.#host = host;
    this.#books = new SharedBooks(host.random, host.crash);
  }

  async shutdown(): Promise<void> {
    await this.#books[Symbol.asyncDispose]();
  }

  /** Nothing stands against it: what was acknowledged is on the disk. */
  async queryFastShutdown(): Promise<void> {
    this.assertOpen();
  }

  async notifyProcessShutdown(): Promise<void> {}

  /** Resolves when what was written until now is on the disk. */
  async doFastShutdown(): Promise<void> {
    await this.#books.settled();
  }

  /**
   * Opens the address book of a profile; its file is made at the first logon, and its path remembered in the profile.
   *
   * @throws MAPI_E_VERSION if a newer program wrote the file; MAPI_E_CORRUPT_STORE if it is no address book;
   * MAPI_E_NO_ACCESS, MAPI_E_BUSY
   */
  async logon(support: IMAPISupport, profileName: string): Promise<LocalABLogon> {
    const uid = await sectionUid(support); // before the section is open for writing, when nobody may read it
    await using section = await support.openProfileSection(null, { modify: true });
    const configured = await getProp(section, PR_BOOK_PATH);
    const displayName = (await getProp(section, PR_DISPLAY_NAME)) ?? DISPLAY_NAME;
    const { path, hold } =
      configured === undefined
        ? await this.#openNew(profileName, uid)
        : { path: configured, hold: await this.#open(configured) };
    try {
      await describe(section, path, displayName, containerId(hold.book.uid, 'root'));
      await support.setProviderUID(PERSONAL_ADDRESS_BOOK_UID);
      await support.modifyStatusRow(statusRow(displayName, hold.book.path));
      const siblings = this.#logons.get(profileName) ?? new Set();
      this.#logons.set(profileName, siblings);
      const onLogoff = (): void => void siblings.delete(logon);
      const parts = {
        host: this.#host,
        support: support.addRef(),
        hold,
        displayName,
        siblings: () => siblings,
        onLogoff,
      };
      const logon: LocalABLogon = new LocalABLogon(parts);
      siblings.add(logon);
      return logon;
    } catch (error) {
      await hold[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Makes the file of a section that names none yet. Of several processes that do so at a time one makes it; the others know
   * it by its uid, which is that of the section, and take it.
   */
  async #openNew(profileName: string, uid: Uint8Array | undefined): Promise<{ path: string; hold: BookHold }> {
    const { home, files } = this.#host;
    for (const path of newPaths(profileName)) {
      const isThere = await files.exists(absolutePath(home, path));
      if (isThere && uid === undefined) continue;
      const hold = await this.#open(path, uid).catch((error: unknown) => notOurs(error, isThere));
      if (hold === undefined) continue;
      if (uid === undefined || bytesEqual(hold.book.uid, uid)) return { path, hold };
      await hold[Symbol.asyncDispose]();
    }
    throw new MapiError('MAPI_E_COLLISION', `there are too many address books named after the profile ${profileName}`);
  }

  /** Others on the machine do not get to read the file. */
  async #open(configured: string, uid?: Uint8Array): Promise<BookHold> {
    const { home, files } = this.#host;
    const path = absolutePath(home, configured);
    await files.mkdir(dirname(path));
    const isNew = !(await files.exists(path));
    const hold = await this.#books.acquire(path, uid);
    if (isNew) await files.chmod(path, 0o600);
    return hold;
  }
}

const FOREIGN: readonly MapiErrorCode[] = ['MAPI_E_CORRUPT_STORE', 'MAPI_E_VERSION', 'MAPI_E_NO_ACCESS'];

/** What lies under a name that was to be taken, and is no address book that we could open, is somebody else's. */
function notOurs(error: unknown, isThere: boolean): undefined {
  if (!isThere || !FOREIGN.some((code) => MapiError.is(error, code))) throw error;
  return undefined;
}

/** MAPI: ABPROVIDERINIT. */
export async function ABProviderInit(host: ProviderHost): Promise<Initialised<IABProvider>> {
  assertSpiVersion(host);
  return { provider: new LocalABProvider(host), spiVersion: CURRENT_SPI_VERSION };
}

/**
 * Writes into the profile section what it does not say yet. The path is remembered so that renaming the profile does not
 * lose the file.
 */
async function describe(section: IProfSect, path: string, displayName: string, root: EntryId): Promise<void> {
  const wanted = [
    prop(PR_BOOK_PATH, path),
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_PROVIDER_DISPLAY, PROVIDER_DISPLAY),
    prop(PR_ENTRYID, root),
    prop(PR_RECORD_KEY, root),
  ];
  const { props } = await section.getProps(wanted.map(({ tag }) => tag));
  const missing = wanted.filter(({ tag, value }, index) => {
    const found = props[index];
    return found?.tag !== tag || (value instanceof Uint8Array && !bytesEqual(value, found.value as Uint8Array));
  });
  if (missing.length > 0) await setPropList(section, missing);
}
