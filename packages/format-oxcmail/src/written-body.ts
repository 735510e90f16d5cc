/** The text and the HTML that a message is written with, from whichever properties have them. */
import { MapiError } from '@nodemapi/base';
import { type IMessage, PR_BODY, PR_HTML, PR_RTF_IN_SYNC } from '@nodemapi/mapi';
import type { TellOfMessage } from './diagnostic.ts';
import { type BodyInRtf, bodyInRtf, textSource } from './message-text.ts';
import { type PropSource, propSource } from './prop-source.ts';

/** What goes into the mail; neither is there if the message has no body. */
export interface WrittenBody {
  readonly text: PropSource | undefined;
  readonly html: PropSource | undefined;
}

/**
 * Reads what a message is written with.
 *
 * @param report the text of a report, which has none of its own (REPORT-021); its mail must have one
 * @param tell takes what is wrong with the body
 * @throws MAPI_E_CORRUPT_DATA for a body that is RTF only and cannot be read, unless it may be left out (`leaveOut`)
 */
export async function readWrittenBody(
  message: IMessage,
  report: string | undefined,
  tell: TellOfMessage | undefined,
  leaveOut: boolean,
): Promise<WrittenBody> {
  const own = await propSource(message, PR_BODY);
  const html = await propSource(message, PR_HTML);
  if (html !== undefined) return { text: own, html };
  const isEmpty = report !== undefined && !(await hasBytes(own));
  const text = isEmpty ? textSource(report) : own;
  if (report !== undefined) return { text, html };
  const inRtf = await rtfOf(message, text !== undefined, tell, leaveOut);
  if (inRtf.isFormatted === true) tell?.('formattingLeftOut', 'the body was written as RTF; the mail has its text');
  return { text: text ?? inRtf.text, html: inRtf.html };
}

/** RTF beside a text counts if it says the same (PR_RTF_IN_SYNC). */
async function rtfOf(
  message: IMessage,
  hasText: boolean,
  tell: TellOfMessage | undefined,
  leaveOut: boolean,
): Promise<BodyInRtf> {
  if (hasText && (await message.getProps([PR_RTF_IN_SYNC])).values[0] !== true) return {};
  try {
    return await bodyInRtf(message);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA') || (!hasText && !leaveOut)) throw error;
    tell?.('damagedRtf', error.detail);
    return {};
  }
}

async function hasBytes(source: PropSource | undefined): Promise<boolean> {
  if (source !== undefined) for await (const bytes of source()) if (bytes.length > 0) return true;
  return false;
}
