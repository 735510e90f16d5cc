/** Addresses as SMTP wants them in the envelope (RFC 5321, RFC 6531). */
import { domainToASCII } from 'node:url';

/** RFC 5321 4.5.3.1.3 allows 256 octets of a path, brackets included. */
const ADDRESS_BYTES_MAX = 254;

// A quoted local part may hold nearly everything, but nothing that ends a command or its brackets.
const ADDRESS = /^(?:"(?:[^"\\<>\p{Cc}]|\\[^<>\p{Cc}])+"|[^\s"<>@,;:\\()[\]\p{Cc}]+)@[^\s"<>@,;()\\\p{Cc}]+$/u;

/** Whether the text can stand in an envelope. */
export function isMailAddress(text: string): boolean {
  return Buffer.byteLength(text) <= ADDRESS_BYTES_MAX && ADDRESS.test(text);
}

/**
 * The address with its domain in ASCII, where that is possible; what is not ASCII afterwards needs SMTPUTF8.
 *
 * `jörg@exämple.org` becomes `jörg@xn--exmple-cua.org`.
 */
export function envelopeAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (isAscii(domain)) return address;
  const ascii = domainToASCII(domain);
  return ascii === '' ? address : `${address.slice(0, at)}@${ascii}`;
}

export function isAscii(text: string): boolean {
  return !/[^\p{ASCII}]/u.test(text);
}
