/** What the ends have in common that are bound to the events of one process: it exits when all of them are done. */
export class BoundEnds {
  readonly #running = new Set<Promise<void>>();
  #told: { readonly error: unknown } | undefined;

  /** Runs an end. Resolves when no bound end of the process is under way any more, whatever became of them. */
  async run(end: () => Promise<void>): Promise<void> {
    const running = end();
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
      while (this.#running.size > 0) await Promise.allSettled(this.#running);
    }
  }

  /** Whether an event is heard for the first time: the process tells it to every binding, one after the other. */
  isFirst(error: unknown): boolean {
    if (this.#told !== undefined && this.#told.error === error) return false;
    const told = { error };
    this.#told = told;
    queueMicrotask(() => {
      if (this.#told === told) this.#told = undefined;
    });
    return true;
  }
}
