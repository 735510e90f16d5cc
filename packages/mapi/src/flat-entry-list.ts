/**
 * MAPI: FLATENTRYLIST. Entry identifiers one after another, each padded to four bytes.
 *
 * ```
 * | count u32 | bytes that follow u32 | size u32 | identifier | 0–3 bytes | size u32 | …
 * ```
 * spec: flatentrylist, flatentry
 */
import { ByteReader, ByteWriter, MapiError } from '@nodemapi/base';
import type { EntryId } from './entry-id.ts';

/** Writes a list. */
export function encodeFlatEntryList(entryIds: readonly EntryId[]): Uint8Array {
  const list = new ByteWriter();
  for (const entryId of entryIds) {
    list.u32(entryId.length);
    list.bytes(entryId);
    list.bytes(new Uint8Array(-entryId.length & 3));
  }
  const bytes = list.toBytes();
  return new ByteWriter().u32(entryIds.length).u32(bytes.length).bytes(bytes).toBytes();
}

/** Reads a list; one that is cut off gives what it holds. */
export function decodeFlatEntryList(bytes: Uint8Array): readonly EntryId[] {
  const found: EntryId[] = [];
  try {
    const reader = new ByteReader(bytes, 'list of entry identifiers');
    const count = reader.u32();
    reader.u32();
    for (let index = 0; index < count; index++) {
      const entryId = reader.bytes(reader.u32());
      if (index < count - 1) reader.bytes(-entryId.length & 3);
      found.push(entryId.slice());
    }
  } catch (error) {
    if (!MapiError.is(error)) throw error;
  }
  return found;
}
