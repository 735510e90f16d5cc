/**
 * One attempt on one message: look, record, hand over, and conclude (`Conclusion`): record, report, finish.
 *
 * - The attempt is recorded before it is made, and its result before anything else happens.
 * - A message found in the middle of an attempt had one that was cut off: who was in it may have been sent to.
 * - Whatever is thrown ends in the record or in the answer, never outside.
 */
import { fileTimeToMs, type Log } from '@nodemapi/base';
import type { SessionIdentity } from '@nodemapi/kit';
import { type AdrList, type IMessage, MapiError, type MapiErrorCode, SUBMITFLAG_PREPROCESS } from '@nodemapi/mapi';
import { type AttemptContext, type AttemptResult, type Job, skipped } from './attempt-context.ts';
import { AttemptState } from './attempt-state.ts';
import { beginText } from './attempt-step.ts';
import { Conclusion } from './conclusion.ts';
import { type HandOver, handOver } from './hand-over.ts';
import { Lease } from './lease.ts';
import { Ledger } from './ledger.ts';
import { isGone } from './lock-lost.ts';
import { makeReady } from './make-ready.ts';
import type { Ticket } from './order-gate.ts';
import { type Group, NOBODY_THERE, nextPlan, type Plan, planOf, waitTexts } from './plan.ts';
import { carriedBy, isPreprocessed, preprocessQueued } from './preprocess.ts';
import { type MessageRecord, recipientRow } from './record.ts';
import { backoffMs, deferredSendMs, waitMaxMs, wishedMs } from './schedule.ts';
import { stampOf } from './stamp.ts';
import type { Transport } from './transports.ts';

/** Somebody else has the message, has just changed it, or has the whole store for a moment. */
const NOT_LOCKABLE: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>(['MAPI_E_BUSY', 'MAPI_E_OBJECT_CHANGED']);

export class Attempt {
  readonly job: Job;
  readonly #context: AttemptContext;
  readonly #ticket: Ticket;
  readonly #ledger: Ledger;
  readonly #lease: Lease;
  readonly #conclusion: Conclusion;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #current: Transport | undefined;
  #lost = false;
  /** The message has been looked at by `makeReady`. */
  #ready = false;
  /** The preprocessors have run in this attempt. */
  #preprocessed = false;

  /** Takes its place in the order of sending at once. */
  constructor(context: AttemptContext, job: Job) {
    this.#context = context;
    this.job = job;
    this.#log = context.log.child({ message: job.key });
    this.#ticket = context.gate.open();
    const parts = { clock: context.host.clock, log: this.#log, leaseMs: context.settings.leaseMs };
    this.#ledger = new Ledger(job.home, job.entryId, parts);
    this.#conclusion = new Conclusion({ context, job, ledger: this.#ledger, log: this.#log });
    this.#lease = new Lease(job.home, job.entryId, {
      ...parts,
      lock: () => this.#ledger.lock,
      onLost: () => this.#lose(),
    });
  }

  /** The transport that has the message in hand. */
  get transport(): Transport | undefined {
    return this.#current;
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Asks the transport to stop; what it did not do stays in the queue. */
  stop(reason: MapiError): void {
    this.#stop.abort(reason);
  }

  /** Never rejects. */
  async run(): Promise<AttemptResult> {
    try {
      return await this.#run();
    } catch (cause) {
      const error = MapiError.from(cause, 'spooler');
      this.#log.warn('attempt failed', { error });
      return { ...this.#skip(this.#context.settings.busyRetryMs, error.message), error };
    } finally {
      this.#context.gate.close(this.#ticket);
      await this.#lease.stop();
      await this.#ledger.drop();
    }
  }

  async #run(): Promise<AttemptResult> {
    const record = await this.#read();
    if (record === undefined) return { fate: 'gone' };
    const obstacle = this.#obstacle(record);
    if (obstacle !== undefined) return obstacle;
    const state = new AttemptState(record);
    if (!this.#ready) {
      this.#ready = true;
      const { changed, obstacle } = await makeReady(this.#ledger, record, this.#context);
      if (obstacle !== undefined) return this.#conclusion.hold(state, obstacle);
      if (changed) return this.#run();
    }
    const holdReason = this.#conclusion.reasonToHold(state);
    if (holdReason !== undefined) return this.#conclusion.hold(state, holdReason);
    const plan = planOf(state, this.#context.transports, this.job.only);
    const isReport = state.open.length === 0 && this.job.reports === true;
    if (plan.groups.length === 0 && this.job.only !== undefined && !isReport)
      return this.#skip(0, 'not for this transport', record);
    if (plan.groups.length === 0 && plan.nobody.length === 0 && plan.waits !== undefined)
      return this.#wait(state, plan.waits);
    const waiting = await this.#preprocess(state);
    if (waiting === 'again') return this.#run();
    if (waiting !== undefined) return waiting;
    this.#context.gate.plan(
      this.#ticket,
      plan.groups.map((group) => group.transport.key),
    );
    const refused = await this.#begin(state, plan);
    if (refused !== undefined) return refused;
    this.#lease.start();
    await this.#rounds(state, plan);
    await this.#lease.stop();
    if (this.#lost)
      return this.#skip(this.#context.settings.busyRetryMs, 'the lock was lost', state.snapshot('unknown'));
    return this.#conclusion.conclude(state, plan);
  }

  async #read(): Promise<MessageRecord | undefined> {
    try {
      return await this.#ledger.read();
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      if (!isGone(error)) throw error;
      this.#log.debug('message has gone', { error });
      return undefined;
    }
  }

  /** Why nothing is to be done now. */
  #obstacle(record: MessageRecord): AttemptResult | undefined {
    if (record.state === 'held') return { fate: 'held', record };
    const { clock } = this.#context.host;
    const notBefore = deferredSendMs(record);
    if (notBefore !== undefined && notBefore > clock.nowMs()) {
      return { fate: 'skipped', untilMs: notBefore, reason: 'waits for the time its sender has set', record };
    }
    const next = record.nextAttempt;
    if (this.job.force === true || next === undefined || next <= clock.now()) return undefined;
    const untilMs = fileTimeToMs(next);
    const isWrong = untilMs > clock.nowMs() + waitMaxMs(this.#context.settings);
    if (isWrong) return undefined;
    if (record.state !== 'sending') return this.#isBack(record) ? undefined : { fate: 'later', record };
    // Cut off: tried again at once, but only once, so that processes that die one after the other do not use up all
    // the attempts of mail that has nothing to do with it.
    if (record.failures === 0) return undefined;
    const maySent = record.offered === false ? '' : 'may have been sent; ';
    return { fate: 'skipped', untilMs, reason: `${maySent}it was cut off again`, record };
  }

  /** The transport that the message waits for is there again. */
  #isBack(record: MessageRecord): boolean {
    const { transports } = this.#context;
    const state = new AttemptState(record);
    const waits = [...waitTexts(transports, true), NOBODY_THERE];
    return this.job.back === true && state.waitsFor(waits) && planOf(state, transports).groups.length > 0;
  }

  /**
   * Lets the preprocessors of the transports that will carry the message do their work, before anything is recorded.
   * 'again': they have, and the message is another one now. undefined: there is nothing for them to do.
   */
  async #preprocess(state: AttemptState): Promise<AttemptResult | 'again' | undefined> {
    const { preprocessors, transports, reporter } = this.#context;
    const waits = (state.record.submitFlags & SUBMITFLAG_PREPROCESS) !== 0;
    if (!waits && !preprocessors.any) return undefined;
    const wanted = preprocessors.wanted(carriedBy(state.open, transports.list));
    if (wanted.length === 0 || this.#preprocessed) {
      if (!waits) return undefined;
      if (transports.anyMissing && !this.#preprocessed) return this.#wait(state, 'waits for its preprocessor');
      return this.#conclusion.hold(state, 'needs preprocessing, for which nobody is registered');
    }
    if (!waits && (await isPreprocessed(await this.#ledger.message()))) return undefined;
    const report = async (message: IMessage, rows: AdrList): Promise<void> => {
      await reporter.statusRecips(message, rows);
    };
    const parts = { store: this.job.home.store, preprocessors: wanted, report };
    await preprocessQueued(this.#ledger, parts);
    this.#preprocessed = true;
    return 'again';
  }

  /** Locks the message and records that an attempt begins, in one write. */
  async #begin(state: AttemptState, plan: Plan): Promise<AttemptResult | undefined> {
    const { host, settings, transports } = this.#context;
    const { record } = state;
    state.looksAgain = state.waitsFor(waitTexts(transports, false));
    state.begin(
      plan.groups.flatMap((group) => group.rowIds),
      host.clock.now(),
    );
    state.nextMs = this.#in(backoffMs(state.attempts, settings, host.random));
    const standing = state.standing(plan.groups.length > 0 ? 'sending' : record.state);
    const stamp = stampOf(record, await this.#identity(record), host);
    state.stamp(stamp);
    const step = state.looksAgain ? {} : { step: { state: standing.state, text: beginText(state, plan.groups) } };
    try {
      await this.#ledger.write({ set: stamp, standing, recipients: state.changed, ...step, locked: true });
      state.written();
      state.nextMs = undefined;
      return undefined;
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      if (!isGone(error) && !NOT_LOCKABLE.has(error.code)) throw error;
      const untilMs = this.#in(settings.busyRetryMs);
      return { fate: 'skipped', untilMs, reason: `cannot be locked: ${error.detail}`, record };
    }
  }

  async #identity(record: MessageRecord): Promise<SessionIdentity | undefined> {
    const complete = record.senderName !== undefined && record.internetMessageId !== undefined;
    if (complete) return undefined;
    try {
      return await this.#context.host.identity();
    } catch (cause) {
      // Not the fault of the message, so it is never held for it.
      throw new MapiError('MAPI_E_BUSY', 'the identity of the session is not known yet', { cause });
    }
  }

  /** Goes round the transports until nobody is left who could be served now. */
  async #rounds(state: AttemptState, plan: Plan): Promise<void> {
    const { host, slots, transports } = this.#context;
    const custodian = this.#context.custody.get(this.job.key);
    const groups = [...plan.groups];
    for (let group = groups.shift(); group !== undefined && !this.#lost; group = groups.shift()) {
      const { transport, rowIds } = group;
      const answer = await this.#handOver(state, group, custodian === transport.key);
      const outcomes = [...answer.outcomes.values()];
      if (answer.refusal === undefined && outcomes.some(({ outcome }) => outcome !== 'notMine'))
        transports.acted(transport);
      state.apply(transport.key, rowIds, answer, host.clock.now(), !transport.alive);
      this.#schedule(state, group, answer);
      const declined = rowIds.filter((rowId) => state.declined(rowId).has(transport.key));
      const next = nextPlan(state, transports, declined);
      if (next.waits !== undefined) {
        state.retryAt(slots.next());
        const served = new Set([...next.nobody, ...next.groups.flatMap(({ rowIds }) => rowIds)]);
        state.waitFor(
          declined.filter((rowId) => !served.has(rowId)),
          next.waits,
        );
      }
      state.giveUp(next.nobody, host.clock.now());
      groups.push(...next.groups);
    }
    state.giveUp(plan.nobody, host.clock.now());
  }

  async #handOver(state: AttemptState, { transport, rowIds }: Group, deferred: boolean): Promise<HandOver> {
    const { gate, settings, observer } = this.#context;
    await gate.enter(this.#ticket, transport.key);
    transport.sending++;
    this.#current = transport;
    const onStarted = (): void => gate.started(this.#ticket, transport.key);
    try {
      const message = await this.#ledger.message();
      const present = (rows: readonly number[]): Promise<void> => this.#present(state, rows);
      const { signal } = this.#stop;
      const onOffer = (): void => {
        this.#stop.signal.throwIfAborted();
        this.#ledger.noteOffer();
      };
      const told = { present, onStarted, onOffer };
      const call = { message, rowIds, deferred, signal, resendNowMax: settings.resendNowMax, ...told };
      const answer = await observer.handOver(transport, rowIds, () => handOver(transport, call, this.#log));
      if (answer.refusal !== undefined) await this.#ledger.drop();
      return answer;
    } catch (cause) {
      const error = MapiError.from(cause, 'spooler'); // opening failed: the transport was not asked
      await this.#ledger.drop();
      return { outcomes: new Map(), refusal: { kind: 'busy', error }, custody: false, mayExpire: false };
    } finally {
      this.#current = undefined;
      transport.sending--;
      onStarted();
    }
  }

  /** Shows PR_RESPONSIBILITY as FALSE for these alone; the rest are the business of others. */
  async #present(state: AttemptState, rowIds: readonly number[]): Promise<void> {
    const asked = new Set(rowIds);
    const message = await this.#ledger.message();
    const shown = state.touched.map((recipient) => ({ ...recipient, responsibility: !asked.has(recipient.rowId) }));
    if (shown.length <= rowIds.length) return;
    state.disguised();
    await message.modifyRecipients('modify', shown.map(recipientRow));
  }

  /** When to come back, and what the transport's answer says about the transport itself. */
  #schedule(state: AttemptState, group: Group, answer: HandOver): void {
    const { settings, transports, custody, host } = this.#context;
    const kind = answer.refusal?.kind;
    // Those whom it has declined wait for the next one, not for this one.
    const left = state.open.some(
      ({ rowId }) => group.rowIds.includes(rowId) && !state.declined(rowId).has(group.transport.key),
    );
    if (kind === 'later') transports.rest(group.transport, answer.retryAfterMs ?? settings.transportRetryMs);
    if (answer.custody) custody.set(this.job.key, group.transport.key);
    else if (kind === undefined) custody.delete(this.job.key);
    if (!left) return;
    if (kind === 'stopped' || kind === 'notAsked') state.retryAt(this.#in(0));
    else if (kind === 'busy') state.retryAt(this.#in(settings.busyRetryMs));
    else if (answer.custody) state.retryAt(this.#in(settings.custodyMaxMs));
    else
      state.retryAt(
        this.#in(wishedMs(answer.retryAfterMs, settings) ?? backoffMs(state.attempts, settings, host.random)),
      );
  }

  /** Nobody who could be asked is there. */
  async #wait(state: AttemptState, reason: string): Promise<AttemptResult> {
    const { transports, settings } = this.#context;
    const { record } = state;
    if (this.job.recordsWait === true) return this.#conclusion.wait(state, reason);
    const rest = transports.restEndsMs(this.#in(0)) ?? Number.POSITIVE_INFINITY;
    const untilMs = Math.min(this.#in(settings.transportRetryMs), rest);
    return { fate: 'skipped', untilMs, reason, record };
  }

  #skip(ms: number, reason: string, record?: MessageRecord): AttemptResult {
    return skipped(this.#context, ms, reason, record);
  }

  #lose(): void {
    this.#lost = true;
    this.stop(new MapiError('MAPI_E_NO_ACCESS', 'the lock of the message has been taken over'));
  }

  #in(ms: number): number {
    return this.#context.host.clock.nowMs() + ms;
  }
}
