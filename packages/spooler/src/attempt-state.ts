/** What one attempt knows: the record as it was read, and what has become of each recipient since. Holds no resources. */
import { type FileTime, fileTimeFromMs } from '@nodemapi/base';
import {
  type OutgoingEventRecipient,
  type OutgoingStanding,
  type OutgoingState,
  PR_INTERNET_MESSAGE_ID,
  type PropValue,
  propOf,
} from '@nodemapi/mapi';
import type { HandOver, Refusal } from './hand-over.ts';
import { EXPIRED, NO_TRANSPORT } from './ndr-code.ts';
import type { SpoolerSettings } from './options.ts';
import { answerText, cutOff, failed, saidLast, saidSince, sending, unknown, waiting, withOutcome } from './outcome.ts';
import { addressText, isOpen, type MessageRecord, type RecipientRecord } from './record.ts';
import { delayToldAtMs, expiresAtMs } from './schedule.ts';

export class AttemptState {
  #record: MessageRecord;
  /** Recipients that were open when the attempt began: the rows that it writes. */
  readonly #touched: ReadonlySet<number>;
  readonly #recipients: Map<number, RecipientRecord>;
  readonly #declined = new Map<number, Set<string>>();
  /** Recipients that a transport has really deferred in this attempt: only these can expire. */
  readonly #deferred = new Set<number>();
  /** The last attempt was cut off; who was in it may have been sent to, unless the message was never offered. */
  readonly cutOff: boolean;
  /** Reports may exist already: who made them may have died before it could say so. */
  readonly reportsMayExist: boolean;
  attempts: number;
  lastAttempt: FileTime | undefined;
  failures: number;
  reason: string | undefined;
  nextMs: number | undefined;
  delayTold: boolean;
  #unforeseen = false;
  /** It has waited for a transport, which is not there yet: of what comes to nothing its history says nothing. */
  looksAgain = false;
  /** Who was in this attempt. */
  readonly #attempted = new Set<number>();
  /** Those of them for whom a transport did something, or may have: that is what counts as an attempt. */
  readonly #acted = new Set<number>();
  /** What was answered for recipients in this attempt. */
  readonly #answers = new Map<number, string>();
  /** The recipients as they were written last. */
  #written: ReadonlyMap<number, RecipientRecord>;

  constructor(record: MessageRecord) {
    this.#record = record;
    this.attempts = record.attempts;
    this.lastAttempt = record.lastAttempt;
    this.reason = record.reason;
    this.delayTold = record.delayTold;
    this.cutOff = record.state === 'sending';
    this.failures = record.failures + (this.cutOff ? 1 : 0);
    this.reportsMayExist = record.recipients.some(isUnreported);
    this.#touched = new Set(record.recipients.filter(isOpen).map((recipient) => recipient.rowId));
    this.#recipients = new Map(record.recipients.map((recipient) => [recipient.rowId, recipient]));
    this.#written = new Map(this.#recipients);
    if (this.cutOff) this.#settleCutOff();
  }

  /** As it was read, and stamped since. */
  get record(): MessageRecord {
    return this.#record;
  }

  get recipients(): readonly RecipientRecord[] {
    return [...this.#recipients.values()];
  }

  get open(): readonly RecipientRecord[] {
    return this.recipients.filter(isOpen);
  }

  /** Those that differ from what is stored. */
  get changed(): readonly RecipientRecord[] {
    return this.recipients.filter((recipient) => this.#written.get(recipient.rowId) !== recipient);
  }

  /** What differed is stored now. */
  written(): void {
    this.#written = new Map(this.#recipients);
  }

  /** The message shows something else of its recipients for a while, and may be saved so: all are written again. */
  disguised(): void {
    this.#written = new Map([...this.#written].filter(([rowId]) => !this.#touched.has(rowId)));
  }

  /** What became of the recipients that were in this attempt. */
  get answers(): readonly OutgoingEventRecipient[] {
    return this.touched.flatMap((recipient) => {
      const { rowId, state = 'ready', error } = recipient;
      if (!this.#attempted.has(rowId) && state !== 'failed') return [];
      return [{ address: addressText(recipient), state, text: this.#answers.get(rowId) ?? error ?? null }];
    });
  }

  /** The rows that this attempt may change. */
  get touched(): readonly RecipientRecord[] {
    return this.recipients.filter((recipient) => this.#touched.has(recipient.rowId));
  }

  get unreported(): readonly RecipientRecord[] {
    return this.recipients.filter(isUnreported);
  }

  get anyUnknown(): boolean {
    return this.open.some((recipient) => recipient.state === 'unknown');
  }

  /** Somebody is open who was not in this attempt. */
  get anyLeftOut(): boolean {
    return this.open.some(({ rowId }) => !this.#attempted.has(rowId));
  }

  /** The state of a message that is open: 'unknown' while it may have been sent to somebody. */
  get openState(): OutgoingState {
    return this.anyUnknown ? 'unknown' : 'waiting';
  }

  get finalState(): OutgoingState {
    return this.recipients.some((recipient) => recipient.state === 'failed') ? 'failed' : 'sent';
  }

  declined(rowId: number): ReadonlySet<string> {
    return this.#declined.get(rowId) ?? new Set();
  }

  /** The record as it would be read now. */
  snapshot(state: OutgoingState): MessageRecord {
    return { ...this.record, ...this.standing(state), recipients: this.recipients };
  }

  /** The message got these properties before its first attempt. */
  stamp(values: readonly PropValue[]): void {
    const internetMessageId = propOf(values, PR_INTERNET_MESSAGE_ID) ?? this.#record.internetMessageId;
    this.#record = { ...this.#record, internetMessageId };
  }

  /** An attempt for these recipients begins; from here on the state of each open one says so, not PR_RESPONSIBILITY. */
  begin(rowIds: readonly number[], now: FileTime): void {
    if (rowIds.length > 0) this.attempts++;
    this.lastAttempt = now;
    for (const rowId of rowIds) this.#attempted.add(rowId);
    for (const { rowId, state } of this.open) {
      if (this.#attempted.has(rowId)) this.update(rowId, sending);
      else if (state === undefined) this.update(rowId, (recipient) => ({ ...recipient, state: 'ready' }));
    }
  }

  update(rowId: number, change: (recipient: RecipientRecord) => RecipientRecord): void {
    const recipient = this.#recipients.get(rowId);
    if (recipient !== undefined) this.#recipients.set(rowId, change(recipient));
  }

  /** Takes what a transport has answered for `rowIds`; a `broken` one is itself out of order, the message is not. */
  apply(transport: string, rowIds: readonly number[], answer: HandOver, now: FileTime, broken: boolean): void {
    for (const rowId of rowIds) {
      const outcome = answer.outcomes.get(rowId);
      if (outcome === undefined) continue;
      const text = answerText(outcome, outcome.outcome);
      this.update(rowId, (recipient) => withOutcome(recipient, outcome, this.record, now));
      const isOfBefore = outcome.outcome !== 'unknown' && this.#recipients.get(rowId)?.state === 'unknown';
      this.#answers.set(rowId, isOfBefore ? `not by this attempt (${text})` : text);
      if (outcome.outcome === 'notMine') this.#decline(rowId, transport);
      else this.#acted.add(rowId);
      if (outcome.outcome === 'deferred' && answer.mayExpire) this.#deferred.add(rowId);
    }
    if (answer.refusal === undefined) return;
    const { kind, error, unsent } = answer.refusal;
    if (kind === 'unforeseen' && !broken) this.#unforeseen = true;
    const maySent = mayHaveSent(kind) && unsent !== true;
    if (maySent) this.reason = `may have been sent; ${error.message}`;
    const left = rowIds.filter((rowId) => !answer.outcomes.has(rowId));
    for (const rowId of left) {
      if (kind === 'notMe') this.#decline(rowId, transport);
      if (ACTED.has(kind)) this.#acted.add(rowId);
      const change = maySent ? unknown : waiting;
      this.update(rowId, (recipient) => change(recipient, error.message));
    }
  }

  /** Those who were declined wait for another transport: that they were is no news to anybody. */
  waitFor(rowIds: readonly number[], why: string): void {
    for (const rowId of rowIds) {
      this.update(rowId, (recipient) => waiting(recipient, why));
      this.#answers.set(rowId, this.#recipients.get(rowId)?.state === 'unknown' ? `not by this attempt (${why})` : why);
    }
  }

  /** Everybody waits for a transport, and the message says so in one of these texts. */
  waitsFor(waits: readonly string[]): boolean {
    const { reason, state } = this.record;
    const says = (text = ''): boolean => waits.includes(saidSince(text) ?? text);
    const isWaiting = state === 'waiting' || state === 'unknown';
    return isWaiting && says(reason) && this.open.every(({ error }) => error === undefined || says(error));
  }

  /** Of those on whom no transport acted, and who stay open, this was a look and no attempt: it does not count as one. */
  uncountLooks(): void {
    const idle = this.open.filter(({ rowId }) => this.#attempted.has(rowId) && !this.#acted.has(rowId));
    const before = new Map(this.record.recipients.map(({ rowId, attempts }) => [rowId, attempts]));
    for (const { rowId } of idle) {
      this.update(rowId, (recipient) => ({ ...recipient, attempts: before.get(rowId) ?? recipient.attempts }));
    }
    if (idle.length === 0 || idle.length < this.#attempted.size) {
      this.looksAgain = false;
      return;
    }
    this.attempts = this.record.attempts;
    this.lastAttempt = this.record.lastAttempt;
  }

  /** Tries again not before `ms`; the earliest of several wishes counts. */
  retryAt(ms: number): void {
    this.nextMs = this.nextMs === undefined ? ms : Math.min(this.nextMs, ms);
  }

  /** No transport is left that could take these. */
  giveUp(rowIds: readonly number[], now: FileTime): void {
    for (const rowId of rowIds) {
      this.update(rowId, (recipient) => {
        const text =
          this.declined(rowId).size > 0
            ? `no transport of this profile delivers to ${recipient.address}`
            : `no transport takes recipients of the address type ${recipient.addrType || '(none)'}`;
        return failed(recipient, text, NO_TRANSPORT, this.record, now);
      });
    }
  }

  /** Gives up those whom a transport has deferred once more after the time for them was over. */
  expire(now: FileTime, nowMs: number, settings: SpoolerSettings): void {
    if (nowMs < expiresAtMs(this.record, settings)) return;
    for (const rowId of this.#deferred) {
      this.update(rowId, (recipient) => {
        if (!isOpen(recipient)) return recipient;
        const text = `expired after ${Math.round(settings.expiryMs / 3_600_000)} hours; last: ${saidLast(recipient.error ?? 'deferred')}`;
        return failed(recipient, text, EXPIRED, this.record, now);
      });
    }
  }

  /** Those of whom the sender has to be told now that their mail is delayed. */
  delayed(nowMs: number, settings: SpoolerSettings): readonly RecipientRecord[] {
    const { record, delayTold } = this;
    if (delayTold || !record.wantsNonDeliveryReport || nowMs < delayToldAtMs(record, settings)) return [];
    return this.open.filter(({ rowId }) => this.#deferred.has(rowId));
  }

  /** Counts the attempts in a row that did not end as foreseen, and says why the message is where it is. */
  count(): void {
    this.failures = this.#unforeseen ? this.failures + 1 : 0;
    const answered = this.recipients.filter(({ error }) => error !== undefined);
    this.reason = (this.#told() ?? answered.find(({ state }) => state === 'failed') ?? answered[0])?.error;
  }

  markReported(): void {
    for (const { rowId } of this.unreported) this.update(rowId, (recipient) => ({ ...recipient, reported: true }));
  }

  /** Where the message stands in a state. */
  standing(state: OutgoingState): OutgoingStanding {
    const { attempts, lastAttempt, nextMs, reason, failures, delayTold } = this;
    const nextAttempt = nextMs === undefined ? undefined : fileTimeFromMs(nextMs);
    return { state, attempts, lastAttempt, nextAttempt, reason, failures, delayTold };
  }

  #settleCutOff(): void {
    const { lastAttempt, offered } = this.record;
    for (const { rowId, state } of this.open) {
      if (state === 'sending') this.update(rowId, (recipient) => cutOff(recipient, lastAttempt, offered));
    }
    this.reason = this.#told()?.error;
  }

  /** The recipient who tells most about why the message is where it is. */
  #told(): RecipientRecord | undefined {
    const left = this.open.filter(({ error }) => error !== undefined);
    return left.find(({ state }) => state === 'unknown') ?? left[0];
  }

  #decline(rowId: number, transport: string): void {
    const declined = this.#declined.get(rowId) ?? new Set();
    this.#declined.set(rowId, declined.add(transport));
  }
}

/** What is foreseen says that nothing was done; of the rest nobody can know. */
function mayHaveSent(kind: Refusal): boolean {
  return kind === 'stopped' || kind === 'unforeseen';
}

/** After these a transport has tried, or may have; the others say that it did nothing, or was not asked. */
const ACTED: ReadonlySet<Refusal> = new Set<Refusal>(['later', 'stopped', 'unforeseen']);

/** Whether a report about the recipient is still to be made. */
function isUnreported(recipient: RecipientRecord): boolean {
  const final = recipient.state === 'sent' || recipient.state === 'failed';
  return final && !recipient.reported;
}
