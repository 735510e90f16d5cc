import { MapiError, type StructValue, struct, u32 } from '@nodemapi/base';
import type { RtfDiagnostic } from './diagnostic.ts';
import { rtfCrc } from './rtf-crc.ts';
import {
  COMPRESSED,
  REFERENCE_BYTES_MAX,
  REFERENCE_BYTES_MIN,
  RING_BYTES,
  RING_START,
  UNCOMPRESSED,
} from './rtf-dictionary.ts';

/** What stands before the bytes of PR_RTF_COMPRESSED. [MS-OXRTFCP] 2.1.3.1.1 */
export const RTF_HEADER = struct('RTF header', 16, { compSize: u32, rawSize: u32, compType: u32, crc: u32 });

/** `compSize` counts all bytes after itself, `rawSize` those of the RTF, both as the writer says. */
export type CompressedRtfHeader = StructValue<typeof RTF_HEADER>;

export interface DecompressOptions {
  /** Throws where a diagnostic would be given. */
  readonly strict?: boolean;
}

export interface DecompressedRtf {
  readonly rtf: Uint8Array;
  readonly diagnostics: readonly RtfDiagnostic[];
}

/** The most bytes under one control byte, and how many bytes of RTF a byte of such a group can become. */
const groupBytesMax = 8 * REFERENCE_BYTES_MAX;
const growthMax = groupBytesMax / (1 + 8 * 2);

/**
 * The header of compressed RTF.
 *
 * @throws MAPI_E_CORRUPT_DATA if the header is cut off or of neither kind
 */
export function readCompressedRtfHeader(bytes: Uint8Array): CompressedRtfHeader {
  const header = RTF_HEADER.decode(bytes);
  if (header.compType === COMPRESSED || header.compType === UNCOMPRESSED) return header;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `RTF header at 0 has the unknown type 0x${header.compType.toString(16)}`);
}

/**
 * The RTF in a value of PR_RTF_COMPRESSED, whether it was compressed or stored.
 *
 * A cut-off or damaged value yields what can be read, with diagnostics; the sizes in the header are hints, and never
 * make the result larger than nine times the input.
 *
 * @throws MAPI_E_CORRUPT_DATA if there is no header; with `strict` for any damage
 * @see [MS-OXRTFCP] 3.1.5.2
 */
export function decompressRtf(bytes: Uint8Array, options: DecompressOptions = {}): DecompressedRtf {
  const header = readCompressedRtfHeader(bytes);
  const diagnostics: RtfDiagnostic[] = [];
  const end = header.compSize + 4;
  if (end > bytes.length) {
    diagnostics.push({ code: 'cutOff', detail: `${bytes.length} bytes of ${end}`, offset: bytes.length });
  }
  const contents = bytes.subarray(RTF_HEADER.size, Math.max(RTF_HEADER.size, Math.min(end, bytes.length)));
  const rtf = header.compType === COMPRESSED ? expand(contents, header, diagnostics) : contents.slice();
  if (header.compType === UNCOMPRESSED && options.strict === true && header.rawSize !== rtf.length) {
    diagnostics.push({ code: 'badSize', detail: `${rtf.length} bytes, not ${header.rawSize}`, offset: 4 });
  }
  const first = diagnostics[0];
  if (options.strict === true && first !== undefined) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `compressed RTF at ${first.offset}: ${first.detail}`);
  }
  return { rtf, diagnostics };
}

function expand(contents: Uint8Array, header: CompressedRtfHeader, diagnostics: RtfDiagnostic[]): Uint8Array {
  if (rtfCrc(contents) !== header.crc) {
    diagnostics.push({ code: 'badCrc', detail: 'the checksum does not match', offset: 12 });
  }
  const { rtf, read, ended } = references(contents, header.rawSize);
  if (!ended) {
    diagnostics.push({ code: 'cutOff', detail: 'no end mark', offset: RTF_HEADER.size + read });
  }
  if (rtf.length !== header.rawSize) {
    diagnostics.push({ code: 'badSize', detail: `${rtf.length} bytes, not ${header.rawSize}`, offset: 4 });
  }
  return rtf;
}

interface Expanded {
  readonly rtf: Uint8Array;
  /** Bytes of the input that were used. */
  readonly read: number;
  /** Whether the end was marked. */
  readonly ended: boolean;
}

/**
 * Follows control bytes, literals and references.
 *
 * The output itself serves as the ring: behind `RING_START`, a reference is a distance back. What it would find before
 * the start are the zeros of a ring that is not yet full.
 */
function references(contents: Uint8Array, rawSize: number): Expanded {
  const start = RING_START.length;
  let out = new Uint8Array(start + Math.min(rawSize, contents.length * growthMax) + groupBytesMax);
  out.set(RING_START);
  let to = start;
  let at = 0;
  while (at < contents.length) {
    if (to + groupBytesMax > out.length) out = grown(out);
    let control = contents[at++] ?? 0;
    for (let bit = 0; bit < 8 && at < contents.length; bit++, control >>= 1) {
      if ((control & 1) === 0) {
        out[to++] = contents[at++] ?? 0;
        continue;
      }
      if (at + 1 >= contents.length) return { rtf: out.slice(start, to), read: at, ended: false };
      const reference = ((contents[at] ?? 0) << 8) | (contents[at + 1] ?? 0);
      at += 2;
      const distance = (to - (reference >> 4)) & (RING_BYTES - 1);
      if (distance === 0) return { rtf: out.slice(start, to), read: at, ended: true };
      let from = to - distance;
      const end = to + (reference & 0xf) + REFERENCE_BYTES_MIN;
      while (to < end) {
        out[to++] = from < 0 ? 0 : (out[from] ?? 0);
        from++;
      }
    }
  }
  return { rtf: out.slice(start, to), read: at, ended: false };
}

function grown(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}
