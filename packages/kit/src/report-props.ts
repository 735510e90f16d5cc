/** What a report takes over from the message that it is about, and who it comes from. spec: required-report-message-properties */
import {
  type IMessage,
  isPropError,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONTENT_CORRELATOR,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_IMPORTANCE,
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
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import type { SessionIdentity } from './spooler-port.ts';

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

/** The values that the report takes over, those that are there. */
export async function originalProps(original: IMessage): Promise<readonly PropValue[]> {
  const { props } = await original.getProps(TAKEN.map(([from]) => from));
  return props.flatMap((found, index) => {
    const to = TAKEN[index]?.[1];
    return to === undefined || isPropError(found) ? [] : [{ tag: to, value: found.value }];
  });
}

/** PR_SENDER_* of the session; the name "Unknown" if it has no identity. spec: pidtagsendername-canonical-property */
export function sessionSenderProps(identity: SessionIdentity | undefined): readonly PropValue[] {
  if (identity === undefined) return [prop(PR_SENDER_NAME, 'Unknown')];
  return [
    prop(PR_SENDER_NAME, identity.displayName),
    prop(PR_SENDER_ADDRTYPE, identity.addrType),
    prop(PR_SENDER_EMAIL_ADDRESS, identity.emailAddress),
    prop(PR_SENDER_ENTRYID, identity.entryId),
    prop(PR_SENDER_SEARCH_KEY, searchKeyOf(identity.addrType, identity.emailAddress)),
  ];
}
