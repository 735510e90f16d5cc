/** Access lists and extended attributes of files, which Node.js can neither read nor write. */
import { execFile } from 'node:child_process';
import { MapiError } from './mapi-error.ts';

const TIMEOUT_MS = 10_000;

/**
 * Gives a file what another one has besides its content and its times: mode, access list, extended attributes. GNU `cp` does it,
 * which Linux systems have.
 *
 * @returns whether it was done; false where there is no such program
 * @throws MAPI_E_NO_ACCESS if it cannot be done to this file
 */
export async function copyAttributes(from: string, to: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const failure = await run(['--attributes-only', '--preserve=mode,xattr', '--', from, to]);
  if (failure === undefined) return true;
  // a system without GNU cp, or one whose cp knows no extended attributes, can have none to lose by it
  if (/ENOENT|unrecognized option|invalid option|without xattr support/u.test(failure)) return false;
  throw new MapiError('MAPI_E_NO_ACCESS', `${to} cannot have the access list and attributes of ${from}: ${failure}`);
}

/** @returns what went wrong, on one line */
function run(args: readonly string[]): Promise<string | undefined> {
  const options = { timeout: TIMEOUT_MS, env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' } };
  return new Promise((resolve) => {
    execFile('cp', args, options, (error, _out, err) => {
      resolve(error === null ? undefined : (err || error.message).trim().replaceAll(/\s+/gu, ' ').slice(0, 500));
    });
  });
}
