/** Where the file of a profile's address book lies. */
import { isAbsolute, join } from 'node:path';
import { readableFileName } from '@nodemapi/kit';
import { PT_UNICODE, tag } from '@nodemapi/mapi';

/** In the provider's profile section: the file of the address book; below the MAPI home if it is relative. */
export const PR_BOOK_PATH = tag(0x6601, PT_UNICODE);

/** The configured path as an absolute one. */
export function absolutePath(home: string, path: string): string {
  return isAbsolute(path) ? path : join(home, path);
}

/** Files of one name that are looked at before giving up. */
const namesMax = 1000;

/**
 * The paths for a profile that has none yet, relative to the MAPI home, in the order in which they are tried: named after
 * the profile.
 */
export function* newPaths(profileName: string): Generator<string> {
  for (let number = 1; number <= namesMax; number++) {
    yield join('stores', `${readableFileName(profileName)}${number === 1 ? '' : `-${number}`}.mapiab`);
  }
}
