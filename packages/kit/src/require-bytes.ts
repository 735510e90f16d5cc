import { MapiError } from '@nodemapi/base';

/**
 * Looks at what is written into a stream: what has no bytes would be written as nothing.
 *
 * @throws MAPI_E_INVALID_PARAMETER for anything but bytes
 */
export function requireBytes(value: unknown): void {
  if (value instanceof Uint8Array) return;
  const what = value === null ? 'null' : typeof value;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `a stream takes bytes (Uint8Array), no ${what}`);
}
