import { noSupport, withWantedProgress } from '@nodemapi/kit';
import {
  type AdrList,
  type CheckDuplicates,
  type ContentsTableOptions,
  type CopyEntriesOptions,
  type Done,
  type EntryId,
  type IDistList,
  type IMAPITable,
  type IMailUser,
  type InterfaceMap,
  type InterfaceName,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_CONTAINER_CONTENTS,
  PR_CREATE_TEMPLATES,
  type PropTag,
  propId,
  type ResolveFlag,
  type SearchCriteria,
} from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import type { BookEntry } from './book-entry.ts';
import { rowsAsTable } from './book-object.ts';
import { EntryObject, type NewEntry } from './entry-object.ts';
import type { ResolvedNames } from './name-resolution.ts';
import { copyIntoList, createEntry, deleteFromList, type MakeEntry, resolveIn } from './recipient-holder.ts';
import { templateRows } from './templates.ts';

/**
 * A personal distribution list. Members are entries of the book, which show as they are now, or recipients from
 * elsewhere, which show as they were when they were added.
 *
 * Changes of the membership are made at once; they need a list that was saved and is open for writing.
 */
export class LocalDistList extends EntryObject implements IDistList {
  readonly iid = 'IDistList';
  readonly #make: MakeEntry;

  constructor(context: BookContext, from: BookEntry | NewEntry, writable: boolean, make: MakeEntry) {
    super(context, 'distList', from, writable);
    this.#make = make;
    this.bag.addObject(PR_CONTAINER_CONTENTS);
    this.bag.addObject(PR_CREATE_TEMPLATES);
  }

  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    if (options.associated === true) return noSupport('IDistList.getContentsTable: no associated contents');
    return this.context.contentsTable(this.savedEntry().id);
  }

  async getHierarchyTable(): Promise<never> {
    this.assertOpen();
    return noSupport('IDistList.getHierarchyTable: a list holds no containers');
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
    return createEntry(this.context, this.#make, template, check, this.#changing().id);
  }

  async copyEntries(entryIds: readonly EntryId[], options: CopyEntriesOptions = {}): Promise<Done> {
    const { progress } = await withWantedProgress(this.context.support, options);
    return copyIntoList(this.context, this.#changing().id, entryIds, progress);
  }

  /** Ends memberships; the entries stay in the book. */
  async deleteEntries(entryIds: readonly EntryId[]): Promise<Done> {
    return deleteFromList(this.context, this.#changing().id, entryIds);
  }

  async resolveNames(
    tags: readonly PropTag[] | null,
    list: AdrList,
    flags: readonly ResolveFlag[],
  ): Promise<ResolvedNames> {
    return resolveIn(this.context, this.savedEntry().id, tags, list, flags);
  }

  async setSearchCriteria(): Promise<never> {
    this.assertOpen();
    return noSupport('IDistList.setSearchCriteria');
  }

  async getSearchCriteria(): Promise<SearchCriteria> {
    this.assertOpen();
    return noSupport('IDistList.getSearchCriteria');
  }

  protected override tableOf(tag: PropTag): (() => Promise<IMAPITable>) | undefined {
    const { uid } = this.context.book;
    if (propId(tag) === propId(PR_CONTAINER_CONTENTS)) return () => this.getContentsTable();
    if (propId(tag) !== propId(PR_CREATE_TEMPLATES)) return super.tableOf(tag);
    return rowsAsTable(templateRows(uid, ['mailUserTemplate', 'distListTemplate']));
  }

  /** The list, whose members are about to change. */
  #changing(): BookEntry {
    this.assertWritable();
    return this.savedEntry();
  }
}
