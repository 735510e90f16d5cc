/** Properties of an object as JSON, by their names. */
import {
  decodeCodePage,
  FILETIME_MAX,
  type FileTime,
  fileTimeToIso,
  HRESULTS,
  hresultName,
  toHex,
} from '@nodemapi/base';
import {
  baseType,
  type IMAPIProp,
  isPropError,
  MV_FLAG,
  PR_BODY,
  PR_HTML,
  PR_RTF_COMPRESSED,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_SYSTIME,
  PT_UNICODE,
  propId,
  propType,
} from '@nodemapi/mapi';
import { type MessageDiagnostic, wholeValue } from './dump-value.ts';
import { tagName, tagNames } from './prop-names.ts';

/** Where a large value stands among the bodies it is not given twice. */
const BODIES: ReadonlySet<number> = new Set([PR_BODY, PR_HTML, PR_RTF_COMPRESSED].map(propId));
const UTF16 = 1200;

/**
 * Every property by its name; objects, and bodies too large for `getProps`, are left to other fields.
 *
 * @param diagnostics is told of each property that cannot be read
 */
export async function dumpProps(
  object: IMAPIProp,
  diagnostics: MessageDiagnostic[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const tags = (await object.getPropList()).filter((tag) => baseType(tag) !== PT_OBJECT);
  if (tags.length === 0) return {};
  const { props } = await object.getProps(tags);
  const shown: PropValue[] = [];
  for (const [index, entry] of props.entries()) {
    if (!isPropError(entry)) shown.push(entry);
    else {
      const large = await largeValue(object, tags[index] as PropTag, entry.value, diagnostics);
      if (large !== undefined) shown.push(large);
    }
  }
  const names = await tagNames(
    object,
    shown.map((value) => value.tag),
  );
  return Object.fromEntries(shown.map((value) => [names.get(value.tag), jsonValue(value)]));
}

/** A value that `getProps` refused, read as a stream if it is only too large; else told of. */
async function largeValue(
  object: IMAPIProp,
  tag: PropTag,
  error: number,
  diagnostics: MessageDiagnostic[],
): Promise<PropValue | undefined> {
  if (error === HRESULTS.MAPI_E_NOT_FOUND) return undefined;
  const hasStream = propType(tag) === PT_UNICODE || propType(tag) === PT_BINARY;
  if (error !== HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY || !hasStream) {
    const code = hresultName(error) ?? 'MAPI_E_CALL_FAILED';
    diagnostics.push({ code, message: `${tagName(tag)} cannot be read`, loss: true });
    return undefined;
  }
  if (BODIES.has(propId(tag))) return undefined;
  const bytes = await wholeValue(object, tag, diagnostics);
  if (bytes === undefined) return undefined;
  return { tag, value: propType(tag) === PT_UNICODE ? decodeCodePage(bytes, UTF16).text : bytes };
}

/** A value as JSON has it: times in ISO 8601, binary in hex, 64-bit numbers as texts. */
export function jsonValue({ tag, value }: PropValue): unknown {
  const type = baseType(tag);
  const one = (single: unknown): unknown => {
    if (type === PT_SYSTIME || type === (PT_SYSTIME | MV_FLAG)) return timeText(single as bigint);
    if (single instanceof Uint8Array) return toHex(single);
    return typeof single === 'bigint' ? String(single) : single;
  };
  return Array.isArray(value) ? value.map(one) : one(value);
}

/** ISO 8601; the ticks where the time is none, which files of strangers have. */
export function timeText(time: FileTime): string {
  return time >= 0n && time <= FILETIME_MAX ? fileTimeToIso(time) : String(time);
}
