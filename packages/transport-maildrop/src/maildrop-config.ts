/** The configuration of the maildrop transport: read from its profile section and checked as a whole. */
import { isAbsolute, join, resolve } from 'node:path';
import { MapiError, type PropValue, propOf } from '@nodemapi/mapi';
import {
  PR_MAILDROP_ADDRESS,
  PR_MAILDROP_AFTER,
  PR_MAILDROP_FORMAT,
  PR_MAILDROP_NAME,
  PR_MAILDROP_PATH,
  PR_MAILDROP_REMOTE,
} from './maildrop-properties.ts';

const FORMATS = ['maildir', 'mbox'] as const;
const AFTER = ['keep', 'delete'] as const;
const PATH_LENGTH_MAX = 4096;
const ADDRESS_LENGTH_MAX = 254;

export interface MaildropConfig {
  readonly format: (typeof FORMATS)[number];
  /** As it is configured. */
  readonly path: string;
  readonly after: (typeof AFTER)[number];
  /** Headers first. */
  readonly remote: boolean;
  /** The receiver, if it is said who it is. */
  readonly receivedBy?: { readonly name: string; readonly address: string };
}

/** @throws MAPI_E_UNCONFIGURED without a path; MAPI_E_INVALID_PARAMETER for a value that cannot be used */
export function maildropConfigOf(values: readonly PropValue[]): MaildropConfig {
  const path = propOf(values, PR_MAILDROP_PATH) ?? '';
  if (path.trim() === '') throw new MapiError('MAPI_E_UNCONFIGURED', 'the path (PR_MAILDROP_PATH) is missing');
  if (path.length > PATH_LENGTH_MAX || path.includes('\0')) throw invalid('the path cannot be one');
  const format = oneOf(propOf(values, PR_MAILDROP_FORMAT), FORMATS);
  const after = oneOf(propOf(values, PR_MAILDROP_AFTER), AFTER);
  const address = propOf(values, PR_MAILDROP_ADDRESS)?.trim() ?? '';
  const remote = propOf(values, PR_MAILDROP_REMOTE) ?? false;
  if (address === '') return { format, path, after, remote };
  if (address.length > ADDRESS_LENGTH_MAX || /[\p{Cc}<>\s]/u.test(address)) {
    throw invalid(`${JSON.stringify(address)} cannot be the address of a receiver`);
  }
  return {
    format,
    path,
    after,
    remote,
    receivedBy: { name: propOf(values, PR_MAILDROP_NAME)?.trim() || address, address },
  };
}

/** Where the mail is. */
export function maildropPath({ path }: MaildropConfig, home: string): string {
  return isAbsolute(path) ? resolve(path) : join(home, path);
}

/** The first of `known` stands for nothing. */
function oneOf<T extends string>(value: string | undefined, known: readonly [T, ...T[]]): T {
  if (value === undefined || value === '') return known[0];
  const found = known.find((each) => each === value.toLowerCase());
  if (found === undefined) throw invalid(`${JSON.stringify(value)} is none of ${known.join(', ')}`);
  return found;
}

function invalid(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
