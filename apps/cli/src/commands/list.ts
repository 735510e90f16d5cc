/** mapi list: a contents table. */
import {
  isPropError,
  jsonValue,
  openDefaultStore,
  openFolderByPath,
  PR_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  type PropTag,
  parseTag,
  type Row,
  type SortOrder,
  tagName,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, numberOption, textArg, textOption, UsageError } from '../command.ts';
import { layOut } from '../terminal.ts';
import { parseWhere, WHERE_HELP } from '../where.ts';

const DEFAULT_COLUMNS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
];
const ROWS_DEFAULT = 50;

function parseColumns(text: string | undefined): readonly PropTag[] {
  if (text === undefined) return DEFAULT_COLUMNS;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--columns needs at least one property');
  return names.map(parseTag);
}

function parseSort(text: string | undefined): readonly SortOrder[] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const [name = '', order = 'asc'] = part.trim().split(':');
    if (order !== 'asc' && order !== 'desc') throw new UsageError(`--sort ${part}: the order is asc or desc`);
    return { tag: parseTag(name), order: order === 'asc' ? 'ascend' : 'descend' };
  });
}

function rowJson(row: Row, columns: readonly PropTag[]): Readonly<Record<string, unknown>> {
  const entries = columns.flatMap((tag, index) => {
    const value = row[index];
    return value === undefined || isPropError(value) ? [] : [[tagName(tag), jsonValue(value)] as const];
  });
  return Object.fromEntries(entries);
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/u.test(value) ? value.slice(0, 19).replace('T', ' ') : value;
  return Array.isArray(value) ? value.map(cell).join('; ') : String(value);
}

const list: CommandSpec = {
  usage: 'list <folder>',
  summary: 'List the messages of a folder.',
  help: `Lists the messages of a folder, named by its path (see: mapi folders).\n\n${WHERE_HELP}\n\nExample: mapi list Inbox --where 'PR_SUBJECT contains "plan" and PR_MESSAGE_SIZE > 10000' --sort PR_MESSAGE_DELIVERY_TIME:desc`,
  options: [
    { flags: '--columns <tags>', description: 'properties to show, separated by commas' },
    { flags: '--where <expr>', description: 'only rows that satisfy the expression' },
    { flags: '--sort <tags>', description: 'TAG[:desc],…' },
    { flags: '--group <tag>', description: 'group by a property' },
    { flags: '--limit <n>', description: 'rows at most', default: String(ROWS_DEFAULT) },
    { flags: '--offset <n>', description: 'rows to pass over', default: '0' },
    { flags: '--associated', description: 'the hidden messages of the folder' },
  ],
  run: async (context, args, options) => {
    const columns = parseColumns(textOption(options, 'columns'));
    const sorts = parseSort(textOption(options, 'sort'));
    const group = textOption(options, 'group');
    const where = textOption(options, 'where');
    const restriction = where === undefined ? undefined : parseWhere(where);
    const limit = numberOption(options, 'limit') ?? ROWS_DEFAULT;
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      await using folder = await openFolderByPath(store, textArg(args, 0));
      await using table = await folder.getContentsTable({ associated: options.associated === true });
      await table.setColumns(columns);
      if (restriction !== undefined) await table.restrict(restriction);
      if (group !== undefined) {
        const tag = parseTag(group);
        await table.sortTable({ sorts: [{ tag, order: 'ascend' }, ...sorts], categories: 1, expanded: 1 });
      } else if (sorts.length > 0) await table.sortTable({ sorts });
      const total = await table.getRowCount();
      await table.seekRow('beginning', numberOption(options, 'offset') ?? 0);
      const rows: Row[] = [];
      while (rows.length < limit) {
        const next = await table.queryRows(Math.min(500, limit - rows.length));
        if (next.length === 0) break;
        rows.push(...next);
      }
      return { rows: rows.map((row) => rowJson(row, columns)), total };
    });
    context.print(result, () => {
      const names = columns.map(tagName);
      const shown = result.rows.map((row) =>
        names.map((name) => (name === 'PR_ENTRYID' ? cell(row[name]).slice(-12) : cell(row[name]))),
      );
      const more = result.total > result.rows.length ? `\n${result.rows.length} of ${result.total} rows` : '';
      return result.rows.length === 0
        ? 'No messages.'
        : layOut(context.io.terminal, names.map(columnTitle), shown) + more;
    });
    return EXIT_DONE;
  },
};

function columnTitle(name: string): string {
  return name.startsWith('PR_') ? name.slice(3).toLowerCase().replaceAll('_', ' ') : name;
}

export const LIST_COMMANDS: readonly CommandSpec[] = [list];
