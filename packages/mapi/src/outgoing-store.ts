/**
 * What the spooler keeps of a queued message, in rows of the queue, apart from the message.
 *
 * - Every write names the lock under which it is made by its number. Each taking of the lock gets a number that only grows,
 *   so that who has lost the lock, for whatever time it stood still, can write nothing any more.
 * - A write is one transaction: the state, the recipients that differ, the step for the history, and the unsaved changes of
 *   the message, where it is given.
 * - A store that offers nothing of this is served by its documented methods (`setLockState`, `finishedMsg`).
 */
import type { FileTime } from '@nodemapi/base';
import type { EntryId } from './entry-id.ts';
import type { IMessage } from './message.ts';
import type { IMsgStore } from './msg-store.ts';
import {
  type OutgoingEvent,
  type OutgoingState,
  outgoingState,
  outgoingStateNumber,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
  PR_SPOOLER_RECIPIENT_STATE,
} from './outgoing.ts';
import type { PropTag } from './prop-tag.ts';
import { type PropValue, prop, propOf } from './prop-value.ts';
import { PR_RESPONSIBILITY, PR_ROWID } from './property-tags.generated.ts';
import type { AdrEntry, AdrList } from './recipient.ts';

/** Where a queued message stands. */
export interface OutgoingStanding {
  readonly state: OutgoingState;
  /** Attempts that were begun. */
  readonly attempts: number;
  readonly lastAttempt: FileTime | undefined;
  /** undefined: it is due. */
  readonly nextAttempt: FileTime | undefined;
  /** Why it is where it is, for people. */
  readonly reason: string | undefined;
  /** Attempts in a row that did not end as foreseen. */
  readonly failures: number;
  /** The sender has been told that it is delayed. */
  readonly delayTold: boolean;
}

/** The standing of a message that was just submitted. */
export const NEW_STANDING: OutgoingStanding = {
  state: 'ready',
  attempts: 0,
  lastAttempt: undefined,
  nextAttempt: undefined,
  reason: undefined,
  failures: 0,
  delayTold: false,
};

/** Why a message waits that is not to be sent yet. */
const DEFERRED = 'waits for the time its sender has set';
const HELD = 'held when it was submitted';

/**
 * How a message begins its life in the queue: due, waiting for the time that its sender has set, or held.
 *
 * @param asked PR_SPOOLER_STATE of the message that is submitted
 * @param count its recipients
 */
export function submittedStanding(
  { asked, due, count }: { asked: number | undefined; due: FileTime | undefined; count: number },
  now: FileTime,
): { readonly standing: OutgoingStanding; readonly step: OutgoingStep } {
  const text = `submitted, to ${count} ${count === 1 ? 'recipient' : 'recipients'}`;
  const nextAttempt = due !== undefined && due > now ? due : undefined;
  const waits = nextAttempt === undefined ? {} : { nextAttempt };
  if (outgoingState(asked) === 'held') {
    return {
      standing: { ...NEW_STANDING, ...waits, state: 'held', reason: HELD },
      step: { state: 'held', text: `${text}, to be held` },
    };
  }
  if (nextAttempt === undefined) return { standing: NEW_STANDING, step: { state: 'ready', text } };
  return {
    standing: { ...NEW_STANDING, state: 'waiting', nextAttempt, reason: DEFERRED },
    step: { state: 'waiting', text, until: nextAttempt },
  };
}

/** Where one recipient of it stands. */
export interface RecipientStanding {
  /** PR_ROWID */
  readonly rowId: number;
  readonly state: OutgoingState;
  readonly attempts: number;
  readonly error: string | undefined;
  readonly responsibility: boolean;
  /** The report about it is made, or none is wanted. */
  readonly reported: boolean;
  /** What its row gets besides: the time of delivery, what its report says. */
  readonly added: readonly PropValue[];
}

/** What a store keeps of a queued message. */
export interface OutgoingRecord {
  /** The number of the last taking of the lock, or of its giving back: who writes after another number is refused. */
  readonly lock: number;
  /** PR_SUBMIT_FLAGS */
  readonly submitFlags: number;
  readonly standing: OutgoingStanding;
  /** The rows of the recipient table, each with its standing (`withStanding`), in their order. */
  readonly rows: readonly AdrEntry[];
  /**
   * Of a message that is being sent and that nobody has any more: whether it was offered to anybody. Absent: nobody knows.
   * False only if it never was, and if who had it cannot do so any more.
   */
  readonly offered?: boolean;
}

/** A step for the history; the store adds the time, and who writes. */
export type OutgoingStep = Omit<OutgoingEvent, 'time' | 'by'>;

/** What a write changes; what is left out stays. */
export interface OutgoingChange {
  /** The lock under which it is written. Left out: nobody else may have the message, and the lock is taken. */
  readonly lock?: number;
  /** `OutgoingRecord.lock` of the record that the change follows from: nobody may have taken the lock since. */
  readonly after?: number;
  /** The lock is kept for so long from now on. Left out: it is given back. */
  readonly leaseMs?: number;
  /** Only what differs is looked at: a store may write it whole. */
  readonly standing?: OutgoingStanding;
  /** Those that differ. */
  readonly recipients?: readonly RecipientStanding[];
  readonly step?: OutgoingStep;
}

/** A queued message as a spooler looks for work. */
export interface QueuedRow {
  readonly entryId: EntryId;
  readonly submitTime: FileTime | undefined;
  readonly deferredTime: FileTime | undefined;
  readonly state: OutgoingState;
  /** Milliseconds since 1970; undefined: it is due. */
  readonly nextMs: number | undefined;
  readonly lockOwner: string | undefined;
  /** Milliseconds since 1970, by the clock of who took it; undefined: nobody has it. */
  readonly lockUntilMs: number | undefined;
  /** Why it is where it is; undefined: nothing is noted. */
  readonly reason: string | undefined;
}

/** Which messages are looked for. */
export interface DueQuery {
  readonly now: FileTime;
  /** What waits until later than this waits because of a clock that has been put back since: it is due. */
  readonly beyond: FileTime;
  /** `DuePage.next` of the page before. */
  readonly page?: unknown;
}

/** A page of messages that are due. */
export interface DuePage {
  readonly rows: readonly QueuedRow[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: unknown;
}

/** Which part of the queue is looked at. */
export interface ListQuery {
  readonly countMax: number;
  /** So many are left out first; only where no page is named. */
  readonly offset?: number;
  /** `ListPage.next` of the page before. */
  readonly page?: unknown;
}

/** Queued messages in submit order. */
export interface ListPage {
  readonly rows: readonly QueuedRow[];
  /** Where the next page begins; undefined: there is none. Whatever leaves the queue meanwhile, no other is left out. */
  readonly next: unknown;
}

/** What has left the queue of a store, as long as it is remembered. */
export interface FinishedOutgoing {
  readonly entryId: EntryId;
  readonly subject: string;
  readonly internetMessageId: string | null;
  readonly submitTime: FileTime | null;
  readonly finishedTime: FileTime;
  readonly state: OutgoingEvent['state'];
  readonly attempts: number;
}

/** The records of the messages in the queue of a store. */
export interface OutgoingRecords {
  /** The record of a queued message that is open. @throws MAPI_E_NOT_IN_QUEUE */
  readOutgoing(message: IMessage): Promise<OutgoingRecord>;
  /**
   * Writes a change; answers the number of the lock.
   *
   * @param message its unsaved changes are saved in the same transaction
   * @throws MAPI_E_BUSY while another has the message, MAPI_E_OBJECT_CHANGED if the lock has been taken over,
   * MAPI_E_NOT_IN_QUEUE
   */
  writeOutgoing(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number>;
  /**
   * Notes that the message is about to be offered to somebody, under this lock; whoever finds the attempt cut off then
   * learns of it. The note need outlive only the process. Without this method nobody ever knows.
   *
   * @throws MAPI_E_BUSY if that cannot be noted: then it must not be offered
   */
  noteOffer?(entryId: EntryId, lock: number): void;
  /**
   * Writes the last change and does what `finishedMsg` does, or nothing of it; `message` is closed afterwards.
   *
   * @throws what `writeOutgoing` throws
   */
  finishOutgoing(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void>;
  /**
   * Messages that are due and locked by nobody else, none that is held: the first page, or the one that begins at `page`. They
   * are in submit order as long as they have not been tried; the others come when their time has come. What was being sent
   * under a lock that has ended is due.
   */
  dueOutgoing(query: DueQuery): Promise<DuePage>;
  /**
   * A page of the whole queue, whatever the state. It should cost the same wherever the page begins; without this method the
   * outgoing queue table is read.
   */
  listOutgoing?(query: ListQuery): Promise<ListPage>;
  /**
   * Some queued messages, `countMax` at most, whose identifiers end in these hex digits, zero bytes at the end left aside on both
   * sides. Without this method all of the queue is read.
   */
  findOutgoing?(ending: string, countMax: number): Promise<readonly EntryId[]>;
  /** The same of what has left the queue. Without this method all that is remembered is read. */
  findFinished?(ending: string, countMax: number): Promise<readonly FinishedOutgoing[]>;
  /** The same of messages in the Outbox that are not queued. Without this method the contents of the Outbox are read. */
  findDrafts?(ending: string, countMax: number): Promise<readonly EntryId[]>;
  /** When the next message that waits, or that another has locked, may be due, in milliseconds from now; undefined: none. */
  nextOutgoingMs(now: FileTime): Promise<number | undefined>;
  /** The history of a message that is or was in the queue, oldest first; empty where nothing is remembered. */
  outgoingHistory(entryId: EntryId): Promise<readonly OutgoingEvent[]>;
  /** What has left the queue, the latest first. */
  finishedOutgoing(countMax: number): Promise<readonly FinishedOutgoing[]>;
}

/** A store that keeps a record of its own for each queued message. All of it is for the spooler only. */
export interface OutgoingStore extends IMsgStore, OutgoingRecords {}

/** Whether a store keeps the records of its queue by itself. */
export function supportsOutgoing(store: IMsgStore): store is OutgoingStore {
  return 'writeOutgoing' in store && typeof store.writeOutgoing === 'function';
}

const STANDING_TAGS: ReadonlySet<PropTag> = new Set<PropTag>([
  PR_RESPONSIBILITY,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
]);

/** A row of the recipient table with the standing of its recipient, in place of what it said before. */
export function withStanding(row: AdrEntry, standing: RecipientStanding): AdrEntry {
  const { state, attempts, error, responsibility, reported, added } = standing;
  const gone = new Set<PropTag>([...STANDING_TAGS, ...added.map(({ tag }) => tag)]);
  return [
    ...row.filter(({ tag }) => !gone.has(tag)),
    ...added,
    prop(PR_RESPONSIBILITY, responsibility),
    prop(PR_SPOOLER_RECIPIENT_STATE, outgoingStateNumber(state)),
    prop(PR_SPOOLER_RECIPIENT_ATTEMPTS, attempts),
    prop(PR_SPOOLER_RECIPIENT_REPORTED, reported),
    ...(error === undefined ? [] : [prop(PR_SPOOLER_RECIPIENT_ERROR, error)]),
  ];
}

/** Rows as they stand, and from each that differs the way back to the row that is stored. */
export interface StandingRows {
  readonly rows: AdrList;
  readonly raw: ReadonlyMap<AdrEntry, AdrEntry>;
}

/** Lays standings over stored rows; a row without one is the same object. */
export function laidOver(rows: AdrList, standings: ReadonlyMap<number, RecipientStanding>): StandingRows {
  const raw = new Map<AdrEntry, AdrEntry>();
  if (standings.size === 0) return { rows, raw };
  const shown = rows.map((row) => {
    const standing = standings.get(propOf(row, PR_ROWID) ?? -1);
    if (standing === undefined) return row;
    const over = withStanding(row, standing);
    raw.set(over, row);
    return over;
  });
  return { rows: shown, raw };
}
