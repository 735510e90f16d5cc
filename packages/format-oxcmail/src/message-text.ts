/** The text of a message, from whichever body it has. */
import { codePageToCharset, decodeCodePage, utf8Decode, utf8Encode } from '@nodemapi/base';
import { decompressRtf, encapsulateHtml, readRtf, rtfToText } from '@nodemapi/format-rtf';
import { type IMessage, PR_BODY, PR_HTML, PR_INTERNET_CPID, PR_RTF_COMPRESSED } from '@nodemapi/mapi';
import { type PropSource, propSource, readSource } from './prop-source.ts';

/** A body that has to be converted is held in memory. */
export const CONVERTED_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** What an RTF body holds. */
export interface BodyInRtf {
  readonly text?: PropSource;
  readonly html?: PropSource;
  /** Whether it was always RTF, so that the text is not all of it. */
  readonly isFormatted?: boolean;
}

/** The text and HTML of a message that has its body as RTF alone. @throws MAPI_E_CORRUPT_DATA if it cannot be read */
export async function bodyInRtf(message: IMessage): Promise<BodyInRtf> {
  const source = await propSource(message, PR_RTF_COMPRESSED);
  if (source === undefined) return {};
  const { rtf } = decompressRtf(await readSource(source, CONVERTED_BODY_BYTES_MAX));
  const body = readRtf(rtf);
  if (body.kind !== 'html') return { text: textSource(body.text), isFormatted: body.kind === 'rtf' };
  return { text: textSource(rtfToText(rtf)), html: textSource(body.html) };
}

/** The text that stands in HTML. @param charset of its bytes */
export async function textOfHtml(html: PropSource, charset: string): Promise<string> {
  const source = decodeCodePage(await readSource(html, CONVERTED_BODY_BYTES_MAX), charset).text;
  return rtfToText(encapsulateHtml(source));
}

/** The text of a message: its own, or what its RTF or HTML says. */
export async function messageText(message: IMessage): Promise<string> {
  const own = (await propSource(message, PR_BODY)) ?? (await bodyInRtf(message)).text;
  if (own !== undefined) return utf8Decode(await readSource(own, CONVERTED_BODY_BYTES_MAX));
  const html = await propSource(message, PR_HTML);
  if (html === undefined) return '';
  const codePage = (await message.getProps([PR_INTERNET_CPID])).values[0];
  return textOfHtml(html, (codePage === undefined ? undefined : codePageToCharset(codePage)) ?? 'utf-8');
}

/** A text as the source of a body. */
export function textSource(text: string): PropSource {
  return async function* () {
    yield utf8Encode(text);
  };
}
