/**
 * Hands one message to one transport: SubmitMessage, EndMessage, and once more while it asks for that.
 *
 * - EndMessage follows SubmitMessage only where that answered.
 * - What a transport throws never escapes: it becomes the reason why recipients are left without an outcome.
 * - Once SubmitMessage has been called, anything may have been sent, unless the contract says that it was not, or the
 *   transport tells when it offers the message and has not. Of one that does not tell the first look at the message counts:
 *   what it has not looked at it cannot have sent. An answer that makes no sense says nothing.
 */
import type { Log } from '@nodemapi/base';
import { type EndMessageResult, type IMessage, MapiError, type RecipientOutcome } from '@nodemapi/mapi';
import { lend } from './lend.ts';
import { type Answer, answerOf, endOf } from './submit-answer.ts';
import type { Transport } from './transports.ts';

/**
 * Why recipients have no outcome. 'busy' and 'later': nothing was done. 'notMe': another transport. 'notAsked': we
 * stopped before it was called. 'stopped': we aborted it. 'unforeseen': it failed in a way the contract does not know.
 * In the last two anything may have happened.
 */
export type Refusal = 'busy' | 'later' | 'notMe' | 'notAsked' | 'stopped' | 'unforeseen';

export interface HandOver {
  readonly outcomes: ReadonlyMap<number, RecipientOutcome>;
  /** What became of those without an outcome. */
  readonly refusal?: {
    readonly kind: Refusal;
    readonly error: MapiError;
    /** The message was not offered to anybody, whatever the kind. */
    readonly unsent?: boolean;
  };
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
  /** Called before the message is offered to anybody; what it throws keeps it back. */
  readonly onOffer: () => void;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  MAPI_E_BUSY: 'busy',
  MAPI_E_NOT_ME: 'notMe',
  MAPI_E_WAIT: 'later',
  MAPI_E_NETWORK_ERROR: 'later',
};

export async function handOver(transport: Transport, call: HandOverCall, log: Log): Promise<HandOver> {
  const outcomes = new Map<number, RecipientOutcome>();
  let offered = false;
  let keptBack: MapiError | undefined;
  const onOffer = (): void => {
    try {
      call.onOffer();
    } catch (cause) {
      keptBack = MapiError.from(cause, 'spooler');
      throw cause;
    }
    offered = true;
  };
  const refused = (refusal: HandOver['refusal'] & {}): HandOver => {
    const retryAfterMs = refusal.kind === 'later' ? waitOf(refusal.error) : undefined;
    const wish = retryAfterMs === undefined ? {} : { retryAfterMs };
    return { outcomes, refusal, custody: false, mayExpire: false, ...wish };
  };
  let left = call.rowIds;
  for (let repeats = 0; ; repeats++) {
    const notAsked = await present(left, call);
    if (notAsked !== undefined) return refused(notAsked);
    let answer: Answer;
    try {
      answer = await submit(transport, left, { ...call, onOffer });
    } catch (cause) {
      return refused(refusalOf(cause, transport, call, offered ? { offered } : { offered, keptBack }));
    }
    for (const [rowId, outcome] of answer.outcomes) outcomes.set(rowId, outcome);
    const { messageRef, error, retryAfterMs } = answer;
    const end = messageRef === undefined ? 'sent' : await endMessage(transport, messageRef, log);
    if (error !== undefined) return refused({ kind: 'unforeseen', error });
    left = left.filter((rowId) => outcomes.get(rowId)?.outcome === 'deferred');
    const again = end === 'resendNow' && left.length > 0 && repeats < call.resendNowMax && !call.signal.aborted;
    if (!again) {
      const wish = retryAfterMs === undefined ? {} : { retryAfterMs };
      return { outcomes, custody: end === 'dontResend', mayExpire: end === 'sent' || end === 'resendNow', ...wish };
    }
    for (const rowId of left) outcomes.delete(rowId);
  }
}

/** Prepares the message for a call. Answers why there can be none: of earlier calls nothing may be forgotten. */
async function present(rowIds: readonly number[], call: HandOverCall): Promise<HandOver['refusal']> {
  try {
    await call.present(rowIds);
  } catch (cause) {
    return { kind: 'busy', error: MapiError.from(cause, 'spooler') };
  }
  return call.signal.aborted ? { kind: 'notAsked', error: MapiError.from(call.signal.reason, 'spooler') } : undefined;
}

async function submit(transport: Transport, rowIds: readonly number[], call: HandOverCall): Promise<Answer> {
  const { message, deferred, signal, onOffer } = call;
  const { logon } = transport.own;
  const shown = logon.tellsOffers === true ? message : lend(message, { onCall: oncePassed(onOffer) }).object;
  const running = logon.submitMessage(shown, { rowIds, deferred, signal, onOffer });
  call.onStarted();
  return answerOf(await running, rowIds, transport.own.displayName);
}

/** Calls `offer` until it has let a call through. */
function oncePassed(offer: () => void): () => void {
  let passed = false;
  return () => {
    if (!passed) offer();
    passed = true;
  };
}

/** The outcomes are known by now, so a failure here loses nothing. */
async function endMessage(transport: Transport, messageRef: number, log: Log): Promise<EndMessageResult> {
  try {
    return endOf(await transport.own.logon.endMessage(messageRef), transport.own.displayName);
  } catch (cause) {
    const error = MapiError.from(cause, transport.own.displayName);
    log.warn('endMessage failed', { transport: transport.own.displayName, error });
    return 'sent';
  }
}

/** MAPI_E_CANCEL has its meaning only for a deferred message; else it is what many say when they are aborted. */
function refusalOf(
  cause: unknown,
  transport: Transport,
  call: HandOverCall,
  { offered, keptBack }: { readonly offered: boolean; readonly keptBack?: MapiError | undefined },
): HandOver['refusal'] & {} {
  if (keptBack !== undefined) return { kind: call.signal.aborted ? 'notAsked' : 'busy', error: keptBack };
  const error = MapiError.from(cause, transport.own.displayName);
  const foreseen = REFUSALS[error.code];
  if (foreseen !== undefined) return { kind: foreseen, error };
  if (call.signal.aborted) return { kind: offered ? 'stopped' : 'notAsked', error };
  if (call.deferred && error.code === 'MAPI_E_CANCEL') return { kind: 'notMe', error };
  return { kind: 'unforeseen', error, unsent: !offered };
}

/** How long the transport wants to be left alone, in milliseconds; a time that makes no sense is none. */
function waitOf({ retryAfterSeconds: seconds }: MapiError): number | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
