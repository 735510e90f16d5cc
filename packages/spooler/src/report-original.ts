/** What a report takes over from the message that it is about. spec: required-report-message-properties */
import {
  type IMessage,
  isPropError,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONTENT_CORRELATOR,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_DELIVER_TIME,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_DSN_REMOTE_MTA,
  PR_IMPORTANCE,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_ORIGINAL_DISPLAY_BCC,
  PR_ORIGINAL_DISPLAY_CC,
  PR_ORIGINAL_DISPLAY_TO,
  PR_ORIGINAL_SENDER_ADDRTYPE,
  PR_ORIGINAL_SENDER_EMAIL_ADDRESS,
  PR_ORIGINAL_SENDER_ENTRYID,
  PR_ORIGINAL_SENDER_NAME,
  PR_ORIGINAL_SENDER_SEARCH_KEY,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_PRIORITY,
  PR_REPORT_TAG,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
} from '@nodemapi/mapi';
import { isSpoolerTag, readRecipients } from './record.ts';

/** Property of the original, and the one of the report that takes its value. */
const TAKEN: readonly (readonly [from: PropTag, to: PropTag])[] = [
  [PR_DISPLAY_TO, PR_ORIGINAL_DISPLAY_TO],
  [PR_DISPLAY_CC, PR_ORIGINAL_DISPLAY_CC],
  [PR_DISPLAY_BCC, PR_ORIGINAL_DISPLAY_BCC],
  [PR_SUBJECT, PR_ORIGINAL_SUBJECT],
  [PR_CLIENT_SUBMIT_TIME, PR_ORIGINAL_SUBMIT_TIME],
  [PR_CONVERSATION_INDEX, PR_CONVERSATION_INDEX],
  [PR_CONVERSATION_TOPIC, PR_CONVERSATION_TOPIC],
  [PR_REPORT_TAG, PR_REPORT_TAG],
  [PR_CONTENT_CORRELATOR, PR_CONTENT_CORRELATOR],
  [PR_PRIORITY, PR_PRIORITY],
  [PR_IMPORTANCE, PR_IMPORTANCE],
  [PR_SENDER_NAME, PR_ORIGINAL_SENDER_NAME],
  [PR_SENDER_ADDRTYPE, PR_ORIGINAL_SENDER_ADDRTYPE],
  [PR_SENDER_EMAIL_ADDRESS, PR_ORIGINAL_SENDER_EMAIL_ADDRESS],
  [PR_SENDER_ENTRYID, PR_ORIGINAL_SENDER_ENTRYID],
  [PR_SENDER_SEARCH_KEY, PR_ORIGINAL_SENDER_SEARCH_KEY],
];

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

/** The values that the report takes over, those that are there. */
export async function originalProps(original: IMessage): Promise<readonly PropValue[]> {
  const { props } = await original.getProps(TAKEN.map(([from]) => from));
  return props.flatMap((found, index) => {
    const to = TAKEN[index]?.[1];
    return to === undefined || isPropError(found) ? [] : [{ tag: to, value: found.value }];
  });
}

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
