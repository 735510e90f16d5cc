/** Which options a save of a message may have. spec: imapiprop-savechanges */
import { MapiError, type SaveChangesOptions } from '@nodemapi/mapi';
import { noSupport } from '../no-support.ts';

/**
 * Looks at the options before anything is saved, for a store without a spam filter and without rules of its own.
 *
 * @throws MAPI_E_INVALID_PARAMETER for options that exclude each other; MAPI_E_NO_SUPPORT for a spam filter
 */
export function checkSaveOptions(options: SaveChangesOptions): void {
  if (options.keepOpenReadOnly === true && options.keepOpenReadWrite === true) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'KEEP_OPEN_READONLY excludes KEEP_OPEN_READWRITE');
  }
  if (options.spamFilter === true) noSupport('SPAMFILTER_ONSAVE: the store has no spam filter');
}
