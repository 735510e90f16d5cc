/** What the documented contract has for queued messages: locks, and AbortSubmit. spec: imsgstore-setlockstate */
import { MapiError } from '@nodemapi/base';
import { checkForeignLock, flagsOfAborted, historyLine, lockText, takenLock } from '@nodemapi/kit';
import { type EntryId, type IMessage, MAPI_ACCESS_LEVEL_MODIFY, PR_ACCESS_LEVEL, PR_ENTRYID } from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { FolderHome } from './folder-home.ts';
import type { ChangeList } from './journal.ts';
import type { MessageObject } from './message.ts';
import { loadRecipients } from './message-draft.ts';
import { saveRecipients } from './message-writer.ts';
import { lockSet, nextLockNumber } from './outgoing-control.ts';
import { keepHistory } from './outgoing-history.ts';
import { standingRows } from './outgoing-recipients.ts';
import { isOwnerGone } from './process-owner.ts';
import { liveLock, messageNumber, notQueued, type QueueEntry, queuedEntry, queuedStanding } from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

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
      const standing = queuedStanding(file.db, row);
      this.#lock(changes, standing.entry, locked, leaseMs);
      return message.dirty ? home.store(changes, draft, { standing }).draft : undefined;
    });
    if (message.writable) message.renew(saved ?? home.load(row));
  }

  /** The same for a message that is not this store's own object: saved first, then locked. */
  async setLockStateByContract(message: IMessage, locked: boolean, leaseMs?: number): Promise<void> {
    const { file } = this.#context;
    const { clock } = file.host;
    const { values } = await message.getProps([PR_ENTRYID, PR_ACCESS_LEVEL]);
    const [entryId, level] = values;
    if (entryId === undefined) throw notQueued('the message');
    const row = messageNumber(this.#context, entryId);
    checkForeignLock(liveLock(queuedEntry(file.db, row), file), this.#context.owner, clock);
    if (level === MAPI_ACCESS_LEVEL_MODIFY) await message.saveChanges({ keepOpenReadWrite: true });
    await file.write((changes) => this.#lock(changes, queuedEntry(file.db, row), locked, leaseMs));
  }

  /** Takes a message out of the queue that is not being sent; it is a draft again. */
  abortSubmit(entryId: EntryId): Promise<void> {
    const { file, owner } = this.#context;
    const { db, host } = file;
    const row = messageNumber(this.#context, entryId);
    return file.write((changes) => {
      const { folder, flags, entry } = queuedStanding(db, row);
      const lock = liveLock(entry, file);
      if (lock !== undefined) throw new MapiError('MAPI_E_UNABLE_TO_ABORT', lockText(lock));
      const now = host.clock.now();
      const line = historyLine(now, owner, { state: 'cancelled', text: 'taken out of the queue' });
      keepHistory(db, row, { now, state: 'cancelled', line });
      const recipients = loadRecipients(db, row);
      saveRecipients(db, row, standingRows(db, row, recipients).rows, recipients);
      db.run(sql`DELETE FROM outgoing WHERE message = ${row}`);
      db.run(sql`UPDATE message SET flags = ${flagsOfAborted(flags)}, revision = revision + 1 WHERE id = ${row}`);
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
      if (isOwnerGone(owner, this.#context.file.fates)) await this.#releaseLocksOf(owner);
    }
  }

  async #releaseLocksOf(owner: string): Promise<void> {
    const { file } = this.#context;
    const heldNow = (): readonly { readonly message: number }[] =>
      file.db.all(sql`SELECT message FROM outgoing WHERE lock_owner = ${owner}`);
    if (heldNow().length === 0) return;
    await file.write((changes) => {
      const held = heldNow();
      file.db.run(sql`UPDATE outgoing SET lock_owner = NULL, lock_until = NULL, lock_from = NULL, lock_ends = NULL
        WHERE lock_owner = ${owner}`);
      for (const { message } of held) changes.queue(message);
    });
  }

  #lock(changes: ChangeList, entry: QueueEntry, locked: boolean, leaseMs?: number): void {
    const { file, owner } = this.#context;
    const { clock } = file.host;
    const lock = takenLock(liveLock(entry, file), owner, clock, nextLockNumber(this.#context), leaseMs);
    const set = lockSet(locked ? lock : undefined, lock.number);
    file.db.run(sql`UPDATE outgoing SET ${set} WHERE message = ${entry.message}`);
    changes.queue(entry.message);
  }
}
