/** .pst files for mapi export and mapi import. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  type FolderWriter,
  getProp,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  importPst,
  MapiError,
  type OpenFile,
  openFolderByPath,
  PR_CONTAINER_CLASS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PstExport,
  propOf,
  queryAllRows,
  toHex,
} from 'nodemapi';
import type { Context } from './context.ts';
import { findInStore } from './entry.ts';
import type { Progress } from './progress.ts';
import { isIdText } from './short-id.ts';
import { noteFailure, type TransferResult } from './transfer.ts';

/** Where single messages go. */
const MESSAGES_FOLDER = 'Messages';

interface ExportJob {
  readonly context: Context;
  readonly store: IMsgStore;
  readonly result: TransferResult;
  readonly progress: Progress;
}

/** Writes a folder and those below it, or the message of an id, as a PST into the empty file at `path`. */
export async function exportPst(job: ExportJob, source: string, path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.chmod(0o600);
    const pst = new PstExport({ write: (offset, bytes) => writeAll(file, bytes, offset) }, source);
    const folder = await folderOrNone(job.store, source);
    if (folder !== undefined) {
      await using opened = folder;
      await exportFolder(job, pst, opened, pst.pst.top);
    } else {
      const entryId = await findInStore(job.store, source);
      await exportOne(job, pst, pst.pst.addFolder(pst.pst.top, { name: MESSAGES_FOLDER }), entryId, 'messages');
    }
    job.context.signal.throwIfAborted();
    await pst.finish();
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}

/** A folder goes before an id that reads like it. @throws MAPI_E_NOT_FOUND */
async function folderOrNone(store: IMsgStore, source: string): Promise<IMAPIFolder | undefined> {
  try {
    return await openFolderByPath(store, source);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND') && isIdText(source)) return undefined;
    throw error;
  }
}

async function exportFolder(job: ExportJob, pst: PstExport, folder: IMAPIFolder, parent: FolderWriter): Promise<void> {
  const containerClass = await getProp(folder, PR_CONTAINER_CLASS);
  const name = (await getProp(folder, PR_DISPLAY_NAME)) ?? '';
  const written = pst.pst.addFolder(parent, { name, ...(containerClass === undefined ? {} : { containerClass }) });
  for (const kind of ['messages', 'associated'] as const) {
    await using table = await folder.getContentsTable({ associated: kind === 'associated' });
    for (const row of await queryAllRows(table, { tags: [PR_ENTRYID] })) {
      if (job.context.signal.aborted) return;
      const entryId = propOf(row, PR_ENTRYID);
      if (entryId !== undefined) await exportOne(job, pst, written, entryId, kind);
    }
  }
  await using hierarchy = await folder.getHierarchyTable();
  for (const row of await queryAllRows(hierarchy, { tags: [PR_ENTRYID] })) {
    const entryId = propOf(row, PR_ENTRYID);
    if (entryId === undefined || job.context.signal.aborted) continue;
    await using child = await job.store.openEntry(entryId, { iid: 'IMAPIFolder' });
    await exportFolder(job, pst, child, written);
  }
}

async function exportOne(
  { store, result, progress }: ExportJob,
  pst: PstExport,
  folder: FolderWriter,
  entryId: Uint8Array,
  kind: 'messages' | 'associated',
): Promise<void> {
  result.read++;
  try {
    await using message: IMessage = await store.openEntry(entryId, { iid: 'IMessage' });
    for (const { code, detail } of await pst.add(folder, message, kind))
      noteFailure(result, toHex(entryId), new MapiError(code, `left out: ${detail}`));
    result.written++;
  } catch (error) {
    noteFailure(result, toHex(entryId), error);
  }
  progress.update(result.written, 0);
}

interface ImportJob {
  readonly context: Context;
  readonly folder: IMAPIFolder;
  readonly result: TransferResult;
  readonly progress: Progress;
}

/** Copies the folders and messages of a .pst or .ost below a folder. */
export async function importPstFile(
  { context, folder, result, progress }: ImportJob,
  path: string,
  source: OpenFile,
): Promise<void> {
  const problems = await importPst(source, folder, {
    signal: context.signal,
    read: () => {
      result.read++;
    },
    imported: () => {
      result.written++;
      progress.update(result.written, 0);
    },
    failed: (where, error) => noteFailure(result, `${path}: ${where}`, error),
  });
  for (const { message } of problems) noteFailure(result, path, new MapiError('MAPI_E_CORRUPT_DATA', message));
}
