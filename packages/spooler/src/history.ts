/** The fate of messages as people see it: what has left the queue in this session, and how a record reads. */
import { fileTimeFromMs } from '@nodemapi/base';
import type { FinishedOutgoing, OutgoingEvent, OutgoingMessage } from '@nodemapi/mapi';
import { AttemptState } from './attempt-state.ts';
import type { QueueRow } from './queue-reader.ts';
import { addressText, isOpen, type MessageRecord, type RecipientRecord } from './record.ts';

export class History {
  readonly #kept: OutgoingMessage[] = [];
  readonly #keptMax: number;
  /** Exact, also when the messages themselves are not kept any more. */
  sent = 0;
  failed = 0;

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  /** Oldest first. */
  get messages(): readonly OutgoingMessage[] {
    return this.#kept;
  }

  add(message: OutgoingMessage): void {
    if (message.state === 'failed') this.failed++;
    else this.sent++;
    this.#kept.push(message);
    if (this.#kept.length > this.#keptMax) this.#kept.shift();
  }
}

/** Where a message stands. */
export interface Standing {
  readonly row?: QueueRow;
  /** This spooler works on it. */
  readonly running: boolean;
  /** Why it waits, and until when, where that is not stored with it. */
  readonly parked?: { readonly untilMs: number; readonly reason: string } | undefined;
  readonly nowMs: number;
}

/** A record as people see it. An attempt that nobody makes any more was cut off: 'unknown'. */
export function described(record: MessageRecord, standing: Standing): OutgoingMessage {
  const { row, running, parked, nowMs } = standing;
  const locked = (row?.lockUntilMs ?? 0) > nowMs;
  if (record.state === 'sending' && !locked && !running) return described(settled(record), standing);
  const state = parked !== undefined && record.state === 'ready' ? 'waiting' : record.state;
  const isFinal = state === 'sent' || state === 'failed';
  const nextAttempt =
    parked === undefined ? (record.nextAttempt ?? null) : fileTimeFromMs(Math.min(parked.untilMs, NEVER_MS));
  return {
    entryId: record.entryId,
    subject: record.subject,
    internetMessageId: record.internetMessageId ?? null,
    submitTime: record.submitTime ?? null,
    state,
    // Who has its fate waits for nothing: what another spooler's lock had us wait for is over.
    reason: (isFinal ? record.reason : undefined) ?? parked?.reason ?? record.reason ?? null,
    attempts: record.attempts,
    nextAttempt: isFinal || state === 'held' ? null : nextAttempt,
    lockedBy: locked ? (row?.lockOwner ?? null) : null,
    recipients: record.recipients.map((recipient) => describedRecipient(recipient, isFinal ? null : nextAttempt)),
  };
}

/** What a spooler will make of an attempt that was cut off: the first time it goes on at once, whatever was noted. */
function settled(record: MessageRecord): MessageRecord {
  const state = new AttemptState(record);
  const nextAttempt = record.failures === 0 ? undefined : record.nextAttempt;
  const reason = state.reason ?? 'may have been sent; an attempt was cut off';
  return { ...state.snapshot(state.openState), nextAttempt, reason };
}

/** A queued message that cannot be read: what the queue says of it, and why. */
export function describedUnread(row: QueueRow, standing: Standing, why: string): OutgoingMessage {
  const { entryId, state, submitTime } = row;
  const nextAttempt = row.nextMs === undefined ? undefined : fileTimeFromMs(row.nextMs);
  const record: MessageRecord = {
    ...{ entryId, state, submitTime, nextAttempt, subject: '', messageClass: '', reason: why, recipients: [] },
    ...{ internetMessageId: undefined, senderName: undefined, senderAddress: undefined, lastAttempt: undefined },
    ...{
      lock: 0,
      delayTold: false,
      attempts: 0,
      failures: 0,
      submitFlags: 0,
      wantsDeliveryReport: false,
      wantsNonDeliveryReport: true,
    },
  };
  return described(record, standing);
}

/**
 * A message that has left the queue by another spooler; undefined if it was taken out.
 *
 * @param kept its recipients, where the message is still there; else those are told whom its history lists
 */
export function describedEnd(
  ended: FinishedOutgoing,
  events: readonly OutgoingEvent[],
  kept: readonly RecipientRecord[],
): OutgoingMessage | undefined {
  const { entryId, subject, internetMessageId, submitTime, state, attempts } = ended;
  if (state === 'cancelled') return undefined;
  const isKept = kept.some((recipient) => recipient.state !== undefined);
  const recipients = isKept ? kept.map((one) => describedRecipient(one, null)) : listedRecipients(events, attempts);
  const reason = state === 'failed' ? recipients.find((one) => one.state === 'failed')?.lastError : undefined;
  return {
    ...{ entryId, subject, internetMessageId, submitTime, state, attempts },
    ...{ reason: reason ?? null, nextAttempt: null, lockedBy: null, recipients },
  };
}

/** Recipients as a history has them last; of many an event lists the first ones. */
function listedRecipients(events: readonly OutgoingEvent[], attempts: number): OutgoingMessage['recipients'] {
  const recipients = new Map<string, OutgoingMessage['recipients'][number]>();
  for (const { address, state, text } of events.flatMap((event) => event.recipients ?? [])) {
    const lastError = state === 'sent' ? null : text;
    recipients.set(address, { address, state, attempts, lastError, nextAttempt: null });
  }
  return [...recipients.values()];
}

/** The end of the year 9999. */
const NEVER_MS = 253_402_300_799_000;

function describedRecipient(recipient: RecipientRecord, next: bigint | null): OutgoingMessage['recipients'][number] {
  return {
    address: addressText(recipient),
    state: recipient.state ?? (recipient.responsibility ? 'sent' : 'ready'),
    attempts: recipient.attempts,
    lastError: recipient.error ?? null,
    nextAttempt: isOpen(recipient) ? next : null,
  };
}
