/** Delimiter lines: what ends a part and begins the next. RFC 2046 5.1.1 */

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;

/** White space that a delimiter may have behind it; RFC 5322 2.1.1 bounds the line. */
const blanksMax = 998;

/** Bytes of a boundary, the longest that is looked for; RFC 2046 allows 70. */
const boundaryBytesMax = 2000;

/** The boundary of a multipart as it is looked for; undefined if there is none that can be. */
export function usableBoundary(parameter: string | undefined): Buffer | undefined {
  const boundary = (parameter ?? '').trimEnd();
  if (boundary === '' || boundary.length > boundaryBytesMax || !/^[\0-\x7f]*$/.test(boundary)) return undefined;
  return Buffer.from(`--${boundary}`, 'latin1');
}

/** Bytes of the longest line that can be a delimiter. */
export function delimiterLineMax(delimiter: Buffer): number {
  return delimiter.length + 2 + blanksMax + 2;
}

/**
 * Whether the line from `start` to `end`, which includes its line end, is a delimiter.
 *
 * @param delimiter of `usableBoundary`
 */
export function matchDelimiter(
  bytes: Buffer,
  start: number,
  end: number,
  delimiter: Buffer,
): 'next' | 'last' | undefined {
  let at = start + delimiter.length;
  if (at > end || end - start > delimiterLineMax(delimiter)) return undefined;
  // the first character of the boundary tells most lines apart, at a hundredth of the price
  if (bytes[start + 2] !== delimiter[2] || delimiter.compare(bytes, start, at) !== 0) return undefined;
  const isLast = bytes[at] === DASH && bytes[at + 1] === DASH && at + 2 <= end;
  if (isLast) at += 2;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  // the message may end in the line that ends the last multipart
  if (at === end) return isLast ? 'last' : undefined;
  while (at < end && bytes[at] === CR) at++;
  if (at < end && bytes[at] === LF) at++;
  if (at < end) return undefined;
  return isLast ? 'last' : 'next';
}
