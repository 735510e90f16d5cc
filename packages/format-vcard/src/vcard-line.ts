/**
 * One line of a vCard, unfolded and decoded: `group.NAME;PARAMETER=value:value`. RFC 6350 3.3, RFC 2426 4
 *
 * The three versions are one shape: what 2.1 writes as bare words is TYPE, quoted-printable is decoded when it is read.
 */
import { fromBase64 } from './base64.ts';

/** Versions that are read; 3.0 and 4.0 are written. */
export type VCardVersion = '2.1' | '3.0' | '4.0';

export interface VCardLine {
  /** What ties lines together, such as an address and its label; in lower case. */
  readonly group: string | undefined;
  /** In upper case. */
  readonly name: string;
  /** By their names in upper case, in the order of the line. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
  /** As it stands in the card, with the backslashes of its version. */
  readonly value: string;
}

export interface VCard {
  readonly version: VCardVersion;
  /** All but BEGIN, END and VERSION. */
  readonly lines: readonly VCardLine[];
}

/** The words of TYPE, in lower case. */
export function typesOf({ parameters }: VCardLine): ReadonlySet<string> {
  return new Set((parameters.get('TYPE') ?? []).flatMap((value) => value.toLowerCase().split(',')));
}

/** Whether the line is the preferred one of its name: `PREF` of 2.1 and 3.0, the preference 1 of 4.0. */
export function isPreferred(line: VCardLine): boolean {
  return typesOf(line).has('pref') || line.parameters.get('PREF')?.[0] === '1';
}

/** 1 for what is preferred, up to 101 for what is not: what 4.0 says, or the `PREF` of the others. RFC 6350 5.3 */
export function preferenceOf(line: VCardLine): number {
  const preference = Number(line.parameters.get('PREF')?.[0]);
  if (Number.isInteger(preference) && preference >= 1 && preference <= 100) return preference;
  return isPreferred(line) ? 1 : 101;
}

/** The value as text. */
export function textOf(line: VCardLine, version: VCardVersion): string {
  return unescapeText(line.value, version).trim();
}

/** Parts of one value: nobody has more, and each costs. */
export const PARTS_MAX = 10_000;

/**
 * The components of a structured value, each of which may be a list. RFC 6350 3.3, "component"
 *
 * @returns undefined if there are more than PARTS_MAX
 */
export function componentsOf(line: VCardLine, version: VCardVersion): readonly string[] | undefined {
  return splitEscaped(line.value, ';')?.map((component) => {
    const each = version === '2.1' ? undefined : splitEscaped(component, ',');
    return (each ?? [component]).map((one) => unescapeText(one, version).trim()).join(', ');
  });
}

/** The values of a list, without empty ones. @returns undefined if there are more than PARTS_MAX */
export function listOf(line: VCardLine, version: VCardVersion): readonly string[] | undefined {
  return splitEscaped(line.value, ',')
    ?.map((each) => unescapeText(each, version).trim())
    .filter((each) => each !== '');
}

/** The bytes of a value that is base64 or a `data:` URI; undefined if it is neither. */
export function bytesOf({ parameters, value }: VCardLine): Uint8Array | undefined {
  const encoding = parameters.get('ENCODING')?.[0]?.toUpperCase();
  if (encoding === 'B' || encoding === 'BASE64') return fromBase64(value);
  const uri = /^data:[^,]{0,200};base64\\?,/i.exec(value);
  return uri === null ? undefined : fromBase64(value.slice(uri[0].length));
}

/** Splits at `separator` where no backslash stands before it; the backslashes stay. @returns undefined past PARTS_MAX */
export function splitEscaped(value: string, separator: ';' | ','): readonly string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === separator) {
      if (parts.length + 2 > PARTS_MAX) return undefined; // this one, and what comes after it
      parts.push(value.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(value.slice(from));
  return parts;
}

/** Takes the backslashes away. 2.1 knows no `\n`: there it is a backslash and a letter. */
export function unescapeText(value: string, version: VCardVersion): string {
  if (version === '2.1') return value.replaceAll(/\\([;:,\\])/g, '$1');
  return value.replaceAll(/\\(.)/gsu, (_, char: string) => (/n/i.test(char) ? '\n' : char)).replaceAll('\r\n', '\n');
}

/** Text as a value of 3.0 and 4.0. RFC 6350 3.4 */
export function escapeText(text: string): string {
  return text.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r\n?|\n/g, '\\n');
}
