/** What tests of transports do again and again. */
import { newGuid, systemRandom } from '@nodemapi/base';
import {
  type IXPLogon,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_INTERNET_MESSAGE_ID,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_STATUS_CODE,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  type Row,
  type SubmitResult,
} from '@nodemapi/mapi';
import { MessageDouble } from './message-double.ts';
import type { Address } from './transport-fixture.ts';

/** MAPI_TO and SMTP if nothing else is said. */
export type TestRecipient = readonly [emailAddress: string, type?: number, addrType?: string];

/** A message with recipients that nobody has taken yet; the first PR_ROWID is 1. */
export async function messageDoubleTo(
  recipients: readonly TestRecipient[],
  values: readonly PropValue[],
): Promise<MessageDouble> {
  const message = new MessageDouble(values);
  await message.modifyRecipients(
    'replace',
    recipients.map(([emailAddress, type = MAPI_TO, addrType = 'SMTP']) => [
      prop(PR_RECIPIENT_TYPE, type),
      prop(PR_DISPLAY_NAME, emailAddress),
      prop(PR_ADDRTYPE, addrType),
      prop(PR_EMAIL_ADDRESS, emailAddress),
      prop(PR_RESPONSIBILITY, false),
    ]),
  );
  return message;
}

export interface SubmitSteps {
  /** Hears that the message is offered, and may refuse that. */
  readonly onOffer?: () => void;
  /** The rows that are offered; all of them if omitted. */
  readonly rowIds?: readonly number[];
  readonly signal?: AbortSignal;
}

/** Offers a message to a transport. */
export function submit(logon: IXPLogon, message: MessageDouble, steps: SubmitSteps = {}): Promise<SubmitResult> {
  const rowIds = steps.rowIds ?? message.recipients.map((row) => propOf(row, PR_ROWID) ?? -1);
  const { signal = new AbortController().signal, onOffer } = steps;
  return logon.submitMessage(message, { rowIds, signal, ...(onOffer === undefined ? {} : { onOffer }) });
}

/** Outcomes by PR_ROWID, in their order. */
export function outcomesOf({ outcomes }: SubmitResult): readonly string[] {
  return [...outcomes].sort((a, b) => a.rowId - b.rowId).map(({ outcome }) => outcome);
}

/** A message with one recipient per address, as the spooler hands it over. */
export function suiteMessageTo(addresses: readonly Address[]): Promise<MessageDouble> {
  const id = `<${newGuid(systemRandom)}@conformance.test>`;
  const recipients = addresses.map(({ addrType, emailAddress }) => [emailAddress, MAPI_TO, addrType] as const);
  return messageDoubleTo(recipients, [prop(PR_SUBJECT, 'Suite'), prop(PR_INTERNET_MESSAGE_ID, id)]);
}

/** Whether a bit is set in PR_STATUS_CODE of a status row. */
export function hasStatusBit(row: Row, bit: number): boolean {
  return ((propOf(row, PR_STATUS_CODE as PropTag<number>) ?? 0) & bit) !== 0;
}
