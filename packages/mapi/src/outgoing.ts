/**
 * Outgoing mail as people see it: the state of each message and of each of its recipients.
 *
 * The spooler keeps this state in properties of the message and its recipient rows, in the non-transmittable range
 * that belongs to the subsystem; so it is as durable as the message, in every store.
 */
import type { FileTime } from '@nodemapi/base';
import type { EntryId } from './entry-id.ts';
import { tag } from './prop-tag.ts';
import { PT_BOOLEAN, PT_LONG, PT_SYSTIME, PT_UNICODE } from './property-type.ts';

/**
 * 'ready': due now. 'waiting': until a time. 'sending': an attempt runs. 'held': until somebody decides. 'unknown': an
 * attempt began and its end was lost, it may have been sent. 'sent' and 'failed' are final.
 */
export type OutgoingState = 'ready' | 'waiting' | 'sending' | 'held' | 'unknown' | 'sent' | 'failed';

/** The states by their number in PR_SPOOLER_STATE and PR_SPOOLER_RECIPIENT_STATE. */
export const OUTGOING_STATES: readonly OutgoingState[] = [
  'ready',
  'waiting',
  'sending',
  'held',
  'unknown',
  'sent',
  'failed',
];

/** The number of a state. */
export function outgoingStateNumber(state: OutgoingState): number {
  return OUTGOING_STATES.indexOf(state);
}

/** The state of a number; a missing or foreign one is 'ready'. */
export function outgoingState(value: number | undefined): OutgoingState {
  return OUTGOING_STATES[value ?? 0] ?? 'ready';
}

/** State of a queued message; absent means 'ready'. A message that is submitted with the state 'held' is held at once. */
export const PR_SPOOLER_STATE = tag(0x0f40, PT_LONG);
/** Attempts that were begun. */
export const PR_SPOOLER_ATTEMPTS = tag(0x0f41, PT_LONG);
/** When the last attempt began. */
export const PR_SPOOLER_LAST_ATTEMPT = tag(0x0f42, PT_SYSTIME);
/** Not before this time. */
export const PR_SPOOLER_NEXT_ATTEMPT = tag(0x0f43, PT_SYSTIME);
/** Why the message is where it is, for people. */
export const PR_SPOOLER_REASON = tag(0x0f44, PT_UNICODE);
/** Who holds the lock: a column of the outgoing queue. */
export const PR_SPOOLER_LOCK_OWNER = tag(0x0f45, PT_UNICODE);
/** When the lock ends by itself: a column of the outgoing queue. */
export const PR_SPOOLER_LOCK_UNTIL = tag(0x0f46, PT_SYSTIME);
/** Attempts in a row that did not end as foreseen: cut off, or ended by a foreign exception. */
export const PR_SPOOLER_FAILURES = tag(0x0f47, PT_LONG);
/** State of a recipient. */
export const PR_SPOOLER_RECIPIENT_STATE = tag(0x0f48, PT_LONG);
/** Attempts for a recipient. */
export const PR_SPOOLER_RECIPIENT_ATTEMPTS = tag(0x0f49, PT_LONG);
/** What the last attempt for a recipient met, for people. */
export const PR_SPOOLER_RECIPIENT_ERROR = tag(0x0f4a, PT_UNICODE);
/** Whether the report about a recipient has been delivered, or none is wanted. */
export const PR_SPOOLER_RECIPIENT_REPORTED = tag(0x0f4b, PT_BOOLEAN);
/** Whether the message has been through its preprocessors, whatever PR_PREPROCESS says, which clients can set. */
export const PR_SPOOLER_PREPROCESSED = tag(0x0f4f, PT_BOOLEAN);

/** What happened to the message, one line of JSON per event; only where the store does not keep it by itself. */
export const PR_SPOOLER_HISTORY = tag(0x0f4c, PT_UNICODE);
/** Whether the sender has been told that the message is delayed. */
export const PR_SPOOLER_DELAY_TOLD = tag(0x0f4d, PT_BOOLEAN);

/** A step in the life of an outgoing message. */
export interface OutgoingEvent {
  readonly time: FileTime;
  /** The process and logon that did it, as locks name them. */
  readonly by: string;
  /** The state of the message from then on; 'cancelled': it was taken out of the queue. */
  readonly state: OutgoingState | 'cancelled';
  /** What happened and why, for people. */
  readonly text: string;
  /** It waits until then. */
  readonly until?: FileTime;
  /** What became of recipients, and what was answered for them. */
  readonly recipients?: readonly OutgoingEventRecipient[];
  /** So many more recipients that are not listed. */
  readonly more?: number;
}

/** One recipient in a step. */
export interface OutgoingEventRecipient {
  readonly address: string;
  readonly state: OutgoingState;
  readonly text: string | null;
}

/** One recipient of a message in the outgoing queue, and what became of it. */
export interface OutgoingRecipient {
  readonly address: string;
  readonly state: OutgoingState;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly nextAttempt: FileTime | null;
}

/** The fate of one outgoing message. */
export interface OutgoingMessage {
  readonly entryId: EntryId;
  readonly subject: string;
  readonly internetMessageId: string | null;
  readonly submitTime: FileTime | null;
  readonly state: OutgoingState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly nextAttempt: FileTime | null;
  readonly lockedBy: string | null;
  readonly recipients: readonly OutgoingRecipient[];
}

/** What a session has to say of its outgoing mail when it ends. */
export interface OutgoingReport {
  readonly sent: number;
  readonly failed: number;
  /** Ready or waiting: they stay in the queue for the next session. Also what another process is sending at this moment. */
  readonly left: number;
  readonly held: number;
  /** They may have been sent. */
  readonly unknown: number;
  readonly messages: readonly OutgoingMessage[];
  /** Queued messages that are counted but not in `messages`, since there are so many. */
  readonly unlisted?: number;
  /** The queues could not be read, or not all of them: there may be more than the counts and `messages` say. */
  readonly incomplete?: boolean;
}
