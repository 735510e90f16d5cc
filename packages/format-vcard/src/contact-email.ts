/** The address of a contact that mail can go to, whatever type it has. [MS-OXOCNTC] 2.2.1.2 */

import { MapiError } from '@nodemapi/base';
import { decodeOneOff, type EntryId } from '@nodemapi/mapi';
import type { ContactKey, EmailField } from './contact-fields.ts';

const ADDRESS = /^[^\s@()<>]+@[^\s@()<>]+$/;

/** undefined if there is none, or only one of an organisation's own. */
export function smtpAddressOf(values: ReadonlyMap<ContactKey, unknown>, field: EmailField): string | undefined {
  const text = (key: ContactKey): string => {
    const value = values.get(key);
    return typeof value === 'string' ? value.trim() : '';
  };
  const type = text(field.addressType).toUpperCase();
  const address = text(field.emailAddress);
  if (address !== '' && (type === 'SMTP' || type === '' || ADDRESS.test(address))) return address;
  const oneOff = oneOffAddress(values.get(field.originalEntryId));
  const shown = /\(([^()]+)\)\s*$/.exec(text(field.displayName))?.[1] ?? text(field.displayName);
  return [oneOff, text(field.originalDisplayName), shown].find((each) => ADDRESS.test(each));
}

function oneOffAddress(entryId: unknown): string {
  if (!(entryId instanceof Uint8Array)) return '';
  try {
    return decodeOneOff(entryId as EntryId)?.emailAddress ?? '';
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_INVALID_ENTRYID')) return ''; // the other properties may tell
    throw error;
  }
}
