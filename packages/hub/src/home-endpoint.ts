/** The meeting place of a MAPI home. */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@nodemapi/base';
import type { HubEndpoint } from './endpoint.ts';
import { PipeEndpoint } from './pipe-endpoint.ts';
import { UnixEndpoint } from './unix-endpoint.ts';

/** Where the hub of `home` is: the same for every path that leads to the home. @param home must exist */
export function homeEndpoint(home: string, log: Log): HubEndpoint {
  const real = realpathSync.native(home);
  if (process.platform === 'win32') {
    const directory = join(real, 'hub');
    mkdirSync(directory, { recursive: true });
    return new PipeEndpoint(`nodemapi-${digest(real.toLowerCase())}`, directory, log);
  }
  return new UnixEndpoint(hubDirectory(real, hostname(), process.getuid?.() ?? 0), log);
}

/**
 * Not in the home: a socket is of one computer, its path is short on all systems (104 bytes on macOS), and nobody wants
 * one in a copy. It depends on nothing but the home, the computer and the user, so that a program of a desktop and one
 * of a timer meet.
 */
export function hubDirectory(home: string, host: string, user: number): string {
  return join('/tmp', `nodemapi-${user}-${digest(`${host}\0${home}`)}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
