import { ByteReader, ByteWriter } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';

/** What `getCollapseState` gives: the row to come back to, and what is open. Its layout concerns nobody else. */
export interface CollapseState {
  readonly key: Uint8Array;
  readonly open: Uint8Array;
}

/** @throws MAPI_E_INVALID_PARAMETER for an empty key */
export function encodeCollapseState(key: Uint8Array, open: Uint8Array): Uint8Array {
  if (key.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty instance key');
  return new ByteWriter().u32(key.length).bytes(key).u32(open.length).bytes(open).toBytes();
}

/** @throws MAPI_E_UNABLE_TO_COMPLETE for bytes that no `getCollapseState` made */
export function decodeCollapseState(state: Uint8Array): CollapseState {
  try {
    const reader = new ByteReader(state, 'collapse state');
    const key = reader.bytes(reader.u32());
    return { key, open: reader.bytes(reader.u32()) };
  } catch (cause) {
    throw new MapiError('MAPI_E_UNABLE_TO_COMPLETE', 'not a collapse state', { cause });
  }
}
