/**
 * The properties of a message that have no column: short ones in `message_props`, long ones in `message_long`, so that the
 * body of a message is not written again with every little change.
 */
import { decodeProps, encodeProps, type ValueReference, valueBytes } from '@nodemapi/kit';
import {
  type PropTag,
  type PropValue,
  PT_APPTIME,
  PT_BOOLEAN,
  PT_CLSID,
  PT_CURRENCY,
  PT_DOUBLE,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_R4,
  PT_SYSTIME,
  propType,
} from '@nodemapi/mapi';
import { type Database, type Query, raw, type SqlRow, type SqlValue, sql } from '@nodemapi/sqlite';
import { ContentProps } from './content-props.ts';
import { messageColumn } from './message-columns.ts';

/** Bytes of a value that lies among the short ones. */
const shortBytesMax = 1024;

const SHORT_COLUMN = '(SELECT props FROM message_props WHERE message = m.id) AS props';
const LONG_COLUMN = '(SELECT props FROM message_long WHERE message = m.id) AS long_props';

/** For queries in which `m` is a message: its properties as columns that `bagOfRow` reads. */
export const BAG_COLUMNS: Query = raw(`${SHORT_COLUMN}, ${LONG_COLUMN}`);

/** The columns in which a property can be. */
export function bagColumnsOf(tag: PropTag): readonly string[] {
  return FIXED_SIZE.has(propType(tag)) ? [SHORT_COLUMN] : [SHORT_COLUMN, LONG_COLUMN];
}

const FIXED_SIZE: ReadonlySet<number> = new Set([
  ...[PT_I2, PT_LONG, PT_R4, PT_DOUBLE, PT_CURRENCY, PT_APPTIME, PT_BOOLEAN, PT_I8, PT_SYSTIME, PT_CLSID],
]);

/** What is to be written of the two; undefined where nothing has changed. */
export interface BagRows {
  readonly short: Uint8Array | undefined;
  readonly long: Uint8Array | undefined;
}

/** The sizes of what is stored. */
export interface BagSizes {
  readonly short: number;
  readonly long: number;
}

/** The properties in a row that was selected with BAG_COLUMNS; undefined if the message has no properties at all. */
export function bagOfRow(row: SqlRow): ContentProps | undefined {
  if (!(row.props instanceof Uint8Array)) return undefined;
  const { props, references } = decodeProps(row.props);
  if (!(row.long_props instanceof Uint8Array)) return new ContentProps({ props, references });
  return new ContentProps({ props: [...props, ...decodeProps(row.long_props).props], references });
}

export function bagSizes({ props, long_props: long }: SqlRow): BagSizes {
  return { short: bytesOf(props), long: bytesOf(long) };
}

/** Whether a property lies in the bag, and not in a column. */
export function isInBag({ tag }: PropValue): boolean {
  return messageColumn(tag)?.tag !== tag;
}

/**
 * What has to be written so that the bag holds `values` and `references`.
 *
 * @param before what it holds; undefined if it is not known
 * @param isNew nothing has been written yet
 */
export function bagRows(
  values: readonly PropValue[],
  references: readonly ValueReference[],
  before: ContentProps | undefined,
  isNew: boolean,
): BagRows {
  const isSame = (part: readonly PropValue[], isPart: (value: PropValue) => boolean): boolean =>
    before !== undefined &&
    part.every((value) => before.entry(value.tag) === value) &&
    part.length === before.values.filter((value) => isInBag(value) && isPart(value)).length;
  const long = values.filter(isLong);
  const short = values.filter(isShort);
  const nothing = isNew && long.length === 0;
  return {
    short:
      isSame(short, isShort) && isSameList(before?.references, references) ? undefined : encodeProps(short, references),
    long: nothing || isSame(long, isLong) ? undefined : encodeProps(long),
  };
}

export function writeBag(db: Database, message: number, { short, long }: BagRows): void {
  if (short !== undefined) {
    db.run(sql`INSERT INTO message_props (message, props) VALUES (${message}, ${short})
      ON CONFLICT (message) DO UPDATE SET props = excluded.props`);
  }
  if (long !== undefined) {
    db.run(sql`INSERT INTO message_long (message, props) VALUES (${message}, ${long})
      ON CONFLICT (message) DO UPDATE SET props = excluded.props`);
  }
}

function isLong({ tag, value }: PropValue): boolean {
  return valueBytes(value, propType(tag)) > shortBytesMax;
}

function isShort(value: PropValue): boolean {
  return !isLong(value);
}

function isSameList<T>(before: readonly T[] | undefined, after: readonly T[]): boolean {
  return before?.length === after.length && after.every((each, index) => before[index] === each);
}

function bytesOf(cell: SqlValue | undefined): number {
  return cell instanceof Uint8Array ? cell.length : 0;
}
