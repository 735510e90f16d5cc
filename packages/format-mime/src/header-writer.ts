/** Header lines for `writeMime`: encoded, folded at 76 columns, each ending in CRLF. RFC 5322 2.2.3 */
import { type FileTime, MapiError } from '@nodemapi/base';
import { formatAddresses, type MailAddress } from './address-list.ts';
import { encodeWords } from './encoded-word.ts';
import { formatParameters } from './header-parameters.ts';
import { formatMailDate } from './mail-date.ts';

const FOLD_COLUMNS = 76;

/** How text that is not ASCII stands in a header. */
export interface HeaderForm {
  /** As UTF-8, for who takes that; else in encoded words. RFC 6532 */
  readonly utf8?: boolean;
}

/** A header of free text. */
export function textHeader(name: string, text: string, { utf8 = false }: HeaderForm = {}): string {
  return foldedHeader(name, utf8 && !text.includes('=?') ? text : encodeWords(text));
}

export function addressHeader(name: string, addresses: readonly MailAddress[], form: HeaderForm = {}): string {
  return foldedHeader(name, formatAddresses(addresses, form));
}

export function dateHeader(name: string, time: FileTime): string {
  return foldedHeader(name, formatMailDate(time));
}

export function parameterHeader(name: string, value: string, parameters: Iterable<readonly [string, string]>): string {
  return foldedHeader(name, formatParameters(value, parameters));
}

/**
 * A header whose value is ASCII already. Line breaks in it become blanks, so that no value can bring a header of its own.
 *
 * @throws MAPI_E_INVALID_PARAMETER if `name` is no header name
 */
export function foldedHeader(name: string, value: string): string {
  if (!/^[!-9;-~]{1,200}$/.test(name)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(name.slice(0, 60))} is no header name`);
  }
  const clean = value.replaceAll(/[\r\n\0]+/g, ' ').trim();
  let result = `${name}:`;
  let column = result.length;
  for (const piece of clean === '' ? [] : (` ${clean}`.match(/[ \t]+[^ \t]+/g) ?? [])) {
    if (column + piece.length > FOLD_COLUMNS && column > name.length + 1) {
      result += '\r\n';
      column = 0;
    }
    result += piece;
    column += piece.length;
  }
  return `${result}\r\n`;
}
