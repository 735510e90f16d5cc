/** Settings of the address book: search path, personal address book, default container. They last in the profile. */
import { bytesEqual, MapiError } from '@nodemapi/base';
import {
  AB_MODIFIABLE,
  AB_RECIPIENTS,
  DT_GLOBAL,
  type EntryId,
  PR_AB_DEFAULT_DIR,
  PR_AB_DEFAULT_PAB,
  PR_AB_SEARCH_PATH,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  type PropTag,
  propOf,
  type Row,
  type RowSet,
} from '@nodemapi/mapi';
import { type Profile, SUBSYSTEM_SECTION, sectionValue, setSectionValue } from './profile.ts';
import type { ProfileStore } from './profile-store.ts';

export class AddressBookSettings {
  readonly #profiles: ProfileStore;
  readonly #profileName: string;
  readonly #containers: () => Promise<readonly Row[]>;

  /** @param containers every container, in the order of the providers */
  constructor(profiles: ProfileStore, profileName: string, containers: () => Promise<readonly Row[]>) {
    this.#profiles = profiles;
    this.#profileName = profileName;
    this.#containers = containers;
  }

  /** The stored one, else the first container that may be changed, else an empty identifier. */
  async getPAB(): Promise<EntryId> {
    return (await this.#stored(PR_AB_DEFAULT_PAB)) ?? idOf(firstModifiable(await this.#containers()));
  }

  setPAB(entryId: EntryId): Promise<void> {
    return this.#store((profile) => setSectionValue(profile, SUBSYSTEM_SECTION, PR_AB_DEFAULT_PAB, entryId));
  }

  /** The stored one while it exists, else the first container with names that is not the PAB, else the PAB. */
  async getDefaultDir(): Promise<EntryId> {
    const containers = await this.#containers();
    const stored = await this.#stored(PR_AB_DEFAULT_DIR);
    if (stored !== undefined && containers.some((row) => bytesEqual(idOf(row), stored))) return stored;
    const pab = await this.getPAB();
    const hasNames = (row: Row): boolean => ((propOf(row, PR_CONTAINER_FLAGS) ?? 0) & AB_RECIPIENTS) !== 0;
    const found = containers.find((row) => hasNames(row) && !bytesEqual(idOf(row), pab));
    return found === undefined ? pab : idOf(found);
  }

  setDefaultDir(entryId: EntryId): Promise<void> {
    return this.#store((profile) => setSectionValue(profile, SUBSYSTEM_SECTION, PR_AB_DEFAULT_DIR, entryId));
  }

  /** The stored path without what is gone; before one was stored, a computed one. spec: iaddrbook-getsearchpath */
  async getSearchPath(): Promise<RowSet> {
    const containers = await this.#containers();
    const stored = sectionValue(await this.#profiles.read(this.#profileName), SUBSYSTEM_SECTION, PR_AB_SEARCH_PATH);
    if (stored === undefined) return (await this.#computedPath(containers)).map(entryIdFirst);
    const found = stored.map((entryId) => containers.find((row) => bytesEqual(idOf(row), entryId)));
    return found.filter((row) => row !== undefined).map(entryIdFirst);
  }

  /** @throws MAPI_E_MISSING_REQUIRED_COLUMN unless PR_ENTRYID is the first property of each row */
  async setSearchPath(path: RowSet): Promise<void> {
    const entryIds = path.map((row) => {
      const [first] = row;
      if (first?.tag === PR_ENTRYID) return first.value as EntryId;
      throw new MapiError('MAPI_E_MISSING_REQUIRED_COLUMN', 'a row of the search path does not begin with PR_ENTRYID');
    });
    await this.#store((profile) => setSectionValue(profile, SUBSYSTEM_SECTION, PR_AB_SEARCH_PATH, entryIds));
  }

  async #computedPath(containers: readonly Row[]): Promise<readonly Row[]> {
    const first = firstModifiable(containers);
    const global = containers.filter((row) => propOf(row, PR_DISPLAY_TYPE) === DT_GLOBAL && row !== first);
    const isAnyGlobal = containers.some((row) => propOf(row, PR_DISPLAY_TYPE) === DT_GLOBAL);
    const path = first === undefined ? global : [first, ...global];
    if (isAnyGlobal) return path;
    const dir = await this.getDefaultDir();
    const fallback = containers.find((row) => bytesEqual(idOf(row), dir));
    return fallback === undefined || fallback === first ? path : [...path, fallback];
  }

  async #stored(tag: PropTag<Uint8Array>): Promise<EntryId | undefined> {
    return sectionValue(await this.#profiles.read(this.#profileName), SUBSYSTEM_SECTION, tag);
  }

  #store(edit: (profile: Profile) => void): Promise<void> {
    return this.#profiles.update(this.#profileName, edit);
  }
}

function firstModifiable(containers: readonly Row[]): Row | undefined {
  return containers.find((row) => ((propOf(row, PR_CONTAINER_FLAGS) ?? 0) & AB_MODIFIABLE) !== 0);
}

function idOf(row: Row | undefined): EntryId {
  return (row === undefined ? undefined : propOf(row, PR_ENTRYID)) ?? new Uint8Array();
}

function entryIdFirst(row: Row): Row {
  const isId = (value: Row[number]): boolean => value.tag === PR_ENTRYID;
  return [...row.filter(isId), ...row.filter((value) => !isId(value))];
}
