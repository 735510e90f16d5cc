/** Writes a series as the events of a calendar: rule, time zone, taken-out days and exceptions. [MS-OXCICAL] 2.1.3 */
import { type FileTime, MapiError } from '@nodemapi/base';
import {
  type AppointmentRecurrence,
  DAY_MINUTES,
  dateOf,
  dayOfMinutes,
  decodeAppointmentRecurrence,
  decodeTimeZone,
  decodeTimeZoneDefinition,
  effectiveRule,
  MINUTE_TICKS,
  minutesOf,
  ruleOfPattern,
  utcOf,
  type ZoneChange,
  type ZoneRule,
} from '@nodemapi/format-ocal';

import ICAL, { type Component } from 'ical.js';

/** The properties that a series is written from, as they are in the message. */
export interface SeriesValues {
  readonly recurrence: unknown;
  readonly zone: unknown;
  readonly zoneDefinition: unknown;
  readonly zoneName: unknown;
  readonly allDay: boolean;
  readonly start: FileTime;
}

/** A series that can be written. */
export interface WrittenSeries {
  /** RRULE without its name. */
  readonly rule: string;
  readonly exceptionCount: number;
  /** Sets the times of the series in its event. */
  setTimes(event: Component): void;
  /** The events that differ, each a copy of the series with what it has of its own. */
  exceptions(copy: () => Component): readonly Component[];
  readonly zone: Component | undefined;
}

const BUSY: readonly string[] = ['FREE', 'TENTATIVE', 'BUSY', 'OOF'];
const DAYS: readonly string[] = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** Exceptions of one series that are written. */
const EXCEPTIONS_MAX = 10_000;
/** Minutes before the year 9999: what four digits of a year can say, whatever the time zone. */
const LAST_MINUTE = minutesOf(9999, 1, 1);

/** Takes what the calendar does not say of the series. */
export type TellOfSeries = (detail: string) => void;

/** @returns undefined if the message has no series, or one that a calendar has no words for, which is told */
export function seriesOf(values: SeriesValues, tell: TellOfSeries): WrittenSeries | undefined {
  const found = read(values.recurrence, 'the recurrence', decodeAppointmentRecurrence, tell);
  if (found === undefined) return undefined;
  const { recurrence, problems } = found;
  const { exceptions, pattern } = recurrence;
  for (const problem of problems) tell(`the recurrence is damaged: ${problem}`);
  const writer = new SeriesWriter(recurrence, values, tell);
  const isTooLong = exceptions.length > EXCEPTIONS_MAX;
  const rule = isTooLong || !writer.hasTimes() ? undefined : ruleOfPattern(pattern, (day) => writer.untilText(day));
  if (rule === undefined) {
    const why = isTooLong ? `it has ${exceptions.length} exceptions` : 'a calendar has no words for its rule or times';
    tell(`the series is written as its first meeting: ${why}`);
    return undefined;
  }
  return {
    rule,
    exceptionCount: exceptions.length,
    setTimes: (event) => writer.setTimes(event),
    exceptions: (copy) => writer.exceptions(copy),
    zone: writer.zoneComponent(),
  };
}

class SeriesWriter {
  readonly #recurrence: AppointmentRecurrence;
  readonly #allDay: boolean;
  readonly #rule: ZoneRule;
  readonly #zoneName: string;
  readonly #tell: TellOfSeries;

  constructor(recurrence: AppointmentRecurrence, values: SeriesValues, tell: TellOfSeries) {
    this.#recurrence = recurrence;
    this.#allDay = values.allDay;
    this.#tell = tell;
    const damages: string[] = [];
    const note = (detail: string): void => void damages.push(detail);
    const definition = read(values.zoneDefinition, 'the time zone', decodeTimeZoneDefinition, note);
    const known = (definition && effectiveRule(definition)) ?? read(values.zone, 'the time zone', decodeTimeZone, note);
    // one of the two is enough
    if (known === undefined) for (const detail of damages) tell(detail);
    this.#rule = known ?? this.#fixedZone(values.start);
    const name = definition?.keyName || (typeof values.zoneName === 'string' ? values.zoneName : '');
    this.#zoneName = name.replaceAll(/[\p{Cc}";:,]/gu, ' ').trim() || 'Zone of the series';
  }

  /** Without a zone: what the start in UTC and the start in the series differ by. */
  #fixedZone(start: FileTime): ZoneRule {
    const bias = Number(start / MINUTE_TICKS) - this.#first;
    return { bias, standardBias: 0, daylightBias: 0, toStandard: undefined, toDaylight: undefined };
  }

  get #first(): number {
    return this.#recurrence.pattern.startDate + this.#recurrence.startTimeOffset;
  }

  get #isUtc(): boolean {
    const { bias, standardBias, toStandard, toDaylight } = this.#rule;
    return bias + standardBias === 0 && (toStandard === undefined || toDaylight === undefined);
  }

  /** Whether each time is one of a calendar; those of damaged messages are not. */
  hasTimes(): boolean {
    const { pattern, startTimeOffset, endTimeOffset, exceptions } = this.#recurrence;
    const ends = exceptions.flatMap(({ start, end, originalStart }) => [start, end, originalStart]);
    const days = pattern.end === 'date' ? [...pattern.deletedDates, pattern.endDate] : pattern.deletedDates;
    const times = [
      ...ends,
      ...days.map((day) => day + startTimeOffset),
      this.#first,
      pattern.startDate + endTimeOffset,
    ];
    const { bias, standardBias, daylightBias } = this.#rule;
    return (
      times.every((each) => each < LAST_MINUTE) &&
      [bias + standardBias, bias + daylightBias].every((each) => Math.abs(each) < DAY_MINUTES)
    );
  }

  /** The last start in UTC, as RFC 5545 3.3.10 wants it. */
  untilText(day: number): string {
    if (this.#allDay) return dateText(day);
    return `${timeText(utcOf(this.#rule, day + this.#recurrence.startTimeOffset))}Z`;
  }

  setTimes(event: Component): void {
    const { pattern, startTimeOffset, endTimeOffset, exceptions } = this.#recurrence;
    this.#setTime(event, 'DTSTART', this.#first);
    this.#setTime(event, 'DTEND', this.#first - startTimeOffset + endTimeOffset);
    const changed = new Set(exceptions.map(({ originalStart }) => dayOfMinutes(originalStart)));
    for (const day of pattern.deletedDates)
      if (!changed.has(day)) this.#addTime(event, 'EXDATE', day + startTimeOffset);
  }

  exceptions(copy: () => Component): readonly Component[] {
    return this.#recurrence.exceptions.map((exception) => {
      const event = copy();
      const { subject, location, busyStatus, reminderSet, reminderDelta } = exception;
      this.#addTime(event, 'RECURRENCE-ID', exception.originalStart);
      this.#setTime(event, 'DTSTART', exception.start, exception.subType ?? this.#allDay);
      this.#setTime(event, 'DTEND', exception.end, exception.subType ?? this.#allDay);
      if (subject !== undefined) event.updatePropertyWithValue('summary', subject);
      if (location !== undefined) event.updatePropertyWithValue('location', location);
      const busy = busyStatus === undefined ? undefined : BUSY[busyStatus];
      if (busy !== undefined) event.updatePropertyWithValue('x-microsoft-cdo-busystatus', busy);
      else if (busyStatus !== undefined) this.#tell(`an exception has the busy status ${busyStatus}`);
      if (reminderSet === false) event.removeAllSubcomponents('valarm');
      const alarm = event.getFirstSubcomponent('valarm');
      if (reminderDelta !== undefined && reminderDelta < 2 ** 31)
        alarm?.updatePropertyWithValue('trigger', ICAL.Duration.fromSeconds(-60 * reminderDelta));
      return event;
    });
  }

  /** undefined for UTC, which needs no description, and where there are days alone */
  zoneComponent(): Component | undefined {
    const isTimed = !this.#allDay || this.#recurrence.exceptions.some(({ subType }) => subType === false);
    if (this.#isUtc || !isTimed) return undefined;
    const { bias, standardBias, daylightBias, toStandard, toDaylight } = this.#rule;
    const zone = new ICAL.Component('vtimezone');
    zone.updatePropertyWithValue('tzid', this.#zoneName);
    const isChanged = toStandard !== undefined && toDaylight !== undefined;
    const [standard, daylight] = [bias + standardBias, bias + daylightBias];
    zone.addSubcomponent(
      phase('standard', isChanged ? daylight : standard, standard, isChanged ? toStandard : undefined),
    );
    if (isChanged) zone.addSubcomponent(phase('daylight', standard, daylight, toDaylight));
    return zone;
  }

  #setTime(event: Component, name: string, local: number, asDate: boolean = this.#allDay): void {
    event.removeAllProperties(name.toLowerCase());
    this.#addTime(event, name, local, asDate);
  }

  #addTime(event: Component, name: string, local: number, asDate: boolean = this.#allDay): void {
    const text = asDate
      ? `${name};VALUE=DATE:${dateText(local)}`
      : this.#isUtc
        ? `${name}:${timeText(local)}Z`
        : `${name};TZID=${this.#zoneName}:${timeText(local)}`;
    event.addProperty(ICAL.Property.fromString(text));
  }
}

/** One of the two seasons of a zone. */
function phase(name: 'standard' | 'daylight', from: number, to: number, change: ZoneChange | undefined): Component {
  const component = new ICAL.Component(name);
  const { month = 1, dayOfWeek = 0, nth = 1, hour = 0, minute = 0 } = change ?? {};
  const time = [hour, minute, 0].map((each) => String(each).padStart(2, '0')).join('');
  component.addProperty(ICAL.Property.fromString(`DTSTART:16010101T${time}`));
  if (change !== undefined) {
    const day = `${nth >= 5 ? -1 : nth}${DAYS[dayOfWeek]}`;
    component.addProperty(ICAL.Property.fromString(`RRULE:FREQ=YEARLY;BYDAY=${day};BYMONTH=${month}`));
  }
  component.addProperty(ICAL.Property.fromString(`TZOFFSETFROM:${offsetText(from)}`));
  component.addProperty(ICAL.Property.fromString(`TZOFFSETTO:${offsetText(to)}`));
  return component;
}

/** Minutes west of Greenwich as what is written of them: east of it is positive. */
function offsetText(bias: number): string {
  const minutes = Math.abs(bias) % (24 * 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${bias > 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function timeText(minutes: number): string {
  return dateOf(minutes).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
}

function dateText(minutes: number): string {
  return timeText(minutes).slice(0, 8);
}

/** What stands in a property; undefined if it is not there, or damaged, which is told: the calendar goes without. */
function read<T>(value: unknown, name: string, decode: (bytes: Uint8Array) => T, tell: TellOfSeries): T | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    return decode(value);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    tell(`${name} is damaged: ${error.detail}`);
    return undefined;
  }
}
