import { ByteReader, ByteWriter, bytesEqual, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import { type EntryId, entryIdData, entryIdUid, MUID_STORE_WRAP, makeEntryId } from '@nodemapi/mapi';

/**
 * IMSProvider::CompareStoreIDs where the identifier of a store begins with its uid.
 *
 * @throws MAPI_E_INVALID_ENTRYID for what is too short
 */
export function isSameStore(a: EntryId, b: EntryId): boolean {
  const [first, second] = [entryIdUid(a), entryIdUid(b)];
  if (first === undefined || second === undefined)
    throw new MapiError('MAPI_E_INVALID_ENTRYID', 'too short for the identifier of a store');
  return bytesEqual(first, second);
}

/** What a wrapped store identifier holds. */
export interface WrappedStoreEntryId {
  /** Name of the provider's module, as the catalogue has it. */
  readonly moduleName: string;
  /** The provider's own identifier. */
  readonly entryId: EntryId;
}

/**
 * The public form of a store's private identifier; names the module that can open it.
 *
 * ```
 * | flags (4) = 0 | MUID_STORE_WRAP (16) | version u8 = 0 | flag u8 = 0 | module name, 0, padded to 4 | private identifier |
 * ```
 * [MS-OXCDATA] 2.2.4.3; spec: wrapstoreentryid
 *
 * @throws MAPI_E_INVALID_PARAMETER for a name that is empty or has a zero in it
 */
export function wrapStoreEntryID(moduleName: string, entryId: EntryId): EntryId {
  if (moduleName === '' || moduleName.includes('\0')) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a store provider without a usable module name');
  }
  const writer = new ByteWriter().u8(0).u8(0).bytes(utf8Encode(moduleName)).u8(0).align(4);
  return makeEntryId(MUID_STORE_WRAP, writer.bytes(entryId).toBytes());
}

/**
 * The private identifier and the module in a wrapped one; undefined if it is not wrapped.
 *
 * @throws MAPI_E_INVALID_ENTRYID if it claims to be wrapped and is not well formed
 */
export function unwrapStoreEntryID(entryId: EntryId): WrappedStoreEntryId | undefined {
  const data = entryIdData(entryId, MUID_STORE_WRAP);
  if (data === undefined) return undefined;
  const end = data.indexOf(0, 2);
  if (end <= 2) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'wrapped store identifier without a module name');
  try {
    const reader = new ByteReader(data, 'wrapped store identifier');
    reader.seek(end + 1);
    reader.align(4);
    return { moduleName: utf8Decode(data.subarray(2, end)), entryId: reader.bytes(reader.remaining) };
  } catch (cause) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', 'wrapped store identifier is cut off', { cause });
  }
}
