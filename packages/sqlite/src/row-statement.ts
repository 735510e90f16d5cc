import type { Connection, SqlRow, SqlValue, Statement } from './driver.ts';

/**
 * A prepared statement that answers rows as objects.
 *
 * The binding makes a property of an object for each cell by a call into the engine, which costs several times what
 * reading the cell costs; so it is asked for arrays, and the objects are made here.
 */
export class RowStatement {
  readonly #statement: Statement;
  #names: readonly string[] | undefined;

  constructor(connection: Connection, text: string, { bigints = false }: { readonly bigints?: boolean } = {}) {
    this.#statement = connection.prepare(text);
    this.#statement.setReturnArrays(true);
    if (bigints) this.#statement.setReadBigInts(true);
  }

  run(parameters: readonly SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.#statement.run(...parameters);
  }

  get(parameters: readonly SqlValue[]): SqlRow | undefined {
    const cells = this.#statement.get(...parameters);
    return cells === undefined ? undefined : this.#row(cells as SqlValue[]);
  }

  all(parameters: readonly SqlValue[]): SqlRow[] {
    return this.#statement.all(...parameters).map((cells) => this.#row(cells as SqlValue[]));
  }

  *iterate(parameters: readonly SqlValue[]): Generator<SqlRow, void, undefined> {
    for (const cells of this.#statement.iterate(...parameters)) yield this.#row(cells as SqlValue[]);
  }

  #row(cells: readonly SqlValue[]): SqlRow {
    this.#names ??= this.#statement.columns().map(({ name }) => name);
    const row: Record<string, SqlValue> = {};
    for (let index = 0; index < this.#names.length; index++)
      row[this.#names[index] as string] = cells[index] as SqlValue;
    return row;
  }
}
