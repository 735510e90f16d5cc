import type { Clock } from '@nodemapi/base';
import type { EntryId, IMAPISupport, IMAPITable, OpenEntryOptions, OpenedEntry } from '@nodemapi/mapi';
import type { Book } from './book.ts';

/** What the objects of one logon have in common. */
export interface BookContext {
  readonly book: Book;
  readonly support: IMAPISupport;
  readonly clock: Clock;
  /** Name of the container, as people see it. */
  readonly displayName: string;
  /** The entries of the book, or the members of a list. */
  contentsTable(list?: number): Promise<IMAPITable>;
  /** Opens whatever the identifier names, the root for none; those of other providers through the subsystem. */
  open(entryId: EntryId | null, options?: OpenEntryOptions): Promise<OpenedEntry>;
  /** @throws MAPI_E_INVALID_OBJECT after the logoff */
  assertOpen(): void;
}

/** Opens `entryId`, hands the object to `use` and releases it. */
export async function withEntry<T>(
  context: BookContext,
  entryId: EntryId,
  use: (entry: OpenedEntry) => Promise<T>,
): Promise<T> {
  const entry = await context.open(entryId);
  try {
    return await use(entry);
  } finally {
    await entry.release();
  }
}
