/**
 * IXPLogon of the maildrop transport: takes what others put into a maildir or an mbox file. It sends nothing. As a remote
 * transport it shows what lies there, and takes what a user has marked.
 *
 * - A message leaves its source, or is marked there, only after it was saved.
 * - It is named by its source, so that a store recognises one that a killed process could not mark.
 *
 * spec: ixplogoniunknown
 */
import { join } from 'node:path';
import type { FileTime, Timer } from '@nodemapi/base';
import { liesInTheMail, receiveMail } from '@nodemapi/format-oxcmail';
import {
  type DisplayField,
  HeaderFolder,
  noSupport,
  ReceivingXPLogon,
  type RemoteRequests,
  type SendAttempt,
  type SendResult,
  TransportStatus,
  type XPLogonPorts,
} from '@nodemapi/kit';
import {
  type AddressTypes,
  type IMAPIFolder,
  type IMessage,
  MapiError,
  type PropValue,
  type RemoteXPLogon,
  STATUS_REMOTE_ACCESS,
  type StartMessageOptions,
  type TransportLogonOptions,
  type TransportNotifyFlags,
  type ValidateStateOptions,
} from '@nodemapi/mapi';
import type { MailSource, WaitingMail } from './mail-source.ts';
import { Maildir } from './maildir.ts';
import { type MaildropConfig, maildropConfigOf, maildropPath } from './maildrop-config.ts';
import { MAILDROP_SETTINGS } from './maildrop-properties.ts';
import { MboxFile, type MboxFilePorts } from './mbox-file.ts';
import { RemoteDrop } from './remote-drop.ts';
import { RemoteMaildir } from './remote-maildir.ts';
import { RemoteMbox } from './remote-mbox.ts';

/** PR_PROVIDER_DISPLAY */
const PROVIDER_DISPLAY = 'Maildrop transport';
const NEXT_FLUSH_MS = 200;

export class MaildropXPLogon extends ReceivingXPLogon<MaildropConfig> implements RemoteXPLogon {
  /** It never offers anything to anybody. */
  readonly tellsOffers = true;
  #source: MailSource;
  /** Where the configuration wants the headers first. */
  #drop: RemoteDrop | undefined;
  readonly #since: FileTime;
  #nextFlush: Timer | undefined;
  /** Why the source cannot be looked at. */
  #trouble: string | undefined;

  constructor(ports: XPLogonPorts<MaildropConfig>, config: MaildropConfig, options: TransportLogonOptions) {
    super(ports, config, options, new TransportStatus(ports.support, PROVIDER_DISPLAY));
    this.#since = ports.host.clock.now();
    this.#source = this.#open();
    this.#drop = this.#openDrop();
  }

  override async open(): Promise<void> {
    await super.open();
    await this.#showAccess();
  }

  async openHeaderFolder(): Promise<IMAPIFolder> {
    this.assertLoggedOn();
    const headers = this.#drop?.headers ?? noSupport('the transport fetches everything by itself');
    return new HeaderFolder(headers, { displayName: this.#displayName, creationTime: this.#since });
  }

  override async transportNotify(
    flags: TransportNotifyFlags,
    data?: Parameters<ReceivingXPLogon<MaildropConfig>['transportNotify']>[1],
  ): Promise<void> {
    await super.transportNotify(flags, data);
    if (flags.endInboundFlush === true && (await this.#drop?.flushEnded()) === true) this.#flushSoon();
  }

  /** It serves no address at all. */
  async addressTypes(): Promise<AddressTypes> {
    this.assertLoggedOn();
    return { types: [], uids: [] };
  }

  /** A source that cannot be looked at has no mail; the status row says why, and the log says it once. */
  protected async hasMail(): Promise<boolean> {
    if (this.#drop !== undefined) return this.#drop.hasWork;
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

  protected async receive(message: IMessage, options: StartMessageOptions): Promise<void> {
    const { signal } = options;
    signal.throwIfAborted();
    if (this.#drop !== undefined) return this.#drop.receive(message, options);
    await using mail = await this.#source.next();
    if (mail === undefined) return;
    try {
      await this.#take(mail, message, options);
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
      await this.#drop?.close();
      this.#drop = this.#openDrop();
      await this.#showAccess();
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
    return this.status.row(this.#displayName, []);
  }

  protected override get remote(): RemoteRequests | undefined {
    return this.#drop?.requests;
  }

  protected override get staysActive(): boolean {
    return this.#drop?.isWorking === true;
  }

  protected override async onLogoff(): Promise<void> {
    this.#nextFlush?.cancel();
    await this.#drop?.close();
    await super.onLogoff();
  }

  /** Asks for a flush when the one that ends now has ended: while it runs the spooler does not hear of another. */
  #flushSoon(): void {
    const { clock, log } = this.ports.host;
    this.#nextFlush?.cancel();
    this.#nextFlush = clock.setTimer(NEXT_FLUSH_MS, () => {
      if (this.#drop?.isPending !== true) return;
      const failed = (error: unknown): void => log.warn('the work on the headers does not go on', { error });
      this.flushQueues(undefined, { download: true }).catch(failed);
    });
    this.#nextFlush.unref();
  }

  get #displayName(): string {
    return `Mail in ${this.config.path}`;
  }

  /** Says in the status row whether there is a header folder. */
  async #showAccess(): Promise<void> {
    if (this.#drop !== undefined) await this.status.remote(true, STATUS_REMOTE_ACCESS, 0, '');
    else await this.status.change(0, STATUS_REMOTE_ACCESS);
  }

  async #take(mail: WaitingMail, message: IMessage, options: StartMessageOptions): Promise<'saved' | 'known'> {
    if ((await options.recognise?.(...mail.sources)) === true) return 'known';
    await this.#deliver(mail, message, options.signal);
    return 'saved';
  }

  /** As `#take`; what cannot be read is set aside, and still lies there. */
  async #download(mail: WaitingMail, message: IMessage, options: StartMessageOptions): Promise<'saved' | 'known'> {
    try {
      return await this.#take(mail, message, options);
    } catch (error) {
      if (liesInTheMail(error)) await mail.setAside(error.message);
      throw error;
    }
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

  get #sourcePorts(): MboxFilePorts {
    const { files, log, clock, random, home } = this.ports.host;
    const times = { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() };
    return { files, log, random, ...times, stateFolder: join(home, 'maildrop') };
  }

  #open(): MailSource {
    const { format, after } = this.config;
    const path = maildropPath(this.config, this.ports.host.home);
    return format === 'maildir'
      ? new Maildir(path, after, this.#sourcePorts)
      : new MboxFile(path, after, this.#sourcePorts);
  }

  #openDrop(): RemoteDrop | undefined {
    if (!this.config.remote) return undefined;
    const { log, clock, home } = this.ports.host;
    const path = maildropPath(this.config, home);
    const Source = this.config.format === 'maildir' ? RemoteMaildir : RemoteMbox;
    return new RemoteDrop({
      path,
      source: new Source(path, this.#sourcePorts),
      status: this.status,
      log,
      clock,
      cancel: (reason) => this.cancelReceptions(reason),
      deliver: (mail, message, options) => this.#download(mail, message, options),
    });
  }
}
