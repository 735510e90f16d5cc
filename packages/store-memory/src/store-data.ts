/**
 * The data of one store, shared by everybody who is logged on to it.
 *
 * - All changes go through `transact`: they are complete before anybody can see them, and get one number in the journal.
 * - Tables learn of a change at once, with its commit; sinks after the call that caused it.
 * - Contents are immutable values; a writer replaces them.
 */
import { type Clock, Emitter, type FileTime, type Random } from '@nodemapi/base';
import { AdviseHub, NamedPropertyMap, type QueueLock, type ReceiveFolderEntry } from '@nodemapi/kit';
import {
  type EntryId,
  type FinishedOutgoing,
  type IMAPIAdviseSink,
  MapiError,
  type MapiUid,
  type Notification,
  type OutgoingStanding,
  type RecipientStanding,
  type SortOrderSet,
} from '@nodemapi/mapi';
import type { MessageContent, PropMap } from './content.ts';
import type { SearchState } from './search-state.ts';

export interface FolderRecord {
  readonly id: number;
  /** The root folder is its own parent. */
  parentId: number;
  /** FOLDER_ROOT, FOLDER_GENERIC, FOLDER_SEARCH */
  readonly type: number;
  props: PropMap;
  readonly created: FileTime;
  modified: FileTime;
  readonly children: Set<number>;
  /** What it contains; for a search folder, what it has found. */
  readonly contents: Set<number>;
  readonly associated: Set<number>;
  /** Messages of `contents` that are unread. */
  unread: number;
  /** Order of the tables of its contents that are opened from now on. */
  contentsSort?: SortOrderSet;
  search?: SearchState;
}

/** A message that has been submitted and not been dealt with. */
export interface QueueEntry {
  /** Position in the queue: grows with each submission. */
  readonly order: number;
  /** SUBMITFLAG_PREPROCESS or 0; the bit of the lock is derived from `lock`. */
  preprocess: boolean;
  lock?: QueueLock;
  /** The number of the last taking of the lock, or of its giving back. */
  lastLock: number;
  /** What the spooler keeps of it; undefined: it has not looked at it. */
  standing?: OutgoingStanding;
  /** The time that its sender has set; undefined: none, or past at the submission. */
  readonly notBefore: FileTime | undefined;
  /** Where its recipients stand, by PR_ROWID. */
  readonly recipients: Map<number, RecipientStanding>;
  history: string;
}

/** What a message has left behind in the queue. */
export interface PastEntry {
  readonly record: MessageRecord;
  readonly finished: FinishedOutgoing;
  readonly history: string;
}

export interface MessageRecord {
  readonly id: number;
  folderId: number;
  readonly associated: boolean;
  /** PR_MESSAGE_FLAGS */
  flags: number;
  /** PR_MSG_STATUS */
  status: number;
  content: MessageContent;
  readonly created: FileTime;
  modified: FileTime;
  /** Grows with each change of the content, so that a second writer is found out. */
  version: number;
  queue?: QueueEntry;
  /** Objects that have it open for writing. */
  writers: number;
}

/** What one commit touched, by number; tables look up what became of it. */
export interface Commit {
  readonly seq: bigint;
  readonly messages: ReadonlySet<number>;
  readonly folders: ReadonlySet<number>;
  readonly receiveFolders: boolean;
}

/** Collects what a change touches, and whom it has to be told. */
export interface Transaction {
  readonly messages: Set<number>;
  readonly folders: Set<number>;
  receiveFolders: boolean;
  /** Tells the sinks of the whole store, and those of `objects`. */
  notify(notification: Notification, ...objects: readonly EntryId[]): void;
}

export interface MemoryStoreHost {
  readonly clock: Clock;
  readonly random: Random;
}

export class MemoryStoreData {
  readonly uid: MapiUid;
  readonly host: MemoryStoreHost;
  readonly names: NamedPropertyMap;
  readonly folders = new Map<number, FolderRecord>();
  readonly messages = new Map<number, MessageRecord>();
  /** What has left the queue, oldest first, by number. */
  readonly past = new Map<number, PastEntry>();
  receiveFolders: readonly ReceiveFolderEntry<number>[] = [];
  /** Sources of received messages as hexadecimal, oldest first. */
  readonly received = new Set<string>();
  /** Properties of the store object. */
  props: PropMap = new Map();
  rootId = 0;
  readonly commits = new Emitter<Commit>();
  readonly hub = new AdviseHub();
  #nextId = 1;
  #nextOrder = 1;
  #nextLock = 1;
  #seq = 0n;
  #follow: ((transaction: Transaction) => void) | undefined;

  constructor(uid: MapiUid, host: MemoryStoreHost) {
    this.uid = uid;
    this.host = host;
    this.names = new NamedPropertyMap(host.random);
  }

  /** Number of a new object; never given again. */
  newId(): number {
    return this.#nextId++;
  }

  /** Position of the next submission. */
  newOrder(): number {
    return this.#nextOrder++;
  }

  /** Number of the next taking of a lock. */
  newLock(): number {
    return this.#nextLock++;
  }

  now(): FileTime {
    return this.host.clock.now();
  }

  /** @throws MAPI_E_NOT_FOUND */
  folder(id: number): FolderRecord {
    const found = this.folders.get(id);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the folder is gone');
    return found;
  }

  /** @throws MAPI_E_NOT_FOUND */
  message(id: number): MessageRecord {
    const found = this.messages.get(id);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the message is gone');
    return found;
  }

  /** Has something brought up to date as a part of every transaction. */
  followWith(follow: (transaction: Transaction) => void): void {
    this.#follow = follow;
  }

  /** Makes a change; what it touched is told afterwards, in the order of the commits. */
  transact<T>(change: (transaction: Transaction) => T): T {
    const told: { readonly notification: Notification; readonly objects: readonly EntryId[] }[] = [];
    const transaction: Transaction = {
      messages: new Set(),
      folders: new Set(),
      receiveFolders: false,
      notify: (notification, ...objects) => void told.push({ notification, objects }),
    };
    const result = change(transaction);
    this.#follow?.(transaction);
    const seq = ++this.#seq;
    this.commits.emit({ seq, ...transaction });
    for (const { notification, objects } of told) {
      const numbered = { ...notification, seq };
      this.hub.notify(null, [numbered]);
      for (const object of objects) this.hub.notify(object, [numbered]);
    }
    return result;
  }

  /** Tells something that changes no data. */
  announce(notification: Notification): void {
    this.hub.notify(null, [notification]);
  }

  advise(object: EntryId | null, mask: number, sink: IMAPIAdviseSink): ReturnType<AdviseHub['advise']> {
    return this.hub.advise(object, mask, sink);
  }
}
