/**
 * What every MAPI object has: its interface, references, and release.
 *
 * spec: implementing-the-iunknown-interface
 */
import type { InterfaceName } from './interface-map.ts';

/**
 * MAPI: IUnknown. Whoever receives an object releases it, with `await using` or `release()`.
 *
 * `iid` names the most derived interface of the object, so `object.iid === 'IMessage'` narrows a union.
 */
export interface IUnknown {
  readonly iid: InterfaceName;
  /** Gives an independent reference; each reference is released once. */
  addRef(): this;
  /** Gives this reference up. A second call does nothing; it never fails because the session has ended. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** MAPI: MAPIERROR. What `getLastError` tells about the last failed call on an object. */
export interface MapiErrorInfo {
  readonly error: string;
  readonly component: string;
  readonly lowLevelError: number;
  readonly context: number;
}

/** MAPI: GetLastError, for the objects that have it. spec: imapiprop-getlasterror */
export interface HasLastError {
  /** Details of the last failure on this object with `hresult`, or undefined if there is nothing to tell. */
  getLastError(hresult: number): Promise<MapiErrorInfo | undefined>;
}
