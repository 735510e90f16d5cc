/**
 * IXPLogon of the SMTP transport: sends, and receives nothing.
 *
 * Invariants:
 * - The sender is the identity of the logon, on every attempt (XP-060); the envelope has the offered rows and no others.
 *
 * spec: ixplogoniunknown
 */
import { type FileTime, MapiError, seededRandom } from '@nodemapi/base';
import { mapiToMime, type OxcmailDiagnostic } from '@nodemapi/format-oxcmail';
import {
  type CancelData,
  type DisplayField,
  identifySender,
  identityProps,
  type SendAttempt,
  type SendResult,
  storeSectionValues,
  TransportStatus,
  XPLogonBase,
  type XPLogonPorts,
} from '@nodemapi/kit';
import {
  type AddressTypes,
  type IMessage,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_SIZE,
  type PropValue,
  prop,
  type RecipientOutcome,
  type TnefProblem,
  type TransportLogonOptions,
  type TransportNotifyFlags,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import { signedBody } from './dkim-signature.ts';
import type { AsyncIterableFactory } from './mail-body.ts';
import { sendForms } from './rich-mail.ts';
import type { SessionFailure } from './session-failure.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { identityOf, SMTP_ADDRTYPE } from './smtp-identity.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_PASSWORD, SMTP_SETTINGS } from './smtp-properties.ts';
import { offeredRecipients } from './smtp-recipients.ts';
import { type SendReport, sendMail } from './smtp-sender.ts';

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'SMTP transport';
/** So long a message waits here for its turn within the configured rate. */
const TURN_MS_MAX = 2000;

export class SmtpXPLogon extends XPLogonBase<SmtpConfig> {
  readonly tellsOffers = true;
  #pool: SmtpPool;
  #offline: boolean;

  constructor(ports: XPLogonPorts<SmtpConfig>, config: SmtpConfig, options: TransportLogonOptions) {
    super(ports, config, options, new TransportStatus(ports.support, PROVIDER_DISPLAY));
    this.#offline = options.noConnect === true;
    this.#pool = new SmtpPool(config, ports.host);
  }

  override async open(): Promise<void> {
    await super.open();
    if (this.#offline) await this.status.unreachable('working offline');
  }

  async addressTypes(): Promise<AddressTypes> {
    this.assertLoggedOn();
    return { types: [SMTP_ADDRTYPE], uids: [] };
  }

  override async transportNotify(flags: TransportNotifyFlags, data?: CancelData): Promise<void> {
    await super.transportNotify(flags, data);
    if (flags.endOutboundFlush === true) this.#pool.releaseIdle();
  }

  async poll(): Promise<boolean> {
    this.assertLoggedOn();
    return false;
  }

  /** There is never anything: SMTP submission only sends. */
  async startMessage(_message: IMessage): Promise<void> {
    this.assertLoggedOn();
  }

  /** Connects and logs on, and says in the status row how that went. */
  protected async validate(options: ValidateStateOptions): Promise<void> {
    if (options.configChanged === true) await this.#reconfigure();
    if (options.forceDisconnect === true) return this.#disconnect();
    if (options.forceConnect === true) this.#offline = false;
    if (this.#offline) return this.status.unreachable('working offline');
    this.#pool.allowLogon(); // somebody wants to know
    const lease = await this.#pool.acquire(this.logoffSignal);
    if ('failure' in lease) {
      await this.#show(lease.failure);
      throw new MapiError(lease.failure.code, lease.failure.text);
    }
    lease.release();
    await this.status.works();
  }

  protected override get settings(): readonly DisplayField[] {
    return SMTP_SETTINGS;
  }

  protected override checkSettings(values: readonly PropValue[]): void {
    smtpConfigOf(values);
  }

  /** Of the account at the server, as the profile keeps it: the server is not asked to change it. */
  protected override get changePassword(): (oldPassword: string, newPassword: string) => Promise<void> {
    return async (oldPassword, newPassword) => {
      this.assertLoggedOn();
      if (this.config.credentials?.password !== oldPassword) {
        throw new MapiError('MAPI_E_NO_ACCESS', 'the old password is another one');
      }
      if (newPassword === '') throw new MapiError('MAPI_E_INVALID_PARAMETER', 'an empty password is none');
      await using section = await this.ports.support.openProfileSection(null, { modify: true });
      await storeSectionValues(section, [prop(PR_SMTP_PASSWORD, newPassword)]);
      await section.saveChanges();
      await this.#reconfigure();
    };
  }

  /** @throws MAPI_E_NETWORK_ERROR offline */
  protected override assertSending(): void {
    super.assertSending();
    if (this.#offline) throw new MapiError('MAPI_E_NETWORK_ERROR', 'the transport works offline');
  }

  protected override async onAttemptsEnded(): Promise<void> {
    await this.#pool.close();
  }

  protected async send(message: IMessage, attempt: SendAttempt): Promise<SendResult> {
    const { rowIdsByAddress, recipients, settled } = await offeredRecipients(message, attempt.rowIds);
    if (recipients.length === 0) return { outcomes: settled, end: 'sent' };
    this.#assertTurn();
    const { clock } = this.ports.host;
    const date = clock.now();
    await identifySender(message, identityOf(this.config), date);
    const { values } = await message.getProps([PR_MESSAGE_CLASS, PR_INTERNET_MESSAGE_ID, PR_MESSAGE_SIZE, PR_ENTRYID]);
    const [messageClass, messageId, size, entryId] = values;
    attempt.entryId = entryId;
    const envid = messageId?.replaceAll(/[<>\s]/gu, '');
    const mail = {
      onOffer: attempt.onOffer,
      from: /^REPORT\./iu.test(messageClass ?? '') ? '' : this.config.fromAddress, // a report is never answered by one
      ...(size === undefined ? {} : { sizeEstimate: encodedSize(size) }),
      ...(envid === undefined || envid === '' ? {} : { envid }),
    };
    if (this.#pool.pause !== undefined) await this.#takeNewCredentials();
    const report = await sendForms(recipients, (some, rich) => {
      const body = this.#bodyOf(message, date, rich);
      return sendMail({ ...mail, recipients: some, body }, this.#pool, this.config, attempt.signal);
    });
    if (report.bodyError !== undefined) throw MapiError.from(report.bodyError, 'transport-smtp');
    await this.#showReport(report);
    const { retryAfterSeconds } = report;
    const outcomes = [...settled, ...outcomesByRow(report, rowIdsByAddress)];
    // What is wrong with our configuration is no fault of the message: it may wait for ever. XP-041
    const end = report.failure?.code === 'MAPI_E_LOGON_FAILED' ? 'resendLater' : 'sent';
    return { outcomes, end, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }

  protected row(): readonly PropValue[] {
    const { fromAddress, host } = this.config;
    return this.status.row(`${fromAddress} by ${host}`, identityProps(identityOf(this.config)));
  }

  /** A short wait is spent here; for a long one the spooler keeps the message. @throws MAPI_E_WAIT */
  #assertTurn(): void {
    const { waitMs } = this.#pool;
    if (waitMs <= TURN_MS_MAX) return;
    const detail = `the limit of ${this.config.messagesPerMinute} messages in a minute is reached`;
    throw new MapiError('MAPI_E_WAIT', detail, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  }

  /**
   * The same bytes each time: they may be counted, signed, and sent more than once.
   *
   * @param rich with TNEF
   */
  #bodyOf(message: IMessage, date: FileTime, rich: boolean): AsyncIterableFactory {
    const { random, log } = this.ports.host;
    const seed = random.uint32(); // of boundaries
    const tnef = ({ tag, code }: TnefProblem): void =>
      log.debug('property not in the TNEF', { tag: `0x${tag.toString(16)}`, code });
    const told = new Set<string>(); // once, however often the body is read
    const onDiagnostic = ({ code, detail, path }: OxcmailDiagnostic): void => {
      const text = `${code} ${path} ${detail}`;
      if (!told.has(text)) log.warn('the mail lacks something of the message', { code, detail, path });
      told.add(text);
    };
    const options = { date, envelopeBcc: false, onDiagnostic, ...(rich ? { tnef } : {}) } as const;
    const body = (): AsyncIterable<Uint8Array> => mapiToMime(message, { ...options, random: seededRandom(seed) });
    const { dkim } = this.config;
    return dkim === undefined ? body : signedBody(body, dkim);
  }

  async #showReport({ failure, outcomes }: SendReport): Promise<void> {
    if (failure !== undefined) return this.#show(failure);
    if (outcomes.size > 0) await this.status.works();
  }

  async #show(failure: SessionFailure): Promise<void> {
    this.ports.host.log.warn('smtp session failed', { code: failure.code, text: failure.text });
    if (failure.code === 'MAPI_E_CANCEL' || this.logoffSignal.aborted) return;
    if (failure.code === 'MAPI_E_LOGON_FAILED') await this.status.broken(failure.text);
    else await this.status.unreachable(failure.text);
  }

  async #reconfigure(): Promise<void> {
    this.config = await this.ports.reload();
    await this.#renewPool();
    await this.ports.support.modifyStatusRow(identityProps(identityOf(this.config)), { update: true });
  }

  /** Another process may have stored another password since the server has refused this one. */
  async #takeNewCredentials(): Promise<void> {
    const { credentials: old } = this.config;
    const { credentials } = await this.ports.reload();
    if (old?.user !== credentials?.user || old?.password !== credentials?.password) await this.#reconfigure();
  }

  async #disconnect(): Promise<void> {
    this.#offline = true;
    await this.#renewPool();
    await this.status.unreachable('working offline');
  }

  async #renewPool(): Promise<void> {
    const old = this.#pool;
    this.#pool = new SmtpPool(this.config, this.ports.host);
    await old.close();
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
