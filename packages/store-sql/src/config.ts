/** What the profile section of a store says. */
import { isAbsolute, join, resolve } from 'node:path';
import { type PropValue, PT_UNICODE, propOf, tag } from '@nodemapi/mapi';

/** Path of the store file, absolute or below the MAPI home; `stores/<profile>.mapidb` if it is absent. */
export const PR_STORE_SQL_PATH = tag(0x6601, PT_UNICODE);

/** PR_DISPLAY_NAME of a store that was given no name. */
export const DEFAULT_STORE_NAME = 'Mailbox';

/** Absolute path of the store that a profile section configures. */
export function storePath(home: string, section: readonly PropValue[], profileName: string): string {
  const configured = propOf(section, PR_STORE_SQL_PATH);
  if (configured === undefined || configured === '') return defaultPath(home, profileName);
  return isAbsolute(configured) ? resolve(configured) : join(home, configured);
}

/** Characters that some file system would not take stand as their code. */
function defaultPath(home: string, profileName: string): string {
  const safe = profileName.replaceAll(
    /[^\p{L}\p{N} _-]/gu,
    (character) => `%${character.codePointAt(0)?.toString(16)}`,
  );
  return join(home, 'stores', `${safe}.mapidb`);
}
