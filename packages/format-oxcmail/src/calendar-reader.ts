/**
 * What a calendar in a mail says of its meeting. [MS-OXCICAL] 2.1.3
 *
 * - The calendar itself stays the attachment that it came as, byte for byte: nothing is lost by what is not understood.
 * - Of a series the rule, the exceptions and the time zone are read; what of it MAPI has no words for is told.
 */
import { type FileTime, fileTimeFromMs } from '@nodemapi/base';
import ICAL, { type Component, type Property } from 'ical.js';
import { busyStatusOf, isDate, numberIn, reminderOf, textIn } from './calendar-event.ts';
import { readSeries, type Series } from './calendar-series.ts';
import { isPlainZone } from './calendar-zone.ts';

/** A calendar of more characters is none that a mail invites with. */
export const CALENDAR_CHARS_MAX = 1_048_576;

/** A meeting, as far as properties tell it. */
export interface Meeting {
  readonly messageClass: string;
  readonly uid: string | undefined;
  readonly summary: string | undefined;
  readonly location: string | undefined;
  readonly start: FileTime | undefined;
  readonly end: FileTime | undefined;
  readonly allDay: boolean;
  readonly sequence: number | undefined;
  /** olFree 0, olTentative 1, olBusy 2, olOutOfOffice 3 */
  readonly busyStatus: number;
  readonly isCancelled: boolean;
  readonly isCounter: boolean;
  /** The rule of a series, as it stands in the calendar. */
  readonly recurrence: string | undefined;
  /** The series as MAPI has it; undefined if it has no words for it. */
  readonly series: Series | undefined;
  /** Minutes before the start. */
  readonly reminder: number | undefined;
}

export interface ReadCalendar {
  readonly meeting: Meeting | undefined;
  /** What is in the calendar alone, for a person. */
  readonly problems: readonly string[];
}

const REPLIES: Readonly<Record<string, string>> = { ACCEPTED: 'Pos', DECLINED: 'Neg', TENTATIVE: 'Tent' };

/** Reads the text of a calendar. @param method of the part's Content-Type, for a calendar that names none */
export function readCalendar(text: string, method: string | undefined): ReadCalendar {
  const problems: string[] = [];
  try {
    const calendar = new ICAL.Component(ICAL.parse(text));
    const events = calendar.getAllSubcomponents('vevent');
    const event = events.find((each) => each.getFirstProperty('recurrence-id') === null) ?? events[0];
    if (event === undefined) return { meeting: undefined, problems: ['the calendar holds no event'] };
    const others = events.filter((each) => each !== event);
    const kind = (textIn(calendar, 'method') ?? method ?? 'PUBLISH').toUpperCase();
    return { meeting: meetingOf(calendar, event, others, kind, problems), problems };
  } catch (error) {
    // ical.js throws errors of many kinds at what is no calendar; whatever it is, the calendar is not understood
    return {
      meeting: undefined,
      problems: [`the calendar cannot be read: ${error instanceof Error ? error.message : ''}`],
    };
  }
}

function meetingOf(
  calendar: Component,
  event: Component,
  others: readonly Component[],
  method: string,
  problems: string[],
): Meeting {
  const start = timeIn(calendar, event, 'dtstart', problems);
  const end = endOf(calendar, event, start, problems);
  const recurrence = event.getFirstProperty('rrule')?.toICALString();
  const { series, left } = readSeries(calendar, event, others, problems);
  if (left > 0) problems.push(`${left} further events are in the calendar alone`);
  return {
    messageClass: classOf(event, method),
    uid: textIn(event, 'uid'),
    summary: textIn(event, 'summary'),
    location: textIn(event, 'location'),
    start,
    end,
    allDay: isDate(event.getFirstPropertyValue('dtstart')),
    sequence: numberIn(event, 'sequence'),
    busyStatus: busyStatusOf(event),
    isCancelled: method === 'CANCEL',
    isCounter: method === 'COUNTER',
    recurrence,
    series,
    reminder: reminderOf(event),
  };
}

function classOf(event: Component, method: string): string {
  if (method === 'CANCEL') return 'IPM.Schedule.Meeting.Canceled';
  if (method === 'REQUEST') return 'IPM.Schedule.Meeting.Request';
  if (method === 'COUNTER') return 'IPM.Schedule.Meeting.Resp.Tent';
  if (method !== 'REPLY') return 'IPM.Appointment';
  const status = event.getFirstProperty('attendee')?.getParameter('partstat');
  return `IPM.Schedule.Meeting.Resp.${REPLIES[String(status).toUpperCase()] ?? 'Tent'}`;
}

function endOf(
  calendar: Component,
  event: Component,
  start: FileTime | undefined,
  problems: string[],
): FileTime | undefined {
  const end = timeIn(calendar, event, 'dtend', problems);
  if (end !== undefined || start === undefined) return end;
  const duration = event.getFirstPropertyValue('duration');
  const day = isDate(event.getFirstPropertyValue('dtstart')) ? 86_400 : 0;
  const seconds = duration instanceof ICAL.Duration ? duration.toSeconds() : day;
  return start + BigInt(Math.trunc(seconds)) * 10_000_000n;
}

/** A time in a zone that the calendar does not describe is taken for UTC, and that is told. */
function timeIn(calendar: Component, event: Component, name: string, problems: string[]): FileTime | undefined {
  const property = event.getFirstProperty(name);
  const value = property?.getFirstValue();
  if (!(value instanceof ICAL.Time) || property === null) return undefined;
  const zone = property?.getParameter('tzid');
  if (zone !== undefined && !isPlainZone(calendar, String(zone))) {
    problems.push(
      `the time zone ${String(zone).slice(0, 60)} of ${name.toUpperCase()} is not described, the time is taken for UTC`,
    );
    return fileTimeFromMs(utcMs(property as Property));
  }
  return fileTimeFromMs(value.toUnixTime() * 1000);
}

/** What the digits say, without a zone. */
function utcMs(property: Property): number {
  const [, year, month, day, hour = '0', minute = '0', second = '0'] =
    /:(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?/.exec(property.toICALString()) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
