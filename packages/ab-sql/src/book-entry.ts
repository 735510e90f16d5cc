/** Entries of an address book: what is stored, and what follows from it. */
import { concatBytes, type FileTime, MapiError, utf8Encode } from '@nodemapi/base';
import {
  baseType,
  DT_MAILUSER,
  DT_PRIVATE_DISTLIST,
  type EntryId,
  MAPI_DISTLIST,
  MAPI_MAILUSER,
  PR_ADDRTYPE,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_LAST_MODIFICATION_TIME,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_TRANSMITABLE_DISPLAY_NAME,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  prop,
  propId,
  propOf,
  searchKeyOf,
} from '@nodemapi/mapi';
import { bookEntryId } from './book-entry-id.ts';

export type EntryKind = 'mailUser' | 'distList';

/** An entry as it lies in the book. */
export interface BookEntry {
  readonly id: number;
  readonly kind: EntryKind;
  /** Counts the saves. */
  readonly version: number;
  /** What was set; nothing computed. */
  readonly props: readonly PropValue[];
}

export const OBJECT_TYPES = { mailUser: MAPI_MAILUSER, distList: MAPI_DISTLIST } as const;
const DISPLAY_TYPES = { mailUser: DT_MAILUSER, distList: DT_PRIVATE_DISTLIST } as const;

/** The address type of personal distribution lists, the only one that MAPI itself defines. */
export const LIST_ADDRESS_TYPE = 'MAPIPDL';
const DEFAULT_ADDRESS_TYPE = 'SMTP';

/** Nobody sets these: they follow from what the entry is. */
const COMPUTED: readonly PropTag[] = [
  PR_ENTRYID,
  PR_RECORD_KEY,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_DISPLAY_TYPE,
  PR_SEARCH_KEY,
  PR_CREATION_TIME,
  PR_LAST_MODIFICATION_TIME,
];
const COMPUTED_IDS: Readonly<Record<EntryKind, ReadonlySet<number>>> = {
  mailUser: new Set(COMPUTED.map(propId)),
  distList: new Set([...COMPUTED, PR_ADDRTYPE].map(propId)),
};

/** Whether a property of such an entry follows from others. */
export function isComputed(kind: EntryKind, tag: PropTag): boolean {
  return COMPUTED_IDS[kind].has(propId(tag));
}

/**
 * The properties that an entry is stored with: computed ones left out, the display name and address type filled in.
 *
 * @throws MAPI_E_MISSING_REQUIRED_COLUMN if a mail user has no address or a list no name
 */
export function completeProps(kind: EntryKind, props: readonly PropValue[]): readonly PropValue[] {
  const stored = props.filter(({ tag }) => !isComputed(kind, tag) && baseType(tag) !== PT_OBJECT);
  const name = propOf(stored, PR_DISPLAY_NAME)?.trim() ?? '';
  if (kind === 'distList') {
    if (name === '') throw missing('a distribution list needs PR_DISPLAY_NAME');
    return stored;
  }
  const address = propOf(stored, PR_EMAIL_ADDRESS)?.trim() ?? '';
  if (address === '') throw missing('a mail user needs PR_EMAIL_ADDRESS');
  const added: PropValue[] = [];
  if (name === '') added.push(prop(PR_DISPLAY_NAME, address));
  if (propOf(stored, PR_ADDRTYPE) === undefined) added.push(prop(PR_ADDRTYPE, DEFAULT_ADDRESS_TYPE));
  const replaced = new Set(added.map((value) => value.tag));
  return [...added, ...stored.filter((value) => !replaced.has(value.tag))];
}

/** The properties to store, with the times of the first and of this save. */
export function stampedProps(
  props: readonly PropValue[],
  base: BookEntry | undefined,
  now: FileTime,
): readonly PropValue[] {
  const created = propOf(base?.props ?? [], PR_CREATION_TIME) ?? now;
  return [...props, prop(PR_CREATION_TIME, created), prop(PR_LAST_MODIFICATION_TIME, now)];
}

/** PR_ADDRTYPE consists of capital letters and digits. spec: pidtagaddresstype-canonical-property */
export function isAddressType(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z0-9]+$/u.test(value);
}

/** PR_SEARCH_KEY: type and address of a mail user; a list is found by its name. */
export function searchKey(kind: EntryKind, props: readonly PropValue[]): Uint8Array {
  if (kind === 'distList') return searchKeyOf(LIST_ADDRESS_TYPE, propOf(props, PR_DISPLAY_NAME) ?? '');
  return searchKeyOf(propOf(props, PR_ADDRTYPE) ?? DEFAULT_ADDRESS_TYPE, propOf(props, PR_EMAIL_ADDRESS) ?? '');
}

/** The identifier of an entry. */
export function idOfEntry(book: Uint8Array, entry: Pick<BookEntry, 'kind' | 'id'>): EntryId {
  return bookEntryId(book, { kind: entry.kind, number: entry.id });
}

/** All properties of an entry, computed ones first. */
export function allProps(book: Uint8Array, entry: BookEntry): readonly PropValue[] {
  const entryId = idOfEntry(book, entry);
  const name = propOf(entry.props, PR_DISPLAY_NAME) ?? '';
  const values: PropValue[] = [
    prop(PR_ENTRYID, entryId),
    prop(PR_RECORD_KEY, entryId),
    prop(PR_INSTANCE_KEY, instanceKey(book, 'entry', entry.id)),
    ...kindProps(entry.kind),
    prop(PR_SEARCH_KEY, searchKey(entry.kind, entry.props)),
    ...entry.props,
  ];
  if (propOf(entry.props, PR_TRANSMITABLE_DISPLAY_NAME) === undefined) {
    values.push(prop(PR_TRANSMITABLE_DISPLAY_NAME, name));
  }
  return values;
}

/** What every entry of a kind has, saved or not. */
export function kindProps(kind: EntryKind): readonly PropValue[] {
  const values: PropValue[] = [prop(PR_OBJECT_TYPE, OBJECT_TYPES[kind]), prop(PR_DISPLAY_TYPE, DISPLAY_TYPES[kind])];
  if (kind === 'distList') values.push(prop(PR_ADDRTYPE, LIST_ADDRESS_TYPE));
  return values;
}

/** PR_INSTANCE_KEY of a row; the same entry has one in the container and another as a member of a list. */
export function instanceKey(book: Uint8Array, table: 'entry' | 'member', id: number): Uint8Array {
  return concatBytes([book.subarray(0, 4), utf8Encode(`${table}:${id}`)]);
}

function missing(detail: string): MapiError {
  return new MapiError('MAPI_E_MISSING_REQUIRED_COLUMN', detail);
}
