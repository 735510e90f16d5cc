import { HRESULTS, WARNINGS } from './hresults.generated.ts';

/** Name of an HRESULT that stands for a failure. */
export type MapiErrorCode = keyof typeof HRESULTS;
/** Name of an HRESULT that stands for success with a reservation. */
export type MapiWarningCode = keyof typeof WARNINGS;

/** What a `MapiError` can carry besides its detail. */
export interface MapiErrorOptions extends ErrorOptions {
  /** Name of the provider in which it happened. MAPI: lpszComponent of MAPIERROR */
  readonly component?: string;
  /** What was being done on whose behalf, such as a method name. */
  readonly context?: string;
  /** When the call may be repeated: of MAPI_E_WAIT and MAPI_E_NETWORK_ERROR from a transport. MAPI: *lpulReturnParm */
  readonly retryAfterSeconds?: number;
}

const brand = Symbol.for('mapi.MapiError'); // two copies of this package in one process must agree

/** How the errors of the operating system read in MAPI; what is missing here is MAPI_E_CALL_FAILED. */
const SYSTEM_ERRORS: Readonly<Record<string, MapiErrorCode>> = {
  EACCES: 'MAPI_E_NO_ACCESS',
  EAI_AGAIN: 'MAPI_E_NETWORK_ERROR',
  EBUSY: 'MAPI_E_BUSY',
  ECONNABORTED: 'MAPI_E_NETWORK_ERROR',
  ECONNREFUSED: 'MAPI_E_NETWORK_ERROR',
  ECONNRESET: 'MAPI_E_NETWORK_ERROR',
  EDQUOT: 'MAPI_E_NOT_ENOUGH_DISK',
  EEXIST: 'MAPI_E_COLLISION',
  EHOSTUNREACH: 'MAPI_E_NETWORK_ERROR',
  EIO: 'MAPI_E_DISK_ERROR',
  EMFILE: 'MAPI_E_NOT_ENOUGH_RESOURCES',
  ENETUNREACH: 'MAPI_E_NETWORK_ERROR',
  ENFILE: 'MAPI_E_NOT_ENOUGH_RESOURCES',
  ENOENT: 'MAPI_E_NOT_FOUND',
  ENOMEM: 'MAPI_E_NOT_ENOUGH_MEMORY',
  ENOSPC: 'MAPI_E_NOT_ENOUGH_DISK',
  ENOTFOUND: 'MAPI_E_NETWORK_ERROR',
  EPERM: 'MAPI_E_NO_ACCESS',
  EPIPE: 'MAPI_E_NETWORK_ERROR',
  EROFS: 'MAPI_E_NO_ACCESS',
  ETIMEDOUT: 'MAPI_E_TIMEOUT',
};

/** The one class of operating errors: callers tell errors apart by `code`, never by class. */
export class MapiError extends Error {
  override readonly name = 'MapiError';
  readonly [brand] = true;
  readonly code: MapiErrorCode;
  /** What happened and where, without the code. */
  readonly detail: string;
  declare readonly component?: string;
  declare readonly context?: string;
  declare readonly retryAfterSeconds?: number;

  constructor(code: MapiErrorCode, detail: string, options?: MapiErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
    if (options?.component !== undefined) this.component = options.component;
    if (options?.context !== undefined) this.context = options.context;
    if (options?.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The number of `code` in MAPICode.h, unsigned. */
  get hresult(): number {
    return HRESULTS[this.code];
  }

  /** Tells whether `error` is a MapiError of any copy of this package, and of `code` if one is given. */
  static is(error: unknown, code?: MapiErrorCode): error is MapiError {
    return error instanceof Error && brand in error && (code === undefined || (error as MapiError).code === code);
  }

  /**
   * Turns whatever `component` threw into a MapiError; a MapiError comes back as it is, if its code is one of MAPI's.
   *
   * System errors get their nearest code, everything else MAPI_E_CALL_FAILED; `cause` holds the original.
   */
  static from(error: unknown, component: string): MapiError {
    if (MapiError.is(error) && Object.hasOwn(HRESULTS, error.code)) return error;
    return new MapiError(codeOfForeign(error), detailOfForeign(error), { cause: error, component });
  }
}

/** Name of an HRESULT, such as `MAPI_E_NOT_FOUND`, `MAPI_W_NO_SERVICE` or `S_OK`; an unknown one in hexadecimal. */
export function hresultName(hresult: number): string {
  return NAMES.get(hresult >>> 0) ?? hresultHex(hresult);
}

/** Whether an HRESULT, signed or unsigned, stands for a failure. Warnings do not: they are successes with a reservation. */
export function HR_FAILED(hresult: number): boolean {
  return hresult >>> 31 === 1;
}

/** Whether an HRESULT, signed or unsigned, stands for success, with a warning or without. */
export function HR_SUCCEEDED(hresult: number): boolean {
  return !HR_FAILED(hresult);
}

/** An HRESULT, signed or unsigned, as `0x8004010f`. */
export function hresultHex(hresult: number): string {
  return `0x${(hresult >>> 0).toString(16).padStart(8, '0')}`;
}

/** Code of an HRESULT that came from outside; undefined if it names no error of ours. */
export function mapiErrorCode(hresult: number): MapiErrorCode | undefined {
  const name = NAMES.get(hresult >>> 0);
  return name !== undefined && Object.hasOwn(HRESULTS, name) ? (name as MapiErrorCode) : undefined;
}

const NAMES: ReadonlyMap<number, string> = namesByNumber();

/** Where two names share a number the first in the table is taken. */
function namesByNumber(): ReadonlyMap<number, string> {
  const names = new Map<number, string>([[0, 'S_OK']]);
  for (const [name, hresult] of [...Object.entries(HRESULTS), ...Object.entries(WARNINGS)]) {
    if (!names.has(hresult >>> 0)) names.set(hresult >>> 0, name);
  }
  return names;
}

function codeOfForeign(error: unknown): MapiErrorCode {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !Object.hasOwn(SYSTEM_ERRORS, code)) return 'MAPI_E_CALL_FAILED';
  return SYSTEM_ERRORS[code] ?? 'MAPI_E_CALL_FAILED';
}

function detailOfForeign(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  try {
    return String(error);
  } catch {
    return 'a value that cannot be printed was thrown'; // an object without prototype, for example
  }
}
