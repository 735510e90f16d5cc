/** Headers with parameters: Content-Type, Content-Disposition. RFC 2045 5.1, RFC 2231 */
import { utf8Decode, utf8Encode } from '@nodemapi/base';
import libmime from 'libmime';
import { decodeWords } from './encoded-word.ts';

const PARAMETER_VALUE_MAX = 50;

export interface HeaderParameters {
  /** What stands before the parameters, in lower case. */
  readonly value: string;
  /** By name in lower case; RFC 2231 values and encoded words decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

const PLAIN_VALUE = /^[\w./+-]+(?=;)/;
/** One parameter that stands there as it is meant: a charset, a boundary, a name. */
const PLAIN = /;[ \t]*([A-Za-z]+(?:-[A-Za-z]+)?)=(?:"([\w.+/:=-]+(?: [\w.+/:=-]+)*)"|([\w.+-]+))/y;

const NONE: ReadonlyMap<string, string> = new Map();

/** Reads a header with parameters; never fails. Comments are dropped. */
export function parseParameters(header: string): HeaderParameters {
  // most headers of parts are one word, and many are missing
  if (/^[\w./+-]*$/.test(header)) return { value: header.toLowerCase(), parameters: NONE };
  return plainParameters(header) ?? anyParameters(header);
}

/** Of a header that has none but plain parameters, as most have; undefined for all others. */
function plainParameters(header: string): HeaderParameters | undefined {
  const [value] = PLAIN_VALUE.exec(header) ?? [];
  if (value === undefined) return undefined;
  const parameters = new Map<string, string>();
  PLAIN.lastIndex = value.length;
  for (let at = value.length; at < header.length; at = PLAIN.lastIndex) {
    const [, name, quoted, word = ''] = PLAIN.exec(header) ?? [];
    const key = name?.toLowerCase();
    if (key === undefined || parameters.has(key)) return undefined;
    parameters.set(key, quoted ?? word);
  }
  return { value: value.toLowerCase(), parameters };
}

function anyParameters(header: string): HeaderParameters {
  const parsed = libmime.parseHeaderValue(header, { stripComments: true });
  const decoded = new Set(parsed.decodedParams);
  const parameters = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed.params)) {
    parameters.set(name.toLowerCase(), decoded.has(name) ? value : decodeWords(value));
  }
  return { value: parsed.value.trim().toLowerCase(), parameters };
}

/** The value of a header with parameters, long and non-ASCII values as RFC 2231 pieces; not yet folded. */
export function formatParameters(value: string, parameters: Iterable<readonly [string, string]>): string {
  const pieces = [...parameters].flatMap(([name, text]) => {
    const clean = utf8Decode(utf8Encode(text)).replaceAll(/[\0\r\n]/g, ' ');
    return libmime.buildHeaderParam(name, clean, PARAMETER_VALUE_MAX).map((piece) => `${piece.key}=${quoted(piece)}`);
  });
  return [value, ...pieces].join('; ');
}

function quoted(piece: { readonly key: string; readonly value: string }): string {
  if (piece.key.endsWith('*') || /^[\w!#$%&'*+.^`{|}~-]+$/.test(piece.value)) return piece.value;
  return `"${piece.value.replaceAll(/["\\]/g, '\\$&')}"`;
}
