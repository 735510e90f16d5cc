/**
 * Makes delivery and non-delivery reports and puts them into the receive folder of the default store, or sends them to whom
 * the message names (PR_REPORT_ENTRYID).
 *
 * A report names the recipients it is about by its Message-ID, so that one whose process died before it could say that
 * it had reported is found and not made again. A store that remembers the sources of received messages does so for
 * reports, too: of two spoolers that make the same one, one saves it.
 *
 * spec: required-report-message-properties, recipient-properties-for-delivery-status-reports, mapi-report-messages
 */
import { type Log, toHex, utf8Encode } from '@nodemapi/base';
import {
  openReceiveFolder,
  originalProps,
  type ReportAddress,
  type SpoolerHost,
  sessionSenderProps,
} from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  ATTACH_EMBEDDED_MSG,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_MAILUSER,
  MAPI_TO,
  MapiError,
  type MapiWarningCode,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_DELIVER_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_NDR_REASON_CODE,
  PR_OBJECT_TYPE,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_ENTRYID,
  PR_ORIGINAL_SEARCH_KEY,
  PR_PARENT_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_ROWID,
  PR_SEARCH_KEY,
  type PropValue,
  prop,
  propOf,
  resProperty,
  searchKeyOf,
  supportsReceiving,
} from '@nodemapi/mapi';
import type { Observer } from './observer.ts';
import {
  addressText,
  isSpoolerTag,
  type MessageRecord,
  newRecord,
  type RecipientRecord,
  recipientOf,
  withValues,
} from './record.ts';
import {
  CARRIER_PROPS,
  carrierRows,
  fillFromCarrier,
  isCarrier,
  openOutbox,
  reportAddressee,
  submitLeft,
} from './report-carrier.ts';
import { copyOriginal } from './report-original.ts';
import { sourceKey } from './saved-message.ts';

/** Longest PR_MESSAGE_CLASS. */
const MESSAGE_CLASS_CHARS_MAX = 255;

/** 'Delayed': nobody is given up yet. */
type Kind = 'DR' | 'NDR' | 'Delayed';

/** A report that goes out has the class that others know. [MS-OXCMAIL] 2.2.3.7.1.1 */
const CARRIED_KINDS = { DR: 'DR', NDR: 'NDR', Delayed: 'Delayed.DR' } as const;

/** A report, and what it is about. */
interface Report {
  readonly kind: Kind;
  readonly original: IMessage;
  readonly record: MessageRecord;
  readonly recipients: readonly RecipientRecord[];
  /** Its Message-ID. */
  readonly id: string;
  readonly messageClass: string;
}

export interface ReportOptions {
  /** Looks for the report before making it. */
  readonly maybeThere: boolean;
  /** Whoever calls may have called before, and another process as well: there is to be one report, not two. */
  readonly once: boolean;
}

export class Reporter {
  readonly #host: SpoolerHost;
  readonly #storeOf: (key: string) => IMsgStore | undefined;
  readonly #log: Log;
  readonly #observer: Observer;

  /** @param storeOf finds an attached store by the hexadecimal of its identifier */
  constructor(
    host: SpoolerHost,
    storeOf: (key: string) => IMsgStore | undefined,
    { log, observer }: { readonly log: Log; readonly observer: Observer },
  ) {
    this.#host = host;
    this.#storeOf = storeOf;
    this.#log = log;
    this.#observer = observer;
  }

  /**
   * Reports about the recipients of `record`: those who failed, and those who were delivered to.
   *
   * @param original as it lies in the store
   * @throws MAPI_E_NO_SUPPORT if there is no default store to report to, and whatever that store throws
   */
  async report(original: IMessage, record: MessageRecord, options: ReportOptions): Promise<void> {
    const store = this.#defaultStore();
    if (isCarrier(record)) return this.#bringBack(store, original, record);
    for (const kind of ['NDR', 'DR'] as const) {
      const state = kind === 'NDR' ? 'failed' : 'sent';
      const recipients = record.recipients.filter((recipient) => recipient.state === state);
      if (recipients.length > 0) await this.#deliver(store, kind, original, record, recipients, options);
    }
  }

  /** Tells the sender that the recipients of `record` have not been reached yet; once for a message, whoever calls. */
  async reportDelay(original: IMessage, record: MessageRecord): Promise<void> {
    if (isCarrier(record)) return; // nobody is told of the delay of a report
    const recipients = record.recipients.map((recipient) => ({
      ...recipient,
      row: withValues(recipient.row, [prop(PR_REPORT_TEXT, delayText(recipient))]),
    }));
    const once = { maybeThere: true, once: true };
    await this.#deliver(this.#defaultStore(), 'Delayed', original, record, recipients, once);
  }

  /** StatusRecips: rows with PR_DELIVER_TIME were delivered to, the others failed. One that names nobody is a warning. */
  async statusRecips(message: IMessage, rows: AdrList): Promise<{ readonly warning?: MapiWarningCode }> {
    const { values } = await message.getProps([PR_ENTRYID]);
    const record = await newRecord(message, values[0] ?? new Uint8Array());
    const told = rows.filter((row) => row.length > 0).map(toldRecipient);
    const recipients = told.filter(({ name, address }) => name !== '' || address !== '');
    const wanted = recipients.filter(({ state }) =>
      state === 'sent' ? record.wantsDeliveryReport : record.wantsNonDeliveryReport,
    );
    const about = isCarrier(record) ? record : { ...record, recipients: wanted };
    await this.report(message, about, { maybeThere: false, once: false });
    return recipients.length < told.length ? { warning: 'MAPI_W_ERRORS_RETURNED' } : {};
  }

  #defaultStore(): IMsgStore {
    const entryId = this.#host.defaultStore();
    const store = entryId === undefined ? undefined : this.#storeOf(toHex(entryId));
    if (store === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'there is no default store for reports');
    return store;
  }

  /** Into the receive folder of the sender, or on its way to whom PR_REPORT_ENTRYID names. */
  async #deliver(
    store: IMsgStore,
    kind: Kind,
    original: IMessage,
    record: MessageRecord,
    recipients: readonly RecipientRecord[],
    options: ReportOptions,
  ): Promise<void> {
    const addressee = await reportAddressee(original, this.#host, this.#log);
    const id = reportId(kind, record, kind === 'Delayed' ? [] : recipients);
    const about: Report = { kind, original, record, recipients, id, messageClass: reportClass(kind, record) };
    if (addressee === undefined) return this.#deliverHere(store, about, options);
    await this.#send(store, { ...about, messageClass: reportClass(CARRIED_KINDS[kind], record) }, addressee, options);
  }

  async #deliverHere(store: IMsgStore, about: Report, { maybeThere, once }: ReportOptions): Promise<void> {
    const { messageClass, id } = about;
    await using folder = await openReceiveFolder(store, messageClass);
    const receiving = once && supportsReceiving(store) ? store : undefined;
    const source = sourceOf(about);
    if (maybeThere && (await (receiving?.hasReceived(source) ?? isThere(folder, id)))) return;
    await using report = await folder.createMessage();
    await this.#fill(report, about);
    if (receiving === undefined) await report.saveChanges({ keepOpenReadWrite: true });
    else if (!(await receiving.saveReceived(report, [source]))) return; // somebody else was quicker
    this.#observer.reported(about.kind);
    await this.#announce(store, report, folder, messageClass);
  }

  async #send(store: IMsgStore, about: Report, to: ReportAddress, { maybeThere, once }: ReportOptions): Promise<void> {
    await using outbox = await openOutbox(store);
    const receiving = once && supportsReceiving(store) ? store : undefined;
    const source = sourceOf(about);
    if (maybeThere && ((await submitLeft(outbox, about.id)) || (await receiving?.hasReceived(source)) === true)) return;
    await using carrier = await outbox.createMessage();
    await this.#fill(carrier, about, to);
    if (receiving === undefined) await carrier.saveChanges({ keepOpenReadWrite: true });
    else if (!(await receiving.saveReceived(carrier, [source]))) return void (await submitLeft(outbox, about.id));
    await carrier.submitMessage();
    this.#observer.reported(about.kind);
  }

  /** A report that could not be sent on goes to the sender, in place of a report about it. */
  async #bringBack(store: IMsgStore, carrier: IMessage, record: MessageRecord): Promise<void> {
    const failed = record.recipients.filter(({ state }) => state === 'failed');
    if (failed.length === 0) return;
    const { messageClass } = record;
    await using folder = await openReceiveFolder(store, messageClass);
    const source = sourceKey(`report ${record.internetMessageId ?? toHex(record.entryId)} brought back`);
    const receiving = supportsReceiving(store) ? store : undefined;
    if ((await receiving?.hasReceived(source)) === true) return;
    await using report = await folder.createMessage();
    await fillFromCarrier(carrier, report, { ...record, recipients: failed });
    if (receiving === undefined) await report.saveChanges({ keepOpenReadWrite: true });
    else if (!(await receiving.saveReceived(report, [source]))) return;
    await this.#announce(store, report, folder, messageClass);
  }

  /** @param to whom the report goes, if that is not the sender */
  async #fill(report: IMessage, about: Report, to?: ReportAddress): Promise<void> {
    const { kind, original, record, recipients, id, messageClass } = about;
    await report.setProps([
      ...(await originalProps(original)),
      ...this.#ownProps(record, recipients, messageClass, id),
      ...sessionSenderProps(await this.#host.identity()),
    ]);
    if (to !== undefined) await report.setProps(CARRIER_PROPS);
    const rows = recipients.map((recipient) => this.#reportRow(recipient));
    await report.modifyRecipients('replace', to === undefined ? rows : carrierRows(rows, to));
    if (kind === 'NDR') await attachOriginal(report, original);
  }

  #ownProps(
    record: MessageRecord,
    recipients: readonly RecipientRecord[],
    messageClass: string,
    id: string,
  ): readonly PropValue[] {
    const now = this.#host.clock.now();
    const search = searchKeyOf('REPORT', id);
    return [
      prop(PR_MESSAGE_CLASS, messageClass),
      prop(PR_ORIG_MESSAGE_CLASS, record.messageClass),
      prop(PR_REPORT_TEXT, reportText(recipients)),
      prop(PR_REPORT_TIME, now),
      prop(PR_MESSAGE_DELIVERY_TIME, now),
      prop(PR_INTERNET_MESSAGE_ID, id),
      prop(PR_SEARCH_KEY, search),
      prop(PR_MESSAGE_FLAGS, 0),
    ];
  }

  #reportRow(recipient: RecipientRecord): AdrEntry {
    const { row } = recipient;
    const values: PropValue[] = [
      prop(PR_ORIGINAL_DISPLAY_NAME, propOf(row, PR_DISPLAY_NAME) ?? recipient.name),
      prop(PR_REPORT_TIME, propOf(row, PR_REPORT_TIME) ?? this.#host.clock.now()),
      prop(PR_REPORT_TEXT, propOf(row, PR_REPORT_TEXT) ?? deliveredText(recipient)),
      prop(PR_SEARCH_KEY, propOf(row, PR_SEARCH_KEY) ?? searchKeyOf(recipient.addrType, recipient.address)),
      prop(PR_DISPLAY_TYPE, propOf(row, PR_DISPLAY_TYPE) ?? 0),
      prop(PR_OBJECT_TYPE, propOf(row, PR_OBJECT_TYPE) ?? MAPI_MAILUSER),
      prop(PR_RECIPIENT_TYPE, propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO),
    ];
    values.push(prop(PR_ORIGINAL_SEARCH_KEY, searchKeyOf(recipient.addrType, recipient.address)));
    if (recipient.entryId !== undefined) values.push(prop(PR_ORIGINAL_ENTRYID, recipient.entryId));
    return withValues(row, values, [PR_ROWID]).filter(({ tag }) => !isSpoolerTag(tag));
  }

  /** The report is there already, so a failing announcement takes nothing back. */
  async #announce(store: IMsgStore, report: IMessage, folder: IMAPIFolder, messageClass: string): Promise<void> {
    try {
      const { values } = await report.getProps([PR_ENTRYID, PR_PARENT_ENTRYID, PR_MESSAGE_FLAGS]);
      const [entryId, parentId, messageFlags] = values;
      if (entryId === undefined) return;
      const folderId = parentId ?? (await folder.getProps([PR_ENTRYID])).values[0] ?? new Uint8Array();
      await store.notifyNewMail({
        kind: 'newMail',
        entryId,
        parentId: folderId,
        messageClass,
        messageFlags: messageFlags ?? 0,
      });
    } catch (cause) {
      this.#log.warn('report not announced', { error: MapiError.from(cause, 'store') });
    }
  }
}

async function attachOriginal(report: IMessage, original: IMessage): Promise<void> {
  const { attach } = await report.createAttach();
  try {
    await attach.setProps([prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)]);
    await using embedded = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
    await copyOriginal(original, embedded);
    await embedded.saveChanges();
    await attach.saveChanges();
  } finally {
    await attach.release();
  }
}

/** Whether a report with this Message-ID lies in the folder. */
async function isThere(folder: IMAPIFolder, id: string): Promise<boolean> {
  await using table = await folder.getContentsTable();
  await table.setColumns([PR_ENTRYID, PR_INTERNET_MESSAGE_ID]);
  await table.restrict(resProperty('EQ', PR_INTERNET_MESSAGE_ID, id));
  return (await table.queryRows(1)).length > 0;
}

function reportClass(kind: Kind | 'Delayed.DR', { messageClass }: MessageRecord): string {
  return `REPORT.${messageClass}.${kind}`.slice(0, MESSAGE_CLASS_CHARS_MAX);
}

/** What is submitted again is reported again. */
function sourceOf({ id, record }: Report): Uint8Array {
  return sourceKey(`report ${id} of ${record.submitTime ?? ''}`);
}

/** One report per message and set of recipients. */
function reportId(kind: Kind, record: MessageRecord, recipients: readonly RecipientRecord[]): string {
  const rows = recipients.map((recipient) => recipient.rowId).sort((a, b) => a - b);
  const original =
    record.internetMessageId?.replaceAll(/[<>]/gu, '') ??
    `${toHex(utf8Encode(record.subject)).slice(0, 32)}@localhost.invalid`;
  return `<${kind.toLowerCase()}.${digest(rows)}.${original}>`;
}

/** First and last row, their number and a sum: as short for a thousand recipients as for one. */
function digest(rows: readonly number[]): string {
  const sum = rows.reduce((total, row, index) => (total * 31 + row + index) >>> 0, 7);
  return `${rows[0] ?? 0}-${rows.at(-1) ?? 0}-${rows.length}-${sum.toString(36)}`;
}

function reportText(recipients: readonly RecipientRecord[]): string {
  return recipients.map((recipient) => `${addressText(recipient)}: ${textOf(recipient)}`).join('\r\n');
}

function textOf(recipient: RecipientRecord): string {
  return propOf(recipient.row, PR_REPORT_TEXT) ?? deliveredText(recipient);
}

function delayText({ error }: RecipientRecord): string {
  return `delayed, it is tried on${error === undefined ? '' : `; last: ${error}`}`;
}

function deliveredText(recipient: RecipientRecord): string {
  return recipient.state === 'sent' ? 'delivered' : (recipient.error ?? 'not delivered');
}

/** StatusRecips tells by the properties of a row what became of the recipient. */
function toldRecipient(row: AdrEntry): RecipientRecord {
  const isFailure = propOf(row, PR_NDR_REASON_CODE) !== undefined || propOf(row, PR_DELIVER_TIME) === undefined;
  return { ...recipientOf(row), state: isFailure ? 'failed' : 'sent', reported: false };
}
