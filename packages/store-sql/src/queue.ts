/** What the spooler does with queued messages, and AbortSubmit. spec: imsgstore-setlockstate, imsgstore-finishedmsg */
import { hostname } from 'node:os';
import { MapiError } from '@nodemapi/base';
import { checkForeignLock, checkOwnLock, flagsOfAborted, flagsOfSent, sentMailAction, takenLock } from '@nodemapi/kit';
import {
  type EntryId,
  type IMessage,
  MAPI_ACCESS_LEVEL_MODIFY,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  PR_ACCESS_LEVEL,
  PR_DELETE_AFTER_SUBMIT,
  PR_ENTRYID,
  PR_SENTMAIL_ENTRYID,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import type { ContentProps } from './content-props.ts';
import { FolderHome } from './folder-home.ts';
import type { ChangeList } from './journal.ts';
import type { MessageObject } from './message.ts';
import { loadDraft } from './message-draft.ts';
import { isOwnerDead } from './process-owner.ts';
import { liveLock, type QueueEntry, queueEntry, type Standing, standingOf } from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

type QueuedStanding = Standing & { readonly entry: QueueEntry };

export class QueueControl {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /**
   * Takes, renews or gives back the lock on a message, and saves what waits for it, in one transaction. Afterwards the
   * object has the message as it is then, whoever wrote it.
   */
  async setLockState(message: MessageObject, locked: boolean, leaseMs?: number): Promise<void> {
    const { file } = this.#context;
    const { draft, home } = message;
    const row = draft.row;
    if (row === undefined || !(home instanceof FolderHome)) throw notQueued('the message');
    const saved = await file.write((changes) => {
      const standing = this.#standing(row);
      this.#lock(changes, standing.entry, locked, leaseMs);
      return message.dirty ? home.store(changes, draft, { standing }).draft : undefined;
    });
    if (message.writable) message.renew(saved ?? home.load(row));
  }

  /** The same for a message that is not this store's own object: saved first, then locked. */
  async setLockStateByContract(message: IMessage, locked: boolean, leaseMs?: number): Promise<void> {
    const { file } = this.#context;
    const { values } = await message.getProps([PR_ENTRYID, PR_ACCESS_LEVEL]);
    const [entryId, level] = values;
    if (entryId === undefined) throw notQueued('the message');
    const row = this.#messageOf(entryId);
    checkForeignLock(liveLock(this.#entry(row), file.host.clock.now()), this.#context.owner, file.host.clock.now());
    if (level === MAPI_ACCESS_LEVEL_MODIFY) await message.saveChanges({ keepOpenReadWrite: true });
    await file.write((changes) => this.#lock(changes, this.#entry(row), locked, leaseMs));
  }

  /** Takes a message that was sent out of the queue, and files or deletes it, in one transaction. */
  finishedMsg(entryId: EntryId): Promise<void> {
    const { file, owner } = this.#context;
    const row = this.#messageOf(entryId);
    return file.write((changes) => {
      const standing = this.#standing(row);
      checkOwnLock(standing.entry.lock, owner);
      this.#finish(changes, standing, loadDraft(file.db, row).props, (flags, moveTo) => {
        file.db.run(sql`UPDATE message SET flags = ${flags}, revision = revision + 1 WHERE id = ${row}`);
        if (moveTo !== undefined) file.db.run(sql`UPDATE message SET folder = ${moveTo} WHERE id = ${row}`);
      });
    });
  }

  /** The same for a message that is open, with what waits to be saved in it; closes it. */
  async finish(message: MessageObject): Promise<void> {
    const { file, owner } = this.#context;
    const { draft, home } = message;
    const row = draft.row;
    if (row === undefined || !(home instanceof FolderHome)) throw notQueued('the message');
    await file.write((changes) => {
      const standing = this.#standing(row);
      checkOwnLock(standing.entry.lock, owner);
      this.#finish(changes, standing, draft.props, (_flags, moveTo) => {
        home.store(changes, draft, { flagsOf: flagsOfSent, moveTo, standing });
      });
    });
    await message.close();
  }

  /** Takes a message out of the queue that is not being sent; it is a draft again. */
  abortSubmit(entryId: EntryId): Promise<void> {
    const { file } = this.#context;
    const row = this.#messageOf(entryId);
    return file.write((changes) => {
      const { folder, flags, entry } = this.#standing(row);
      const lock = liveLock(entry, file.host.clock.now());
      if (lock !== undefined) throw new MapiError('MAPI_E_UNABLE_TO_ABORT', `the message is locked by ${lock.owner}`);
      file.db.run(sql`DELETE FROM outgoing WHERE message = ${row}`);
      file.db.run(sql`UPDATE message SET flags = ${flagsOfAborted(flags)}, revision = revision + 1 WHERE id = ${row}`);
      changes.queue(row);
      changes.message('objectModified', row, folder);
    });
  }

  /** Gives back every lock of this logon. */
  async releaseLocks(): Promise<void> {
    await this.#releaseLocksOf(this.#context.owner);
  }

  /** Frees what processes of this machine had locked that are gone, so that nobody waits for their leases to end. */
  async releaseDeadLocks(): Promise<void> {
    const locks = sql`SELECT DISTINCT lock_owner FROM outgoing WHERE lock_owner IS NOT NULL`;
    for (const { lock_owner: owner } of this.#context.file.db.all<{ lock_owner: string }>(locks)) {
      if (isOwnerDead(owner, hostname())) await this.#releaseLocksOf(owner);
    }
  }

  async #releaseLocksOf(owner: string): Promise<void> {
    const { file } = this.#context;
    const held = file.db.all<{ message: number }>(sql`SELECT message FROM outgoing WHERE lock_owner = ${owner}`);
    if (held.length === 0) return;
    await file.write((changes) => {
      file.db.run(sql`UPDATE outgoing SET lock_owner = NULL, lock_until = NULL WHERE lock_owner = ${owner}`);
      for (const { message } of held) changes.queue(message);
    });
  }

  #lock(changes: ChangeList, entry: QueueEntry, locked: boolean, leaseMs?: number): void {
    const { file, owner } = this.#context;
    const { message: row } = entry;
    const now = file.host.clock.now();
    const lock = takenLock(liveLock(entry, now), owner, now, leaseMs);
    if (locked) {
      file.db.run(sql`UPDATE outgoing SET lock_owner = ${lock.owner}, lock_until = ${lock.until}
        WHERE message = ${row}`);
    } else {
      file.db.run(sql`UPDATE outgoing SET lock_owner = NULL, lock_until = NULL WHERE message = ${row}`);
    }
    changes.queue(row);
  }

  /** @param keep writes a message that is not deleted: its flags, and where it goes if it does not stay */
  #finish(
    changes: ChangeList,
    { folder, flags, entry }: QueuedStanding,
    props: ContentProps,
    keep: (flags: number, moveTo: number | undefined) => void,
  ): void {
    const { file } = this.#context;
    const { message: row } = entry;
    const remove = sql`DELETE FROM outgoing WHERE message = ${row}`;
    changes.queue(row);
    const sentMail = props.get(PR_SENTMAIL_ENTRYID);
    const action = sentMailAction(sentMail, props.get(PR_DELETE_AFTER_SUBMIT) === true);
    if (action === 'delete') {
      file.db.run(remove);
      file.db.run(sql`DELETE FROM message WHERE id = ${row}`);
      changes.message('objectDeleted', row, folder);
      changes.folder('objectModified', folder);
      return;
    }
    const target = action === 'move' && sentMail !== undefined ? this.#sentFolder(sentMail, folder) : folder;
    keep(flagsOfSent(flags), target === folder ? undefined : target);
    file.db.run(remove);
    if (target === folder) {
      changes.message('objectModified', row, folder);
      return;
    }
    changes.message('objectMoved', row, target, { oldObject: row, oldParent: folder });
    changes.folder('objectModified', folder);
    changes.folder('objectModified', target);
  }

  /** The folder for what was sent; one that is not there (any more) leaves the message where it is. */
  #sentFolder(entryId: EntryId, fallback: number): number {
    const { file, log } = this.#context;
    try {
      const { type, number } = this.#context.parse(entryId);
      if (type === MAPI_FOLDER && file.db.get(sql`SELECT 1 FROM folder WHERE id = ${number}`)) return number;
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      log.warn('PR_SENTMAIL_ENTRYID is of no folder here', { error });
    }
    return fallback;
  }

  /** How a queued message stands. @throws MAPI_E_NOT_IN_QUEUE */
  #standing(row: number): QueuedStanding {
    const standing = standingOf(this.#context.file.db, row);
    if (standing?.entry === undefined) throw notQueued(`message ${row}`);
    return { ...standing, entry: standing.entry };
  }

  #messageOf(entryId: EntryId): number {
    const { type, number } = this.#context.parse(entryId);
    if (type !== MAPI_MESSAGE) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no message');
    return number;
  }

  #entry(row: number): QueueEntry {
    const entry = queueEntry(this.#context.file.db, row);
    if (entry === undefined) throw notQueued(`message ${row}`);
    return entry;
  }
}

function notQueued(what: string): MapiError {
  return new MapiError('MAPI_E_NOT_IN_QUEUE', `${what} is not in the outgoing queue`);
}
