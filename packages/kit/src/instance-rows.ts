/**
 * One row per value of multivalued columns (MVI_FLAG). spec: working-with-multivalued-columns, imapitable-setcolumns
 *
 * - Without such a column everything goes to the source within.
 * - With one, or with such a sort key, the rows of the source within are read, and each becomes as many rows as it has values in
 *   these columns (M × N for two of them), with keys of their own. A row without values stays one.
 * - A change of the source is told as one TABLE_CHANGED: keys stay valid.
 */
import { concatBytes, MapiError, toHex } from '@nodemapi/base';
import {
  baseType,
  isPropError,
  MV_INSTANCE,
  MVI_FLAG,
  PR_INSTANCE_KEY,
  type PropTag,
  type PropValue,
  prop,
  propId,
  propType,
  type Restriction,
  tagFromNumber,
} from '@nodemapi/mapi';
import { compareSources, type PropSource, rowSource } from './compare.ts';
import { projectRow } from './prop-select.ts';
import { evaluateRestriction } from './restriction.ts';
import { restrictionTags } from './restriction-tags.ts';
import type { RowCategories, RowSource, SourceRow, TableSetup } from './row-source.ts';
import { WrappedRows } from './wrapped-rows.ts';

/** Rows that a view with such a column may have; they are held in memory. */
export const instanceRowsMax = 100_000;
const ROWS_PER_FETCH = 500;

/** Whether a column or a sort key asks for one row per value. */
export function isInstanceTag(tag: PropTag): boolean {
  return (propType(tag) & MVI_FLAG) === MVI_FLAG;
}

const manyOf = (tag: PropTag): PropTag => tagFromNumber(tag & ~MV_INSTANCE);
const singleOf = (tag: PropTag): PropTag => tagFromNumber((propId(tag) << 16) | baseType(tag));

/** One row of the view: what all instances of its row share, and the value of each instance column. */
interface Instance {
  readonly key: Uint8Array;
  readonly source: PropSource;
}

export class InstanceRows extends WrappedRows implements RowSource {
  #setup: TableSetup = { columns: undefined, restriction: null, sort: { sorts: [] } };
  /** The instance columns and sort keys in force, each property once; empty: none. */
  #tags: readonly PropTag[] = [];
  /** What is read of each row, besides its instances. */
  #asked: readonly PropTag[] = [];
  /** undefined: they have to be read. */
  #rows: readonly Instance[] | undefined;

  /** Rows of instances are not grouped. */
  get categories(): RowCategories | undefined {
    return this.#tags.length > 0 ? undefined : this.inner.categories;
  }

  /** Whether a setup makes other rows than the one in force. */
  changesRows({ columns, sort }: TableSetup): boolean {
    return instanceTags(columns, sort).join() !== this.#tags.join();
  }

  async setup(setup: TableSetup): Promise<void> {
    const { columns, restriction, sort } = setup;
    const tags = instanceTags(columns, sort);
    if (tags.length > 0 && (sort.categories ?? 0) > 0) {
      throw new MapiError('MAPI_E_TOO_COMPLEX', 'one row per value in a table with categories');
    }
    const plain = sort.sorts.filter(({ tag }) => !isInstanceTag(tag));
    const shown = (columns ?? this.inner.defaultColumns()).filter((tag) => !isInstanceTag(tag));
    const asked = [...new Set([...shown, ...plain.map(({ tag }) => tag)])];
    if (tags.length === 0) await this.inner.setup(setup);
    else await this.inner.setup({ columns: read(asked, tags), restriction, sort: { sorts: plain } });
    this.#setup = setup;
    this.#tags = tags;
    this.#asked = asked;
    this.#rows = undefined;
  }

  async count(): Promise<number> {
    return this.#tags.length === 0 ? this.inner.count() : (await this.#instances()).length;
  }

  async fetch(offset: number, limit: number): Promise<readonly SourceRow[]> {
    if (this.#tags.length === 0) return this.inner.fetch(offset, limit);
    return (await this.#instances()).slice(offset, offset + limit).map((instance) => this.#shown(instance));
  }

  async positionOf(key: Uint8Array): Promise<number | undefined> {
    if (this.#tags.length === 0) return this.inner.positionOf(key);
    const wanted = toHex(key);
    const found = (await this.#instances()).findIndex((one) => toHex(one.key) === wanted);
    return found < 0 ? undefined : found;
  }

  async find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined> {
    if (this.#tags.length === 0) return this.inner.find(restriction, from, backward);
    await this.#askFor(restrictionTags(restriction));
    const rows = await this.#instances();
    const step = backward ? -1 : 1;
    for (let index = backward ? from - 1 : from; index >= 0 && index < rows.length; index += step) {
      const row = rows[index];
      if (row !== undefined && evaluateRestriction(restriction, row.source)) return index;
    }
    return undefined;
  }

  protected override get isOther(): boolean {
    return this.#tags.length > 0;
  }

  protected override forget(): void {
    this.#rows = undefined;
  }

  /** Has the rows read with further properties, if they are not among those that are. */
  async #askFor(tags: readonly PropTag[]): Promise<void> {
    const known = new Set([...this.#asked, ...this.#tags].map(propId));
    const more = tags.filter((tag) => !known.has(propId(tag)));
    if (more.length === 0) return;
    this.#asked = [...this.#asked, ...more];
    const sorts = this.#setup.sort.sorts.filter(({ tag }) => !isInstanceTag(tag));
    const { restriction } = this.#setup;
    await this.inner.setup({ columns: read(this.#asked, this.#tags), restriction, sort: { sorts } });
    this.#rows = undefined;
  }

  async #instances(): Promise<readonly Instance[]> {
    if (this.#rows !== undefined) return this.#rows;
    const changes = this.changes;
    const rows = await this.#read();
    if (changes === this.changes) this.#rows = rows; // else it has changed while it was read
    return rows;
  }

  async #read(): Promise<readonly Instance[]> {
    const rows: Instance[] = [];
    for (let offset = 0; ; offset += ROWS_PER_FETCH) {
      const part = await this.inner.fetch(offset, ROWS_PER_FETCH);
      for (const row of part) {
        if (rows.length + instanceCount(row, this.#tags) > instanceRowsMax) {
          throw new MapiError('MAPI_E_TOO_COMPLEX', `more than ${instanceRowsMax} rows by multivalued columns`);
        }
        for (const instance of instancesOf(row, this.#tags)) rows.push(instance);
      }
      if (part.length < ROWS_PER_FETCH) break;
    }
    const { sorts } = this.#setup.sort;
    if (!sorts.some(({ tag }) => isInstanceTag(tag))) return rows;
    const compare = compareSources(
      sorts.map((key) => (isInstanceTag(key.tag) ? { ...key, tag: singleOf(key.tag) } : key)),
    );
    return rows.sort((a, b) => compare(a.source, b.source)); // stable: equal ones keep the order of the source
  }

  #shown({ key, source }: Instance): SourceRow {
    const columns = this.#setup.columns ?? this.inner.defaultColumns();
    return {
      key,
      row: projectRow(
        source,
        columns.map((tag) => (isInstanceTag(tag) ? singleOf(tag) : tag)),
      ),
    };
  }
}

function instanceTags(columns: readonly PropTag[] | undefined, sort: TableSetup['sort']): readonly PropTag[] {
  const all = [...(columns ?? []), ...sort.sorts.map(({ tag }) => tag)].filter(isInstanceTag);
  return all.filter((tag, index) => all.findIndex((other) => propId(other) === propId(tag)) === index);
}

/** What is read of each row: MVI_PROP of a property that is single has no effect, so both forms are. */
function read(asked: readonly PropTag[], tags: readonly PropTag[]): readonly PropTag[] {
  return [
    ...asked.filter((tag) => !tags.some((other) => propId(other) === propId(tag))),
    ...tags.flatMap((tag) => [manyOf(tag), singleOf(tag)]),
  ];
}

/** How many rows one becomes: the product is known before it is made. */
function instanceCount({ row }: SourceRow, tags: readonly PropTag[]): number {
  return tags.reduce((product, tag) => {
    const many = row.find((value) => value.tag === manyOf(tag))?.value;
    return product * Math.max(1, Array.isArray(many) ? new Set(many).size : 1);
  }, 1);
}

function instancesOf({ key, row }: SourceRow, tags: readonly PropTag[]): readonly Instance[] {
  const found = rowSource(row.filter((value) => !isPropError(value)));
  let made: { readonly numbers: readonly number[]; readonly values: readonly PropValue[] }[] = [
    { numbers: [], values: [] },
  ];
  for (const tag of tags) {
    const many = row.find((value) => value.tag === manyOf(tag));
    const single = row.find((value) => value.tag === singleOf(tag));
    const values: readonly unknown[] = Array.isArray(many?.value) ? [...new Set(many.value)] : [];
    const cells =
      values.length > 0
        ? values.map((value) => [{ tag: singleOf(tag), value }])
        : [single === undefined ? [] : [single]];
    made = made.flatMap(({ numbers, values: former }) =>
      cells.map((cell, index) => ({ numbers: [...numbers, index], values: [...former, ...cell] })),
    );
  }
  return made.map(({ numbers, values }) => {
    const own = concatBytes([key, Uint8Array.from(numbers.flatMap((number) => [number >>> 16, number >>> 8, number]))]);
    const cells = new Map([...values, prop(PR_INSTANCE_KEY, own)].map((value) => [propId(value.tag), value]));
    const absent = new Set(tags.map(propId));
    return { key: own, source: (tag) => cells.get(propId(tag)) ?? (absent.has(propId(tag)) ? undefined : found(tag)) };
  });
}
