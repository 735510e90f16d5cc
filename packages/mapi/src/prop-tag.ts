/**
 * Property tags: `(identifier << 16) | type`, branded with the type of the value they name.
 *
 * spec: mapi-property-identifier-overview
 */
import { MVI_FLAG, type PropType, type PropTypeMap, PT_ERROR } from './property-type.ts';

declare const valueType: unique symbol;

/** MAPI: property tag. A number that knows, at compile time, what value stands behind it. */
export type PropTag<T = unknown> = number & { readonly [valueType]: T };

/** The value type behind a tag. */
export type ValueOf<T> = T extends PropTag<infer V> ? V : never;

/** Makes the tag of property `id` (0x0001–0xFFFE) with `type`. */
export function tag<T extends PropType>(id: number, type: T): PropTag<PropTypeMap[T]> {
  return (((id & 0xffff) * 0x10000 + type) >>> 0) as PropTag<PropTypeMap[T]>;
}

/** Takes a tag that came from outside (a file, the command line) as it is; its value type is unknown. */
export function tagFromNumber(value: number): PropTag {
  return (value >>> 0) as PropTag;
}

/** PROP_ID: the identifier of a tag. */
export function propId(propTag: number): number {
  return propTag >>> 16;
}

/** PROP_TYPE: the type of a tag, with its multivalue bits. */
export function propType(propTag: number): number {
  return propTag & 0xffff;
}

/** CHANGE_PROP_TYPE: the same property under another type. */
export function changePropType<T extends PropType>(propTag: number, type: T): PropTag<PropTypeMap[T]> {
  return tag(propId(propTag), type);
}

/** The tag under which a failed property is reported: same identifier, PT_ERROR. */
export function errorTag(propTag: number): PropTag<number> {
  return changePropType(propTag, PT_ERROR);
}

/** Whether two tags name one property when an unspecified or instance type is put aside. */
export function sameProperty(a: number, b: number): boolean {
  return propId(a) === propId(b);
}

/** The type of a column without its instance bits. */
export function baseType(propTag: number): number {
  return propType(propTag) & ~MVI_FLAG;
}

/** PROP_ID_NULL and PROP_ID_INVALID never name a property. */
export function isUsableId(id: number): boolean {
  return id > 0 && id < 0xffff;
}

/** Identifiers from here on (up to 0xFFFE) are given to named properties, store by store. */
export const NAMED_ID_MIN = 0x8000;
