/** Writes the calendar of a meeting that has none: what its properties say. [MS-OXCICAL] 2.1.3 */
import { type FileTime, fileTimeToDate, MapiError } from '@nodemapi/base';
import {
  type IMessage,
  isPropError,
  MAPI_CC,
  MAPI_TO,
  type NamedProperty,
  PidLidAppointmentEndWhole,
  PidLidAppointmentRecur,
  PidLidAppointmentSequence,
  PidLidAppointmentStartWhole,
  PidLidAppointmentSubType,
  PidLidAppointmentTimeZoneDefinitionRecur,
  PidLidBusyStatus,
  PidLidGlobalObjectId,
  PidLidIntendedBusyStatus,
  PidLidLocation,
  PidLidRecurrencePattern,
  PidLidReminderDelta,
  PidLidReminderSet,
  PidLidTimeZoneDescription,
  PidLidTimeZoneStruct,
  PR_CLIENT_SUBMIT_TIME,
  PR_MESSAGE_CLASS,
  PR_SUBJECT,
  type PropTag,
  type PropType,
  PT_BINARY,
  propId,
  propType,
  tag,
} from '@nodemapi/mapi';
import ICAL, { type Component } from 'ical.js';
import { correspondent } from './address-props.ts';
import { SENDER, SENT_REPRESENTING } from './address-roles.ts';
import { nameOf } from './calendar-props.ts';
import { type SeriesValues, seriesOf, type TellOfSeries, type WrittenSeries } from './calendar-series-writer.ts';
import type { TellOfMessage } from './diagnostic.ts';
import { uidOf } from './global-object-id.ts';
import { messageText } from './message-text.ts';
import { propSource, readSource } from './prop-source.ts';
import { readRecipients } from './recipients.ts';

const METHODS: readonly (readonly [RegExp, string, string | undefined])[] = [
  [/^IPM\.Schedule\.Meeting\.Request/i, 'REQUEST', undefined],
  [/^IPM\.Schedule\.Meeting\.Canceled/i, 'CANCEL', undefined],
  [/^IPM\.Schedule\.Meeting\.Resp\.Pos/i, 'REPLY', 'ACCEPTED'],
  [/^IPM\.Schedule\.Meeting\.Resp\.Neg/i, 'REPLY', 'DECLINED'],
  [/^IPM\.Schedule\.Meeting\.Resp\.Tent/i, 'REPLY', 'TENTATIVE'],
  [/^IPM\.Appointment(?:\.|$)/i, 'PUBLISH', undefined],
];
/** Characters that the exceptions of a series may repeat of it. */
const COPIED_CHARS_MAX = 16 << 20;
/** A series with more exceptions than anybody has fits. */
const VALUE_BYTES_MAX = 16 << 20;
const BUSY: readonly string[] = ['FREE', 'TENTATIVE', 'BUSY', 'OOF'];

const NAMED = {
  start: PidLidAppointmentStartWhole,
  end: PidLidAppointmentEndWhole,
  location: PidLidLocation,
  sequence: PidLidAppointmentSequence,
  allDay: PidLidAppointmentSubType,
  busy: PidLidBusyStatus,
  intended: PidLidIntendedBusyStatus,
  id: PidLidGlobalObjectId,
  pattern: PidLidRecurrencePattern,
  recurrence: PidLidAppointmentRecur,
  zone: PidLidTimeZoneStruct,
  zoneDefinition: PidLidAppointmentTimeZoneDefinitionRecur,
  zoneName: PidLidTimeZoneDescription,
  reminderSet: PidLidReminderSet,
  reminder: PidLidReminderDelta,
} as const satisfies Record<string, NamedProperty>;

/** A calendar, and the METHOD of it. */
export interface WrittenCalendar {
  readonly method: string;
  readonly text: string;
}

/** Whether a calendar is written of the message: it is a meeting that has a time. */
export async function isWrittenMeeting(message: IMessage): Promise<boolean> {
  const [messageClass = ''] = (await message.getProps([PR_MESSAGE_CLASS])).values;
  if (!METHODS.some(([pattern]) => pattern.test(messageClass))) return false;
  const [id] = await message.getIDsFromNames([nameOf(PidLidAppointmentStartWhole)]);
  if (id === undefined || propId(id) === 0) return false;
  const start = (await message.getProps([tag(propId(id), PidLidAppointmentStartWhole.type)])).values[0];
  return start !== undefined;
}

/**
 * The calendar of a meeting; undefined if the message is none, or says nothing of its time.
 *
 * @param tellOf takes what the calendar does not say of the meeting
 */
export async function calendarOf(
  message: IMessage,
  tellOf: TellOfMessage | undefined,
): Promise<WrittenCalendar | undefined> {
  const tell = (detail: string): void => tellOf?.('calendarInPart', detail, { loss: true });
  const [messageClass = '', subject, submitted] = (
    await message.getProps([PR_MESSAGE_CLASS, PR_SUBJECT, PR_CLIENT_SUBMIT_TIME])
  ).values;
  const found = METHODS.find(([pattern]) => pattern.test(messageClass));
  if (found === undefined) return undefined;
  const [, method, status] = found;
  const values = await namedValues(message, tell);
  const { start, end } = values;
  if (typeof start !== 'bigint') {
    tell('the meeting has no time, so there is no calendar');
    return undefined;
  }
  const event = new ICAL.Component('vevent');
  const set = (name: string, value: unknown): void =>
    void (value !== undefined && value !== '' && event.updatePropertyWithValue(name, value));
  set('uid', values.id instanceof Uint8Array ? uidOf(values.id) : undefined);
  set('dtstamp', timeOf(submitted ?? start, false));
  set('dtstart', timeOf(start, values.allDay === true));
  set('dtend', typeof end === 'bigint' ? timeOf(end, values.allDay === true) : undefined);
  set('summary', subject);
  set('location', values.location);
  set('sequence', values.sequence);
  if (method === 'CANCEL') set('status', 'CANCELLED');
  const busyStatus = Number(values.intended ?? values.busy ?? 2);
  const busy = BUSY[busyStatus];
  if (busy === undefined) tell(`the busy status ${busyStatus}`);
  set('transp', busy === 'FREE' && method !== 'CANCEL' ? 'TRANSPARENT' : 'OPAQUE');
  set('x-microsoft-cdo-busystatus', busy);
  set('description', await messageText(message));
  const series = seriesOf({ ...values, allDay: values.allDay === true, start } as SeriesValues, tell);
  if (series === undefined && typeof values.pattern === 'string') setRecurrence(event, values.pattern);
  if (series !== undefined) event.addProperty(ICAL.Property.fromString(`RRULE:${series.rule}`));
  if (values.reminderSet === true && method !== 'CANCEL') addAlarm(event, Number(values.reminder ?? 0));
  await addPeople(message, event, status, tell);
  const calendar = new ICAL.Component(['vcalendar', [], []]);
  for (const [name, value] of [
    ['prodid', '-//nodemapi//EN'],
    ['version', '2.0'],
    ['method', method],
  ] as const)
    calendar.updatePropertyWithValue(name, value);
  if (series?.zone !== undefined) calendar.addSubcomponent(series.zone);
  calendar.addSubcomponent(event);
  for (const exception of exceptionsOf(series, event, method, tell)) calendar.addSubcomponent(exception);
  series?.setTimes(event);
  return { method, text: `${calendar.toString()}\r\n` };
}

/** Events of a series that differ; an answer or a cancellation is about all of them. */
function exceptionsOf(
  series: WrittenSeries | undefined,
  event: Component,
  method: string,
  tell: TellOfSeries,
): readonly Component[] {
  if (series === undefined || (method !== 'REQUEST' && method !== 'PUBLISH')) return [];
  const text = JSON.stringify(event.toJSON());
  const isBare = series.exceptionCount * text.length > COPIED_CHARS_MAX;
  if (isBare) tell(`the ${series.exceptionCount} exceptions do not repeat what the series says`);
  return series.exceptions(() => {
    if (isBare) return bareCopy(event);
    const copy = new ICAL.Component(JSON.parse(text));
    copy.removeAllProperties('rrule');
    return copy;
  });
}

/** What ties an event to its series: a long description is not written ten thousand times. */
function bareCopy(event: Component): Component {
  const copy = new ICAL.Component('vevent');
  for (const name of ['uid', 'dtstamp', 'sequence']) {
    const value = event.getFirstPropertyValue(name);
    if (value !== null && value !== undefined) copy.updatePropertyWithValue(name, value);
  }
  return copy;
}

async function namedValues(
  message: IMessage,
  tell: TellOfSeries,
): Promise<Partial<Record<keyof typeof NAMED, unknown>>> {
  const entries = Object.entries(NAMED) as [keyof typeof NAMED, NamedProperty<PropType>][];
  const ids = await message.getIDsFromNames(entries.map(([, name]) => nameOf(name)));
  const wanted = entries.flatMap(([key, { type }], index) => {
    const id = ids[index];
    return id === undefined ? [] : [{ key, tag: tag(propId(id), type) }];
  });
  if (wanted.length === 0) return {};
  const values: Partial<Record<keyof typeof NAMED, unknown>> = {};
  const { props } = await message.getProps(wanted.map((each) => each.tag));
  for (const [index, value] of props.entries()) {
    const { key, tag: propTag } = wanted[index] as (typeof wanted)[number];
    if (!isPropError(value)) values[key] = value.value;
    else if (propType(propTag) === PT_BINARY) {
      const large = await largeValue(message, propTag as PropTag<Uint8Array>);
      if (large === 'tooBig') tell(`the value of ${key} has more than ${VALUE_BYTES_MAX} bytes`);
      else values[key] = large;
    }
  }
  return values;
}

async function largeValue(message: IMessage, propTag: PropTag<Uint8Array>): Promise<Uint8Array | 'tooBig' | undefined> {
  const source = await propSource(message, propTag);
  if (source === undefined) return undefined;
  try {
    return await readSource(source, VALUE_BYTES_MAX);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_TOO_BIG')) return 'tooBig';
    throw error;
  }
}

function timeOf(time: FileTime, asDate: boolean): unknown {
  const date = fileTimeToDate(time);
  return asDate ? ICAL.Time.fromDateString(date.toISOString().slice(0, 10)) : ICAL.Time.fromJSDate(date, true);
}

/** A rule that was read from a calendar is written as one; in other words it is for people. */
function setRecurrence(event: Component, pattern: string): void {
  const rule = /^RRULE:([A-Z0-9=;,+:-]{1,500})$/i.exec(pattern)?.[1];
  if (rule === undefined) event.updatePropertyWithValue('comment', pattern);
  else event.addProperty(ICAL.Property.fromString(`RRULE:${rule}`));
}

function addAlarm(event: Component, minutes: number): void {
  const alarm = new ICAL.Component('valarm');
  alarm.updatePropertyWithValue('action', 'DISPLAY');
  alarm.updatePropertyWithValue('description', 'Reminder');
  alarm.updatePropertyWithValue('trigger', ICAL.Duration.fromSeconds(-60 * Math.max(0, minutes)));
  event.addSubcomponent(alarm);
}

/** Who invites and who is invited; of an answer, who gives it. */
async function addPeople(
  message: IMessage,
  event: Component,
  status: string | undefined,
  tell: TellOfSeries,
): Promise<void> {
  const { props } = await message.getProps([...Object.values(SENT_REPRESENTING), ...Object.values(SENDER)]);
  const own = correspondent(props, SENT_REPRESENTING) ?? correspondent(props, SENDER);
  const recipients = await readRecipients(message);
  const person = (kind: string, who: typeof own, parameters: Readonly<Record<string, string>> = {}): void => {
    if (who === undefined) return;
    if (!who.address.includes('@')) {
      tell(`${who.name || who.address} has no mail address`);
      return;
    }
    const property = new ICAL.Property(kind);
    if (who.name !== '') property.setParameter('cn', who.name);
    for (const [name, value] of Object.entries(parameters)) property.setParameter(name, value);
    property.setValue(`mailto:${who.address}`);
    event.addProperty(property);
  };
  if (status !== undefined) {
    person('organizer', recipients.find(({ type }) => type === MAPI_TO)?.address);
    person('attendee', own, { partstat: status });
    return;
  }
  person('organizer', own);
  for (const { type, address } of recipients) {
    if (type !== MAPI_TO && type !== MAPI_CC) continue;
    person('attendee', address, { role: type === MAPI_TO ? 'REQ-PARTICIPANT' : 'OPT-PARTICIPANT', rsvp: 'TRUE' });
  }
}
