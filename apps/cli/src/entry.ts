/** Finds and opens objects by their entry identifiers, with every store of the profile open so that somebody answers. */
import {
  AsyncStack,
  type EntryId,
  fromHex,
  type IAddrBook,
  type IMAPIFolder,
  type IMAPISession,
  type IMAPITable,
  type IMsgStore,
  listStores,
  MapiError,
  type MapiErrorCode,
  type OpenedEntry,
  openSpecialFolder,
  PR_CONTENT_COUNT,
  PR_ENTRYID,
  propOf,
  queryAllRows,
  toHex,
} from 'nodemapi';
import { UsageError } from './command.ts';
import { checkIdText, isIdOf, isWholeId, significant } from './short-id.ts';
import { wholeIdsOf } from './whole-ids.ts';

/** Rows that are looked at in one go. */
const rowsPerQuery = 1000;

/** Opens the object that `text` names, whole or by its end, hands it to `work`, and releases everything again. */
export async function withEntry(
  session: IMAPISession,
  text: string,
  work: (object: OpenedEntry) => Promise<void>,
): Promise<void> {
  checkIdText(text);
  await using open = new AsyncStack();
  const stores: IMsgStore[] = [];
  for (const row of await listStores(session))
    stores.push(open.use(await session.openMsgStore(row.entryId, { noMail: true })));
  const addressBook = open.use((await session.openAddressBook()).object);
  const entryId = wholeId(text) ?? (await findByEnd(stores, addressBook, text));
  await using object = await session.openEntry(entryId);
  await work(object);
}

function wholeId(text: string): EntryId | undefined {
  return isWholeId(text) ? fromHex(text) : undefined;
}

/** What was found, and what looks for it in a table. */
interface Search {
  readonly found: Map<string, EntryId>;
  readonly take: (table: IMAPITable) => Promise<void>;
}

function searchFor(text: string): Search {
  const found = new Map<string, EntryId>();
  const take = async (table: IMAPITable): Promise<void> => {
    await table.setColumns([PR_ENTRYID]);
    for (let rows = await table.queryRows(rowsPerQuery); rows.length > 0; rows = await table.queryRows(rowsPerQuery)) {
      for (const row of rows) {
        const entryId = propOf(row, PR_ENTRYID);
        if (entryId !== undefined && isIdOf(text, toHex(entryId))) found.set(toHex(entryId), entryId);
      }
    }
  };
  return { found, take };
}

function theOneOf(found: ReadonlyMap<string, EntryId>, text: string): EntryId {
  const [first, second] = found.values();
  if (first === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `there is no object with the id ${text}`);
  if (second === undefined) return first;
  throw new UsageError(`the ids of ${found.size} objects end with ${text}; write more digits of the one you mean`);
}

/** The object of a store that `text` names, whole or by its end. @throws MAPI_E_NOT_FOUND; UsageError for several */
export async function findInStore(store: IMsgStore, text: string): Promise<EntryId> {
  checkIdText(text);
  const whole = wholeId(text);
  if (whole !== undefined) return whole;
  const { found, take } = searchFor(text);
  await tryWholeIds(store, text, found);
  if (found.size === 0) await lookThrough(store, take);
  return theOneOf(found, text);
}

/** Looks through all folders and containers, unless a store has what `text` stands for in the likeness of its other objects. */
async function findByEnd(stores: readonly IMsgStore[], addressBook: IAddrBook, text: string): Promise<EntryId> {
  const { found, take } = searchFor(text);
  for (const store of stores) await tryWholeIds(store, text, found);
  if (found.size > 0) return theOneOf(found, text);
  for (const store of stores) await lookThrough(store, take);
  for (const row of await addressBook.getSearchPath()) {
    const entryId = propOf(row, PR_ENTRYID);
    if (entryId === undefined) continue;
    await using container = await addressBook.openEntry(entryId, { iid: 'IABContainer' });
    await using table = await container.getContentsTable();
    await take(table);
  }
  return theOneOf(found, text);
}

/** Adds the objects of the store whose identifiers end with `text`, as far as that can be told without looking at all of them. */
async function tryWholeIds(store: IMsgStore, text: string, found: Map<string, EntryId>): Promise<void> {
  const wanted = significant(text.toLowerCase());
  for (const sample of await samplesOf(store)) {
    for (const entryId of wholeIdsOf(wanted, sample)) {
      try {
        await using _object = await store.openEntry(entryId);
        found.set(toHex(entryId), entryId);
      } catch (error) {
        if (!MapiError.is(error) || !IS_NONE.has(error.code)) throw error;
      }
    }
  }
}

/** What a store says to an identifier that names nothing. */
const IS_NONE: ReadonlySet<MapiErrorCode> = new Set([
  'MAPI_E_INVALID_ENTRYID',
  'MAPI_E_NOT_FOUND',
  'MAPI_E_UNKNOWN_ENTRYID',
]);

/** The identifiers of a folder and of a message, where there are any. */
async function samplesOf(store: IMsgStore): Promise<readonly EntryId[]> {
  await using root = await openSpecialFolder(store, 'ipmSubtree');
  await using tree = await root.getHierarchyTable({ convenientDepth: true });
  const rows = await queryAllRows(tree, { tags: [PR_ENTRYID, PR_CONTENT_COUNT] });
  const folderIds = rows.flatMap((row) => propOf(row, PR_ENTRYID) ?? []);
  const filled = rows.find((row) => (propOf(row, PR_CONTENT_COUNT) ?? 0) > 0);
  const filledId = filled === undefined ? undefined : propOf(filled, PR_ENTRYID);
  if (filledId === undefined) return folderIds.slice(0, 1);
  await using folder = await store.openEntry(filledId, { iid: 'IMAPIFolder' });
  await using contents = await folder.getContentsTable();
  await contents.setColumns([PR_ENTRYID]);
  const messageIds = (await contents.queryRows(1)).flatMap((row) => propOf(row, PR_ENTRYID) ?? []);
  return [...folderIds.slice(0, 1), ...messageIds];
}

async function lookThrough(store: IMsgStore, take: (table: IMAPITable) => Promise<void>): Promise<void> {
  await using root = await openSpecialFolder(store, 'ipmSubtree');
  await using tree = await root.getHierarchyTable({ convenientDepth: true });
  const folders = await queryAllRows(tree, { tags: [PR_ENTRYID] });
  await tree.seekRow('beginning', 0);
  await take(tree);
  for (const row of folders) {
    const entryId = propOf(row, PR_ENTRYID);
    if (entryId === undefined) continue;
    await using folder = await store.openEntry(entryId, { iid: 'IMAPIFolder' });
    await takeContents(folder, take);
  }
}

async function takeContents(folder: IMAPIFolder, take: (table: IMAPITable) => Promise<void>): Promise<void> {
  for (const associated of [false, true]) {
    await using table = await folder.getContentsTable({ associated });
    await take(table);
  }
}
