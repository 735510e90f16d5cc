/** Shortcuts through a session: the default store, folders by path, the special folders. */
import { MapiError } from '@nodemapi/base';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type EntryId,
  type IMAPIFolder,
  type IMAPISession,
  type IMsgStore,
  PR_DEFAULT_STORE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_RESOURCE_FLAGS,
  type PropTag,
  propOf,
  STATUS_PRIMARY_STORE,
  STATUS_SECONDARY_STORE,
} from '@nodemapi/mapi';

/** A row of the message store table, as people choose stores. */
export interface StoreRow {
  readonly entryId: EntryId;
  readonly name: string;
  readonly default: boolean;
}

/** The message stores of the session's profile. */
export async function listStores(session: IMAPISession): Promise<readonly StoreRow[]> {
  await using table = await session.getMsgStoresTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_DISPLAY_NAME, PR_DEFAULT_STORE] });
  return rows.flatMap((row) => {
    const entryId = propOf(row, PR_ENTRYID);
    if (entryId === undefined) return [];
    return [{ entryId, name: propOf(row, PR_DISPLAY_NAME) ?? '', default: propOf(row, PR_DEFAULT_STORE) === true }];
  });
}

/**
 * Opens the default message store for writing; the caller releases it. MAPI: HrOpenDefaultStore.
 *
 * In a profile without a default store the primary store becomes it, or the secondary one if that cannot be opened.
 *
 * @throws MAPI_E_NOT_FOUND if the profile has none of them
 */
export async function openDefaultStore(session: IMAPISession): Promise<IMsgStore> {
  const store = (await listStores(session)).find((row) => row.default);
  return store === undefined ? openPrimaryStore(session) : session.openMsgStore(store.entryId, { write: true });
}

/**
 * Opens the primary message store for writing, or the secondary one if that cannot be opened, and makes it the default
 * one; the caller releases it. spec: imapisession-setdefaultstore
 *
 * @throws MAPI_E_NOT_FOUND if the profile has neither; else what the opening of the last one threw
 */
export async function openPrimaryStore(session: IMAPISession): Promise<IMsgStore> {
  await using table = await session.getMsgStoresTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_RESOURCE_FLAGS] });
  const withFlag = (flag: number): readonly EntryId[] =>
    rows
      .filter((row) => ((propOf(row, PR_RESOURCE_FLAGS) ?? 0) & flag) !== 0)
      .flatMap((row) => propOf(row, PR_ENTRYID) ?? []);
  let failure: unknown = new MapiError('MAPI_E_NOT_FOUND', 'the profile has no default message store');
  for (const entryId of [...withFlag(STATUS_PRIMARY_STORE), ...withFlag(STATUS_SECONDARY_STORE)]) {
    try {
      const store = await session.openMsgStore(entryId, { write: true });
      await session.setDefaultStore('default', entryId);
      return store;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** A folder that every store for mail has. */
export type SpecialFolder = 'ipmSubtree' | 'inbox' | 'outbox' | 'sentMail' | 'wastebasket';

const SPECIAL_TAGS: Readonly<Record<Exclude<SpecialFolder, 'inbox'>, PropTag<Uint8Array>>> = {
  ipmSubtree: PR_IPM_SUBTREE_ENTRYID,
  outbox: PR_IPM_OUTBOX_ENTRYID,
  sentMail: PR_IPM_SENTMAIL_ENTRYID,
  wastebasket: PR_IPM_WASTEBASKET_ENTRYID,
};

/** Entry identifier of a special folder. @throws MAPI_E_NOT_FOUND */
export async function specialFolderId(store: IMsgStore, which: SpecialFolder): Promise<EntryId> {
  if (which === 'inbox') return (await store.getReceiveFolder('IPM.Note')).entryId;
  const entryId = await getProp(store, SPECIAL_TAGS[which]);
  if (entryId === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `the store has no ${which} folder`);
  return entryId;
}

/** Opens a special folder for writing; the caller releases it. */
export async function openSpecialFolder(store: IMsgStore, which: SpecialFolder): Promise<IMAPIFolder> {
  return store.openEntry(await specialFolderId(store, which), { iid: 'IMAPIFolder', bestAccess: true });
}

/**
 * Opens a folder by its path below the IPM subtree, such as `Inbox` or `Projects/2026`; names are compared without
 * regard to case, and a slash inside a name is written `\/`. The caller releases it.
 *
 * @throws MAPI_E_NOT_FOUND, naming the part that is missing
 */
export async function openFolderByPath(store: IMsgStore, path: string): Promise<IMAPIFolder> {
  let folder = await openSpecialFolder(store, 'ipmSubtree');
  for (const name of splitPath(path)) {
    const parent = folder;
    try {
      folder = await openChild(parent, name, path);
    } finally {
      await parent.release();
    }
  }
  return folder;
}

/** The names of a path; `\/` stands for a slash inside a name. */
export function splitPath(path: string): readonly string[] {
  return path
    .split(/(?<!\\)\//u)
    .map((name) => name.replaceAll('\\/', '/'))
    .filter((name) => name !== '');
}

/** A folder name as part of a path. */
export function pathPart(name: string): string {
  return name.replaceAll('/', '\\/');
}

async function openChild(parent: IMAPIFolder, name: string, path: string): Promise<IMAPIFolder> {
  await using table = await parent.getHierarchyTable();
  const wanted = name.toLowerCase();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_DISPLAY_NAME] });
  const row = rows.find((candidate) => propOf(candidate, PR_DISPLAY_NAME)?.toLowerCase() === wanted);
  const entryId = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  if (entryId === undefined)
    throw new MapiError('MAPI_E_NOT_FOUND', `there is no folder "${name}" in the path "${path}"`);
  return await parent.openEntry(entryId, { iid: 'IMAPIFolder', bestAccess: true });
}
