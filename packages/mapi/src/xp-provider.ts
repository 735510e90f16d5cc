/**
 * MAPI: IXPProvider and IXPLogon, what a transport library brings. spec: ixpprovideriunknown, ixplogoniunknown
 *
 * Where MAPI lets a transport write PR_RESPONSIBILITY into the recipient table, ours answers the outcome per
 * recipient; the spooler writes it down, so that no transport can forget to.
 */
import type { EntryId, MapiUid } from './entry-id.ts';
import type { IMessage } from './message.ts';
import type { FlushOptions, IMAPIStatus, ValidateStateOptions } from './status.ts';
import type { IMAPISupport } from './support.ts';
import type { IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** Options of a transport logon, by flag. spec: ixpprovider-transportlogon */
export interface TransportLogonOptions {
  /** LOGON_NO_DIALOG */
  readonly noDialog?: boolean;
  /** LOGON_NO_CONNECT: work offline */
  readonly noConnect?: boolean;
  /** LOGON_NO_INBOUND */
  readonly noInbound?: boolean;
  /** LOGON_NO_OUTBOUND */
  readonly noOutbound?: boolean;
}

/** What a logon to a transport answers: the logon object and what it wants of the spooler. */
export interface TransportLogon {
  readonly logon: IXPLogon;
  /** LOGON_SP_IDLE: call `idle` */
  readonly idle?: boolean;
  /** LOGON_SP_POLL: call `poll`; otherwise only `spoolerNotify` announces mail */
  readonly poll?: boolean;
  /** LOGON_SP_RESOLVE: resolve all recipients to full addresses */
  readonly resolve?: boolean;
}

/** The numbers of MAPI for what a logon is told, and for what it answers. spec: ixpprovider-transportlogon, MAPISPI.h */
export const TRANSPORT_LOGON_FLAGS: Readonly<
  Record<keyof TransportLogonOptions | Exclude<keyof TransportLogon, 'logon'>, number>
> = {
  noDialog: 0x1,
  noConnect: 0x4,
  noInbound: 0x8,
  noOutbound: 0x10,
  idle: 0x1_0000,
  poll: 0x2_0000,
  resolve: 0x4_0000,
};

export interface IXPProvider extends IUnknown {
  readonly iid: 'IXPProvider';
  shutdown(): Promise<void>;
  /** @throws MAPI_E_UNCONFIGURED, MAPI_E_FAILONEPROVIDER, MAPI_E_LOGON_FAILED, MAPI_E_USER_CANCEL */
  transportLogon(
    support: IMAPISupport,
    profileName: string,
    options: TransportLogonOptions,
    ui?: UserInterface,
  ): Promise<TransportLogon>;
}

/** Which recipients a transport serves. spec: ixplogon-addresstypes */
export interface AddressTypes {
  /** null: any recipient; []: none by address type */
  readonly types: readonly string[] | null;
  readonly uids: readonly MapiUid[];
}

/** What became of one recipient (named by PR_ROWID) in one attempt. */
export interface RecipientOutcome {
  readonly rowId: number;
  /**
   * 'delivered': the next system has taken it. 'failed': for good, with a non-delivery report. 'deferred': not now,
   * try again. 'notMine': another transport may take it. 'unknown': it may have been taken, the answer was lost.
   */
  readonly outcome: 'delivered' | 'failed' | 'deferred' | 'notMine' | 'unknown';
  /** SMTP reply code, where there is one. */
  readonly smtpCode?: number;
  /** Enhanced status code such as 5.1.1 (RFC 3463). */
  readonly enhancedStatus?: string;
  /** What the other side said, or what went wrong; for people. */
  readonly text?: string;
  /** The system that said it. */
  readonly remote?: string;
}

/** What became of a message that was handed to a transport. spec: ixplogon-submitmessage */
export interface SubmitResult {
  /** The transport's number for this message until `endMessage`. */
  readonly messageRef: number;
  /** One per recipient that was offered. */
  readonly outcomes: readonly RecipientOutcome[];
  /** Not before this many seconds, for the deferred ones; the spooler's own schedule if omitted. */
  readonly retryAfterSeconds?: number;
}

/** Options of the hand-over of a message to a transport. spec: ixplogon-submitmessage */
export interface SubmitOptions {
  /** PR_ROWIDs of the recipients this transport is asked to serve: PR_RESPONSIBILITY is FALSE for these alone. */
  readonly rowIds: readonly number[];
  /** BEGIN_DEFERRED */
  readonly deferred?: boolean;
  /** Set when the message is to be cancelled, or the transport is to log off. */
  readonly signal: AbortSignal;
  /**
   * To be called right before the text of the message goes to anybody who may keep it; more than once does no harm. What it
   * throws ends the attempt, and nothing may go out then. See `IXPLogon.tellsOffers`.
   */
  readonly onOffer?: () => void;
}

/** Options of the reception of a message by a transport. spec: ixplogon-startmessage */
export interface StartMessageOptions {
  /** Set when the message is to be cancelled: what is not saved then stays at its source. */
  readonly signal: AbortSignal;
  /**
   * The transport names the message at its source, before it saves it; the names go into the store together with the
   * message. True: a message of the first name was saved before, by somebody who could not tell the source in time.
   * The transport then saves nothing, and does at the source what is due after a delivery.
   *
   * A name is a text that no other message at any source has; several name the same message in several ways.
   */
  readonly recognise?: (...sources: readonly [string, ...string[]]) => Promise<boolean>;
}

/** END_RESEND_NOW, END_RESEND_LATER, END_DONT_RESEND; 'sent' is no flag at all. */
export type EndMessageResult = 'sent' | 'resendNow' | 'resendLater' | 'dontResend';

/** NOTIFY_BEGIN_INBOUND … NOTIFY_CANCEL_MESSAGE */
export interface TransportNotifyFlags {
  readonly beginInbound?: boolean;
  readonly endInbound?: boolean;
  readonly beginOutbound?: boolean;
  readonly endOutbound?: boolean;
  readonly beginInboundFlush?: boolean;
  readonly endInboundFlush?: boolean;
  readonly beginOutboundFlush?: boolean;
  readonly endOutboundFlush?: boolean;
  readonly abortDeferred?: boolean;
  readonly cancelMessage?: boolean;
}

/** The numbers of MAPI for what transports are told. spec: ixplogon-transportnotify, MAPISPI.h */
export const TRANSPORT_NOTIFY_FLAGS: Readonly<Record<keyof TransportNotifyFlags, number>> = {
  beginInbound: 0x1,
  beginOutbound: 0x2,
  beginInboundFlush: 0x4,
  beginOutboundFlush: 0x8,
  endInbound: 0x1_0000,
  endOutbound: 0x2_0000,
  endInboundFlush: 0x4_0000,
  endOutboundFlush: 0x8_0000,
  abortDeferred: 0x4000_0000,
  cancelMessage: 0x8000_0000,
};

export interface IXPLogon extends IUnknown {
  readonly iid: 'IXPLogon';
  /**
   * It calls `SubmitOptions.onOffer`. A message that is cut off before that is known not to have been sent; those of other
   * transports may have been sent as soon as they have called a method of the message.
   */
  readonly tellsOffers?: boolean;
  addressTypes(): Promise<AddressTypes>;
  transportNotify(
    flags: TransportNotifyFlags,
    data?: { readonly messageRef?: number; readonly entryId?: EntryId },
  ): Promise<void>;
  idle(): Promise<void>;
  /** Stops whatever runs, frees everything; the support object is released last. */
  transportLogoff(): Promise<void>;
  /**
   * Sends the message to the recipients offered and answers what became of each of them.
   *
   * @throws MAPI_E_BUSY (try again, nothing done), MAPI_E_NOT_ME (another transport, nothing done), MAPI_E_WAIT and
   *   MAPI_E_NETWORK_ERROR (later, nothing done; their `retryAfterSeconds` says when), MAPI_E_CANCEL (do not resend a deferred message through this one)
   * @see spec: ixplogon-submitmessage
   */
  submitMessage(message: IMessage, options: SubmitOptions): Promise<SubmitResult>;
  endMessage(messageRef: number): Promise<EndMessageResult>;
  /** Whether incoming mail is waiting. */
  poll(): Promise<boolean>;
  /**
   * Fills one incoming message; saving it is the act of delivery. Returning without having saved means that there was
   * nothing. The source keeps its copy until the save has succeeded. After it `endMessage` is not called.
   *
   * @see spec: ixplogon-startmessage
   */
  startMessage(message: IMessage, options: StartMessageOptions): Promise<void>;
  openStatusEntry(): Promise<IMAPIStatus>;
  validateState(ui?: UserInterface, options?: ValidateStateOptions): Promise<void>;
  flushQueues(ui?: UserInterface, options?: FlushOptions): Promise<void>;
}
