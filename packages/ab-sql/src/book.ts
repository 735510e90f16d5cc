/**
 * One address book file: entries, members of lists, and who is told of changes.
 *
 * - A promise of `save`, `delete`, `addMembers` or `removeMembers` resolves when the change is on the disk.
 * - Listeners hear of a change after its commit, in commit order, and only of changes made through this object.
 * - What is read is always what is committed, whoever wrote it.
 */
import { MapiError, type Random } from '@nodemapi/base';
import type { CheckDuplicates, CrashParticipant, PropValue } from '@nodemapi/mapi';
import { Database, sql } from '@nodemapi/sqlite';
import type { BookEntry, EntryKind } from './book-entry.ts';
import { EntryRows } from './entry-rows.ts';
import { type Member, MemberRows, membersMax, type NewMember } from './member-rows.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** What one commit did. */
export interface BookChange {
  readonly created?: BookEntry;
  readonly modified?: BookEntry;
  readonly deleted?: readonly BookEntry[];
  /** Lists whose members are others now, or have other properties. */
  readonly lists: readonly number[];
}

export interface SaveRequest {
  readonly kind: EntryKind;
  readonly props: readonly PropValue[];
  /** The entry as it was read; undefined for a new one. */
  readonly base?: BookEntry;
  /** For new ones: what to do about duplicates. */
  readonly check?: CheckDuplicates;
  /** FORCE_SAVE: overwrite what another writer saved in the meantime. */
  readonly force?: boolean;
  /** List that a new entry becomes a member of. */
  readonly list?: number;
  /** Members of a new list. */
  readonly members?: readonly NewMember[];
}

/** Whom an attempt to add members left out. */
export interface AddedMembers {
  /** Were members already. */
  readonly present: number;
  /** Would have made a list a member of itself, or are gone. */
  readonly refused: number;
}

type Listener = (change: BookChange) => void;

interface Written<T> {
  readonly result: T;
  readonly change: BookChange | undefined;
}

export class Book implements AsyncDisposable {
  readonly path: string;
  /** 16 bytes that no other file has. */
  readonly uid: Uint8Array;
  readonly #database: Database;
  readonly #entries: EntryRows;
  readonly #members: MemberRows;
  readonly #listeners = new Set<Listener>();

  private constructor(database: Database, uid: Uint8Array) {
    this.path = database.path;
    this.uid = uid;
    this.#database = database;
    this.#entries = new EntryRows(database);
    this.#members = new MemberRows(database);
    // Every operation comes from #write.
    database.hook({ seal: (results) => results as readonly Written<unknown>[], kept: (done) => this.#tell(done) });
  }

  /**
   * Opens the book at `path`, which is created if it is not there.
   *
   * @param uid of one that is created; a new one if not given
   * @throws MAPI_E_NOT_FOUND if there is no such directory; MAPI_E_NO_ACCESS; MAPI_E_VERSION if a newer program wrote
   * it; MAPI_E_CORRUPT_STORE if it is no address book; MAPI_E_BUSY
   */
  static async open(path: string, random: Random, uid?: Uint8Array): Promise<Book> {
    const database = Database.open(path, { applicationId: APPLICATION_ID, migrations: MIGRATIONS });
    try {
      // Who opens a book that is there writes nothing, so it opens while another process has the write lock.
      const own = storedUid(database) ?? database.withImmediate(() => uidOf(database, random, uid));
      return new Book(database, own);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  entry(id: number): BookEntry | undefined {
    return this.#entries.get(id);
  }

  /** All entries, by name. */
  allEntries(): readonly BookEntry[] {
    return this.#entries.all();
  }

  count(): number {
    return this.#entries.count();
  }

  /** The entries that have `text` as display name or address; among the members of `list` if one is given. */
  named(text: string, list?: number): readonly BookEntry[] {
    return this.#entries.named(text, list);
  }

  members(list: number): readonly Member[] {
    return this.#members.of(list);
  }

  /** A number that changes when somebody else has written to the file. */
  foreignVersion(): number {
    return this.#database.dataVersion();
  }

  /** Calls `listener` after each commit until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Stores a new or changed entry. With `check.replace` a duplicate takes the new properties and keeps its identity.
   *
   * @throws MAPI_E_COLLISION for a duplicate; MAPI_E_OBJECT_CHANGED, MAPI_E_OBJECT_DELETED if others were faster
   */
  save(request: SaveRequest): Promise<BookEntry> {
    return this.#write(() => {
      if (request.base !== undefined) return this.#update(request, request.base);
      const duplicate = this.#duplicate(request);
      if (duplicate !== undefined && !request.check?.replace) {
        throw new MapiError('MAPI_E_COLLISION', `entry ${duplicate.id} has this name already`);
      }
      const entry = duplicate
        ? this.#entries.update(duplicate, request.props)
        : this.#entries.insert(request.kind, request.props);
      if (request.list !== undefined) this.#addMembers(request.list, [{ entry: entry.id }]);
      if (request.members !== undefined) this.#addMembers(entry.id, request.members);
      const lists = [entry.id, ...this.#members.listsWith(entry.id)];
      return { result: entry, change: duplicate ? { modified: entry, lists } : { created: entry, lists } };
    });
  }

  /** Deletes entries, their memberships too; the numbers of those that were there. */
  delete(ids: readonly number[]): Promise<readonly number[]> {
    return this.#write(() => {
      const deleted: BookEntry[] = [];
      const lists = new Set<number>();
      for (const id of new Set(ids)) {
        const entry = this.#entries.get(id);
        if (entry === undefined) continue;
        for (const list of this.#members.listsWith(id)) lists.add(list);
        this.#entries.delete(id);
        deleted.push(entry);
      }
      for (const { id } of deleted) lists.delete(id);
      const change = deleted.length === 0 ? undefined : { deleted, lists: [...lists] };
      return { result: deleted.map(({ id }) => id), change };
    });
  }

  /** @throws MAPI_E_NOT_FOUND if the list is gone; MAPI_E_TOO_BIG past `membersMax` */
  addMembers(list: number, members: readonly NewMember[]): Promise<AddedMembers> {
    return this.#write(() => {
      const result = this.#addMembers(list, members);
      const changed = members.length > result.present + result.refused;
      return { result, change: changed ? this.#listChange(list) : undefined };
    });
  }

  /** Removes members; how many there were. */
  removeMembers(list: number, members: readonly ({ entry: number } | { entryId: Uint8Array })[]): Promise<number> {
    return this.#write(() => {
      const removed = members.filter((member) => this.#members.remove(list, member)).length;
      return { result: removed, change: removed > 0 ? this.#listChange(list) : undefined };
    });
  }

  /** Resolves when what was written until now is on the disk. */
  settled(): Promise<void> {
    return this.#database.settled();
  }

  /** The file, for MAPICrashRecovery. */
  get crashParticipant(): CrashParticipant {
    return { recover: () => this.#database.recover(), proceed: () => this.#database.proceed() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#database.close();
  }

  #update(request: SaveRequest, base: BookEntry): Written<BookEntry> {
    const current = this.#entries.get(base.id);
    if (current === undefined) throw new MapiError('MAPI_E_OBJECT_DELETED', `entry ${base.id} was deleted`);
    if (current.version !== base.version && !request.force) {
      throw new MapiError('MAPI_E_OBJECT_CHANGED', `entry ${base.id} was saved by somebody else`);
    }
    const entry = this.#entries.update(current, request.props);
    return { result: entry, change: { modified: entry, lists: this.#members.listsWith(entry.id) } };
  }

  #duplicate({ kind, props, check }: SaveRequest): BookEntry | undefined {
    if (!check?.strict && !check?.loose) return undefined;
    const found = this.#readable(() => this.#entries.duplicateOf(kind, props, !check.loose));
    return found?.kind === kind || !check.replace ? found : undefined;
  }

  /** Whether a damaged entry is a duplicate nobody can say, and then it is none; `check` finds the damage. */
  #readable(find: () => BookEntry | undefined): BookEntry | undefined {
    try {
      return find();
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_CORRUPT_STORE')) return undefined;
      throw error;
    }
  }

  #addMembers(list: number, members: readonly NewMember[]): AddedMembers {
    if (this.#entries.get(list) === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `list ${list} was deleted`);
    let present = 0;
    let refused = 0;
    for (const member of members) {
      if (this.#members.has(list, member)) present++;
      else if ('entry' in member && !this.#canHold(list, member.entry)) refused++;
      else this.#members.add(list, member);
    }
    if (this.#members.count(list) <= membersMax) return { present, refused };
    throw new MapiError('MAPI_E_TOO_BIG', `a list holds at most ${membersMax} members`);
  }

  #canHold(list: number, entry: number): boolean {
    if (entry === list || this.#entries.get(entry) === undefined) return false;
    return !this.#members.reaches(entry, list);
  }

  #listChange(list: number): BookChange | undefined {
    const modified = this.#entries.get(list);
    return modified === undefined ? undefined : { modified, lists: [list] };
  }

  /** `operation` may run twice, so it touches nothing but the database. */
  async #write<T>(operation: () => Written<T>): Promise<T> {
    const { result } = await this.#database.write(operation);
    return result;
  }

  #tell(done: readonly Written<unknown>[]): void {
    for (const { change } of done) {
      if (change === undefined) continue;
      for (const listener of [...this.#listeners]) listener(change);
    }
  }
}

function storedUid(database: Database): Uint8Array | undefined {
  return database.get<{ uid: Uint8Array }>(sql`SELECT uid FROM book`)?.uid;
}

function uidOf(database: Database, random: Random, given: Uint8Array | undefined): Uint8Array {
  const stored = storedUid(database); // another process may have made it meanwhile
  if (stored !== undefined) return stored;
  const uid = given ?? random.bytes(16);
  database.run(sql`INSERT INTO book (one, uid) VALUES (1, ${uid})`);
  return uid;
}
