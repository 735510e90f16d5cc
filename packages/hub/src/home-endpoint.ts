/** The meeting place of a MAPI home. */
import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@nodemapi/base';
import type { HubEndpoint } from './endpoint.ts';
import { PipeEndpoint } from './pipe-endpoint.ts';
import { UnixEndpoint } from './unix-endpoint.ts';

/** Bytes of a socket's path on the narrowest system (macOS: 104 with the final zero). */
const socketPathBytesMax = 103;
/** `/<number>.sock` and `/<random>.new`. */
const fileNameBytesMax = 21;

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
 * In the home, below the name of the computer, since a socket is of one computer and a home may be of several; where that
 * is too long for a socket, in the directory for temporary files.
 */
export function hubDirectory(home: string, host: string, user: number): string {
  const inHome = join(home, 'hub', digest(host).slice(0, 8));
  if (Buffer.byteLength(inHome) + fileNameBytesMax <= socketPathBytesMax) return inHome;
  return join('/tmp', `nodemapi-${user}-${digest(`${host}\0${home}`)}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
