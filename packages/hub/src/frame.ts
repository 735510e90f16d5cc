/**
 * Messages on a byte stream: a length of four bytes, big-endian, and as much JSON in UTF-8.
 *
 * A length beyond the limit, text that is no UTF-8 and what is no JSON end the connection. Memory grows with what has
 * come in, not with a length that is only claimed.
 */
import { MapiError } from '@nodemapi/base';

/** The longest message, in bytes. */
export const frameBytesMax = 4 * 1024 * 1024;
const headBytes = 4;
/** What an idle connection keeps. */
const idleBytes = 4096;

/** @throws MAPI_E_TOO_BIG */
export function encodeFrame(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  if (body.length > frameBytesMax) {
    throw new MapiError('MAPI_E_TOO_BIG', `a message of ${body.length} bytes; ${frameBytesMax} is the limit`);
  }
  const frame = new Uint8Array(headBytes + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, headBytes);
  return frame;
}

/** Puts messages together from pieces of a stream. */
export class FrameReader {
  #buffer = new Uint8Array(idleBytes);
  #length = 0;

  /** The messages that are complete with this piece. @throws MAPI_E_CORRUPT_DATA; the stream is of no use then */
  push(chunk: Uint8Array): readonly unknown[] {
    this.#append(chunk);
    const view = new DataView(this.#buffer.buffer);
    const messages: unknown[] = [];
    let at = 0;
    while (this.#length - at >= headBytes) {
      const size = view.getUint32(at);
      if (size > frameBytesMax) {
        throw new MapiError('MAPI_E_CORRUPT_DATA', `a frame of ${size} bytes; ${frameBytesMax} is the limit`);
      }
      if (this.#length - at - headBytes < size) break;
      messages.push(decode(this.#buffer.subarray(at + headBytes, at + headBytes + size)));
      at += headBytes + size;
    }
    this.#drop(at);
    return messages;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) this.#resize(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  #drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
    if (this.#length === 0 && this.#buffer.length > idleBytes) this.#resize(idleBytes);
  }

  #resize(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function decode(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'a frame that is no JSON', { cause });
  }
}
