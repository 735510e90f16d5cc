/** Time zones as calendars store them: PidLidTimeZoneStruct and the definitions beside it. [MS-OXOCAL] 2.2.1.39, 2.2.1.41 */
import { ByteReader, ByteWriter, MapiError } from '@nodemapi/base';

/** When a zone changes its clocks, each year. MAPI: SYSTEMTIME */
export interface ZoneChange {
  /** 1 to 12. */
  readonly month: number;
  /** Sunday 0 to Saturday 6. */
  readonly dayOfWeek: number;
  /** Which of those days in the month, 5 for the last. */
  readonly nth: number;
  readonly hour: number;
  readonly minute: number;
  /** Some zones change at the last moment of a day. */
  readonly second?: number;
  readonly milliseconds?: number;
}

/** The clocks of a zone. Biases are minutes: UTC is local time plus bias plus that of the season. */
export interface ZoneRule {
  readonly bias: number;
  readonly standardBias: number;
  readonly daylightBias: number;
  /** Undefined if the clocks are never changed. */
  readonly toStandard: ZoneChange | undefined;
  readonly toDaylight: ZoneChange | undefined;
}

/** A zone with the rules that it had. */
export interface ZoneDefinition {
  /** What Windows calls the zone. */
  readonly keyName: string;
  readonly rules: readonly ZoneDefinitionRule[];
}

/** The rule of a time zone from one year on. */
export interface ZoneDefinitionRule extends ZoneRule {
  /** TZRULE_FLAG_RECUR_CURRENT_TZREG 1, TZRULE_FLAG_EFFECTIVE_TZREG 2 */
  readonly flags: number;
  /** The first year of the rule. */
  readonly year: number;
  /** 14 bytes, which Outlook writes a month and a day into and nobody reads; zeros if omitted. */
  readonly reserved?: Uint8Array;
}

/** TZRULE_FLAG_RECUR_CURRENT_TZREG: the rule that the series goes by. */
export const ZONE_RULE_RECURRING = 1;
/** TZRULE_FLAG_EFFECTIVE_TZREG: the rule of the zone as it is. */
export const ZONE_RULE_EFFECTIVE = 2;

const MAJOR_VERSION = 2;
const MINOR_VERSION = 1;
const RULE_RESERVED = 0x3e;
/** Fields before the rules, without the name. */
const HEADER_BYTES = 6;
const UNUSED_BYTES = 14;

/** Reads PidLidTimeZoneStruct. @throws MAPI_E_CORRUPT_DATA */
export function decodeTimeZone(bytes: Uint8Array): ZoneRule {
  const reader = new ByteReader(bytes, 'PidLidTimeZoneStruct');
  const biases = readBiases(reader);
  reader.u16();
  const toStandard = readChange(reader);
  reader.u16();
  return { ...biases, toStandard, toDaylight: readChange(reader) };
}

/** Writes PidLidTimeZoneStruct. */
export function encodeTimeZone(rule: ZoneRule): Uint8Array {
  const writer = new ByteWriter();
  writeBiases(writer, rule);
  writer.u16(0);
  writeChange(writer, rule.toStandard);
  writer.u16(0);
  writeChange(writer, rule.toDaylight);
  return writer.toBytes();
}

/** Reads PidLidAppointmentTimeZoneDefinitionRecur and its like. @throws MAPI_E_CORRUPT_DATA */
export function decodeTimeZoneDefinition(bytes: Uint8Array): ZoneDefinition {
  const reader = new ByteReader(bytes, 'time zone definition');
  const major = reader.u8();
  if (major !== MAJOR_VERSION) throw new MapiError('MAPI_E_CORRUPT_DATA', `time zone definition of version ${major}`);
  reader.u8();
  const headerEnd = reader.u16() + reader.offset;
  reader.u16();
  const keyName = Buffer.from(reader.view(reader.u16() * 2))
    .toString('utf16le')
    .replace(/\0.*$/s, '');
  const count = reader.u16();
  if (headerEnd > reader.offset) reader.seek(headerEnd);
  return { keyName, rules: Array.from({ length: count }, () => readRule(reader)) };
}

/** Writes PidLidAppointmentTimeZoneDefinitionRecur and its like. */
export function encodeTimeZoneDefinition({ keyName, rules }: ZoneDefinition): Uint8Array {
  const writer = new ByteWriter();
  writer
    .u8(MAJOR_VERSION)
    .u8(MINOR_VERSION)
    .u16(HEADER_BYTES + keyName.length * 2);
  writer
    .u16(2)
    .u16(keyName.length)
    .bytes(new Uint8Array(Buffer.from(keyName, 'utf16le')))
    .u16(rules.length);
  for (const rule of rules) {
    writer.u8(MAJOR_VERSION).u8(MINOR_VERSION).u16(RULE_RESERVED).u16(rule.flags).u16(rule.year);
    writer.bytes(rule.reserved?.length === UNUSED_BYTES ? rule.reserved : new Uint8Array(UNUSED_BYTES));
    writeBiases(writer, rule);
    writeChange(writer, rule.toStandard);
    writeChange(writer, rule.toDaylight);
  }
  return writer.toBytes();
}

/** The rule that a series goes by. */
export function effectiveRule({ rules }: ZoneDefinition): ZoneRule | undefined {
  const marked = (flag: number): ZoneRule | undefined => rules.find(({ flags }) => (flags & flag) !== 0);
  return marked(ZONE_RULE_RECURRING) ?? marked(ZONE_RULE_EFFECTIVE) ?? rules.at(-1);
}

function readRule(reader: ByteReader): ZoneDefinitionRule {
  reader.skip(4);
  const [flags, year] = [reader.u16(), reader.u16()];
  const unused = reader.bytes(UNUSED_BYTES);
  const reserved = unused.some((byte) => byte !== 0) ? { reserved: unused } : {};
  return {
    flags,
    year,
    ...reserved,
    ...readBiases(reader),
    toStandard: readChange(reader),
    toDaylight: readChange(reader),
  };
}

function readBiases(reader: ByteReader): Pick<ZoneRule, 'bias' | 'standardBias' | 'daylightBias'> {
  return { bias: reader.i32(), standardBias: reader.i32(), daylightBias: reader.i32() };
}

function writeBiases(writer: ByteWriter, { bias, standardBias, daylightBias }: ZoneRule): void {
  writer.i32(bias).i32(standardBias).i32(daylightBias);
}

/** @returns undefined for the month 0, and for a day that cannot be */
function readChange(reader: ByteReader): ZoneChange | undefined {
  reader.u16(); // the year, 0 for each
  const [month, dayOfWeek, nth, hour, minute] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const [second, milliseconds] = [reader.u16(), reader.u16()];
  const isOne = month >= 1 && month <= 12 && dayOfWeek <= 6 && nth >= 1 && nth <= 5 && hour <= 23 && minute <= 59;
  const rest = { ...(second === 0 ? {} : { second }), ...(milliseconds === 0 ? {} : { milliseconds }) };
  return isOne ? { month, dayOfWeek, nth, hour, minute, ...rest } : undefined;
}

function writeChange(writer: ByteWriter, change: ZoneChange | undefined): void {
  const { month = 0, dayOfWeek = 0, nth = 0, hour = 0, minute = 0, second = 0, milliseconds = 0 } = change ?? {};
  for (const value of [0, month, dayOfWeek, nth, hour, minute, second, milliseconds]) writer.u16(value);
}
