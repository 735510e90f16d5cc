/** The properties of a contact in a message, by the contract alone: read at once, written with streams where they are large. */
import { charsetDecoder, concatBytes, HRESULTS } from '@nodemapi/base';
import {
  type IMAPIProp,
  type IMessage,
  isPropError,
  type MapiNameId,
  type NamedProperty,
  PidLidBusinessCardCardPicture,
  PidLidPostalAddressId,
  PidNameKeywords,
  PR_BIRTHDAY,
  PR_BODY,
  PR_COMPANY_NAME,
  PR_DEPARTMENT_NAME,
  PR_DISPLAY_NAME,
  PR_GENDER,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_CLASS,
  PR_OFFICE_LOCATION,
  PR_SENSITIVITY,
  PR_SUBJECT,
  PR_TELEX_NUMBER,
  PR_USER_X509_CERTIFICATE,
  PR_WEDDING_ANNIVERSARY,
  type PropTag,
  type PropType,
  type PropValue,
  PT_BINARY,
  PT_UNICODE,
  propId,
  propType,
  STREAM_CHUNK_BYTES,
  tag,
} from '@nodemapi/mapi';
import {
  ADDRESS_FIELDS,
  CHILDREN_KEY,
  type ContactKey,
  EMAIL_FIELDS,
  IM_KEY,
  MAILING_KEYS,
  NAME_KEYS,
  PHONE_FIELDS,
  PidLidBirthdayLocal,
  PidLidWeddingAnniversaryLocal,
  TEXT_FIELDS,
  URL_FIELDS,
  USER_FIELDS,
  VCARD_LINES,
} from './contact-fields.ts';
import type { ContactProblem } from './contact-problem.ts';

/** Larger values go through a stream. */
const INLINE_BYTES_MAX = 16_384;
/** A text of more bytes, such as the note, is cut off and told. */
const NOTE_BYTES_MAX = 4 << 20;
/** A picture of more bytes is left out and told. */
const BINARY_BYTES_MAX = 24 << 20;

/** Whatever a card is written from. */
export const ALL_KEYS: readonly ContactKey[] = [
  ...new Set<ContactKey>([
    PR_MESSAGE_CLASS,
    PR_SUBJECT,
    PR_DISPLAY_NAME,
    PR_COMPANY_NAME,
    PR_DEPARTMENT_NAME,
    PR_OFFICE_LOCATION,
    PR_TELEX_NUMBER,
    PR_SENSITIVITY,
    PR_GENDER,
    PR_BIRTHDAY,
    PR_WEDDING_ANNIVERSARY,
    PidLidBirthdayLocal,
    PidLidWeddingAnniversaryLocal,
    PR_LAST_MODIFICATION_TIME,
    PR_USER_X509_CERTIFICATE,
    PidLidBusinessCardCardPicture,
    PidLidPostalAddressId,
    PidNameKeywords,
    IM_KEY,
    CHILDREN_KEY,
    VCARD_LINES,
    ...NAME_KEYS,
    ...MAILING_KEYS,
    ...USER_FIELDS,
    ...TEXT_FIELDS.map(({ key }) => key),
    ...URL_FIELDS.map(({ key }) => key),
    ...PHONE_FIELDS.flatMap(({ keys }) => keys),
    ...ADDRESS_FIELDS.flatMap(({ keys, label }) => [...keys, label]),
    ...EMAIL_FIELDS.flatMap((field): ContactKey[] => Object.values(field)),
  ]),
];

/** What a contact has of all that a card can say. */
export async function readValues(message: IMessage, problems: ContactProblem[]): Promise<Map<ContactKey, unknown>> {
  const tags = await tagsOf(message, ALL_KEYS, false);
  const wanted = ALL_KEYS.flatMap((key, index) => {
    const found = tags[index];
    return found === undefined ? [] : [{ key, tag: found }];
  });
  const { props } = await message.getProps(wanted.map((each) => each.tag));
  const values = new Map<ContactKey, unknown>();
  for (const [index, value] of props.entries()) {
    const found = wanted[index];
    if (found === undefined) continue;
    if (!isPropError(value)) values.set(found.key, value.value);
    else if (value.value === HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) {
      const large = await readLarge(message, found.tag, problems);
      if (large !== undefined) values.set(found.key, large);
    }
  }
  return values;
}

/** Sets the properties of a contact; what the store refuses is told. */
export async function writeValues(
  message: IMessage,
  values: ReadonlyMap<ContactKey, unknown>,
  problems: ContactProblem[],
): Promise<void> {
  const tags = await tagsOf(message, [...values.keys()], true);
  const props = [...values.values()].flatMap((value, index): PropValue[] => {
    const found = tags[index];
    return found === undefined ? [] : [{ tag: found, value }];
  });
  const small = props.filter(({ value }) => sizeOf(value) <= INLINE_BYTES_MAX);
  for (const { tag: refused, code } of await message.setProps(small)) {
    if (code === 'MAPI_E_COMPUTED') continue;
    problems.push({ detail: `0x${refused.toString(16).padStart(8, '0')}: ${code}`, loss: true });
  }
  for (const each of props) if (sizeOf(each.value) > INLINE_BYTES_MAX) await writeStream(message, each);
}

/** The text of the note, however long; undefined if there is none. */
export async function readNote(message: IMessage, problems: ContactProblem[]): Promise<string | undefined> {
  const [found] = (await message.getProps([PR_BODY])).props;
  if (found === undefined) return undefined;
  if (!isPropError(found)) return String(found.value);
  if (found.value !== HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) return undefined;
  return (await readLarge(message, PR_BODY, problems)) as string | undefined;
}

/** A value that is too large for getProps, by its stream. Text of too many bytes is cut off, others are left out; both is told. */
async function readLarge(
  message: IMessage,
  propTag: PropTag,
  problems: ContactProblem[],
): Promise<string | Uint8Array | undefined> {
  const type = propType(propTag);
  const name = propTag === PR_BODY ? 'the note' : `0x${propTag.toString(16).padStart(8, '0')}`;
  if (type !== PT_UNICODE && type !== PT_BINARY) {
    problems.push({ detail: `${name} is too large and left out`, loss: true });
    return undefined;
  }
  const bytesMax = type === PT_UNICODE ? NOTE_BYTES_MAX : BINARY_BYTES_MAX;
  await using stream = await message.openProperty(propTag, 'IStream');
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let bytes = await stream.read(STREAM_CHUNK_BYTES); bytes.length > 0 && size < bytesMax; ) {
    size += bytes.length;
    pieces.push(bytes);
    bytes = await stream.read(STREAM_CHUNK_BYTES);
    if (bytes.length === 0) return type === PT_BINARY ? concatBytes(pieces) : charsetText(pieces);
  }
  if (size === 0) return type === PT_BINARY ? new Uint8Array(0) : '';
  problems.push({ detail: `${name} is cut off after ${bytesMax} bytes`, loss: true });
  return type === PT_BINARY ? undefined : charsetText(pieces);
}

function charsetText(pieces: readonly Uint8Array[]): string {
  const decoder = charsetDecoder('utf-16le');
  return decoder.write(concatBytes(pieces)) + decoder.end();
}

/** The tags of keys; undefined for a name that the store does not know. */
export async function tagsOf(
  object: IMAPIProp,
  keys: readonly ContactKey[],
  create: boolean,
): Promise<readonly (PropTag | undefined)[]> {
  const named = keys.filter((key): key is NamedProperty => typeof key === 'object');
  // without names it would be asked for all that there are
  const ids = named.length === 0 ? [] : await object.getIDsFromNames(named.map(nameOf), { create });
  const idOf = new Map(named.map((key, index) => [key, ids[index]] as const));
  return keys.map((key) => {
    if (typeof key !== 'object') return key;
    const id = idOf.get(key);
    return id === undefined ? undefined : tag<PropType>(propId(id), key.type);
  });
}

function nameOf({ guid, id, name }: NamedProperty): MapiNameId {
  return name === undefined ? { guid, id: id as number } : { guid, name };
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length * 2;
  return value instanceof Uint8Array ? value.length : 0;
}

async function writeStream(object: IMAPIProp, { tag: propTag, value }: PropValue): Promise<void> {
  const bytes = typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'utf16le')) : (value as Uint8Array);
  await using stream = await object.openProperty(propTag, 'IStream', { create: true, modify: true });
  for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES)
    await stream.write(bytes.subarray(at, at + STREAM_CHUNK_BYTES));
  await stream.commit();
}
