/** A text body as a leaf: charset and transfer encoding chosen by what it holds. spec: message-text */
import { EncodingChooser, type MimeTree, parameterHeader } from '@nodemapi/format-mime';
import type { PropSource } from './prop-source.ts';

/** A text with a longer line is written as quoted-printable. spec: message-text */
const TEXT_LINE_MAX = 140;

/**
 * Reads the text once to choose how it travels; it is read again when it is written.
 *
 * @param charset of the bytes; undefined for UTF-8, which is called us-ascii where it is that
 */
export async function textTree(
  source: PropSource,
  subtype: 'plain' | 'html',
  charset: string | undefined,
): Promise<MimeTree> {
  const chooser = new EncodingChooser();
  for await (const bytes of source()) chooser.write(bytes);
  const label = charset ?? (chooser.ascii ? 'us-ascii' : 'utf-8');
  return {
    kind: 'leaf',
    headers: [parameterHeader('Content-Type', `text/${subtype}`, [['charset', label]])],
    encoding: isWideCharset(label) ? 'base64' : chooser.choose(TEXT_LINE_MAX),
    body: source(),
  };
}

/** Whether characters take two bytes or four, so that line ends are no bytes of their own. */
export function isWideCharset(charset: string): boolean {
  return /^(?:utf|ucs)-?(?:16|32|2|4)/i.test(charset);
}
