import { MAPI_FOLDER, MAPI_MESSAGE, type Notification, type ObjectNotification } from '@nodemapi/mapi';
import { type Database, Query, type SqlValue, sql } from '@nodemapi/sqlite';
import { objectEntryId, type StoredId, type StoredType } from './store-ids.ts';

export type JournalEvent = ObjectNotification['kind'] | 'newMail' | 'queueChanged';

/** One change, as it lies in the journal. */
export interface JournalRow {
  readonly seq: number;
  readonly event: JournalEvent;
  readonly object_type: StoredType;
  readonly object: number;
  readonly parent: number | null;
  readonly old_object: number | null;
  readonly old_parent: number | null;
  /** What the event says besides, as JSON. */
  readonly detail: string | null;
}

type Origin = { readonly oldObject?: number; readonly oldParent?: number; readonly detail?: string };

/** The detail of 'newMail'. */
interface NewMailDetail {
  readonly messageClass: string;
  readonly messageFlags: number;
}

/** Rows that stay for listeners who fall behind; older ones go from time to time. */
export const journalRowsMax = 100_000;
/** How many new rows there are from one pruning to the next. */
const rowsPerPrune = 5000;
/** Rows that are written with one statement. */
const rowsPerInsert = 50;
/** Rows that are read at a time. */
const rowsPerRead = 500;

/** What is said once of a transaction, however many of its operations say it. */
const REPEATABLE: ReadonlySet<JournalEvent> = new Set<JournalEvent>(['objectModified', 'queueChanged']);

/** The detail of 'queueChanged' of a message that was not in the queue before. */
const QUEUED = JSON.stringify({ queued: true });

/** Whether a change says that its message has come into the queue. */
export function isQueued({ event, detail }: JournalRow): boolean {
  return event === 'queueChanged' && detail === QUEUED;
}

/** The changes of one operation, for the journal: each is written once, in the order of the first mention. */
export class ChangeList {
  readonly #rows = new Map<string, Omit<JournalRow, 'seq'>>();

  add(event: JournalEvent, object: StoredId, parent?: number, origin: Origin = {}): void {
    const key = `${event} ${object.type} ${object.number}`;
    if (this.#rows.has(key)) return;
    this.#rows.set(key, {
      event,
      object_type: object.type,
      object: object.number,
      parent: parent ?? null,
      old_object: origin.oldObject ?? null,
      old_parent: origin.oldParent ?? null,
      detail: origin.detail ?? null,
    });
  }

  /** Adds the changes of the operation that came next in the same transaction. */
  append(next: ChangeList): void {
    for (const [key, row] of next.#rows) {
      if (!this.#rows.has(key)) this.#rows.set(key, row);
      else if (!REPEATABLE.has(row.event)) this.#rows.set(`${key} ${this.#rows.size}`, row);
    }
  }

  message(event: JournalEvent, number: number, folder: number, origin?: Origin): void {
    this.add(event, { type: MAPI_MESSAGE, number }, folder, origin);
  }

  folder(event: JournalEvent, number: number, parent?: number, origin?: Origin): void {
    this.add(event, { type: MAPI_FOLDER, number }, parent, origin);
  }

  /** New mail, as the spooler tells of it. */
  newMail(message: number, folder: number, detail: NewMailDetail): void {
    this.message('newMail', message, folder, { detail: JSON.stringify(detail) });
  }

  /** The queue's table has to be looked at again for this message. */
  queue(message: number): void {
    this.add('queueChanged', { type: MAPI_MESSAGE, number: message });
  }

  /** A message has come into the queue. */
  queued(message: number): void {
    this.add('queueChanged', { type: MAPI_MESSAGE, number: message }, undefined, { detail: QUEUED });
  }

  /** Messages that are new, changed or in another folder. */
  messages(): readonly number[] {
    const rows = [...this.#rows.values()].filter(({ event }) => event !== 'objectDeleted' && event !== 'newMail');
    return [...new Set(rows.flatMap((row) => (row.object_type === MAPI_MESSAGE ? [row.object] : [])))];
  }

  /** Writes them; runs inside the write that made the changes. Answers the rows as they lie in the journal. */
  store(db: Database, writer: string): readonly JournalRow[] {
    const written: JournalRow[] = [];
    const all = [...this.#rows.values()];
    for (let start = 0; start < all.length; start += rowsPerInsert) {
      const part = all.slice(start, start + rowsPerInsert);
      const { lastId } = db.run(
        new Query(
          INSERTS[part.length] ?? '',
          part.flatMap((row) => cellsOf(writer, row)),
        ),
      );
      const first = lastId - part.length + 1;
      for (const [index, row] of part.entries()) written.push({ seq: first + index, ...row });
      if (Math.floor(lastId / rowsPerPrune) > Math.floor((first - 1) / rowsPerPrune)) pruneJournal(db);
    }
    return written;
  }
}

/** The statements that insert so many rows. */
const INSERTS: readonly string[] = Array.from(
  { length: rowsPerInsert + 1 },
  (_, rows) => `INSERT INTO journal
    (writer, event, object_type, object, parent, old_object, old_parent, detail)
    VALUES ${Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
);

function cellsOf(writer: string, row: Omit<JournalRow, 'seq'>): SqlValue[] {
  const { event, object_type: type, object, parent, old_object: oldObject, old_parent: oldParent, detail } = row;
  return [writer, event, type, object, parent, oldObject, oldParent, detail];
}

/** The rows after `seq`, oldest first, at most `rowsPerRead`. */
export function journalAfter(db: Database, seq: number): JournalRow[] {
  return db.all<JournalRow>(sql`SELECT seq, event, object_type, object, parent, old_object, old_parent, detail FROM journal
    WHERE seq > ${seq} ORDER BY seq LIMIT ${rowsPerRead}`);
}

/** Number of the last change; 0 before the first. */
export function lastSeq(db: Database): number {
  return db.get<{ seq: number }>(sql`SELECT seq FROM sqlite_sequence WHERE name = 'journal'`)?.seq ?? 0;
}

export function pruneJournal(db: Database): void {
  db.run(sql`DELETE FROM journal WHERE seq <= ${lastSeq(db) - journalRowsMax}`);
}

/** Whether `pruneJournal` would drop something. */
export function isJournalLong(db: Database): boolean {
  return db.get(sql`SELECT 1 FROM journal WHERE seq <= ${lastSeq(db) - journalRowsMax} LIMIT 1`) !== undefined;
}

/** The notification of a change; undefined for one that is of the store's own concern. */
export function notificationOf(uid: Uint8Array, row: JournalRow): Notification | undefined {
  if (row.event === 'queueChanged') return undefined;
  const seq = BigInt(row.seq);
  const entryId = objectEntryId(uid, { type: row.object_type, number: row.object });
  const folderId = (number: number): Uint8Array => objectEntryId(uid, { type: MAPI_FOLDER, number });
  if (row.event === 'newMail') {
    if (row.parent === null || row.detail === null) return undefined;
    const { messageClass, messageFlags } = JSON.parse(row.detail) as NewMailDetail;
    return { kind: 'newMail', entryId, parentId: folderId(row.parent), messageClass, messageFlags, seq };
  }
  return {
    kind: row.event,
    objectType: row.object_type,
    entryId,
    ...(row.parent === null ? {} : { parentId: folderId(row.parent) }),
    ...(row.old_object === null
      ? {}
      : { oldId: objectEntryId(uid, { type: row.object_type, number: row.old_object }) }),
    ...(row.old_parent === null ? {} : { oldParentId: folderId(row.old_parent) }),
    seq,
  };
}
