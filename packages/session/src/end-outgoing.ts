/** What becomes of outgoing mail at the end of a session. spec: ending-a-mapi-session */
import { type Clock, type Log, MapiError, withDeadline } from '@nodemapi/base';
import type { Spooler } from '@nodemapi/kit';
import type { OutgoingPolicy, OutgoingReport, OutgoingState } from '@nodemapi/mapi';
import type { SessionCore } from './session-core.ts';

export interface OutgoingOptions {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const NO_OUTGOING: OutgoingReport = { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };
/** Nothing is known: the zeros say nothing. */
export const UNKNOWN_OUTGOING: OutgoingReport = { ...NO_OUTGOING, incomplete: true };

/** A message in one of these states can be withdrawn. */
const WITHDRAWABLE: ReadonlySet<OutgoingState> = new Set<OutgoingState>(['ready', 'waiting', 'held']);

/** Sends, leaves or withdraws what is queued, and answers the fate of every message. */
export async function settleOutgoing(
  core: SessionCore,
  spooler: Spooler,
  policy: OutgoingPolicy,
  options: OutgoingOptions,
): Promise<OutgoingReport> {
  const { clock, waitMs } = options;
  await withDeadline(core.spoolerReady(), Math.max(1, waitMs / 2), clock, 'the start of the spooler');
  if (policy === 'drain') return drain(spooler, options);
  if (policy === 'abort') await withdraw(spooler, core.environment.log);
  return spooler.queue.report();
}

/**
 * What the queues say when `settleOutgoing` failed or took too long; it needs no transport. What cannot be had within
 * `waitMs` makes the report incomplete. Never rejects.
 */
export async function remainingOutgoing(core: SessionCore, spooler: Spooler, waitMs: number): Promise<OutgoingReport> {
  const { clock, log } = core.environment;
  const limited = <T>(work: Promise<T>, what: string, otherwise: T): Promise<T> =>
    withDeadline(work, Math.max(1, waitMs / 2), clock, what).catch((error: unknown) => {
      log.warn('the outgoing mail is not known', { error });
      return otherwise;
    });
  const isWhole = await limited(core.attachAll(), 'the opening of the stores', false);
  const report = await limited(spooler.queue.report(), 'the reading of the queues', UNKNOWN_OUTGOING);
  return isWhole ? report : { ...report, incomplete: true };
}

async function drain(spooler: Spooler, { clock, waitMs, progress, signal }: OutgoingOptions): Promise<OutgoingReport> {
  const stop = new AbortController();
  const timer = clock.setTimer(waitMs, () => stop.abort(new MapiError('MAPI_E_TIMEOUT', 'the time for sending is up')));
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await spooler.drain({ signal: stop.signal, ...(progress === undefined ? {} : { onProgress: progress }) });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return spooler.queue.report();
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What is being sent at this moment cannot be withdrawn, and shows in the report as what it becomes. */
async function withdraw(spooler: Spooler, log: Log): Promise<void> {
  for (const message of await spooler.outgoing()) {
    if (!WITHDRAWABLE.has(message.state)) continue;
    try {
      await spooler.cancel(message.entryId);
    } catch (error) {
      log.warn('a message cannot be withdrawn', { subject: message.subject, error });
    }
  }
}
