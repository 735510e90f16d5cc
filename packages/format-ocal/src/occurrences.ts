/** The days of a series, and the numbers that a pattern has of them. [MS-OXOCAL] 2.2.1.44.1 */
import { DAY_MINUTES, dateOf, daysInMonth, minutesOf, monthStart, monthsOf, nthDay } from './local-time.ts';
import { ENDLESS_DATE, type RecurrencePattern } from './recurrence-pattern.ts';

/** Days that are counted at most; a series that takes longer is told to be endless. */
export const OCCURRENCES_MAX = 1_000_000;
/** Outlook knows no later year, so no series goes on after it. */
const LAST_MINUTE = minutesOf(4501, 1, 1) - 1;
const LAST_MONTH = monthsOf(LAST_MINUTE);
const WEEK_MINUTES = 7 * DAY_MINUTES;

type Rhythm = Pick<
  RecurrencePattern,
  'patternType' | 'period' | 'days' | 'day' | 'nth' | 'firstDayOfWeek' | 'startDate' | 'frequency'
>;

/** Days of the series in their order up to the year 4500, whenever it ends; none without a period, or by another calendar. */
export function* occurrenceDays(rhythm: Rhythm): Generator<number, void, undefined> {
  const { patternType, period, startDate } = rhythm;
  if (!(period > 0)) return;
  if (patternType === 'day') for (let day = startDate; day <= LAST_MINUTE; day += period) yield day;
  if (patternType === 'week') yield* weekly(rhythm);
  else if (!patternType.startsWith('hj')) yield* monthly(rhythm);
}

/** The first day of the week that a day lies in. */
function weekStart(minutes: number, firstDayOfWeek: number): number {
  return minutes - ((dateOf(minutes).getUTCDay() - firstDayOfWeek + 7) % 7) * DAY_MINUTES;
}

/** FirstDateTime, by which programs find out whether a day belongs to the series. [MS-OXOCAL] 2.2.1.44.1.1 */
export function firstDateTimeOf({ patternType, period, firstDayOfWeek, startDate }: Rhythm): number {
  if (patternType === 'day') return startDate % period;
  if (patternType === 'week') return weekStart(startDate, firstDayOfWeek) % (period * WEEK_MINUTES);
  return monthStart(monthsOf(startDate) % period);
}

/** How a series ends: after so many events, with the last one before a minute, or never. */
export type SeriesEnd = { readonly count: number } | { readonly until: number } | undefined;

/** The last day of a series and its number of events; undefined if it has no event, or takes too long to count. */
export function lastOccurrence(
  rhythm: Rhythm,
  end: Exclude<SeriesEnd, undefined>,
): { readonly endDate: number; readonly occurrenceCount: number } | undefined {
  let occurrenceCount = 0;
  let endDate = ENDLESS_DATE;
  for (const day of occurrenceDays(rhythm)) {
    if ('until' in end && day > end.until) return occurrenceCount === 0 ? undefined : { endDate, occurrenceCount };
    occurrenceCount++;
    endDate = day;
    if ('count' in end && occurrenceCount >= end.count) return { endDate, occurrenceCount };
    if (occurrenceCount >= OCCURRENCES_MAX) return undefined;
  }
  return undefined;
}

function* weekly({ period, days, firstDayOfWeek, startDate }: Rhythm): Generator<number, void, undefined> {
  if ((days & 0x7f) === 0) return;
  for (let week = weekStart(startDate, firstDayOfWeek); week <= LAST_MINUTE; week += period * WEEK_MINUTES) {
    for (let index = 0; index < 7; index++) {
      const day = week + index * DAY_MINUTES;
      if (day >= startDate && (days & (1 << ((firstDayOfWeek + index) % 7))) !== 0) yield day;
    }
  }
}

function* monthly(rhythm: Rhythm): Generator<number, void, undefined> {
  const { patternType, period, days, day, nth, startDate } = rhythm;
  const isNth = patternType === 'monthNth';
  if (isNth ? (days & 0x7f) === 0 || nth < 1 : patternType === 'month' && day < 1) return;
  for (let months = monthsOf(startDate); months <= LAST_MONTH; months += period) {
    const length = daysInMonth(months);
    const date = patternType === 'monthEnd' ? length : Math.min(day, length);
    const found = isNth ? nthDay(months, days, nth) : monthStart(months) + (date - 1) * DAY_MINUTES;
    if (found !== undefined && found >= startDate) yield found;
  }
}
