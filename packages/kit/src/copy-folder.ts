import { bytesEqual } from '@nodemapi/base';
import {
  type CopyOptions,
  type CopyResult,
  type Done,
  type EntryId,
  type IMAPIFolder,
  type IMAPIProp,
  type IMessage,
  MapiError,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_SUBMIT,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_MESSAGE_FLAGS,
  type PropTag,
  propOf,
} from '@nodemapi/mapi';
import { isExcludedInterface } from './copy-interfaces.ts';
import { ProgressSteps } from './progress-steps.ts';
import { getProp, queryAllRows } from './prop-access.ts';

/** `copyTo` of copy-object, handed in because the two need each other. */
export type CopyTo = (
  source: IMAPIProp,
  exclude: readonly PropTag[] | undefined,
  destination: IMAPIProp,
  options?: CopyOptions,
) => Promise<CopyResult>;

export interface CopyFolderTreeOptions extends CopyOptions {
  readonly newName?: string;
  /** COPY_SUBFOLDERS; a move takes them along anyway. */
  readonly subfolders?: boolean;
}

/** Folders within folders are followed to this depth. */
export const FOLDER_DEPTH_MAX = 128;

const WITHOUT_CONTENTS = [PR_CONTAINER_CONTENTS, PR_CONTAINER_HIERARCHY, PR_FOLDER_ASSOCIATED_CONTENTS];
const PARTIAL = 'MAPI_W_PARTIAL_COMPLETION';

/**
 * Sends the read reports that are pending for messages which are about to be copied, since no copy answers for them: for
 * all of them, whatever becomes of the copying. A store that makes no reports, or may not be written to, has none.
 *
 * spec: imapifolder-copymessages
 */
export async function sendPendingReports(source: IMAPIFolder, entryIds: readonly EntryId[]): Promise<void> {
  try {
    await source.setReadFlags(entryIds, { generateReceiptOnly: true });
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT') && !MapiError.is(error, 'MAPI_E_NO_ACCESS')) throw error;
  }
}

/**
 * Copies messages from one folder to another. Copies never answer for the original: pending read and nonread reports
 * are cleared on them. A message that cannot be copied stays where it is, as does a submitted one that is to be moved.
 *
 * spec: imapisupport-copymessages, providing-read-and-nonread-reports-for-message-store-providers
 */
export async function copyMessagesBetween(
  source: IMAPIFolder,
  entryIds: readonly EntryId[],
  destination: IMAPIFolder,
  options: CopyOptions,
  copyTo: CopyTo,
): Promise<Done> {
  let failed = 0;
  const steps = new ProgressSteps(options.progress, entryIds.length);
  for (const [index, entryId] of entryIds.entries()) {
    steps.begin(index);
    try {
      await copyOneMessage(source, entryId, destination, options, copyTo);
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      failed++;
    }
    steps.done(index + 1);
  }
  return failed > 0 ? { warning: PARTIAL } : {};
}

/**
 * Copies a folder of `source` below `destination`, with its messages.
 *
 * @throws MAPI_E_COLLISION if the name is taken there; MAPI_E_FOLDER_CYCLE if the destination lies in the folder
 */
export async function copyFolderBetween(
  source: IMAPIFolder,
  entryId: EntryId,
  destination: IMAPIFolder,
  options: CopyFolderTreeOptions,
  copyTo: CopyTo,
): Promise<Done> {
  await using folder = await source.openEntry(entryId, { iid: 'IMAPIFolder', modify: options.move === true });
  await assertNoCycle(folder, destination);
  const withSubfolders = options.move === true || options.subfolders === true;
  const done = await copyTree(1, folder, destination, { ...options, subfolders: withSubfolders }, copyTo);
  if (options.move !== true || done.warning !== undefined) return done;
  return source.deleteFolder(entryId, { messages: true, folders: true });
}

/** The messages and folders of a folder, as `copyTo` between folders takes them along. */
export async function copyFolderContents(
  source: IMAPIFolder,
  destination: IMAPIFolder,
  selected: (tag: PropTag) => boolean,
  given: CopyOptions,
  copyTo: CopyTo,
): Promise<CopyResult['warning']> {
  // Where something is excluded nothing is taken away as a whole: what was not copied would go with it.
  const options = (given.excludeInterfaces ?? []).length > 0 ? { ...given, move: false } : given;
  if (selected(PR_CONTAINER_HIERARCHY)) await assertNoCycle(source, destination);
  const results: Done[] = [];
  if (selected(PR_CONTAINER_CONTENTS)) results.push(await copyAll(source, destination, false, options, copyTo));
  if (selected(PR_FOLDER_ASSOCIATED_CONTENTS)) results.push(await copyAll(source, destination, true, options, copyTo));
  if (selected(PR_CONTAINER_HIERARCHY)) {
    for (const entryId of await foldersIn(source)) {
      results.push(await copyFolderBetween(source, entryId, destination, { ...options, subfolders: true }, copyTo));
    }
  }
  return results.find(({ warning }) => warning !== undefined)?.warning;
}

async function copyTree(
  depth: number,
  folder: IMAPIFolder,
  parent: IMAPIFolder,
  options: CopyFolderTreeOptions,
  copyTo: CopyTo,
): Promise<Done> {
  if (depth > FOLDER_DEPTH_MAX) throw new MapiError('MAPI_E_TOO_COMPLEX', `folders ${FOLDER_DEPTH_MAX} deep`);
  const name = options.newName ?? (await getProp(folder, PR_DISPLAY_NAME)) ?? '';
  await using copy = await parent.createFolder(name, 'generic');
  await copyTo(folder, [...WITHOUT_CONTENTS, PR_DISPLAY_NAME], copy);
  // A copy of a tree is complete before anything is taken away, so the messages are copied in a move as well.
  const { excludeInterfaces = [] } = options;
  const plain: CopyOptions = { excludeInterfaces };
  const results = [await copyAll(folder, copy, false, plain, copyTo), await copyAll(folder, copy, true, plain, copyTo)];
  if (options.subfolders === true) {
    for (const entryId of await foldersIn(folder)) {
      await using child = await folder.openEntry(entryId, { iid: 'IMAPIFolder' });
      results.push(await copyTree(depth + 1, child, copy, { ...plain, subfolders: true }, copyTo));
    }
  }
  return results.some(({ warning }) => warning !== undefined) ? { warning: PARTIAL } : {};
}

async function copyAll(
  source: IMAPIFolder,
  destination: IMAPIFolder,
  associated: boolean,
  options: CopyOptions,
  copyTo: CopyTo,
): Promise<Done> {
  if (isExcludedInterface('IMessage', options.excludeInterfaces ?? [])) return {};
  return copyMessagesBetween(source, await messagesIn(source, associated), destination, options, copyTo);
}

async function copyOneMessage(
  source: IMAPIFolder,
  entryId: EntryId,
  destination: IMAPIFolder,
  options: CopyOptions,
  copyTo: CopyTo,
): Promise<void> {
  const move = options.move === true;
  await using message = await source.openEntry(entryId, { iid: 'IMessage' });
  const flags = (await getProp(message, PR_MESSAGE_FLAGS)) ?? 0;
  if (move && (flags & MSGFLAG_SUBMIT) !== 0) throw new MapiError('MAPI_E_SUBMITTED', 'a submitted message stays');
  await using copy = await destination.createMessage({ associated: (flags & MSGFLAG_ASSOCIATED) !== 0 });
  await copyTo(message, undefined, copy);
  await copy.saveChanges({ keepOpenReadWrite: true });
  if (!move) await clearPendingReports(copy);
  await message.release();
  if (!move) return;
  const { warning } = await source.deleteMessages([entryId]);
  if (warning !== undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'a moved message could not be taken away');
}

async function clearPendingReports(copy: IMessage): Promise<void> {
  try {
    await copy.setReadFlag({ clearReadPending: true, clearNonReadPending: true });
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error; // a store without reports has none to clear
  }
}

async function assertNoCycle(folder: IMAPIFolder, destination: IMAPIFolder): Promise<void> {
  const target = await getProp(destination, PR_ENTRYID);
  if (target === undefined) return;
  const own = await getProp(folder, PR_ENTRYID);
  const below = await foldersIn(folder, true);
  if ([...(own === undefined ? [] : [own]), ...below].some((entryId) => bytesEqual(entryId, target))) {
    throw new MapiError('MAPI_E_FOLDER_CYCLE', 'the destination lies in the folder that is copied');
  }
}

async function messagesIn(folder: IMAPIFolder, associated: boolean): Promise<readonly EntryId[]> {
  await using table = await folder.getContentsTable({ associated });
  return entryIdsOf(await queryAllRows(table, { tags: [PR_ENTRYID] }));
}

async function foldersIn(folder: IMAPIFolder, convenientDepth = false): Promise<readonly EntryId[]> {
  await using table = await folder.getHierarchyTable({ convenientDepth });
  return entryIdsOf(await queryAllRows(table, { tags: [PR_ENTRYID] }));
}

function entryIdsOf(rows: Awaited<ReturnType<typeof queryAllRows>>): readonly EntryId[] {
  return rows.map((row) => propOf(row, PR_ENTRYID)).filter((entryId) => entryId !== undefined);
}
