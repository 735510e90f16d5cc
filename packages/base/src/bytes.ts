const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // a byte order mark is a character like any other here

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && bytesCompare(a, b) === 0;
}

/** Orders by the first byte that differs, then the shorter first; returns -1, 0 or 1. */
export function bytesCompare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  return Buffer.compare(a, b);
}

/** One new array with all `parts`, in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function bytesHavePrefix(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && bytesEqual(bytes.subarray(0, prefix.length), prefix);
}

export function bytesHaveSuffix(bytes: Uint8Array, suffix: Uint8Array): boolean {
  return bytes.length >= suffix.length && bytesEqual(bytes.subarray(bytes.length - suffix.length), suffix);
}

/** UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** Text of UTF-8; what is not UTF-8 becomes U+FFFD, a byte order mark stays. */
export function utf8Decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
