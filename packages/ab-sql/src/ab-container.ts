/**
 * The containers of the address book: a root that holds nothing but the container of the book, and this.
 *
 * spec: iabcontainerimapicontainer, pidtagcontainerflags-canonical-property
 */
import { noSupport, PropBag, snapshotTable, withWantedProgress } from '@nodemapi/kit';
import {
  AB_MODIFIABLE,
  AB_RECIPIENTS,
  AB_SUBCONTAINERS,
  AB_UNMODIFIABLE,
  type AdrList,
  type CheckDuplicates,
  type ContentsTableOptions,
  type CopyEntriesOptions,
  type Done,
  DT_LOCAL,
  DT_MODIFIABLE,
  type EntryId,
  type IABContainer,
  type IDistList,
  type IMAPIContainer,
  type IMAPITable,
  type IMailUser,
  type InterfaceMap,
  type InterfaceName,
  MAPI_ABCONT,
  MapiError,
  type OpenEntryOptions,
  type OpenedEntry,
  type OpenPropertyOptions,
  PR_AB_PROVIDER_ID,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_FLAGS,
  PR_CONTAINER_HIERARCHY,
  PR_CREATE_TEMPLATES,
  PR_DEF_CREATE_DL,
  PR_DEF_CREATE_MAILUSER,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_SEARCH,
  PR_STATUS,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type ResolveFlag,
  type SearchCriteria,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import { bookEntryId, PERSONAL_ADDRESS_BOOK_UID } from './book-entry-id.ts';
import { BookObject, rowsAsTable } from './book-object.ts';
import type { ResolvedNames } from './name-resolution.ts';
import { copyIntoBook, createEntry, deleteFromBook, type MakeEntry, resolveIn } from './recipient-holder.ts';
import { LocalSearchContainer } from './search-container.ts';
import { templateId, templateRows } from './templates.ts';

export type ContainerKind = 'root' | 'container';

const FLAGS = { root: AB_SUBCONTAINERS | AB_UNMODIFIABLE, container: AB_RECIPIENTS | AB_MODIFIABLE } as const;
const DISPLAY_TYPES = { root: DT_LOCAL, container: DT_MODIFIABLE } as const;

/** Columns of the hierarchy table. spec: hierarchy-tables */
const HIERARCHY_COLUMNS: readonly PropTag[] = [
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_TYPE,
  PR_OBJECT_TYPE,
  PR_INSTANCE_KEY,
  PR_RECORD_KEY,
  PR_DEPTH,
  PR_STATUS,
  PR_PARENT_ENTRYID,
  PR_AB_PROVIDER_ID,
];

/** Identifier of one of the containers. */
export function containerId(book: Uint8Array, kind: ContainerKind): EntryId {
  return bookEntryId(book, { kind, number: 0 });
}

export class LocalABContainer extends BookObject implements IABContainer {
  readonly iid = 'IABContainer';
  readonly #kind: ContainerKind;
  readonly #make: MakeEntry;

  constructor(context: BookContext, kind: ContainerKind, writable: boolean, make: MakeEntry) {
    super(context, containerBag(context, kind), writable);
    this.#kind = kind;
    this.#make = make;
  }

  /** @throws MAPI_E_NO_SUPPORT on the root, and for associated contents */
  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.#assertHoldsRecipients();
    if (options.associated === true) return noSupport('IABContainer.getContentsTable: no associated contents');
    return this.context.contentsTable();
  }

  /** @throws MAPI_E_NO_SUPPORT if the container has no AB_SUBCONTAINERS */
  async getHierarchyTable(): Promise<IMAPITable> {
    this.assertOpen();
    if (this.#kind !== 'root') return noSupport('IABContainer.getHierarchyTable: no containers below this one');
    const below = containerProps(this.context, 'container');
    const parent = prop(PR_PARENT_ENTRYID, containerId(this.context.book.uid, 'root'));
    return snapshotTable([[...below, prop(PR_DEPTH, 0), prop(PR_STATUS, 0), parent]], HIERARCHY_COLUMNS);
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

  async createEntry(template: EntryId, check?: CheckDuplicates): Promise<IMailUser | IDistList> {
    this.#assertHoldsRecipients();
    return createEntry(this.context, this.#make, template, check);
  }

  async copyEntries(entryIds: readonly EntryId[], options: CopyEntriesOptions = {}): Promise<Done> {
    this.#assertHoldsRecipients();
    const { progress } = await withWantedProgress(this.context.support, options);
    return copyIntoBook(this.context, entryIds, options, progress);
  }

  async deleteEntries(entryIds: readonly EntryId[]): Promise<Done> {
    this.#assertHoldsRecipients();
    return deleteFromBook(this.context, entryIds);
  }

  async resolveNames(
    tags: readonly PropTag[] | null,
    list: AdrList,
    flags: readonly ResolveFlag[],
  ): Promise<ResolvedNames> {
    this.#assertHoldsRecipients();
    return resolveIn(this.context, undefined, tags, list, flags);
  }

  async setSearchCriteria(): Promise<never> {
    this.assertOpen();
    return noSupport('IABContainer.setSearchCriteria');
  }

  async getSearchCriteria(): Promise<SearchCriteria> {
    this.assertOpen();
    return noSupport('IABContainer.getSearchCriteria');
  }

  /**
   * PR_SEARCH opens a new search.
   *
   * @throws MAPI_E_INTERFACE_NOT_SUPPORTED for another interface than IMAPIContainer; MAPI_E_NO_SUPPORT on the root
   */
  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options?: OpenPropertyOptions,
  ): Promise<InterfaceMap[I]> {
    if (propId(tag) !== propId(PR_SEARCH)) return super.openProperty(tag, iid, options);
    this.assertOpen();
    if (this.#kind === 'root') return noSupport('PR_SEARCH of the root of a book: search in the container below it');
    if (iid !== 'IMAPIContainer') throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `PR_SEARCH is no ${iid}`);
    const search: IMAPIContainer = new LocalSearchContainer(this.context);
    return search as InterfaceMap[InterfaceName] as InterfaceMap[I];
  }

  protected override tableOf(tag: PropTag): (() => Promise<IMAPITable>) | undefined {
    const id = propId(tag);
    if (id === propId(PR_CONTAINER_HIERARCHY)) return () => this.getHierarchyTable();
    if (id === propId(PR_CONTAINER_CONTENTS)) return () => this.getContentsTable();
    if (id !== propId(PR_CREATE_TEMPLATES) || this.#kind === 'root') return undefined;
    return rowsAsTable(templateRows(this.context.book.uid, ['mailUserTemplate', 'distListTemplate']));
  }

  /** @throws MAPI_E_NO_SUPPORT on the root */
  #assertHoldsRecipients(): void {
    this.assertOpen();
    if (this.#kind === 'root') noSupport('the root of an address book holds no recipients');
  }
}

function containerBag(context: BookContext, kind: ContainerKind): PropBag {
  const bag = new PropBag(containerProps(context, kind), { computed: () => true, namedProperties: false });
  if (kind === 'root') {
    bag.addObject(PR_CONTAINER_HIERARCHY);
    return bag;
  }
  bag.set(PR_DEF_CREATE_MAILUSER, templateId(context.book.uid, 'mailUserTemplate'));
  bag.set(PR_DEF_CREATE_DL, templateId(context.book.uid, 'distListTemplate'));
  bag.addObject(PR_CONTAINER_CONTENTS);
  bag.addObject(PR_CREATE_TEMPLATES);
  bag.addObject(PR_SEARCH);
  return bag;
}

function containerProps(context: BookContext, kind: ContainerKind): readonly PropValue[] {
  const entryId = containerId(context.book.uid, kind);
  return [
    prop(PR_DISPLAY_NAME, context.displayName),
    prop(PR_ENTRYID, entryId),
    prop(PR_CONTAINER_FLAGS, FLAGS[kind]),
    prop(PR_DISPLAY_TYPE, DISPLAY_TYPES[kind]),
    prop(PR_OBJECT_TYPE, MAPI_ABCONT),
    prop(PR_INSTANCE_KEY, entryId),
    prop(PR_RECORD_KEY, entryId),
    prop(PR_AB_PROVIDER_ID, PERSONAL_ADDRESS_BOOK_UID),
  ];
}
