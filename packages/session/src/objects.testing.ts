/** A folder and an address book container for the providers of the tests. */
import { utf8Encode } from '@nodemapi/base';
import { noSupport, PropBag, PropObject, snapshotTable } from '@nodemapi/kit';
import {
  type EntryId,
  type IABContainer,
  type IMAPIFolder,
  type IMAPITable,
  makeEntryId,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  prop,
  type ResolveFlag,
} from '@nodemapi/mapi';
import type { TestLibrary } from './providers.testing.ts';
import { BOOK_UID, CONTAINER_ROW } from './test-ids.testing.ts';

/** A folder with nothing in it. */
export class TestFolder extends PropObject implements IMAPIFolder {
  readonly iid = 'IMAPIFolder';
  readonly #library: TestLibrary;

  constructor(library: TestLibrary, entryId: EntryId) {
    super(new PropBag([prop(PR_ENTRYID, entryId), prop(PR_DISPLAY_NAME, 'Folder'), prop(PR_OBJECT_TYPE, 3)]));
    this.#library = library;
    library.open++;
  }

  readonly openEntry = (async (entryId: EntryId) =>
    // one answer for every interface: these tests ask for folders only
    new TestFolder(this.#library, entryId)) as unknown as IMAPIFolder['openEntry'];

  getContentsTable(): Promise<IMAPITable> {
    return snapshotTable([[prop(PR_DISPLAY_NAME, 'one')]]);
  }

  getHierarchyTable(): Promise<IMAPITable> {
    return snapshotTable([[prop(PR_DISPLAY_NAME, 'below')]]);
  }

  async copyMessages(
    ...[, destination]: Parameters<IMAPIFolder['copyMessages']>
  ): Promise<{ readonly warning?: never }> {
    this.#library.calls.push(`copyMessages to ${destination instanceof TestFolder ? 'the folder itself' : 'a handle'}`);
    return {};
  }

  async createMessage(): Promise<never> {
    throw new TypeError('the test folder breaks here');
  }

  async getMessageStatus(): Promise<number> {
    return 7;
  }

  async setSearchCriteria(): Promise<void> {
    noSupport('setSearchCriteria');
  }

  async getSearchCriteria(): Promise<never> {
    return noSupport('getSearchCriteria');
  }

  async deleteMessages(): Promise<never> {
    return noSupport('deleteMessages');
  }

  async createFolder(): Promise<never> {
    return undefined as never; // nonsense, on purpose
  }

  async copyFolder(): Promise<never> {
    return noSupport('copyFolder');
  }

  async deleteFolder(): Promise<never> {
    return noSupport('deleteFolder');
  }

  async setReadFlags(): Promise<never> {
    return noSupport('setReadFlags');
  }

  async setMessageStatus(): Promise<number> {
    return 0;
  }

  async saveContentsSort(): Promise<void> {}

  async emptyFolder(): Promise<never> {
    return noSupport('emptyFolder');
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#library.open--;
  }
}

/** The root, or the container `people` in which Bob lives once and Carol twice. */
export class TestContainer extends PropObject implements IABContainer {
  readonly iid = 'IABContainer';
  // it answers nothing, whatever interface is asked for
  readonly openEntry = (async () => noSupport('openEntry')) as unknown as IABContainer['openEntry'];

  readonly #name: string;
  readonly #library: TestLibrary;

  constructor(name: string, library: TestLibrary) {
    super(new PropBag([prop(PR_DISPLAY_NAME, name)]));
    this.#name = name;
    this.#library = library;
  }

  getHierarchyTable(): Promise<IMAPITable> {
    return snapshotTable(this.#library.behaviour.containers ?? [CONTAINER_ROW]);
  }

  async resolveNames(
    ...[, list, flags]: Parameters<IABContainer['resolveNames']>
  ): ReturnType<IABContainer['resolveNames']> {
    const open = list.filter((_, index) => flags[index] === 'unresolved');
    this.#library.behaviour.resolving?.(
      this.#name,
      open.map((entry) => entry[0]?.value),
    );
    const found = list.map((entry, index) => {
      const name = entry.find((value) => value.tag === PR_DISPLAY_NAME)?.value;
      if (flags[index] !== 'unresolved') return { entry, flag: flags[index] ?? 'resolved' };
      if (name === 'Carol') return { entry, flag: 'ambiguous' as ResolveFlag };
      if (name !== 'Bob') return { entry, flag: 'unresolved' as ResolveFlag };
      const entryId = makeEntryId(BOOK_UID, utf8Encode('bob'));
      return { entry: [...entry, prop(PR_ENTRYID, entryId)], flag: 'resolved' as ResolveFlag };
    });
    return { list: found.map((one) => one.entry), flags: found.map((one) => one.flag) };
  }

  async getContentsTable(): Promise<IMAPITable> {
    return snapshotTable([]);
  }

  async setSearchCriteria(): Promise<void> {
    noSupport('setSearchCriteria');
  }

  async getSearchCriteria(): Promise<never> {
    return noSupport('getSearchCriteria');
  }

  async createEntry(): Promise<never> {
    return noSupport('createEntry');
  }

  async copyEntries(): Promise<never> {
    return noSupport('copyEntries');
  }

  async deleteEntries(): Promise<never> {
    return noSupport('deleteEntries');
  }
}
