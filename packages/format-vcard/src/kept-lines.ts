/** Lines that no property has a place for: kept as text of 3.0, and lines again when the contact is written. */
import { utf8Encode } from '@nodemapi/base';
import { toBase64 } from './base64.ts';
import type { ContactProblem } from './contact-problem.ts';
import { bytesOf, escapeText, splitEscaped, unescapeText, type VCardLine, type VCardVersion } from './vcard-line.ts';
import { readVCard } from './vcard-reader.ts';
import { lineText } from './vcard-writer.ts';

/** Characters of one contact that are kept. */
export const KEPT_CHARS_MAX = 65_536;

/** The lines as text; what is too much is told. */
export function keptTexts(
  lines: readonly VCardLine[],
  version: VCardVersion,
  problems: ContactProblem[],
): readonly string[] {
  const kept: string[] = [];
  let room = KEPT_CHARS_MAX;
  for (const line of lines) {
    if (line.value === '') continue;
    // what is too long anyway need not be written first
    const text = line.value.length > room ? undefined : lineText(inVersion3(line, version), '3.0');
    if (text !== undefined && text.length <= room) {
      room -= text.length;
      kept.push(text);
    } else {
      const detail = `${line.name.slice(0, 60)} (${line.value.length} characters) has no place in a contact and is left out`;
      problems.push({ detail, loss: true });
    }
  }
  return kept;
}

/** What was kept, for a card of either version; what somebody else put there and is no line is passed over. */
export function keptLines(texts: unknown, version: '3.0' | '4.0'): readonly VCardLine[] {
  if (!Array.isArray(texts)) return [];
  const lines = texts
    .filter((each): each is string => typeof each === 'string')
    .map((each) => each.replaceAll(/[\r\n]+/g, ' '));
  const { card } = readVCard(utf8Encode(['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\r\n')));
  return version === '3.0' ? card.lines : card.lines.map(inVersion4);
}

function inVersion3(line: VCardLine, version: VCardVersion): VCardLine {
  const bytes = bytesOf(line);
  if (bytes !== undefined && line.parameters.has('ENCODING'))
    return { ...line, parameters: new Map([...line.parameters, ['ENCODING', ['b']]]), value: toBase64(bytes) };
  if (version !== '2.1') return line;
  const parts = splitEscaped(line.value, ';') ?? [line.value];
  return { ...line, value: parts.map((part) => escapeText(unescapeText(part, version))).join(';') };
}

function inVersion4(line: VCardLine): VCardLine {
  const bytes = line.parameters.has('ENCODING') ? bytesOf(line) : undefined;
  return bytes === undefined ? line : { ...line, value: `data:application/octet-stream;base64,${toBase64(bytes)}` };
}
