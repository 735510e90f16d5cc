/**
 * Hands one message to one transport: SubmitMessage, EndMessage, and once more while it asks for that.
 *
 * EndMessage follows SubmitMessage only where that answered. What a transport throws never escapes: it becomes the
 * reason why recipients are left without an outcome.
 */
import type { Log } from '@nodemapi/base';
import {
  type EndMessageResult,
  type IMessage,
  MapiError,
  type RecipientOutcome,
  type SubmitResult,
} from '@nodemapi/mapi';
import type { Transport } from './transports.ts';

/**
 * Why recipients have no outcome. 'busy' and 'later': nothing was done. 'notMe': another transport. 'stopped': we
 * aborted it. 'unforeseen': it failed in a way the contract does not know, so anything may have happened.
 */
export type Refusal = 'busy' | 'later' | 'notMe' | 'stopped' | 'unforeseen';

export interface HandOver {
  readonly outcomes: ReadonlyMap<number, RecipientOutcome>;
  /** What became of those without an outcome. */
  readonly refusal?: { readonly kind: Refusal; readonly error: MapiError };
  /** The transport's wish for those it deferred. */
  readonly retryAfterMs?: number;
  /** END_DONT_RESEND: it keeps those it deferred, and will say when. */
  readonly custody: boolean;
  /** END_RESEND_LATER and END_DONT_RESEND are no failures: they never end in a report. */
  readonly mayExpire: boolean;
}

export interface HandOverCall {
  readonly message: IMessage;
  readonly rowIds: readonly number[];
  readonly deferred: boolean;
  readonly signal: AbortSignal;
  readonly resendNowMax: number;
  /** Sets PR_RESPONSIBILITY to FALSE for these recipients alone. */
  readonly present: (rowIds: readonly number[]) => Promise<void>;
  /** Called as soon as SubmitMessage has been called. */
  readonly onStarted: () => void;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  MAPI_E_BUSY: 'busy',
  MAPI_E_NOT_ME: 'notMe',
  MAPI_E_CANCEL: 'notMe',
  MAPI_E_WAIT: 'later',
  MAPI_E_NETWORK_ERROR: 'later',
};

export async function handOver(transport: Transport, call: HandOverCall, log: Log): Promise<HandOver> {
  const outcomes = new Map<number, RecipientOutcome>();
  let left = call.rowIds;
  for (let repeats = 0; ; repeats++) {
    await call.present(left);
    let answer: SubmitResult;
    try {
      answer = await submit(transport, left, call);
    } catch (cause) {
      return { outcomes, refusal: refusalOf(cause, transport, call.signal), custody: false, mayExpire: false };
    }
    for (const rowId of left) outcomes.set(rowId, outcomeOf(answer.outcomes, rowId));
    const end = await endMessage(transport, answer.messageRef, log);
    left = left.filter((rowId) => outcomes.get(rowId)?.outcome === 'deferred');
    const again = end === 'resendNow' && left.length > 0 && repeats < call.resendNowMax && !call.signal.aborted;
    if (again) continue;
    const retry = answer.retryAfterSeconds;
    const wish = retry === undefined ? {} : { retryAfterMs: retry * 1000 };
    const mayExpire = end === 'sent' || end === 'resendNow';
    return { outcomes, custody: end === 'dontResend', mayExpire, ...wish };
  }
}

async function submit(transport: Transport, rowIds: readonly number[], call: HandOverCall): Promise<SubmitResult> {
  const { message, deferred, signal } = call;
  signal.throwIfAborted();
  const running = transport.own.logon.submitMessage(message, { rowIds, deferred, signal });
  call.onStarted();
  return await running;
}

/** A recipient that the transport says nothing of may have been sent to. */
function outcomeOf(outcomes: readonly RecipientOutcome[], rowId: number): RecipientOutcome {
  const found = outcomes.find((outcome) => outcome.rowId === rowId);
  return found ?? { rowId, outcome: 'unknown', text: 'the transport said nothing of it' };
}

/** The outcomes are known by now, so a failure here loses nothing. */
async function endMessage(transport: Transport, messageRef: number, log: Log): Promise<EndMessageResult> {
  try {
    return await transport.own.logon.endMessage(messageRef);
  } catch (cause) {
    const error = MapiError.from(cause, transport.own.displayName);
    log.warn('endMessage failed', { transport: transport.own.displayName, error });
    return 'sent';
  }
}

function refusalOf(cause: unknown, transport: Transport, signal: AbortSignal): { kind: Refusal; error: MapiError } {
  const error = MapiError.from(cause, transport.own.displayName);
  const foreseen = REFUSALS[error.code];
  if (foreseen !== undefined) return { kind: foreseen, error };
  return { kind: signal.aborted ? 'stopped' : 'unforeseen', error };
}
