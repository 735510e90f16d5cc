/**
 * The port between a session and its spooler: neither imports the other, the front door joins them.
 *
 * Order of calls: `start` once after the logon; `attachStore` for every store that may send or receive; then notices
 * and flushes as they come; `drain` as often as wanted; `shutdown` last. Every method may be called while another runs.
 */
import type { Clock, FileSystem, Log, Random } from '@nodemapi/base';
import type {
  AdrList,
  EntryId,
  FinishedOutgoing,
  FlushOptions,
  IMAPIFolder,
  IMessage,
  IMsgStore,
  ISpoolerHook,
  IXPLogon,
  MapiUid,
  MapiWarningCode,
  OutgoingEvent,
  OutgoingMessage,
  OutgoingReport,
  OutgoingState,
  Preprocessor,
  PropValue,
  SpoolerNotice,
  StoreLogoffMode,
  StoreLogoffResult,
  TransportLogon,
  ValidateStateOptions,
} from '@nodemapi/mapi';
import type { QueueCount } from './queue-count.ts';
import { ownerText } from './store-rules/lock.ts';

/** A transport that is logged on, in profile order. */
export interface SpoolerTransport {
  readonly uid: MapiUid;
  readonly displayName: string;
  readonly logon: IXPLogon;
  readonly options: Omit<TransportLogon, 'logon'>;
}

/** A store as the spooler uses it: opened by `IMSProvider.spoolerLogon`. */
export interface SpoolerStore {
  /** The public (wrapped) identifier. */
  readonly entryId: EntryId;
  readonly displayName: string;
  readonly store: IMsgStore;
}

/** Who the session sends for: the sender of messages that name none, and of reports. */
export interface SessionIdentity {
  readonly displayName: string;
  readonly addrType: string;
  readonly emailAddress: string;
  readonly entryId: EntryId;
}

/** A messaging hook of the profile. */
export interface SpoolerHook {
  readonly displayName: string;
  readonly hook: ISpoolerHook;
  /** HOOK_INBOUND */
  readonly inbound: boolean;
  /** HOOK_OUTBOUND */
  readonly outbound: boolean;
}

/** What is to become of a sent message, in place of what its properties say. */
export interface SentMailWish {
  readonly delete?: boolean;
  /** Another folder than PR_SENTMAIL_ENTRYID. */
  readonly target?: EntryId;
}

/** What the session does for its spooler. */
export interface SpoolerHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Identifies this spooler in locks, reports and logs: host, process and session. */
  readonly owner: string;
  /** Logs every transport of the profile on (those that are, stay) and answers them in profile order. */
  openTransports(): Promise<readonly SpoolerTransport[]>;
  /**
   * Names of the profile's transports that could not be logged on. While there is one, a recipient whom nobody takes
   * waits, since it may be that transport's; without this method such a recipient gets a non-delivery report at once.
   */
  unavailableTransports?(): readonly string[];
  /** The transport made a critical error or has to go, or the spooler ends: logs it off. */
  closeTransport(uid: MapiUid): Promise<void>;
  /** Starts the messaging hooks of the profile and answers them in profile order; without this method there are none. */
  openHooks?(): Promise<readonly SpoolerHook[]>;
  /** Identifier of the default store; undefined without one. */
  defaultStore(): EntryId | undefined;
  identity(): Promise<SessionIdentity | undefined>;
  /** The address of an entry of an address book; undefined if it cannot be had. For transports that want addresses of all. */
  resolveAddress?(entryId: EntryId): Promise<Pick<SessionIdentity, 'addrType' | 'emailAddress'> | undefined>;
  /** For files that attachments name; without it none is sent. */
  readonly files?: FileSystem;
  /** Merges columns into the spooler's status row. */
  updateStatus(columns: readonly PropValue[]): void;
}

/** How long a drain of the outgoing queue may take, and who hears of it. */
export interface DrainOptions {
  /** Gives up when it aborts; what runs is left to finish or to the next session. */
  readonly signal?: AbortSignal;
  /** Only these messages; all of them if omitted. */
  readonly only?: readonly EntryId[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a flush of the queues came to, in messages. */
export interface FlushResult {
  readonly sent: number;
  readonly failed: number;
  readonly left: number;
  readonly received: number;
}

/** IMAPISupport::RegisterPreprocessor. A UID or an address type names the recipients; neither stands for all. */
export interface PreprocessorRegistration {
  readonly uid: MapiUid | null;
  readonly addrType: string | null;
  readonly preprocessor: Preprocessor;
}

/** What the spooler would do with recipients, as far as it knows its transports now. */
export interface SpoolerRoute {
  /** The transport for each recipient, in their order; undefined if there is none. */
  readonly carriers: readonly (MapiUid | undefined)[];
  /** A preprocessor of one of these transports has to see the message. */
  readonly needsPreprocessing: boolean;
}

/** The spooler of one session, as the session and its status objects use it. */
export interface Spooler {
  /** Brings the transports up and begins to work; resolves when both are done. */
  start(): Promise<void>;
  /** Resolves when `start` has finished; rejects if it failed. */
  ready(): Promise<void>;
  /** The spooler takes a reference of its own to the store, and gives it up when the store goes or the spooler ends. */
  attachStore(store: SpoolerStore): Promise<void>;
  /** Lets go of a store by one of the five policies of StoreLogoff. */
  detachStore(entryId: EntryId, mode: StoreLogoffMode): Promise<StoreLogoffResult>;
  /** IMAPISupport::SpoolerNotify; `uid` names the transport, undefined stands for a store. */
  notice(uid: MapiUid | undefined, notice: SpoolerNotice): Promise<void>;
  /** `uid` names the transport, whose logoff takes the registration back. */
  registerPreprocessor(uid: MapiUid, registration: PreprocessorRegistration): void;
  /** Whether any preprocessor is registered. */
  readonly preprocesses: boolean;
  route(recipients: AdrList): SpoolerRoute;
  /** IMAPISupport::CompleteMsg: takes a message that its store's own transport has sent out of the queue. */
  completeMsg(entryId: EntryId): Promise<void>;
  /**
   * IMAPISupport::DoSentMail: has the outbound hooks look at a sent message, unless the spooler is filing it and they
   * have; answers what they want.
   */
  sentMail(message: IMessage): Promise<SentMailWish>;
  /** IMAPISupport::StatusRecips: makes the reports. */
  statusRecips(message: IMessage, recipients: AdrList): Promise<{ readonly warning?: MapiWarningCode }>;
  /** IMAPISupport::SpoolerYield: whether the message in hand is to be stopped. */
  yield(uid: MapiUid): Promise<{ readonly cancelled: boolean }>;
  flushQueues(
    options: FlushOptions,
    signal?: AbortSignal,
    onProgress?: (done: number, total: number) => void,
  ): Promise<FlushResult>;
  /** A transport has set a flush bit in its status row. */
  flushAsked(uid: MapiUid): void;
  validateState(options: ValidateStateOptions): Promise<void>;
  /** Address types of the transports that run. */
  addressTypes(): readonly string[];
  /** Every message this spooler has dealt with since `start`, and every one in the queues, however many there are. */
  outgoing(): Promise<readonly OutgoingMessage[]>;
  readonly queue: OutgoingView;
  /**
   * Works until the messages are in a final or a held state, or have to wait; then answers their fate: of those in
   * `only`, or of all since `start`.
   */
  drain(options: DrainOptions): Promise<OutgoingReport>;
  /** Stops trying until `retry`. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_BUSY while an attempt runs */
  hold(entryId: EntryId): Promise<void>;
  /** Makes a held or waiting message due now. @throws MAPI_E_NOT_IN_QUEUE */
  retry(entryId: EntryId): Promise<void>;
  /** Takes a message out of the queue: AbortSubmit, with the transport told. */
  cancel(entryId: EntryId): Promise<void>;
  /**
   * Ends everything in good order within `deadlineMs`; called again it does nothing.
   *
   * @param hurry somebody is impatient when it is aborted: what is being sent has one second more to come to its end
   */
  shutdown(deadlineMs: number, hurry?: AbortSignal): Promise<OutgoingReport>;
}

/** Looking at the queues, whoever works on them; none of it takes longer because they are deep. */
export interface OutgoingView {
  /** How many messages of each state are queued. Of stores that do not count, all rows are read. */
  counts(): Promise<readonly QueueCount[]>;
  /** The queued messages from `offset` on, `countMax` at most, store by store in submit order. */
  page(options: { readonly offset?: number; readonly countMax: number }): Promise<readonly OutgoingMessage[]>;
  /** Those of these messages that are queued, or whose fate is remembered. */
  of(entryIds: readonly EntryId[]): Promise<readonly OutgoingMessage[]>;
  /**
   * Queued messages whose entry identifiers end in these hex digits, zero bytes at the end left aside; the first few, if there
   * are many.
   */
  find(ending: string): Promise<readonly OutgoingMessage[]>;
  /** The same of what has left the queues and is remembered. */
  findFinished(ending: string): Promise<readonly FinishedOutgoing[]>;
  /** The same of messages in the Outboxes that are not queued: they were taken out of the queue, or never submitted. */
  findDrafts(ending: string): Promise<readonly EntryId[]>;
  /** Calls `listener` after changes, in whatever process they were made; now and then for nothing. */
  watch(listener: () => void): Disposable;
  /**
   * The life of a message that is queued, or was until some time ago, oldest step first; empty if nothing is remembered. A
   * store keeps the histories of the last 10,000 messages that have left its queue, for 30 days.
   */
  history(entryId: EntryId): Promise<readonly OutgoingEvent[]>;
  /** What has left the queues, the latest first, also in other sessions and processes. */
  finished(countMax: number): Promise<readonly FinishedOutgoing[]>;
  /** The fate of what was dealt with since `start`, and what is queued; `messages` has not all of a deep queue. */
  report(): Promise<OutgoingReport>;
}

/** Makes the spooler of a session. */
export type SpoolerFactory = (host: SpoolerHost) => Spooler;

/** The folder that takes messages of a class in a store, opened for writing. */
export async function openReceiveFolder(store: IMsgStore, messageClass: string): Promise<IMAPIFolder> {
  const { entryId } = await store.getReceiveFolder(messageClass);
  return store.openEntry(entryId, { iid: 'IMAPIFolder', modify: true });
}

/** What is known beside a list of messages. */
export interface ReportFacts {
  /** Messages that have left the queue, those included that are not listed any more. */
  readonly sent?: number;
  readonly failed?: number;
  /** All that is queued, where not all of it is listed. */
  readonly queued?: readonly QueueCount[];
  /** Whether another spooler is sending it at this moment, and goes on with it; default never. */
  readonly isElsewhere?: (message: OutgoingMessage) => boolean;
}

/**
 * Counts messages by their fate; `facts` count those that are not listed, too.
 *
 * An attempt that has begun and of whose end nothing is known may have sent its message: it is shown, and counts, as
 * 'unknown'. One that another spooler has in hand stays 'sending' and counts as left: it is there that it comes to its end.
 */
export function outgoingReport(messages: readonly OutgoingMessage[], facts: ReportFacts = {}): OutgoingReport {
  const settled = messages.map((message) =>
    facts.isElsewhere?.(message) === true ? sentElsewhere(message) : withoutSending(message),
  );
  const listed = (...states: readonly OutgoingState[]): number =>
    settled.filter((message) => states.includes(message.state)).length;
  const queued = (...states: readonly OutgoingState[]): number =>
    facts.queued?.reduce((sum, one) => sum + (states.includes(one.state) ? one.messages : 0), 0) ?? 0;
  const elsewhere = listed('sending');
  const left = Math.max(listed('ready', 'waiting'), queued('ready', 'waiting')) + elsewhere;
  const held = Math.max(listed('held'), queued('held'));
  const unknown = Math.max(listed('unknown'), queued('unknown', 'sending') - elsewhere);
  const unlisted = left + held + unknown - listed('ready', 'waiting', 'sending', 'held', 'unknown');
  return {
    sent: Math.max(facts.sent ?? 0, listed('sent')),
    failed: Math.max(facts.failed ?? 0, listed('failed')),
    ...{ left, held, unknown },
    messages: settled,
    ...(unlisted > 0 ? { unlisted } : {}),
  };
}

function sentElsewhere(message: OutgoingMessage): OutgoingMessage {
  const who = message.lockedBy === null ? 'another process' : ownerText(message.lockedBy);
  return { ...message, reason: `${who} is sending it, and goes on with it` };
}

function withoutSending(message: OutgoingMessage): OutgoingMessage {
  if (message.state !== 'sending') return message;
  const recipients = message.recipients.map((recipient) =>
    recipient.state === 'sending' ? { ...recipient, state: 'unknown' as const } : recipient,
  );
  return { ...message, state: 'unknown', reason: 'may have been sent; its attempt has not ended', recipients };
}
