/** A text body as a leaf: charset and transfer encoding chosen by what it holds. spec: message-text */
import { charsetDecoder, encodeCodePage, utf8Decode, utf8Encode } from '@nodemapi/base';
import {
  EncodingChooser,
  type MimeTree,
  parameterHeader,
  type TransferEncoding,
  wrapText,
} from '@nodemapi/format-mime';
import { type PropSource, readSource } from './prop-source.ts';

/** A text with a longer line is written as quoted-printable. spec: message-text */
const TEXT_LINE_MAX = 140;
/** A text that is wrapped is held in memory. */
const wrappedBytesMax = 64 * 1024 * 1024;

/** How a text is written, where its content does not decide alone. */
export interface TextForm {
  /** Taken if the text can travel so: 7bit and 8bit need short lines, 7bit ASCII. */
  readonly encoding?: TransferEncoding | undefined;
  /** Taken if it has all characters of the text. */
  readonly charset?: string | undefined;
  /** Lines of a plain text are wrapped here, so that the paragraphs can be told again. */
  readonly wrapColumns?: number | undefined;
}

/**
 * Reads the text once to choose how it travels; it is read again when it is written.
 *
 * @param charset of the bytes; undefined for UTF-8, which is called us-ascii where it is that
 */
export async function textTree(
  source: PropSource,
  subtype: 'plain' | 'html' | 'rtf',
  charset: string | undefined,
  form: TextForm = {},
): Promise<MimeTree> {
  const { wrapColumns } = form;
  const wrapped = wrapColumns === undefined || subtype !== 'plain' ? source : await wrappedSource(source, wrapColumns);
  const wanted = await recoded(wrapped, charset ?? 'utf-8', form.charset);
  const bytes = wanted ?? wrapped;
  const chooser = new EncodingChooser();
  for await (const piece of bytes()) chooser.write(piece);
  const own = wanted === undefined ? charset : form.charset;
  const label = own === undefined || (wanted !== undefined && chooser.ascii) ? usualLabel(chooser) : own;
  return {
    kind: 'leaf',
    headers: [parameterHeader('Content-Type', `text/${subtype}`, subtype === 'rtf' ? [] : [['charset', label]])],
    encoding: isWideCharset(label) ? 'base64' : (possible(form.encoding, chooser) ?? chooser.choose(TEXT_LINE_MAX)),
    body: bytes(),
  };
}

function usualLabel(chooser: EncodingChooser): string {
  return chooser.ascii ? 'us-ascii' : 'utf-8';
}

function possible(encoding: TransferEncoding | undefined, chooser: EncodingChooser): TransferEncoding | undefined {
  if (encoding === '7bit') return chooser.plain && chooser.ascii ? encoding : undefined;
  return encoding !== '8bit' || chooser.plain ? encoding : undefined;
}

async function wrappedSource(source: PropSource, columns: number): Promise<PropSource> {
  const text = wrapText(utf8Decode(await readSource(source, wrappedBytesMax)), columns);
  return async function* () {
    yield utf8Encode(text);
  };
}

/** The same text in another charset; undefined if that is the same, or lacks one of its characters. */
async function recoded(source: PropSource, from: string, to: string | undefined): Promise<PropSource | undefined> {
  if (to === undefined || to.toLowerCase() === from.toLowerCase()) return undefined;
  for await (const { lossy } of encodings(source, from, to)) if (lossy === true) return undefined;
  return async function* () {
    for await (const { bytes } of encodings(source, from, to)) yield bytes;
  };
}

async function* encodings(
  source: PropSource,
  from: string,
  to: string,
): AsyncGenerator<ReturnType<typeof encodeCodePage>> {
  const decoder = charsetDecoder(from);
  for await (const piece of source()) yield encodeCodePage(decoder.write(piece), to);
  yield encodeCodePage(decoder.end(), to);
}

/** Whether characters take two bytes or four, so that line ends are no bytes of their own. */
export function isWideCharset(charset: string): boolean {
  return /^(?:utf|ucs)-?(?:16|32|2|4)/i.test(charset);
}
