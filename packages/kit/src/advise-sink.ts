/** Utilities for sinks and for the notifications that they get. spec: hrallocadvisesink, sccopynotifications */
import { type IMAPIAdviseSink, MapiError, type Notification, TABLE_EVENTS } from '@nodemapi/mapi';

/** MAPI: NOTIFCALLBACK. */
export type NotifCallback<Context> = (
  context: Context,
  notifications: readonly Notification[],
) => void | number | Promise<void>;

/**
 * HrAllocAdviseSink: a sink that hands what it gets to a function, with the context given here.
 *
 * A synchronous registration hears the CALLBACK_DISCONTINUE that the function answers.
 */
export function hrAllocAdviseSink<Context>(callback: NotifCallback<Context>, context: Context): IMAPIAdviseSink {
  return { onNotify: (notifications) => callback(context, notifications) as void | Promise<void> };
}

/**
 * ScCopyNotifications: a copy that shares nothing with the original, to be kept past `onNotify`.
 *
 * @throws MAPI_E_INVALID_PARAMETER as `scCountNotifications`
 */
export function scCopyNotifications(notifications: readonly Notification[]): Notification[] {
  scCountNotifications(notifications);
  return notifications.map(copied);
}

/**
 * ScCountNotifications without a count: checks that each notification has what its kind must have. Plain values lie
 * at no address, so there is no size to tell and nothing for ScRelocNotifications to do.
 *
 * @throws MAPI_E_INVALID_PARAMETER naming the first that is wrong
 */
export function scCountNotifications(notifications: readonly Notification[]): void {
  if (!Array.isArray(notifications)) throw invalid('no array');
  for (const [index, notification] of notifications.entries()) {
    const missing = missingIn(notification);
    if (missing !== undefined) throw invalid(`notification ${index} has no ${missing}`);
  }
}

type Check = (value: unknown) => boolean;

const isBytes: Check = (value) => value instanceof Uint8Array;
const isNumber: Check = (value) => typeof value === 'number';
const isText: Check = (value) => typeof value === 'string';
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const OBJECT: Readonly<Record<string, Check>> = {
  entryId: isBytes,
  objectType: isNumber,
  parentId: optional(isBytes),
  oldId: optional(isBytes),
  oldParentId: optional(isBytes),
  tags: optional(Array.isArray),
};

/** What each kind must have. */
const MEMBERS: Readonly<Record<Notification['kind'], Readonly<Record<string, Check>>>> = {
  criticalError: { entryId: (value) => value === null || isBytes(value), scode: isNumber },
  newMail: { entryId: isBytes, parentId: isBytes, messageClass: isText, messageFlags: isNumber },
  objectCreated: OBJECT,
  objectDeleted: OBJECT,
  objectModified: OBJECT,
  objectMoved: OBJECT,
  objectCopied: OBJECT,
  searchComplete: OBJECT,
  tableModified: { event: (value) => isText(value) && Object.hasOwn(TABLE_EVENTS, value as string) },
  extended: { event: isNumber, parameters: isBytes },
  statusObjectModified: { entryId: isBytes, props: Array.isArray },
};

function missingIn(notification: Notification): string | undefined {
  const kind: unknown = (notification as Partial<Notification> | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(MEMBERS, kind)) return 'known kind';
  const members = Object.entries(MEMBERS[kind as Notification['kind']]);
  const found = new Map<string, unknown>(Object.entries(notification));
  return members.find(([name, check]) => !check(found.get(name)))?.[0];
}

function copied<T>(value: T): T {
  if (value instanceof Uint8Array) return Uint8Array.from(value) as T;
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copied(member)])) as T;
}

function invalid(detail: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', detail);
}
