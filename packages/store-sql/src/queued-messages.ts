/**
 * What is in the queue, for those who look at it: pages in submit order, and messages by the end of their identifier.
 * Whatever is asked, only as many rows are read as are answered, but for those that `offset` passes over, in an index.
 */
import { toHex } from '@nodemapi/base';
import {
  type EntryId,
  type FinishedOutgoing,
  type ListPage,
  type ListQuery,
  MAPI_MESSAGE,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
} from '@nodemapi/mapi';
import { type Query, sql } from '@nodemapi/sqlite';
import { type DueRow, QUEUED, queuedRow } from './due-messages.ts';
import { finishedAmong } from './outgoing-history.ts';
import type { StoreContext } from './store-context.ts';

const NUMBER_DIGITS = 16;
const DIGITS_PER_BYTE = 2;
/** No number of an object is longer. */
const numberBytesMax = 6;

export function listedPage(context: StoreContext, { countMax, offset = 0, page }: ListQuery): ListPage {
  const { db } = context.file;
  const start = typeof page === 'number' ? page : 0;
  const first =
    offset === 0
      ? sql`o.seq > ${start}`
      : sql`o.seq > (SELECT seq FROM outgoing WHERE seq > ${start} ORDER BY seq LIMIT 1 OFFSET ${offset - 1})`;
  const rows = db.all<DueRow>(sql`${QUEUED} WHERE ${first} ORDER BY o.seq LIMIT ${countMax}`, { bigints: true });
  const last = rows[countMax - 1];
  return { rows: rows.map((row) => queuedRow(context, row)), next: last === undefined ? undefined : Number(last.seq) };
}

/** At most `countMax` queued messages whose identifiers end in these digits. */
export function queuedEndingIn(context: StoreContext, digits: string, countMax: number): readonly EntryId[] {
  const { db } = context.file;
  return numbersEndingIn(context, digits, countMax, sql`message`, (condition, limit) =>
    db
      .all<{ message: number }>(sql`SELECT message FROM outgoing WHERE ${condition} ORDER BY message LIMIT ${limit}`)
      .map(({ message }) => message),
  ).map((number) => context.entryId({ type: MAPI_MESSAGE, number }));
}

/** At most `countMax` messages that have left the queue, and whose identifiers end in these digits. */
export function finishedEndingIn(context: StoreContext, digits: string, countMax: number): readonly FinishedOutgoing[] {
  const { db } = context.file;
  const numbers = numbersEndingIn(context, digits, countMax, sql`message`, (condition, limit) =>
    db
      .all<{ message: number }>(
        sql`SELECT message FROM outgoing_past WHERE ${condition} ORDER BY message LIMIT ${limit}`,
      )
      .map(({ message }) => message),
  );
  return finishedAmong(context, numbers);
}

/** At most `countMax` messages of the Outbox that are not queued, and whose identifiers end in these digits. */
export function draftsEndingIn(context: StoreContext, digits: string, countMax: number): readonly EntryId[] {
  const { db, folders } = context.file;
  const mask = MSGFLAG_UNSENT | MSGFLAG_SUBMIT;
  return numbersEndingIn(context, digits, countMax, sql`id`, (condition, limit) =>
    db
      .all<{ id: number }>(
        sql`SELECT id FROM message WHERE ${condition} AND folder = ${folders.outbox ?? -1} AND associated = 0
          AND flags & ${mask} = ${MSGFLAG_UNSENT} ORDER BY id LIMIT ${limit}`,
      )
      .map(({ id }) => id),
  ).map((number) => context.entryId({ type: MAPI_MESSAGE, number }));
}

/**
 * Numbers of messages whose identifiers end in these digits, zero bytes at the end left aside: that is how the number of a message
 * ends, which comes last, its lowest byte first.
 *
 * @param column that has the numbers
 * @param read answers those that satisfy a condition, in their order
 */
function numbersEndingIn(
  context: StoreContext,
  digits: string,
  countMax: number,
  column: Query,
  read: (condition: Query, limit: number) => readonly number[],
): readonly number[] {
  const wanted = digits.toLowerCase().replace(/(?:00)+$/u, '');
  const prefix = toHex(context.entryId({ type: MAPI_MESSAGE, number: 0 })).slice(0, -NUMBER_DIGITS);
  if (wanted.length > prefix.length + NUMBER_DIGITS || !/^[0-9a-f]+$/u.test(wanted)) return [];
  const found: number[] = [];
  for (let bytes = 1; bytes <= numberBytesMax && found.length < countMax; bytes++) {
    const condition = conditionOf(column, prefix, wanted, bytes);
    if (condition !== undefined) found.push(...read(condition, countMax - found.length));
  }
  return found;
}

/** Which numbers of so many bytes end an identifier that ends so; undefined: none. */
function conditionOf(column: Query, prefix: string, wanted: string, bytes: number): Query | undefined {
  const digits = bytes * DIGITS_PER_BYTE;
  const before = wanted.slice(0, -digits);
  if (!prefix.endsWith(before)) return undefined;
  const known = wanted.slice(-digits);
  const whole = known.slice(known.length % DIGITS_PER_BYTE);
  const top = lowestFirst(whole);
  const free = bytes - whole.length / DIGITS_PER_BYTE; // bytes of which nothing is known, or but half
  const unit = 256 ** free;
  if (whole.length > 0 && top < 256 ** (whole.length / DIGITS_PER_BYTE - 1)) return undefined; // its last byte is zero
  const least = Math.max(top * unit, 256 ** (bytes - 1));
  const range = sql`${column} BETWEEN ${least} AND ${top * unit + unit - 1}`;
  if (known.length === whole.length) return range;
  const half = Number.parseInt(known[0] ?? '', 16);
  return sql`${range} AND (${column} >> ${8 * (free - 1)}) & 15 = ${half}`;
}

/** The number that these digits are, two for each byte, the lowest byte first. */
function lowestFirst(digits: string): number {
  let number = 0;
  for (let at = digits.length - DIGITS_PER_BYTE; at >= 0; at -= DIGITS_PER_BYTE) {
    number = number * 256 + Number.parseInt(digits.slice(at, at + DIGITS_PER_BYTE), 16);
  }
  return number;
}
