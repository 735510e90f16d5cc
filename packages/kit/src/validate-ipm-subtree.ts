/** MAPI: HrValidateIPMSubtree. spec: hrvalidateipmsubtree, validating-and-initializing-a-message-store */
import {
  type EntryId,
  type IMAPIFolder,
  type IMsgStore,
  MapiError,
  PR_CONTAINER_CLASS,
  PR_ENTRYID,
  PR_VALID_FOLDER_MASK,
  type PropTag,
  type PropValue,
  PT_BINARY,
  prop,
  tag,
} from '@nodemapi/mapi';
import { getProp, setPropList } from './prop-access.ts';
import { DEFAULT_FOLDERS, type DefaultFolder } from './store-rules/default-folders.ts';

/** Which standard folders are made, by flag. spec: hrvalidateipmsubtree */
export interface ValidateIPMSubtreeOptions {
  /** MAPI_FORCE_CREATE: every folder is opened to see that it is there, whatever PR_VALID_FOLDER_MASK says */
  readonly forceCreate?: boolean;
  /** MAPI_FULL_IPM_TREE: all standard folders, as a default store has them, and not the three of every store alone */
  readonly fullTree?: boolean;
}

/** PROP_TAG(PT_BINARY, PROP_ID_NULL): the Inbox among the answers, which no property of a store names. */
export const PR_IPM_INBOX_PLACEHOLDER: PropTag<Uint8Array> = tag(0, PT_BINARY);

const MINIMUM: ReadonlySet<DefaultFolder['key']> = new Set(['subtree', 'finder', 'wastebasket']);
const INBOX_CLASSES = ['', 'IPM', 'REPORT'];

/**
 * Makes the standard folders that a store lacks and says so in its properties.
 *
 * Answers PR_VALID_FOLDER_MASK and the identifiers of the folders that were asked for, the Inbox by a placeholder.
 *
 * @param store open for writing
 * @throws MAPI_E_NO_ACCESS, and what the store throws; folders that were made before stay
 */
export async function hrValidateIPMSubtree(
  store: IMsgStore,
  options: ValidateIPMSubtreeOptions = {},
): Promise<readonly PropValue[]> {
  const wanted = DEFAULT_FOLDERS.filter(({ key }) => options.fullTree === true || MINIMUM.has(key));
  const before = (await getProp(store, PR_VALID_FOLDER_MASK)) ?? 0;
  const found = new Map<DefaultFolder['key'] | 'root', EntryId | null>([['root', null]]);
  let mask = before;
  for (const folder of wanted) {
    const known = (mask & folder.validBit) === 0 ? undefined : await idOf(store, folder);
    const isThere = known !== undefined && (options.forceCreate !== true || (await opens(store, known)));
    const entryId = isThere ? known : await make(store, folder, found.get(folder.below) ?? null);
    found.set(folder.key, entryId);
    mask |= folder.validBit;
  }
  if (mask !== before) await setAll(store, [prop(PR_VALID_FOLDER_MASK, mask)]);
  const ids = wanted.map(({ key, entryIdTag = PR_IPM_INBOX_PLACEHOLDER }) => {
    return prop(entryIdTag, found.get(key) ?? new Uint8Array());
  });
  return [prop(PR_VALID_FOLDER_MASK, mask), ...ids];
}

async function idOf(store: IMsgStore, { entryIdTag }: DefaultFolder): Promise<EntryId | undefined> {
  if (entryIdTag !== undefined) return getProp(store, entryIdTag);
  return (await store.getReceiveFolder('IPM.Note')).entryId;
}

async function opens(store: IMsgStore, entryId: EntryId): Promise<boolean> {
  try {
    await using folder = await store.openEntry(entryId);
    return folder.iid === 'IMAPIFolder';
  } catch (error) {
    if (MapiError.is(error)) return false;
    throw error;
  }
}

/** A folder of the name that is there already is taken for it. */
async function make(store: IMsgStore, folder: DefaultFolder, parentId: EntryId | null): Promise<EntryId> {
  await using parent = await store.openEntry(parentId, { iid: 'IMAPIFolder', modify: true });
  await using made: IMAPIFolder = await parent.createFolder(folder.name, 'generic', { openIfExists: true });
  const { containerClass, entryIdTag } = folder;
  if (containerClass !== undefined) await setAll(made, [prop(PR_CONTAINER_CLASS, containerClass)]);
  const entryId = await getProp(made, PR_ENTRYID);
  if (entryId === undefined) throw new MapiError('MAPI_E_CORRUPT_STORE', `folder ${folder.name} has no identifier`);
  if (entryIdTag !== undefined) await setAll(store, [prop(entryIdTag, entryId)]);
  else for (const messageClass of INBOX_CLASSES) await store.setReceiveFolder(messageClass, entryId);
  return entryId;
}

async function setAll(object: Parameters<typeof setPropList>[0], values: readonly PropValue[]): Promise<void> {
  const [problem] = await setPropList(object, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} cannot be set`);
}
