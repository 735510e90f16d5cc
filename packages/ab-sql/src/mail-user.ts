import type { IMailUser } from '@nodemapi/mapi';
import type { BookContext } from './book-context.ts';
import type { BookEntry } from './book-entry.ts';
import { EntryObject, type NewEntry } from './entry-object.ts';

/** A person in the address book. */
export class LocalMailUser extends EntryObject implements IMailUser {
  readonly iid = 'IMailUser';

  constructor(context: BookContext, from: BookEntry | NewEntry, writable: boolean) {
    super(context, 'mailUser', from, writable);
  }
}
