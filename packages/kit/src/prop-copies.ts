/** Copies and sizes of property values. spec: propcopymore, sccopyprops, sccountprops, scduppropset, ulpropsize */
import { MapiError } from '@nodemapi/base';
import { isUsableId, MV_FLAG, type PropValue, propId, propType } from '@nodemapi/mapi';
import { valueBytes } from './prop-bag.ts';

/** Types whose values can be copied. */
const TYPES: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 0x0a, 0x0b, 0x0d, 0x14, 0x1e, 0x1f, 0x40, 0x48, 0x102,
]);
/** A tag and its type stand before each value of an array. */
const ENTRY_BYTES = 16;

/**
 * MAPI: PropCopyMore. A value that shares nothing with the original.
 *
 * @throws MAPI_E_NO_SUPPORT for a type that is not known
 * @see spec: propcopymore
 */
export function propCopyMore(value: PropValue): PropValue {
  if (!isKnownType(value))
    throw new MapiError('MAPI_E_NO_SUPPORT', `values of type 0x${propType(value.tag).toString(16)}`);
  return { tag: value.tag, value: copied(value.value) };
}

/**
 * MAPI: ScCopyProps. Copies of values, in their order, and their size.
 *
 * @throws MAPI_E_INVALID_PARAMETER for a type that is not known
 * @see spec: sccopyprops
 */
export function scCopyProps(values: readonly PropValue[]): {
  readonly values: readonly PropValue[];
  readonly bytes: number;
} {
  const unknown = values.find((value) => !isKnownType(value));
  if (unknown !== undefined) throw invalid(unknown, 'is of a type that is not known');
  return { values: values.map(propCopyMore), bytes: bytesOf(values) };
}

/**
 * MAPI: ScCountProps. Checks an array of values and answers the bytes that it takes.
 *
 * @throws MAPI_E_INVALID_PARAMETER for identifier 0 or 0xFFFF, or a multivalue without values
 * @see spec: sccountprops
 */
export function scCountProps(values: readonly PropValue[]): number {
  for (const each of values) {
    if (!isUsableId(propId(each.tag))) throw invalid(each, 'has no usable identifier');
    const isMulti = (propType(each.tag) & MV_FLAG) !== 0;
    if (isMulti && !(Array.isArray(each.value) && each.value.length > 0)) throw invalid(each, 'has no values');
  }
  return bytesOf(values);
}

/** MAPI: ScDupPropset. `scCountProps`, then `scCopyProps`. spec: scduppropset */
export function scDupPropset(values: readonly PropValue[]): readonly PropValue[] {
  scCountProps(values);
  return scCopyProps(values).values;
}

/** MAPI: UlPropSize. The bytes of the value alone, strings with the zero at their end. spec: ulpropsize */
export function ulPropSize({ tag, value }: PropValue): number {
  const type = propType(tag) & ~MV_FLAG;
  const zero = type === 0x1e ? 1 : type === 0x1f ? 2 : 0;
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.reduce<number>((sum, each) => sum + sizeOf(each, type) + zero, 0);
}

function sizeOf(value: unknown, type: number): number {
  if (type === 1 || type === 0x0d) return 0;
  return type === 0x1e && typeof value === 'string' ? value.length : valueBytes(value, type);
}

function bytesOf(values: readonly PropValue[]): number {
  return values.reduce((sum, value) => sum + ENTRY_BYTES + ulPropSize(value), 0);
}

function isKnownType({ tag }: PropValue): boolean {
  return TYPES.has(propType(tag) & ~MV_FLAG);
}

function copied(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  return Array.isArray(value) ? value.map(copied) : value;
}

function invalid({ tag }: PropValue, why: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', `property 0x${tag.toString(16).padStart(8, '0')} ${why}`);
}
