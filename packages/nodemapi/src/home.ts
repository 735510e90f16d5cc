/** Where the MAPI home is: `$MAPI_HOME`, else the data directory of the platform. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Absolute path of the MAPI home that a process uses when nothing else is said. */
export function defaultHome(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string {
  const named = environment.MAPI_HOME;
  if (named !== undefined && named !== '') return resolve(named);
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'nodemapi');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'nodemapi');
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'nodemapi');
}
