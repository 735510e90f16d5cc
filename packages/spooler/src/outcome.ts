/**
 * What an attempt does to a recipient's record: pure functions.
 *
 * PR_RESPONSIBILITY is TRUE for the delivered and for the failed, and for nobody else. That a recipient may have been
 * sent to is never forgotten: the note stays in its error text whatever comes after.
 */
import { type FileTime, fileTimeToIso } from '@nodemapi/base';
import {
  type OutgoingState,
  PR_DELIVER_TIME,
  PR_DSN_REMOTE_MTA,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  type PropValue,
  prop,
  type RecipientOutcome,
} from '@nodemapi/mapi';
import { type NdrCodes, ndrCodes } from './ndr-code.ts';
import { type MessageRecord, type RecipientRecord, withAdded } from './record.ts';

/** What stands between the note of an attempt before and what was answered since, now and in homes of older versions. */
const SINCE = '; not sent again: ';
const BEFORE = /^may have been sent[^;]*; (?:then: |not sent again: )?/u;
const REMEMBERED = /^may have been sent[^;]*; (?:then|not sent again): /u;
const NOTE = /^may have been sent[^;]*/u;

/** Which reports the originator wants. */
type Wants = Pick<MessageRecord, 'wantsDeliveryReport' | 'wantsNonDeliveryReport'>;

/** The recipient after the transport's answer; 'notMine' leaves it open for the next transport. */
export function withOutcome(
  recipient: RecipientRecord,
  outcome: RecipientOutcome,
  wants: Wants,
  now: FileTime,
): RecipientRecord {
  switch (outcome.outcome) {
    case 'delivered':
      return delivered(recipient, wants, now);
    case 'failed':
      return failed(recipient, answerText(outcome, 'refused'), ndrCodes(outcome), wants, now, outcome.remote);
    case 'deferred':
      return waiting(recipient, answerText(outcome, 'deferred'));
    case 'notMine':
      return waiting(recipient, answerText(outcome, 'declined by the transport'));
    case 'unknown':
      return unknown(recipient, outcome.text ?? 'the answer was lost');
  }
}

/** Served: the next system has taken it. */
function delivered(recipient: RecipientRecord, wants: Wants, now: FileTime): RecipientRecord {
  const note = NOTE.exec(recipient.error ?? '')?.[0];
  return {
    ...withAdded(recipient, [prop(PR_DELIVER_TIME, now)]),
    state: 'sent',
    responsibility: true,
    error: note === undefined ? undefined : `${note}; then sent again`,
    reported: !wants.wantsDeliveryReport,
  };
}

/** Given up for good; the row keeps what its report will say. */
export function failed(
  recipient: RecipientRecord,
  text: string,
  codes: NdrCodes,
  wants: Wants,
  now: FileTime,
  remote?: string,
): RecipientRecord {
  const values: PropValue[] = [
    prop(PR_NDR_REASON_CODE, codes.reason),
    prop(PR_NDR_DIAG_CODE, codes.diagnostic),
    prop(PR_REPORT_TEXT, text),
    prop(PR_REPORT_TIME, now),
  ];
  if (codes.status !== undefined) values.push(prop(PR_NDR_STATUS_CODE, codes.status));
  if (remote !== undefined) values.push(prop(PR_DSN_REMOTE_MTA, remote));
  return {
    ...withAdded(recipient, values),
    state: 'failed',
    responsibility: true,
    error: remembering(recipient, text),
    reported: !wants.wantsNonDeliveryReport,
  };
}

/** Open, to be tried again. */
export function waiting(recipient: RecipientRecord, text: string): RecipientRecord {
  const state: OutgoingState = NOTE.test(recipient.error ?? '') ? 'unknown' : 'waiting';
  return { ...recipient, state, responsibility: false, error: remembering(recipient, text) };
}

/** Open, but it may have been taken. */
export function unknown(recipient: RecipientRecord, why: string): RecipientRecord {
  return { ...recipient, state: 'unknown', responsibility: false, error: `may have been sent; ${why}` };
}

/** It was in an attempt that was cut off; `offered` is false where it is known that nobody was offered the message. */
export function cutOff(recipient: RecipientRecord, begun: FileTime | undefined, offered: boolean | undefined) {
  const when = begun === undefined ? 'an attempt' : `the attempt of ${fileTimeToIso(begun)}`;
  if (offered === false) return waiting(recipient, `${when} ${UNSENT}`);
  return unknown(recipient, `nobody could note how ${when} ended`);
}

/** Of an attempt that was cut off before the message was offered to anybody. */
export const UNSENT = 'ended before anything was sent';

/** An attempt begins; the note of an earlier one stays. */
export function sending(recipient: RecipientRecord): RecipientRecord {
  return { ...recipient, state: 'sending', responsibility: false, attempts: recipient.attempts + 1 };
}

/** What was said last, without the note of an attempt before. */
export function saidLast(error: string): string {
  return error.replace(BEFORE, '');
}

/** What was answered since an attempt that may have sent the message; undefined if the text remembers none. */
export function saidSince(error: string): string | undefined {
  return REMEMBERED.test(error) ? saidLast(error) : undefined;
}

function remembering(recipient: RecipientRecord, text: string): string {
  const note = NOTE.exec(recipient.error ?? '')?.[0];
  return note === undefined || NOTE.test(text) ? text : `${note}${SINCE}${text}`;
}

/** "550 5.1.1 no such user (mx.example.org)", as far as it is known. */
export function answerText(outcome: RecipientOutcome, otherwise: string): string {
  const said = outcome.text?.replaceAll(/\p{Cc}/gu, ' ').trim() ?? '';
  const parts = [outcome.smtpCode, outcome.enhancedStatus, said === '' ? otherwise : outcome.text];
  const text = parts.filter((part) => part !== undefined).join(' ');
  return outcome.remote === undefined ? text : `${text} (${outcome.remote})`;
}
