import { MapiError } from '@nodemapi/base';
import type { TnefDiagnostic } from './diagnostic.ts';
import {
  ATTRIBUTE_CHECKSUM_BYTES,
  ATTRIBUTE_HEADER_BYTES,
  attributeChecksum,
  attributeName,
  isKnownAttribute,
  LVL_ATTACHMENT,
  LVL_MESSAGE,
  STREAM_HEADER_BYTES,
  TNEF_SIGNATURE,
} from './tnef-attributes.ts';

/** One attribute; its data share memory with the stream. */
export interface TnefAttribute {
  readonly level: number;
  readonly id: number;
  readonly data: Uint8Array;
  /** Where the data begin in the stream. */
  readonly offset: number;
}

export type Report = (code: TnefDiagnostic['code'], detail: string, offset: number) => void;

/**
 * The key of a TNEF stream.
 *
 * @throws MAPI_E_CORRUPT_DATA if that is no TNEF stream
 */
export function readTnefKey(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  if (bytes.length < STREAM_HEADER_BYTES || view.getUint32(0, true) !== TNEF_SIGNATURE) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'this is no TNEF stream: it does not begin with its signature');
  }
  return view.getUint16(4, true);
}

/**
 * The attributes of a TNEF stream, in order.
 *
 * Where an attribute cannot be there, the next place that looks like one is looked for, and the gap is reported; so is
 * a wrong checksum. The last attribute of a stream that is cut off has the data that are there.
 *
 * @throws MAPI_E_CORRUPT_DATA if that is no TNEF stream
 */
export function* tnefAttributes(bytes: Uint8Array, report: Report): Generator<TnefAttribute> {
  readTnefKey(bytes);
  const view = viewOf(bytes);
  let at = STREAM_HEADER_BYTES;
  while (at < bytes.length) {
    if (!isHeader(bytes, view, at)) {
      const next = nextHeader(bytes, view, at + 1);
      if (next === bytes.length) {
        if (!isPadding(bytes, at)) report('trailingBytes', `${bytes.length - at} bytes are no attribute`, at);
        return;
      }
      report('badAttribute', `${next - at} bytes are no attribute`, at);
      at = next;
      continue;
    }
    const attribute = attributeAt(bytes, view, at, report);
    yield attribute;
    at = attribute.offset + attribute.data.length + ATTRIBUTE_CHECKSUM_BYTES;
  }
}

function attributeAt(bytes: Uint8Array, view: DataView, at: number, report: Report): TnefAttribute {
  const level = bytes[at] ?? 0;
  const id = view.getUint32(at + 1, true);
  const offset = at + ATTRIBUTE_HEADER_BYTES;
  const length = view.getUint32(at + 5, true);
  const end = offset + length;
  if (end + ATTRIBUTE_CHECKSUM_BYTES > bytes.length) {
    const next = end > bytes.length ? nextHeader(bytes, view, offset + ATTRIBUTE_CHECKSUM_BYTES) : bytes.length;
    const isLast = next === bytes.length;
    const available = isLast ? Math.min(length, bytes.length - offset) : next - offset - ATTRIBUTE_CHECKSUM_BYTES;
    report(isLast ? 'cutOff' : 'badLength', `${attributeName(id)} has ${available} bytes of ${length}`, at);
    return { level, id, data: bytes.subarray(offset, offset + available), offset };
  }
  const data = bytes.subarray(offset, end);
  if (attributeChecksum(data) !== view.getUint16(end, true)) {
    report('badChecksum', `the checksum of ${attributeName(id)} does not match`, end);
  }
  return { level, id, data, offset };
}

/** Whether an attribute can begin here. An unknown one is believed if what follows it can be one. */
function isHeader(bytes: Uint8Array, view: DataView, at: number): boolean {
  const level = bytes[at];
  if ((level !== LVL_MESSAGE && level !== LVL_ATTACHMENT) || at + ATTRIBUTE_HEADER_BYTES > bytes.length) return false;
  if (isKnownAttribute(view.getUint32(at + 1, true))) return true;
  const next = at + ATTRIBUTE_HEADER_BYTES + view.getUint32(at + 5, true) + ATTRIBUTE_CHECKSUM_BYTES;
  return next === bytes.length || bytes[next] === LVL_MESSAGE || bytes[next] === LVL_ATTACHMENT;
}

/** The next place from `from` on that looks like a known attribute with others behind it; the end if there is none. */
function nextHeader(bytes: Uint8Array, view: DataView, from: number): number {
  for (let at = from; at + ATTRIBUTE_HEADER_BYTES + ATTRIBUTE_CHECKSUM_BYTES <= bytes.length; at++) {
    const level = bytes[at];
    if (level !== LVL_MESSAGE && level !== LVL_ATTACHMENT) continue;
    if (!isKnownAttribute(view.getUint32(at + 1, true))) continue;
    const end = at + ATTRIBUTE_HEADER_BYTES + view.getUint32(at + 5, true) + ATTRIBUTE_CHECKSUM_BYTES;
    if (end > bytes.length) continue;
    if (end === bytes.length || bytes[end] === LVL_MESSAGE || bytes[end] === LVL_ATTACHMENT) return at;
  }
  return bytes.length;
}

/** Line ends and zeros behind the stream come from mail and from block sizes. */
function isPadding(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== 0 && byte !== 0x0d && byte !== 0x0a) return false;
  }
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
