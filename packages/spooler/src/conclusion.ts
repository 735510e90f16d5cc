/**
 * What an attempt comes to: its result is recorded, reported, and the message leaves the queue, waits in it, or is held.
 *
 * - Nothing is reported before its result is recorded, and nothing leaves the queue before it is reported.
 * - Who finds that the lock is lost writes nothing more.
 */
import { fileTimeToMs, type Log } from '@nodemapi/base';
import { MapiError, type OutgoingState, type OutgoingStep } from '@nodemapi/mapi';
import { type AttemptContext, type AttemptResult, type Job, skipped } from './attempt-context.ts';
import type { AttemptState } from './attempt-state.ts';
import { resultStep } from './attempt-step.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Plan } from './plan.ts';
import { clearPreprocessing } from './preprocess.ts';
import type { RecipientRecord } from './record.ts';
import { backoffMs } from './schedule.ts';

export interface ConclusionParts {
  readonly context: AttemptContext;
  readonly job: Job;
  readonly ledger: Ledger;
  readonly log: Log;
}

export class Conclusion {
  readonly #context: AttemptContext;
  readonly #job: Job;
  readonly #ledger: Ledger;
  readonly #log: Log;

  constructor({ context, job, ledger, log }: ConclusionParts) {
    this.#context = context;
    this.#job = job;
    this.#ledger = ledger;
    this.#log = log;
  }

  /** Why a message is not tried again before somebody has looked at it. */
  reasonToHold(state: AttemptState): string | undefined {
    const { poisonAttemptsMax, unknownPolicy } = this.#context.settings;
    if (state.failures >= poisonAttemptsMax) {
      return `${state.failures} attempts in a row did not end: ${state.reason ?? 'no reason is known'}`;
    }
    return state.anyUnknown && unknownPolicy === 'hold' ? (state.reason ?? 'may have been sent') : undefined;
  }

  /** Writes the result down, reports, and finishes the message if nobody is open. */
  async conclude(state: AttemptState, plan: Plan): Promise<AttemptResult> {
    const { host, settings, slots } = this.#context;
    state.expire(host.clock.now(), this.#context.steady.nowMs(), settings);
    state.uncountLooks();
    state.count();
    if (state.open.length === 0) return this.#finish(state);
    const holdReason = this.reasonToHold(state);
    if (holdReason !== undefined) return this.hold(state, holdReason);
    // Those who were left out, since only one transport was to be served, keep their time.
    if (this.#job.only !== undefined && state.anyLeftOut)
      state.retryAt(Math.max(host.clock.nowMs(), fileTimeToMs(state.record.nextAttempt ?? 0n)));
    if (plan.waits !== undefined) state.retryAt(slots.next());
    return this.#leave(state, state.openState, !state.looksAgain || isNews(state));
  }

  /** The message stays in the queue, in `next`; `isNews`: its history says so. */
  async #leave(state: AttemptState, next: OutgoingState, isNews = true): Promise<AttemptResult> {
    const { abandoned, settings, steady } = this.#context;
    const delayed = next === 'held' ? [] : state.delayed(steady.nowMs(), settings);
    const reports = state.unreported.length > 0 || delayed.length > 0;
    const record = state.snapshot(next);
    const { step: news, ...result } = this.#result(state, next);
    const said = isNews ? { step: news } : {};
    const written = await this.#ledger.persist({ ...result, ...said, locked: reports }, abandoned);
    if (!written) return skipped(this.#context, this.#context.settings.busyRetryMs, 'the lock was lost', record);
    if (reports) {
      if (state.unreported.length > 0) await this.#tryReport(state);
      const told = delayed.length > 0 && (await this.#tellDelay(state, delayed));
      const step = told ? { step: { state: next, text: 'the sender is told that it is delayed' } } : {};
      const entry = { standing: state.standing(next), recipients: state.changed, ...step };
      await this.#ledger.persist({ ...entry, locked: false }, abandoned);
    }
    return { fate: next === 'held' ? 'held' : 'later', record };
  }

  /** What an attempt came to, to be written; it counts as written. */
  #result(state: AttemptState, next: OutgoingState): Omit<LedgerEntry, 'locked'> & { readonly step: OutgoingStep } {
    const step = resultStep(state, next);
    const entry = { standing: state.standing(next), recipients: state.changed, step };
    state.written();
    return entry;
  }

  /** The message is held for a person to look at. */
  async hold(state: AttemptState, reason: string): Promise<AttemptResult> {
    this.#log.warn('message held', { reason });
    state.reason = reason;
    state.nextMs = undefined;
    return this.#leave(state, 'held');
  }

  /** The message waits for a transport, in the queue; its history says once for which, however often it was looked at. */
  async wait(state: AttemptState, reason: string): Promise<AttemptResult> {
    const { openState } = state;
    if (!state.anyUnknown) state.reason = reason;
    state.nextMs = this.#context.slots.next();
    return this.#leave(state, openState, isNews(state));
  }

  /** Nobody is open: the result is saved and reported, and the message leaves the queue, not before its result is saved. */
  async #finish(state: AttemptState): Promise<AttemptResult> {
    const { settings, abandoned, filings, host } = this.#context;
    const final = state.finalState;
    state.nextMs = this.#in(0);
    if (this.#context.preprocessors.any)
      await clearPreprocessing(await this.#ledger.message(), this.#context, this.#log);
    const reports = state.unreported.length > 0;
    const result = this.#result(state, final);
    const later = reports || filings.any;
    const written = later
      ? await this.#ledger.persist({ ...result, locked: true }, abandoned)
      : await this.#ledger.finish(result, abandoned);
    if (!written) return skipped(this.#context, settings.busyRetryMs, 'the lock was lost');
    if (reports) {
      const error = await this.#tryReport(state);
      if (error !== undefined) {
        state.reason = `the report could not be delivered: ${error.message}`;
        state.failures++;
        state.nextMs = this.#in(backoffMs(state.failures, settings, host.random));
        return this.#leave(state, state.failures >= settings.poisonAttemptsMax ? 'held' : final);
      }
    }
    if (later && !(await this.#file(state, final, reports)))
      return skipped(this.#context, settings.busyRetryMs, 'the lock was lost');
    this.#context.custody.delete(this.#job.key);
    return { fate: final === 'sent' ? 'sent' : 'failed', record: state.snapshot(final) };
  }

  /** Takes a message whose result is recorded out of the queue; false: the lock is lost. */
  #file(state: AttemptState, final: OutgoingState, reported: boolean): Promise<boolean> {
    const { filings, abandoned } = this.#context;
    const step = { state: final, text: reported ? 'the report is delivered' : 'filed' };
    const last = { standing: state.standing(final), recipients: state.changed, step };
    const job = { store: this.#job.home.store, entryId: this.#job.entryId };
    return filings.file(this.#ledger, job, (filing) => this.#ledger.finish({ ...last, ...filing }, abandoned));
  }

  async #tryReport(state: AttemptState): Promise<MapiError | undefined> {
    try {
      const original = await this.#ledger.message();
      const maybeThere = state.reportsMayExist;
      await this.#context.reporter.report(
        original,
        { ...state.record, recipients: state.unreported },
        { maybeThere, once: true },
      );
      state.markReported();
      return undefined;
    } catch (cause) {
      const error = MapiError.from(cause, 'report');
      this.#log.error('report not delivered', { error });
      await this.#ledger.drop();
      return error;
    }
  }

  /** Tells the sender once that a message is delayed; what fails is tried with the next attempt. */
  async #tellDelay(state: AttemptState, recipients: readonly RecipientRecord[]): Promise<boolean> {
    try {
      const original = await this.#ledger.message();
      await this.#context.reporter.reportDelay(original, { ...state.record, recipients });
      state.delayTold = true;
    } catch (cause) {
      this.#log.error('report of the delay not delivered', { error: MapiError.from(cause, 'report') });
      await this.#ledger.drop();
    }
    return state.delayTold;
  }

  #in(ms: number): number {
    return this.#context.host.clock.nowMs() + ms;
  }
}

/** The message is in another state than before, or for another reason. */
function isNews({ record, openState, reason }: AttemptState): boolean {
  return openState !== record.state || reason !== record.reason;
}
