/** The steps of an attempt in the words of the history. */
import type { OutgoingEventRecipient, OutgoingState, OutgoingStep } from '@nodemapi/mapi';
import type { AttemptState } from './attempt-state.ts';
import { saidSince } from './outcome.ts';
import type { Transport } from './transports.ts';

/** "attempt 2 begins, for 3 recipients; Local delivery is asked first". */
export function beginText(
  state: AttemptState,
  groups: readonly { readonly transport: Transport; readonly rowIds: readonly number[] }[],
): string {
  if (state.unreported.length > 0 && state.open.length === 0) return 'its report is tried again';
  if (state.open.length === 0) return 'every recipient has a result';
  if (groups.length === 0) return 'no transport takes its recipients';
  const parts = groups.map(
    ({ transport, rowIds }) =>
      `for ${people(rowIds.length)}; ${transport.own.displayName || 'a transport'} is asked first`,
  );
  const begins = `attempt ${state.attempts} begins, ${parts.join(', ')}`;
  if (!state.cutOff) return begins;
  if (state.record.offered === false) return `the last attempt was cut off before anything was sent; ${begins}`;
  return `nobody could note how the last attempt ended, so it may have been sent; ${begins}`;
}

/** What an attempt came to: the state of the message, until when it waits and why, and what was answered for whom. */
export function resultStep(state: AttemptState, next: OutgoingState): OutgoingStep {
  const { nextMs, reason } = state;
  const recipients = state.answers;
  const waits = next === 'waiting' || next === 'unknown';
  const until = state.standing(next).nextAttempt;
  return {
    state: next,
    text: resultText(next, reason, recipients),
    ...(waits && nextMs !== undefined && until !== undefined ? { until } : {}),
    ...(recipients.length === 0 ? {} : { recipients }),
  };
}

function resultText(
  next: OutgoingState,
  reason: string | undefined,
  recipients: readonly OutgoingEventRecipient[],
): string {
  const count = recipients.length;
  const sent = recipients.filter(({ state }) => state === 'sent').length;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (next) {
    case 'sent':
      return count === 0 ? 'sent' : `sent to ${people(count)}`;
    case 'failed':
      return reason === undefined ? 'failed for good' : `failed for good: ${saidSince(reason) ?? reason}`;
    case 'held':
      return `held${why}`;
    case 'unknown':
      if (reason !== undefined && saidSince(reason) !== undefined)
        return sent === 0
          ? 'not sent this time; an attempt before may have been sent'
          : `sent to ${people(sent)}; to others an attempt before may have been sent`;
      return `it ${reason ?? 'may have been sent'}`;
    default:
      return `not sent yet${why}`;
  }
}

function people(count: number): string {
  return count === 1 ? '1 recipient' : `${count} recipients`;
}
