/** The configuration of the local transport: read from its profile section and checked as a whole. */
import { MapiError, type PropValue, propOf } from '@nodemapi/mapi';
import { PR_LOCAL_ADDRESS_LIST, PR_LOCAL_ADDRESSES, PR_LOCAL_NAME } from './local-properties.ts';

export interface LocalConfig {
  /** In lower case, each once; the first is the identity. */
  readonly addresses: readonly [string, ...string[]];
  readonly displayName: string;
}

/** Addresses of one profile. */
const ADDRESSES_MAX = 100;
const ADDRESS_LENGTH_MAX = 254;

/** @throws MAPI_E_UNCONFIGURED without an address; MAPI_E_INVALID_PARAMETER for one that cannot be used */
export function localConfigOf(values: readonly PropValue[]): LocalConfig {
  const listed = propOf(values, PR_LOCAL_ADDRESSES) ?? propOf(values, PR_LOCAL_ADDRESS_LIST)?.split(';') ?? [];
  const addresses = [...new Set(listed.map(localAddress).filter((address) => address !== ''))];
  const [first, ...others] = addresses;
  if (first === undefined) throw new MapiError('MAPI_E_UNCONFIGURED', 'the addresses (PR_LOCAL_ADDRESSES) are missing');
  if (addresses.length > ADDRESSES_MAX) throw invalid(`${addresses.length} addresses are more than ${ADDRESSES_MAX}`);
  for (const address of addresses) {
    if (isLocalAddress(address)) continue;
    throw invalid(`${JSON.stringify(address)} cannot be the address of a mailbox`);
  }
  const name = propOf(values, PR_LOCAL_NAME)?.trim();
  return { addresses: [first, ...others], displayName: name === undefined || name === '' ? first : name };
}

/** Mailboxes are told apart without regard to case. */
export function localAddress(address: string): string {
  return address.trim().toLowerCase();
}

/** Whether a mailbox can have this address; it stands in header lines, too. */
export function isLocalAddress(address: string): boolean {
  return address !== '' && address.length <= ADDRESS_LENGTH_MAX && !/[\p{Cc}<>\s]/u.test(address);
}

function invalid(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
