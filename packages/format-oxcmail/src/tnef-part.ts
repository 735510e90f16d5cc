/**
 * Takes a winmail.dat for what it is: the message that a program with MAPI sent. spec: tnef-correlation
 *
 * - What the mail itself says goes first: correspondents, subject, times, recipients, and a body that is there.
 * - What belongs to another message, or is no TNEF, stays the attachment that it came as.
 */
import { concatBytes, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import type { MimePart } from '@nodemapi/format-mime';
import { decompressRtf, readRtf, rtfToText } from '@nodemapi/format-rtf';
import { fillFromTnef, isTnefLoss, readTnef, type TnefContent, tnefProp } from '@nodemapi/format-tnef';
import {
  type IMessage,
  isTransmittable,
  PR_BODY,
  PR_CONVERSATION_INDEX,
  PR_HTML,
  PR_IMPORTANCE,
  PR_INTERNET_CPID,
  PR_MESSAGE_CLASS,
  PR_PRIORITY,
  PR_RTF_COMPRESSED,
  PR_SENSITIVITY,
  PR_TNEF_CORRELATION_KEY,
  type PropTag,
  type PropValue,
  prop,
  propId,
} from '@nodemapi/mapi';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { applyProps } from './prop-writer.ts';

/** A larger part is none that a program wrote for a mail; it stays a file, read in constant memory. */
export const TNEF_PART_BYTES_MAX = 256 * 1024 * 1024;

const TYPES: ReadonlySet<string> = new Set(['application/ms-tnef', 'application/vnd.ms-tnef']);
const UTF8 = 65001;

/** What the message in the stream says better than the mail around it. */
const OWN: ReadonlySet<number> = new Set(
  [PR_MESSAGE_CLASS, PR_IMPORTANCE, PR_PRIORITY, PR_SENSITIVITY, PR_CONVERSATION_INDEX].map(propId),
);

/** Whether a part claims to be a TNEF stream. */
export function isTnefPart(part: MimePart): boolean {
  if (TYPES.has(part.contentType)) return true;
  return part.contentType === 'application/octet-stream' && /^winmail\.dat$/i.test(part.fileName ?? '');
}

/** The whole of a part, or what was read of one that is too large, to be read again before the rest. */
export async function collectPart(
  pieces: AsyncIterable<Uint8Array>,
  bytesMax: number = TNEF_PART_BYTES_MAX,
): Promise<{ readonly bytes: Uint8Array; readonly complete: boolean }> {
  const held: Uint8Array[] = [];
  let size = 0;
  // the generator must stay usable for the rest, so it is not left through a loop
  const iterator = pieces[Symbol.asyncIterator]();
  for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
    held.push(step.value.slice());
    size += step.value.length;
    if (size > bytesMax) return { bytes: concatBytes(held), complete: false };
  }
  return { bytes: concatBytes(held), complete: true };
}

/**
 * Puts the message of a TNEF part into `message`.
 *
 * @param correlators what the mail says of the stream that belongs to it: its X-MS-TNEF-Correlator and Message-ID
 * @returns false if the part is no TNEF stream or belongs to another message, and nothing was taken
 */
export async function takeTnef(
  bytes: Uint8Array,
  message: IMessage,
  part: MimePart,
  correlators: readonly string[],
  diagnostics: OxcmailDiagnostic[],
  signal?: AbortSignal,
): Promise<boolean> {
  const content = readOrUndefined(bytes, part, diagnostics);
  if (content === undefined) return false;
  const key = correlationKey(content);
  if (key !== '' && correlators.length > 0 && !correlators.includes(key)) {
    const detail = `the TNEF stream belongs to another message, ${key}; ${asFile(part, bytes)}`;
    diagnostics.push({ code: 'foreignTnef', detail, path: part.path });
    return false;
  }
  for (const found of content.diagnostics) {
    const detail = `${found.code} at ${found.offset}: ${found.detail}`;
    const loss = isTnefLoss(found) ? { loss: true as const } : {};
    diagnostics.push({ code: 'damagedTnef', detail, path: part.path, ...loss });
  }
  const there = new Set((await message.getPropList()).map(propId));
  const problems = await fillFromTnef(content, message, {
    wants: (tag, name) =>
      name !== undefined || (isTransmittable(tag) && (OWN.has(propId(tag)) || !there.has(propId(tag)))),
    attachments: true,
    ...(signal === undefined ? {} : { signal }),
  });
  for (const { tag, code } of problems) {
    diagnostics.push({
      code: 'propertyNotSet',
      detail: `0x${tag.toString(16).padStart(8, '0')}: ${code}`,
      path: part.path,
    });
  }
  await applyProps(message, bodyProps(content, there, part, diagnostics), diagnostics);
  return true;
}

function readOrUndefined(bytes: Uint8Array, part: MimePart, diagnostics: OxcmailDiagnostic[]): TnefContent | undefined {
  try {
    return readTnef(bytes);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    const detail = `${error.detail}; ${asFile(part, bytes)}`;
    diagnostics.push({ code: 'unreadableTnef', detail, path: part.path });
    return undefined;
  }
}

function asFile(part: MimePart, bytes: Uint8Array): string {
  return `${part.fileName ?? 'it'} (${bytes.length} bytes) is kept as a file, and what is in it is not shown`;
}

/**
 * Names the message that the stream belongs to; '' if it says nothing. Keys that are equal, or missing on either side, belong
 * together. spec: pidtagtnefcorrelationkey-canonical-property
 */
function correlationKey(content: TnefContent): string {
  const key = tnefProp(content.props, PR_TNEF_CORRELATION_KEY);
  return key === undefined ? '' : utf8Decode(key).replace(/\0.*$/s, '').trim();
}

/** The body that is only in the RTF, also as HTML and text, unless there is one. */
function bodyProps(
  content: TnefContent,
  there: ReadonlySet<number>,
  part: MimePart,
  diagnostics: OxcmailDiagnostic[],
): readonly PropValue[] {
  const compressed = tnefProp(content.props, PR_RTF_COMPRESSED);
  if (compressed === undefined) return [];
  const has = (tag: PropTag): boolean =>
    there.has(propId(tag)) || content.props.some((each) => propId(each.tag) === propId(tag));
  try {
    const { rtf } = decompressRtf(compressed);
    const body = readRtf(rtf);
    const props: PropValue[] = [];
    if (body.kind === 'html' && !has(PR_HTML))
      props.push(prop(PR_HTML, utf8Encode(body.html)), prop(PR_INTERNET_CPID, UTF8));
    if (!has(PR_BODY)) props.push(prop(PR_BODY, body.kind === 'html' ? rtfToText(rtf) : body.text));
    return props;
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    diagnostics.push({ code: 'damagedTnef', detail: `PR_RTF_COMPRESSED: ${error.detail}`, path: part.path });
    return [];
  }
}
