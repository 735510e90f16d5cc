/** mapi status: the status table. */
import {
  type IMAPISession,
  isPropError,
  jsonValue,
  listStores,
  MapiError,
  PR_DISPLAY_NAME,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  propOf,
  queryAllRows,
  type Row,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_INBOUND_ACTIVE,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  tagName,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_PARTIAL } from '../command.ts';
import type { Context } from '../context.ts';
import { storeFailureText } from '../store-failure.ts';
import { layOut } from '../terminal.ts';

const TYPES = new Map([
  [33, 'store'],
  [34, 'address book'],
  [35, 'address book provider'],
  [36, 'transport'],
  [37, 'spooler'],
  [38, 'profile provider'],
  [39, 'subsystem'],
  [40, 'hook'],
]);

function codeText(code: number): string {
  const words = [
    [STATUS_FAILURE, 'failure'],
    [STATUS_OFFLINE, 'offline'],
    [STATUS_AVAILABLE, 'available'],
    [STATUS_INBOUND_ACTIVE, 'receiving'],
    [STATUS_OUTBOUND_ACTIVE, 'sending'],
  ] as const;
  const said = words.filter(([bit]) => (code & bit) !== 0).map(([, word]) => word);
  return said.length === 0 ? `0x${code.toString(16)}` : said.join(', ');
}

/** Stores have no rows in the table; those that do not open are named on standard error. Answers whether all open. */
async function noteStores(context: Context, session: IMAPISession): Promise<boolean> {
  let allOpen = true;
  for (const row of await listStores(session)) {
    try {
      await (await session.openMsgStore(row.entryId, {})).release();
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      allOpen = false;
      context.note(storeFailureText(row.name, error));
    }
  }
  return allOpen;
}

const status: CommandSpec = {
  usage: 'status',
  summary: 'Show the status table.',
  help: 'Logs on and shows the status table of the session: the subsystem, the spooler, the address book and every provider.\nNothing is sent or received meanwhile. A message store that does not open is named on standard error.\n\nExit codes: 0 everything is available; 3 a resource is in failure, or a store does not open.',
  run: async (context) => {
    const { result } = await context.withSession({ onlyFlushes: true }, async ({ session }) => {
      const allOpen = await noteStores(context, session);
      await using table = await session.getStatusTable();
      await table.setColumns(await table.queryColumns({ all: true }));
      return { allOpen, rows: await queryAllRows(table, {}) };
    });
    const { allOpen, rows } = result;
    const json = rows.map((row: Row) =>
      Object.fromEntries(
        row.filter((value) => !isPropError(value)).map((value) => [tagName(value.tag), jsonValue(value)]),
      ),
    );
    context.print({ rows: json }, () =>
      layOut(
        context.io.terminal,
        ['resource', 'type', 'state', 'status'],
        rows.map((row) => [
          propOf(row, PR_DISPLAY_NAME) ?? '',
          TYPES.get(propOf(row, PR_RESOURCE_TYPE) ?? 0) ?? '',
          codeText(propOf(row, PR_STATUS_CODE) ?? 0),
          propOf(row, PR_STATUS_STRING) ?? '',
        ]),
      ),
    );
    const anyFailure = rows.some((row) => ((propOf(row, PR_STATUS_CODE) ?? 0) & STATUS_FAILURE) !== 0);
    return allOpen && !anyFailure ? EXIT_DONE : EXIT_PARTIAL;
  },
};

export const STATUS_COMMANDS: readonly CommandSpec[] = [status];
