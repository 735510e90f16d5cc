/** Property lists as bytes, the form in which entries lie in the database: the form of the kit, within limits. */
import { MapiError } from '@nodemapi/base';
import { decodeProps, encodeProps, isKeptByType } from '@nodemapi/kit';
import type { PropValue } from '@nodemapi/mapi';

/** Entries are about people; what is larger than this is kept somewhere else. */
export const propListBytesMax = 4 * 1024 * 1024;

/** Whether values of this tag can be kept in an entry. */
export const canStore = isKeptByType;

/** @throws MAPI_E_TOO_BIG past `propListBytesMax`; MAPI_E_INVALID_TYPE for a type that cannot be stored */
export function encodePropList(values: readonly PropValue[]): Uint8Array {
  const unknown = values.find(({ tag }) => !canStore(tag));
  if (unknown !== undefined) {
    const name = `0x${unknown.tag.toString(16)}`;
    throw new MapiError('MAPI_E_INVALID_TYPE', `property ${name} has a type that cannot be stored`);
  }
  const bytes = encodeProps(values);
  if (bytes.length <= propListBytesMax) return bytes;
  throw new MapiError('MAPI_E_TOO_BIG', `an entry of ${bytes.length} bytes; ${propListBytesMax} is the limit`);
}

/** @throws MAPI_E_CORRUPT_DATA for bytes that are no property list */
export function decodePropList(bytes: Uint8Array): readonly PropValue[] {
  const { props, references } = decodeProps(bytes);
  if (references.length === 0 && props.every(({ tag }) => canStore(tag))) return props;
  throw new MapiError('MAPI_E_CORRUPT_DATA', 'property list of an entry holds what no entry has');
}
