/**
 * Property types: the low 16 bits of every property tag, and what a value of each type is in JavaScript.
 *
 * spec: property-types
 */
import type { FileTime, Guid } from '@nodemapi/base';

export const PT_UNSPECIFIED = 0x0000;
export const PT_NULL = 0x0001;
export const PT_I2 = 0x0002;
export const PT_LONG = 0x0003;
export const PT_R4 = 0x0004;
export const PT_DOUBLE = 0x0005;
export const PT_CURRENCY = 0x0006;
export const PT_APPTIME = 0x0007;
export const PT_ERROR = 0x000a;
export const PT_BOOLEAN = 0x000b;
export const PT_OBJECT = 0x000d;
export const PT_I8 = 0x0014;
export const PT_STRING8 = 0x001e;
export const PT_UNICODE = 0x001f;
export const PT_SYSTIME = 0x0040;
export const PT_CLSID = 0x0048;
export const PT_SVREID = 0x00fb;
export const PT_SRESTRICTION = 0x00fd;
export const PT_ACTIONS = 0x00fe;
export const PT_BINARY = 0x0102;

/** Set in the type of a property that holds a list of values. */
export const MV_FLAG = 0x1000;
/** Set, with `MV_FLAG`, in a column that shows one row per value. */
export const MV_INSTANCE = 0x2000;
export const MVI_FLAG = MV_FLAG | MV_INSTANCE;

/** Types of lists: each value is an array of values of the single type. */
export const PT_MV_I2 = 0x1002;
export const PT_MV_LONG = 0x1003;
export const PT_MV_R4 = 0x1004;
export const PT_MV_DOUBLE = 0x1005;
export const PT_MV_CURRENCY = 0x1006;
export const PT_MV_APPTIME = 0x1007;
export const PT_MV_I8 = 0x1014;
export const PT_MV_STRING8 = 0x101e;
export const PT_MV_UNICODE = 0x101f;
export const PT_MV_SYSTIME = 0x1040;
export const PT_MV_CLSID = 0x1048;
export const PT_MV_BINARY = 0x1102;

/** The JavaScript value that each property type holds. */
export interface PropTypeMap {
  [PT_UNSPECIFIED]: unknown;
  [PT_NULL]: null;
  [PT_I2]: number;
  [PT_LONG]: number;
  [PT_R4]: number;
  [PT_DOUBLE]: number;
  [PT_CURRENCY]: bigint;
  [PT_APPTIME]: number;
  [PT_ERROR]: number;
  [PT_BOOLEAN]: boolean;
  [PT_OBJECT]: null;
  [PT_I8]: bigint;
  [PT_STRING8]: string;
  [PT_UNICODE]: string;
  [PT_SYSTIME]: FileTime;
  [PT_CLSID]: Guid;
  [PT_SVREID]: Uint8Array;
  [PT_SRESTRICTION]: Uint8Array;
  [PT_ACTIONS]: Uint8Array;
  [PT_BINARY]: Uint8Array;
  [PT_MV_I2]: readonly number[];
  [PT_MV_LONG]: readonly number[];
  [PT_MV_R4]: readonly number[];
  [PT_MV_DOUBLE]: readonly number[];
  [PT_MV_CURRENCY]: readonly bigint[];
  [PT_MV_APPTIME]: readonly number[];
  [PT_MV_I8]: readonly bigint[];
  [PT_MV_STRING8]: readonly string[];
  [PT_MV_UNICODE]: readonly string[];
  [PT_MV_SYSTIME]: readonly FileTime[];
  [PT_MV_CLSID]: readonly Guid[];
  [PT_MV_BINARY]: readonly Uint8Array[];
}
/** One of the property types. */
export type PropType = keyof PropTypeMap;

type Check = (value: unknown) => boolean;
const isNumber: Check = (value) => typeof value === 'number';
const isInteger: Check = (value) => Number.isInteger(value);
const isBigInt: Check = (value) => typeof value === 'bigint';
const isString: Check = (value) => typeof value === 'string';
const isBytes: Check = (value) => value instanceof Uint8Array;

const SINGLE_CHECKS: ReadonlyMap<number, Check> = new Map<number, Check>([
  [PT_NULL, (value) => value === null],
  [PT_I2, isInteger],
  [PT_LONG, isInteger],
  [PT_R4, isNumber],
  [PT_DOUBLE, isNumber],
  [PT_CURRENCY, isBigInt],
  [PT_APPTIME, isNumber],
  [PT_ERROR, isInteger],
  [PT_BOOLEAN, (value) => typeof value === 'boolean'],
  [PT_OBJECT, (value) => value === null],
  [PT_I8, isBigInt],
  [PT_STRING8, isString],
  [PT_UNICODE, isString],
  [PT_SYSTIME, isBigInt],
  [PT_CLSID, isString],
  [PT_SVREID, isBytes],
  [PT_SRESTRICTION, isBytes],
  [PT_ACTIONS, isBytes],
  [PT_BINARY, isBytes],
]);

/** The types that a property may have a list of. PT_BOOLEAN, PT_ERROR, PT_NULL and PT_OBJECT are not among them. */
const MULTIVALUE_TYPES: ReadonlySet<number> = new Set([
  PT_MV_I2,
  PT_MV_LONG,
  PT_MV_R4,
  PT_MV_DOUBLE,
  PT_MV_CURRENCY,
  PT_MV_APPTIME,
  PT_MV_I8,
  PT_MV_STRING8,
  PT_MV_UNICODE,
  PT_MV_SYSTIME,
  PT_MV_CLSID,
  PT_MV_BINARY,
]);

/** Whether a property can be of `type`: of a single one, or of one that has a multivalue form. */
export function isStorableType(type: number): boolean {
  return (type & MVI_FLAG) === 0 ? SINGLE_CHECKS.has(type) : MULTIVALUE_TYPES.has(type);
}

/** Whether `value` is what a property of `type` holds; a type that MAPI does not define holds nothing. */
export function isValueOfType(type: number, value: unknown): boolean {
  const check = SINGLE_CHECKS.get(type & ~MVI_FLAG);
  if (check === undefined) return false;
  if ((type & MV_FLAG) === 0) return check(value);
  return Array.isArray(value) && value.every((element) => check(element));
}
