/**
 * Reads the outgoing queue of one store, in submit order, page by page.
 *
 * What it answers is a hint: whoever acts on a row opens the message and looks again. So a page may be older than the
 * queue, and nothing has to be thrown away when the queue changes.
 */
import { type FileTime, fileTimeToMs } from '@nodemapi/base';
import {
  type AdviseConnection,
  ascend,
  type EntryId,
  fnevTableModified,
  type IMAPITable,
  type IMsgStore,
  type OutgoingState,
  outgoingState,
  outgoingStateNumber,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_ENTRYID,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_STATE,
  propOf,
  type Restriction,
  type Row,
  resAnd,
  resExist,
  resNot,
  resOr,
  resProperty,
} from '@nodemapi/mapi';
import { TABLE_PAGE_ROWS } from './record.ts';
import type { SendTimes } from './schedule.ts';

/** A message as the queue shows it. */
export interface QueueRow extends SendTimes {
  readonly entryId: EntryId;
  readonly state: OutgoingState;
  readonly nextMs: number | undefined;
  readonly lockOwner: string | undefined;
  readonly lockUntilMs: number | undefined;
}

const COLUMNS = [
  PR_ENTRYID,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_UNITS,
  PR_SPOOLER_STATE,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
] as const;

const NOT_HELD = resOr(
  resNot(resExist(PR_SPOOLER_STATE)),
  resNot(resProperty('EQ', PR_SPOOLER_STATE, outgoingStateNumber('held'))),
);

export class QueueReader {
  readonly #due: IMAPITable;
  readonly #later: IMAPITable;
  /** Without a restriction, so that every change is told. */
  readonly #watched: IMAPITable;
  readonly #store: IMsgStore;
  readonly #advise: AdviseConnection;
  #page: QueueRow[] = [];
  #closed = false;

  private constructor(
    store: IMsgStore,
    tables: readonly [IMAPITable, IMAPITable, IMAPITable],
    advise: AdviseConnection,
  ) {
    this.#store = store;
    [this.#due, this.#later, this.#watched] = tables;
    this.#advise = advise;
  }

  /** Opens the queue; `onChange` is called for every change of it. @throws MAPI_E_NO_SUPPORT if the store sends nothing */
  static async open(store: IMsgStore, onChange: () => void): Promise<QueueReader> {
    const tables: IMAPITable[] = [];
    try {
      const open = async (): Promise<IMAPITable> => {
        const table = await store.getOutgoingQueue();
        tables.push(table);
        await table.setColumns(COLUMNS);
        return table;
      };
      const [due, later, watched] = [await open(), await open(), await open()] as const;
      const advise = await watched.advise(fnevTableModified, { onNotify: onChange });
      return new QueueReader(store, [due, later, watched], advise);
    } catch (error) {
      for (const table of tables) await table.release();
      throw error;
    }
  }

  /** The first due row that `wanted` takes; undefined if there is none now. It stays first until it is `take`n. */
  async peek(now: FileTime, wanted: (row: QueueRow) => boolean): Promise<QueueRow | undefined> {
    while (this.#page[0] !== undefined && !wanted(this.#page[0])) this.#page.shift();
    if (this.#page.length === 0) await this.#fill(now, wanted);
    return this.#page[0];
  }

  take(row: QueueRow): void {
    const index = this.#page.indexOf(row);
    if (index >= 0) this.#page.splice(index, 1);
  }

  /** Milliseconds since 1970 of the earliest stored next attempt after `now`; undefined if none is waiting. */
  async nextWakeMs(now: FileTime): Promise<number | undefined> {
    await this.#later.restrict(resAnd(NOT_HELD, resProperty('GT', PR_SPOOLER_NEXT_ATTEMPT, now)));
    await this.#later.sortTable({ sorts: [ascend(PR_SPOOLER_NEXT_ATTEMPT)] });
    const [row] = await this.#later.queryRows(1);
    return row === undefined ? undefined : rowOf(row).nextMs;
  }

  /** Rows in submit order: `countMax` of them at most, from `offset` on. */
  async rows(countMax = Number.POSITIVE_INFINITY, offset = 0): Promise<readonly QueueRow[]> {
    await using table = await this.#store.getOutgoingQueue();
    await table.setColumns(COLUMNS);
    if (offset > 0) await table.seekRow('beginning', offset);
    const rows: QueueRow[] = [];
    while (rows.length < countMax) {
      const page = await table.queryRows(Math.min(TABLE_PAGE_ROWS, countMax - rows.length));
      if (page.length === 0) break;
      rows.push(...page.map(rowOf));
    }
    return rows;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#advise[Symbol.asyncDispose]();
    } finally {
      for (const table of [this.#due, this.#later, this.#watched]) await table.release();
    }
  }

  async #fill(now: FileTime, wanted: (row: QueueRow) => boolean): Promise<void> {
    await this.#due.restrict(dueAt(now));
    const nowMs = fileTimeToMs(now);
    while (this.#page.length === 0) {
      const rows = await this.#due.queryRows(TABLE_PAGE_ROWS);
      if (rows.length === 0) return;
      this.#page = rows
        .map(rowOf)
        .filter((row) => row.state !== 'held' && (row.nextMs ?? nowMs) <= nowMs && wanted(row));
    }
  }
}

function dueAt(now: FileTime): Restriction {
  const due = resOr(resNot(resExist(PR_SPOOLER_NEXT_ATTEMPT)), resProperty('LE', PR_SPOOLER_NEXT_ATTEMPT, now));
  return resAnd(NOT_HELD, due);
}

function rowOf(row: Row): QueueRow {
  const next = propOf(row, PR_SPOOLER_NEXT_ATTEMPT);
  const lockUntil = propOf(row, PR_SPOOLER_LOCK_UNTIL);
  return {
    entryId: propOf(row, PR_ENTRYID) ?? new Uint8Array(),
    submitTime: propOf(row, PR_CLIENT_SUBMIT_TIME),
    deferredTime: propOf(row, PR_DEFERRED_SEND_TIME),
    deferredNumber: propOf(row, PR_DEFERRED_SEND_NUMBER),
    deferredUnits: propOf(row, PR_DEFERRED_SEND_UNITS),
    state: outgoingState(propOf(row, PR_SPOOLER_STATE)),
    nextMs: next === undefined ? undefined : fileTimeToMs(next),
    lockOwner: propOf(row, PR_SPOOLER_LOCK_OWNER),
    lockUntilMs: lockUntil === undefined ? undefined : fileTimeToMs(lockUntil),
  };
}
