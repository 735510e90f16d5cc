/**
 * Notifications: plain values, delivered after the commit, in commit order, never inside the call that caused them.
 *
 * spec: event-notification-in-mapi, notification
 */
import type { EntryId } from './entry-id.ts';
import type { ObjectType } from './object-type.ts';
import type { PropTag } from './prop-tag.ts';
import type { PropValue, Row } from './prop-value.ts';
import type { MapiErrorInfo } from './unknown.ts';

export const fnevCriticalError = 0x0000_0001;
export const fnevNewMail = 0x0000_0002;
export const fnevObjectCreated = 0x0000_0004;
export const fnevObjectDeleted = 0x0000_0008;
export const fnevObjectModified = 0x0000_0010;
export const fnevObjectMoved = 0x0000_0020;
export const fnevObjectCopied = 0x0000_0040;
export const fnevSearchComplete = 0x0000_0080;
export const fnevTableModified = 0x0000_0100;
export const fnevStatusObjectModified = 0x0000_0200;
export const fnevIndexing = 0x0001_0000;
export const fnevReservedForMapi = 0x4000_0000;
export const fnevExtended = 0x8000_0000;

/** Every event a store raises about its objects. */
export const fnevObjectEvents =
  fnevObjectCreated | fnevObjectDeleted | fnevObjectModified | fnevObjectMoved | fnevObjectCopied;

/** MAPI: ERROR_NOTIFICATION. */
export interface ErrorNotification {
  readonly kind: 'criticalError';
  readonly entryId: EntryId | null;
  readonly scode: number;
  readonly error?: MapiErrorInfo;
}

/** MAPI: NEWMAIL_NOTIFICATION. */
export interface NewMailNotification {
  readonly kind: 'newMail';
  readonly entryId: EntryId;
  /** The receive folder. */
  readonly parentId: EntryId;
  readonly messageClass: string;
  /** A copy of PR_MESSAGE_FLAGS. */
  readonly messageFlags: number;
}

/** MAPI: OBJECT_NOTIFICATION; the old identifiers are there for moves and copies only. */
export interface ObjectNotification {
  readonly kind:
    | 'objectCreated'
    | 'objectDeleted'
    | 'objectModified'
    | 'objectMoved'
    | 'objectCopied'
    | 'searchComplete';
  readonly objectType: ObjectType;
  readonly entryId: EntryId;
  readonly parentId?: EntryId;
  readonly oldId?: EntryId;
  readonly oldParentId?: EntryId;
  readonly tags?: readonly PropTag[];
}

/** TABLE_CHANGED … TABLE_RELOAD. */
export type TableEvent =
  | 'changed'
  | 'error'
  | 'rowAdded'
  | 'rowDeleted'
  | 'rowModified'
  | 'sortDone'
  | 'restrictDone'
  | 'setColDone'
  | 'reload';

/** The numbers of MAPI for the events of tables, TABLE_CHANGED … TABLE_RELOAD. spec: table_notification */
export const TABLE_EVENTS: Readonly<Record<TableEvent, number>> = {
  changed: 1,
  error: 2,
  rowAdded: 3,
  rowDeleted: 4,
  rowModified: 5,
  sortDone: 6,
  restrictDone: 7,
  setColDone: 8,
  reload: 9,
};

/**
 * MAPI: TABLE_NOTIFICATION.
 *
 * After 'changed' bookmarks, keys and the position are as valid as before, after 'reload' none of them is, and after
 * 'error' (its code in `hresult`) nothing of the table is reliable.
 */
export interface TableNotification {
  readonly kind: 'tableModified';
  readonly event: TableEvent;
  readonly hresult?: number;
  /** PR_INSTANCE_KEY of the row. */
  readonly index?: PropValue;
  /** PR_INSTANCE_KEY of the row before it; PR_NULL for the first row. */
  readonly prior?: PropValue;
  readonly row?: Row;
}

/** MAPI: EXTENDED_NOTIFICATION; the meaning is the provider's. */
export interface ExtendedNotification {
  readonly kind: 'extended';
  readonly event: number;
  readonly parameters: Uint8Array;
  /** Raised as fnevIndexing, not as fnevExtended. */
  readonly indexing?: boolean;
}

/** MAPI: STATUS_OBJECT_NOTIFICATION, internal to the subsystem. */
export interface StatusObjectNotification {
  readonly kind: 'statusObjectModified';
  readonly entryId: EntryId;
  readonly props: readonly PropValue[];
}

/**
 * MAPI: NOTIFICATION. `seq` is the number of the change in the journal of the store that raised it, where there
 * is one: it grows with the commits and never repeats.
 */
export type Notification = (
  | ErrorNotification
  | NewMailNotification
  | ObjectNotification
  | TableNotification
  | ExtendedNotification
  | StatusObjectNotification
) & { readonly seq?: bigint };

const EVENT_BITS: Readonly<Record<Notification['kind'], number>> = {
  criticalError: fnevCriticalError,
  newMail: fnevNewMail,
  objectCreated: fnevObjectCreated,
  objectDeleted: fnevObjectDeleted,
  objectModified: fnevObjectModified,
  objectMoved: fnevObjectMoved,
  objectCopied: fnevObjectCopied,
  searchComplete: fnevSearchComplete,
  tableModified: fnevTableModified,
  statusObjectModified: fnevStatusObjectModified,
  extended: fnevExtended,
};

/** The fnev… bit under which a notification is registered for. */
export function eventBit(notification: Notification): number {
  if (notification.kind === 'extended' && notification.indexing === true) return fnevIndexing;
  return EVENT_BITS[notification.kind];
}

/** Whether a mask of fnev… bits asks for this notification. */
export function maskWants(mask: number, notification: Notification): boolean {
  return ((mask >>> 0) & eventBit(notification)) !== 0;
}

/** MAPI: IMAPIAdviseSink. What it throws stops neither the writer nor its neighbours. */
export interface IMAPIAdviseSink {
  onNotify(notifications: readonly Notification[]): void | Promise<void>;
}

/** What `advise` answers: MAPI's connection number and a disposable in one. */
export interface AdviseConnection {
  /** Nonzero, for `unadvise`. */
  readonly connection: number;
  /** Cancels the registration; no call arrives afterwards. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Objects that notify: session, address book, stores, logon objects, tables. */
export interface AdviseSource {
  /** Cancels a registration. @throws MAPI_E_NOT_FOUND if the connection is unknown */
  unadvise(connection: number | AdviseConnection): Promise<void>;
}

/** The number behind either form of a connection. */
export function connectionNumber(connection: number | AdviseConnection): number {
  return typeof connection === 'number' ? connection : connection.connection;
}
