/** A meeting as properties of its message, and back. [MS-OXCICAL] 2.1.3, [MS-OXOCAL] 2.2 */
import type { FileTime } from '@nodemapi/base';
import {
  ENDLESS_DATE,
  encodeAppointmentRecurrence,
  encodeTimeZone,
  encodeTimeZoneDefinition,
  utcOf,
  ZONE_RULE_EFFECTIVE,
  ZONE_RULE_RECURRING,
} from '@nodemapi/format-ocal';
import {
  type IMessage,
  type NamedProperty,
  PidLidAppointmentCounterProposal,
  PidLidAppointmentDuration,
  PidLidAppointmentEndWhole,
  PidLidAppointmentRecur,
  PidLidAppointmentSequence,
  PidLidAppointmentStartWhole,
  PidLidAppointmentStateFlags,
  PidLidAppointmentSubType,
  PidLidAppointmentTimeZoneDefinitionEndDisplay,
  PidLidAppointmentTimeZoneDefinitionRecur,
  PidLidAppointmentTimeZoneDefinitionStartDisplay,
  PidLidBusyStatus,
  PidLidCleanGlobalObjectId,
  PidLidClipEnd,
  PidLidClipStart,
  PidLidCommonEnd,
  PidLidCommonStart,
  PidLidGlobalObjectId,
  PidLidIntendedBusyStatus,
  PidLidIsRecurring,
  PidLidLocation,
  PidLidRecurrencePattern,
  PidLidRecurrenceType,
  PidLidRecurring,
  PidLidReminderDelta,
  PidLidReminderSet,
  PidLidTimeZoneDescription,
  PidLidTimeZoneStruct,
  PR_END_DATE,
  PR_MESSAGE_CLASS,
  PR_START_DATE,
  PR_SUBJECT,
  type PropValue,
  prop,
  propId,
  tag,
} from '@nodemapi/mapi';
import type { Meeting } from './calendar-reader.ts';
import type { Series } from './calendar-series.ts';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { cleanGlobalObjectId, globalObjectIdOf } from './global-object-id.ts';
import { applyProps, BinaryPropWriter, INLINE_BYTES_MAX } from './prop-writer.ts';

const ASF_MEETING = 1;
const ASF_RECEIVED = 2;
const ASF_CANCELED = 4;
const BUSY_TENTATIVE = 1;
const TICKS_PER_MINUTE = 600_000_000n;

/** Puts a meeting into its message. A subject that the mail has goes before the one of the calendar. */
export async function writeMeeting(
  message: IMessage,
  meeting: Meeting,
  diagnostics: OxcmailDiagnostic[],
): Promise<void> {
  const plain: PropValue[] = [prop(PR_MESSAGE_CLASS, meeting.messageClass)];
  const [subject] = (await message.getProps([PR_SUBJECT])).values;
  if (meeting.summary !== undefined && (subject ?? '') === '') plain.push(prop(PR_SUBJECT, meeting.summary));
  if (meeting.start !== undefined) plain.push(prop(PR_START_DATE, meeting.start));
  if (meeting.end !== undefined) plain.push(prop(PR_END_DATE, meeting.end));
  const named = namedValues(meeting).filter(([, value]) => value !== undefined);
  const tags = await message.getIDsFromNames(
    named.map(([name]) => nameOf(name)),
    { create: true },
  );
  for (const [index, [{ type }, value]] of named.entries()) {
    const id = tags[index];
    if (id === undefined) continue;
    const propTag = tag(propId(id), type);
    if (value instanceof Uint8Array && value.length > INLINE_BYTES_MAX) {
      const writer = new BinaryPropWriter(message, propTag);
      await writer.write(value);
      await writer.end(diagnostics);
    } else plain.push({ tag: propTag, value });
  }
  await applyProps(message, plain, diagnostics);
}

/** What a calendar says of a meeting, and what follows from it. */
export const MEETING_NAMES: readonly NamedProperty[] = [
  PidLidAppointmentStartWhole,
  PidLidAppointmentEndWhole,
  PidLidCommonStart,
  PidLidCommonEnd,
  PidLidAppointmentDuration,
  PidLidAppointmentSubType,
  PidLidLocation,
  PidLidAppointmentSequence,
  PidLidBusyStatus,
  PidLidIntendedBusyStatus,
  PidLidGlobalObjectId,
  PidLidCleanGlobalObjectId,
  PidLidRecurring,
  PidLidIsRecurring,
  PidLidRecurrencePattern,
  PidLidAppointmentRecur,
  PidLidRecurrenceType,
  PidLidClipStart,
  PidLidClipEnd,
  PidLidTimeZoneStruct,
  PidLidTimeZoneDescription,
  PidLidAppointmentTimeZoneDefinitionRecur,
  PidLidAppointmentTimeZoneDefinitionStartDisplay,
  PidLidAppointmentTimeZoneDefinitionEndDisplay,
  PidLidReminderSet,
  PidLidReminderDelta,
  PidLidAppointmentStateFlags,
];

/** The name alone, as stores take it. */
export function nameOf(property: NamedProperty): { readonly guid: NamedProperty['guid']; readonly id: number } {
  return { guid: property.guid, id: property.id as number };
}

function namedValues(meeting: Meeting): readonly (readonly [NamedProperty, unknown])[] {
  const { start, end, isCancelled } = meeting;
  const isRequest = meeting.messageClass.endsWith('.Request');
  const id = meeting.uid === undefined ? undefined : globalObjectIdOf(meeting.uid);
  const repeats = meeting.recurrence !== undefined;
  return [
    [PidLidAppointmentStartWhole, start],
    [PidLidAppointmentEndWhole, end],
    [PidLidCommonStart, start],
    [PidLidCommonEnd, end],
    [PidLidAppointmentDuration, minutesBetween(start, end)],
    [PidLidAppointmentSubType, meeting.allDay],
    [PidLidLocation, meeting.location],
    [PidLidAppointmentSequence, meeting.sequence ?? 0],
    [PidLidBusyStatus, isCancelled ? 0 : isRequest ? Math.min(meeting.busyStatus, BUSY_TENTATIVE) : meeting.busyStatus],
    [PidLidIntendedBusyStatus, isRequest ? meeting.busyStatus : undefined],
    [PidLidGlobalObjectId, id],
    [PidLidCleanGlobalObjectId, id === undefined ? undefined : cleanGlobalObjectId(id)],
    [PidLidRecurring, repeats],
    [PidLidIsRecurring, repeats],
    [PidLidRecurrencePattern, meeting.recurrence],
    ...seriesValues(meeting.series),
    [PidLidReminderSet, meeting.reminder !== undefined],
    [PidLidReminderDelta, meeting.reminder],
    [PidLidAppointmentStateFlags, stateOf(meeting)],
    [PidLidAppointmentCounterProposal, meeting.isCounter ? true : undefined],
  ];
}

/** RecurrenceType: recurTypeNone 0 to recurTypeYearly 4. */
const FREQUENCIES: readonly string[] = ['', 'daily', 'weekly', 'monthly', 'yearly'];
/** PidLidClipEnd of a series without end. [MS-OXOCAL] 2.2.1.15 */
const ENDLESS: FileTime = 0x0cb3_4557_a3dd_4000n;
/** The rule of the zone that the series goes by, and the one that it has, from the first year on. */
const ZONE_RULE_FLAGS = ZONE_RULE_RECURRING | ZONE_RULE_EFFECTIVE;
const ZONE_FIRST_YEAR = 1601;

function seriesValues(series: Series | undefined): readonly (readonly [NamedProperty, unknown])[] {
  if (series === undefined) return [];
  const { recurrence, zone } = series;
  const { pattern } = recurrence;
  const rule = zone?.rule;
  const utc = (local: number): FileTime => BigInt(rule === undefined ? local : utcOf(rule, local)) * TICKS_PER_MINUTE;
  const definition =
    zone === undefined
      ? undefined
      : encodeTimeZoneDefinition({
          keyName: zone.name,
          rules: [{ ...zone.rule, flags: ZONE_RULE_FLAGS, year: ZONE_FIRST_YEAR }],
        });
  return [
    [PidLidAppointmentRecur, encodeAppointmentRecurrence(recurrence)],
    [PidLidRecurrenceType, FREQUENCIES.indexOf(pattern.frequency)],
    [PidLidClipStart, utc(pattern.startDate)],
    [PidLidClipEnd, pattern.endDate === ENDLESS_DATE ? ENDLESS : utc(pattern.endDate + recurrence.endTimeOffset)],
    [PidLidTimeZoneStruct, rule === undefined ? undefined : encodeTimeZone(rule)],
    [PidLidTimeZoneDescription, zone?.name],
    [PidLidAppointmentTimeZoneDefinitionRecur, definition],
    [PidLidAppointmentTimeZoneDefinitionStartDisplay, definition],
    [PidLidAppointmentTimeZoneDefinitionEndDisplay, definition],
  ];
}

function stateOf({ messageClass, isCancelled }: Meeting): number {
  if (!messageClass.startsWith('IPM.Schedule')) return 0;
  return ASF_MEETING | ASF_RECEIVED | (isCancelled ? ASF_CANCELED : 0);
}

function minutesBetween(start: FileTime | undefined, end: FileTime | undefined): number | undefined {
  if (start === undefined || end === undefined) return undefined;
  const minutes = (end - start) / TICKS_PER_MINUTE;
  return minutes >= 0n && minutes < 2n ** 31n ? Number(minutes) : undefined;
}
