/**
 * A transport whose answers are scripted, since real ones cannot be made to fail on demand.
 *
 * It does what the contract asks, writes down every call, and asks its script for each outcome.
 */
import { fromHex } from '@nodemapi/base';
import { RefCounted, type SpoolerTransport, StatusObject } from '@nodemapi/kit';
import {
  type AddressTypes,
  type EndMessageResult,
  type FlushOptions,
  type IMAPIStatus,
  type IMessage,
  type IXPLogon,
  type MapiUid,
  PR_EMAIL_ADDRESS,
  PR_INTERNET_MESSAGE_ID,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_STATUS_CODE,
  PR_SUBJECT,
  prop,
  propOf,
  type RecipientOutcome,
  STATUS_AVAILABLE,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_FLUSH,
  type StartMessageOptions,
  type SubmitOptions,
  type SubmitResult,
  type TransportNotifyFlags,
} from '@nodemapi/mapi';

export type Outcome = Omit<RecipientOutcome, 'rowId'>;

/** What the transport was asked to send. */
export interface Offer {
  readonly subject: string;
  readonly messageId: string;
  /** Addresses by PR_ROWID, of those offered. */
  readonly offered: ReadonlyMap<number, string>;
  readonly message: IMessage;
  readonly options: SubmitOptions;
  /** From 1, over all messages. */
  readonly call: number;
}

export interface Script {
  readonly types?: readonly string[] | null;
  readonly uids?: readonly MapiUid[];
  readonly poll?: boolean;
  readonly idle?: boolean;
  /** Runs before the outcomes; it may throw, wait, or answer the whole. */
  onSubmit?(offer: Offer): Promise<SubmitResult | undefined> | SubmitResult | undefined;
  /** 'delivered' if it is missing. */
  outcome?(address: string, offer: Offer): Outcome | RecipientOutcome['outcome'];
  onEnd?(offer: Offer): Promise<EndMessageResult> | EndMessageResult;
  onNotify?(flags: TransportNotifyFlags): void;
  onFlush?(options: FlushOptions | undefined): void;
  retryAfterSeconds?: number;
}

export class ScriptedTransport extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  readonly uid: MapiUid;
  readonly displayName: string;
  script: Script;
  /** Every call, in order: `submit a`, `end a`, `notify endInbound`, … */
  readonly calls: string[] = [];
  /** One entry per recipient that has really gone out: `subject address`. */
  readonly sent: { readonly subject: string; readonly address: string; readonly messageId: string }[] = [];
  /** Fills one incoming message each; emptied from the front as they are saved. */
  readonly incoming: ((message: IMessage, options: StartMessageOptions) => Promise<void>)[] = [];
  readonly notified: { readonly flags: TransportNotifyFlags; readonly data: unknown }[] = [];
  statusCode = STATUS_AVAILABLE;
  #offers = new Map<number, Offer>();
  #refs = 0;
  #submits = 0;

  constructor(name: string, script: Script = {}) {
    super();
    this.displayName = name;
    this.script = script;
    this.uid = fromHex(Buffer.from(name.padEnd(16, '.')).toString('hex').slice(0, 32));
  }

  asTransport(): SpoolerTransport {
    const { poll = false, idle = false } = this.script;
    const options = { ...(poll ? { poll } : {}), ...(idle ? { idle } : {}) };
    return { uid: this.uid, displayName: this.displayName, logon: this, options };
  }

  async addressTypes(): Promise<AddressTypes> {
    this.calls.push('addressTypes');
    const { types = ['SMTP'], uids = [] } = this.script;
    return { types, uids };
  }

  async transportNotify(flags: TransportNotifyFlags, data?: unknown): Promise<void> {
    const names = Object.entries(flags).filter(([, set]) => set === true);
    this.calls.push(`notify ${names.map(([name]) => name).join('+')}`);
    this.notified.push({ flags, data });
    if (flags.endOutboundFlush === true) this.statusCode &= ~STATUS_OUTBOUND_FLUSH;
    if (flags.endInboundFlush === true) this.statusCode &= ~STATUS_INBOUND_FLUSH;
    this.script.onNotify?.(flags);
  }

  async idle(): Promise<void> {
    this.calls.push('idle');
  }

  async transportLogoff(): Promise<void> {
    this.calls.push('logoff');
  }

  async submitMessage(message: IMessage, options: SubmitOptions): Promise<SubmitResult> {
    const offer = await this.#offer(message, options);
    this.calls.push(`submit ${offer.subject}${options.deferred === true ? ' deferred' : ''}`);
    const whole = await this.script.onSubmit?.(offer);
    const messageRef = ++this.#refs;
    this.#offers.set(messageRef, offer);
    if (whole !== undefined) return { ...whole, messageRef };
    const outcomes = [...offer.offered].map(([rowId, address]): RecipientOutcome => {
      const scripted = this.script.outcome?.(address, offer) ?? 'delivered';
      const outcome = typeof scripted === 'string' ? { outcome: scripted } : scripted;
      if (outcome.outcome === 'delivered')
        this.sent.push({ subject: offer.subject, address, messageId: offer.messageId });
      return { rowId, ...outcome };
    });
    const retry = this.script.retryAfterSeconds;
    return { messageRef, outcomes, ...(retry === undefined ? {} : { retryAfterSeconds: retry }) };
  }

  async endMessage(messageRef: number): Promise<EndMessageResult> {
    const offer = this.#offers.get(messageRef);
    if (offer === undefined) throw new Error(`endMessage of ${messageRef}, which is not open`);
    this.#offers.delete(messageRef);
    this.calls.push(`end ${offer.subject}`);
    return (await this.script.onEnd?.(offer)) ?? 'sent';
  }

  async poll(): Promise<boolean> {
    this.calls.push('poll');
    return this.incoming.length > 0;
  }

  async startMessage(message: IMessage, options: StartMessageOptions): Promise<void> {
    this.calls.push('start');
    const fill = this.incoming[0];
    if (fill === undefined) return;
    await fill(message, options);
    this.incoming.shift();
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject([prop(PR_STATUS_CODE, this.statusCode)]);
  }

  async validateState(): Promise<void> {
    this.calls.push('validateState');
  }

  async flushQueues(_ui?: unknown, options?: FlushOptions): Promise<void> {
    this.calls.push('flushQueues');
    this.statusCode |= STATUS_OUTBOUND_FLUSH | STATUS_INBOUND_FLUSH;
    this.script.onFlush?.(options);
  }

  /** Reads what a transport reads, and checks that PR_RESPONSIBILITY says the same as the call. */
  async #offer(message: IMessage, options: SubmitOptions): Promise<Offer> {
    const { values } = await message.getProps([PR_SUBJECT, PR_INTERNET_MESSAGE_ID]);
    await using table = await message.getRecipientTable();
    await table.setColumns([PR_ROWID, PR_EMAIL_ADDRESS, PR_RESPONSIBILITY]);
    const rows = await table.queryRows(1000);
    const open = rows.filter((row) => propOf(row, PR_RESPONSIBILITY) === false);
    const offered = new Map(open.map((row) => [propOf(row, PR_ROWID) ?? -1, propOf(row, PR_EMAIL_ADDRESS) ?? '']));
    const shown = [...offered.keys()].sort().join();
    if (shown !== [...options.rowIds].sort().join())
      throw new Error(`offered ${options.rowIds}, but FALSE are ${shown}`);
    const [subject = '', messageId = ''] = values;
    return { subject, messageId, offered, message, options, call: ++this.#submits };
  }
}
