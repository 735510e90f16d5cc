/** .pst and .ost files for `mapi dump`. */
import type { RandomAccess } from '@nodemapi/base';
import { systemRandom } from '@nodemapi/base';
import {
  looksLikePst,
  NodeSet,
  type PstDiagnostic,
  PstFile,
  type PstFolder,
  type PstMessage,
} from '@nodemapi/format-pst';
import { NamedPropertyMap, openSourceMessage } from '@nodemapi/kit';
import {
  FOLDER_GENERIC,
  FOLDER_ROOT,
  FOLDER_SEARCH,
  type IMessage,
  PR_CONTAINER_CLASS,
  PR_CONTENT_COUNT,
  PR_ENTRYID,
  prop,
} from '@nodemapi/mapi';
import { messageSource } from '@nodemapi/store-pst';
import type { DumpDiagnostic, DumpFile, DumpFolder, DumpFormat, OpenDumpOptions } from './dump-file.ts';
import { none } from './dump-msg.ts';
import { pathPart } from './stores.ts';

/** Where messages are shown that no folder names. */
export const RECOVERED_PATH = '(recovered)';

export const PST_FORMAT: DumpFormat = {
  name: 'pst',
  recognise: (head) => looksLikePst(head),
  open: openPst,
};

/** One walk through a file. */
interface Walk {
  readonly file: PstFile;
  readonly names: NamedPropertyMap;
  /** Messages that a folder names; kept only if the others are wanted. */
  readonly reached: NodeSet | undefined;
}

/** A file whose trees lead nowhere is searched for what is left, asked or not. */
async function openPst(source: RandomAccess, options: OpenDumpOptions = {}): Promise<DumpFile> {
  const { recover = false, codePage } = options;
  const chosen = codePage === undefined ? {} : { codePage };
  const first = await PstFile.open(source, { ...chosen, recover });
  const isLost = !recover && !(await first.hasRootFolder());
  const file = isLost ? await PstFile.open(source, { ...chosen, recover: true }) : first;
  if (isLost) await file.rootFolder(); // or there is nothing
  file.limitReading();
  const names = new NamedPropertyMap(
    systemRandom,
    [...file.namedProperties].map(([id, name]) => ({ id, name })),
  );
  const walk: Walk = { file, names, reached: recover || isLost ? new NodeSet() : undefined };
  return {
    form: file.kind === 'ost' ? 'ost' : 'pst',
    folders: () => folders(walk),
    diagnostics: () => file.diagnostics.map(diagnostic),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* folders(walk: Walk): AsyncGenerator<DumpFolder> {
  for await (const { folder, path } of walk.file.folders()) {
    const isRoot = path.length === 0;
    yield {
      path: path.map(pathPart).join('/'),
      containerClass: (await folder.valueOrLost(PR_CONTAINER_CLASS)) ?? null,
      contentCount: (await folder.valueOrLost(PR_CONTENT_COUNT)) ?? null,
      folderType: folder.isSearch ? FOLDER_SEARCH : isRoot ? FOLDER_ROOT : FOLDER_GENERIC,
      messages: () => messages(walk, folder, 'messages'),
      associated: () => messages(walk, folder, 'associated'),
    };
  }
  const { reached } = walk;
  if (reached === undefined) return;
  yield {
    path: RECOVERED_PATH,
    containerClass: null,
    contentCount: null,
    folderType: FOLDER_GENERIC,
    messages: () => orphans(walk, reached),
    associated: () => none(),
  };
}

/** What a search folder lists lies in other folders, and is shown there. */
async function* messages(
  { file, names, reached }: Walk,
  folder: PstFolder,
  kind: 'messages' | 'associated',
): AsyncGenerator<IMessage> {
  if (folder.isSearch) return;
  for await (const message of folder.messages(kind)) {
    reached?.add(message.nid);
    yield await opened(file, names, message);
  }
}

async function* orphans({ file, names }: Walk, reached: NodeSet): AsyncGenerator<IMessage> {
  for await (const nid of file.orphans(reached)) {
    const message = await file.messageOrLost(nid);
    if (message !== undefined) yield await opened(file, names, message);
  }
}

async function opened(file: PstFile, names: NamedPropertyMap, message: PstMessage): Promise<IMessage> {
  return openSourceMessage(await messageSource(message, names, [prop(PR_ENTRYID, file.entryId(message.nid))]));
}

/** Checksums of the header protect nothing that was read. */
const HARMLESS: ReadonlySet<PstDiagnostic['code']> = new Set(['badHeader', 'unknownCodePage']);

function diagnostic(found: PstDiagnostic): DumpDiagnostic {
  return { ...found, loss: !HARMLESS.has(found.code) };
}
