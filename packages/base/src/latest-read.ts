/**
 * Reads of something that changes, where several run at a time and may end in any order: what a later one has read is not
 * replaced by what an earlier one had.
 */
export class LatestRead {
  #begun = 0;
  #applied = 0;

  /** Hands what `read` answers to `apply`, unless a read that began later has been applied. */
  async read<T>(read: () => Promise<T>, apply: (value: T) => void | Promise<void>): Promise<void> {
    const number = ++this.#begun;
    const value = await read();
    if (number < this.#applied) return;
    this.#applied = number;
    await apply(value);
  }
}
