/** Address lists: mailboxes, groups, comments. RFC 5322 3.4 */
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import { decodeWords, encodeWholly, encodeWords } from './encoded-word.ts';

/** Addresses read from one header; the rest of a longer list is dropped. */
export const ADDRESSES_MAX = 100_000;

/** A local part, quoted or not, and a domain or its number. */
const ADDRESS = /^(?:"(?:[^"\\]|\\.)*"|[^\s"(),:;<>[\]\\]+)@(?:[^\s"(),:;<>[\]\\@]+|\[[\w.:]+\])$/u;

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
  const plain = plainAddresses(header);
  if (plain !== undefined) return plain;
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

/** `a@b.c`, `Ann Smith <a@b.c>` or `"Ann Smith" <a@b.c>`, in letters of which none means anything else anywhere. */
const PLAIN =
  /^[ \t]*(?:(?:([A-Za-z0-9]+(?: [A-Za-z0-9]+)*)|"([A-Za-z0-9]+(?: [A-Za-z0-9]+)*)")[ \t]+)?(<)?([A-Za-z0-9_-]+(?:[.+][A-Za-z0-9_-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(>)?[ \t]*$/;

/** The addresses of a header that has none but plain ones, as most have; undefined for all others. */
function plainAddresses(header: string): readonly MailAddress[] | undefined {
  if (header.length > 10_000) return undefined;
  const found: MailAddress[] = [];
  for (const entry of header.split(',')) {
    const match = PLAIN.exec(entry);
    if (match === null) return undefined;
    const [, word, quoted, open, address = '', close] = match;
    const name = word ?? quoted ?? '';
    const isClosed = (open === undefined) === (close === undefined) && (name === '' || open !== undefined);
    if (!isClosed) return undefined;
    found.push({ name, address });
  }
  return found;
}

/**
 * An address header's value, not yet folded. Groups are written flat, names without an address last.
 *
 * It is ASCII but for addresses whose local part is not, which stay as they are (RFC 6532).
 */
export function formatAddresses(
  addresses: readonly MailAddress[],
  { utf8 = false }: { readonly utf8?: boolean } = {},
): string {
  const written = addresses.map((address) => formatAddress(address, utf8));
  // readers take a name alone for the beginning of the next name, so these stand at the end
  const bare = written.filter((entry) => entry.endsWith(' <>'));
  return [...written.filter((entry) => !entry.endsWith(' <>')), ...bare].join(', ');
}

function formatAddress({ name, address }: MailAddress, utf8: boolean): string {
  const bare = writable(address.replaceAll(/[\p{Cc}<>]/gu, '').trim());
  if (name === '' || name === address) return `<${bare}>`.replace(/^<([^\s,;:"()[\]\\]+@[^\s,;:"()\\]+)>$/, '$1');
  return `${utf8 ? utf8Phrase(name) : phrase(name)} <${bare}>`;
}

/** What would break the list that it stands in is left out of a broken address. */
function writable(address: string): string {
  return ADDRESS.test(address) ? asciiDomain(address) : address.replaceAll(/[^\x21-\x7e]|["(),:;[\]\\]/g, '');
}

/** A domain with other letters is written in its ASCII form, so that any server takes it; such a local part has none. */
function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (at < 0 || /^[\0-\x7f]*$/.test(domain) || !/^[\0-\x7f]*$/.test(address.slice(0, at))) return address;
  const ascii = domainToASCII(domain);
  return ascii === '' ? address : `${address.slice(0, at + 1)}${ascii}`;
}

function phrase(name: string): string {
  const words = encodeWords(name);
  if (words !== name || name.startsWith('=?')) return words === name ? encodeWholly(name) : words;
  return /^[\w!#$%&'*+\-/=?^`{|}~ ]+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}

function utf8Phrase(name: string): string {
  const clean = name.replaceAll(/\p{Cc}+/gu, ' ');
  return clean.includes('=?') ? phrase(clean) : `"${clean.replaceAll(/["\\]/g, '\\$&')}"`;
}

function add(found: MailAddress[], name: string, address: string, group: string | undefined): void {
  const text = decodeWords(name).trim();
  const decoded = decodeWords(address).trim();
  if (found.length >= ADDRESSES_MAX || (text === '' && decoded === '')) return;
  found.push(group === undefined ? { name: text, address: decoded } : { name: text, address: decoded, group });
}
