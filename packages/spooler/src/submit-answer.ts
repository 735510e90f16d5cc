/**
 * What a transport has answered, checked: it may be anybody's code, and what it says decides what is sent again.
 *
 * Every outcome that makes sense counts; of everybody else nothing is known, and that is a failure of the transport.
 */
import { type EndMessageResult, MapiError, type RecipientOutcome } from '@nodemapi/mapi';

/** What became of the recipients of one call. */
export interface Answer {
  /** Only rows that were asked for. */
  readonly outcomes: ReadonlyMap<number, RecipientOutcome>;
  /** undefined: the transport has no message open, as far as anybody can know. */
  readonly messageRef?: number;
  readonly retryAfterMs?: number;
  /** Why the answer does not say of everybody what became of him. */
  readonly error?: MapiError;
}

const OUTCOMES: Readonly<Record<RecipientOutcome['outcome'], true>> = {
  delivered: true,
  failed: true,
  deferred: true,
  notMine: true,
  unknown: true,
};

const ENDS: Readonly<Record<EndMessageResult, true>> = {
  sent: true,
  resendNow: true,
  resendLater: true,
  dontResend: true,
};

/** Reads the result of SubmitMessage for `rowIds`. Never throws. */
export function answerOf(result: unknown, rowIds: readonly number[], name: string): Answer {
  if (!isRecord(result)) return { outcomes: new Map(), error: malformed(name, 'no result') };
  const { messageRef, retryAfterSeconds: seconds } = result;
  const outcomes = new Map<number, RecipientOutcome>();
  for (const found of Array.isArray(result.outcomes) ? result.outcomes : []) {
    const outcome = outcomeOf(found);
    if (outcome !== undefined && rowIds.includes(outcome.rowId)) outcomes.set(outcome.rowId, outcome);
  }
  const missing = rowIds.length - outcomes.size;
  return {
    outcomes,
    ...(typeof messageRef === 'number' ? { messageRef } : {}),
    ...(isTime(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...(missing > 0 ? { error: malformed(name, `no outcome of ${missing} of ${rowIds.length} recipients`) } : {}),
  };
}

/** Reads the result of EndMessage. @throws MAPI_E_CALL_FAILED */
export function endOf(result: unknown, name: string): EndMessageResult {
  if (typeof result === 'string' && Object.hasOwn(ENDS, result)) return result as EndMessageResult;
  throw malformed(name, 'no known end of the message');
}

/** One outcome with those of its texts that are texts; undefined if it says nothing. */
function outcomeOf(value: unknown): RecipientOutcome | undefined {
  if (!isRecord(value)) return undefined;
  const { rowId, outcome, smtpCode, enhancedStatus, text, remote } = value;
  if (typeof rowId !== 'number' || typeof outcome !== 'string' || !Object.hasOwn(OUTCOMES, outcome)) return undefined;
  return {
    rowId,
    outcome: outcome as RecipientOutcome['outcome'],
    ...(typeof smtpCode === 'number' ? { smtpCode } : {}),
    ...(typeof enhancedStatus === 'string' ? { enhancedStatus } : {}),
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof remote === 'string' ? { remote } : {}),
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function malformed(name: string, what: string): MapiError {
  return new MapiError('MAPI_E_CALL_FAILED', `${name}: the transport answered ${what}`);
}
