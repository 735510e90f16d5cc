/** Block identifiers. [MS-PST] 2.2.2.2 */

/** Whether the block holds other blocks' identifiers (XBLOCK, SLBLOCK …), which are never encoded. */
export function isInternal(bid: number): boolean {
  return (bid & 2) !== 0;
}

/** The lowest bit of a block identifier means nothing. */
export function plainBid(bid: number): number {
  return bid - (bid & 1);
}
