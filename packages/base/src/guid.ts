import { fromHex, toHex } from './hex.ts';
import { MapiError } from './mapi-error.ts';
import type { Random } from './random.ts';

/** A GUID in its one canonical form: lower case, hyphens, no braces. MAPI: MAPIUID, GUID */
export type Guid = string;

export const GUID_SIZE = 16;

/** Memory order of the digits: the first three groups are little-endian numbers, the rest are bytes. [MS-DTYP] 2.3.4.2 */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** Any usual spelling: with or without braces, in either case. */
const SPELLING = /^(\{)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(\})?$/i;

/**
 * Canonical form of a GUID written with or without braces, in either case.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `text` is no GUID
 */
export function parseGuid(text: string): Guid {
  const match = SPELLING.exec(text);
  if (match?.[2] === undefined || (match[1] === undefined) !== (match[3] === undefined)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(text)} is no GUID`);
  }
  return match[2].toLowerCase();
}

/**
 * The 16 bytes of a GUID as they lie in memory and in files.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `guid` is no GUID
 */
export function guidToBytes(guid: Guid): Uint8Array {
  return reordered(fromHex(parseGuid(guid).replaceAll('-', '')));
}

/**
 * The GUID in the 16 bytes at `offset`.
 *
 * @throws MAPI_E_CORRUPT_DATA if fewer remain
 */
export function guidFromBytes(bytes: Uint8Array, offset = 0): Guid {
  if (offset < 0 || offset + GUID_SIZE > bytes.length) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `GUID at ${offset} needs ${GUID_SIZE} bytes of ${bytes.length}`);
  }
  return hyphenated(toHex(reordered(bytes.subarray(offset, offset + GUID_SIZE))));
}

/** A new random GUID, version 4. */
export function newGuid(random: Random): Guid {
  const digits = toHex(random.bytes(GUID_SIZE));
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) & 3];
  return hyphenated(`${digits.slice(0, 12)}4${digits.slice(13, 16)}${variant}${digits.slice(17)}`);
}

/** Swaps between digit order and memory order; its own inverse. */
function reordered(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(GUID_SIZE);
  for (let to = 0; to < GUID_SIZE; to++) swapped[to] = bytes[ORDER[to] ?? 0] ?? 0;
  return swapped;
}

function hyphenated(hex: string): Guid {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
