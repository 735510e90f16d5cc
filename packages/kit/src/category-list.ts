import { ByteWriter, toHex, utf8Decode, utf8Encode } from '@nodemapi/base';
import {
  MapiError,
  MSGFLAG_READ,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_INSTANCE_KEY,
  PR_MESSAGE_FLAGS,
  PR_ROW_TYPE,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type SortOrderSet,
  TBL_COLLAPSED_CATEGORY,
  TBL_EXPANDED_CATEGORY,
  TBL_LEAF_ROW,
} from '@nodemapi/mapi';
import { compareValues, presentOf, rowSource } from './compare.ts';
import type { MemoryRow } from './memory-rows.ts';
import { utf16Encode } from './prop-stream.ts';

interface Heading {
  readonly path: string;
  readonly row: MemoryRow;
  readonly shape: string;
}

/**
 * Rows in groups: headings, and below those that are expanded the rows of the group.
 *
 * ```
 * heading  PR_DEPTH 0  TBL_EXPANDED_CATEGORY    one per value of the first category key
 *   heading  PR_DEPTH 1  TBL_COLLAPSED_CATEGORY   one per value of the second
 *   heading  PR_DEPTH 1  TBL_EXPANDED_CATEGORY
 *     leaf     PR_DEPTH 2  TBL_LEAF_ROW
 * ```
 * A heading is there as long as its group has rows; it keeps its instance key when they come back. Rows and headings
 * that have not changed are the same objects from one `build` to the next.
 *
 * spec: sorting-and-categorization, ssortorderset
 */
export class CategoryList {
  readonly #order: string;
  /** The keys of each level; TABLE_SORT_COMBINE joins a key to the level before it. */
  readonly #levels: readonly (readonly PropTag[])[];
  readonly #expandedAtFirst: number;
  #toggled = new Map<string, boolean>();
  readonly #keys = new Map<string, Uint8Array>();
  readonly #leaves = new WeakMap<MemoryRow, MemoryRow>();
  #headings = new Map<string, Heading>();

  /** @throws MAPI_E_TOO_COMPLEX for categMax and categMin; MAPI_E_INVALID_PARAMETER for a misplaced combine */
  constructor(sort: SortOrderSet) {
    this.#levels = levelsOf(sort);
    this.#expandedAtFirst = levelsOf({ ...sort, categories: sort.expanded ?? 0 }).length;
    this.#order = JSON.stringify([sort.sorts.map(({ tag, order }) => [tag, order]), sort.categories]);
  }

  /** The rows to show, made of all rows in the order of the sort keys. */
  build(rows: readonly MemoryRow[]): MemoryRow[] {
    const shown: MemoryRow[] = [];
    const headings = new Map<string, Heading>();
    this.#group(rows, 0, '', shown, headings);
    this.#headings = headings;
    return shown;
  }

  /** Opens or closes a heading; whether that changed anything. @throws MAPI_E_NOT_FOUND for an unknown key */
  toggle(key: Uint8Array, expanded: boolean): boolean {
    const heading = this.#headings.get(toHex(key));
    if (heading === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no heading has this key');
    const before = this.#isExpanded(heading.path);
    this.#toggled.set(heading.path, expanded);
    return before !== expanded;
  }

  getState(): Uint8Array {
    return utf8Encode(JSON.stringify({ order: this.#order, toggled: [...this.#toggled] }));
  }

  /** @throws MAPI_E_UNABLE_TO_COMPLETE for a state of another order */
  setState(state: Uint8Array): void {
    const read = parseState(state);
    if (read.order !== this.#order) throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', 'a state of another sort order');
    this.#toggled = new Map(read.toggled);
  }

  #group(
    rows: readonly MemoryRow[],
    level: number,
    path: string,
    shown: MemoryRow[],
    headings: Map<string, Heading>,
  ): void {
    const tags = this.#levels[level];
    if (tags === undefined) {
      shown.push(...rows.map((row) => this.#leaf(row, level)));
      return;
    }
    for (let first = 0; first < rows.length; ) {
      const head = rows[first] as MemoryRow;
      let end = first + 1;
      while (end < rows.length && sameGroup(head, rows[end] as MemoryRow, tags)) end++;
      const members = rows.slice(first, end);
      const heading = this.#heading(head, members, level, `${path}/${pathText(head, tags)}`);
      headings.set(heading.row.id, heading);
      shown.push(heading.row);
      if (this.#isExpanded(heading.path)) this.#group(members, level + 1, heading.path, shown, headings);
      first = end;
    }
  }

  #heading(head: MemoryRow, members: readonly MemoryRow[], level: number, path: string): Heading {
    const unread = members.filter((row) => !isRead(row)).length;
    const expanded = this.#isExpanded(path);
    const shape = `${members.length} ${unread} ${expanded}`;
    const key = this.#keyOf(path);
    const former = this.#headings.get(toHex(key));
    if (former?.shape === shape) return former;
    const row = [
      ...this.#levels.slice(0, level + 1).flatMap((tags) => valuesOf(head, tags)),
      prop(PR_CONTENT_COUNT, members.length),
      prop(PR_CONTENT_UNREAD, unread),
      prop(PR_INSTANCE_KEY, key),
      prop(PR_DEPTH, level),
      prop(PR_ROW_TYPE, expanded ? TBL_EXPANDED_CATEGORY : TBL_COLLAPSED_CATEGORY),
    ];
    return { path, shape, row: { key, id: toHex(key), row, source: rowSource(row), place: { ordinal: -1 } } };
  }

  #leaf(row: MemoryRow, depth: number): MemoryRow {
    const known = this.#leaves.get(row);
    if (known !== undefined) return known;
    const added = rowSource([prop(PR_DEPTH, depth), prop(PR_ROW_TYPE, TBL_LEAF_ROW)]);
    const leaf = { ...row, source: (tag: PropTag) => added(tag) ?? row.source(tag) };
    this.#leaves.set(row, leaf);
    return leaf;
  }

  #keyOf(path: string): Uint8Array {
    const known = this.#keys.get(path);
    if (known !== undefined) return known;
    const key = new ByteWriter().u32(0x4741_4548).u32(this.#keys.size).toBytes();
    this.#keys.set(path, key);
    return key;
  }

  #isExpanded(path: string): boolean {
    return this.#toggled.get(path) ?? path.split('/').length - 2 < this.#expandedAtFirst;
  }
}

function levelsOf({ sorts, categories = 0 }: SortOrderSet): readonly (readonly PropTag[])[] {
  const levels: PropTag[][] = [];
  for (const [index, { tag, order }] of sorts.entries()) {
    if (order === 'categMax' || order === 'categMin') throw new MapiError('MAPI_E_TOO_COMPLEX', order);
    if (order === 'combine' && index === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'combine comes first');
    if (index >= categories) continue;
    if (order === 'combine') levels.at(-1)?.push(tag);
    else levels.push([tag]);
  }
  return levels;
}

function sameGroup(a: MemoryRow, b: MemoryRow, tags: readonly PropTag[]): boolean {
  return tags.every((tag) => {
    const left = presentOf(a.source, tag);
    const right = presentOf(b.source, tag);
    return left === undefined || right === undefined ? left === right : compareValues(left, right) === 0;
  });
}

function valuesOf(row: MemoryRow, tags: readonly PropTag[]): readonly PropValue[] {
  return tags.flatMap((tag) => presentOf(row.source, tag) ?? []);
}

/** The values of a group as text without a slash, which separates the levels. */
function pathText(row: MemoryRow, tags: readonly PropTag[]): string {
  return tags
    .map((tag) => {
      const found = presentOf(row.source, tag);
      if (found === undefined) return `${propId(tag)}`;
      const bytes = found.value instanceof Uint8Array ? found.value : utf16Encode(String(found.value));
      return `${propId(tag)}=${toHex(bytes)}`;
    })
    .join('&');
}

function isRead(row: MemoryRow): boolean {
  const flags = presentOf(row.source, PR_MESSAGE_FLAGS)?.value;
  return typeof flags === 'number' && (flags & MSGFLAG_READ) !== 0;
}

interface State {
  readonly order: string;
  readonly toggled: readonly (readonly [string, boolean])[];
}

function parseState(state: Uint8Array): State {
  try {
    const read: unknown = JSON.parse(utf8Decode(state));
    if (isState(read)) return read;
  } catch (cause) {
    throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', 'not a state of categories', { cause });
  }
  throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', 'not a state of categories');
}

function isState(read: unknown): read is State {
  if (typeof read !== 'object' || read === null || !('order' in read) || !('toggled' in read)) return false;
  const pairs = read.toggled;
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'boolean';
  return typeof read.order === 'string' && Array.isArray(pairs) && pairs.every(isPair);
}
