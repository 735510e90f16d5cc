/** A set of node identifiers, a bit for each: what was reached of a large file. */
const typesMax = 32;

export class NodeSet {
  /** Bits by nidIndex, for each nidType. */
  readonly #bits: Uint8Array[] = Array.from({ length: typesMax }, () => new Uint8Array(0));

  add(nid: number): void {
    const type = nid & 0x1f;
    const index = nid >>> 5;
    let bits = this.#bits[type] as Uint8Array;
    if (index >>> 3 >= bits.length) {
      const larger = new Uint8Array(Math.max(64, 2 * ((index >>> 3) + 1)));
      larger.set(bits);
      bits = larger;
      this.#bits[type] = bits;
    }
    bits[index >>> 3] = (bits[index >>> 3] as number) | (1 << (index & 7));
  }

  has(nid: number): boolean {
    const index = nid >>> 5;
    return (((this.#bits[nid & 0x1f] as Uint8Array)[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }
}
