/** Message identifiers: Message-ID, In-Reply-To, References. RFC 5322 3.6.4 */

/** Identifiers read from one header. */
export const MESSAGE_IDS_MAX = 10_000;

/** The identifiers in a header, each with its angle brackets; words without brackets if there are no others. */
export function parseMessageIds(header: string): readonly string[] {
  const bracketed = header.match(/<[^<>]*>/g);
  if (bracketed !== null) {
    return bracketed
      .map((id) => id.replaceAll(/\s+/g, ''))
      .filter((id) => id !== '<>')
      .slice(0, MESSAGE_IDS_MAX);
  }
  return header
    .split(/[\s,]+/)
    .filter((word) => word.includes('@'))
    .map((word) => `<${word}>`)
    .slice(0, MESSAGE_IDS_MAX);
}
