/**
 * One-off entry identifiers and the text form `Name[TYPE:address]`.
 *
 * ```
 * | flags (4) = 0 | MAPI_ONE_OFF_UID (16) | version u16 = 0 | flags u16 | name 0 | type 0 | address 0 |
 * ```
 * Strings are UTF-16LE if MAPI_ONE_OFF_UNICODE is set, else in the system's code page (windows-1252 here).
 * spec: one-off-entry-identifiers, one-off-addresses
 */
import { ByteReader, concatBytes, decodeCodePage, MapiError, utf8Encode } from '@nodemapi/base';
import { type EntryId, entryIdData, MAPI_ONE_OFF_UID, makeEntryId } from './entry-id.ts';

export const MAPI_ONE_OFF_NO_RICH_INFO = 0x0001;
export const MAPI_ONE_OFF_UNICODE = 0x8000;

/** What a one-off entry identifier says. */
export interface OneOff {
  readonly displayName: string;
  readonly addrType: string;
  readonly emailAddress: string;
  readonly sendRichInfo: boolean;
}

/** Writes a one-off entry identifier, always in Unicode. */
export function encodeOneOff(oneOff: OneOff): EntryId {
  const { displayName, addrType, emailAddress, sendRichInfo } = oneOff;
  const texts = Buffer.from(`${displayName}\0${addrType}\0${emailAddress}\0`, 'utf16le');
  const flags = MAPI_ONE_OFF_UNICODE | (sendRichInfo ? 0 : MAPI_ONE_OFF_NO_RICH_INFO);
  return makeEntryId(MAPI_ONE_OFF_UID, concatBytes([Uint8Array.of(0, 0, flags & 0xff, flags >>> 8), texts]));
}

/**
 * Reads a one-off entry identifier; undefined if it is another provider's.
 *
 * @throws MAPI_E_INVALID_ENTRYID if it claims to be a one-off and is not well formed
 */
export function decodeOneOff(entryId: EntryId): OneOff | undefined {
  const data = entryIdData(entryId, MAPI_ONE_OFF_UID);
  if (data === undefined) return undefined;
  try {
    const reader = new ByteReader(data, 'one-off entry identifier');
    reader.u16();
    const flags = reader.u16();
    const unicode = (flags & MAPI_ONE_OFF_UNICODE) !== 0;
    const text = (): string => (unicode ? readUtf16(reader) : readAnsi(reader));
    return {
      displayName: text(),
      addrType: text(),
      emailAddress: text(),
      sendRichInfo: (flags & MAPI_ONE_OFF_NO_RICH_INFO) === 0,
    };
  } catch (cause) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', 'one-off entry identifier is cut off', { cause });
  }
}

function readUtf16(reader: ByteReader): string {
  let text = '';
  for (let unit = reader.u16(); unit !== 0; unit = reader.u16()) text += String.fromCharCode(unit);
  return text;
}

function readAnsi(reader: ByteReader): string {
  const bytes: number[] = [];
  for (let byte = reader.u8(); byte !== 0; byte = reader.u8()) bytes.push(byte);
  return decodeCodePage(Uint8Array.from(bytes), 1252).text;
}

/** PR_SEARCH_KEY of an address: `TYPE:ADDRESS` in upper case, with a terminating zero. */
export function searchKeyOf(addrType: string, emailAddress: string): Uint8Array {
  return concatBytes([utf8Encode(`${addrType}:${emailAddress}`.toUpperCase()), new Uint8Array(1)]);
}

/** Whether a name has the shape `X@Y.Z` that becomes an SMTP one-off. spec: one-off-addresses */
export function isInternetShaped(name: string): boolean {
  return /^[^@\s]+@[^@.\s]+\.[^@\s]+$/u.test(name);
}

/**
 * Reads `Display name[TYPE:address]`, `Name <address>` is not of this form; undefined if the text is not.
 *
 * A backslash quotes the next character, `\xHH` stands for a byte.
 */
export function parseOneOffText(
  text: string,
): { displayName: string; addrType: string; emailAddress: string } | undefined {
  const match = /^((?:\\.|[^\\[\]])*)\[([A-Za-z0-9]+):((?:\\.|[^\\\]])+)\]\s*$/su.exec(text);
  if (match === null) return undefined;
  const emailAddress = unquote(match[3] ?? '').trim();
  const displayName = unquote(match[1] ?? '').trim();
  if (emailAddress === '') return undefined;
  return {
    displayName: displayName === '' ? emailAddress : displayName,
    addrType: (match[2] ?? '').toUpperCase(),
    emailAddress,
  };
}

function unquote(text: string): string {
  return text.replaceAll(/\\(?:x([0-9A-Fa-f]{2})|(.))/gsu, (_, hex: string | undefined, literal: string | undefined) =>
    hex === undefined ? (literal ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
