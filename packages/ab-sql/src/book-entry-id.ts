/**
 * Entry identifiers of personal address books.
 *
 * ```
 * | flags (4) = 0 | MAPIUID (16) | version u8 = 1 | kind u8 | 0 u16 | uid of the book (16) | number u64 |
 * ```
 * Numbers are given once and never again, and every file has a uid of its own: an identifier that outlives its entry
 * names nothing ever after. The flags say nothing here; identifiers that differ in them alone name one object.
 */
import { bytes, bytesEqual, fromHex, MapiError, struct, u8, u16, u64 } from '@nodemapi/base';
import { type EntryId, entryIdData, type MapiUid, makeEntryId } from '@nodemapi/mapi';

/** The MAPIUID of this provider. */
export const PERSONAL_ADDRESS_BOOK_UID: MapiUid = fromHex('5d1f6a0b93c84e47a2f07b6c19e4d835');

/** What an identifier names, with the byte that says so. */
const KINDS = {
  root: 1,
  container: 2,
  mailUser: 3,
  distList: 4,
  mailUserTemplate: 5,
  distListTemplate: 6,
} as const;
export type BookObjectKind = keyof typeof KINDS;

const BOOK_ENTRY_ID = struct('address book entry identifier', 28, {
  version: u8,
  kind: u8,
  reserved: u16,
  book: bytes(16),
  number: u64,
});
const VERSION = 1;

export interface BookObject {
  readonly kind: BookObjectKind;
  /** Number of a mail user or list; 0 for the others. */
  readonly number: number;
}

/** Makes the long-term identifier of an object in the book `book`. */
export function bookEntryId(book: Uint8Array, { kind, number }: BookObject): EntryId {
  const data = BOOK_ENTRY_ID.encode({ version: VERSION, kind: KINDS[kind], reserved: 0, book, number: BigInt(number) });
  return makeEntryId(PERSONAL_ADDRESS_BOOK_UID, data);
}

/** Whether the identifier bears this provider's MAPIUID. */
export function isOfThisProvider(entryId: EntryId): boolean {
  return entryIdData(entryId, PERSONAL_ADDRESS_BOOK_UID) !== undefined;
}

/**
 * Reads an identifier; undefined if it is of another book.
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID if it is not of this provider, or of a form that the provider never made
 */
export function parseBookEntryId(book: Uint8Array, entryId: EntryId): BookObject | undefined {
  const data = entryIdData(entryId, PERSONAL_ADDRESS_BOOK_UID);
  if (data?.length !== BOOK_ENTRY_ID.size) throw unknown(`${entryId.length} bytes, not of a personal address book`);
  const fields = BOOK_ENTRY_ID.decode(data);
  const kind = (Object.keys(KINDS) as BookObjectKind[]).find((name) => KINDS[name] === fields.kind);
  if (fields.version !== VERSION || kind === undefined || fields.number > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw unknown(`version ${fields.version}, kind ${fields.kind}, number ${fields.number}`);
  }
  return bytesEqual(fields.book, book) ? { kind, number: Number(fields.number) } : undefined;
}

function unknown(detail: string): MapiError {
  return new MapiError('MAPI_E_UNKNOWN_ENTRYID', detail);
}
