import { AsyncStack, type Random } from '@nodemapi/base';
import type { CrashRegistry } from '@nodemapi/mapi';
import { Book } from './book.ts';
import { ContentsTables } from './contents-tables.ts';

/** A book that is open, with its tables. */
export interface SharedBook {
  readonly book: Book;
  readonly tables: ContentsTables;
}

/** One logon's hold on a shared book; disposing it gives the hold up. */
export interface BookHold extends SharedBook, AsyncDisposable {}

interface Opened extends SharedBook {
  readonly owned: AsyncStack;
}

interface Slot {
  readonly opened: Promise<Opened>;
  holds: number;
}

/** Books that are open in this process, by path: logons that share one hear of each other's changes. */
export class SharedBooks implements AsyncDisposable {
  readonly #random: Random;
  readonly #crash: CrashRegistry | undefined;
  readonly #slots = new Map<string, Slot>();

  constructor(random: Random, crash?: CrashRegistry) {
    this.#random = random;
    this.#crash = crash;
  }

  /** Opens the book at `path`, or takes a hold on it if it is open. @param uid of one that is made @throws as `Book.open` */
  async acquire(path: string, uid?: Uint8Array): Promise<BookHold> {
    const slot = this.#slots.get(path) ?? this.#open(path, uid);
    slot.holds++;
    try {
      const { book, tables } = await slot.opened;
      let held = true;
      const release = async (): Promise<void> => {
        if (held) await this.#release(path, slot);
        held = false;
      };
      return { book, tables, [Symbol.asyncDispose]: release };
    } catch (error) {
      if (this.#slots.get(path) === slot) this.#slots.delete(path);
      throw error;
    }
  }

  /** Resolves when everything that was written until now is on the disk. */
  async settled(): Promise<void> {
    const opened = await Promise.all([...this.#slots.values()].map((slot) => slot.opened));
    await Promise.all(opened.map(({ book }) => book.settled()));
  }

  /** Closes all that is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const { opened } of slots) await (await opened).owned[Symbol.asyncDispose]();
  }

  #open(path: string, uid: Uint8Array | undefined): Slot {
    const slot = { opened: this.#load(path, uid), holds: 0 };
    this.#slots.set(path, slot);
    return slot;
  }

  async #load(path: string, uid: Uint8Array | undefined): Promise<Opened> {
    await using owned = new AsyncStack();
    const book = owned.use(await Book.open(path, this.#random, uid));
    if (this.#crash !== undefined) owned.use(this.#crash.register(book.crashParticipant));
    const tables = owned.use(new ContentsTables(book));
    return { book, tables, owned: owned.move() };
  }

  async #release(path: string, slot: Slot): Promise<void> {
    slot.holds--;
    if (slot.holds > 0) return;
    if (this.#slots.get(path) === slot) this.#slots.delete(path);
    await (await slot.opened).owned[Symbol.asyncDispose]();
  }
}
