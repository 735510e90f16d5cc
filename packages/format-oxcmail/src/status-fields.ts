/** The fields of a part for programs in a multipart/report: groups of header-like lines. RFC 3464 2.1, RFC 8098 3.1 */
import { utf8Decode } from '@nodemapi/base';
import { decodeWords } from '@nodemapi/format-mime';

/** Names in lower case. Of a field that comes twice, the first counts. */
export type StatusFields = ReadonlyMap<string, string>;

/** Groups beyond are not read. */
const GROUPS_MAX = 10_000;

/** The groups of a body, in their order; lines that are no fields are passed over. */
export function statusGroups(body: Uint8Array): readonly StatusFields[] {
  const groups: StatusFields[] = [];
  let group = new Map<string, string>();
  const close = (): void => {
    if (group.size > 0) groups.push(group);
    group = new Map();
  };
  const text = utf8Decode(body).replaceAll(/\r?\n[ \t]+(?=\S)/gu, ' ');
  for (const line of text.split(/\r?\n/u)) {
    if (groups.length >= GROUPS_MAX) break;
    const [, name, value] = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/u.exec(line) ?? [];
    if (line.trim() === '') close();
    else if (name !== undefined && !group.has(name.toLowerCase())) group.set(name.toLowerCase(), value?.trim() ?? '');
  }
  close();
  return groups;
}

/** The value of a field `type; value`, such as an address or the name of a mail system. */
export function typedValue(field: string | undefined): { readonly type: string; readonly value: string } | undefined {
  const [, type, value] = /^([^;]*);(.*)$/su.exec(field ?? '') ?? [];
  if (type === undefined || value === undefined || value.trim() === '') return undefined;
  return { type: withoutComments(type).toLowerCase(), value: value.trim() };
}

/** The address in a field such as Final-Recipient; undefined if it is none of Internet mail. RFC 3464 2.3.2, RFC 6533 3 */
export function recipientAddress(field: string | undefined): string | undefined {
  const typed = typedValue(field);
  if (typed === undefined || (typed.type !== 'rfc822' && typed.type !== 'utf-8')) return undefined;
  const text = typed.type === 'utf-8' ? unescaped(typed.value) : typed.value;
  const address = /<([^<>]*)>$/u.exec(text)?.[1] ?? text;
  return /^[^\s<>\p{Cc}]{1,254}$/u.test(address) ? address : undefined;
}

/** Text for people, with its encoded words read. */
export function statusText(field: string): string {
  return decodeWords(field)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

export function withoutComments(text: string): string {
  return text.replaceAll(/\([^()]*\)/gu, '').trim();
}

function unescaped(text: string): string {
  return text.replaceAll(/\\x\{([0-9A-Fa-f]{2,6})\}/gu, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
  });
}
