/** Looks an address book file over, without changing it. */
import { bytesEqual, MapiError } from '@nodemapi/base';
import { PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, propOf } from '@nodemapi/mapi';
import { Database, sql } from '@nodemapi/sqlite';
import { type BookEntry, searchKey } from './book-entry.ts';
import { EntryRows } from './entry-rows.ts';
import { nameKey } from './name-key.ts';
import { decodePropList } from './prop-list-codec.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

export interface Finding {
  /** What kind of damage, such as `integrity`, `entry-props` or `member-cycle`. */
  readonly code: string;
  readonly message: string;
}

/** Messages of one kind that are listed; a file that is damaged all over says the same again and again. */
const findingsMax = 1000;

/**
 * Everything that is wrong with the file at `path`; nothing if it is sound.
 *
 * @throws what opening it throws: MAPI_E_NOT_FOUND, MAPI_E_CORRUPT_STORE, MAPI_E_VERSION, MAPI_E_NO_ACCESS
 */
export async function check(path: string): Promise<readonly Finding[]> {
  await using database = Database.open(path, {
    applicationId: APPLICATION_ID,
    migrations: MIGRATIONS,
    readOnly: true,
  });
  return [...integrity(database), ...bookRow(database), ...entries(database), ...members(database)].slice(
    0,
    findingsMax,
  );
}

function integrity(database: Database): readonly Finding[] {
  const rows = database.all<{ integrity_check: string }>(sql`PRAGMA integrity_check`);
  const broken = rows.map((row) => row.integrity_check).filter((message) => message !== 'ok');
  const references = database.all<{ table: string; rowid: number; parent: string }>(sql`PRAGMA foreign_key_check`);
  return [
    ...broken.map((message) => ({ code: 'integrity', message })),
    ...references.map(({ table, rowid, parent }) => ({
      code: 'reference',
      message: `row ${rowid} of ${table} refers to nothing in ${parent}`,
    })),
  ];
}

function bookRow(database: Database): readonly Finding[] {
  const row = database.get<{ uid: Uint8Array }>(sql`SELECT uid FROM book`);
  if (row?.uid.length === 16) return [];
  return [{ code: 'book-uid', message: 'the file has no identifier of 16 bytes' }];
}

interface StoredEntry {
  readonly id: number;
  readonly name_key: string;
  readonly address_key: string;
  readonly search_key: Uint8Array;
}

function entries(database: Database): readonly Finding[] {
  const rows = new EntryRows(database);
  const stored = database.all<StoredEntry>(sql`SELECT id, name_key, address_key, search_key FROM entry ORDER BY id`);
  return stored.flatMap((row) => {
    try {
      const entry = rows.get(row.id);
      return entry === undefined ? [] : keyFindings(row, entry);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_CORRUPT_STORE')) throw error;
      return [{ code: 'entry-props', message: error.detail }];
    }
  });
}

function keyFindings(row: StoredEntry, { kind, props }: BookEntry): readonly Finding[] {
  const right =
    row.name_key === nameKey(propOf(props, PR_DISPLAY_NAME) ?? '') &&
    row.address_key === nameKey(propOf(props, PR_EMAIL_ADDRESS) ?? '') &&
    bytesEqual(row.search_key, searchKey(kind, props));
  return right ? [] : [{ code: 'entry-keys', message: `entry ${row.id} is filed under another name or address` }];
}

function members(database: Database): readonly Finding[] {
  const strays = database.all<{ id: number }>(
    sql`SELECT member.id FROM member JOIN entry ON entry.id = member.list WHERE entry.kind <> 8`,
  );
  const unreadable = database
    .all<{ id: number; props: Uint8Array }>(sql`SELECT id, props FROM member WHERE props IS NOT NULL`)
    .filter(({ props }) => !isReadable(props));
  const cycles = database.all<{ id: number }>(sql`
    WITH RECURSIVE reached (list, entry) AS (
      SELECT list, entry FROM member WHERE entry IS NOT NULL
      UNION SELECT reached.list, member.entry FROM member JOIN reached ON member.list = reached.entry
        WHERE member.entry IS NOT NULL
    ) SELECT DISTINCT list AS id FROM reached WHERE list = entry`);
  return [
    ...strays.map(({ id }) => ({ code: 'member-list', message: `member ${id} is in something that is no list` })),
    ...unreadable.map(({ id }) => ({ code: 'member-props', message: `member ${id} cannot be read` })),
    ...cycles.map(({ id }) => ({ code: 'member-cycle', message: `list ${id} holds itself` })),
  ];
}

function isReadable(props: Uint8Array): boolean {
  try {
    decodePropList(props);
    return true;
  } catch (error) {
    if (MapiError.is(error)) return false;
    throw error;
  }
}
