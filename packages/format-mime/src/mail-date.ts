/** Dates of mail, the broken ones too. RFC 5322 3.3 and 4.3 */
import { type FileTime, fileTimeFromMs, fileTimeToDate, MapiError } from '@nodemapi/base';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const ZONES: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

const DAY_FIRST = /(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s,-]+(\d{2,4})/i;
const MONTH_FIRST = /([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:,?\s+(\d{4})|.*?\s(\d{4}))/i;
const ISO = /(\d{4})-(\d\d?)-(\d\d?)/;
const TIME = /(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\.\d+)?\s*([ap]m)?/i;
const ZONE = /(?:^|[\s\d])([+-])(\d{1,2}):?(\d\d)\b|\b([a-z]{1,5})\b/gi;

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly rest: string;
}

/**
 * The time of a Date header; undefined if it names none.
 *
 * Comments, two-digit years, missing seconds and zones, zone names, asctime and ISO forms are understood; a time without
 * a zone, or with an unknown one, counts as UTC.
 */
export function parseMailDate(header: string): FileTime | undefined {
  const text = header.replaceAll(/\([^()]*\)/g, ' ');
  const day = dayOf(text);
  if (day === undefined || day.month < 0 || day.month > 11 || day.day < 1 || day.day > 31) return undefined;
  const time = TIME.exec(day.rest);
  const hours = time === null ? 0 : hourOf(Number(time[1]), time[4]);
  const minutes = Number(time?.[2] ?? 0);
  if (hours > 24 || minutes > 59) return undefined;
  const after = time === null ? '' : day.rest.slice(time.index + time[0].length);
  const date = new Date(0);
  date.setUTCFullYear(day.year, day.month, day.day);
  date.setUTCHours(hours, minutes - zoneMinutes(after), Math.min(Number(time?.[3] ?? 0), 59));
  try {
    return fileTimeFromMs(date.getTime());
  } catch (error) {
    if (MapiError.is(error)) return undefined; // before 1601
    throw error;
  }
}

/** A Date header's value, in UTC. */
export function formatMailDate(time: FileTime): string {
  const date = fileTimeToDate(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = MONTHS[date.getUTCMonth()] ?? '';
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  const name = month.charAt(0).toUpperCase() + month.slice(1);
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${name} ${year} ${clock} +0000`;
}

function dayOf(text: string): Day | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) return dayFrom(text, iso, Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const first = DAY_FIRST.exec(text);
  if (first !== null) return dayFrom(text, first, fullYear(first[3] ?? ''), monthOf(first[2]), Number(first[1]));
  const other = MONTH_FIRST.exec(text.replace(/^\s*[a-z]{3},?\s+(?=[a-z]{3}\s)/i, ''));
  if (other === null) return undefined;
  const year = Number(other[3] ?? other[4]);
  return { year, month: monthOf(other[1]), day: Number(other[2]), rest: text.replace(String(year), ' ') };
}

function dayFrom(text: string, match: RegExpExecArray, year: number, month: number, day: number): Day {
  const rest = text.slice(match.index + match[0].length);
  return { year, month, day, rest: TIME.test(rest) ? rest : text.slice(0, match.index) };
}

function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length >= 4) return year;
  return digits.length === 3 || year >= 50 ? 1900 + year : 2000 + year;
}

function monthOf(name: string | undefined): number {
  return MONTHS.indexOf((name ?? '').toLowerCase());
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

function zoneMinutes(text: string): number {
  for (const match of text.matchAll(ZONE)) {
    if (match[1] !== undefined) {
      const size = Number(match[2]) * 60 + Number(match[3]);
      return size >= 24 * 60 ? 0 : match[1] === '-' ? -size : size;
    }
    const hours = ZONES[(match[4] ?? '').toLowerCase()];
    if (hours !== undefined) return hours * 60;
  }
  return 0;
}
