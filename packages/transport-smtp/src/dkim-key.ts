import { createPrivateKey, type KeyObject } from 'node:crypto';
import { MapiError } from '@nodemapi/base';

/** By what messages are signed (RFC 6376). The public key stands in the DNS at `<selector>._domainkey.<domain>`. */
export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: KeyObject;
}

/** RFC 8301 3.2 */
const MODULUS_BITS_MIN = 1024;

const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/iu;

/**
 * Checks the parts of a key. The private key is RSA in PEM; its line breaks may have become spaces.
 *
 * @throws MAPI_E_INVALID_PARAMETER
 */
export function dkimKey(domain: string, selector: string, pem: string): DkimKey {
  for (const name of [domain, selector]) {
    if (!NAME.test(name)) throw invalid(`${JSON.stringify(name)} is no name for DKIM`);
  }
  const privateKey = readKey(pem);
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (privateKey.asymmetricKeyType !== 'rsa' || bits < MODULUS_BITS_MIN) {
    throw invalid(`a key for DKIM is an RSA key of at least ${MODULUS_BITS_MIN} bits`);
  }
  return { domain, selector, privateKey };
}

function readKey(pem: string): KeyObject {
  const [, label, base64 = ''] = /^\s*-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----\s*$/su.exec(pem) ?? [];
  const lines = base64.replaceAll(/\s/gu, '').replaceAll(/.{64}/gu, '$&\n');
  try {
    return createPrivateKey(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
  } catch {
    throw invalid('the key for DKIM is no private key in PEM'); // the reason might show parts of it
  }
}

function invalid(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
