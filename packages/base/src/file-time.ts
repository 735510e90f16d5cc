import { MapiError } from './mapi-error.ts';

/** Ticks of 100 ns since 1601-01-01 UTC, from 0 to `FILETIME_MAX`. MAPI: FILETIME, PT_SYSTIME */
export type FileTime = bigint;

/** The last time that a signed 64-bit number holds, in the year 30828. */
export const FILETIME_MAX: FileTime = 0x7fff_ffff_ffff_ffffn;

const TICKS_PER_MS = 10_000n;
const MS_1601_TO_1970 = 11_644_473_600_000n;
const MINUTE_MS = 60_000;

const ISO = /^(\d{4}|\+\d{6})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?(?:Z|([+-])(\d\d):?(\d\d)))?$/;

/** @throws MAPI_E_INVALID_PARAMETER if `date` is invalid or lies outside the range of FileTime */
export function fileTimeFromDate(date: Date): FileTime {
  return fileTimeFromMs(date.getTime());
}

/** The Date of `time`, whose ticks below a millisecond are dropped. @throws MAPI_E_INVALID_PARAMETER outside the range */
export function fileTimeToDate(time: FileTime): Date {
  return new Date(fileTimeToMs(time));
}

/**
 * FileTime of milliseconds since 1970; a fraction counts to the tick.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `ms` is no finite number or lies outside the range of FileTime
 */
export function fileTimeFromMs(ms: number): FileTime {
  if (!Number.isFinite(ms)) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${ms} ms is no time`);
  const whole = Math.floor(ms);
  const ticks = BigInt(Math.round((ms - whole) * Number(TICKS_PER_MS)));
  return inRange((BigInt(whole) + MS_1601_TO_1970) * TICKS_PER_MS + ticks);
}

/** Whole milliseconds since 1970, rounded down. @throws MAPI_E_INVALID_PARAMETER outside the range */
export function fileTimeToMs(time: FileTime): number {
  return Number(inRange(time) / TICKS_PER_MS - MS_1601_TO_1970);
}

/**
 * ISO 8601 in UTC with three decimals, or seven where there are ticks below the millisecond.
 *
 * @throws MAPI_E_INVALID_PARAMETER outside the range
 */
export function fileTimeToIso(time: FileTime): string {
  const iso = fileTimeToDate(time).toISOString();
  const ticks = time % TICKS_PER_MS;
  return ticks === 0n ? iso : `${iso.slice(0, -1)}${ticks.toString().padStart(4, '0')}Z`;
}

/**
 * FileTime of an ISO 8601 date, or date and time with `Z` or an offset; up to seven decimals.
 *
 * @throws MAPI_E_INVALID_PARAMETER for any other text, a day that does not exist, or a time outside the range
 */
export function fileTimeFromIso(text: string): FileTime {
  const match = ISO.exec(text);
  if (match === null) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(text)} is no ISO 8601 time`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const asRead = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
  ];
  if ([year, month, day, hour, minute].some((part, index) => part !== asRead[index]) || second > 59) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(text)} does not exist in the calendar`);
  }
  const ms = BigInt(date.getTime() - offsetMs(match[8], match[9], match[10]));
  return inRange((ms + MS_1601_TO_1970) * TICKS_PER_MS + BigInt((match[7] ?? '').padEnd(7, '0')));
}

function offsetMs(sign: string | undefined, hours: string | undefined, minutes: string | undefined): number {
  if (sign === undefined) return 0;
  const size = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === '-' ? -size : size;
}

function inRange(time: FileTime): FileTime {
  if (time >= 0n && time <= FILETIME_MAX) return time;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `FILETIME ${time} is outside 0 to ${FILETIME_MAX}`);
}
