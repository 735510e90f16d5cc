import { ByteWriter } from '@nodemapi/base';
import { RTF_HEADER } from './decompress-rtf.ts';
import { rtfCrc } from './rtf-crc.ts';
import {
  COMPRESSED,
  REFERENCE_BYTES_MAX,
  REFERENCE_BYTES_MIN,
  RING_BYTES,
  RING_START,
  UNCOMPRESSED,
} from './rtf-dictionary.ts';

/** Earlier places that are tried for a longer run; what lies further back is not worth the time. */
const candidatesMax = 96;
const NONE = -1;

/**
 * The value of PR_RTF_COMPRESSED for `rtf`.
 *
 * @param options.stored keeps the bytes as they are (STORE_UNCOMPRESSED_RTF)
 * @see [MS-OXRTFCP] 3.1.5.1
 */
export function compressRtf(rtf: Uint8Array, options: { readonly stored?: boolean } = {}): Uint8Array {
  if (options.stored === true) return withHeader(rtf, rtf.length, UNCOMPRESSED, 0);
  const contents = compress(rtf);
  return withHeader(contents, rtf.length, COMPRESSED, rtfCrc(contents));
}

function withHeader(contents: Uint8Array, rawSize: number, compType: number, crc: number): Uint8Array {
  const compSize = contents.length + RTF_HEADER.size - 4;
  const header = RTF_HEADER.encode({ compSize, rawSize, compType, crc });
  return new ByteWriter(header.length + contents.length).bytes(header).bytes(contents).toBytes();
}

/** Eight tokens under a control byte: literals, and references to what the ring held before. */
function compress(rtf: Uint8Array): Uint8Array {
  const all = new Uint8Array(RING_START.length + rtf.length);
  all.set(RING_START);
  all.set(rtf, RING_START.length);
  const search = new RunSearch(all);
  // a token is a literal or a reference to at least two bytes; the end mark is one token more
  const out = new Uint8Array(rtf.length + Math.ceil((rtf.length + 1) / 8) + 3);
  let to = 0;
  let control = 0;
  let bit = 8;
  for (let at = RING_START.length; ; ) {
    if (bit === 8) {
      control = to++;
      bit = 0;
    }
    if (at >= all.length) break;
    const run = search.longestAt(at);
    if (run.length < REFERENCE_BYTES_MIN) {
      out[to++] = all[at] ?? 0;
      search.passed(at, 1);
      at += 1;
    } else {
      const reference = ((run.at % RING_BYTES) << 4) | (run.length - REFERENCE_BYTES_MIN);
      out[to++] = reference >> 8;
      out[to++] = reference & 0xff;
      out[control] = (out[control] ?? 0) | (1 << bit);
      search.passed(at, run.length);
      at += run.length;
    }
    bit++;
  }
  const endMark = (all.length % RING_BYTES) << 4;
  out[control] = (out[control] ?? 0) | (1 << bit);
  out[to++] = endMark >> 8;
  out[to++] = endMark & 0xff;
  return out.subarray(0, to);
}

/** Finds the longest run that has been seen within the ring: places with the same two first bytes form a chain. */
class RunSearch {
  readonly #bytes: Uint8Array;
  readonly #last = new Int32Array(0x1_0000).fill(NONE);
  readonly #before: Int32Array;
  readonly #run = { at: 0, length: 0 };

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#before = new Int32Array(RING_BYTES);
    this.passed(0, RING_START.length);
  }

  /** Makes the `count` places from `at` on known to later searches. */
  passed(at: number, count: number): void {
    const bytes = this.#bytes;
    const end = Math.min(at + count, bytes.length - 1);
    for (let place = at; place < end; place++) {
      const pair = ((bytes[place] ?? 0) << 8) | (bytes[place + 1] ?? 0);
      this.#before[place % RING_BYTES] = this.#last[pair] ?? NONE;
      this.#last[pair] = place;
    }
  }

  /** The answer is valid until the next call; a length below two means that there is none. */
  longestAt(at: number): { readonly at: number; readonly length: number } {
    const bytes = this.#bytes;
    const run = this.#run;
    run.length = 0;
    const longest = Math.min(REFERENCE_BYTES_MAX, bytes.length - at);
    if (longest < REFERENCE_BYTES_MIN) return run;
    const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    let place = this.#last[pair] ?? NONE;
    // a distance of the whole ring would read as the end mark
    for (let tried = 0; place > at - RING_BYTES && place !== NONE && tried < candidatesMax; tried++) {
      if (run.length === 0 || bytes[place + run.length] === bytes[at + run.length]) {
        let length = REFERENCE_BYTES_MIN;
        while (length < longest && bytes[place + length] === bytes[at + length]) length++;
        if (length > run.length) {
          run.at = place;
          run.length = length;
          if (length === longest) break;
        }
      }
      place = this.#before[place % RING_BYTES] ?? NONE;
    }
    return run;
  }
}
