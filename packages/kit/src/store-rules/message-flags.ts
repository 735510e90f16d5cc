/**
 * How PR_MESSAGE_FLAGS changes: pure functions from flags to flags.
 *
 * spec: pidtagmessageflags-canonical-property
 */
import {
  MSGFLAG_ASSOCIATED,
  MSGFLAG_FROMME,
  MSGFLAG_HASATTACH,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_ORIGIN_INTERNET,
  MSGFLAG_ORIGIN_MISC_EXT,
  MSGFLAG_ORIGIN_X400,
  MSGFLAG_READ,
  MSGFLAG_RESEND,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNMODIFIED,
  MSGFLAG_UNSENT,
} from '@nodemapi/mapi';

/** What a client may set, until the first save. */
export const CLIENT_MESSAGE_FLAGS =
  MSGFLAG_READ | MSGFLAG_UNMODIFIED | MSGFLAG_UNSENT | MSGFLAG_RESEND | MSGFLAG_FROMME;
/** What a transport may set besides, through the spooler's store, until the first save. */
export const TRANSPORT_MESSAGE_FLAGS =
  CLIENT_MESSAGE_FLAGS | MSGFLAG_ORIGIN_X400 | MSGFLAG_ORIGIN_INTERNET | MSGFLAG_ORIGIN_MISC_EXT;

/** Flags of a message that was just made. */
export function newMessageFlags(associated: boolean): number {
  return MSGFLAG_UNSENT | MSGFLAG_UNMODIFIED | (associated ? MSGFLAG_ASSOCIATED : 0);
}

/** Takes over the bits of `wanted` that the writer may set; call it only before the first save. */
export function withWrittenFlags(flags: number, wanted: number, bySpooler: boolean): number {
  const mask = bySpooler ? TRANSPORT_MESSAGE_FLAGS : CLIENT_MESSAGE_FLAGS;
  return (flags & ~mask) | (wanted & mask);
}

export interface SaveState {
  readonly firstSave: boolean;
  readonly hasAttachments: boolean;
  /** PR_READ_RECEIPT_REQUESTED */
  readonly readReceiptRequested: boolean;
  /** PR_NON_RECEIPT_NOTIFICATION_REQUESTED */
  readonly nonReadRequested: boolean;
  /** Saved first through the spooler's store: it has been delivered. */
  readonly delivered: boolean;
}

/** Flags after a save. Reports become pending on received messages only, once, with the first save. */
export function flagsAfterSave(flags: number, state: SaveState): number {
  let next = state.hasAttachments ? flags | MSGFLAG_HASATTACH : flags & ~MSGFLAG_HASATTACH;
  if ((next & MSGFLAG_ASSOCIATED) !== 0) next &= ~MSGFLAG_READ;
  if (!state.firstSave) return next & ~MSGFLAG_UNMODIFIED;
  if (state.delivered) next = (next & ~(MSGFLAG_READ | MSGFLAG_UNSENT)) | MSGFLAG_UNMODIFIED;
  const received = (next & (MSGFLAG_UNSENT | MSGFLAG_READ | MSGFLAG_ASSOCIATED)) === 0;
  if (received && state.readReceiptRequested) next |= MSGFLAG_RN_PENDING;
  if (received && (state.nonReadRequested || state.readReceiptRequested)) next |= MSGFLAG_NRN_PENDING;
  return next;
}

export function flagsOfSubmitted(flags: number): number {
  return flags | MSGFLAG_SUBMIT | MSGFLAG_UNSENT;
}

/** Sending was cancelled: a draft again. */
export function flagsOfAborted(flags: number): number {
  return (flags & ~MSGFLAG_SUBMIT) | MSGFLAG_UNSENT;
}

/** Sent: neither submitted nor unsent, and its sender has read it. */
export function flagsOfSent(flags: number): number {
  return (flags & ~(MSGFLAG_SUBMIT | MSGFLAG_UNSENT | MSGFLAG_RESEND)) | MSGFLAG_READ;
}

/** A copy never sends reports, is in no queue, and is otherwise like its original. */
export function flagsOfCopy(flags: number): number {
  return flags & ~(MSGFLAG_SUBMIT | MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING);
}

/** Whether a message counts in PR_CONTENT_UNREAD. */
export function countsAsUnread(flags: number): boolean {
  return (flags & (MSGFLAG_READ | MSGFLAG_ASSOCIATED)) === 0;
}
