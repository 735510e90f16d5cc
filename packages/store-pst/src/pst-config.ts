/** What the profile section of the provider says. */
import { isAbsolute, join } from 'node:path';
import {
  MapiError,
  type MapiUid,
  PR_DISPLAY_NAME,
  PR_PST_PATH,
  PR_STORE_RECORD_KEY,
  type PropValue,
  propOf,
} from '@nodemapi/mapi';

export interface PstConfig {
  /** Of the file; from the MAPI home if it is relative. */
  readonly path: string;
  readonly name: string | undefined;
  /** Of the store that the last logon found in the file. */
  readonly uid: MapiUid | undefined;
}

/** @throws MAPI_E_UNCONFIGURED without a path */
export function pstConfigOf(section: readonly PropValue[]): PstConfig {
  const path = propOf(section, PR_PST_PATH);
  if (path === undefined || path === '')
    throw new MapiError('MAPI_E_UNCONFIGURED', 'the message service names no PST file (path)');
  return { path, name: propOf(section, PR_DISPLAY_NAME), uid: propOf(section, PR_STORE_RECORD_KEY) };
}

/** Where the file is. @param home directory of a relative path */
export function pstPath(home: string, { path }: PstConfig): string {
  return isAbsolute(path) ? path : join(home, path);
}
