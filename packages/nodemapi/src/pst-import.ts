/** Copies what a PST or OST holds into folders of a store. */
import { MapiError, type RandomAccess, systemRandom } from '@nodemapi/base';
import { type ContentsKind, type PstDiagnostic, PstFile, type PstMessage } from '@nodemapi/format-pst';
import { copyTo, NamedPropertyMap, openSourceMessage } from '@nodemapi/kit';
import { type IMAPIFolder, MSGFLAG_READ, MSGFLAG_SUBMIT, PR_MESSAGE_FLAGS, prop } from '@nodemapi/mapi';
import { messageSource } from '@nodemapi/store-pst';
import { tagName } from './prop-names.ts';

/** How an import goes. */
export interface PstImportEvents {
  /** A message was found. */
  read(): void;
  /** A message is saved. */
  imported(): void;
  /** A message, or a part of one, could not be imported. */
  failed(where: string, error: MapiError): void;
  /** Ends the import before the next message. */
  readonly signal: AbortSignal;
}

/**
 * Copies all folders that hold something, and their messages, below `target`; the folder that users see as the top of
 * the file becomes `target` itself. Search folders are left out: what they list lies in other folders.
 *
 * @returns what was wrong with the file
 * @throws MAPI_E_CORRUPT_DATA if it is no PST or OST file
 */
export async function importPst(
  source: RandomAccess,
  target: IMAPIFolder,
  events: PstImportEvents,
): Promise<readonly PstDiagnostic[]> {
  const file = await PstFile.open(source);
  await file.rootFolder(); // or there is nothing
  file.limitReading();
  const names = [...file.namedProperties].map(([id, name]) => ({ id, name }));
  const map = new NamedPropertyMap(systemRandom, names);
  const top = await file.ipmSubtreeNid();
  let prefix: readonly string[] = [];
  for await (const { folder, path } of file.folders()) {
    if (events.signal.aborted) break;
    if (folder.nid === top) prefix = path;
    if (folder.isSearch) continue;
    const below = isBelow(path, prefix) ? path.slice(prefix.length) : path;
    let opened: IMAPIFolder | undefined;
    try {
      for (const kind of ['messages', 'associated'] as const) {
        for await (const message of folder.messages(kind)) {
          if (events.signal.aborted) break;
          opened ??= await folderAt(target, below);
          await importOne(opened, message, map, kind, {
            events,
            where: `${path.join('/')}#${message.nid.toString(16)}`,
          });
        }
      }
    } catch (error) {
      events.failed(path.join('/'), MapiError.from(error, 'pst'));
    } finally {
      await opened?.release();
    }
  }
  return file.diagnostics;
}

function isBelow(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.length > 0 && prefix.every((name, index) => path[index] === name);
}

/** A folder below `target`, made where it is not there. The caller releases it. */
async function folderAt(target: IMAPIFolder, path: readonly string[]): Promise<IMAPIFolder> {
  let folder = target.addRef();
  for (const name of path) {
    const parent = folder;
    try {
      folder = await parent.createFolder(name === '' ? '(no name)' : name, 'generic', { openIfExists: true });
    } finally {
      await parent.release();
    }
  }
  return folder;
}

interface Place {
  readonly events: PstImportEvents;
  readonly where: string;
}

async function importOne(
  folder: IMAPIFolder,
  message: PstMessage,
  names: NamedPropertyMap,
  kind: ContentsKind,
  { events, where }: Place,
): Promise<void> {
  events.read();
  try {
    await using source = openSourceMessage(await messageSource(message, names));
    await using copy = await folder.createMessage({ associated: kind === 'associated' });
    const { problems } = await copyTo(source, undefined, copy);
    const [flags] = (await source.getProps([PR_MESSAGE_FLAGS])).values;
    await copy.setProps([prop(PR_MESSAGE_FLAGS, (flags ?? MSGFLAG_READ) & ~MSGFLAG_SUBMIT)]);
    await copy.saveChanges();
    events.imported();
    for (const { tag, code } of problems) {
      if (code === 'MAPI_E_COMPUTED') continue; // the store says it itself
      events.failed(where, new MapiError(code, `without ${tagName(tag)}, which was not accepted`));
    }
  } catch (error) {
    events.failed(where, MapiError.from(error, 'pst'));
  }
}
