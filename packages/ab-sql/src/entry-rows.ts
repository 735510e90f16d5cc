/** The rows of `entry`: reading, writing and looking them up. Whoever writes does so inside a transaction. */

import { MapiError } from '@nodemapi/base';
import { MAPI_DISTLIST, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, type PropValue, propOf } from '@nodemapi/mapi';
import { type Database, type Query, raw, type SqlRow, sql } from '@nodemapi/sqlite';
import { type BookEntry, type EntryKind, OBJECT_TYPES, searchKey } from './book-entry.ts';
import { nameKey } from './name-key.ts';
import { decodePropList, encodePropList } from './prop-list-codec.ts';

interface EntryRow extends SqlRow {
  readonly id: number;
  readonly kind: number;
  readonly version: number;
  readonly props: Uint8Array;
}

const COLUMNS = raw('id, kind, version, props');

export class EntryRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The entry, or undefined if there is none of that number. */
  get(id: number): BookEntry | undefined {
    const row = this.#database.get<EntryRow>(sql`SELECT ${COLUMNS} FROM entry WHERE id = ${id}`);
    return row === undefined ? undefined : entryOf(row);
  }

  all(): readonly BookEntry[] {
    return this.#database.all<EntryRow>(sql`SELECT ${COLUMNS} FROM entry ORDER BY name_key, id`).map(entryOf);
  }

  count(): number {
    return this.#database.get<{ n: number }>(sql`SELECT count(*) AS n FROM entry`)?.n ?? 0;
  }

  insert(kind: EntryKind, props: readonly PropValue[]): BookEntry {
    const keys = keysOf(kind, props);
    const { lastId } = this.#database.run(sql`
      INSERT INTO entry (kind, version, name_key, address_key, search_key, props)
      VALUES (${OBJECT_TYPES[kind]}, 1, ${keys.name}, ${keys.address}, ${keys.search}, ${encodePropList(props)})`);
    return { id: lastId, kind, version: 1, props };
  }

  update(entry: BookEntry, props: readonly PropValue[]): BookEntry {
    const keys = keysOf(entry.kind, props);
    const version = entry.version + 1;
    this.#database.run(sql`
      UPDATE entry SET version = ${version}, name_key = ${keys.name}, address_key = ${keys.address},
        search_key = ${keys.search}, props = ${encodePropList(props)} WHERE id = ${entry.id}`);
    return { ...entry, version, props };
  }

  /** Whether there was such an entry. */
  delete(id: number): boolean {
    return this.#database.run(sql`DELETE FROM entry WHERE id = ${id}`).changes > 0;
  }

  /** An entry with the same name; with `strict`, the same address too. */
  duplicateOf(kind: EntryKind, props: readonly PropValue[], strict: boolean): BookEntry | undefined {
    const keys = keysOf(kind, props);
    const address = strict ? sql`AND search_key = ${keys.search}` : raw('');
    return this.#first(sql`
      SELECT ${COLUMNS} FROM entry WHERE name_key = ${keys.name} ${address} ORDER BY id LIMIT 1`);
  }

  /** The entries that have `text` as display name or address; among the members of a list if one is given. */
  named(text: string, list?: number): readonly BookEntry[] {
    const key = nameKey(text);
    if (key === '') return [];
    const scope = list === undefined ? raw('') : sql`AND id IN (SELECT entry FROM member WHERE list = ${list})`;
    const query = sql`
      SELECT ${COLUMNS} FROM entry WHERE (name_key = ${key} OR address_key = ${key}) ${scope} ORDER BY name_key, id`;
    return this.#database.all<EntryRow>(query).map(entryOf);
  }

  #first(query: Query): BookEntry | undefined {
    const row = this.#database.get<EntryRow>(query);
    return row === undefined ? undefined : entryOf(row);
  }
}

/** @throws MAPI_E_CORRUPT_STORE if the row holds no readable properties */
function entryOf(row: EntryRow): BookEntry {
  const kind = row.kind === MAPI_DISTLIST ? 'distList' : 'mailUser';
  try {
    return { id: row.id, kind, version: row.version, props: decodePropList(row.props) };
  } catch (cause) {
    throw new MapiError('MAPI_E_CORRUPT_STORE', `entry ${row.id} of the address book cannot be read`, { cause });
  }
}

function keysOf(kind: EntryKind, props: readonly PropValue[]): { name: string; address: string; search: Uint8Array } {
  return {
    name: nameKey(propOf(props, PR_DISPLAY_NAME) ?? ''),
    address: nameKey(propOf(props, PR_EMAIL_ADDRESS) ?? ''),
    search: searchKey(kind, props),
  };
}
