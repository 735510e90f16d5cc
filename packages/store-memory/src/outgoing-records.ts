/** The records of queued messages, as the spooler writes them. */
import type { FileTime } from '@nodemapi/base';
import { checkLockDemand, historyEvents, historyLine, isLocked, newLock, shortenedHistory } from '@nodemapi/kit';
import {
  type DuePage,
  type DueQuery,
  type EntryId,
  type FinishedOutgoing,
  type IMessage,
  laidOver,
  MAPI_ACCESS_LEVEL_MODIFY,
  MapiError,
  NEW_STANDING,
  type OutgoingChange,
  type OutgoingEvent,
  type OutgoingRecord,
  type OutgoingStanding,
  PR_ACCESS_LEVEL,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_ENTRYID,
  type QueuedRow,
  SUBMITFLAG_PREPROCESS,
} from '@nodemapi/mapi';
import { valueIn } from './content.ts';
import { messageEntryId, messageIdOf } from './entry-ids.ts';
import { MemoryMessage } from './message.ts';
import { finish, queueEntry } from './queue-changes.ts';
import type { StoreContext } from './store-context.ts';
import type { MemoryStoreData, MessageRecord, QueueEntry } from './store-data.ts';

const TICKS_PER_MS = 10_000;

export class OutgoingRecords {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  get #data(): MemoryStoreData {
    return this.#context.data;
  }

  async read(message: IMessage): Promise<OutgoingRecord> {
    const [entryId] = (await message.getProps([PR_ENTRYID])).values;
    if (!(message instanceof MemoryMessage) || entryId === undefined)
      throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'the message is none of this store, or has never been saved');
    const queue = queueEntry(this.#record(entryId));
    const { standing = NEW_STANDING, lastLock: lock, preprocess } = queue;
    const { rows } = laidOver(message.recipientRows, queue.recipients); // others may have written since it was opened
    return { standing, rows, lock, submitFlags: preprocess ? SUBMITFLAG_PREPROCESS : 0 };
  }

  async write(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number> {
    const record = this.#record(entryId);
    const queue = queueEntry(record);
    this.#check(queue, change);
    await save(message);
    const keepsLock = change.lock !== undefined && change.leaseMs !== undefined;
    const number = keepsLock ? change.lock : this.#data.newLock(); // so whoever has read the record before must read it again
    this.#data.transact((tx) => {
      this.#apply(queue, change, number);
      tx.messages.add(record.id);
    });
    return number;
  }

  async finish(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void> {
    const record = this.#record(entryId);
    const queue = queueEntry(record);
    this.#check(queue, change);
    await save(message);
    const { step = { state: 'sent', text: 'sent' }, ...rest } = change;
    this.#data.transact((tx) => {
      this.#apply(queue, rest, change.lock);
      finish(this.#data, tx, record, this.#context.owner, step);
    });
    if (message instanceof MemoryMessage) await message.close();
  }

  due({ now, beyond }: DueQuery): DuePage {
    const rows: (QueuedRow & { readonly order: number })[] = [];
    for (const record of this.#data.messages.values()) {
      const { queue } = record;
      if (queue === undefined || !this.#isFree(queue)) continue;
      const { state, nextAttempt } = queue.standing ?? NEW_STANDING;
      const isPutBack = nextAttempt !== undefined && nextAttempt > beyond && nextAttempt !== queue.notBefore;
      const isDue = state === 'sending' || nextAttempt === undefined || nextAttempt <= now || isPutBack;
      if (state !== 'held' && isDue) rows.push({ ...this.#row(record, state), order: queue.order });
    }
    return { rows: rows.sort((a, b) => a.order - b.order), next: undefined };
  }

  nextMs(now: FileTime): number | undefined {
    const { clock } = this.#data.host;
    const waits: number[] = [];
    for (const { queue } of this.#data.messages.values()) {
      if (queue === undefined || queue.standing?.state === 'held') continue;
      const { lock, standing } = queue;
      const next = standing?.nextAttempt;
      if (next !== undefined && next > now && standing?.state !== 'sending') {
        waits.push(Number(next - now) / TICKS_PER_MS);
      }
      if (isLocked(lock, clock) && lock.owner !== this.#context.owner) waits.push(lock.endsMs - clock.monotonicMs());
    }
    return waits.length === 0 ? undefined : Math.max(Math.min(...waits), 0);
  }

  history(entryId: EntryId): readonly OutgoingEvent[] {
    const id = messageIdOf(this.#data.uid, entryId);
    return historyEvents(this.#data.messages.get(id)?.queue?.history ?? this.#data.past.get(id)?.history ?? '');
  }

  finished(countMax: number): readonly FinishedOutgoing[] {
    const all = [...this.#data.past.values()].map(({ finished }) => finished);
    return all.reverse().slice(0, countMax);
  }

  #record(entryId: EntryId): MessageRecord {
    return this.#data.message(messageIdOf(this.#data.uid, entryId));
  }

  #check(queue: QueueEntry, change: OutgoingChange): void {
    const { clock } = this.#data.host;
    checkLockDemand({ lock: queue.lock, last: queue.lastLock }, change, this.#context.owner, clock);
  }

  #isFree({ lock }: QueueEntry): boolean {
    return !isLocked(lock, this.#data.host.clock) || lock.owner === this.#context.owner;
  }

  #apply(queue: QueueEntry, { leaseMs, standing, recipients = [], step }: OutgoingChange, number: number): void {
    const { owner } = this.#context;
    const { clock } = this.#data.host;
    if (leaseMs === undefined) delete queue.lock;
    else queue.lock = newLock(owner, number, clock, leaseMs);
    queue.lastLock = number;
    if (standing !== undefined) queue.standing = standing;
    for (const recipient of recipients) queue.recipients.set(recipient.rowId, recipient);
    if (step !== undefined) queue.history = shortenedHistory(queue.history + historyLine(clock.now(), owner, step));
  }

  #row(record: MessageRecord, state: OutgoingStanding['state']): QueuedRow {
    const { props } = record.content;
    return {
      entryId: messageEntryId(this.#data.uid, record.id),
      submitTime: valueIn(props, PR_CLIENT_SUBMIT_TIME),
      deferredTime: valueIn(props, PR_DEFERRED_SEND_TIME),
      ...{ state, nextMs: undefined, lockOwner: undefined, lockUntilMs: undefined, reason: undefined },
    };
  }
}

/** Saves what waits in a message that is open for writing. */
async function save(message: IMessage | undefined): Promise<void> {
  if (message === undefined) return;
  const [level] = (await message.getProps([PR_ACCESS_LEVEL])).values;
  if (level === MAPI_ACCESS_LEVEL_MODIFY) await message.saveChanges({ keepOpenReadWrite: true });
}
