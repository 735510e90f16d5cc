/**
 * IXPLogon of the maildrop transport: takes what others put into a maildir or an mbox file. It sends nothing.
 *
 * - A message leaves its source, or is marked there, only after it was saved.
 * - It is named by its source, so that a store recognises one that a killed process could not mark.
 *
 * spec: ixplogoniunknown
 */
import { join } from 'node:path';
import { liesInTheMail, receiveMail } from '@nodemapi/format-oxcmail';
import {
  type DisplayField,
  ReceivingXPLogon,
  type SendAttempt,
  type SendResult,
  TransportStatus,
  type XPLogonPorts,
} from '@nodemapi/kit';
import {
  type AddressTypes,
  type IMessage,
  MapiError,
  type PropValue,
  type StartMessageOptions,
  type TransportLogonOptions,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { MailSource, MailSourcePorts, WaitingMail } from './mail-source.ts';
import { Maildir } from './maildir.ts';
import { type MaildropConfig, maildropConfigOf, maildropPath } from './maildrop-config.ts';
import { MAILDROP_SETTINGS } from './maildrop-properties.ts';
import { MboxFile } from './mbox-file.ts';

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'Maildrop transport';

export class MaildropXPLogon extends ReceivingXPLogon<MaildropConfig> {
  /** It never offers anything to anybody. */
  readonly tellsOffers = true;
  #source: MailSource;
  /** Why the source cannot be looked at. */
  #trouble: string | undefined;

  constructor(ports: XPLogonPorts<MaildropConfig>, config: MaildropConfig, options: TransportLogonOptions) {
    super(ports, config, options, new TransportStatus(ports.support, PROVIDER_DISPLAY));
    this.#source = this.#open();
  }

  /** It serves no address at all. */
  async addressTypes(): Promise<AddressTypes> {
    this.assertLoggedOn();
    return { types: [], uids: [] };
  }

  /** A source that cannot be looked at has no mail; the status row says why, and the log says it once. */
  protected async hasMail(): Promise<boolean> {
    try {
      const found = await this.#source.hasMail();
      if (this.#trouble !== undefined) await this.status.works();
      this.#trouble = undefined;
      return found;
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      if (this.#trouble !== error.message) this.ports.host.log.warn('the mail cannot be looked at', { error });
      this.#trouble = error.message;
      await this.status.broken(error.message);
      return false;
    }
  }

  protected retryNow(): void {
    this.#source.retryNow();
  }

  protected async receive(message: IMessage, { signal, recognise }: StartMessageOptions): Promise<void> {
    signal.throwIfAborted();
    await using mail = await this.#source.next();
    if (mail === undefined) return;
    try {
      if ((await recognise?.(...mail.sources)) !== true) await this.#deliver(mail, message, signal);
    } catch (error) {
      await this.#undelivered(mail, error, signal);
      return;
    }
    await mail.finish();
  }

  /** Looks anew. What the path names may come later. */
  protected async validate(options: ValidateStateOptions): Promise<void> {
    if (options.configChanged === true) {
      this.config = await this.ports.reload();
      this.#source = this.#open();
      await this.ports.support.modifyStatusRow(this.row(), { update: true });
    }
    this.retryNow();
  }

  protected override get settings(): readonly DisplayField[] {
    return MAILDROP_SETTINGS;
  }

  protected override checkSettings(values: readonly PropValue[]): void {
    maildropConfigOf(values);
  }

  protected async send(_message: IMessage, { rowIds }: SendAttempt): Promise<SendResult> {
    return { outcomes: rowIds.map((rowId) => ({ rowId, outcome: 'notMine' })), end: 'sent' };
  }

  protected row(): readonly PropValue[] {
    return this.status.row(`Mail in ${this.config.path}`, []);
  }

  async #deliver(mail: WaitingMail, message: IMessage, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.ports.host;
    const { receivedBy } = this.config;
    const own = receivedBy === undefined ? [] : [receivedBy.address.toLowerCase()];
    const facts = receivedBy === undefined ? {} : { receivedBy };
    const options = { ...facts, own, signal, deliveryTime: clock.now() };
    const { diagnostics, problems } = await receiveMail(mail.read(), message, options);
    for (const { code, detail, path } of diagnostics)
      log.info('received message', { mail: mail.name, code, detail, path });
    for (const { code, tag } of problems) log.warn('property of a received message', { mail: mail.name, code, tag });
    await message.saveChanges();
  }

  /** Sees to a message that was not delivered; throws unless the failure is dealt with. */
  async #undelivered(mail: WaitingMail, error: unknown, signal: AbortSignal): Promise<void> {
    const { log } = this.ports.host;
    if (liesInTheMail(error)) {
      log.error('mail cannot be read and is set aside', { mail: mail.name, error });
      await mail.setAside(error.message);
      return;
    }
    if (!signal.aborted) mail.postpone();
    if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
    log.info('mail is gone from its source', { mail: mail.name });
  }

  #open(): MailSource {
    const { files, log, clock, random, home } = this.ports.host;
    const ports: MailSourcePorts = {
      files,
      log,
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
    };
    const path = maildropPath(this.config, home);
    if (this.config.format === 'maildir') return new Maildir(path, this.config.after, ports);
    return new MboxFile(path, this.config.after, { ...ports, random, stateFolder: join(home, 'maildrop') });
  }
}
