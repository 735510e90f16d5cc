/** What the profile section of a store says. */
import { isAbsolute, join, resolve } from 'node:path';
import { type IProfSect, type ProviderHost, PT_UNICODE, tag } from '@nodemapi/mapi';

/** Path of the store file, absolute or below the MAPI home; `stores/<profile>.mapidb` if it is absent. */
export const PR_STORE_SQL_PATH = tag(0x6601, PT_UNICODE);

/** PR_DISPLAY_NAME of a store that was given no name. */
export const DEFAULT_STORE_NAME = 'Mailbox';

/** Absolute path of the store that a section configures. */
export async function storePath(host: ProviderHost, section: IProfSect, profileName: string): Promise<string> {
  const { values } = await section.getProps([PR_STORE_SQL_PATH]);
  const configured = values[0];
  if (configured === undefined || configured === '') return defaultPath(host, profileName);
  return isAbsolute(configured) ? resolve(configured) : join(host.home, configured);
}

/** Characters that some file system would not take stand as their code. */
function defaultPath(host: ProviderHost, profileName: string): string {
  const safe = profileName.replaceAll(
    /[^\p{L}\p{N} _-]/gu,
    (character) => `%${character.codePointAt(0)?.toString(16)}`,
  );
  return join(host.home, 'stores', `${safe}.mapidb`);
}
