/** Address lists: mailboxes, groups, comments. RFC 5322 3.4 */
import addressparser from 'nodemailer/lib/addressparser';
import { decodeWords, encodeWholly, encodeWords } from './encoded-word.ts';

/** Addresses read from one header; the rest of a longer list is dropped. */
export const ADDRESSES_MAX = 100_000;

export interface MailAddress {
  /** Display name, decoded; '' if there is none. */
  readonly name: string;
  /** `local@domain`; whatever stands in its place in a broken header; '' if there is nothing. */
  readonly address: string;
  /** Name of the group that it stands in. */
  readonly group?: string;
}

/** Reads an address header (unfolded, encoded words not yet decoded); an empty group gives nothing. Never fails. */
export function parseAddresses(header: string): readonly MailAddress[] {
  const found: MailAddress[] = [];
  for (const entry of addressparser(header)) {
    if (entry.group === undefined) {
      add(found, entry.name, entry.address, undefined);
      continue;
    }
    for (const member of entry.group) {
      if (member.group === undefined) add(found, member.name, member.address, decodeWords(entry.name));
    }
  }
  return found;
}

/** An address header's value, not yet folded. Groups are written flat. */
export function formatAddresses(addresses: readonly MailAddress[]): string {
  return addresses.map(formatAddress).join(', ');
}

function formatAddress({ name, address }: MailAddress): string {
  const bare = address.replaceAll(/[\p{Cc}<>]/gu, '').trim();
  if (name === '' || name === address) return `<${bare}>`.replace(/^<([^\s,;:"()[\]\\]+@[^\s,;:"()\\]+)>$/, '$1');
  return `${phrase(name)} <${bare}>`;
}

function phrase(name: string): string {
  const words = encodeWords(name);
  if (words !== name || name.startsWith('=?')) return words === name ? encodeWholly(name) : words;
  return /^[\w!#$%&'*+\-/=?^`{|}~ ]+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}

function add(found: MailAddress[], name: string, address: string, group: string | undefined): void {
  const text = decodeWords(name).trim();
  const decoded = decodeWords(address).trim();
  if (found.length >= ADDRESSES_MAX || (text === '' && decoded === '')) return;
  found.push(group === undefined ? { name: text, address: decoded } : { name: text, address: decoded, group });
}
