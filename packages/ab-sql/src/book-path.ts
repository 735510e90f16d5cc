/** Where the file of a profile's address book lies. */
import { isAbsolute, join } from 'node:path';
import { type FileSystem, MapiError } from '@nodemapi/base';
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
 * The path for a profile that has none yet, relative to the MAPI home: named after the profile, and never a file that is
 * there, which may be the address book of another profile.
 */
export async function newPath(files: FileSystem, home: string, profileName: string): Promise<string> {
  for (let number = 1; number <= namesMax; number++) {
    const path = join('stores', `${readableFileName(profileName)}${number === 1 ? '' : `-${number}`}.mapiab`);
    if (!(await files.exists(absolutePath(home, path)))) return path;
  }
  throw new MapiError('MAPI_E_COLLISION', `there are ${namesMax} address books named after the profile ${profileName}`);
}
