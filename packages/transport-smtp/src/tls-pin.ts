/** Pinned servers: SHA-256 of the certificate, or of its public key (SubjectPublicKeyInfo in DER), as RFC 7469 has it. */
import { createHash, type X509Certificate } from 'node:crypto';
import { MapiError } from '@nodemapi/base';

/** Hexadecimal in small letters. */
export type TlsPin = string;

const HEX_LENGTH = 64;

/**
 * Reads pins, one or several with `;` between: `sha256:` or nothing, then the hash in hexadecimal, with or without
 * colons, or in Base64.
 *
 * @throws MAPI_E_INVALID_PARAMETER
 */
export function parseTlsPins(text: string): readonly TlsPin[] {
  const pins = text.split(';').flatMap((part) => (part.trim() === '' ? [] : [parsePin(part.trim())]));
  if (pins.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty list of pins pins nothing');
  return pins;
}

/** Whether the certificate, or its key, is one of them. */
export function isPinned(certificate: X509Certificate, pins: readonly TlsPin[]): boolean {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return [certificate.raw, key].some((bytes) => pins.includes(sha256(bytes)));
}

function parsePin(text: string): TlsPin {
  const value = text.replace(/^sha256[:/]/iu, '');
  const hex = value.replaceAll(':', '').toLowerCase();
  if (hex.length === HEX_LENGTH && /^[0-9a-f]+$/u.test(hex)) return hex;
  if (/^[A-Za-z0-9+/]{43}=$/u.test(value)) return Buffer.from(value, 'base64').toString('hex');
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(text)} is no SHA-256 in hexadecimal or Base64`);
}

function sha256(bytes: Uint8Array): TlsPin {
  return createHash('sha256').update(bytes).digest('hex');
}
