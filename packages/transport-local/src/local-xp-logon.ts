/**
 * IXPLogon of the local transport: delivers between the mailboxes of one MAPI home, through drop folders.
 *
 * Invariants:
 * - A recipient is called delivered only when its message is complete and durable in the drop folder, or was before.
 * - A drop leaves the folder only after the message was saved and the call was not cancelled (XP-050, XP-072).
 * - The support object is released last, and nothing runs after that (XP-084).
 *
 * spec: ixplogoniunknown
 */
import { bytesEqual, MapiError, toHex } from '@nodemapi/base';
import { mapiToMime } from '@nodemapi/format-oxcmail';
import { identifySender, identityProps, RefCounted, StatusObject, TransportStatus } from '@nodemapi/kit';
import {
  type AddressTypes,
  type EndMessageResult,
  type EntryId,
  type FlushOptions,
  type IMAPIStatus,
  type IMAPISupport,
  type IMessage,
  type IXPLogon,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  type PropValue,
  type ProviderHost,
  type RecipientOutcome,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_OUTBOUND_FLUSH,
  type SubmitOptions,
  type SubmitResult,
  type TransportLogonOptions,
  type TransportNotifyFlags,
  type UserInterface,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { Claims } from './claim.ts';
import { deliver, liesInTheFile } from './delivery.ts';
import { type ClaimedDrop, DropFolder } from './drop-folder.ts';
import { dropName } from './drop-name.ts';
import { Inbox } from './inbox.ts';
import type { LocalConfig } from './local-config.ts';
import { identityOf } from './local-identity.ts';
import { ADDRESS_TYPES, localRecipients } from './local-recipients.ts';
import { MailWatch } from './mail-watch.ts';
import { deliverTo } from './outbox.ts';

export interface LocalXPLogonPorts {
  readonly host: ProviderHost;
  readonly support: IMAPISupport;
  readonly claims: Claims;
  readonly reload: () => Promise<LocalConfig>;
  readonly onLogoff: (logon: LocalXPLogon) => void;
  /** Mail was put into the mailboxes of these addresses. */
  readonly onDelivered: (addresses: readonly string[]) => void;
}

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'Local transport';

/** The reference of the incoming message, of which there is one at a time. SUPP-54 */
const INBOUND_REF = 1;

interface SendingMessage {
  readonly cancel: AbortController;
  /** Known as soon as the message has been asked for it. */
  entryId?: EntryId | undefined;
}

interface CancelData {
  readonly messageRef?: number;
  readonly entryId?: EntryId;
}

export class LocalXPLogon extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  readonly #ports: LocalXPLogonPorts;
  readonly #status: TransportStatus;
  readonly #watch: MailWatch;
  readonly #logoff = new AbortController();
  /** Attempts that run, by reference. */
  readonly #sending = new Map<number, SendingMessage>();
  readonly #receiving = new Set<AbortController>();
  readonly #running = new Set<Promise<unknown>>();
  /** Attempts that ended and wait for `endMessage`. */
  readonly #results = new Map<number, EndMessageResult>();
  #config: LocalConfig;
  #inbox: Inbox;
  #inbound: boolean;
  #outbound: boolean;
  #lastRef = INBOUND_REF;

  constructor(ports: LocalXPLogonPorts, config: LocalConfig, options: TransportLogonOptions) {
    super();
    this.#ports = ports;
    this.#config = config;
    this.#inbound = options.noInbound !== true;
    this.#outbound = options.noOutbound !== true;
    this.#status = new TransportStatus(ports.support, PROVIDER_DISPLAY);
    this.#inbox = new Inbox(this.#folders(), ports.claims, ports.host.clock);
    this.#watch = new MailWatch(ports.host.clock, ports.host.log, () => this.#announceMail());
  }

  /** Makes the drop folders and adds the status row; `TransportLogon` calls it once. */
  async open(): Promise<void> {
    for (const folder of this.#folders()) await folder.create();
    await this.#ports.support.modifyStatusRow(this.#row());
    if (this.#outbound) await this.#status.change(STATUS_OUTBOUND_ENABLED, 0);
    if (this.#inbound) await this.#enableInbound();
  }

  /** Whether one of the addresses is of this logon. */
  receives(addresses: readonly string[]): boolean {
    return addresses.some((address) => this.#config.addresses.includes(address));
  }

  /** Looks for mail soon. */
  wake(): void {
    if (this.#inbound) this.#watch.wake();
  }

  async addressTypes(): Promise<AddressTypes> {
    this.#assertLoggedOn();
    return { types: [...ADDRESS_TYPES], uids: [] };
  }

  async transportNotify(flags: TransportNotifyFlags, data: CancelData = {}): Promise<void> {
    this.#assertLoggedOn();
    if ((flags.beginOutbound && flags.endOutbound) || (flags.beginInbound && flags.endInbound)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'begin and end of one direction exclude each other');
    }
    if (flags.cancelMessage === true) this.#cancel(data);
    if (flags.beginOutbound === true) {
      this.#outbound = true;
      await this.#status.change(STATUS_OUTBOUND_ENABLED, 0);
    }
    if (flags.endOutbound === true) {
      this.#outbound = false;
      await this.#status.change(0, STATUS_OUTBOUND_ENABLED);
    }
    if (flags.beginInbound === true) await this.#enableInbound();
    if (flags.endInbound === true) {
      this.#inbound = false;
      this.#watch.stop();
      await this.#status.change(0, STATUS_INBOUND_ENABLED);
    }
    if (flags.beginOutboundFlush === true) await this.#status.change(STATUS_OUTBOUND_FLUSH, 0);
    if (flags.endOutboundFlush === true) await this.#status.change(0, STATUS_OUTBOUND_FLUSH);
    if (flags.beginInboundFlush === true) await this.#beginInboundFlush();
    if (flags.endInboundFlush === true) await this.#status.change(0, STATUS_INBOUND_FLUSH);
  }

  async idle(): Promise<void> {
    this.#assertLoggedOn();
  }

  async transportLogoff(): Promise<void> {
    if (this.#logoff.signal.aborted) return;
    this.#logoff.abort(new MapiError('MAPI_E_CANCEL', 'the transport is logged off'));
    await this.#watch.close();
    await Promise.allSettled([...this.#running]);
    this.#results.clear();
    this.#ports.onLogoff(this);
    await this.#ports.support.release();
  }

  async submitMessage(message: IMessage, options: SubmitOptions): Promise<SubmitResult> {
    this.#assertLoggedOn();
    if (!this.#outbound) throw new MapiError('MAPI_E_BUSY', 'outgoing mail is not enabled');
    const messageRef = ++this.#lastRef;
    const sending: SendingMessage = { cancel: new AbortController() };
    this.#sending.set(messageRef, sending);
    const signal = AbortSignal.any([options.signal, sending.cancel.signal, this.#logoff.signal]);
    try {
      await this.#status.change(STATUS_OUTBOUND_ACTIVE, 0);
      const outcomes = await this.#tracked(this.#send(message, options.rowIds, signal, sending));
      // Only our own disk can defer, which is no fault of the message: it may wait for ever. XP-041
      const deferred = outcomes.some(({ outcome }) => outcome === 'deferred');
      this.#results.set(messageRef, deferred ? 'resendLater' : 'sent');
      return { messageRef, outcomes };
    } finally {
      this.#sending.delete(messageRef);
      if (this.#sending.size === 0 && !this.#logoff.signal.aborted)
        await this.#status.change(0, STATUS_OUTBOUND_ACTIVE);
    }
  }

  async endMessage(messageRef: number): Promise<EndMessageResult> {
    this.#assertLoggedOn();
    const result = this.#results.get(messageRef);
    if (result === undefined) throw new MapiError('MAPI_E_INVALID_PARAMETER', `no message has reference ${messageRef}`);
    this.#results.delete(messageRef);
    return result;
  }

  async poll(): Promise<boolean> {
    this.#assertLoggedOn();
    return this.#inbox.hasMail();
  }

  async startMessage(message: IMessage, options: { readonly signal: AbortSignal }): Promise<void> {
    this.#assertLoggedOn();
    const cancel = new AbortController();
    this.#receiving.add(cancel);
    const signal = AbortSignal.any([options.signal, cancel.signal, this.#logoff.signal]);
    try {
      await this.#status.change(STATUS_INBOUND_ACTIVE, 0);
      await this.#tracked(this.#receive(message, signal));
      if (!this.#logoff.signal.aborted) await this.#announceMail();
    } finally {
      this.#receiving.delete(cancel);
      if (this.#receiving.size === 0 && !this.#logoff.signal.aborted)
        await this.#status.change(0, STATUS_INBOUND_ACTIVE);
    }
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.#assertLoggedOn();
    return new StatusObject(this.#row(), {
      validateState: (ui, options) => this.validateState(ui, options),
      flushQueues: (ui, options) => this.flushQueues(ui, options),
    });
  }

  /** Looks whether the drop folders are there. */
  async validateState(_ui?: UserInterface, options: ValidateStateOptions = {}): Promise<void> {
    this.#assertLoggedOn();
    if (options.configChanged === true) {
      this.#config = await this.#ports.reload();
      this.#inbox = new Inbox(this.#folders(), this.#ports.claims, this.#ports.host.clock);
      await this.#ports.support.modifyStatusRow(identityProps(identityOf(this.#config)), { update: true });
    }
    for (const folder of this.#folders()) await folder.create();
  }

  async flushQueues(_ui?: UserInterface, options: FlushOptions = {}): Promise<void> {
    this.#assertLoggedOn();
    const both = options.upload !== true && options.download !== true;
    if (both || options.upload === true) {
      await this.#status.change(STATUS_OUTBOUND_FLUSH, 0);
      await this.#ports.support.spoolerNotify({ kind: 'readyToSend' });
    }
    if (both || options.download === true) await this.#beginInboundFlush();
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.transportLogoff();
  }

  async #send(
    message: IMessage,
    rowIds: readonly number[],
    signal: AbortSignal,
    sending: SendingMessage,
  ): Promise<readonly RecipientOutcome[]> {
    signal.throwIfAborted();
    const { mailboxes, notMine } = await localRecipients(message, rowIds, this.#ports.host);
    const settled = notMine.map((rowId) => ({ rowId, outcome: 'notMine' as const }));
    if (mailboxes.length === 0) return settled;
    const { clock, random } = this.#ports.host;
    const submitTime = (await identifySender(message, identityOf(this.#config), clock.now())) ?? 0n;
    const { values } = await message.getProps([PR_INTERNET_MESSAGE_ID, PR_ENTRYID, PR_MESSAGE_CLASS]);
    const [internetId, entryId, messageClass] = values;
    sending.entryId = entryId;
    const messageId = internetId ?? toHex(entryId ?? random.bytes(16));
    const destinations = mailboxes.map(({ folder }) => ({
      folder,
      name: dropName({ messageId, submitTime, address: folder.address }),
    }));
    const isReport = /^REPORT\./iu.test(messageClass ?? '');
    const body = mapiToMime(message, { date: clock.now(), random, envelopeBcc: false });
    const mail = { returnPath: isReport ? '' : this.#config.addresses[0], body };
    const outcomes = await deliverTo(destinations, mail, signal);
    this.#ports.onDelivered(mailboxes.map(({ folder }) => folder.address));
    const delivered = mailboxes.flatMap(({ rowIds: rows }, index) =>
      rows.map((rowId) => ({ rowId, ...(outcomes[index] ?? { outcome: 'deferred' as const }) })),
    );
    return [...settled, ...delivered];
  }

  async #receive(message: IMessage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const drop = await this.#inbox.next();
    if (drop === undefined) return;
    const { files, log, clock } = this.#ports.host;
    try {
      await deliver(drop, message, { files, log, config: this.#config, deliveryTime: clock.now(), signal });
    } catch (error) {
      await this.#undelivered(drop, error, signal);
      return;
    }
    await drop.finish();
  }

  /** Puts a drop where it belongs after a failure; throws unless the failure is dealt with. */
  async #undelivered(drop: ClaimedDrop, error: unknown, signal: AbortSignal): Promise<void> {
    const { log } = this.#ports.host;
    if (liesInTheFile(error)) {
      log.error('drop cannot be read and is set aside', { drop: drop.name, error });
      await drop.setAside(error.message);
      return;
    }
    if (signal.aborted) await drop.giveBack();
    else await this.#inbox.postpone(drop);
    throw error;
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #enableInbound(): Promise<void> {
    this.#inbound = true;
    await this.#status.change(STATUS_INBOUND_ENABLED, 0);
    this.#watch.start();
  }

  async #beginInboundFlush(): Promise<void> {
    this.#inbox.retryNow();
    await this.#status.change(STATUS_INBOUND_FLUSH, 0);
    await this.#announceMail();
  }

  async #announceMail(): Promise<void> {
    if (this.#inbound && (await this.#inbox.hasMail())) await this.#ports.support.spoolerNotify({ kind: 'newMail' });
  }

  /** Zero and one are what the spooler says while it has not been told a reference (SUPP-54). */
  #cancel({ messageRef = 0, entryId }: CancelData): void {
    const reason = new MapiError('MAPI_E_CANCEL', 'the message was cancelled');
    if (messageRef === INBOUND_REF) for (const cancel of this.#receiving) cancel.abort(reason);
    for (const [ref, sending] of this.#sending) {
      const same = entryId !== undefined && sending.entryId !== undefined && bytesEqual(entryId, sending.entryId);
      const only = entryId === undefined && this.#sending.size === 1;
      if (messageRef === 0 ? same || only : ref === messageRef) sending.cancel.abort(reason);
    }
  }

  #folders(): readonly DropFolder[] {
    return this.#config.addresses.map((address) => new DropFolder(address, this.#ports.host));
  }

  #row(): readonly PropValue[] {
    return this.#status.row(`Local mail of ${this.#config.addresses[0]}`, identityProps(identityOf(this.#config)));
  }

  #assertLoggedOn(): void {
    this.assertOpen();
    if (this.#logoff.signal.aborted) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the transport is logged off');
  }
}
