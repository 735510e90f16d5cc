/** What the profile section of a store says. */
import { isAbsolute, join, relative, resolve } from 'node:path';
import { readableFileName } from '@nodemapi/kit';
import { type PropValue, PT_UNICODE, propOf, tag } from '@nodemapi/mapi';

/** Path of the store file, absolute or below the MAPI home; the first logon writes it. */
export const PR_STORE_SQL_PATH = tag(0x6601, PT_UNICODE);

/** PR_DISPLAY_NAME of a store that was given no name. */
export const DEFAULT_STORE_NAME = 'Mailbox';

/** Absolute path of the store that a profile section configures; undefined if it configures none. */
export function configuredPath(home: string, section: readonly PropValue[]): string | undefined {
  const configured = propOf(section, PR_STORE_SQL_PATH);
  if (configured === undefined || configured === '') return undefined;
  return absolutePath(home, configured);
}

/** A path of the section, or of an identifier, as an absolute one. */
export function absolutePath(home: string, path: string): string {
  return isAbsolute(path) ? resolve(path) : join(home, path);
}

/** A path as the section keeps it: below the home it is relative, so that a home can be moved. */
export function sectionPath(home: string, path: string): string {
  const below = relative(home, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}

/** Files of one name that are looked at before giving up. */
const namesMax = 1000;

/** The paths for the store of a section that has none yet, in the order in which they are tried: named after the profile. */
export function* newPaths(home: string, profileName: string): Generator<string> {
  const safe = readableFileName(profileName);
  for (let number = 1; number <= namesMax; number++) {
    yield join(home, 'stores', `${safe}${number === 1 ? '' : `-${number}`}.mapidb`);
  }
}
