/** Bytes as hexadecimal text, and numbers at the beginning of a text. spec: hexfrombin, fbinfromhex, ufromsz */
import { fromHex, MapiError, toHex } from '@nodemapi/base';
import type { EntryId } from '@nodemapi/mapi';

const DIGITS = /^(?:[0-9a-fA-F]{2})*$/;

/** MAPI: HexFromBin. Two digits a byte, letters as capitals; without the zero that ends a string of C. spec: hexfrombin */
export function hexFromBin(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase();
}

/** MAPI: FBinFromHex. The bytes; null where a character is no digit or half of a byte is missing. spec: fbinfromhex */
export function fBinFromHex(digits: string): Uint8Array | null {
  return DIGITS.test(digits) ? fromHex(digits) : null;
}

/**
 * MAPI: ScBinFromHexBounded. The bytes, `bytesMax` at most.
 *
 * @throws MAPI_E_CALL_FAILED for what is no hexadecimal text
 * @see spec: scbinfromhexbounded
 */
export function scBinFromHexBounded(digits: string, bytesMax: number): Uint8Array {
  const bytes = fBinFromHex(digits);
  if (bytes === null) throw new MapiError('MAPI_E_CALL_FAILED', 'no hexadecimal text');
  return bytes.subarray(0, bytesMax);
}

/** MAPI: UFromSz. The number that the decimal digits at the beginning make; 0 without any. spec: ufromsz */
export function uFromSz(text: string): number {
  return Number(/^\d+/.exec(text)?.[0] ?? 0) >>> 0;
}

/** MAPI: UlFromSzHex. The number that the hexadecimal digits at the beginning make; 0 without any. spec: ulfromszhex */
export function ulFromSzHex(text: string): number {
  return Number.parseInt(/^[0-9a-fA-F]{1,8}/.exec(text)?.[0] ?? '0', 16);
}

/** MAPI: SzFindCh. The text from the first such character on; null if there is none. spec: szfindch */
export function szFindCh(text: string | null, character: string): string | null {
  return from(text, text?.indexOf(character.slice(0, 1)) ?? -1);
}

/** MAPI: SzFindLastCh. The text from the last such character on; null if there is none. spec: szfindlastch */
export function szFindLastCh(text: string | null, character: string): string | null {
  return from(text, text?.lastIndexOf(character.slice(0, 1)) ?? -1);
}

/** MAPI: SzFindSz. The text from the first such text on, by case; null if there is none. spec: szfindsz */
export function szFindSz(text: string | null, wanted: string | null): string | null {
  return from(text, wanted === null ? -1 : (text?.indexOf(wanted) ?? -1));
}

function from(text: string | null, at: number): string | null {
  return text === null || at < 0 ? null : text.slice(at);
}

/** MAPI: HrSzFromEntryID. An entry identifier as text. spec: hrszfromentryid */
export function hrSzFromEntryID(entryId: EntryId): string {
  return hexFromBin(entryId);
}

/** MAPI: HrEntryIDFromSz. @throws MAPI_E_INVALID_ENTRYID for what `hrSzFromEntryID` does not answer; spec: hrentryidfromsz */
export function hrEntryIDFromSz(text: string): EntryId {
  const entryId = fBinFromHex(text);
  if (entryId === null || entryId.length === 0)
    throw new MapiError('MAPI_E_INVALID_ENTRYID', 'no entry identifier as text');
  return entryId;
}
