import { MAPI_ACCESS_MODIFY, MapiError } from '@nodemapi/mapi';

/**
 * Whether a folder may be copied or moved into.
 *
 * @param access PR_ACCESS of the destination; a folder that does not tell is asked by what is done to it
 * @throws MAPI_E_NO_ACCESS for a folder of a store that was opened for reading
 */
export function assertTakes(access: number | undefined): void {
  if (access === undefined || (access & MAPI_ACCESS_MODIFY) !== 0) return;
  throw new MapiError('MAPI_E_NO_ACCESS', 'the destination may only be read');
}
