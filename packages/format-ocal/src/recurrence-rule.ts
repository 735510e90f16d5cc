/** The rule of a series in a calendar, RRULE, as a pattern and back. [MS-OXCICAL] 2.1.3.2, RFC 5545 3.3.10 */
import { DAY_MINUTES, dateOf, dayOfMinutes, minutesOf } from './local-time.ts';
import { firstDateTimeOf, lastOccurrence, OCCURRENCES_MAX, occurrenceDays, type SeriesEnd } from './occurrences.ts';
import {
  ENDLESS_DATE,
  type RecurrenceFrequency,
  type RecurrencePattern,
  type RecurrencePatternType,
} from './recurrence-pattern.ts';

/** Why a rule has no pattern, for a person. */
export interface NoPattern {
  readonly reason: string;
}

/** What a rule of iCalendar leaves to the appointment that has it. */
export interface RuleContext {
  /** Start of the first event, in local minutes. */
  readonly start: number;
  /** Local minutes of an UNTIL in UTC. */
  readonly toLocal: (utc: number) => number;
}

/** OccurrenceCount of a series without end. [MS-OXOCAL] 2.2.1.44.1 */
const ENDLESS_COUNT = 10;
const MONDAY = 1;
const ALL_DAYS = 0x7f;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
const KNOWN = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTHDAY', 'BYMONTH', 'BYSETPOS', 'WKST']);
const INTERVAL_MAX = 99_999;

type Parts = ReadonlyMap<string, string>;
type Specific = Pick<RecurrencePattern, 'patternType' | 'days' | 'day' | 'nth'>;

/** The pattern of a rule such as `FREQ=WEEKLY;BYDAY=MO`; what MAPI has no pattern for is told why. */
export function patternOfRule(rule: string, context: RuleContext): RecurrencePattern | NoPattern {
  const parts: Parts = new Map(
    rule
      .toUpperCase()
      .split(';')
      .map((part) => part.split('=', 2) as [string, string]),
  );
  const unknown = [...parts.keys()].find((name) => !KNOWN.has(name));
  if (unknown !== undefined) return { reason: `its rule has ${unknown}` };
  const interval = Number(parts.get('INTERVAL') ?? 1);
  if (!Number.isInteger(interval) || interval < 1 || interval > INTERVAL_MAX)
    return { reason: 'its interval is no number' };
  const rhythm = rhythmOf(parts, interval, context);
  if ('reason' in rhythm) return rhythm;
  const startDate = dayOfMinutes(context.start);
  const firstDayOfWeek = Math.max(0, DAYS.indexOf((parts.get('WKST') ?? DAYS[MONDAY]) as 'MO'));
  const base = { ...rhythm, firstDayOfWeek, startDate };
  if (occurrenceDays(base).next().value !== startDate) return { reason: 'its first event is none of its rule' };
  const end = endOf(parts, context);
  if (end !== undefined && 'reason' in end) return end;
  const last = end === undefined ? undefined : lastOccurrence(base, end);
  if (end !== undefined && 'until' in end && end.until < startDate) return { reason: 'it ends before it begins' };
  return {
    ...base,
    calendarType: 0,
    firstDateTime: firstDateTimeOf(base),
    slidingFlag: 0,
    end: end === undefined || last === undefined ? 'never' : 'count' in end ? 'count' : 'date',
    occurrenceCount: last?.occurrenceCount ?? ENDLESS_COUNT,
    deletedDates: [],
    modifiedDates: [],
    endDate: last?.endDate ?? ENDLESS_DATE,
  };
}

type RhythmOfRule = Specific & { readonly frequency: RecurrenceFrequency; readonly period: number };

function rhythmOf(parts: Parts, interval: number, { start }: RuleContext): RhythmOfRule | NoPattern {
  const none = { days: 0, day: 0, nth: 0 };
  const days = daysOf(parts.get('BYDAY'));
  const frequency = parts.get('FREQ');
  const hasMonths = ['BYMONTH', 'BYMONTHDAY', 'BYSETPOS'].some((name) => parts.has(name));
  switch (frequency) {
    case 'DAILY':
      if (hasMonths || (days !== undefined && interval > 1)) return { reason: 'its rule by days has conditions' };
      if (days === undefined)
        return { frequency: 'daily', patternType: 'day', period: interval * DAY_MINUTES, ...none };
      return 'reason' in days
        ? days
        : { frequency: 'weekly', patternType: 'week', period: 1, ...none, days: days.bits };
    case 'WEEKLY': {
      if (hasMonths) return { reason: 'its rule by weeks has conditions' };
      if (days !== undefined && 'reason' in days) return days;
      if (days?.nth !== undefined) return { reason: 'its weeks have numbered days' };
      const bits = days?.bits ?? 1 << dateOf(start).getUTCDay();
      return { frequency: 'weekly', patternType: 'week', period: interval, ...none, days: bits };
    }
    case 'MONTHLY': {
      if (parts.has('BYMONTH')) return { reason: 'its rule by months has conditions' };
      const specific = monthOf(parts, start);
      return 'reason' in specific ? specific : { frequency: 'monthly', period: interval, ...specific };
    }
    case 'YEARLY': {
      const month = dateOf(start).getUTCMonth() + 1;
      if (Number(parts.get('BYMONTH') ?? month) !== month)
        return { reason: 'its months are not the one that it begins in' };
      if (parts.has('BYDAY') && !parts.has('BYMONTH')) return { reason: 'its days are counted in the year' };
      const specific = monthOf(parts, start);
      // [MS-OXCICAL] 2.1.3.2.2.5: Outlook has years between in no other way
      const written = interval === 1 ? 'yearly' : 'monthly';
      return 'reason' in specific ? specific : { frequency: written, period: interval * 12, ...specific };
    }
    default:
      return { reason: `its rule repeats ${(frequency ?? 'never').slice(0, 20)}` };
  }
}

/** A day of a month, by its number or by its place among the days of the week. */
function monthOf(parts: Parts, start: number): Specific | NoPattern {
  const days = daysOf(parts.get('BYDAY'));
  const date = parts.get('BYMONTHDAY');
  if (days === undefined) {
    const day = Number(date ?? dateOf(start).getUTCDate());
    if (parts.has('BYSETPOS') || !Number.isInteger(day) || day > 31 || day < -1 || day === 0)
      return { reason: 'its days of the month are more than one, or counted from the end' };
    return { patternType: 'month', days: 0, day: day === -1 ? 31 : day, nth: 0 };
  }
  if ('reason' in days) return days;
  const nth = days.nth ?? Number(parts.get('BYSETPOS'));
  const isNth = Number.isInteger(nth) && (nth === -1 || (nth >= 1 && nth <= 4));
  if (date !== undefined || !isNth || (days.nth !== undefined && parts.has('BYSETPOS')))
    return { reason: 'its days of the week have no single place in the month' };
  return { patternType: 'monthNth', days: days.bits, day: 0, nth: nth === -1 ? 5 : nth };
}

/** The bits of BYDAY, and the number of its day. */
function daysOf(
  text: string | undefined,
): { readonly bits: number; readonly nth: number | undefined } | NoPattern | undefined {
  if (text === undefined) return undefined;
  const found = text.split(',').map((each) => /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(each));
  const [first] = found;
  if (found.some((each) => each === null)) return { reason: 'its days of the week cannot be read' };
  const hasNumber = found.some((each) => each?.[1] !== undefined);
  if (hasNumber && found.length > 1) return { reason: 'it has several numbered days of the week' };
  const bits = found.reduce((all, each) => all | (1 << DAYS.indexOf(each?.[2] as 'SU')), 0);
  return { bits, nth: first?.[1] === undefined ? undefined : Number(first[1]) };
}

function endOf(parts: Parts, { toLocal }: RuleContext): SeriesEnd | NoPattern {
  const count = parts.get('COUNT');
  const until = parts.get('UNTIL');
  if (count !== undefined && until !== undefined) return { reason: 'it has two ends' };
  if (count !== undefined) {
    const number = Number(count);
    if (!Number.isInteger(number) || number < 1 || number > OCCURRENCES_MAX)
      return { reason: 'its count is no number' };
    return { count: number };
  }
  if (until === undefined) return undefined;
  const [, year, month, day, hour, minute, utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?$/.exec(until) ?? [];
  if (year === undefined || Number(year) < 1601) return { reason: 'its end is no date' };
  const local = minutesOf(Number(year), Number(month), Number(day), Number(hour ?? 23), Number(minute ?? 59));
  return { until: utc === undefined ? local : toLocal(local) };
}

/**
 * The rule of a pattern.
 *
 * @param until writes the time at which the last event begins, as UNTIL has it
 * @returns undefined for patterns that RRULE has no words for: other calendars, no period, no day, no event
 */
export function ruleOfPattern(pattern: RecurrencePattern, until: (day: number) => string): string | undefined {
  const { frequency, patternType, period, end, occurrenceCount, endDate } = pattern;
  if (!saysDays(pattern) || (end === 'count' && occurrenceCount < 1)) return undefined;
  if (period < 1 || patternType.startsWith('hj') || pattern.calendarType > MONDAY) return undefined;
  const isYearly = frequency === 'yearly' && period % 12 === 0;
  const interval = patternType === 'day' ? period / DAY_MINUTES : isYearly ? period / 12 : period;
  if (!Number.isInteger(interval)) return undefined;
  const parts = [
    `FREQ=${patternType === 'day' ? 'DAILY' : patternType === 'week' ? 'WEEKLY' : isYearly ? 'YEARLY' : 'MONTHLY'}`,
  ];
  if (end === 'count') parts.push(`COUNT=${occurrenceCount}`);
  if (end === 'date' && endDate !== ENDLESS_DATE) parts.push(`UNTIL=${until(endDate)}`);
  if (interval !== 1) parts.push(`INTERVAL=${interval}`);
  parts.push(...specificParts(pattern, isYearly));
  if (patternType === 'week' || pattern.firstDayOfWeek !== MONDAY)
    parts.push(`WKST=${DAYS[pattern.firstDayOfWeek % 7]}`);
  return parts.join(';');
}

/** Whether a pattern has the days that its type needs; damaged ones have none, and RRULE has no word for none. */
function saysDays({ patternType, days, day, nth }: RecurrencePattern): boolean {
  if (patternType === 'week') return (days & ALL_DAYS) !== 0;
  if (patternType === 'monthNth') return (days & ALL_DAYS) !== 0 && nth >= 1;
  return patternType !== 'month' || day >= 1;
}

function specificParts(
  { patternType, days, day, nth, startDate }: RecurrencePattern,
  isYearly: boolean,
): readonly string[] {
  const month = isYearly ? [`BYMONTH=${dateOf(startDate).getUTCMonth() + 1}`] : [];
  const names = DAYS.filter((_, index) => (days & (1 << index)) !== 0).join(',');
  const byType: Readonly<Partial<Record<RecurrencePatternType, readonly string[]>>> = {
    week: [`BYDAY=${names}`],
    month: [`BYMONTHDAY=${day >= 31 ? -1 : day}`, ...month],
    monthEnd: ['BYMONTHDAY=-1', ...month],
    monthNth: [`BYDAY=${names}`, `BYSETPOS=${nth >= 5 ? -1 : nth}`, ...month],
  };
  return byType[patternType] ?? [];
}
