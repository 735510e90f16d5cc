/** A meeting as properties of its message, and back. [MS-OXCICAL] 2.1.3, [MS-OXOCAL] 2.2 */
import type { FileTime } from '@nodemapi/base';
import {
  type IMessage,
  type NamedProperty,
  PidLidAppointmentCounterProposal,
  PidLidAppointmentDuration,
  PidLidAppointmentEndWhole,
  PidLidAppointmentSequence,
  PidLidAppointmentStartWhole,
  PidLidAppointmentStateFlags,
  PidLidAppointmentSubType,
  PidLidBusyStatus,
  PidLidCleanGlobalObjectId,
  PidLidCommonEnd,
  PidLidCommonStart,
  PidLidGlobalObjectId,
  PidLidIntendedBusyStatus,
  PidLidIsRecurring,
  PidLidLocation,
  PidLidRecurrencePattern,
  PidLidRecurring,
  PidLidReminderDelta,
  PidLidReminderSet,
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
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { cleanGlobalObjectId, globalObjectIdOf } from './global-object-id.ts';
import { applyProps } from './prop-writer.ts';

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
    if (id !== undefined) plain.push({ tag: tag(propId(id), type), value });
  }
  await applyProps(message, plain, diagnostics);
}

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
    [PidLidReminderSet, meeting.reminder !== undefined],
    [PidLidReminderDelta, meeting.reminder],
    [PidLidAppointmentStateFlags, stateOf(meeting)],
    [PidLidAppointmentCounterProposal, meeting.isCounter ? true : undefined],
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
