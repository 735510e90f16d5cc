/** A decoder that is fed hostile bytes: by `fuzzSuite` for a moment in the tests, by `npm run fuzz` for as long as one likes. */
export interface FuzzTarget {
  /** What `npm run fuzz -- NAME` calls it. */
  readonly name: string;
  /** Folders of the corpus whose files are inputs, such as `tnef`. */
  readonly corpus: readonly string[];
  /** Good inputs that the project makes itself. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /**
   * Decodes the input and looks at all of the result. Only a MapiError may come out of it.
   *
   * @param input whose bytes the decoder may not change
   */
  run(input: Uint8Array): unknown;
  /** Bytes of a kind that the format gives meaning to, such as signatures and key words. */
  readonly words?: readonly Uint8Array[];
  /** Bytes of memory that one byte of input may cost; 64 if omitted. */
  readonly memoryPerByte?: number;
  /** Milliseconds that 1,024 bytes of input may cost; 1 if omitted. */
  readonly msPerKilobyte?: number;
}
