/** Something that was opened and not yet released. */
export interface Tracked {
  readonly kind: string;
  /** Where it was opened: a place or a stack. */
  readonly openedAt: string;
}

/** Remembers what is open and where it was opened, so that leaks can be told by line. */
export class Tracker {
  readonly #open = new Map<number, Tracked>();
  #next = 1;

  /** Notes that something was opened; returns the number by which it is released. */
  track(kind: string, openedAt: string): number {
    const id = this.#next++;
    this.#open.set(id, { kind, openedAt });
    return id;
  }

  /** Forgets what `track` has noted; twice is harmless. */
  release(id: number): void {
    this.#open.delete(id);
  }

  /** What is open, oldest first. */
  open(): readonly Tracked[] {
    return [...this.#open.values()];
  }
}
