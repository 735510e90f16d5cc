/** Minutes since midnight of January 1, 1601, in the time zone of a series: how recurrences count. [MS-OXOCAL] 2.2.1.44 */
import type { ZoneChange, ZoneRule } from './time-zone.ts';

export const DAY_MINUTES = 1440;
/** Units of a FILETIME, which has the same beginning. */
export const MINUTE_TICKS = 600_000_000n;
const MINUTE_MS = 60_000;
const EPOCH_MS = Date.UTC(1601, 0, 1);

/** The minute of a date and time. */
export function minutesOf(year: number, month: number, day: number, hour = 0, minute = 0): number {
  return Math.floor((Date.UTC(year, month - 1, day, hour, minute) - EPOCH_MS) / MINUTE_MS);
}

/** The date and time of a minute, whose parts are those of UTC. */
export function dateOf(minutes: number): Date {
  return new Date(minutes * MINUTE_MS + EPOCH_MS);
}

/** Midnight before a minute. */
export function dayOfMinutes(minutes: number): number {
  return minutes - (((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES);
}

/** Months since January 1601. */
export function monthsOf(minutes: number): number {
  const date = dateOf(minutes);
  return (date.getUTCFullYear() - 1601) * 12 + date.getUTCMonth();
}

/** Midnight of the first day of a month, counted from January 1601. */
export function monthStart(months: number): number {
  return minutesOf(1601 + Math.floor(months / 12), (months % 12) + 1, 1);
}

export function daysInMonth(months: number): number {
  return (monthStart(months + 1) - monthStart(months)) / DAY_MINUTES;
}

/** The nth day of a month among the days of the week whose bits are set, 5 for the last; undefined if there is none. */
export function nthDay(months: number, days: number, nth: number): number | undefined {
  const first = monthStart(months);
  const found: number[] = [];
  for (let day = 0; day < daysInMonth(months); day++) {
    const minutes = first + day * DAY_MINUTES;
    if ((days & (1 << dateOf(minutes).getUTCDay())) !== 0) found.push(minutes);
  }
  return nth >= 5 ? found.at(-1) : found[nth - 1];
}

/** What has to be added to a local time for UTC, in minutes. A time that does not exist or exists twice is of one season. */
export function biasAt(rule: ZoneRule, local: number): number {
  const { bias, standardBias, daylightBias, toStandard, toDaylight } = rule;
  if (toStandard === undefined || toDaylight === undefined) return bias + standardBias;
  const year = dateOf(local).getUTCFullYear();
  const [daylight, standard] = [changeIn(year, toDaylight), changeIn(year, toStandard)];
  const isDaylight =
    daylight < standard ? local >= daylight && local < standard : local >= daylight || local < standard;
  return bias + (isDaylight ? daylightBias : standardBias);
}

/** The local time of a UTC time, both in minutes since 1601. */
export function localOfUtc(rule: ZoneRule, utc: number): number {
  const guess = utc - biasAt(rule, utc - rule.bias);
  return utc - biasAt(rule, guess);
}

/** The UTC time of a local time. */
export function utcOf(rule: ZoneRule, local: number): number {
  return local + biasAt(rule, local);
}

/** A change in the last second of a minute is one at its end. */
function changeIn(year: number, change: ZoneChange): number {
  const { month, dayOfWeek, nth, hour, minute, second = 0, milliseconds = 0 } = change;
  const months = (year - 1601) * 12 + month - 1;
  const rest = second + milliseconds > 0 ? 1 : 0;
  return (nthDay(months, 1 << dayOfWeek, nth) ?? monthStart(months)) + hour * 60 + minute + rest;
}
