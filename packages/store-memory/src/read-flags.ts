/** Read flags of messages, and the reports that come with them. spec: imessage-setreadflag, imapisupport-readreceipt */
import { checkReadFlagOptions, decideReadFlag, newMessageFlags } from '@nodemapi/kit';
import {
  MapiError,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  PR_IPM_OUTBOX_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  prop,
  type ReadFlagOptions,
} from '@nodemapi/mapi';
import { valueIn, withProps } from './content.ts';
import { folderIdOf } from './entry-ids.ts';
import { changeFlags } from './folder-changes.ts';
import { MemoryMessage } from './message.ts';
import { messageModified } from './message-changes.ts';
import { FolderHome } from './message-home.ts';
import type { StoreContext } from './store-context.ts';
import type { MessageRecord } from './store-data.ts';

/**
 * Sets or clears the read flag of one message, permanently; answers whether it could be done.
 *
 * Messages that are gone, submitted or open for writing stay as they are; pending reports can be cleared on the last.
 *
 * @throws MAPI_E_INVALID_PARAMETER for combinations that exclude each other
 */
export async function applyReadFlag(
  context: StoreContext,
  record: MessageRecord | undefined,
  options: ReadFlagOptions,
): Promise<boolean> {
  checkReadFlagOptions(options);
  const { data } = context;
  if (record === undefined || data.messages.get(record.id) !== record) return false;
  if ((record.flags & MSGFLAG_SUBMIT) !== 0) return false;
  const onlyPending = options.clearReadPending === true || options.clearNonReadPending === true;
  if (record.writers > 0 && !onlyPending) return false;
  const decision = decideReadFlag(record.flags, options);
  if (decision.flags !== record.flags || decision.clearRequest) {
    data.transact((tx) => {
      if (decision.clearRequest) {
        const props = withProps(record.content.props, [prop(PR_READ_RECEIPT_REQUESTED, false)]);
        record.content = { ...record.content, props };
      }
      changeFlags(data, tx, record, decision.flags);
      messageModified(data, tx, record);
    });
  }
  if (decision.sendReadReport && valueIn(record.content.props, PR_READ_RECEIPT_REQUESTED) === true) {
    await sendReport(context, record, false);
  }
  return true;
}

/**
 * Makes a read or nonread report and puts it into the outgoing queue. If that fails the report stays pending: the
 * message has been read all the same.
 */
export async function sendReport(context: StoreContext, record: MessageRecord, nonRead: boolean): Promise<void> {
  const { data } = context;
  const writer = context.writableTwin();
  const outbox = valueIn(data.props, PR_IPM_OUTBOX_ENTRYID);
  if (outbox === undefined) return;
  const read = new MemoryMessage(context, new FolderHome(context, record.folderId, record.associated, record), false);
  const home = new FolderHome(writer, folderIdOf(data.uid, outbox), false);
  const report = new MemoryMessage(writer, home, true, newMessageFlags(false));
  try {
    await context.support.readReceipt(read, report, { nonRead });
    await report.submitMessage();
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    context.log.warn('no report was made', { error, nonRead });
    const pending = nonRead ? MSGFLAG_NRN_PENDING : MSGFLAG_RN_PENDING;
    if (data.messages.get(record.id) === record) {
      data.transact((tx) => changeFlags(data, tx, record, record.flags | pending));
    }
  } finally {
    await read.release();
    await report.release();
  }
}
