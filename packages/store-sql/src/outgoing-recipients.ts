/** Where the recipients of a queued message stand: rows of the queue that lie over those of the message. */
import { decodeProps, encodeProps, type RecipientStanding, withStanding } from '@nodemapi/kit';
import { type AdrEntry, type AdrList, outgoingState, outgoingStateNumber, PR_ROWID, propOf } from '@nodemapi/mapi';
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

/** The rows of a queued message's recipients as they stand; those that no spooler has looked at are the same objects. */
export function standingRows(db: Database, message: number, rows: AdrList): AdrList {
  const found = db.all<StandingRow>(sql`SELECT row_id, state, attempts, responsibility, reported, error, added
    FROM outgoing_recipient WHERE message = ${message}`);
  return found.length === 0 ? rows : withStandings(rows, found.map(standingOfRow));
}

/** The rows with these standings in place of what they said. */
export function withStandings(rows: AdrList, standings: readonly RecipientStanding[]): AdrList {
  const byId = new Map(standings.map((standing) => [standing.rowId, standing]));
  return rows.map((row): AdrEntry => {
    const standing = byId.get(propOf(row, PR_ROWID) ?? -1);
    return standing === undefined ? row : withStanding(row, standing);
  });
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
