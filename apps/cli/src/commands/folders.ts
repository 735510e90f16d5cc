/** mapi folders and mapi folder: the folder trees of every store, and new folders. */
import {
  AsyncStack,
  FOLDER_ROOT,
  FOLDER_SEARCH,
  getProp,
  type IMsgStore,
  listStores,
  MapiError,
  openDefaultStore,
  openSpecialFolder,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_TYPE,
  PR_SUBFOLDERS,
  pathPart,
  propOf,
  queryAllRows,
  splitPath,
  toHex,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_PARTIAL, textArg, UsageError } from '../command.ts';
import { storeFailureText } from '../store-failure.ts';
import { paint, printable } from '../terminal.ts';

interface FolderRow {
  readonly path: string;
  readonly entryId: string;
  readonly type: 'root' | 'generic' | 'search';
  readonly contentCount: number;
  readonly unread: number;
  readonly children: boolean;
  readonly depth: number;
  readonly name: string;
}

async function readTree(store: IMsgStore): Promise<readonly FolderRow[]> {
  await using root = await openSpecialFolder(store, 'ipmSubtree');
  await using table = await root.getHierarchyTable({ convenientDepth: true });
  const rows = await queryAllRows(table, {
    tags: [PR_DISPLAY_NAME, PR_ENTRYID, PR_DEPTH, PR_FOLDER_TYPE, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_SUBFOLDERS],
  });
  const path: string[] = [];
  return rows.map((row) => {
    const depth = propOf(row, PR_DEPTH) ?? 0;
    const name = propOf(row, PR_DISPLAY_NAME) ?? '';
    path.splice(depth, path.length, pathPart(name));
    const type = propOf(row, PR_FOLDER_TYPE);
    return {
      path: path.join('/'),
      entryId: toHex(propOf(row, PR_ENTRYID) ?? new Uint8Array()),
      type: type === FOLDER_ROOT ? 'root' : type === FOLDER_SEARCH ? 'search' : 'generic',
      contentCount: propOf(row, PR_CONTENT_COUNT) ?? 0,
      unread: propOf(row, PR_CONTENT_UNREAD) ?? 0,
      children: propOf(row, PR_SUBFOLDERS) === true,
      depth,
      name,
    };
  });
}

const folders: CommandSpec = {
  usage: 'folders',
  summary: 'Show the folder trees.',
  help: 'Shows the folders of every store of the profile. Paths below the IPM subtree, such as Inbox or Projects/2026, are\nwhat other commands take as FOLDER. A store that does not open is named on standard error.\n\nExit codes: 0 everything; 3 a store does not open.',
  options: [
    { flags: '--counts', description: 'show how many messages are in each folder, and how many of them unread' },
  ],
  run: async (context, _args, options) => {
    let failed: MapiError | undefined;
    const { result: stores } = await context.withSession({ noMail: true }, async ({ session }) => {
      const result = [];
      const rows = await listStores(session);
      for (const row of rows) {
        try {
          await using store = await session.openMsgStore(row.entryId, { noMail: true });
          const tree = await readTree(store);
          result.push({ name: row.name, entryId: toHex(row.entryId), default: row.default, folders: tree });
        } catch (error) {
          failed = MapiError.from(error, 'mapi');
          if (row.default || rows.length === 1) throw failed;
          context.note(storeFailureText(row.name, failed));
        }
      }
      return result;
    });
    const json = {
      stores: stores.map((store) => ({
        ...store,
        folders: store.folders.map(({ depth: _depth, name: _name, ...rest }) => rest),
      })),
    };
    context.print(json, () =>
      stores
        .map((store) => {
          const title = `${paint(context.io.terminal, 'bold', printable(store.name))}${store.default ? ' (default)' : ''}`;
          const lines = store.folders.map((folder) => {
            const counts =
              options.counts === true
                ? paint(context.io.terminal, 'dim', `  ${folder.contentCount}, ${folder.unread} unread`)
                : '';
            return `${'  '.repeat(folder.depth + 1)}${printable(folder.name)}${counts}`;
          });
          return [title, ...lines].join('\n');
        })
        .join('\n'),
    );
    return failed === undefined ? EXIT_DONE : EXIT_PARTIAL;
  },
};

const create: CommandSpec = {
  usage: 'folder create <path>',
  summary: 'Make a folder.',
  help: 'Makes a folder of the default store, with those above it that are not there. A folder that is there already is left\nas it is.\n\nExample: mapi folder create Archive/2026',
  run: async (context, args) => {
    const path = textArg(args, 0);
    const names = splitPath(path);
    if (names.length === 0) throw new UsageError('write the path of a folder, such as Archive/2026');
    const { result: entryId } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using open = new AsyncStack();
      const store = open.use(await openDefaultStore(session));
      let folder = open.use(await openSpecialFolder(store, 'ipmSubtree'));
      for (const name of names) folder = open.use(await folder.createFolder(name, 'generic', { openIfExists: true }));
      return toHex((await getProp(folder, PR_ENTRYID)) ?? new Uint8Array());
    });
    context.print({ path: names.map(pathPart).join('/'), entryId }, () => {
      return `${paint(context.io.terminal, 'green', '✓')} the folder "${printable(path)}" is there`;
    });
    return EXIT_DONE;
  },
};

export const FOLDER_COMMANDS: readonly CommandSpec[] = [folders, create];
