/**
 * Entry identifiers: opaque outside the provider that made them, but for the flags and the provider's MAPIUID.
 *
 * ```
 * | abFlags (4) | MAPIUID of the provider (16) | the provider's own data |
 * ```
 * spec: entryid, constructing-entry-identifiers
 */
import { bytesEqual, concatBytes, fromHex } from '@nodemapi/base';

/** MAPI: ENTRYID. */
export type EntryId = Uint8Array;

/** MAPI: MAPIUID, 16 bytes. */
export type MapiUid = Uint8Array;

/** Flags in the first byte of an identifier; all clear means long-term. spec: entryid */
export const MAPI_SHORTTERM = 0x80;
export const MAPI_NOTRECIP = 0x40;
export const MAPI_THISSESSION = 0x20;
export const MAPI_NOW = 0x10;
export const MAPI_NOTRESERVED = 0x08;

/** Flags and MAPIUID together. */
export const ENTRY_ID_HEADER_BYTES = 20;

/** MAPI_ONE_OFF_UID: recipients that stand in no address book. */
export const MAPI_ONE_OFF_UID: MapiUid = fromHex('812b1fa4bea310199d6e00dd010f5402');
/** MUID_PROFILE_INSTANCE: the section that names a profile instance. */
export const MUID_PROFILE_INSTANCE: MapiUid = fromHex('8503020000000000c000000000000046');
/** The MAPIUID of identifiers that `wrapStoreEntryID` makes. */
export const MUID_STORE_WRAP: MapiUid = fromHex('38a1bb1005e5101aa1bb08002b2a56c2');
/** The MAPIUID of the subsystem's own status objects. */
export const MUID_SUBSYSTEM: MapiUid = fromHex('6d617069737562737973746600000001');

/** Makes a long-term identifier (all flags clear) of a provider. */
export function makeEntryId(uid: MapiUid, data: Uint8Array, flags = 0): EntryId {
  return concatBytes([new Uint8Array([flags, 0, 0, 0]), uid, data]);
}

/** The MAPIUID in an identifier, or undefined if it is too short to have one. */
export function entryIdUid(entryId: EntryId): MapiUid | undefined {
  return entryId.length < ENTRY_ID_HEADER_BYTES ? undefined : entryId.subarray(4, ENTRY_ID_HEADER_BYTES);
}

/** What stands behind the MAPIUID, or undefined if the identifier is not of the provider `uid`. */
export function entryIdData(entryId: EntryId, uid: MapiUid): Uint8Array | undefined {
  const found = entryIdUid(entryId);
  return found !== undefined && bytesEqual(found, uid) ? entryId.subarray(ENTRY_ID_HEADER_BYTES) : undefined;
}

/** For how long, and where, a short-term identifier is valid beyond what is certain. spec: short-term-entry-identifiers */
export interface ShortTermOptions {
  /** Without MAPI_NOW: on later days, too */
  readonly laterDays?: boolean;
  /** Without MAPI_THISSESSION: in later sessions, too */
  readonly laterSessions?: boolean;
}

/**
 * The short-term form of an identifier: all flags are set, but for those that would restrict what `options` extend. It
 * is for the container that gave it, while the session lasts; what is kept is the long-term form.
 */
export function shortTermEntryId(entryId: EntryId, options: ShortTermOptions = {}): EntryId {
  const cleared = (options.laterDays === true ? MAPI_NOW : 0) | (options.laterSessions === true ? MAPI_THISSESSION : 0);
  const made = entryId.slice();
  made[0] = 0xff & ~cleared;
  return made;
}

/** The long-term form of an identifier whose provider tells the two apart by their flags alone. */
export function longTermEntryId(entryId: EntryId): EntryId {
  const made = entryId.slice();
  made.fill(0, 0, 4);
  return made;
}

/** Whether the identifier is long-term: valid in every session, on every workstation. */
export function isLongTerm(entryId: EntryId): boolean {
  return entryId.length >= 4 && entryId[0] === 0;
}
