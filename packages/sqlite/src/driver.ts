import { ClosedConnections } from './collect-closed.ts';

/** What SQLite stores in a cell; booleans do not exist. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** One row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. The part of node:sqlite that this package uses. */
export interface Statement {
  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  /** Rows are objects, or arrays after `setReturnArrays(true)`. */
  get(...parameters: SqlValue[]): SqlRow | SqlValue[] | undefined;
  all(...parameters: SqlValue[]): (SqlRow | SqlValue[])[];
  iterate(...parameters: SqlValue[]): IterableIterator<SqlRow | SqlValue[]>;
  columns(): readonly { readonly name: string }[];
  setReadBigInts(enabled: boolean): void;
  setReturnArrays(enabled: boolean): void;
}

/** An open database. The part of node:sqlite that this package uses. */
export interface Connection {
  readonly isTransaction: boolean;
  prepare(text: string): Statement;
  exec(text: string): void;
  close(): void;
}

interface Binding {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean; readonly timeout: number },
  ) => Connection;
}

/** The first release whose own SQLite is declared ready for use. */
const NODE_WITH_SQLITE = [24, 15] as const;

const isNodesOwn = hasSqlite();
const binding = await load();
/** Node's own binding finishes its statements when it closes. */
const closedConnections = isNodesOwn ? undefined : new ClosedConnections();

/**
 * Opens the file at `path`. This is the one file that knows which binding is in use: Node's own where it is ready, else
 * the package that has the same interface.
 *
 * @throws the error of the binding, with SQLite's number in `errcode`
 */
export function connect(path: string, options: { readonly readOnly: boolean; readonly timeout: number }): Connection {
  return new binding.DatabaseSync(path, options);
}

/** To be called after `close`. */
export function connectionClosed(): void {
  closedConnections?.closed();
}

function hasSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > NODE_WITH_SQLITE[0] || (major === NODE_WITH_SQLITE[0] && minor >= NODE_WITH_SQLITE[1]);
}

async function load(): Promise<Binding> {
  const name: string = isNodesOwn ? 'node:sqlite' : '@photostructure/sqlite'; // a variable: no compiler looks for both
  return (await import(name)) as Binding;
}
