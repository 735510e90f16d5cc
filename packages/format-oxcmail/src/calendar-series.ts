/**
 * A series of events as PidLidAppointmentRecur has it. [MS-OXCICAL] 2.1.3.2, [MS-OXOCAL] 2.2.1.44
 *
 * - All times are local ones of the zone in which the series begins; days without a zone are local everywhere.
 * - Events that were changed are exceptions, events that were taken out are deleted days.
 */
import {
  type AppointmentRecurrence,
  DAY_MINUTES,
  dayOfMinutes,
  localOfUtc,
  minutesOf,
  patternOfRule,
  type RecurrenceException,
  type RecurrencePattern,
  utcOf,
  type ZoneRule,
} from '@nodemapi/format-ocal';
import ICAL, { type Component, type Property, type Time } from 'ical.js';
import { busyStatusOf, isDate, reminderOf, textIn } from './calendar-event.ts';
import { zoneRuleOf } from './calendar-zone.ts';

export interface Series {
  readonly recurrence: AppointmentRecurrence;
  /** The zone of its times; undefined for days, and for times without a zone. */
  readonly zone: { readonly name: string; readonly rule: ZoneRule } | undefined;
}

export interface ReadSeries {
  readonly series: Series | undefined;
  /** Events of the calendar that are no part of the series. */
  readonly left: number;
}

/** Exceptions and deleted days of one series. */
const EXCEPTIONS_MAX = 10_000;
/** Minutes, and bytes of a text, that the fields of a recurrence have room for. [MS-OXOCAL] 2.2.1.44.2 */
const MINUTES_MAX = 0xffff_ffff;
const TEXT_CHARS_MAX = 0xffff - 1;
const UTC: ZoneRule = { bias: 0, standardBias: 0, daylightBias: 0, toStandard: undefined, toDaylight: undefined };

/** Reads the series that `event` begins; why there is none is told. @param others all other events of the calendar */
export function readSeries(
  calendar: Component,
  event: Component,
  others: readonly Component[],
  problems: string[],
): ReadSeries {
  const rules = event.getAllProperties('rrule');
  const none = { series: undefined, left: others.length };
  const hasDates = event.getFirstProperty('rdate') !== null;
  if (rules.length === 0 && !hasDates) return none;
  try {
    if (rules.length !== 1 || hasDates) throw new NoSeries('it has dates beside its rule');
    const reader = new SeriesReader(calendar, event);
    const series = reader.read((rules[0] as Property).toICALString().replace(/^RRULE:/i, ''), others);
    if (reader.isShortened) problems.push('in months that lack its day the series is on their last day');
    return { series, left: others.length - reader.taken };
  } catch (error) {
    if (!(error instanceof NoSeries)) throw error;
    problems.push(`the recurrence is in the calendar alone: ${error.message}`);
    return none;
  }
}

/** Why MAPI has no words for a series. */
class NoSeries extends Error {
  override readonly name = 'NoSeries';
}

class SeriesReader {
  readonly #calendar: Component;
  readonly #event: Component;
  readonly #zoneName: string | undefined;
  readonly #rule: ZoneRule | undefined;
  /** What the series says of all its events. */
  readonly #usual: EventFacts;
  /** Rules of other zones, by their names. */
  readonly #others = new Map<string, ZoneRule | undefined>();
  /** Whether a month may lack the day of the series, which then has another one than the calendar says. */
  isShortened = false;
  /** Events that are exceptions. */
  taken = 0;

  constructor(calendar: Component, event: Component) {
    this.#calendar = calendar;
    this.#event = event;
    this.#usual = factsOf(event);
    const start = event.getFirstProperty('dtstart');
    if (start === null || !(start.getFirstValue() instanceof ICAL.Time)) throw new NoSeries('it has no start');
    const named = start.getParameter('tzid');
    const isUtc = named === undefined && /Z$/i.test(start.toICALString());
    this.#zoneName = isUtc ? 'UTC' : named === undefined ? undefined : String(named).slice(0, 200);
    this.#rule = isUtc ? UTC : this.#zoneName === undefined ? undefined : zoneRuleOf(calendar, this.#zoneName);
    if (this.#zoneName !== undefined && this.#rule === undefined)
      throw new NoSeries('the rules of its time zone are not described, or not those of a zone');
  }

  read(rule: string, others: readonly Component[]): Series {
    const start = this.#localIn(this.#event, 'dtstart') as number;
    const pattern = patternOfRule(rule, { start, toLocal: (utc) => this.#toLocal(utc) });
    if ('reason' in pattern) throw new NoSeries(pattern.reason);
    this.isShortened = pattern.patternType === 'month' && pattern.day > 28 && !/BYMONTHDAY=-1/i.test(rule);
    const startTimeOffset = start - dayOfMinutes(start);
    const length = this.#lengthOf(this.#event, start);
    const exceptions = this.#exceptions(others, length, startTimeOffset);
    const deleted = [...this.#excluded(), ...exceptions.map(({ originalStart }) => dayOfMinutes(originalStart))];
    const modified = exceptions.map((each) => dayOfMinutes(each.start));
    const dated: RecurrencePattern = { ...pattern, deletedDates: ordered(deleted), modifiedDates: ordered(modified) };
    const recurrence = { pattern: dated, startTimeOffset, endTimeOffset: startTimeOffset + length, exceptions };
    if (!hasRoom(recurrence)) throw new NoSeries('a time or a text of it is out of range');
    const zone =
      this.#zoneName === undefined || this.#rule === undefined ? undefined : { name: this.#zoneName, rule: this.#rule };
    return { recurrence, zone };
  }

  #exceptions(others: readonly Component[], length: number, startTimeOffset: number): RecurrenceException[] {
    const { uid } = this.#usual;
    const found: RecurrenceException[] = [];
    for (const other of others) {
      const original = this.#localIn(other, 'recurrence-id');
      const start = this.#localIn(other, 'dtstart');
      const range = other.getFirstProperty('recurrence-id')?.getParameter('range');
      if (original === undefined || start === undefined || range !== undefined || textIn(other, 'uid') !== uid)
        continue;
      if (found.length >= EXCEPTIONS_MAX) throw new NoSeries(`it has more than ${EXCEPTIONS_MAX} exceptions`);
      const isDay = isDate(other.getFirstPropertyValue('recurrence-id'));
      const originalStart = isDay ? original + startTimeOffset : original;
      const end = start + this.#lengthOf(other, start, length);
      found.push({ start, end, originalStart, ...this.#differences(other) });
      this.taken++;
    }
    return found.sort((a, b) => a.start - b.start);
  }

  /** What an event has that the series has not. */
  #differences(other: Component): Partial<RecurrenceException> {
    const usual = this.#usual;
    const { subject, location, reminder, busyStatus, subType } = factsOf(other);
    return {
      ...(subject === usual.subject ? {} : { subject: subject ?? '' }),
      ...(location === usual.location ? {} : { location: location ?? '' }),
      ...((reminder === undefined) === (usual.reminder === undefined) ? {} : { reminderSet: reminder !== undefined }),
      ...(reminder === undefined || reminder === usual.reminder ? {} : { reminderDelta: reminder }),
      ...(busyStatus === usual.busyStatus ? {} : { busyStatus }),
      ...(subType === usual.subType ? {} : { subType }),
    };
  }

  /** Days whose event was taken out. */
  #excluded(): readonly number[] {
    const values = this.#event
      .getAllProperties('exdate')
      .flatMap((property) => property.getValues().map((value) => this.#local(property, value)));
    const days = values.flatMap((value) => (value === undefined ? [] : [dayOfMinutes(value)]));
    if (days.length > EXCEPTIONS_MAX) throw new NoSeries(`it lacks ${days.length} days`);
    return days;
  }

  /** Minutes that an event takes. */
  #lengthOf(event: Component, start: number, otherwise?: number): number {
    const end = this.#localIn(event, 'dtend');
    if (end !== undefined) return Math.max(0, end - start);
    const duration = event.getFirstPropertyValue('duration');
    if (duration instanceof ICAL.Duration) return Math.max(0, Math.round(duration.toSeconds() / 60));
    return otherwise ?? (isDate(event.getFirstPropertyValue('dtstart')) ? DAY_MINUTES : 0);
  }

  #localIn(event: Component, name: string): number | undefined {
    const property = event.getFirstProperty(name);
    return property === null ? undefined : this.#local(property, property.getFirstValue());
  }

  /** A time as local minutes of the series. */
  #local(property: Property, value: unknown): number | undefined {
    if (!(value instanceof ICAL.Time)) return undefined;
    const zone = property.getParameter('tzid');
    if (value.isDate || (zone !== undefined && String(zone) === this.#zoneName)) return digitsOf(value);
    const isUtc = zone === undefined && value.zone?.tzid === 'UTC';
    if (zone === undefined && !isUtc) return digitsOf(value);
    const rule = isUtc ? UTC : this.#ruleOf(String(zone));
    if (rule === undefined) throw new NoSeries('a time is in a zone that is not described');
    return this.#toLocal(utcOf(rule, digitsOf(value)));
  }

  #ruleOf(zone: string): ZoneRule | undefined {
    if (!this.#others.has(zone)) this.#others.set(zone, zoneRuleOf(this.#calendar, zone));
    return this.#others.get(zone);
  }

  #toLocal(utc: number): number {
    return this.#rule === undefined ? utc : localOfUtc(this.#rule, utc);
  }
}

function digitsOf({ year, month, day, hour, minute }: Time): number {
  return minutesOf(year, month, day, hour, minute);
}

function ordered(days: readonly number[]): readonly number[] {
  return [...new Set(days)].filter((day) => day >= 0 && day <= MINUTES_MAX).sort((a, b) => a - b);
}

/** What an event may have of its own, read once: calendars have thousands of events, and events thousands of lines. */
interface EventFacts {
  readonly uid: string | undefined;
  readonly subject: string | undefined;
  readonly location: string | undefined;
  readonly reminder: number | undefined;
  readonly busyStatus: number;
  readonly subType: boolean;
}

function factsOf(event: Component): EventFacts {
  return {
    uid: textIn(event, 'uid'),
    subject: textIn(event, 'summary'),
    location: textIn(event, 'location'),
    reminder: reminderOf(event),
    busyStatus: busyStatusOf(event),
    subType: isDate(event.getFirstPropertyValue('dtstart')),
  };
}

/** Whether every number and text has its place in PidLidAppointmentRecur: durations of a million years have none. */
function hasRoom({ pattern, startTimeOffset, endTimeOffset, exceptions }: AppointmentRecurrence): boolean {
  const minutes = [pattern.startDate, startTimeOffset, endTimeOffset];
  const texts: (string | undefined)[] = [];
  for (const { start, end, originalStart, reminderDelta = 0, subject, location } of exceptions) {
    minutes.push(start, end, originalStart, reminderDelta);
    texts.push(subject, location);
  }
  return (
    minutes.every((each) => each >= 0 && each <= MINUTES_MAX) &&
    texts.every((each) => (each?.length ?? 0) <= TEXT_CHARS_MAX)
  );
}
