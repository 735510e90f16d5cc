import { LinkedAbort, type MapiError } from '@nodemapi/base';
import {
  type IMessage,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  type StartMessageOptions,
  type TransportLogonOptions,
  type TransportNotifyFlags,
} from '@nodemapi/mapi';
import { MailWatch } from './mail-watch.ts';
import type { TransportStatus } from './transport-status.ts';
import { type CancelData, XPLogonBase, type XPLogonPorts } from './xp-logon-base.ts';

/** The reference of the incoming message, of which there is one at a time. SUPP-54 */
const INBOUND_REF = 1;

/**
 * The logon of a transport that receives as well, or only: flags, status, notices of new mail, cancelling. Where its
 * mail comes from is the subclass's.
 *
 * - Logging off cancels a reception and waits for it.
 * - The source is looked at from time to time while incoming mail is enabled, and when `wake` is called.
 *
 * spec: ixplogoniunknown, ixplogon-startmessage
 */
export abstract class ReceivingXPLogon<Config> extends XPLogonBase<Config> {
  readonly #watch: MailWatch;
  readonly #receiving = new Set<LinkedAbort>();
  #inbound: boolean;

  constructor(ports: XPLogonPorts<Config>, config: Config, options: TransportLogonOptions, status: TransportStatus) {
    super(ports, config, options, status, INBOUND_REF + 1);
    this.#inbound = options.noInbound !== true;
    this.#watch = new MailWatch(ports.host.clock, ports.host.log, () => this.#announceMail());
  }

  /** Whether something waits that is to be tried now. */
  protected abstract hasMail(): Promise<boolean>;
  /** Fills and saves the next message, and sees to its source, as `startMessage` is documented. */
  protected abstract receive(message: IMessage, options: StartMessageOptions): Promise<void>;
  /** What failed may be tried again at once. */
  protected abstract retryNow(): void;

  /** Whether STATUS_INBOUND_ACTIVE stays set between two messages: somebody else clears it when all is done. */
  protected get staysActive(): boolean {
    return false;
  }

  override async open(): Promise<void> {
    await super.open();
    if (this.#inbound) await this.#enableInbound();
  }

  /** Looks for mail soon. */
  wake(): void {
    if (this.#inbound) this.#watch.wake();
  }

  override async transportNotify(flags: TransportNotifyFlags, data?: CancelData): Promise<void> {
    await super.transportNotify(flags, data);
    if (flags.beginInbound === true) await this.#enableInbound();
    if (flags.endInbound === true) {
      this.#inbound = false;
      this.#watch.stop();
      await this.status.change(0, STATUS_INBOUND_ENABLED);
    }
    if (flags.beginInboundFlush === true) await this.beginInboundFlush();
    if (flags.endInboundFlush === true) await this.status.change(0, STATUS_INBOUND_FLUSH);
  }

  async poll(): Promise<boolean> {
    this.assertLoggedOn();
    return this.hasMail();
  }

  async startMessage(message: IMessage, options: StartMessageOptions): Promise<void> {
    this.assertLoggedOn();
    using cancel = new LinkedAbort(options.signal, this.logoffSignal);
    this.#receiving.add(cancel);
    try {
      await this.status.change(STATUS_INBOUND_ACTIVE, 0);
      await this.tracked(this.receive(message, { ...options, signal: cancel.signal }));
      if (!this.logoffSignal.aborted) await this.#announceMail();
    } finally {
      this.#receiving.delete(cancel);
      const isDone = this.#receiving.size === 0 && !this.logoffSignal.aborted && !this.staysActive;
      if (isDone) await this.status.change(0, STATUS_INBOUND_ACTIVE);
    }
  }

  /** Stops what is being received; it stays at its source. */
  protected cancelReceptions(reason: MapiError): void {
    for (const cancel of this.#receiving) cancel.abort(reason);
  }

  protected override async onLogoff(): Promise<void> {
    await this.#watch.close();
  }

  protected override async beginInboundFlush(): Promise<void> {
    this.retryNow();
    await this.status.change(STATUS_INBOUND_FLUSH, 0);
    await this.#announceMail();
  }

  /** One is the reference of the incoming message. */
  protected override cancel(data: CancelData, reason: MapiError): void {
    if (data.messageRef === INBOUND_REF) this.cancelReceptions(reason);
    super.cancel(data, reason);
  }

  async #enableInbound(): Promise<void> {
    this.#inbound = true;
    await this.status.change(STATUS_INBOUND_ENABLED, 0);
    this.#watch.start();
  }

  async #announceMail(): Promise<void> {
    if (this.#inbound && (await this.hasMail())) await this.ports.support.spoolerNotify({ kind: 'newMail' });
  }
}
