import { bytesEqual, LinkedAbort } from '@nodemapi/base';
import {
  type AddressTypes,
  type EndMessageResult,
  type EntryId,
  type FlushOptions,
  type IMAPIStatus,
  type IMAPISupport,
  type IMessage,
  type IXPLogon,
  MapiError,
  PR_RESOURCE_METHODS,
  type PropValue,
  type ProviderHost,
  prop,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_OUTBOUND_FLUSH,
  type StartMessageOptions,
  type SubmitOptions,
  type SubmitResult,
  type TransportLogonOptions,
  type TransportNotifyFlags,
  type UserInterface,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { DisplayField } from './display-table.ts';
import { noSupport } from './no-support.ts';
import { RefCounted } from './ref-counted.ts';
import type { RemoteRequests } from './remote-requests.ts';
import { showSettings } from './settings-dialog.ts';
import { StatusEntry } from './status-entry.ts';
import { type StatusMethods, statusMethodBits } from './status-object.ts';
import type { TransportStatus } from './transport-status.ts';

/** What a transport's logon works with. */
export interface XPLogonPorts<Config> {
  readonly host: ProviderHost;
  /** A reference of the logon's own, which it releases last. */
  readonly support: IMAPISupport;
  /** Reads the configuration anew, after it has changed. */
  readonly reload: () => Promise<Config>;
  readonly onLogoff: () => void;
}

/** One attempt to send a message. */
export interface SendAttempt {
  /** PR_ROWIDs of the recipients that are offered. */
  readonly rowIds: readonly number[];
  /** Set when the message is cancelled, or the transport is logged off. */
  readonly signal: AbortSignal;
  /** PR_ENTRYID of the message, to be set as soon as it is known: the spooler may cancel by it. */
  entryId?: EntryId | undefined;
  /** To be called right before the text of the message goes out, in a transport that `tellsOffers`; it may throw. */
  readonly onOffer: () => void;
}

/** What came of an attempt: what the spooler is told now, and at `endMessage`. */
export interface SendResult extends Omit<SubmitResult, 'messageRef'> {
  readonly end: EndMessageResult;
}

/** What the spooler says to cancel a message: the reference, or the identifier while it has not been told one. */
export interface CancelData {
  readonly messageRef?: number;
  readonly entryId?: EntryId;
}

interface Sending {
  readonly attempt: SendAttempt;
  readonly cancel: LinkedAbort;
}

/**
 * The logon of a transport that sends: attempts and their references, flags, status, logoff. What it sends by, and
 * whether it receives too, is the subclass's.
 *
 * - The reference of a message exists before its first byte is sent, so that it can be cancelled at any time (XP-024).
 * - Logging off cancels what runs and waits for it; the support object is released last (XP-084).
 *
 * spec: ixplogoniunknown
 */
export abstract class XPLogonBase<Config> extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  protected readonly ports: XPLogonPorts<Config>;
  protected readonly status: TransportStatus;
  protected config: Config;
  readonly #logoff = new AbortController();
  readonly #sending = new Map<number, Sending>();
  readonly #running = new Set<Promise<unknown>>();
  /** Attempts that ended and wait for `endMessage`. */
  readonly #results = new Map<number, EndMessageResult>();
  readonly #statusEntry: StatusEntry;
  #outbound: boolean;
  #nextRef: number;

  /** @param firstRef the reference of the first message; greater than all that mean something else */
  constructor(
    ports: XPLogonPorts<Config>,
    config: Config,
    options: TransportLogonOptions,
    status: TransportStatus,
    firstRef = 1,
  ) {
    super();
    this.ports = ports;
    this.config = config;
    this.status = status;
    this.#outbound = options.noOutbound !== true;
    this.#nextRef = firstRef;
    this.#statusEntry = new StatusEntry({
      logon: () => this,
      support: ports.support,
      columns: () => this.row(),
      methods: this.#statusMethods(),
    });
  }

  abstract addressTypes(): Promise<AddressTypes>;
  abstract poll(): Promise<boolean>;
  abstract startMessage(message: IMessage, options: StartMessageOptions): Promise<void>;
  /** All columns of the status row. */
  protected abstract row(): readonly PropValue[];
  /** Looks at what the status row is about, and corrects the row; called without the flags of header caches. */
  protected abstract validate(options: ValidateStateOptions): Promise<void>;
  /** Sends the message; what it throws `submitMessage` throws. */
  protected abstract send(message: IMessage, attempt: SendAttempt): Promise<SendResult>;

  /** Set when the transport is logged off. */
  protected get logoffSignal(): AbortSignal {
    return this.#logoff.signal;
  }

  /** Adds the status row; whoever made the logon calls it once. */
  async open(): Promise<void> {
    const methods = prop(PR_RESOURCE_METHODS, statusMethodBits(this.#statusMethods()));
    await this.ports.support.modifyStatusRow([...this.row().filter(({ tag }) => tag !== methods.tag), methods]);
    if (this.#outbound) await this.status.change(STATUS_OUTBOUND_ENABLED, 0);
  }

  /** Takes the flags about sending; a transport that receives sees to the others. */
  async transportNotify(flags: TransportNotifyFlags, data: CancelData = {}): Promise<void> {
    this.assertLoggedOn();
    if ((flags.beginOutbound && flags.endOutbound) || (flags.beginInbound && flags.endInbound)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'begin and end of one direction exclude each other');
    }
    if (flags.cancelMessage === true) this.cancel(data, new MapiError('MAPI_E_CANCEL', 'the message was cancelled'));
    if (flags.beginOutbound === true) {
      this.#outbound = true;
      await this.status.change(STATUS_OUTBOUND_ENABLED, 0);
    }
    if (flags.endOutbound === true) {
      this.#outbound = false;
      await this.status.change(0, STATUS_OUTBOUND_ENABLED);
    }
    if (flags.beginOutboundFlush === true) await this.status.change(STATUS_OUTBOUND_FLUSH, 0);
    if (flags.endOutboundFlush === true) await this.status.change(0, STATUS_OUTBOUND_FLUSH);
  }

  async idle(): Promise<void> {
    this.assertLoggedOn();
  }

  async transportLogoff(): Promise<void> {
    if (this.#logoff.signal.aborted) return;
    this.#logoff.abort(new MapiError('MAPI_E_CANCEL', 'the transport is logged off'));
    await this.onLogoff();
    await Promise.allSettled([...this.#running]);
    await this.onAttemptsEnded();
    await this.#statusEntry.close();
    this.#results.clear();
    this.ports.onLogoff();
    await this.ports.support.release();
  }

  async submitMessage(message: IMessage, options: SubmitOptions): Promise<SubmitResult> {
    this.assertLoggedOn();
    this.assertSending();
    const messageRef = this.#nextRef++;
    using cancel = new LinkedAbort(options.signal, this.#logoff.signal);
    const { rowIds, onOffer = () => {} } = options;
    const attempt: SendAttempt = { rowIds, signal: cancel.signal, onOffer };
    this.#sending.set(messageRef, { attempt, cancel });
    try {
      const { end, ...answer } = await this.tracked(this.#send(message, attempt));
      this.#results.set(messageRef, end);
      return { messageRef, ...answer };
    } finally {
      this.#sending.delete(messageRef);
      if (this.#sending.size === 0 && !this.#logoff.signal.aborted) await this.status.change(0, STATUS_OUTBOUND_ACTIVE);
    }
  }

  async endMessage(messageRef: number): Promise<EndMessageResult> {
    this.assertLoggedOn();
    const result = this.#results.get(messageRef);
    if (result === undefined) throw new MapiError('MAPI_E_INVALID_PARAMETER', `no message has reference ${messageRef}`);
    this.#results.delete(messageRef);
    return result;
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.assertLoggedOn();
    return this.#statusEntry.open();
  }

  /**
   * As by the status object. A changed configuration is told to the spooler.
   *
   * @throws MAPI_E_NO_SUPPORT for what needs headers of messages that wait at a server, or a dialog about them
   */
  async validateState(_ui?: UserInterface, options: ValidateStateOptions = {}): Promise<void> {
    this.assertLoggedOn();
    if (options.showSessionUi === true) noSupport('IXPLogon.validateState: the transport shows nothing');
    const { refreshHeaderCache, processHeaderCache, abortHeaderOperation, forceConnect, forceDisconnect } = options;
    const isAboutHeaders = [refreshHeaderCache, processHeaderCache, abortHeaderOperation].includes(true);
    if (isAboutHeaders && this.remote === undefined)
      noSupport('IXPLogon.validateState: the transport keeps no headers');
    if (this.remote !== undefined && (isAboutHeaders || forceConnect === true || forceDisconnect === true)) {
      await this.remote.validate(options);
      if (this.remote.waits) await this.ports.support.spoolerNotify({ kind: 'readyToSend' });
      return;
    }
    await this.validate(options);
    if (options.configChanged === true) await this.ports.support.spoolerNotify({ kind: 'configChange' });
  }

  /** Sets the bits by which the spooler sees that it is to flush, and lets it know; what is to be done it does later. */
  async flushQueues(_ui?: UserInterface, options: FlushOptions = {}): Promise<void> {
    this.assertLoggedOn();
    if (options.upload === true || options.download !== true) await this.status.change(STATUS_OUTBOUND_FLUSH, 0);
    if (options.download === true || options.upload !== true) await this.beginInboundFlush();
    await this.ports.support.spoolerNotify({ kind: 'readyToSend' });
  }

  /** The requests of remote viewers, where the transport keeps headers of messages that wait at a server. */
  protected get remote(): RemoteRequests | undefined {
    return undefined;
  }

  /** The fields of the settings dialog; without them there is none. */
  protected get settings(): readonly DisplayField[] | undefined {
    return undefined;
  }

  /** Throws for settings that cannot be used together. */
  protected checkSettings(_values: readonly PropValue[]): void {}

  /** Checks the old password and stores the new one; without it there is none to be changed. */
  protected get changePassword(): ((oldPassword: string, newPassword: string) => Promise<void>) | undefined {
    return undefined;
  }

  /** Sets STATUS_INBOUND_FLUSH, in a transport that receives. */
  protected async beginInboundFlush(): Promise<void> {}

  /** @throws MAPI_E_INVALID_OBJECT after logoff or the last release */
  protected assertLoggedOn(): void {
    this.assertOpen();
    if (this.#logoff.signal.aborted) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the transport is logged off');
  }

  /** @throws MAPI_E_BUSY while the spooler does not want anything sent */
  protected assertSending(): void {
    if (!this.#outbound) throw new MapiError('MAPI_E_BUSY', 'outgoing mail is not enabled');
  }

  /** Lets the logoff wait for `work`. */
  protected async tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Zero is the reference that the spooler gives while it has not been told one; the identifier tells more then. */
  protected cancel({ messageRef = 0, entryId }: CancelData, reason: MapiError): void {
    for (const [ref, { attempt, cancel }] of this.#sending) {
      const same = entryId !== undefined && attempt.entryId !== undefined && bytesEqual(entryId, attempt.entryId);
      const only = entryId === undefined && this.#sending.size === 1;
      if (messageRef === 0 ? same || only : ref === messageRef) cancel.abort(reason);
    }
  }

  /** Runs at logoff, while attempts may still run. */
  protected async onLogoff(): Promise<void> {}

  /** Runs at logoff, when nothing is sent or received any more. */
  protected async onAttemptsEnded(): Promise<void> {}

  protected override async onFinalRelease(): Promise<void> {
    await this.transportLogoff();
  }

  #statusMethods(): StatusMethods {
    const { settings, changePassword } = this;
    const { support } = this.ports;
    const show = async (ui?: UserInterface, options?: { readonly readOnly?: boolean }): Promise<void> => {
      this.assertLoggedOn();
      const check = (values: readonly PropValue[]): void => this.checkSettings(values);
      if (!(await showSettings(support, settings ?? [], ui, { ...options, check }))) return;
      await this.validateState(undefined, { configChanged: true, suppressUi: true });
    };
    return {
      validateState: (ui, options) => this.validateState(ui, options),
      flushQueues: (ui, options) => this.flushQueues(ui, options),
      ...(settings === undefined ? {} : { settingsDialog: show }),
      ...(changePassword === undefined ? {} : { changePassword }),
    };
  }

  async #send(message: IMessage, attempt: SendAttempt): Promise<SendResult> {
    await this.status.change(STATUS_OUTBOUND_ACTIVE, 0);
    return this.send(message, attempt);
  }
}
