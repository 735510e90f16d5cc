/** What a report takes over from the message that it is about. spec: required-report-message-properties */
import {
  type IMessage,
  PR_DELIVER_TIME,
  PR_DSN_REMOTE_MTA,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_RESPONSIBILITY,
  PR_ROWID,
  type PropTag,
} from '@nodemapi/mapi';
import { isSpoolerTag, readRecipients } from './record.ts';

/** What a delivery has written into a recipient row. */
const DELIVERY: ReadonlySet<PropTag> = new Set<PropTag>([
  PR_RESPONSIBILITY,
  PR_DELIVER_TIME,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_DSN_REMOTE_MTA,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
]);

/** Copies the original as it looked when it was submitted: without what the spooler has written into it. */
export async function copyOriginal(original: IMessage, copy: IMessage): Promise<void> {
  const own = (await original.getPropList()).filter(isSpoolerTag);
  await original.copyTo(copy, own.length > 0 ? own : undefined);
  const left = (await copy.getPropList()).filter(isSpoolerTag);
  if (left.length > 0) await copy.deleteProps(left);
  const recipients = await readRecipients(original);
  const rows = recipients.map(({ row }) => row.filter(({ tag }) => !isAdded(tag)));
  await copy.modifyRecipients('replace', rows);
}

/** What is in a row only since somebody sends it; a new list gives its own PR_ROWID. */
function isAdded(tag: PropTag): boolean {
  return isSpoolerTag(tag) || tag === PR_ROWID || DELIVERY.has(tag);
}
