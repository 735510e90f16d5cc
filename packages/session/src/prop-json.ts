/** Property values as JSON: `{"0x3001001f": "text"}`; binaries are hex, 64-bit numbers decimal text. */
import { fromHex, MapiError, toHex } from '@nodemapi/base';
import {
  isValueOfType,
  MV_FLAG,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_CURRENCY,
  PT_I8,
  PT_SVREID,
  PT_SYSTIME,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';

const BIGINTS: ReadonlySet<number> = new Set([PT_CURRENCY, PT_I8, PT_SYSTIME]);
const BYTES: ReadonlySet<number> = new Set([PT_BINARY, PT_SVREID]);

export type JsonProps = Readonly<Record<string, unknown>>;

/** A tag as `0xIIIITTTT`. */
export function tagToText(tag: number): string {
  return `0x${(tag >>> 0).toString(16).padStart(8, '0')}`;
}

/** @throws MAPI_E_INVALID_PARAMETER if `text` is no tag of the form `0xIIIITTTT` or `IIIITTTT` */
export function tagFromText(text: string): PropTag {
  if (!/^(0x)?[0-9a-f]{8}$/i.test(text)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(text)} is no property tag`);
  }
  return tagFromNumber(Number.parseInt(text.replace(/^0x/i, ''), 16));
}

export function propsToJson(props: readonly PropValue[]): JsonProps {
  return Object.fromEntries(props.map(({ tag, value }) => [tagToText(tag), toJson(value)]));
}

/** @throws MAPI_E_CORRUPT_DATA for a tag or a value that cannot be read */
export function propsFromJson(json: JsonProps): readonly PropValue[] {
  return Object.entries(json).map(([text, written]) => {
    try {
      return propFromJson(tagFromText(text), written);
    } catch (cause) {
      throw new MapiError('MAPI_E_CORRUPT_DATA', `property ${text} cannot be read`, { cause });
    }
  });
}

function propFromJson(tag: PropTag, written: unknown): PropValue {
  const type = propType(tag) & ~MV_FLAG;
  const value = Array.isArray(written) ? written.map((one) => fromJson(type, one)) : fromJson(type, written);
  if (!isValueOfType(propType(tag), value)) {
    throw new MapiError('MAPI_E_INVALID_TYPE', `the value of ${tagToText(tag)} is of another type`);
  }
  return { tag, value };
}

function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  return Array.isArray(value) ? value.map(toJson) : value;
}

function fromJson(type: number, written: unknown): unknown {
  if (typeof written !== 'string') return written;
  if (BIGINTS.has(type)) return BigInt(written);
  return BYTES.has(type) ? fromHex(written) : written;
}
