import { noSupport, PropBag, PropObject, queryAllRows, snapshotTable } from '@nodemapi/kit';
import {
  AB_SUBCONTAINERS,
  AB_UNMODIFIABLE,
  type AdrList,
  type Done,
  type EntryId,
  type HierarchyTableOptions,
  type IABContainer,
  type IABLogon,
  type IDistList,
  type IMAPITable,
  type IMailUser,
  type InterfaceMap,
  type InterfaceName,
  MAPI_ABCONT,
  type OpenPropertyOptions,
  type OpensEntries,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_SEARCH,
  type PropTag,
  prop,
  propId,
  type ResolveFlag,
  type Row,
  type SearchCriteria,
} from '@nodemapi/mapi';

/** Rows of the containers right below the roots of all providers, or with `convenientDepth` of all of them. */
export async function containerRows(
  logons: readonly IABLogon[],
  options: HierarchyTableOptions,
  onError: (error: unknown) => void,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const logon of logons) {
    try {
      await using root = await logon.openEntry(null, { iid: 'IABContainer' });
      await using table = await root.getHierarchyTable(options);
      rows.push(...(await queryAllRows(table)));
    } catch (error) {
      onError(error); // the others still have theirs
    }
  }
  return rows;
}

/** The one root above the containers of every address book provider. spec: mapi-address-book */
export class AddressBookRoot extends PropObject implements IABContainer {
  readonly iid = 'IABContainer';
  readonly #rows: (options: HierarchyTableOptions) => Promise<readonly Row[]>;
  readonly openEntry: OpensEntries['openEntry'];

  constructor(rows: (options: HierarchyTableOptions) => Promise<readonly Row[]>, openEntry: OpensEntries['openEntry']) {
    const values = [
      prop(PR_OBJECT_TYPE, MAPI_ABCONT),
      prop(PR_DISPLAY_NAME, 'Address book'),
      prop(PR_ENTRYID, new Uint8Array()),
      prop(PR_CONTAINER_FLAGS, AB_SUBCONTAINERS | AB_UNMODIFIABLE),
    ];
    super(new PropBag(values, { namedProperties: false }), { writable: false });
    this.#rows = rows;
    this.openEntry = openEntry;
  }

  async getHierarchyTable(options: HierarchyTableOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    return snapshotTable(await this.#rows(options));
  }

  /** @throws MAPI_E_NO_SUPPORT for PR_SEARCH: only what is below holds somebody to be found */
  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options?: OpenPropertyOptions,
  ): Promise<InterfaceMap[I]> {
    if (propId(tag) !== propId(PR_SEARCH)) return await super.openProperty(tag, iid, options);
    this.assertOpen();
    return noSupport('PR_SEARCH of the root of the address book: search in a container below it');
  }

  async getContentsTable(): Promise<IMAPITable> {
    return noSupport('the root of the address book has no entries');
  }

  async setSearchCriteria(): Promise<void> {
    noSupport('IABContainer.setSearchCriteria of the root');
  }

  async getSearchCriteria(): Promise<SearchCriteria> {
    return noSupport('IABContainer.getSearchCriteria of the root');
  }

  async createEntry(): Promise<IMailUser | IDistList> {
    return noSupport('IABContainer.createEntry of the root');
  }

  async copyEntries(_entryIds: readonly EntryId[]): Promise<Done> {
    return noSupport('IABContainer.copyEntries to the root');
  }

  async deleteEntries(_entryIds: readonly EntryId[]): Promise<Done> {
    return noSupport('IABContainer.deleteEntries of the root');
  }

  async resolveNames(): Promise<{ readonly list: AdrList; readonly flags: readonly ResolveFlag[] }> {
    return noSupport('IABContainer.resolveNames of the root');
  }
}
