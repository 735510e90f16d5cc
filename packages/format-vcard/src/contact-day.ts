/** Days of a contact's life: midnight UTC, since nobody is born in a time zone of the reader. */
import { type FileTime, fileTimeFromMs, fileTimeToMs } from '@nodemapi/base';

/** The day that a card names, with or without dashes and time; undefined if it lacks a year, or is no day. */
export function dayOf(text: string): FileTime | undefined {
  const [, year, month, day] = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?$/.exec(text) ?? [];
  if (year === undefined || Number(year) < 1601) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const date = new Date(ms);
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isDay ? fileTimeFromMs(ms) : undefined;
}

const HALF_A_DAY_MS = 43_200_000;

/** The day as a card has it: `19800322`. Outlook stores midnight of its own zone, so the nearest midnight counts. */
export function dayText(time: FileTime): string {
  const nearest = new Date(fileTimeToMs(time) + HALF_A_DAY_MS);
  return nearest.toISOString().slice(0, 10).replaceAll('-', '');
}
