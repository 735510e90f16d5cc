/**
 * From what happened on the wire to what became of each recipient.
 *
 * Invariant: 'delivered' only if the server took the recipient and answered 2xx to the whole message; 'unknown' if it
 * may have the whole message and its answer is missing or makes no sense; 'failed' only on a permanent reply.
 */
import type { RecipientOutcome } from '@nodemapi/mapi';
import type { SessionFailure } from './session-failure.ts';
import type { SendRecord } from './smtp-client.ts';
import { isTooManyRecipients, meaningOf, retryHint, type SmtpReply } from './smtp-reply.ts';

/** What became of one address; several recipients may share it. */
export type AddressOutcome = Omit<RecipientOutcome, 'rowId'>;

/** The outcome of every address of the envelope, in its order. */
export function outcomesOf(record: SendRecord, remote: string): readonly AddressOutcome[] {
  return record.recipients.map((reply) => outcomeOf(reply, record, remote));
}

/** The outcome for everybody when the session failed before the message. */
export function sessionOutcome(failure: SessionFailure, remote: string): AddressOutcome {
  return {
    outcome: 'deferred',
    ...(failure.reply === undefined ? {} : codesOf(failure.reply)),
    text: failure.text,
    remote,
  };
}

/** The longest wait that a reply asks for, in seconds; undefined if none does. */
export function retryAfterOf(
  record: Pick<SendRecord, 'mail' | 'recipients' | 'data' | 'final' | 'failure'>,
): number | undefined {
  const named = record.failure?.retryAfterSeconds;
  if (named !== undefined) return named;
  const replies = [record.mail, ...record.recipients, record.data, record.final, record.failure?.reply];
  const hints = replies.flatMap((reply) => (reply === undefined ? [] : (retryHint(reply) ?? [])));
  return hints.length === 0 ? undefined : Math.max(...hints);
}

function outcomeOf(rcpt: SmtpReply | undefined, record: SendRecord, remote: string): AddressOutcome {
  if (record.outOfStep || isSwallowing(record)) return interrupted(record, remote);
  if (record.mail !== undefined && meaningOf(record.mail) !== 'ok') return refused(record.mail, remote);
  if (rcpt !== undefined && isTooManyRecipients(rcpt)) return said('deferred', rcpt, remote);
  if (rcpt !== undefined && meaningOf(rcpt) !== 'ok') return refused(rcpt, remote);
  if (rcpt === undefined || record.data === undefined) return interrupted(record, remote);
  if (record.data.code !== 354) return refused(record.data, remote);
  const { ended, final } = record;
  const meaning = final === undefined ? 'nonsense' : meaningOf(final);
  if (final !== undefined && (meaning === 'later' || meaning === 'never')) return refused(final, remote);
  if (!ended) return interrupted(record, remote);
  return final !== undefined && meaning === 'ok' ? said('delivered', final, remote) : unanswered(record, remote);
}

/** The server has left out an answer, perhaps an early one: then the refusals belong to others than they seem to. */
function isSwallowing({ failure, data }: SendRecord): boolean {
  return failure?.code === 'MAPI_E_TIMEOUT' && data === undefined;
}

function refused(reply: SmtpReply, remote: string): AddressOutcome {
  const meaning = meaningOf(reply);
  const shown = meaning === 'nonsense' ? { ...reply, text: `an answer that makes no sense: ${reply.text}` } : reply;
  return said(meaning === 'never' ? 'failed' : 'deferred', shown, remote);
}

function unanswered(record: SendRecord, remote: string): AddressOutcome {
  const why = record.final === undefined ? (record.failure?.text ?? 'it was lost') : 'it makes no sense';
  return { outcome: 'unknown', text: `the whole message went out, but no proper answer came back: ${why}`, remote };
}

function interrupted(record: SendRecord, remote: string): AddressOutcome {
  const { failure } = record;
  if (failure !== undefined) return sessionOutcome(failure, remote);
  return { outcome: 'deferred', text: 'the server did not take the message', remote };
}

function said(outcome: AddressOutcome['outcome'], reply: SmtpReply, remote: string): AddressOutcome {
  return { outcome, ...codesOf(reply), text: reply.text, remote };
}

function codesOf(reply: SmtpReply): Pick<RecipientOutcome, 'smtpCode' | 'enhancedStatus'> {
  return {
    ...(reply.code === 0 ? {} : { smtpCode: reply.code }),
    ...(reply.enhanced === undefined ? {} : { enhancedStatus: reply.enhanced }),
  };
}
