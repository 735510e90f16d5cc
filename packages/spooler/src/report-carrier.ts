/**
 * Reports that go to somebody else than the sender: PR_REPORT_ENTRYID names whom.
 *
 * The report is sent as it is, in the form of a resent message: those whom it is about stay in its list, marked as served
 * (MAPI_SUBMITTED), and whom it goes to is an envelope row (MAPI_P1), which stands in no list that a receiver sees. So
 * it goes the way of all outgoing mail, and a transport for Internet mail makes a multipart/report of it.
 *
 * spec: mapi-report-messages, pidtagreportentryid-canonical-property
 */
import { bytesEqual, type Log } from '@nodemapi/base';
import type { ReportAddress, SpoolerHost } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  decodeOneOff,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_P1,
  MAPI_SUBMITTED,
  MAPI_TO,
  MapiError,
  MSGFLAG_READ,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  PR_ADDRTYPE,
  PR_DELETE_AFTER_SUBMIT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_RECIPIENT_TYPE,
  PR_REPORT_ENTRYID,
  PR_REPORT_NAME,
  PR_REPORT_TEXT,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  recipientKind,
  resProperty,
  searchKeyOf,
} from '@nodemapi/mapi';
import { addressText, isSpoolerTag, type MessageRecord, readRecipients, withValues } from './record.ts';

/** What a carrier has besides the report: it goes away when it was sent. */
export const CARRIER_PROPS: readonly PropValue[] = [
  prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT | MSGFLAG_READ),
  prop(PR_DELETE_AFTER_SUBMIT, true),
];

/** Whom the reports about a message go to; undefined: the sender, also where nobody knows the address of another. */
export async function reportAddressee(
  original: IMessage,
  host: SpoolerHost,
  log: Log,
): Promise<ReportAddress | undefined> {
  const tags = [PR_REPORT_ENTRYID, PR_REPORT_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS] as const;
  const [entryId, name, senderType, senderAddress] = (await original.getProps(tags)).values;
  if (entryId === undefined || entryId.length === 0) return undefined;
  const found = decodeOneOff(entryId) ?? (await host.resolveAddress?.(entryId));
  if (found === undefined) {
    log.warn('nobody knows the address that reports are to go to; the sender gets them');
    return undefined;
  }
  const { addrType, emailAddress } = found;
  const key = searchKeyOf(addrType, emailAddress);
  const identity = await host.identity();
  const isKeyOf = (type = '', address = ''): boolean => bytesEqual(searchKeyOf(type, address), key);
  if (isKeyOf(senderType, senderAddress) || isKeyOf(identity?.addrType, identity?.emailAddress)) return undefined;
  return { displayName: name ?? emailAddress, addrType, emailAddress, entryId };
}

/** The recipients of a report, and whom it goes to. */
export function carrierRows(rows: AdrList, to: ReportAddress): AdrList {
  const reported = rows.map((row) => {
    const type = recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO);
    return withValues(row, [prop(PR_RECIPIENT_TYPE, (type | MAPI_SUBMITTED) >>> 0)]);
  });
  return [...reported, envelopeRow(to)];
}

function envelopeRow({ displayName, addrType, emailAddress, entryId }: ReportAddress): AdrEntry {
  return [
    prop(PR_RECIPIENT_TYPE, MAPI_P1),
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_ADDRTYPE, addrType),
    prop(PR_EMAIL_ADDRESS, emailAddress),
    prop(PR_ENTRYID, entryId),
    prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress)),
  ];
}

/** Whether a message is a report on its way to somebody else. */
export function isCarrier({ messageClass, recipients }: Pick<MessageRecord, 'messageClass' | 'recipients'>): boolean {
  return /^REPORT\./iu.test(messageClass) && recipients.some(({ row }) => isEnvelope(row));
}

function isEnvelope(row: AdrEntry): boolean {
  return recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) === MAPI_P1;
}

/** The outbox of a store, for writing; the caller releases it. @throws MAPI_E_NO_SUPPORT if there is none */
export async function openOutbox(store: IMsgStore): Promise<IMAPIFolder> {
  const [entryId] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID])).values;
  if (entryId === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'there is no outbox for reports to others');
  return store.openEntry(entryId, { iid: 'IMAPIFolder', modify: true });
}

/**
 * Submits a carrier that was saved by somebody who died before he submitted it.
 *
 * @returns whether there is one, submitted or not
 */
export async function submitLeft(outbox: IMAPIFolder, id: string): Promise<boolean> {
  await using table = await outbox.getContentsTable();
  await table.setColumns([PR_ENTRYID, PR_MESSAGE_FLAGS]);
  await table.restrict(resProperty('EQ', PR_INTERNET_MESSAGE_ID, id));
  const [row] = await table.queryRows(1);
  const entryId = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  if (row === undefined || entryId === undefined) return false;
  if (((propOf(row, PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_SUBMIT) !== 0) return true;
  try {
    await using carrier = await outbox.openEntry(entryId, { iid: 'IMessage', modify: true });
    await carrier.submitMessage();
  } catch (error) {
    if (!MapiError.is(error) || !BY_OTHERS.has(error.code)) throw error;
  }
  return true;
}

/** Another spooler has submitted it meanwhile, or has even sent it. */
const BY_OTHERS: ReadonlySet<string> = new Set(['MAPI_E_SUBMITTED', 'MAPI_E_NOT_FOUND', 'MAPI_E_OBJECT_CHANGED']);

/** Fills a message with the report that could not be sent on, as the sender gets it in place of another. */
export async function fillFromCarrier(carrier: IMessage, report: IMessage, failed: MessageRecord): Promise<void> {
  const own = (await carrier.getPropList()).filter(isSpoolerTag);
  await carrier.copyTo(report, [PR_MESSAGE_RECIPIENTS, PR_MESSAGE_FLAGS, PR_DELETE_AFTER_SUBMIT, ...own]);
  const [text = ''] = (await carrier.getProps([PR_REPORT_TEXT])).values;
  const why = failed.recipients.map((one) => `not sent on to ${addressText(one)}: ${one.error ?? 'not delivered'}`);
  await report.setProps([prop(PR_MESSAGE_FLAGS, 0), prop(PR_REPORT_TEXT, [text, ...why].join('\r\n'))]);
  const rows = (await readRecipients(carrier)).map(({ row }) => row).filter((row) => !isEnvelope(row));
  await report.modifyRecipients('replace', rows.map(reportedRow));
}

function reportedRow(row: AdrEntry): AdrEntry {
  const type = recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO);
  const left: ReadonlySet<PropTag> = new Set<PropTag>([PR_ROWID, PR_RESPONSIBILITY]);
  return withValues(row, [prop(PR_RECIPIENT_TYPE, type)]).filter(({ tag }) => !isSpoolerTag(tag) && !left.has(tag));
}
