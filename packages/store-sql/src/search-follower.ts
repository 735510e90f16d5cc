/** How search folders follow what is written; everything here runs inside a write. */
import { evaluateRestriction, type FolderSearch, restrictionTags } from '@nodemapi/kit';
import { MSGFLAG_READ } from '@nodemapi/mapi';
import { type Database, type Query, raw, type SqlRow, sql } from '@nodemapi/sqlite';
import type { ChangeList } from './journal.ts';
import { MessageRows } from './message-rows.ts';
import { decodeCriteria } from './search-criteria.ts';
import type { StoreContext } from './store-context.ts';

interface SearchRow {
  readonly id: number;
  readonly search: string;
}

/** Brings the running searches up to the messages that a write has changed. */
export function followSearches(context: StoreContext, changes: ChangeList): void {
  const messages = changes.messages();
  if (messages.length === 0) return;
  const { db } = context.file;
  for (const { id, search } of db.all<SearchRow>(sql`SELECT id, search FROM folder WHERE search IS NOT NULL`)) {
    const criteria = decodeCriteria(search);
    if (!criteria.running) continue;
    const matching = new Set(
      matches(context, criteria, sql`m.id IN (SELECT value FROM json_each(${JSON.stringify(messages)}))`),
    );
    for (const message of messages) {
      const changed = matching.has(message) ? enter(db, id, message) : leave(db, id, message);
      if (changed) changes.folder('objectModified', id);
    }
  }
}

/** Names the search folders that lose a message that is about to be deleted. */
export function noteSearches(db: Database, changes: ChangeList, message: number): void {
  for (const { folder } of db.all<{ folder: number }>(sql`SELECT folder FROM found WHERE message = ${message}`)) {
    changes.folder('objectModified', folder);
  }
}

/** Does the whole search of a folder anew. */
export function searchAnew(context: StoreContext, folder: number, criteria: FolderSearch): void {
  const { db } = context.file;
  db.run(sql`DELETE FROM found WHERE folder = ${folder}`);
  for (const message of matches(context, criteria, sql`1`)) enter(db, folder, message);
}

/** The messages in the searched folders that satisfy `condition` and the restriction. */
function matches(context: StoreContext, criteria: FolderSearch, condition: Query): number[] {
  const rows = new MessageRows(context, {
    from: sql`message m`,
    where: sql`m.associated = 0 AND m.folder IN (${scope(criteria)}) AND ${condition}`,
    ownOrder: raw('m.id'),
    columns: [],
    touches: () => false,
  });
  const tags = restrictionTags(criteria.restriction);
  const found = context.file.db.all<SqlRow>(
    sql`SELECT ${rows.selection(tags)} FROM message m WHERE ${rows.options.where} ORDER BY m.id`,
    { bigints: true },
  );
  return found
    .filter((row) => evaluateRestriction(criteria.restriction, rows.source(row), rows.subRows(Number(row.id))))
    .map((row) => Number(row.id));
}

function scope({ containers, recursive }: FolderSearch): Query {
  const top = sql`SELECT value AS id FROM json_each(${JSON.stringify(containers)})`;
  if (!recursive) return top;
  return sql`WITH RECURSIVE below (id) AS (${top} UNION
    SELECT f.id FROM folder f JOIN below b ON f.parent = b.id) SELECT id FROM below`;
}

function enter(db: Database, folder: number, message: number): boolean {
  return (
    db.run(sql`INSERT OR IGNORE INTO found (folder, message, unread)
      SELECT ${folder}, id, flags & ${MSGFLAG_READ} = 0 FROM message WHERE id = ${message}`).changes > 0
  );
}

function leave(db: Database, folder: number, message: number): boolean {
  return db.run(sql`DELETE FROM found WHERE folder = ${folder} AND message = ${message}`).changes > 0;
}
