/** Names of attachments: the long one, and the 8.3 one of old clients. */
import { extensionOfType, type MimePart } from '@nodemapi/format-mime';

const NAME_CHARS_MAX = 255;

/** The file name of a part without any folder; one is made up where the part has none. */
export function attachmentName(part: MimePart, number: number): string {
  const given = (part.fileName ?? '')
    .replaceAll(/\p{Cc}/gu, '')
    .replace(/^.*[/\\]/s, '')
    .trim();
  if (given !== '' && given !== '.' && given !== '..') return shortened(given);
  const stem = `ATT${String(number).padStart(5, '0')}`;
  return `${stem}.${part.opaque ? 'eml' : extensionOfType(part.contentType)}`;
}

/** Whether a name is one of those that `attachmentName` makes up. */
export function isMadeUpName(name: string): boolean {
  return /^ATT\d{5,}\.[^.\s]+$/.test(name);
}

/** `.ext` of a name, in its own case; undefined if it has none. */
export function extensionOf(name: string): string | undefined {
  return /[^.](\.[^.\s]{1,30})$/.exec(name)?.[1];
}

/** A name of at most eight and three characters for PR_ATTACH_FILENAME. */
export function shortName(name: string): string {
  const extension = extensionOf(name) ?? '';
  const stem = name.slice(0, name.length - extension.length);
  const plainStem = stem.replaceAll(/[^\w!#$%&'()@^`{}~-]/g, '');
  const plainExtension = extension.replaceAll(/[^\w]/g, '').slice(0, 3);
  const same = plainStem === stem && stem.length <= 8;
  const short = same ? stem : `${plainStem.slice(0, 6) || 'ATT'}~1`;
  return plainExtension === '' ? short : `${short}.${plainExtension}`;
}

function shortened(name: string): string {
  if (name.length <= NAME_CHARS_MAX) return name;
  const extension = extensionOf(name) ?? '';
  return name.slice(0, NAME_CHARS_MAX - extension.length) + extension;
}
