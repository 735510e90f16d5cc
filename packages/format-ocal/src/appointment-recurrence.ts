/**
 * A series of meetings with its exceptions: PidLidAppointmentRecur. [MS-OXOCAL] 2.2.1.44.5
 *
 * What nobody has a meaning for is kept, so that what is decoded and encoded again is the same.
 */
import { ByteReader, ByteWriter, decodeCodePage, encodeCodePage, MapiError } from '@nodemapi/base';
import { type RecurrencePattern, readRecurrencePattern, writeRecurrencePattern } from './recurrence-pattern.ts';

/** An event of the series that differs from the others. What is undefined is as in the series. */
export interface RecurrenceException {
  /** Minutes since 1601 in the time zone of the series, as all times here. */
  readonly start: number;
  readonly end: number;
  /** When it would have begun. */
  readonly originalStart: number;
  readonly subject?: string;
  readonly location?: string;
  readonly meetingType?: number;
  /** Minutes before the start. */
  readonly reminderDelta?: number;
  readonly reminderSet?: boolean;
  /** PidLidBusyStatus */
  readonly busyStatus?: number;
  /** Whether the event has attachments of its own. */
  readonly attachment?: number;
  /** Whether it takes whole days. */
  readonly subType?: boolean;
  readonly appointmentColor?: number;
  /** Whether it has a text of its own, which is in an attachment of the series. */
  readonly hasBody?: boolean;
  /** PidLidChangeHighlight */
  readonly changeHighlight?: number;
  /** Bytes that no specification has a meaning for; empty blocks if omitted. */
  readonly reserved?: ExceptionReserved;
}

/** What is between the fields of an exception. */
export interface ExceptionReserved {
  readonly afterHighlight: Uint8Array;
  readonly block1: Uint8Array;
  readonly block2: Uint8Array;
}

/** A series of events: its pattern, the times of a day, and the events that differ. MAPI: AppointmentRecurrencePattern */
export interface AppointmentRecurrence {
  readonly pattern: RecurrencePattern;
  /** Minutes from midnight to the start and to the end of an event. */
  readonly startTimeOffset: number;
  readonly endTimeOffset: number;
  readonly exceptions: readonly RecurrenceException[];
  /** WriterVersion2; 0x3009 if omitted. */
  readonly writerVersion?: number;
  readonly reserved1?: Uint8Array;
  readonly reserved2?: Uint8Array;
}

/** A series that was read. */
export interface ReadAppointmentRecurrence {
  readonly recurrence: AppointmentRecurrence;
  /** What could not be read, for a person; empty if all was. */
  readonly problems: readonly string[];
}

const READER_VERSION = 0x3006;
const WRITER_VERSION = 0x3009;
/** From here on exceptions begin with PidLidChangeHighlight. */
const HIGHLIGHT_VERSION = 0x3009;
const HIGHLIGHT_BYTES = 4;
const ARO = {
  subject: 0x1,
  meetingType: 0x2,
  reminderDelta: 0x4,
  reminderSet: 0x8,
  location: 0x10,
  busyStatus: 0x20,
  attachment: 0x40,
  subType: 0x80,
  appointmentColor: 0x100,
  hasBody: 0x200,
} as const;
const NO_BYTES = new Uint8Array(0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Exception = Mutable<RecurrenceException>;

/**
 * Reads PidLidAppointmentRecur. What is cut off after the pattern and its times is told, and what comes before it is given.
 *
 * @param codePage of the texts that are not Unicode; those that are go before them
 * @throws MAPI_E_CORRUPT_DATA if it is no recurrence
 */
export function decodeAppointmentRecurrence(
  bytes: Uint8Array,
  codePage: number | string = 1252,
): ReadAppointmentRecurrence {
  const reader = new ByteReader(bytes, 'PidLidAppointmentRecur');
  const pattern = readRecurrencePattern(reader);
  const readerVersion = reader.u32();
  if (readerVersion !== READER_VERSION) throw corrupt(`ReaderVersion2 is 0x${readerVersion.toString(16)}`);
  const writerVersion = reader.u32();
  const [startTimeOffset, endTimeOffset] = [reader.u32(), reader.u32()];
  const exceptions: Exception[] = [];
  const rest: { reserved1?: Uint8Array; reserved2?: Uint8Array } = {};
  const problems: string[] = [];
  try {
    const count = reader.u16();
    for (let index = 0; index < count; index++) exceptions.push(readException(reader, codePage));
    rest.reserved1 = readBlock(reader);
    for (const exception of exceptions) readExtended(reader, exception, writerVersion);
    rest.reserved2 = readBlock(reader);
    if (reader.remaining > 0) problems.push(`${reader.remaining} bytes after the end are left out`);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    problems.push(error.detail);
  }
  return { recurrence: { pattern, startTimeOffset, endTimeOffset, exceptions, writerVersion, ...rest }, problems };
}

/** Writes PidLidAppointmentRecur. */
export function encodeAppointmentRecurrence(
  recurrence: AppointmentRecurrence,
  codePage: number | string = 1252,
): Uint8Array {
  const { writerVersion = WRITER_VERSION, exceptions, reserved1 = NO_BYTES, reserved2 = NO_BYTES } = recurrence;
  const writer = new ByteWriter();
  writeRecurrencePattern(writer, recurrence.pattern);
  writer.u32(READER_VERSION).u32(writerVersion);
  writer.u32(recurrence.startTimeOffset).u32(recurrence.endTimeOffset).u16(exceptions.length);
  for (const exception of exceptions) writeException(writer, exception, codePage);
  writeBlock(writer, reserved1);
  for (const exception of exceptions) writeExtended(writer, exception, writerVersion);
  writeBlock(writer, reserved2);
  return writer.toBytes();
}

function readException(reader: ByteReader, codePage: number | string): Exception {
  const [start, end, originalStart] = [reader.u32(), reader.u32(), reader.u32()];
  const flags = reader.u16();
  const has = (name: keyof typeof ARO): boolean => (flags & ARO[name]) !== 0;
  const exception: Exception = { start, end, originalStart };
  if (has('subject')) exception.subject = readAnsi(reader, codePage);
  if (has('meetingType')) exception.meetingType = reader.u32();
  if (has('reminderDelta')) exception.reminderDelta = reader.u32();
  if (has('reminderSet')) exception.reminderSet = reader.u32() !== 0;
  if (has('location')) exception.location = readAnsi(reader, codePage);
  if (has('busyStatus')) exception.busyStatus = reader.u32();
  if (has('attachment')) exception.attachment = reader.u32();
  if (has('subType')) exception.subType = reader.u32() !== 0;
  if (has('appointmentColor')) exception.appointmentColor = reader.u32();
  if (has('hasBody')) exception.hasBody = true;
  return exception;
}

function writeException(writer: ByteWriter, exception: RecurrenceException, codePage: number | string): void {
  writer.u32(exception.start).u32(exception.end).u32(exception.originalStart);
  let flags = 0;
  for (const [name, flag] of Object.entries(ARO) as [keyof typeof ARO, number][])
    if (name === 'hasBody' ? exception.hasBody === true : exception[name] !== undefined) flags |= flag;
  writer.u16(flags);
  const number = (value: number | boolean | undefined): void => void (value !== undefined && writer.u32(Number(value)));
  if (exception.subject !== undefined) writeAnsi(writer, exception.subject, codePage);
  number(exception.meetingType);
  number(exception.reminderDelta);
  number(exception.reminderSet);
  if (exception.location !== undefined) writeAnsi(writer, exception.location, codePage);
  number(exception.busyStatus);
  number(exception.attachment);
  number(exception.subType);
  number(exception.appointmentColor);
}

/** The Unicode texts go before the others. [MS-OXOCAL] 2.2.1.44.4 */
function readExtended(reader: ByteReader, exception: Exception, writerVersion: number): void {
  let afterHighlight: Uint8Array = NO_BYTES;
  if (writerVersion >= HIGHLIGHT_VERSION) {
    const block = new ByteReader(readBlock(reader), 'ChangeHighlight');
    if (block.length >= HIGHLIGHT_BYTES) exception.changeHighlight = block.u32();
    afterHighlight = block.bytes(block.remaining);
  }
  const block1 = readBlock(reader);
  let block2: Uint8Array = NO_BYTES;
  if (hasTexts(exception)) {
    reader.skip(12); // the times once more
    if (exception.subject !== undefined) exception.subject = readWide(reader);
    if (exception.location !== undefined) exception.location = readWide(reader);
    block2 = readBlock(reader);
  }
  if (afterHighlight.length + block1.length + block2.length > 0)
    exception.reserved = { afterHighlight, block1, block2 };
}

function writeExtended(writer: ByteWriter, exception: RecurrenceException, writerVersion: number): void {
  const { afterHighlight = NO_BYTES, block1 = NO_BYTES, block2 = NO_BYTES } = exception.reserved ?? {};
  if (writerVersion >= HIGHLIGHT_VERSION) {
    writer.u32(HIGHLIGHT_BYTES + afterHighlight.length).u32(exception.changeHighlight ?? 0);
    writer.bytes(afterHighlight);
  }
  writeBlock(writer, block1);
  if (!hasTexts(exception)) return;
  writer.u32(exception.start).u32(exception.end).u32(exception.originalStart);
  for (const text of [exception.subject, exception.location]) {
    if (text === undefined) continue;
    writer.u16(text.length).bytes(new Uint8Array(Buffer.from(text, 'utf16le')));
  }
  writeBlock(writer, block2);
}

function hasTexts({ subject, location }: RecurrenceException): boolean {
  return subject !== undefined || location !== undefined;
}

function readAnsi(reader: ByteReader, codePage: number | string): string {
  reader.u16(); // one more than the length that follows
  return decodeCodePage(reader.view(reader.u16()), codePage).text;
}

function writeAnsi(writer: ByteWriter, text: string, codePage: number | string): void {
  const { bytes } = encodeCodePage(text, codePage);
  writer
    .u16(bytes.length + 1)
    .u16(bytes.length)
    .bytes(bytes);
}

function readWide(reader: ByteReader): string {
  const length = reader.u16();
  return Buffer.from(reader.view(length * 2)).toString('utf16le');
}

function readBlock(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.u32());
}

function writeBlock(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length).bytes(bytes);
}

function corrupt(detail: string): MapiError {
  return new MapiError('MAPI_E_CORRUPT_DATA', `PidLidAppointmentRecur: ${detail}`);
}
