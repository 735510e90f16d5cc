/** Property lines of mapisvc.inf. spec: property-entries-in-mapisvc-inf-message-service-sections */
import {
  isSecureId,
  MV_FLAG,
  PROPERTY_TAGS,
  type PropTag,
  PT_BINARY,
  PT_BOOLEAN,
  PT_I2,
  PT_LONG,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { CATALOGUE_FLAGS } from './catalogue.ts';

/** A value as a catalogue has it: a binary in hexadecimal. */
export type CatalogueValue = string | number | boolean;

/** Longest value of a binary property. */
const binaryBytesMax = 4096;

/** The tag that a key names: a PR_ name, or eight digits, identifier before type. Strings are Unicode. */
export function infTag(key: string): PropTag | undefined {
  const named = PROPERTY_TAGS.get(key.toUpperCase());
  if (named !== undefined) return tagFromNumber(named);
  if (!/^[0-9a-f]{8}$/iu.test(key)) return undefined;
  const number = Number.parseInt(key, 16);
  const isAnsi = (propType(number) & ~MV_FLAG) === PT_STRING8;
  return tagFromNumber(isAnsi ? number - PT_STRING8 + PT_UNICODE : number);
}

/** Why a property has no place in a catalogue. */
export function forbidden(tag: PropTag): string | undefined {
  return isSecureId(propId(tag)) ? 'is a secret, which does not belong in this file' : undefined;
}

/** The value behind a text; undefined for a text that is none of the tag's type, and for types that are not read. */
export function infValue(tag: PropTag, text: string): CatalogueValue | undefined {
  switch (propType(tag)) {
    case PT_STRING8:
    case PT_UNICODE:
      return text;
    case PT_LONG:
      return infLong(text);
    case PT_I2:
      return littleEndian(text, 2);
    case PT_BOOLEAN:
      return infBoolean(text);
    case PT_BINARY:
      return /^([0-9a-f]{2})*$/iu.test(text) && text.length <= binaryBytesMax * 2 ? text.toLowerCase() : undefined;
    default:
      return undefined;
  }
}

/** Constants joined by `|`, or the bytes of a number, the lowest first. */
export function infLong(text: string): number | undefined {
  const number = littleEndian(text, 4);
  if (number !== undefined) return number;
  let flags = 0;
  for (const name of text.split('|')) {
    const flag = CATALOGUE_FLAGS.get(name.trim().toUpperCase());
    if (flag === undefined) return undefined;
    flags |= flag;
  }
  return flags;
}

function infBoolean(text: string): boolean | undefined {
  if (/^(true|false)$/iu.test(text)) return text.toLowerCase() === 'true';
  const number = littleEndian(text, 4);
  return number === undefined ? undefined : number !== 0;
}

function littleEndian(text: string, bytes: number): number | undefined {
  if (!/^([0-9a-f]{2})+$/iu.test(text) || text.length > bytes * 2) return undefined;
  const digits = text.match(/../gu) ?? [];
  const number = digits.reduceRight((sum, byte) => sum * 0x100 + Number.parseInt(byte, 16), 0);
  return bytes === 2 ? (number << 16) >> 16 : number | 0;
}
