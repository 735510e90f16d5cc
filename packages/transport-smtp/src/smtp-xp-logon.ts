/**
 * IXPLogon of the SMTP transport: sends, and receives nothing.
 *
 * Invariants:
 * - The reference of a message exists before its first byte is sent, so that it can be cancelled at any time (XP-024).
 * - The sender is the identity of the logon, on every attempt (XP-060); the envelope has the offered rows and no others.
 * - The support object is released last, and nothing runs after that (XP-084).
 *
 * spec: ixplogoniunknown
 */
import { bytesEqual, MapiError } from '@nodemapi/base';
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
  PR_MESSAGE_SIZE,
  type PropValue,
  type ProviderHost,
  type RecipientOutcome,
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
import type { SessionFailure } from './smtp-client.ts';
import type { SmtpConfig } from './smtp-config.ts';
import { identityOf, SMTP_ADDRTYPE } from './smtp-identity.ts';
import { SmtpPool } from './smtp-pool.ts';
import { offeredRecipients } from './smtp-recipients.ts';
import { type SendReport, sendMail } from './smtp-sender.ts';

export interface SmtpXPLogonPorts {
  readonly host: ProviderHost;
  readonly support: IMAPISupport;
  /** Reads the configuration anew, after it has changed. */
  readonly reload: () => Promise<SmtpConfig>;
  readonly onLogoff: (logon: SmtpXPLogon) => void;
}

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'SMTP transport';

interface RunningMessage {
  readonly cancel: AbortController;
  /** Known as soon as the message has been asked for it. */
  entryId?: EntryId | undefined;
}

interface CancelData {
  readonly messageRef?: number;
  readonly entryId?: EntryId;
}

type AttemptResult = Pick<SubmitResult, 'outcomes' | 'retryAfterSeconds'> & { readonly misconfigured: boolean };

export class SmtpXPLogon extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  readonly #ports: SmtpXPLogonPorts;
  readonly #status: TransportStatus;
  readonly #logoff = new AbortController();
  /** Attempts that run, by reference. */
  readonly #running = new Map<number, RunningMessage>();
  readonly #attempts = new Set<Promise<unknown>>();
  /** Attempts that ended and wait for `endMessage`. */
  readonly #results = new Map<number, EndMessageResult>();
  #config: SmtpConfig;
  #pool: SmtpPool;
  #offline: boolean;
  #outbound: boolean;
  #lastRef = 0;

  constructor(ports: SmtpXPLogonPorts, config: SmtpConfig, options: TransportLogonOptions) {
    super();
    this.#ports = ports;
    this.#config = config;
    this.#offline = options.noConnect === true;
    this.#outbound = options.noOutbound !== true;
    this.#status = new TransportStatus(ports.support, PROVIDER_DISPLAY);
    this.#pool = new SmtpPool(config, ports.host);
  }

  /** Adds the status row; `TransportLogon` calls it once. */
  async announce(): Promise<void> {
    await this.#ports.support.modifyStatusRow(this.#row());
    if (this.#outbound) await this.#status.change(STATUS_OUTBOUND_ENABLED, 0);
    if (this.#offline) await this.#status.unreachable('working offline');
  }

  async addressTypes(): Promise<AddressTypes> {
    this.#assertLoggedOn();
    return { types: [SMTP_ADDRTYPE], uids: [] };
  }

  async transportNotify(flags: TransportNotifyFlags, data: CancelData = {}): Promise<void> {
    this.#assertLoggedOn();
    if (flags.beginOutbound === true && flags.endOutbound === true) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'beginOutbound and endOutbound exclude each other');
    }
    if (flags.beginInbound === true && flags.endInbound === true) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'beginInbound and endInbound exclude each other');
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
    if (flags.beginOutboundFlush === true) await this.#status.change(STATUS_OUTBOUND_FLUSH, 0);
    if (flags.endOutboundFlush === true) {
      this.#pool.releaseIdle();
      await this.#status.change(0, STATUS_OUTBOUND_FLUSH);
    }
  }

  async idle(): Promise<void> {
    this.#assertLoggedOn();
  }

  async transportLogoff(): Promise<void> {
    if (this.#logoff.signal.aborted) return;
    this.#logoff.abort(new MapiError('MAPI_E_CANCEL', 'the transport is logged off'));
    await Promise.allSettled([...this.#attempts]);
    await this.#pool.close();
    this.#results.clear();
    this.#ports.onLogoff(this);
    await this.#ports.support.release();
  }

  async submitMessage(message: IMessage, options: SubmitOptions): Promise<SubmitResult> {
    this.#assertLoggedOn();
    if (!this.#outbound) throw new MapiError('MAPI_E_BUSY', 'outgoing mail is not enabled');
    if (this.#offline) throw new MapiError('MAPI_E_NETWORK_ERROR', 'the transport works offline');
    const messageRef = ++this.#lastRef;
    const running: RunningMessage = { cancel: new AbortController() };
    this.#running.set(messageRef, running);
    const signal = AbortSignal.any([options.signal, running.cancel.signal, this.#logoff.signal]);
    const attempt = this.#attempt(message, options.rowIds, signal, running);
    this.#attempts.add(attempt);
    try {
      const result = await attempt;
      const { misconfigured, ...answer } = result;
      // What is wrong with our configuration is no fault of the message: it may wait for ever. XP-041
      this.#results.set(messageRef, misconfigured ? 'resendLater' : 'sent');
      return { messageRef, ...answer };
    } finally {
      this.#running.delete(messageRef);
      this.#attempts.delete(attempt);
      if (this.#running.size === 0 && !this.#logoff.signal.aborted)
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
    return false;
  }

  /** There is never anything: SMTP submission only sends. */
  async startMessage(_message: IMessage): Promise<void> {
    this.#assertLoggedOn();
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.#assertLoggedOn();
    return new StatusObject(this.#row(), {
      validateState: (ui, options) => this.validateState(ui, options),
      flushQueues: (ui, options) => this.flushQueues(ui, options),
    });
  }

  /** Connects and logs on, and says in the status row how that went. */
  async validateState(_ui?: UserInterface, options: ValidateStateOptions = {}): Promise<void> {
    this.#assertLoggedOn();
    if (options.configChanged === true) await this.#reconfigure();
    if (options.forceDisconnect === true) return this.#disconnect();
    if (options.forceConnect === true) this.#offline = false;
    if (this.#offline) return this.#status.unreachable('working offline');
    const lease = await this.#pool.acquire(this.#logoff.signal);
    if ('failure' in lease) {
      await this.#show(lease.failure);
      throw new MapiError(lease.failure.code, lease.failure.text);
    }
    lease.release();
    await this.#status.works();
  }

  async flushQueues(_ui?: UserInterface, options: FlushOptions = {}): Promise<void> {
    this.#assertLoggedOn();
    if (options.upload !== true && options.download === true) return; // nothing comes in this way
    await this.#status.change(STATUS_OUTBOUND_FLUSH, 0);
    await this.#ports.support.spoolerNotify({ kind: 'readyToSend' });
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.transportLogoff();
  }

  async #attempt(
    message: IMessage,
    rowIds: readonly number[],
    signal: AbortSignal,
    running: RunningMessage,
  ): Promise<AttemptResult> {
    await this.#status.change(STATUS_OUTBOUND_ACTIVE, 0);
    const { rowIdsByAddress, recipients, settled } = await offeredRecipients(message, rowIds);
    if (recipients.length === 0) return { outcomes: settled, misconfigured: false };
    const { clock, random } = this.#ports.host;
    const date = clock.now();
    await identifySender(message, identityOf(this.#config), date);
    const { values } = await message.getProps([PR_MESSAGE_CLASS, PR_INTERNET_MESSAGE_ID, PR_MESSAGE_SIZE, PR_ENTRYID]);
    const [messageClass, messageId, size, entryId] = values;
    running.entryId = entryId;
    const envid = messageId?.replaceAll(/[<>\s]/gu, '');
    const mail = {
      from: /^REPORT\./iu.test(messageClass ?? '') ? '' : this.#config.fromAddress, // a report is never answered by one
      recipients,
      ...(size === undefined ? {} : { sizeEstimate: encodedSize(size) }),
      ...(envid === undefined || envid === '' ? {} : { envid }),
      body: () => mapiToMime(message, { date, random, envelopeBcc: false }),
    };
    const report = await sendMail(mail, this.#pool, this.#config, signal);
    if (report.bodyError !== undefined) throw MapiError.from(report.bodyError, 'transport-smtp');
    await this.#showReport(report);
    const { retryAfterSeconds } = report;
    const outcomes = [...settled, ...outcomesByRow(report, rowIdsByAddress)];
    const misconfigured = report.failure?.code === 'MAPI_E_LOGON_FAILED';
    return { outcomes, misconfigured, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }

  #row(): readonly PropValue[] {
    const { fromAddress, host } = this.#config;
    return this.#status.row(`${fromAddress} by ${host}`, identityProps(identityOf(this.#config)));
  }

  /** Zero is the reference that the spooler gives while it has not been told one; the identifier tells more then. */
  #cancel({ messageRef = 0, entryId }: CancelData): void {
    const reason = new MapiError('MAPI_E_CANCEL', 'the message was cancelled');
    for (const [ref, running] of this.#running) {
      const same = entryId !== undefined && running.entryId !== undefined && bytesEqual(entryId, running.entryId);
      const only = entryId === undefined && this.#running.size === 1;
      if (messageRef === 0 ? same || only : ref === messageRef) running.cancel.abort(reason);
    }
  }

  async #showReport({ failure, outcomes }: SendReport): Promise<void> {
    if (failure !== undefined) return this.#show(failure);
    if (outcomes.size > 0) await this.#status.works();
  }

  async #show(failure: SessionFailure): Promise<void> {
    this.#ports.host.log.warn('smtp session failed', { code: failure.code, text: failure.text });
    if (failure.code === 'MAPI_E_CANCEL' || this.#logoff.signal.aborted) return;
    if (failure.code === 'MAPI_E_LOGON_FAILED') await this.#status.broken(failure.text);
    else await this.#status.unreachable(failure.text);
  }

  async #reconfigure(): Promise<void> {
    this.#config = await this.#ports.reload();
    await this.#renewPool();
    await this.#ports.support.modifyStatusRow(identityProps(identityOf(this.#config)), { update: true });
  }

  async #disconnect(): Promise<void> {
    this.#offline = true;
    await this.#renewPool();
    await this.#status.unreachable('working offline');
  }

  async #renewPool(): Promise<void> {
    const old = this.#pool;
    this.#pool = new SmtpPool(this.#config, this.#ports.host);
    await old.close();
  }

  #assertLoggedOn(): void {
    this.assertOpen();
    if (this.#logoff.signal.aborted) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the transport is logged off');
  }
}

function outcomesByRow(report: SendReport, rows: ReadonlyMap<string, readonly number[]>): readonly RecipientOutcome[] {
  return [...rows].flatMap(([address, rowIds]) => {
    const outcome = report.outcomes.get(address) ?? { outcome: 'deferred' as const, text: 'nothing is known of it' };
    return rowIds.map((rowId) => ({ rowId, ...outcome }));
  });
}

/** Base64 makes a third more of attachments; headers come on top. */
function encodedSize(messageSize: number): number {
  return Math.ceil(messageSize * 1.4) + 4096;
}
