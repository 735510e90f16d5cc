/**
 * How values are ordered: in restrictions (LT … GE) and in sort orders, by every table in the same way.
 *
 * - Strings: without regard to ASCII case first, then by code point (the order of UTF-8 bytes). Equal is only what is
 *   the same character by character. In SQL: `ORDER BY c COLLATE NOCASE, c`, with a binary default collation.
 * - PT_I2 and PT_LONG as signed numbers, binaries by byte and then by length, FALSE before TRUE.
 * - Multivalues as tuples: the first difference decides; a tuple that ends first comes last, as an absent value does.
 *
 * spec: property-types, ssortorder, imapitable-sorttable
 */
import { bytesCompare } from '@nodemapi/base';
import {
  baseType,
  isPropError,
  MV_FLAG,
  MVI_FLAG,
  type PropTag,
  type PropValue,
  PT_BOOLEAN,
  PT_I2,
  PT_LONG,
  propId,
  propType,
  type Row,
  type SortOrder,
} from '@nodemapi/mapi';

/** Gives the value of a property, whatever its type; undefined or a PT_ERROR entry where there is none. */
export type PropSource = (tag: PropTag) => PropValue | undefined;

/** Orders two values of the type of `a`; 0 only if they are identical. */
export function compareValues(a: PropValue, b: PropValue): number {
  return compareTyped(propType(a.tag), a.value, b.value);
}

/** Orders two values of one property type, multivalued or not. */
export function compareTyped(type: number, a: unknown, b: unknown): number {
  if ((type & MV_FLAG) !== 0 && Array.isArray(a) && Array.isArray(b)) return compareTuples(type & ~MVI_FLAG, a, b);
  return compareSingle(type & ~MVI_FLAG, a, b);
}

/** Strings as tables order them. */
export function compareStrings(a: string, b: string): number {
  return compareCodePoints(asciiLower(a), asciiLower(b)) || compareCodePoints(a, b);
}

/** Orders rows by `sorts`; rows that lack a key come after those that have it, whatever the direction. */
export function compareRows(sorts: readonly SortOrder[]): (a: Row, b: Row) => number {
  const compare = compareSources(sorts);
  return (a, b) => compare(rowSource(a), rowSource(b));
}

/** `compareRows` for anything that gives properties. */
export function compareSources(sorts: readonly SortOrder[]): (a: PropSource, b: PropSource) => number {
  return (a, b) => {
    for (const { tag, order } of sorts) {
      const left = presentOf(a, tag);
      const right = presentOf(b, tag);
      if (left === undefined || right === undefined) {
        if (left === right) continue;
        return left === undefined ? 1 : -1;
      }
      const compared = compareValues(left, right);
      if (compared !== 0) return order === 'descend' ? -compared : compared;
    }
    return 0;
  };
}

/** A list of values as a source of properties, by identifier. */
export function rowSource(values: readonly PropValue[]): PropSource {
  return (tag) => values.find((candidate) => propId(candidate.tag) === propId(tag));
}

/** The value behind a tag if there is one of that type; PT_STRING8 and PT_UNICODE are one type here. */
export function presentOf(source: PropSource, tag: PropTag): PropValue | undefined {
  const found = source(tag);
  if (found === undefined || isPropError(found)) return undefined;
  const wanted = propType(tag) === 0 || sameBaseType(found.tag, tag);
  return wanted ? found : undefined;
}

/** Whether two tags hold values of one type, without regard to string width and instance bits. */
export function sameBaseType(a: number, b: number): boolean {
  return wide(baseType(a)) === wide(baseType(b)) && (propType(a) & MV_FLAG) === (propType(b) & MV_FLAG);
}

function wide(type: number): number {
  return type === 0x1e ? 0x1f : type;
}

function compareTuples(type: number, a: readonly unknown[], b: readonly unknown[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const compared = compareSingle(type, a[index], b[index]);
    if (compared !== 0) return compared;
  }
  return b.length - a.length; // the one that ends first holds nothing there, and nothing sorts last
}

function compareSingle(type: number, a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return bytesCompare(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (type === PT_BOOLEAN) return Number(Boolean(a)) - Number(Boolean(b));
  const left = signed(type, a);
  const right = signed(type, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function signed(type: number, value: unknown): number {
  const number = Number(value);
  if (type === PT_LONG) return number | 0;
  return type === PT_I2 ? (number << 16) >> 16 : number;
}

function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (upper) => upper.toLowerCase()) : text;
}

/** Code units sort as code points do, but for surrogates, which belong above everything else. */
function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
