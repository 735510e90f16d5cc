/**
 * IXPLogon of the local transport: delivers between the mailboxes of one MAPI home, through drop folders.
 *
 * Invariants:
 * - A recipient is called delivered only when its message is complete and durable in the drop folder, or was before.
 * - A drop leaves the folder only after the message was saved and the call was not cancelled (XP-050, XP-072).
 *
 * spec: ixplogoniunknown
 */
import { toHex } from '@nodemapi/base';
import { liesInTheMail, mapiToMime, type OxcmailDiagnostic } from '@nodemapi/format-oxcmail';
import {
  type DisplayField,
  identifySender,
  identityProps,
  ReceivingXPLogon,
  type SendAttempt,
  type SendResult,
  TransportStatus,
  type XPLogonPorts,
} from '@nodemapi/kit';
import {
  type AddressTypes,
  type IMessage,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  type PropValue,
  type StartMessageOptions,
  type TransportLogonOptions,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { Claims } from './claim.ts';
import { deliver } from './delivery.ts';
import { type ClaimedDrop, DropFolder } from './drop-folder.ts';
import { dropName } from './drop-name.ts';
import { Inbox } from './inbox.ts';
import type { LocalConfig } from './local-config.ts';
import { identityOf } from './local-identity.ts';
import { LOCAL_SETTINGS } from './local-properties.ts';
import { ADDRESS_TYPES, localRecipients } from './local-recipients.ts';
import { deliverTo } from './outbox.ts';

export interface LocalXPLogonPorts extends XPLogonPorts<LocalConfig> {
  readonly claims: Claims;
  /** Mail was put into the mailboxes of these addresses. */
  readonly onDelivered: (addresses: readonly string[]) => void;
}

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'Local transport';

export class LocalXPLogon extends ReceivingXPLogon<LocalConfig> {
  readonly tellsOffers = true;
  readonly #claims: Claims;
  readonly #onDelivered: (addresses: readonly string[]) => void;
  #inbox: Inbox;

  constructor(ports: LocalXPLogonPorts, config: LocalConfig, options: TransportLogonOptions) {
    super(ports, config, options, new TransportStatus(ports.support, PROVIDER_DISPLAY));
    this.#claims = ports.claims;
    this.#onDelivered = ports.onDelivered;
    this.#inbox = new Inbox(this.#folders(), ports.claims, ports.host.clock);
  }

  /** Makes the drop folders and adds the status row. */
  override async open(): Promise<void> {
    for (const folder of this.#folders()) await folder.create();
    await super.open();
  }

  /** Whether one of the addresses is of this logon. */
  receives(addresses: readonly string[]): boolean {
    return addresses.some((address) => this.config.addresses.includes(address));
  }

  async addressTypes(): Promise<AddressTypes> {
    this.assertLoggedOn();
    return { types: [...ADDRESS_TYPES], uids: [] };
  }

  protected hasMail(): Promise<boolean> {
    return this.#inbox.hasMail();
  }

  protected retryNow(): void {
    this.#inbox.retryNow();
  }

  /** Looks whether the drop folders are there. */
  protected async validate(options: ValidateStateOptions): Promise<void> {
    if (options.configChanged === true) {
      this.config = await this.ports.reload();
      this.#inbox = new Inbox(this.#folders(), this.#claims, this.ports.host.clock);
      await this.ports.support.modifyStatusRow(identityProps(identityOf(this.config)), { update: true });
    }
    for (const folder of this.#folders()) await folder.create();
  }

  protected override get settings(): readonly DisplayField[] {
    return LOCAL_SETTINGS;
  }

  protected async send(message: IMessage, attempt: SendAttempt): Promise<SendResult> {
    const { rowIds, signal } = attempt;
    signal.throwIfAborted();
    const { mailboxes, notMine } = await localRecipients(message, rowIds, this.ports.host);
    const settled = notMine.map((rowId) => ({ rowId, outcome: 'notMine' as const }));
    if (mailboxes.length === 0) return { outcomes: settled, end: 'sent' };
    const { clock, log, random } = this.ports.host;
    const submitTime = (await identifySender(message, identityOf(this.config), clock.now())) ?? 0n;
    const { values } = await message.getProps([PR_INTERNET_MESSAGE_ID, PR_ENTRYID, PR_MESSAGE_CLASS]);
    const [internetId, entryId, messageClass] = values;
    attempt.entryId = entryId;
    const messageId = internetId ?? toHex(entryId ?? random.bytes(16));
    const destinations = mailboxes.map(({ folder }) => ({
      folder,
      name: dropName({ messageId, submitTime, address: folder.address }),
    }));
    const isReport = /^REPORT\./iu.test(messageClass ?? '');
    const onDiagnostic = ({ code, detail, path }: OxcmailDiagnostic): void =>
      log.warn('the mail lacks something of the message', { code, detail, path });
    const body = mapiToMime(message, { date: clock.now(), random, envelopeBcc: false, onDiagnostic });
    const mail = { returnPath: isReport ? '' : this.config.addresses[0], body };
    attempt.onOffer();
    const outcomes = await deliverTo(destinations, mail, signal);
    this.#onDelivered(mailboxes.map(({ folder }) => folder.address));
    const delivered = mailboxes.flatMap(({ rowIds: rows }, index) =>
      rows.map((rowId) => ({ rowId, ...(outcomes[index] ?? { outcome: 'deferred' as const }) })),
    );
    // Only our own disk can defer, which is no fault of the message: it may wait for ever. XP-041
    const end = delivered.some(({ outcome }) => outcome === 'deferred') ? 'resendLater' : 'sent';
    return { outcomes: [...settled, ...delivered], end };
  }

  protected async receive(message: IMessage, { signal, recognise }: StartMessageOptions): Promise<void> {
    signal.throwIfAborted();
    const drop = await this.#inbox.next();
    if (drop === undefined) return;
    const { files, log, clock } = this.ports.host;
    try {
      const known = await recognise?.(`local:${drop.address}:${drop.name}`);
      if (known !== true)
        await deliver(drop, message, { files, log, config: this.config, deliveryTime: clock.now(), signal });
    } catch (error) {
      await this.#undelivered(drop, error, signal);
      return;
    }
    await drop.finish();
  }

  /** Puts a drop where it belongs after a failure; throws unless the failure is dealt with. */
  async #undelivered(drop: ClaimedDrop, error: unknown, signal: AbortSignal): Promise<void> {
    const { log } = this.ports.host;
    if (liesInTheMail(error)) {
      log.error('drop cannot be read and is set aside', { drop: drop.name, error });
      await drop.setAside(error.message);
      return;
    }
    if (signal.aborted) await drop.giveBack();
    else await this.#inbox.postpone(drop);
    throw error;
  }

  #folders(): readonly DropFolder[] {
    return this.config.addresses.map((address) => new DropFolder(address, this.ports.host));
  }

  protected row(): readonly PropValue[] {
    return this.status.row(`Local mail of ${this.config.addresses[0]}`, identityProps(identityOf(this.config)));
  }
}
