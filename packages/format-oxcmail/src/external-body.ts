/**
 * Parts whose content is elsewhere. [MS-OXCMAIL] 2.2.3.5
 *
 * A file on an FTP server that anybody may read becomes the shortcut to it; the part that names any other place is kept whole.
 */
import { utf8Encode } from '@nodemapi/base';
import type { MimePart } from '@nodemapi/format-mime';

export const EXTERNAL_BODY = 'message/external-body';
/** Header fields that a shortcut has a place for. */
const SAID: ReadonlySet<string> = new Set(['access-type', 'directory', 'mode', 'name', 'site']);

/** The part as a shortcut. */
export interface Shortcut {
  readonly part: MimePart;
  readonly bytes: Uint8Array;
  /** Parameters that a shortcut has no place for. */
  readonly leftOut: readonly string[];
}

/** The shortcut that a part becomes; undefined if it is to be kept whole. */
export function shortcutOf(part: MimePart): Shortcut | undefined {
  const { parameters } = part;
  const site = parameters.get('site')?.trim() ?? '';
  const name = parameters.get('name')?.trim() ?? '';
  if (parameters.get('access-type')?.trim().toLowerCase() !== 'anon-ftp') return undefined;
  if (!/^[A-Za-z0-9.-]{1,255}$/.test(site) || name === '') return undefined;
  const path = [...(parameters.get('directory') ?? '').split('/'), name].filter((each) => each !== '');
  const mode = { ascii: ';type=a', image: ';type=i' }[parameters.get('mode')?.trim().toLowerCase() ?? ''] ?? '';
  const url = `ftp://${site}/${path.map(percentEncoded).join('/')}${mode}`;
  return {
    part: { ...part, fileName: `${name.replace(/\.[^.]*$/, '')}.url`, opaque: false },
    bytes: utf8Encode(`[InternetShortcut]\r\nURL=${url}\r\n`),
    leftOut: [...parameters.keys()].filter((each) => !SAID.has(each)),
  };
}

/** Names may hold lone halves of characters, which have no percent-encoding. */
function percentEncoded(segment: string): string {
  return encodeURIComponent(Buffer.from(segment, 'utf8').toString('utf8'));
}
