/** The rows of `member`: who is in which distribution list. Whoever writes does so inside a transaction. */
import type { EntryId, PropValue } from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';
import { decodePropList, encodePropList } from './prop-list-codec.ts';

/** A member: an entry of the book, or somebody from elsewhere with what was known when they were added. */
export type Member =
  | { readonly id: number; readonly entry: number }
  | { readonly id: number; readonly entryId: EntryId; readonly props: readonly PropValue[] };

/** Somebody who is to become a member. */
export type NewMember =
  | { readonly entry: number }
  | { readonly entryId: EntryId; readonly props: readonly PropValue[] };

interface MemberRow {
  readonly id: number;
  readonly entry: number | null;
  readonly entry_id: Uint8Array | null;
  readonly props: Uint8Array | null;
}

/** Past this a personal list is refused: every message to it would be expanded to as many recipients. */
export const membersMax = 10_000;

export class MemberRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Members of a list in the order in which they were added. */
  of(list: number): readonly Member[] {
    const rows = this.#database.all<MemberRow>(
      sql`SELECT id, entry, entry_id, props FROM member WHERE list = ${list} ORDER BY id`,
    );
    return rows.map((row) => {
      if (row.entry !== null) return { id: row.id, entry: row.entry };
      return { id: row.id, entryId: row.entry_id ?? new Uint8Array(), props: decodePropList(row.props ?? NONE) };
    });
  }

  count(list: number): number {
    return this.#database.get<{ n: number }>(sql`SELECT count(*) AS n FROM member WHERE list = ${list}`)?.n ?? 0;
  }

  /** Whether the list already has this member. */
  has(list: number, member: NewMember): boolean {
    const same = 'entry' in member ? sql`entry = ${member.entry}` : sql`entry_id = ${member.entryId}`;
    return this.#database.get(sql`SELECT 1 FROM member WHERE list = ${list} AND ${same}`) !== undefined;
  }

  add(list: number, member: NewMember): void {
    this.#database.run(
      'entry' in member
        ? sql`INSERT INTO member (list, entry) VALUES (${list}, ${member.entry})`
        : sql`INSERT INTO member (list, entry_id, props)
              VALUES (${list}, ${member.entryId}, ${encodePropList(member.props)})`,
    );
  }

  /** Whether there was such a member. */
  remove(list: number, member: { readonly entry: number } | { readonly entryId: EntryId }): boolean {
    const same = 'entry' in member ? sql`entry = ${member.entry}` : sql`entry_id = ${member.entryId}`;
    return this.#database.run(sql`DELETE FROM member WHERE list = ${list} AND ${same}`).changes > 0;
  }

  /** Lists that have the entry as a member. */
  listsWith(entry: number): readonly number[] {
    return this.#database
      .all<{ list: number }>(sql`SELECT list FROM member WHERE entry = ${entry}`)
      .map((row) => row.list);
  }

  /** Whether `list` holds, itself or through lists in it, the entry `wanted`. */
  reaches(list: number, wanted: number): boolean {
    const query = sql`
      WITH RECURSIVE reached (entry) AS (
        SELECT entry FROM member WHERE list = ${list} AND entry IS NOT NULL
        UNION SELECT member.entry FROM member JOIN reached ON member.list = reached.entry WHERE member.entry IS NOT NULL
      ) SELECT 1 FROM reached WHERE entry = ${wanted} LIMIT 1`;
    return this.#database.get(query) !== undefined;
  }
}

const NONE = encodePropList([]);
