/** Steps that tests of message stores are made of; by the contract only. */
import assert from 'node:assert/strict';
import {
  type AdrEntry,
  ATTACH_BY_VALUE,
  type EntryId,
  encodeOneOff,
  type IAttach,
  type IMAPIFolder,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type IMsgStore,
  isPropError,
  MAPI_TO,
  MapiError,
  type MapiErrorCode,
  type Notification,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propById,
  propId,
  type Row,
} from '@nodemapi/mapi';
import type { StoreUnderTest } from './store-under-test.ts';

/** Fails unless the call fails with this code. */
export async function rejects(code: MapiErrorCode, call: Promise<unknown>): Promise<void> {
  let outcome: unknown;
  try {
    outcome = await call;
  } catch (error) {
    assert.ok(MapiError.is(error), `expected ${code}, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return;
  }
  assert.fail(`expected ${code}, got an answer: ${JSON.stringify(outcome) ?? 'nothing'}`);
}

/** One property; undefined if it is absent. */
export async function read<T>(object: Pick<IMAPIProp, 'getProps'>, tag: PropTag<T>): Promise<T | undefined> {
  const { values } = await object.getProps([tag]);
  return values[0] as T | undefined;
}

/** One property that has to be there. */
export async function need<T>(object: Pick<IMAPIProp, 'getProps'>, tag: PropTag<T>): Promise<T> {
  const value = await read(object, tag);
  assert.notEqual(value, undefined, `property 0x${tag.toString(16)} is missing`);
  return value as T;
}

/** Sets properties all of which must be accepted. */
export async function write(object: Pick<IMAPIProp, 'setProps'>, ...values: readonly PropValue[]): Promise<void> {
  assert.deepEqual(await object.setProps(values as never), []);
}

/** All rows of a table from its beginning, with the columns asked for; the table is released. */
export async function rowsOf(table: IMAPITable, ...tags: readonly PropTag[]): Promise<readonly Row[]> {
  try {
    if (tags.length > 0) await table.setColumns(tags);
    await table.seekRow('beginning', 0);
    const rows: Row[] = [];
    for (;;) {
      const part = await table.queryRows(100);
      if (part.length === 0) return rows;
      rows.push(...part);
    }
  } finally {
    await table.release();
  }
}

/** One column of all rows; undefined where a row lacks it. */
export async function column<T>(table: IMAPITable | Promise<IMAPITable>, tag: PropTag<T>): Promise<(T | undefined)[]> {
  const rows = await rowsOf(await table, tag);
  return rows.map((row) => {
    const value = propById(row, propId(tag));
    return value === undefined || isPropError(value) ? undefined : (value.value as T);
  });
}

/** A column of one row, whatever its type; PT_ERROR counts as absent. */
export function cell(row: Row | undefined, tag: PropTag): unknown {
  const value = propById(row ?? [], propId(tag));
  return value === undefined || isPropError(value) ? undefined : value.value;
}

export function folderOf(store: IMsgStore, entryId: EntryId | null, modify = true): Promise<IMAPIFolder> {
  return store.openEntry(entryId, { iid: 'IMAPIFolder', modify });
}

export async function specialFolder(store: IMsgStore, tag: PropTag<Uint8Array>): Promise<IMAPIFolder> {
  return folderOf(store, await need(store, tag));
}

export async function inboxOf(store: IMsgStore): Promise<IMAPIFolder> {
  return folderOf(store, (await store.getReceiveFolder('IPM.Note')).entryId);
}

export function outboxOf(store: IMsgStore): Promise<IMAPIFolder> {
  return specialFolder(store, PR_IPM_OUTBOX_ENTRYID);
}

/** A new folder below the IPM subtree. */
export async function newFolder(store: IMsgStore, name: string): Promise<IMAPIFolder> {
  await using subtree = await specialFolder(store, PR_IPM_SUBTREE_ENTRYID);
  return subtree.createFolder(name);
}

export function idOf(object: IMAPIProp): Promise<EntryId> {
  return need(object, PR_ENTRYID);
}

export interface Draft {
  readonly subject?: string;
  readonly props?: readonly PropValue[];
  readonly recipients?: readonly AdrEntry[];
  /** Data of as many attachments. */
  readonly attachments?: readonly Uint8Array[];
  readonly associated?: boolean;
}

/** A new message with what the draft says, not saved. */
export async function newMessage(folder: IMAPIFolder, draft: Draft = {}): Promise<IMessage> {
  const message = await folder.createMessage({ associated: draft.associated === true });
  await write(message, prop(PR_SUBJECT, draft.subject ?? 'Subject'), prop(PR_BODY, 'Body'), ...(draft.props ?? []));
  if (draft.recipients !== undefined) await message.modifyRecipients('add', draft.recipients);
  for (const bytes of draft.attachments ?? []) await addAttachment(message, bytes);
  return message;
}

/** A saved message, closed. */
export async function savedMessage(folder: IMAPIFolder, draft: Draft = {}): Promise<EntryId> {
  await using message = await newMessage(folder, draft);
  await message.saveChanges({ keepOpenReadOnly: true });
  return idOf(message);
}

export function openMessage(store: IMsgStore, entryId: EntryId, modify = false): Promise<IMessage> {
  return store.openEntry(entryId, { iid: 'IMessage', modify });
}

/** A recipient that is resolved: a one-off of type SMTP. */
export function recipient(name: string, type: number = MAPI_TO): AdrEntry {
  const emailAddress = `${name.toLowerCase()}@example.com`;
  const oneOff = { displayName: name, addrType: 'SMTP', emailAddress, sendRichInfo: false };
  return [
    prop(PR_DISPLAY_NAME, name),
    prop(PR_RECIPIENT_TYPE, type),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, emailAddress),
    prop(PR_ENTRYID, encodeOneOff(oneOff)),
  ];
}

/** A message in the Outbox that has been submitted. */
export async function submitted(t: StoreUnderTest, draft: Draft = {}): Promise<EntryId> {
  await using outbox = await outboxOf(t.store);
  await using message = await newMessage(outbox, { recipients: [recipient('Ann')], ...draft });
  await message.saveChanges({ keepOpenReadWrite: true });
  const entryId = await idOf(message);
  await message.submitMessage();
  return entryId;
}

/** Locks a queued message as the spooler of the test. */
export async function lock(t: StoreUnderTest, entryId: EntryId, store: IMsgStore = t.spoolerStore): Promise<void> {
  await using message = await openMessage(store, entryId, true);
  await store.setLockState(message, true);
}

/** Everything that the spooler does with a message that is sent. */
export async function finish(t: StoreUnderTest, entryId: EntryId): Promise<void> {
  await lock(t, entryId);
  await t.spoolerStore.finishedMsg(entryId);
}

/** Identifiers in the outgoing queue, in its order. */
export async function queue(t: StoreUnderTest): Promise<(EntryId | undefined)[]> {
  return column(t.spoolerStore.getOutgoingQueue(), PR_ENTRYID);
}

export async function addAttachment(message: IMessage, bytes: Uint8Array, ...props: PropValue[]): Promise<number> {
  const { attachNum, attach } = await message.createAttach();
  await using attachment: IAttach = attach;
  await write(attachment, prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, bytes), ...props);
  await attachment.saveChanges();
  return attachNum;
}

/** The notification that has a kind, which it may share with others. */
export type NotificationOf<K extends Notification['kind']> = Extract<Notification, { readonly kind: unknown }> & {
  readonly kind: K;
};

/** A sink that keeps what it gets. */
export class Collector {
  readonly notifications: Notification[] = [];

  onNotify(notifications: readonly Notification[]): void {
    this.notifications.push(...notifications);
  }

  kinds(): readonly string[] {
    return this.notifications.map((notification) => notification.kind);
  }

  /** Those of one kind. */
  of<K extends Notification['kind']>(kind: K): readonly NotificationOf<K>[] {
    return this.notifications.filter((each): each is NotificationOf<K> => each.kind === kind);
  }

  clear(): void {
    this.notifications.length = 0;
  }
}
