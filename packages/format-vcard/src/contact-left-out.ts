/**
 * What a contact has and a reader of its card does not get.
 *
 * - The card is read again: a property whose value does not come back is named.
 * - What a store computes or keeps for itself is no part of a contact. Pictures and keys tell of themselves.
 */
import { toHex, utf8Encode } from '@nodemapi/base';
import {
  type IMessage,
  isPropError,
  objectRange,
  PidLidBusinessCardCardPicture,
  PidLidHasPicture,
  PR_BIRTHDAY,
  PR_BODY,
  PR_CREATION_TIME,
  PR_CREATOR_ENTRYID,
  PR_CREATOR_NAME,
  PR_HTML,
  PR_ICON_INDEX,
  PR_INTERNET_CPID,
  PR_LAST_MODIFICATION_TIME,
  PR_LAST_MODIFIER_ENTRYID,
  PR_LAST_MODIFIER_NAME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_CODEPAGE,
  PR_MESSAGE_LOCALE_ID,
  PR_NATIVE_BODY_INFO,
  PR_NORMALIZED_SUBJECT,
  PR_RTF_COMPRESSED,
  PR_SEARCH_KEY,
  PR_SUBJECT_PREFIX,
  PR_WEDDING_ANNIVERSARY,
  type PropTag,
  propertyRange,
  propertyTexts,
  propId,
} from '@nodemapi/mapi';
import { dayText } from './contact-day.ts';
import {
  type ContactKey,
  EMAIL_FIELDS,
  PidLidBirthdayLocal,
  PidLidWeddingAnniversaryLocal,
  VCARD_LINES,
} from './contact-fields.ts';
import { readContact } from './contact-reader.ts';
import { ALL_KEYS, tagsOf } from './contact-values.ts';
import type { VCard, VCardLine, VCardVersion } from './vcard-line.ts';
import { readVCard } from './vcard-reader.ts';
import { writeVCard } from './vcard-writer.ts';

/** Longer lines are pictures, and are not read again. */
const LINE_CHARS_MAX = 262_144;
const STAYS: ReadonlySet<number> = new Set(
  [
    PR_CREATION_TIME,
    PR_CREATOR_ENTRYID,
    PR_CREATOR_NAME,
    PR_HTML,
    PR_ICON_INDEX, // a reader sets that of contacts
    PR_INTERNET_CPID,
    PR_LAST_MODIFICATION_TIME,
    PR_LAST_MODIFIER_ENTRYID,
    PR_LAST_MODIFIER_NAME,
    PR_MESSAGE_CODEPAGE,
    PR_MESSAGE_LOCALE_ID,
    PR_NATIVE_BODY_INFO,
    PR_NORMALIZED_SUBJECT,
    PR_RTF_COMPRESSED,
    PR_SEARCH_KEY,
    PR_SUBJECT_PREFIX,
  ].map((tag) => propId(tag)),
);
/** What is compared in another way, or not at all: the fields of addresses follow from the address. */
const NOT_COMPARED: ReadonlySet<ContactKey> = new Set<ContactKey>([
  PR_MESSAGE_CLASS,
  PidLidBusinessCardCardPicture,
  PidLidHasPicture,
  VCARD_LINES,
  ...EMAIL_FIELDS.flatMap(({ originalDisplayName, originalEntryId }) => [originalDisplayName, originalEntryId]),
]);
const DAYS: ReadonlySet<ContactKey> = new Set<ContactKey>([
  PR_BIRTHDAY,
  PR_WEDDING_ANNIVERSARY,
  PidLidBirthdayLocal,
  PidLidWeddingAnniversaryLocal,
]);

/** @returns the properties by `propertyTexts` */
export async function leftOutOfCard(
  message: IMessage,
  values: ReadonlyMap<ContactKey, unknown>,
  version: VCardVersion,
  lines: readonly VCardLine[],
): Promise<readonly string[]> {
  const card: VCard = { version, lines: lines.filter(({ value }) => value.length <= LINE_CHARS_MAX) };
  const back = readContact(readVCard(utf8Encode(writeVCard(card))).card).values;
  const keys = [...new Set([...ALL_KEYS, ...back.keys(), ...NOT_COMPARED])];
  const tags = await tagsOf(message, keys, false);
  const keyOf = new Map(tags.flatMap((tag, index) => (tag === undefined ? [] : [[tag, keys[index]] as const])));
  const own = (await message.getPropList()).filter((tag) => isOfContact(propId(tag)));
  const { props } = own.length === 0 ? { props: [] } : await message.getProps(own.filter((tag) => keyOf.has(tag)));
  const found = new Map(props.flatMap((each) => (isPropError(each) ? [] : [[each.tag, each.value] as const])));
  const left = own.filter((tag) => {
    const key = keyOf.get(tag);
    if (key === undefined) return true;
    if (NOT_COMPARED.has(key)) return false;
    return !isSame(key, values.get(key) ?? found.get(tag), back.get(key));
  });
  return propertyTexts(message, left);
}

function isOfContact(id: number): boolean {
  const tag = (id * 0x1_0000) as PropTag;
  if (STAYS.has(id) || objectRange(tag) === 'store') return false;
  const range = propertyRange(tag);
  return range !== 'messageNontransmittable' && range !== 'providerNontransmittable';
}

function isSame(key: ContactKey, own: unknown, other: unknown): boolean {
  if (own === undefined || own === '' || own === 0 || (Array.isArray(own) && own.length === 0)) return true;
  if (DAYS.has(key) && typeof own === 'bigint' && typeof other === 'bigint') return dayText(own) === dayText(other);
  return comparable(key, own) === comparable(key, other);
}

function comparable(key: ContactKey, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return JSON.stringify(value.map((each) => comparable(key, each)));
  if (typeof value !== 'string') return value;
  // a note has other line ends
  return key === PR_BODY ? value.replaceAll(/\r\n?/g, '\n').trimEnd() : value;
}
