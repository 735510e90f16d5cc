/** Read flags of saved messages, and the reports that come with them. spec: imessage-setreadflag, imapisupport-readreceipt */
import { MapiError } from '@nodemapi/base';
import { decideReadFlag, decodeProps, encodeProps, newMessageFlags } from '@nodemapi/kit';
import {
  MSGFLAG_NRN_PENDING,
  MSGFLAG_READ,
  MSGFLAG_RN_PENDING,
  PR_READ_RECEIPT_REQUESTED,
  type ReadFlagOptions,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { FolderHome } from './folder-home.ts';
import type { ChangeList } from './journal.ts';
import { MessageObject } from './message.ts';
import { loadDraft, newDraft } from './message-draft.ts';
import type { StoreContext } from './store-context.ts';

interface FlagRow {
  readonly folder: number;
  readonly flags: number;
  readonly props: Uint8Array;
}

/**
 * Sets or clears the read flag of a message at once; answers its PR_MESSAGE_FLAGS. Submitted messages stay as they are.
 *
 * @throws MAPI_E_NOT_FOUND; MAPI_E_INVALID_PARAMETER for combinations that exclude each other
 */
export async function applyReadFlag(context: StoreContext, row: number, options: ReadFlagOptions): Promise<number> {
  const { file } = context;
  const { flags, report } = await file.write((changes) => {
    const before = flagRow(context, row);
    const decision = decideReadFlag(before.flags, options);
    if (decision.clearRequest) clearReceiptRequest(context, row, before.props);
    writeFlags(context, changes, row, before, decision.flags);
    return { flags: decision.flags, report: decision.sendReadReport };
  });
  if (report) await sendReport(context, row, false);
  return flags;
}

/**
 * Makes a read or nonread report and puts it into the outgoing queue. If that fails the report stays pending: the
 * message has been read all the same.
 */
export async function sendReport(context: StoreContext, row: number, nonRead: boolean): Promise<void> {
  const { file, support } = context;
  const outbox = new FolderHome(context, file.folders.outbox ?? 1);
  const { folder } = flagRow(context, row);
  const home = new FolderHome(context, folder);
  await using read = new MessageObject(context, loadDraft(file.db, row), { writable: false, home });
  await using report = new MessageObject(context, newDraft(newMessageFlags(false), false), {
    writable: true,
    home: outbox,
  });
  try {
    await support.readReceipt(read, report, { nonRead });
    await report.submitMessage();
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    context.log.warn('no report was made', { error, nonRead });
    await file.write((changes) => {
      const before = flagRow(context, row);
      const pending = nonRead ? MSGFLAG_NRN_PENDING : MSGFLAG_RN_PENDING;
      writeFlags(context, changes, row, before, before.flags | pending);
    });
  }
}

function writeFlags(context: StoreContext, changes: ChangeList, row: number, before: FlagRow, flags: number): void {
  if (flags === before.flags) return;
  context.file.db.run(sql`UPDATE message SET flags = ${flags} WHERE id = ${row}`);
  changes.message('objectModified', row, before.folder);
  if (((flags ^ before.flags) & MSGFLAG_READ) !== 0) changes.folder('objectModified', before.folder);
}

function flagRow(context: StoreContext, row: number): FlagRow {
  const found = context.file.db.get<FlagRow>(sql`SELECT m.folder, m.flags, p.props
    FROM message m JOIN message_props p ON p.message = m.id WHERE m.id = ${row}`);
  if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `message ${row} is not there`);
  return found;
}

function clearReceiptRequest(context: StoreContext, row: number, bytes: Uint8Array): void {
  const { props, references } = decodeProps(bytes);
  const kept = props.filter(({ tag }) => tag !== PR_READ_RECEIPT_REQUESTED);
  const cleared = encodeProps([...kept, { tag: PR_READ_RECEIPT_REQUESTED, value: false }], references);
  context.file.db.run(sql`UPDATE message_props SET props = ${cleared} WHERE message = ${row}`);
}
