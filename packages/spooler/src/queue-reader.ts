/**
 * Reads the outgoing queue of one store, page by page.
 *
 * What it answers is a hint: whoever acts on a row opens the message and looks again. So a page may be older than the
 * queue, and nothing has to be thrown away when the queue changes.
 */
import { type FileTime, fileTimeToMs } from '@nodemapi/base';
import {
  type AdviseConnection,
  type EntryId,
  fnevTableModified,
  type IMAPITable,
  type IMsgStore,
  type ListQuery,
  type OutgoingRecords,
  PR_ENTRYID,
  type QueuedRow,
  resProperty,
} from '@nodemapi/mapi';
import { QUEUE_COLUMNS, queuedRow } from './contract-records.ts';
import { TABLE_PAGE_ROWS } from './record.ts';

/** A message as the queue shows it. */
export type QueueRow = QueuedRow;

const TICKS_PER_MS = 10_000n;

export interface QueueReaderParts {
  readonly records: OutgoingRecords;
  /** No spooler lets a message wait for longer by itself; what waits until later does so by a clock that was wrong. */
  readonly waitMaxMs: number;
  /** Called for every change of the queue. */
  readonly onChange: () => void;
}

export class QueueReader {
  readonly #store: IMsgStore;
  readonly #parts: QueueReaderParts;
  readonly #watched: IMAPITable;
  readonly #advise: AdviseConnection;
  #page: QueueRow[] = [];
  #closed = false;

  private constructor(store: IMsgStore, parts: QueueReaderParts, watched: IMAPITable, advise: AdviseConnection) {
    this.#store = store;
    this.#parts = parts;
    this.#watched = watched;
    this.#advise = advise;
  }

  /** Opens the queue. @throws MAPI_E_NO_SUPPORT if the store sends nothing */
  static async open(store: IMsgStore, parts: QueueReaderParts): Promise<QueueReader> {
    const watched = await store.getOutgoingQueue();
    try {
      await watched.setColumns(QUEUE_COLUMNS);
      const advise = await watched.advise(fnevTableModified, { onNotify: parts.onChange });
      return new QueueReader(store, parts, watched, advise);
    } catch (error) {
      await watched.release();
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

  /** Milliseconds since 1970 of the time after `now` when something may be due; undefined if nothing is waiting. */
  async nextWakeMs(now: FileTime): Promise<number | undefined> {
    const ms = await this.#parts.records.nextOutgoingMs(now);
    return ms === undefined ? undefined : fileTimeToMs(now) + Math.ceil(ms);
  }

  /** Rows in submit order: `countMax` of them at most, from `offset` on. */
  async rows(countMax = Number.POSITIVE_INFINITY, offset = 0): Promise<readonly QueueRow[]> {
    const rows: QueueRow[] = [];
    for await (const page of this.#pages(countMax, offset)) rows.push(...page);
    return rows;
  }

  /** Every row in submit order. What leaves the queue meanwhile makes it leave out no other. */
  async *each(): AsyncGenerator<QueueRow> {
    for await (const page of this.#pages(Number.POSITIVE_INFINITY, 0)) yield* page;
  }

  /** The row of one message; undefined if it is not in this queue. */
  async row(entryId: EntryId): Promise<QueueRow | undefined> {
    await using table = await this.#store.getOutgoingQueue();
    await table.setColumns(QUEUE_COLUMNS);
    await table.restrict(resProperty('EQ', PR_ENTRYID, entryId));
    const [row] = await table.queryRows(1);
    return row === undefined ? undefined : queuedRow(row);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#advise[Symbol.asyncDispose]();
    } finally {
      await this.#watched.release();
    }
  }

  async *#pages(countMax: number, offset: number): AsyncGenerator<readonly QueueRow[]> {
    const { records } = this.#parts;
    const list = records.listOutgoing?.bind(records);
    if (list === undefined) {
      yield* this.#tablePages(countMax, offset);
      return;
    }
    let query: ListQuery = { countMax: 0, ...(offset > 0 ? { offset } : {}) };
    for (let left = countMax; left > 0; ) {
      const { rows, next } = await list({ ...query, countMax: Math.min(TABLE_PAGE_ROWS, left) });
      yield rows;
      left -= rows.length;
      if (next === undefined) return;
      query = { countMax: 0, page: next };
    }
  }

  async *#tablePages(countMax: number, offset: number): AsyncGenerator<readonly QueueRow[]> {
    await using table = await this.#store.getOutgoingQueue();
    await table.setColumns(QUEUE_COLUMNS);
    if (offset > 0) await table.seekRow('beginning', offset);
    for (let left = countMax; left > 0; ) {
      const page = await table.queryRows(Math.min(TABLE_PAGE_ROWS, left));
      if (page.length === 0) return;
      yield page.map(queuedRow);
      left -= page.length;
    }
  }

  async #fill(now: FileTime, wanted: (row: QueueRow) => boolean): Promise<void> {
    const { records, waitMaxMs } = this.#parts;
    const beyond = now + BigInt(Math.ceil(waitMaxMs)) * TICKS_PER_MS;
    let page: unknown;
    do {
      const { rows, next } = await records.dueOutgoing({ now, beyond, ...(page === undefined ? {} : { page }) });
      this.#page = rows.filter(wanted);
      page = next;
    } while (this.#page.length === 0 && page !== undefined);
  }
}
