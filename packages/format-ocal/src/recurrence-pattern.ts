/**
 * How often something happens: the RecurrencePattern that series of meetings and of tasks begin with. [MS-OXOCAL] 2.2.1.44.1
 *
 * Dates are minutes since midnight of January 1, 1601, in the time zone of the series.
 */
import { type ByteReader, type ByteWriter, MapiError } from '@nodemapi/base';

/** In which steps a series goes on. */
export type RecurrenceFrequency = 'daily' | 'weekly' | 'monthly' | 'yearly';
/** What a day of a series is told by. */
export type RecurrencePatternType =
  | 'day'
  | 'week'
  | 'month'
  | 'monthNth'
  | 'monthEnd'
  | 'hjMonth'
  | 'hjMonthNth'
  | 'hjMonthEnd';
/** How a series ends. */
export type RecurrenceEnd = 'date' | 'count' | 'never';

/** When events are: every so many days, weeks or months, on which days, and how long. */
export interface RecurrencePattern {
  readonly frequency: RecurrenceFrequency;
  readonly patternType: RecurrencePatternType;
  /** CAL_*: 0 for the usual one; the others are those of Windows. */
  readonly calendarType: number;
  readonly firstDateTime: number;
  /** Minutes of a daily pattern, weeks of a weekly one, months of the others. */
  readonly period: number;
  /** 1 if a task is made anew when the last one is done; 0 for meetings. */
  readonly slidingFlag: number;
  /** Bits of the days of the week, Sunday 1 to Saturday 64: of patterns by week, and of the nth day of a month. */
  readonly days: number;
  /** The day of the month, 31 for the last: of patterns by month. */
  readonly day: number;
  /** Which of the days in a month, 5 for the last: of patterns by the nth day. */
  readonly nth: number;
  readonly end: RecurrenceEnd;
  readonly occurrenceCount: number;
  /** Sunday 0 to Saturday 6. */
  readonly firstDayOfWeek: number;
  /** Days without an event of the series: those that were deleted, and those whose event was changed. */
  readonly deletedDates: readonly number[];
  /** Days of events that were changed, as they are now. */
  readonly modifiedDates: readonly number[];
  readonly startDate: number;
  /** The day of the last event, `ENDLESS_DATE` if there is none. */
  readonly endDate: number;
}

/** EndDate of a series that never ends. */
export const ENDLESS_DATE = 0x5ae980df;

const VERSION = 0x3004;
const FREQUENCIES: readonly RecurrenceFrequency[] = ['daily', 'weekly', 'monthly', 'yearly'];
const FREQUENCY_FIRST = 0x200a;
const PATTERN_TYPES = {
  day: 0,
  week: 1,
  month: 2,
  monthNth: 3,
  monthEnd: 4,
  hjMonth: 10,
  hjMonthNth: 11,
  hjMonthEnd: 12,
} as const satisfies Record<RecurrencePatternType, number>;
const ENDS = { date: 0x2021, count: 0x2022, never: 0x2023 } as const satisfies Record<RecurrenceEnd, number>;
/** EndType of a series without end, as some programs write it. */
const NEVER_TOO = 0xffff_ffff;

/** @throws MAPI_E_CORRUPT_DATA for bytes that are no pattern, or more dates than there are bytes */
export function readRecurrencePattern(reader: ByteReader): RecurrencePattern {
  const readerVersion = reader.u16();
  if (readerVersion !== VERSION) throw corrupt(`ReaderVersion is 0x${readerVersion.toString(16)}`);
  reader.u16(); // who wrote it
  const frequency = FREQUENCIES[reader.u16() - FREQUENCY_FIRST];
  const patternType = keyOf(PATTERN_TYPES, reader.u16());
  if (frequency === undefined || patternType === undefined) throw corrupt('the frequency or the type is unknown');
  const calendarType = reader.u16();
  const [firstDateTime, period, slidingFlag] = [reader.u32(), reader.u32(), reader.u32()];
  const specific = readSpecific(reader, patternType);
  const endType = reader.u32();
  const end = endType === NEVER_TOO ? 'never' : keyOf(ENDS, endType);
  if (end === undefined) throw corrupt(`EndType is 0x${endType.toString(16)}`);
  return {
    frequency,
    patternType,
    calendarType,
    firstDateTime,
    period,
    slidingFlag,
    ...specific,
    end,
    occurrenceCount: reader.u32(),
    firstDayOfWeek: reader.u32(),
    deletedDates: readDates(reader),
    modifiedDates: readDates(reader),
    startDate: reader.u32(),
    endDate: reader.u32(),
  };
}

export function writeRecurrencePattern(writer: ByteWriter, pattern: RecurrencePattern): void {
  writer.u16(VERSION).u16(VERSION);
  writer.u16(FREQUENCY_FIRST + FREQUENCIES.indexOf(pattern.frequency)).u16(PATTERN_TYPES[pattern.patternType]);
  writer.u16(pattern.calendarType);
  writer.u32(pattern.firstDateTime).u32(pattern.period).u32(pattern.slidingFlag);
  const { patternType, days, day, nth } = pattern;
  if (patternType === 'week') writer.u32(days);
  else if (isNth(patternType)) writer.u32(days).u32(nth);
  else if (patternType !== 'day') writer.u32(day);
  writer.u32(ENDS[pattern.end]).u32(pattern.occurrenceCount).u32(pattern.firstDayOfWeek);
  for (const dates of [pattern.deletedDates, pattern.modifiedDates]) {
    writer.u32(dates.length);
    for (const date of dates) writer.u32(date);
  }
  writer.u32(pattern.startDate).u32(pattern.endDate);
}

function readSpecific(
  reader: ByteReader,
  type: RecurrencePatternType,
): Pick<RecurrencePattern, 'days' | 'day' | 'nth'> {
  if (type === 'day') return { days: 0, day: 0, nth: 0 };
  if (type === 'week') return { days: reader.u32(), day: 0, nth: 0 };
  if (isNth(type)) return { days: reader.u32(), day: 0, nth: reader.u32() };
  return { days: 0, day: reader.u32(), nth: 0 };
}

function isNth(type: RecurrencePatternType): boolean {
  return type === 'monthNth' || type === 'hjMonthNth';
}

function readDates(reader: ByteReader): readonly number[] {
  const count = reader.u32();
  if (count * 4 > reader.remaining) throw corrupt(`${count} dates in ${reader.remaining} bytes`);
  return Array.from({ length: count }, () => reader.u32());
}

function keyOf<K extends string>(table: Readonly<Record<K, number>>, value: number): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}

function corrupt(detail: string): MapiError {
  return new MapiError('MAPI_E_CORRUPT_DATA', `recurrence pattern: ${detail}`);
}
