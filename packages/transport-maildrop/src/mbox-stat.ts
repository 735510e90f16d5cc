/** What an mbox is at the moment. */
import { type FileStat, type FileSystem, MapiError } from '@nodemapi/base';

/** Undefined while there is none. @throws MAPI_E_CORRUPT_DATA if something else has its name */
export async function mboxStat(files: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    const stat = await files.stat(path);
    if (stat.kind === 'file') return stat;
    throw new MapiError('MAPI_E_CORRUPT_DATA', `${path} is no file`);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
    throw error;
  }
}
