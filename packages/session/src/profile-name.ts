import { fromHex, MapiError, toHex, utf8Decode, utf8Encode } from '@nodemapi/base';
import { shortFileName } from '@nodemapi/kit';
import { PROFILE_NAME_CHARS_MAX } from '@nodemapi/mapi';

/** Whether `name` is 1–64 letters, digits, underscores and inner spaces. spec: iprofadmin-createprofile */
export function isProfileName(name: string): boolean {
  const chars = [...name].length;
  return chars <= PROFILE_NAME_CHARS_MAX && /^[\p{L}\p{M}\p{N}_]+( +[\p{L}\p{M}\p{N}_]+)*$/u.test(name);
}

/** @throws MAPI_E_INVALID_PARAMETER if `name` is no profile name */
export function checkProfileName(name: string): void {
  if (typeof name === 'string' && isProfileName(name)) return;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(name)} is no profile name`);
}

/**
 * The file name of a profile: lower-case ASCII letters, digits and underscores as they are, all else as `%XX` of UTF-8.
 *
 * So two names never share a file, also where file names know no upper case. A name that becomes too long is cut, and
 * ends in `-` and a hash.
 */
export function profileFileName(name: string): string {
  return shortFileName(
    name.normalize('NFC').replaceAll(/[^a-z0-9_]+/gu, (other) => toHex(utf8Encode(other)).replaceAll(/../gu, '%$&')),
  );
}

/** Whether a file name was cut: the name of the profile stands in the file alone. */
export function isCutFileName(fileName: string): boolean {
  return /^(?:[a-z0-9_]|%[0-9a-f]{2})+-[0-9a-f]{32}$/.test(fileName);
}

/** The name behind a file name; undefined if no profile has such a file, and for one that was cut. */
export function profileNameOf(fileName: string): string | undefined {
  if (!/^(?:[a-z0-9_]|%[0-9a-f]{2})+$/.test(fileName)) return undefined;
  const parts = [...fileName.matchAll(/%([0-9a-f]{2})|(.)/g)].map(([, hex, char]) =>
    hex === undefined ? (char ?? '').charCodeAt(0) : (fromHex(hex)[0] ?? 0),
  );
  const name = utf8Decode(Uint8Array.from(parts));
  return isProfileName(name) ? name : undefined;
}
