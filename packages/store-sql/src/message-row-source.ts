import { MapiError } from '@nodemapi/base';
import {
  compareRows,
  evaluateRestriction,
  projectRow,
  type RowChange,
  type RowSource,
  restrictionTags,
  type SourceRow,
  type TableSetup,
} from '@nodemapi/kit';
import { MAPI_MESSAGE, PR_INSTANCE_KEY, type PropTag, type Restriction, type Row } from '@nodemapi/mapi';
import { join, type Query, raw, type SqlRow, type SqlValue, sql } from '@nodemapi/sqlite';
import type { JournalRow } from './journal.ts';
import type { MessageRows } from './message-rows.ts';
import { comesBefore, compileOrder, compileRestriction, type OrderTerm, orderBy } from './restriction-sql.ts';
import { instanceKey } from './store-ids.ts';

/** Which rows, in which order: as SQL, or, where SQL cannot do it, as a list of messages. */
interface Plan {
  readonly where: Query;
  readonly order: readonly OrderTerm[];
  readonly rest: Restriction | null;
  /** Sorted by hand: SQL has no order for the keys. */
  readonly sorted: boolean;
}

/** Changes that are told one by one; more become one 'changed'. */
const rowChangesMax = 8;
/** Rows of which a view remembers that it shows them. */
const membersMax = 100_000;
/** Rows that are read at a time while a search goes row by row. */
const scanRows = 256;

const NO_SETUP: TableSetup = { columns: undefined, restriction: null, sort: { sorts: [] } };

/**
 * A table of messages. What SQL can restrict and sort is never in memory, so that the first rows of a million cost what
 * the index costs; for the rest the numbers of the matching messages are.
 */
export class MessageRowSource implements RowSource {
  readonly type = 'dynamic';
  readonly #rows: MessageRows;
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #stop: readonly Disposable[];
  #setup = NO_SETUP;
  #plan: Plan;
  /** The messages in order, where SQL alone cannot tell; undefined while nobody has asked. */
  #list: readonly number[] | undefined;
  /** The messages that are shown, to tell what is new from what was there; undefined if they are too many. */
  #members: Set<number> | undefined;
  /** Whether somebody wants to hear of each row. */
  #tellsEach = false;

  constructor(rows: MessageRows) {
    this.#rows = rows;
    this.#plan = this.#planOf(NO_SETUP);
    const { file } = rows.context;
    this.#stop = [
      file.changes.subscribe((changes) => this.#orError(() => this.#follow(changes))),
      file.lost.subscribe(() => this.#orError(() => this.#renew())),
      file.watch(),
    ];
  }

  version(): string {
    return this.#rows.context.file.version;
  }

  defaultColumns(): readonly PropTag[] {
    return this.#rows.options.columns;
  }

  allColumns(): readonly PropTag[] {
    return this.#rows.allColumns();
  }

  async setup(setup: TableSetup): Promise<void> {
    const same = setup.restriction === this.#setup.restriction && setup.sort === this.#setup.sort;
    const plan = this.#planOf(setup);
    const list = same ? this.#list : isDirect(plan) ? undefined : this.#build(plan, setup);
    this.#setup = setup;
    this.#plan = plan;
    this.#list = list;
    if (!same || this.#members === undefined) this.#members = this.#membersNow();
  }

  tellEach(): void {
    if (this.#tellsEach) return;
    this.#tellsEach = true;
    this.#members = this.#membersNow();
  }

  async count(): Promise<number> {
    if (!isDirect(this.#plan)) return this.#listed().length;
    return this.#count(this.#plan.where);
  }

  async fetch(offset: number, limit: number): Promise<readonly SourceRow[]> {
    return this.#read(offset, limit, this.#columns()).map((row) => this.#shown(row));
  }

  async positionOf(key: Uint8Array): Promise<number | undefined> {
    const message = this.#rows.messageOfKey(PR_INSTANCE_KEY, key);
    return message === undefined ? undefined : this.#positionOf(message);
  }

  async find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined> {
    const keyed = this.#findByKey(restriction, from, backward);
    if (keyed !== undefined) return keyed.position;
    const compiled = compileRestriction(restriction, this.#rows);
    if (compiled.rest === null && isDirect(this.#plan)) return this.#findInSql(compiled.sql, from, backward);
    return this.#scan(restriction, from, backward);
  }

  onChange(listener: (changes: readonly RowChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#stop) each[Symbol.dispose]();
    this.#listeners.clear();
  }

  #planOf({ restriction, sort }: TableSetup): Plan {
    const compiled = compileRestriction(restriction, this.#rows);
    const order = compileOrder(sort.sorts, this.#rows);
    const own: OrderTerm = { expression: this.#rows.options.ownOrder, descending: false, nullable: false };
    const where = sql`${this.#rows.options.where} AND ${compiled.sql}`;
    return { where, order: [...(order ?? []), own], rest: compiled.rest, sorted: order === undefined };
  }

  #columns(): readonly PropTag[] {
    return this.#setup.columns ?? this.#rows.options.columns;
  }

  #read(offset: number, limit: number, tags: readonly PropTag[]): readonly SqlRow[] {
    if (isDirect(this.#plan)) {
      const { where, order } = this.#plan;
      return this.#query(tags, sql`${where} ORDER BY ${orderBy(order)} LIMIT ${limit} OFFSET ${offset}`);
    }
    const rows: SqlRow[] = [];
    for (let list = this.#listed(), at = offset; rows.length < limit && at < list.length; list = this.#listed()) {
      const wanted = list.slice(at, at + limit - rows.length);
      const found = this.#readThese(wanted, tags);
      rows.push(...found);
      at += found.length;
      if (found.length < wanted.length) this.#forget(wanted, found);
    }
    return rows;
  }

  /** Some of these have gone, and nobody was told yet: they take no place any more. */
  #forget(wanted: readonly number[], found: readonly SqlRow[]): void {
    const here = new Set(found.map(({ id }) => Number(id)));
    const gone = new Set(wanted.filter((number) => !here.has(number)));
    this.#list = this.#listed().filter((number) => !gone.has(number));
  }

  #readThese(wanted: readonly number[], tags: readonly PropTag[]): readonly SqlRow[] {
    const numbers = sql`SELECT value FROM json_each(${JSON.stringify(wanted)})`;
    const found = this.#query(tags, sql`${this.#rows.options.where} AND m.id IN (${numbers})`);
    const byId = new Map(found.map((row) => [Number(row.id), row]));
    return wanted.flatMap((number) => {
      const row = byId.get(number);
      return row === undefined ? [] : [row];
    });
  }

  #query(tags: readonly PropTag[], rest: Query): SqlRow[] {
    const { context, options } = this.#rows;
    const selection = this.#rows.selection(tags);
    return context.file.db.all(sql`SELECT ${selection} FROM ${options.from} WHERE ${rest}`, { bigints: true });
  }

  #count(where: Query): number {
    const { context, options } = this.#rows;
    const row = context.file.db.get<{ n: number }>(sql`SELECT count(*) AS n FROM ${options.from} WHERE ${where}`);
    return row?.n ?? 0;
  }

  #shown(row: SqlRow): SourceRow {
    return new ShownRow(Number(row.id), projectRow(this.#rows.source(row), this.#columns()));
  }

  #listed(): readonly number[] {
    this.#list ??= this.#build(this.#plan, this.#setup);
    return this.#list;
  }

  /** Goes through all rows that SQL lets through, and sorts them if SQL could not. */
  #build(plan: Plan, setup: TableSetup): readonly number[] {
    const { sorts } = setup.sort;
    const keys = plan.sorted ? sorts.map(({ tag }) => tag) : [];
    const tags = [...keys, ...restrictionTags(plan.rest)];
    const { context, options } = this.#rows;
    const query = sql`SELECT ${this.#rows.selection(tags)} FROM ${options.from} WHERE ${plan.where}
      ORDER BY ${orderBy(plan.order)}`;
    const kept: { readonly number: number; readonly row: Row }[] = [];
    for (const row of context.file.db.iterate<SqlRow>(query, { bigints: true })) {
      if (this.#satisfies(row, plan.rest)) {
        kept.push({ number: Number(row.id), row: projectRow(this.#rows.source(row), keys) });
      }
    }
    if (plan.sorted) {
      const compare = compareRows(sorts);
      kept.sort((a, b) => compare(a.row, b.row)); // stable, so equal rows keep the table's own order
    }
    return kept.map(({ number }) => number);
  }

  #satisfies(row: SqlRow, rest: Restriction | null): boolean {
    return rest === null || evaluateRestriction(rest, this.#rows.source(row), this.#rows.subRows(Number(row.id)));
  }

  /** The values of the order's terms of a message that is in the view; undefined if it is not. */
  #terms(message: number): readonly SqlValue[] | undefined {
    const { context, options } = this.#rows;
    const { where, order } = this.#plan;
    const query = sql`SELECT ${termsOf(order)} FROM ${options.from} WHERE ${where} AND m.id = ${message}`;
    const row = context.file.db.get(query, { bigints: true });
    return row === undefined ? undefined : termValues(order, row);
  }

  #positionOf(message: number): number | undefined {
    if (!isDirect(this.#plan)) {
      const index = this.#listed().indexOf(message);
      return index < 0 ? undefined : index;
    }
    const terms = this.#terms(message);
    if (terms === undefined) return undefined;
    return this.#count(sql`${this.#plan.where} AND ${comesBefore(this.#plan.order, terms)}`);
  }

  /** PR_INSTANCE_KEY and the like name one message: no search is needed. */
  #findByKey(restriction: Restriction, from: number, backward: boolean): { position: number | undefined } | undefined {
    if (restriction.kind !== 'property' || restriction.relop !== 'EQ') return undefined;
    const message = this.#rows.messageOfKey(restriction.tag, restriction.value.value);
    if (message === undefined) return undefined;
    const position = this.#positionOf(message);
    return { position: position !== undefined && position < from === backward ? position : undefined };
  }

  #findInSql(condition: Query, from: number, backward: boolean): number | undefined {
    const { where, order } = this.#plan;
    const [start] = this.#read(backward ? Math.max(0, from) : from, 1, []);
    if (start === undefined && !backward) return undefined;
    const terms = start === undefined ? undefined : this.#terms(Number(start.id));
    const before = terms === undefined ? sql`1` : comesBefore(order, terms);
    const side = backward ? before : sql`NOT coalesce(${before}, 0)`;
    const [found] = this.#query(
      [],
      sql`${where} AND ${condition} AND ${side} ORDER BY ${orderBy(order, backward)} LIMIT 1`,
    );
    return found === undefined ? undefined : this.#positionOf(Number(found.id));
  }

  #scan(restriction: Restriction, from: number, backward: boolean): number | undefined {
    const tags = restrictionTags(restriction);
    const step = backward ? -scanRows : scanRows;
    for (let at = backward ? from - scanRows : from; ; at += step) {
      const offset = Math.max(0, at);
      const rows = this.#read(offset, backward ? at + scanRows - offset : scanRows, tags);
      const matches = rows.flatMap((row, index) => (this.#satisfies(row, restriction) ? [offset + index] : []));
      const found = backward ? matches.at(-1) : matches[0];
      if (found !== undefined) return found;
      if (backward ? at <= 0 : rows.length < scanRows) return undefined;
    }
  }

  /** Whether the events themselves say what is new; if not, the view remembers what it shows. */
  #membersNow(): Set<number> | undefined {
    if (!this.#tellsEach) return undefined;
    if (this.#rows.options.isNew !== undefined && this.#setup.restriction === null && isDirect(this.#plan))
      return undefined;
    if (!isDirect(this.#plan)) return new Set(this.#listed());
    const { where } = this.#plan;
    if (this.#count(where) > membersMax) return undefined;
    return new Set(this.#query([], where).map((row) => Number(row.id)));
  }

  /** A change that cannot be read is told as such: whoever listens reads anew, and gets the error or what is there. */
  #orError(follow: () => void): void {
    try {
      follow();
    } catch (cause) {
      this.#list = undefined;
      this.#members = undefined;
      this.#tell([{ kind: 'error', hresult: MapiError.from(cause, 'table').hresult }]);
    }
  }

  #follow(journal: readonly JournalRow[]): void {
    if (journal.some((row) => this.#rows.options.renews?.(row))) {
      this.#renew();
      return;
    }
    const touched = journal.filter((row) => row.object_type === MAPI_MESSAGE && this.#rows.options.touches(row));
    if (touched.length === 0) return;
    if (!this.#tellsEach) {
      this.#list = undefined;
      this.#tell([{ kind: 'changed' }]);
      return;
    }
    const last = new Map(touched.map((row) => [row.object, row]));
    const added = new Set(touched.filter((row) => this.#rows.options.isNew?.(row)).map((row) => row.object));
    const direct = isDirect(this.#plan);
    if (!direct) this.#list = undefined;
    const tooMany = last.size > rowChangesMax;
    const unknown =
      this.#members === undefined && (this.#rows.options.isNew === undefined || this.#setup.restriction !== null);
    if (tooMany || unknown) {
      if (unknown) this.#members = undefined;
      else this.#noteMembers([...last.keys()]);
      this.#tell([{ kind: 'changed' }]);
      return;
    }
    this.#tell([...last.keys()].flatMap((message) => this.#changeOf(message, added.has(message)) ?? []));
  }

  /** Brings what the view remembers of these messages up to date. */
  #noteMembers(messages: readonly number[]): void {
    const members = this.#members;
    if (members === undefined) return;
    const numbers = sql`SELECT value FROM json_each(${JSON.stringify(messages)})`;
    const found = isDirect(this.#plan)
      ? this.#query([], sql`${this.#plan.where} AND m.id IN (${numbers})`).map(({ id }) => Number(id))
      : this.#listed();
    const here = new Set(found);
    for (const message of messages) {
      if (here.has(message)) members.add(message);
      else members.delete(message);
    }
  }

  #renew(): void {
    this.#list = undefined;
    this.#members = this.#membersNow();
    this.#tell([{ kind: 'changed' }]);
  }

  #changeOf(message: number, isNew: boolean): RowChange | undefined {
    const key = instanceKey({ type: MAPI_MESSAGE, number: message });
    const row = this.#rowOf(message);
    const was = this.#members === undefined ? !isNew : this.#members.has(message);
    if (row === undefined) {
      this.#members?.delete(message);
      return was ? { kind: 'deleted', key } : undefined;
    }
    this.#members?.add(message);
    const shown = this.#shown(row);
    const prior = this.#priorOf(message, row);
    return { kind: was ? 'modified' : 'added', prior, key: shown.key, row: shown.row };
  }

  /** A message as the view shows it, with the values of the order's terms; undefined if it is not in the view. */
  #rowOf(message: number): SqlRow | undefined {
    const { context, options } = this.#rows;
    const { where, order } = this.#plan;
    const direct = isDirect(this.#plan);
    if (!direct && !this.#listed().includes(message)) return undefined;
    const selection = this.#rows.selection(this.#columns());
    const terms = direct ? sql`, ${termsOf(order)}` : raw('');
    const inView = direct ? where : options.where;
    const query = sql`SELECT ${selection}${terms} FROM ${options.from} WHERE ${inView} AND m.id = ${message}`;
    return context.file.db.get(query, { bigints: true });
  }

  #priorOf(message: number, row: SqlRow): Uint8Array | null {
    let prior: number | undefined;
    if (isDirect(this.#plan)) {
      const { where, order } = this.#plan;
      const before = comesBefore(order, termValues(order, row));
      const [found] = this.#query([], sql`${where} AND ${before} ORDER BY ${orderBy(order, true)} LIMIT 1`);
      prior = found === undefined ? undefined : Number(found.id);
    } else {
      prior = this.#listed()[this.#listed().indexOf(message) - 1];
    }
    return prior === undefined ? null : instanceKey({ type: MAPI_MESSAGE, number: prior });
  }

  #tell(changes: readonly RowChange[]): void {
    if (changes.length === 0) return;
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

/** The values that a row is ordered by, as columns. */
function termsOf(order: readonly OrderTerm[]): Query {
  return join(order.map(({ expression }, index) => sql`${expression} AS ${raw(`t${index}`)}`));
}

function termValues(order: readonly OrderTerm[], row: SqlRow): readonly SqlValue[] {
  return order.map((_, index) => row[`t${index}`] as SqlValue);
}

function isDirect(plan: Plan): boolean {
  return plan.rest === null && !plan.sorted;
}

/** A message in a table; few of the keys are ever asked for. */
class ShownRow implements SourceRow {
  readonly row: Row;
  readonly #message: number;

  constructor(message: number, row: Row) {
    this.#message = message;
    this.row = row;
  }

  get key(): Uint8Array {
    return instanceKey({ type: MAPI_MESSAGE, number: this.#message });
  }
}
