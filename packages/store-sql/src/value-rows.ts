/** Large values: rows of `chunk` under a number in `value`. Everything here runs inside a write of the database. */

import { MapiError } from '@nodemapi/base';
import type { ValueReference } from '@nodemapi/kit';
import { STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import { type Database, sql, values } from '@nodemapi/sqlite';

/** The row that a large value belongs to. */
export type ValueHolder = { readonly message: number } | { readonly attachment: number };

/** Makes an empty value that belongs to an open object of `owner`; its number. */
export function createValue(db: Database, owner: string): number {
  return db.run(sql`INSERT INTO value (owner, size) VALUES (${owner}, 0)`).lastId;
}

/** Makes a value of bytes that are in memory already. */
export function createValueOf(db: Database, owner: string, bytes: Uint8Array): number {
  const value = createValue(db, owner);
  for (let number = 0; number * STREAM_CHUNK_BYTES < bytes.length; number++) {
    const start = number * STREAM_CHUNK_BYTES;
    writeChunk(db, value, number, bytes.subarray(start, start + STREAM_CHUNK_BYTES));
  }
  setValueSize(db, value, bytes.length);
  return value;
}

/** Makes a copy that belongs to an open object of `owner`. */
export function copyValue(db: Database, owner: string, source: number): number {
  const copy = db.run(
    sql`INSERT INTO value (owner, size) SELECT ${owner}, size FROM value WHERE id = ${source}`,
  ).lastId;
  db.run(
    sql`INSERT INTO chunk (value, number, bytes) SELECT ${copy}, number, bytes FROM chunk WHERE value = ${source}`,
  );
  return copy;
}

/**
 * One chunk; one that was never written has no bytes.
 *
 * @throws MAPI_E_OBJECT_CHANGED if the value is gone: its object was saved anew, or deleted
 */
export function readChunk(db: Database, value: number, number: number): Uint8Array {
  const row = db.get<{ bytes: Uint8Array | null }>(
    sql`SELECT c.bytes FROM value v LEFT JOIN chunk c ON c.value = v.id AND c.number = ${number} WHERE v.id = ${value}`,
  );
  if (row === undefined) throw new MapiError('MAPI_E_OBJECT_CHANGED', `value ${value} was replaced or deleted`);
  return row.bytes ?? new Uint8Array(0);
}

export function writeChunk(db: Database, value: number, number: number, bytes: Uint8Array): void {
  db.run(sql`INSERT INTO chunk (value, number, bytes) VALUES (${value}, ${number}, ${bytes})
    ON CONFLICT (value, number) DO UPDATE SET bytes = excluded.bytes`);
}

/** Sets the size; chunks beyond it are dropped. */
export function setValueSize(db: Database, value: number, size: number): void {
  db.run(sql`UPDATE value SET size = ${size} WHERE id = ${value}`);
  db.run(sql`DELETE FROM chunk WHERE value = ${value} AND number >= ${Math.ceil(size / STREAM_CHUNK_BYTES)}`);
}

/** Gives the values that a saved object refers to into its keeping, and drops those that one not new no longer refers to. */
export function keepValues(
  db: Database,
  holder: ValueHolder,
  references: readonly ValueReference[],
  isNew: boolean,
): void {
  const numbers = values(references.map((reference) => reference.value));
  const mine = 'message' in holder ? sql`message = ${holder.message}` : sql`attachment = ${holder.attachment}`;
  if (references.length > 0) db.run(sql`UPDATE value SET owner = NULL, ${mine} WHERE id IN (${numbers})`);
  if (!isNew) db.run(sql`DELETE FROM value WHERE ${mine} AND id NOT IN (${numbers})`);
}

/** Drops values that never became part of a saved object. */
export function dropValues(db: Database, numbers: readonly number[]): void {
  db.run(sql`DELETE FROM value WHERE owner IS NOT NULL AND id IN (${values(numbers)})`);
}
