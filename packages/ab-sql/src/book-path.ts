/** Where the file of a profile's address book lies. */
import { isAbsolute, join } from 'node:path';
import { PT_UNICODE, tag } from '@nodemapi/mapi';

/** In the provider's profile section: the file of the address book; below the MAPI home if it is relative. */
export const PR_BOOK_PATH = tag(0x6601, PT_UNICODE);

/** The configured path as an absolute one. */
export function absolutePath(home: string, path: string): string {
  return isAbsolute(path) ? path : join(home, path);
}

/** The path of a profile that has none configured, relative to the MAPI home. */
export function defaultPath(profileName: string): string {
  return join('stores', `${fileNameOf(profileName)}.mapiab`);
}

/** A profile name as a file name: what file systems or people could misread is written as its number. */
function fileNameOf(profileName: string): string {
  return profileName.replaceAll(/[^\p{L}\p{N} _-]|^ | $/gu, (character) => {
    return `%${(character.codePointAt(0) ?? 0).toString(16)}`;
  });
}
