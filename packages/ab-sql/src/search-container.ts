/**
 * PR_SEARCH: advanced searching in a book.
 *
 * The criteria are properties of this object: each text that is set has to be in the same property of an entry, whatever
 * the case; PR_ADDRTYPE has to be the whole type, and PR_ANR is matched as names are. Empty texts say nothing.
 *
 * spec: implementing-advanced-searching, searching-the-address-book
 */
import { buildDisplayTable, type DisplayField, noSupport, PropBag, queryAllRows, snapshotTable } from '@nodemapi/kit';
import {
  baseType,
  type ContentsTableOptions,
  type EntryId,
  type IMAPIContainer,
  type IMAPITable,
  type InterfaceMap,
  type InterfaceName,
  MAPI_ABCONT,
  type MapiErrorCode,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_ADDRTYPE,
  PR_ANR,
  PR_COMMENT,
  PR_COMPANY_NAME,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_GIVEN_NAME,
  PR_OBJECT_TYPE,
  PR_SURNAME,
  type PropTag,
  type PropValue,
  PT_UNICODE,
  prop,
  propId,
  type Restriction,
  resAnd,
  resContent,
  resProperty,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import { BookObject } from './book-object.ts';
import { CONTENTS_COLUMNS } from './contents-tables.ts';

/** The dialog of the search; a criterion is the property of an entry that it looks at. */
const FIELDS: readonly DisplayField[] = [
  { label: 'Name', tag: PR_DISPLAY_NAME },
  { label: 'First name', tag: PR_GIVEN_NAME },
  { label: 'Last name', tag: PR_SURNAME },
  { label: 'Company', tag: PR_COMPANY_NAME },
  { label: 'Address', tag: PR_EMAIL_ADDRESS },
  { label: 'Address type', tag: PR_ADDRTYPE },
  { label: 'Comment', tag: PR_COMMENT },
];
/** Criteria without a field of the dialog. */
const OTHERS: readonly PropTag[] = [PR_ANR];
const CRITERIA: ReadonlySet<number> = new Set([...FIELDS.map(({ tag }) => tag), ...OTHERS].map(propId));
const TEXT_CHARS_MAX = 1024;

export class LocalSearchContainer extends BookObject implements IMAPIContainer {
  readonly iid = 'IMAPIContainer';

  constructor(context: BookContext) {
    const bag = new PropBag([prop(PR_OBJECT_TYPE, MAPI_ABCONT)], { namedProperties: false });
    bag.addObject(PR_DETAILS_TABLE);
    super(context, bag, true);
  }

  /** The entries that match what is set now, by name; all of them if nothing is set. */
  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    if (options.associated === true) return noSupport('IMAPIContainer.getContentsTable: no associated contents');
    await using all = await this.context.contentsTable();
    const restriction = this.#restriction();
    const tags = await all.queryColumns({ all: true });
    const rows = await queryAllRows(all, { tags, ...(restriction === undefined ? {} : { restriction }) });
    return snapshotTable(rows, CONTENTS_COLUMNS);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<InterfaceMap[InterfaceName]> {
    this.assertOpen();
    return this.context.open(entryId, options);
  }

  /** The criteria hold as soon as they are set. */
  override async saveChanges(): Promise<void> {
    this.assertOpen();
  }

  async getHierarchyTable(): Promise<never> {
    return this.#lacks('getHierarchyTable');
  }

  async setSearchCriteria(): Promise<never> {
    return this.#lacks('setSearchCriteria: criteria are set as properties');
  }

  async getSearchCriteria(): Promise<never> {
    return this.#lacks('getSearchCriteria: criteria are properties');
  }

  protected override tableOf(tag: PropTag): (() => Promise<IMAPITable>) | undefined {
    if (propId(tag) !== propId(PR_DETAILS_TABLE)) return undefined;
    return () => buildDisplayTable([{ label: 'Find', fields: FIELDS }]);
  }

  /** Only criteria can be set. */
  protected override refusal({ tag, value }: PropValue): MapiErrorCode | undefined {
    if (!CRITERIA.has(propId(tag))) return 'MAPI_E_COMPUTED';
    if (baseType(tag) !== PT_UNICODE || typeof value !== 'string') return 'MAPI_E_INVALID_TYPE';
    return value.length > TEXT_CHARS_MAX ? 'MAPI_E_TOO_BIG' : undefined;
  }

  #restriction(): Restriction | undefined {
    const parts = [...this.bag].flatMap(({ tag, value }) => {
      const text = CRITERIA.has(propId(tag)) && typeof value === 'string' ? value.trim() : '';
      return text === '' ? [] : [criterion(tag as PropTag<string>, text)];
    });
    return parts.length === 0 ? undefined : resAnd(...parts);
  }

  #lacks(method: string): never {
    this.assertOpen();
    return noSupport(`IMAPIContainer.${method}`);
  }
}

function criterion(tag: PropTag<string>, text: string): Restriction {
  if (propId(tag) === propId(PR_ANR)) return resProperty('EQ', PR_ANR, text);
  const match = propId(tag) === propId(PR_ADDRTYPE) ? 'fullString' : 'substring';
  return resContent(tag, text, match, { ignoreCase: true });
}
