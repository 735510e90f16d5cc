/**
 * Property values, rows and what `getProps` answers.
 *
 * spec: spropvalue, srow
 */
import { hresultName, type MapiErrorCode, type MapiWarningCode } from '@nodemapi/base';
import { errorTag, type PropTag, propId, propType, type ValueOf } from './prop-tag.ts';
import { PT_ERROR } from './property-type.ts';

/** MAPI: SPropValue. A failed property has the type PT_ERROR and the HRESULT as its value. */
export interface PropValue<T = unknown> {
  readonly tag: PropTag<T>;
  readonly value: T;
}

/** MAPI: SRow. The values of one table row, in the order of the table's columns. */
export type Row = readonly PropValue[];

/** MAPI: SRowSet. */
export type RowSet = readonly Row[];

/** Makes one property value; a value of another type than the tag's does not compile. */
export function prop<T>(propTag: PropTag<T>, value: NoInfer<T>): PropValue<T> {
  return { tag: propTag, value };
}

/** Makes the PT_ERROR entry that stands for a property that could not be had. */
export function propError(propTag: number, hresult: number): PropValue<number> {
  return { tag: errorTag(propTag), value: hresult >>> 0 };
}

/** Whether the entry stands for a property that could not be had. */
export function isPropError(value: PropValue): value is PropValue<number> {
  return propType(value.tag) === PT_ERROR;
}

/** PpropFindProp: the value of `propTag` in a list of values; undefined if it is absent or an error. */
export function propOf<T>(values: readonly PropValue[], propTag: PropTag<T>): T | undefined {
  for (const candidate of values) {
    if (candidate.tag === propTag) return candidate.value as T;
  }
  return undefined;
}

/** The entry of a property whatever its type is, PT_ERROR included. */
export function propById(values: readonly PropValue[], id: number): PropValue | undefined {
  return values.find((candidate) => propId(candidate.tag) === id);
}

/** The typed values behind a list of tags: each undefined where the property could not be had. */
export type ValuesOf<T extends readonly PropTag[]> = { [K in keyof T]: ValueOf<T[K]> | undefined };

/** What `getProps` answers. */
export interface GetPropsResult<T extends readonly PropTag[] = readonly PropTag[]> {
  /** The values in the order asked for; undefined stands for an absent or failed property. */
  readonly values: ValuesOf<T>;
  /** MAPI's own form: one entry per property, PT_ERROR with the code where it failed. */
  readonly props: readonly PropValue[];
  /** MAPI_W_ERRORS_RETURNED if at least one property failed. */
  readonly warning?: MapiWarningCode;
}

/** MAPI: SPropProblem. Why one property of a list was not set, deleted or copied; the others were. */
export interface PropProblem {
  readonly index: number;
  readonly tag: PropTag;
  readonly code: MapiErrorCode;
}

/** Values for these tags: the compiler finds the tags in the argument, and each value has to be of its tag's type. */
export type CheckedProps<T extends readonly PropTag[]> = {
  readonly [K in keyof T]: { readonly tag: T[K]; readonly value: ValueOf<T[K]> };
};

/** Builds the answer of `getProps` from its MAPI form. */
export function getPropsResult<T extends readonly PropTag[]>(props: readonly PropValue[]): GetPropsResult<T> {
  let failed = false;
  const values = props.map((entry) => {
    if (!isPropError(entry)) return entry.value;
    failed = true;
    return undefined;
  });
  // map makes an array; the caller asked with one tag per value, in the order of T
  const result = { values: values as unknown as ValuesOf<T>, props };
  return failed ? { ...result, warning: 'MAPI_W_ERRORS_RETURNED' } : result;
}

/** The error code of a PT_ERROR entry, or undefined for an ordinary value. */
export function problemOf(value: PropValue): string | undefined {
  return isPropError(value) ? hresultName(value.value) : undefined;
}
