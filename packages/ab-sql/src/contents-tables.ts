/**
 * The tables of a book that are open: all entries, or the members of a list.
 *
 * - A table is kept up while somebody looks at it; its views see a change right after the commit.
 * - Changes by other processes are seen when the next table is opened.
 */
import { fromHex, toHex } from '@nodemapi/base';
import { TableData } from '@nodemapi/kit';
import {
  ascend,
  type IMAPITable,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_TRANSMITABLE_DISPLAY_NAME,
  type PropTag,
  prop,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import type { Book, BookChange } from './book.ts';
import { allProps, instanceKey } from './book-entry.ts';
import { encodePropList } from './prop-list-codec.ts';

/** Columns of every contents table. spec: contents-tables */
export const CONTENTS_COLUMNS: readonly PropTag[] = [
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_DISPLAY_TYPE,
  PR_OBJECT_TYPE,
  PR_INSTANCE_KEY,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_TRANSMITABLE_DISPLAY_NAME,
];

interface OpenTable {
  readonly data: TableData;
  /** Instance key → content of each row, both in hexadecimal. */
  readonly shown: Map<string, string>;
  views: number;
}

/** Stands for the table of all entries where a list number is asked for. */
const ALL = 0;

export class ContentsTables implements AsyncDisposable {
  readonly #book: Book;
  readonly #open = new Map<number, OpenTable>();
  readonly #stop: () => void;
  #foreignVersion: number;

  constructor(book: Book) {
    this.#book = book;
    this.#foreignVersion = book.foreignVersion();
    this.#stop = book.onChange((change) => this.#apply(change));
  }

  /** A new view of all entries by name, or of the members of `list` in their order; the caller releases it. */
  async open(list: number = ALL): Promise<IMAPITable> {
    this.#catchUp();
    const table = this.#open.get(list) ?? this.#load(list);
    table.views++;
    const order = list === ALL ? { sorts: [ascend(PR_DISPLAY_NAME)] } : undefined;
    return table.data.hrGetView(order, () => this.#closeView(list, table));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    for (const { data } of this.#open.values()) await data.release();
    this.#open.clear();
  }

  #load(list: number): OpenTable {
    const data = new TableData(PR_INSTANCE_KEY, { columns: CONTENTS_COLUMNS });
    const table = { data, shown: new Map<string, string>(), views: 0 };
    this.#open.set(list, table);
    this.#reload(list);
    return table;
  }

  #closeView(list: number, table: OpenTable): void {
    table.views--;
    if (table.views > 0 || this.#open.get(list) !== table) return;
    this.#open.delete(list);
    void table.data.release();
  }

  #apply(change: BookChange): void {
    const all = this.#open.get(ALL);
    if (all !== undefined) this.#applyToAll(all, change);
    for (const list of [...change.lists, ...(change.deleted ?? []).map(({ id }) => id)]) this.#reload(list);
  }

  #applyToAll(table: OpenTable, { created, modified, deleted = [] }: BookChange): void {
    const { uid } = this.#book;
    hide(
      table,
      deleted.map(({ id }) => toHex(instanceKey(uid, 'entry', id))),
    );
    const entry = created ?? modified;
    if (entry !== undefined) show(table, [allProps(uid, entry)]);
  }

  #catchUp(): void {
    const version = this.#book.foreignVersion();
    if (version === this.#foreignVersion) return;
    this.#foreignVersion = version;
    for (const list of this.#open.keys()) this.#reload(list);
  }

  /** Brings an open table up to what the file says; only rows that differ are touched. */
  #reload(list: number): void {
    const table = this.#open.get(list);
    if (table === undefined) return;
    const rows = rowsOf(this.#book, list);
    const keys = new Set(rows.map((row) => rowState(row).key));
    hide(
      table,
      [...table.shown.keys()].filter((key) => !keys.has(key)),
    );
    show(table, rows);
  }
}

// TableData does its work before it returns the promise, so a view that is opened next shows it.

function hide({ data, shown }: OpenTable, keys: readonly string[]): void {
  const gone = keys.filter((key) => shown.delete(key));
  if (gone.length > 0) void data.hrDeleteRows(gone.map((key) => prop(PR_INSTANCE_KEY, fromHex(key))));
}

function show({ data, shown }: OpenTable, rows: readonly Row[]): void {
  const changed = rows.filter((row) => {
    const { key, content } = rowState(row);
    if (shown.get(key) === content) return false;
    shown.set(key, content);
    return true;
  });
  if (changed.length > 0) void data.hrModifyRows(changed);
}

/** All rows of the book, or of the members of a list. */
export function rowsOf(book: Book, list: number = ALL): readonly Row[] {
  if (list === ALL) return book.allEntries().map((entry) => allProps(book.uid, entry));
  return book.members(list).flatMap((member) => {
    const key = prop(PR_INSTANCE_KEY, instanceKey(book.uid, 'member', member.id));
    if (!('entry' in member)) return [[key, prop(PR_ENTRYID, member.entryId), ...member.props]];
    const entry = book.entry(member.entry);
    if (entry === undefined) return [];
    return [[key, ...allProps(book.uid, entry).filter(({ tag }) => tag !== PR_INSTANCE_KEY)]];
  });
}

/** A key for a row that changes with any of its values. */
function rowState(row: Row): { readonly key: string; readonly content: string } {
  const key = toHex(propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array());
  return { key, content: toHex(encodePropList(row)) };
}
