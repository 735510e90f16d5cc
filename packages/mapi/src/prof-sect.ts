/** MAPI: IProfSect. Not transacted: changes take effect at once. spec: iprofsectimapiprop */
import type { IMAPIProp } from './mapi-prop.ts';

export interface IProfSect extends IMAPIProp {
  readonly iid: 'IProfSect';
}

/** Identifiers that are stored protected and shown only when asked for by tag. */
export const SECURE_ID_MIN = 0x67f0;
export const SECURE_ID_MAX = 0x67ff;

/** Whether a property of a profile section is a secret. */
export function isSecureId(id: number): boolean {
  return id >= SECURE_ID_MIN && id <= SECURE_ID_MAX;
}
