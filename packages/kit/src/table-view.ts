import { type Clock, Mutex, systemClock } from '@nodemapi/base';
import {
  type AdviseConnection,
  type Bookmark,
  fnevTableModified,
  type IMAPIAdviseSink,
  type IMAPITable,
  MapiError,
  type MapiWarningCode,
  type PropTag,
  type Restriction,
  type RowSet,
  type SortOrderSet,
  type TableSetupOptions,
  type TableStatus,
} from '@nodemapi/mapi';
import { AdviseHub } from './advise-hub.ts';
import { decodeCollapseState, encodeCollapseState } from './collapse-state.ts';
import { InstanceRows } from './instance-rows.ts';
import { noSupport } from './no-support.ts';
import { RefCounted } from './ref-counted.ts';
import { validateRestriction } from './restriction.ts';
import type { RowCategories, RowChange, RowSource, TableSetup } from './row-source.ts';
import { TableMark } from './table-mark.ts';
import { tableNotifications } from './table-notifications.ts';
import { checkSetup, FOR_EVER, SETUPS, type SetupKind } from './table-setup.ts';

/** Bookmarks that one table may have at a time. */
export const BOOKMARKS_MAX = 1000;

export interface TableViewOptions {
  readonly columns?: readonly PropTag[];
  readonly restriction?: Restriction;
  readonly sort?: SortOrderSet;
  /** Carries the notifications, so that whoever flushes it reaches this table too; default: one of its own. */
  readonly hub?: AdviseHub;
  /** By which `waitForCompletion` waits; default: the system's. */
  readonly clock?: Clock;
  /** Runs after the last release. */
  readonly onRelease?: (view: IMAPITable) => void | Promise<void>;
}

/**
 * A table: cursor, bookmarks, columns, restriction and order over a `RowSource`.
 *
 * - Calls run one after the other, in the order they were made. While a setup that was to be asynchronous runs, other calls
 *   are MAPI_E_BUSY; its end is told.
 * - The cursor and the bookmarks stay with their rows when rows come and go.
 * - `restrict` and `sortTable` drop the bookmarks and go to the beginning; if they fail nothing changes.
 *
 * spec: imapitableiunknown
 */
export class TableView extends RefCounted implements IMAPITable {
  readonly iid = 'IMAPITable';
  readonly #source: InstanceRows;
  readonly #hub: AdviseHub;
  readonly #key: Uint8Array;
  readonly #connections = new Set<number>();
  readonly #onRelease: ((view: IMAPITable) => void | Promise<void>) | undefined;
  readonly #turn: Mutex;
  readonly #stopListening: () => void;
  #setup: TableSetup;
  #cursor = new TableMark();
  #bookmarks = new Map<number, TableMark>();
  #nextBookmark = 1;
  /** What an asynchronous setup is doing. */
  #running: TableStatus['status'] | undefined;

  private constructor(source: InstanceRows, setup: TableSetup, options: TableViewOptions) {
    super();
    this.#source = source;
    this.#setup = setup;
    this.#hub = options.hub ?? new AdviseHub();
    this.#key = this.#hub.uniqueKey();
    this.#onRelease = options.onRelease;
    this.#turn = new Mutex(options.clock ?? systemClock);
    this.#stopListening = source.onChange((changes) => this.#take(changes));
  }

  /** Opens a view, which owns `rows` from here on, also when opening fails. @throws MAPI_E_TOO_COMPLEX */
  static async open(rows: RowSource, options: TableViewOptions = {}): Promise<TableView> {
    const source = new InstanceRows(rows);
    const setup = {
      columns: options.columns,
      restriction: options.restriction ?? null,
      sort: options.sort ?? { sorts: [] },
    };
    try {
      checkSetup(setup, source);
      await source.setup(setup);
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
    return new TableView(source, setup, options);
  }

  async advise(mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.assertOpen();
    const raises = (mask & fnevTableModified) !== 0;
    if (!raises) throw new MapiError('MAPI_E_NO_SUPPORT', 'a table raises fnevTableModified only');
    if (this.#source.type === 'snapshot' && this.#source.announces !== true)
      throw new MapiError('MAPI_E_NO_SUPPORT', 'the rows of this table are fixed');
    this.#source.tellEach?.();
    const advised = this.#hub.advise(this.#key, fnevTableModified, sink);
    this.#connections.add(advised.connection);
    return {
      connection: advised.connection,
      [Symbol.asyncDispose]: async () => {
        this.#connections.delete(advised.connection);
        await advised[Symbol.asyncDispose]();
      },
    };
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    const number = typeof connection === 'number' ? connection : connection.connection;
    if (!this.#connections.delete(number)) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${number}`);
    this.#hub.unadvise(number);
  }

  async getStatus(): Promise<TableStatus> {
    this.assertOpen();
    return { status: this.#running ?? 'complete', type: this.#source.type };
  }

  async setColumns(tags: readonly PropTag[], options?: TableSetupOptions): Promise<void> {
    if (tags.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no columns');
    await this.#setUp({ columns: [...tags] }, SETUPS.columns, options);
  }

  async queryColumns(options: { readonly all?: boolean } = {}): Promise<readonly PropTag[]> {
    this.assertOpen();
    if (options.all === true) return this.#source.allColumns();
    return this.#setup.columns ?? this.#source.defaultColumns();
  }

  getRowCount(): Promise<number> {
    return this.#run(() => this.#source.count());
  }

  seekRow(bookmark: Bookmark, count: number): Promise<{ readonly sought: number; readonly warning?: MapiWarningCode }> {
    return this.#run(async () => {
      const { position, warning } = await this.#resolve(bookmark);
      const target = Math.max(0, position + Math.trunc(count));
      // Counting is dear in a large table, and backward there is nothing to count.
      const reached = target <= position ? target : Math.min(target, await this.#source.count());
      await this.#placeCursor(reached);
      return { sought: reached - position, ...warning };
    });
  }

  async seekRowApprox(numerator: number, denominator: number): Promise<void> {
    if (!(denominator > 0)) throw new MapiError('MAPI_E_INVALID_PARAMETER', `a fraction of ${denominator} parts`);
    return this.#run(async () => {
      const count = await this.#source.count();
      await this.#placeCursor(clamp(Math.floor((count * numerator) / denominator), count));
    });
  }

  queryPosition(): Promise<{ readonly row: number; readonly numerator: number; readonly denominator: number }> {
    return this.#run(async () => {
      const row = await this.#cursor.locate(this.#source);
      return { row, numerator: row, denominator: Math.max(1, await this.#source.count()) };
    });
  }

  findRow(
    restriction: Restriction,
    origin: Bookmark = 'current',
    options: { readonly backward?: boolean } = {},
  ): Promise<{ readonly warning?: MapiWarningCode }> {
    return this.#run(async () => {
      validateRestriction(restriction);
      const { position, warning } = await this.#resolve(origin);
      const found = await this.#source.find(restriction, position, options.backward === true);
      if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no row satisfies the restriction');
      await this.#placeCursor(found);
      return { ...warning };
    });
  }

  async restrict(restriction: Restriction | null, options?: TableSetupOptions): Promise<void> {
    await this.#setUp({ restriction }, SETUPS.restriction, options);
  }

  createBookmark(): Promise<Bookmark> {
    return this.#run(async () => {
      if (this.#bookmarks.size >= BOOKMARKS_MAX) {
        throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', `a table has at most ${BOOKMARKS_MAX} bookmarks`);
      }
      const mark = new TableMark();
      await this.#place(mark, await this.#cursor.locate(this.#source));
      return this.#addBookmark(mark);
    });
  }

  async freeBookmark(bookmark: Bookmark): Promise<void> {
    this.assertOpen();
    if (typeof bookmark === 'string') return;
    if (!this.#bookmarks.delete(bookmark)) throw unknownBookmark(bookmark);
  }

  async sortTable(order: SortOrderSet, options?: TableSetupOptions): Promise<void> {
    await this.#setUp({ sort: order }, SETUPS.sort, options);
  }

  async querySortOrder(): Promise<SortOrderSet> {
    this.assertOpen();
    return this.#setup.sort;
  }

  queryRows(count: number, options: { readonly noAdvance?: boolean } = {}): Promise<RowSet> {
    return this.#run(async () => {
      if (!Number.isInteger(count) || count === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${count} rows`);
      const cursor = await this.#cursor.locate(this.#source);
      const first = count < 0 ? Math.max(0, cursor + count) : cursor;
      const wanted = count < 0 ? cursor - first : count;
      const rows = wanted === 0 ? [] : await this.#source.fetch(first, wanted);
      const last = rows.at(-1);
      if (options.noAdvance === true) this.#cursor.placeOn(first, rows[0]?.key);
      else if (last === undefined) this.#cursor.placeAt(first);
      else this.#cursor.placeAfter(first + rows.length, rows);
      return rows.map(({ row }) => row);
    });
  }

  async abort(): Promise<void> {
    this.assertOpen();
    throw new MapiError('MAPI_E_UNABLE_TO_ABORT', 'no operation is running that could be stopped');
  }

  expandRow(instanceKey: Uint8Array, count: number): Promise<{ readonly rows: RowSet; readonly moreRows: number }> {
    return this.#run(async () => {
      const { heading, rows: moreRows } = await this.#toggle(instanceKey, 1);
      const rows = count > 0 ? await this.#source.fetch(heading + 1, Math.min(count, moreRows)) : [];
      await this.#placeCursor(heading + 1 + rows.length);
      return { rows: rows.map(({ row }) => row), moreRows };
    });
  }

  collapseRow(instanceKey: Uint8Array): Promise<{ readonly rows: number }> {
    return this.#run(async () => {
      const { rows } = await this.#toggle(instanceKey, -1);
      return { rows };
    });
  }

  /** @param timeoutMs 0xFFFFFFFF: as long as it takes. @throws MAPI_E_TIMEOUT */
  async waitForCompletion(timeoutMs: number): Promise<TableStatus> {
    this.assertOpen();
    if (this.#running !== undefined) {
      await this.#turn.run(() => {}, timeoutMs === FOR_EVER ? {} : { timeoutMs });
    }
    return this.getStatus();
  }

  getCollapseState(instanceKey: Uint8Array): Promise<Uint8Array> {
    return this.#run(async () => encodeCollapseState(instanceKey, await this.#categories().getState()));
  }

  setCollapseState(state: Uint8Array): Promise<Bookmark> {
    return this.#run(async () => {
      const { key, open } = decodeCollapseState(state);
      await this.#categories().setState(open);
      for (const one of this.#marks()) one.follow([]);
      const position = await this.#source.positionOf(key);
      if (position === undefined) throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', 'the row of the state is gone');
      const mark = new TableMark();
      mark.placeOn(position, key);
      return this.#addBookmark(mark);
    });
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#stopListening();
    for (const connection of this.#connections) this.#hub.unadvise(connection);
    this.#connections.clear();
    this.#bookmarks.clear();
    await this.#source[Symbol.asyncDispose]();
    await this.#onRelease?.(this);
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    this.#assertIdle();
    return this.#turn.run(() => {
      this.assertOpen();
      return operation();
    });
  }

  #assertIdle(): void {
    if (this.#running !== undefined) throw new MapiError('MAPI_E_BUSY', `the table is at work: ${this.#running}`);
  }

  /** The end of an asynchronous operation is an event of the table. spec: table_notification */
  async #setUp(
    part: Partial<TableSetup>,
    { status, done }: SetupKind,
    options: TableSetupOptions | undefined,
  ): Promise<void> {
    this.#assertIdle();
    const running = this.#run(() => this.#change(part));
    if (options?.async !== true) return running;
    this.#running = status;
    try {
      await running;
    } finally {
      this.#running = undefined;
    }
    this.#hub.notify(this.#key, [{ kind: 'tableModified', event: done }]);
  }

  /** A new order or restriction, and columns that make other rows, drop the bookmarks. */
  async #change(part: Partial<TableSetup>): Promise<void> {
    const setup = { ...this.#setup, ...part };
    checkSetup(setup, this.#source);
    const otherRows = part.columns === undefined || this.#source.changesRows(setup);
    await this.#source.setup(setup);
    this.#setup = setup;
    if (!otherRows) return;
    this.#bookmarks.clear();
    this.#cursor = new TableMark();
  }

  async #resolve(bookmark: Bookmark): Promise<{ position: number; warning: { warning?: MapiWarningCode } }> {
    if (bookmark === 'beginning') return { position: 0, warning: {} };
    if (bookmark === 'end') return { position: await this.#source.count(), warning: {} };
    const mark = bookmark === 'current' ? this.#cursor : this.#bookmarks.get(bookmark);
    if (mark === undefined) throw unknownBookmark(bookmark);
    const position = await mark.locate(this.#source);
    if (!mark.moved || bookmark === 'current') return { position, warning: {} };
    await this.#place(mark, position);
    return { position, warning: { warning: 'MAPI_W_POSITION_CHANGED' } };
  }

  async #placeCursor(position: number): Promise<void> {
    await this.#place(this.#cursor, position);
  }

  /** The first and the last place belong to no row: what is added there is seen. */
  async #place(mark: TableMark, position: number): Promise<void> {
    if (this.#source.type === 'snapshot' || (mark === this.#cursor && position === 0)) return mark.placeAt(position);
    const [at] = await this.#source.fetch(position, 1);
    mark.placeOn(position, at?.key);
  }

  #addBookmark(mark: TableMark): Bookmark {
    const bookmark = this.#nextBookmark++;
    this.#bookmarks.set(bookmark, mark);
    return bookmark;
  }

  #categories(): RowCategories {
    return this.#source.categories ?? noSupport('IMAPITable: this table has no categories');
  }

  /** Opens or closes a heading; answers where it stands and how many rows came or went. */
  async #toggle(key: Uint8Array, direction: 1 | -1): Promise<{ readonly heading: number; readonly rows: number }> {
    const categories = this.#categories();
    for (const mark of this.#marks()) await mark.locate(this.#source);
    const rows = direction > 0 ? await categories.expand(key) : await categories.collapse(key);
    const heading = (await this.#source.positionOf(key)) ?? 0;
    for (const mark of this.#marks()) mark.shift(heading, direction * rows);
    return { heading, rows };
  }

  #marks(): readonly TableMark[] {
    return [this.#cursor, ...this.#bookmarks.values()];
  }

  #take(changes: readonly RowChange[]): void {
    if (changes.length === 0) return;
    for (const mark of this.#marks()) mark.follow(changes);
    this.#hub.notify(this.#key, tableNotifications(changes));
  }
}

function clamp(position: number, count: number): number {
  return Math.max(0, Math.min(position, count));
}

function unknownBookmark(bookmark: Bookmark): MapiError {
  return new MapiError('MAPI_E_INVALID_BOOKMARK', `bookmark ${bookmark}`);
}
