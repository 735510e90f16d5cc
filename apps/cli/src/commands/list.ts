/** mapi list: a contents table. */
import {
  fileTimeToIso,
  type IMAPITable,
  isPropError,
  jsonValue,
  MapiError,
  MSGFLAG_HASATTACH,
  MSGFLAG_READ,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  openDefaultStore,
  openFolderByPath,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_ORIGINAL_SUBJECT,
  PR_ROW_TYPE,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  type PropTag,
  propOf,
  type Restriction,
  type Row,
  type SortOrder,
  TBL_LEAF_ROW,
  tagName,
  toHex,
} from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  numberOption,
  tagOf,
  tagsOf,
  textArg,
  textOption,
  UsageError,
} from '../command.ts';
import { reportTitle } from '../report-text.ts';
import { shortIds } from '../short-id.ts';
import { bytesText, layOut, type Terminal } from '../terminal.ts';
import { parseWhere } from '../where.ts';

const DEFAULT_COLUMNS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_MESSAGE_CLASS,
  PR_ORIGINAL_SUBJECT,
  PR_CLIENT_SUBMIT_TIME,
];
const ROWS_DEFAULT = 50;
/** Rows that are read in one go. */
const rowsPerQuery = 500;

function parseSort(text: string | undefined): readonly SortOrder[] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const [name = '', order = 'asc'] = part.trim().split(':');
    if (order !== 'asc' && order !== 'desc') throw new UsageError(`--sort ${part}: the order is asc or desc`);
    return { tag: tagOf('sort', name), order: order === 'asc' ? 'ascend' : 'descend' };
  });
}

/** What tells headings from messages. */
const GROUP_COLUMNS: readonly PropTag[] = [PR_ROW_TYPE, PR_CONTENT_COUNT, PR_CONTENT_UNREAD];

/** What is shown, and of which rows. */
interface Wanted {
  /** What is read; with groups more than is shown. */
  readonly columns: readonly PropTag[];
  readonly shown: readonly PropTag[];
  readonly sorts: readonly SortOrder[];
  readonly group: PropTag | undefined;
  readonly restriction: Restriction | undefined;
  readonly limit: number;
  readonly offset: number;
}

function wantedOf(options: CommandOptions): Wanted {
  const columns = textOption(options, 'columns');
  const group = textOption(options, 'group');
  const where = textOption(options, 'where');
  const shown = columns === undefined ? DEFAULT_COLUMNS : tagsOf('columns', columns);
  const ofGroups = group === undefined ? [] : [tagOf('group', group), ...GROUP_COLUMNS];
  return {
    shown,
    columns: [...new Set([...shown, ...ofGroups])],
    sorts: parseSort(textOption(options, 'sort')),
    group: group === undefined ? undefined : tagOf('group', group),
    restriction: where === undefined ? undefined : parseWhere(where),
    limit: numberOption(options, 'limit') ?? ROWS_DEFAULT,
    offset: numberOption(options, 'offset') ?? 0,
  };
}

async function readRows(table: IMAPITable, wanted: Wanted): Promise<{ rows: readonly Row[]; total: number }> {
  await table.setColumns(wanted.columns);
  if (wanted.restriction !== undefined) await table.restrict(wanted.restriction);
  if (wanted.group !== undefined) await groupBy(table, wanted.group, wanted.sorts);
  else if (wanted.sorts.length > 0) await table.sortTable({ sorts: wanted.sorts });
  const total = await table.getRowCount();
  await table.seekRow('beginning', wanted.offset);
  const rows: Row[] = [];
  while (rows.length < wanted.limit) {
    const next = await table.queryRows(Math.min(rowsPerQuery, wanted.limit - rows.length));
    if (next.length === 0) break;
    rows.push(...next);
  }
  return { rows, total };
}

async function groupBy(table: IMAPITable, tag: PropTag, sorts: readonly SortOrder[]): Promise<void> {
  try {
    await table.sortTable({ sorts: [{ tag, order: 'ascend' }, ...sorts], categories: 1, expanded: 1 });
  } catch (cause) {
    if (!MapiError.is(cause, 'MAPI_E_TOO_COMPLEX') && !MapiError.is(cause, 'MAPI_E_NO_SUPPORT')) throw cause;
    const instead = `sort by it instead: --sort ${tagName(tag)}`;
    throw new MapiError(cause.code, `this message store cannot group rows; ${instead}`, { cause });
  }
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

/** Titles and texts of the columns that are shown if none are chosen. */
function summaryText(terminal: Terminal, rows: readonly Row[], group: PropTag | undefined): string {
  const ids = shortIds(rows.map((row) => toHex(propOf(row, PR_ENTRYID) ?? new Uint8Array())));
  const cells = rows.map((row, index) => {
    if (isHeading(row)) return headingCells(row, group);
    return [
      ids[index] ?? '',
      cell(timeText(row)),
      fromText(row),
      subjectText(row),
      flagsText(propOf(row, PR_MESSAGE_FLAGS) ?? 0),
      bytesText(propOf(row, PR_MESSAGE_SIZE) ?? 0),
    ];
  });
  return layOut(terminal, ['id', 'time', 'from', 'subject', 'state', 'size'], cells);
}

/** Whether the row stands for a group of messages. */
function isHeading(row: Row): boolean {
  return (propOf(row, PR_ROW_TYPE) ?? TBL_LEAF_ROW) !== TBL_LEAF_ROW;
}

function headingCells(row: Row, group: PropTag | undefined): readonly string[] {
  const value = row.find((entry) => entry.tag === group);
  const name = value === undefined || isPropError(value) ? '(none)' : cell(jsonValue(value));
  const unread = propOf(row, PR_CONTENT_UNREAD) ?? 0;
  return ['', '', '', `${name}: ${propOf(row, PR_CONTENT_COUNT) ?? 0}`, unread === 0 ? '' : `${unread} unread`, ''];
}

/** When a message came, or was submitted. */
function timeText(row: Row): string {
  const time = propOf(row, PR_MESSAGE_DELIVERY_TIME) ?? propOf(row, PR_CLIENT_SUBMIT_TIME);
  return time === undefined ? '' : fileTimeToIso(time);
}

/** A report that names no sender comes from the mail system. */
function fromText(row: Row): string {
  const name = propOf(row, PR_SENT_REPRESENTING_NAME) ?? '';
  return name === '' && reportTitle(propOf(row, PR_MESSAGE_CLASS) ?? '') !== undefined ? 'Mail delivery' : name;
}

/** A report has no subject of its own: who shows it makes one. spec: required-report-message-properties */
function subjectText(row: Row): string {
  const subject = propOf(row, PR_SUBJECT);
  if (subject !== undefined && subject !== '') return subject;
  const original = propOf(row, PR_ORIGINAL_SUBJECT);
  const title = reportTitle(propOf(row, PR_MESSAGE_CLASS) ?? '');
  return title === undefined ? '(no subject)' : `${title}: ${original ?? ''}`;
}

function flagsText(flags: number): string {
  const words = [
    (flags & MSGFLAG_SUBMIT) !== 0 ? 'queued' : (flags & MSGFLAG_UNSENT) !== 0 ? 'draft' : '',
    (flags & MSGFLAG_READ) === 0 ? 'unread' : '',
    (flags & MSGFLAG_HASATTACH) !== 0 ? 'files' : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** What is shown of the columns that were read; one may be shown twice. */
function columnsText(terminal: Terminal, rows: readonly Row[], { columns, shown }: Wanted): string {
  const ids = shortIds(rows.map((row) => toHex(propOf(row, PR_ENTRYID) ?? new Uint8Array())));
  const cells = rows.map((row, rowIndex) =>
    shown.map((tag) => {
      const value = row[columns.indexOf(tag)];
      if (value === undefined || isPropError(value)) return '';
      return tag === PR_ENTRYID ? (ids[rowIndex] ?? '') : cell(jsonValue(value));
    }),
  );
  return layOut(terminal, shown.map(columnTitle), cells);
}

function columnTitle(tag: PropTag): string {
  const name = tagName(tag);
  if (tag === PR_ENTRYID) return 'id';
  return name.startsWith('PR_') ? name.slice(3).toLowerCase().replaceAll('_', ' ') : name;
}

const list: CommandSpec = {
  usage: 'list <folder>',
  summary: 'List the messages of a folder.',
  help: [
    'Lists the messages of a folder of the default store, named by its path (see: mapi folders). The id is the end of the',
    'entry identifier and enough for mapi show; --json has it whole.',
    '',
    'For the expressions of --where: mapi help where. TAG is a property such as PR_SUBJECT.',
    '',
    `Example: mapi list Inbox --where 'PR_SUBJECT contains "plan"' --sort PR_MESSAGE_DELIVERY_TIME:desc`,
  ].join('\n'),
  options: [
    { flags: '--columns <tags>', description: 'properties to show: TAG,TAG,…' },
    { flags: '--where <expr>', description: 'only rows that satisfy the expression (see: mapi help where)' },
    { flags: '--sort <tags>', description: 'TAG[:desc],…' },
    { flags: '--group <tag>', description: 'group by a property; headings have PR_ROW_TYPE 3 and PR_CONTENT_COUNT' },
    { flags: '--limit <n>', description: 'rows at most', default: String(ROWS_DEFAULT) },
    { flags: '--offset <n>', description: 'rows to pass over', default: '0' },
    { flags: '--associated', description: 'the hidden messages of the folder' },
  ],
  run: async (context, args, options) => {
    const wanted = wantedOf(options);
    const chosen = textOption(options, 'columns') !== undefined;
    const { result } = await context.withSession({ noMail: true }, async ({ session }) => {
      await using store = await openDefaultStore(session);
      await using folder = await openFolderByPath(store, textArg(args, 0));
      await using table = await folder.getContentsTable({ associated: options.associated === true });
      return await readRows(table, wanted);
    });
    const { rows, total } = result;
    context.print({ rows: rows.map((row) => rowJson(row, wanted.columns)), total }, () => {
      if (rows.length === 0) return total === 0 ? 'No messages.' : `No messages from number ${wanted.offset + 1} on.`;
      const { terminal } = context.io;
      return chosen ? columnsText(terminal, rows, wanted) : summaryText(terminal, rows, wanted.group);
    });
    if (rows.length > 0 && total > rows.length)
      context.note(
        `rows ${wanted.offset + 1} to ${wanted.offset + rows.length} of ${total}; more with --limit and --offset`,
      );
    return EXIT_DONE;
  },
};

export const LIST_COMMANDS: readonly CommandSpec[] = [list];
