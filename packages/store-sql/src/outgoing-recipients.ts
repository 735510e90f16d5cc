/**
 * Where the recipients of a queued message stand: rows of the queue that lie over those of the message.
 *
 * Whoever opens the message sees them. A row that he changes and saves takes the place of what lay over it.
 */
import { decodeProps, encodeProps } from '@nodemapi/kit';
import {
  type AdrList,
  laidOver,
  outgoingState,
  outgoingStateNumber,
  PR_ROWID,
  propOf,
  type RecipientStanding,
  type StandingRows,
} from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';

interface StandingRow {
  readonly row_id: number;
  readonly state: number;
  readonly attempts: number;
  readonly responsibility: number;
  readonly reported: number;
  readonly error: string | null;
  readonly added: Uint8Array | null;
}

export function saveStandings(db: Database, message: number, recipients: readonly RecipientStanding[]): void {
  for (const { rowId, state, attempts, responsibility, reported, error, added } of recipients) {
    db.run(sql`INSERT INTO outgoing_recipient (message, row_id, state, attempts, responsibility, reported, error, added)
      VALUES (${message}, ${rowId}, ${outgoingStateNumber(state)}, ${attempts}, ${Number(responsibility)},
        ${Number(reported)}, ${error ?? null}, ${added.length === 0 ? null : encodeProps(added)})
      ON CONFLICT (message, row_id) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
        responsibility = excluded.responsibility, reported = excluded.reported, error = excluded.error,
        added = excluded.added`);
  }
}

/** The rows of a queued message's recipients as they stand. */
export function standingRows(db: Database, message: number, rows: AdrList): StandingRows {
  const found = db.all<StandingRow>(sql`SELECT row_id, state, attempts, responsibility, reported, error, added
    FROM outgoing_recipient WHERE message = ${message}`);
  return laidOver(rows, byId(found.map(standingOfRow)));
}

/** These rows of the message were saved: they say by themselves how their recipients stand. */
export function dropStandings(db: Database, message: number, rows: AdrList): void {
  for (const row of rows) {
    db.run(sql`DELETE FROM outgoing_recipient WHERE message = ${message} AND row_id = ${propOf(row, PR_ROWID) ?? -1}`);
  }
}

/** The rows with these standings in place of what they said. */
export function withStandings(rows: AdrList, standings: readonly RecipientStanding[]): AdrList {
  return laidOver(rows, byId(standings)).rows;
}

function byId(standings: readonly RecipientStanding[]): ReadonlyMap<number, RecipientStanding> {
  return new Map(standings.map((standing) => [standing.rowId, standing]));
}

function standingOfRow(row: StandingRow): RecipientStanding {
  return {
    rowId: row.row_id,
    state: outgoingState(row.state),
    attempts: row.attempts,
    error: row.error ?? undefined,
    responsibility: row.responsibility !== 0,
    reported: row.reported !== 0,
    added: row.added === null ? [] : decodeProps(row.added).props,
  };
}
