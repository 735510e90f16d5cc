/** The text of an answer, with the original below it. spec: sending-a-reply, forwarding-a-message */
import { decodeCodePage, encodeCodePage, fileTimeToDate } from '@nodemapi/base';
import {
  type IMessage,
  PR_CLIENT_SUBMIT_TIME,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
} from '@nodemapi/mapi';

const SEPARATOR = '-----Original Message-----';
const CODE_PAGE_UTF8 = 65001;

/** What stands above the original: a name and a value a line. */
export type OriginalHeader = readonly (readonly [name: string, value: string])[];

/** Who sent the original, when, to whom, and about what. */
export async function originalHeader(original: IMessage): Promise<OriginalHeader> {
  const tags = [
    ...([PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_EMAIL_ADDRESS, PR_CLIENT_SUBMIT_TIME] as const),
    ...([PR_DISPLAY_TO, PR_DISPLAY_CC, PR_SUBJECT] as const),
  ] as const;
  const [name = '', address = '', sent, to = '', cc = '', subject = ''] = (await original.getProps(tags)).values;
  const from = name === '' || name === address ? address : address === '' ? name : `${name} <${address}>`;
  const time = sent === undefined ? '' : fileTimeToDate(sent).toUTCString();
  const lines = [
    ['From', from],
    ['Sent', time],
    ['To', to],
    ['Cc', cc],
    ['Subject', subject],
  ] as const;
  return lines.filter(([, value]) => value !== '');
}

/** Plain text: `text`, the separator, the header and the original. */
export function textWithOriginal(text: string, header: OriginalHeader, original: string): string {
  const lines = header.map(([name, value]) => `${name}: ${value}`);
  return `${text}\r\n\r\n${[SEPARATOR, ...lines].join('\r\n')}\r\n\r\n${original}`;
}

/**
 * HTML: the same above what the original's body shows. The code page stays the original's, unless the text has letters
 * that it lacks.
 */
export function htmlWithOriginal(
  text: string,
  header: OriginalHeader,
  original: Uint8Array,
  originalCodePage: number,
): { readonly bytes: Uint8Array; readonly codePage: number } {
  const html = decodeCodePage(original, originalCodePage).text;
  const lines = header.map(([name, value]) => `<b>${name}:</b> ${escaped(value)}`).join('<br>\r\n');
  const above = `<p>${escaped(text).replaceAll(/\r?\n/gu, '<br>\r\n')}</p>\r\n<hr>\r\n<p>${lines}</p>\r\n`;
  const at = bodyStart(html);
  const whole = html.slice(0, at) + above + html.slice(at);
  const { bytes, lossy } = encodeCodePage(whole, originalCodePage);
  if (lossy !== true) return { bytes, codePage: originalCodePage };
  return { bytes: encodeCodePage(whole, CODE_PAGE_UTF8).bytes, codePage: CODE_PAGE_UTF8 };
}

/** Where the content of the body begins; 0 without one. */
function bodyStart(html: string): number {
  const start = html.search(/<body\b/iu); // its end is looked for once: hostile HTML begins a body at every word
  return start < 0 ? 0 : html.indexOf('>', start) + 1;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
