/**
 * Fills an unsaved message from MIME, in constant memory and by the contract alone. [MS-OXCMAIL]
 *
 * - Nothing is lost silently: all headers stay in PR_TRANSPORT_MESSAGE_HEADERS, every part is a body or an attachment.
 * - What is signed, encrypted, or a multipart of unknown kind is kept byte for byte in one attachment; where no
 *   body came before it its text becomes the body as well.
 * - A winmail.dat is the message that a program with MAPI sent: its properties and attachments become those of the
 *   message. It is the one part that is held in memory, beside vCards that become contacts.
 * - The caller saves the message.
 */
import { charsetToCodePage, type FileTime } from '@nodemapi/base';
import {
  BodyTextDecoder,
  decodeWords,
  type MimeEvent,
  MimeHeaders,
  type MimePart,
  type MimeReadOptions,
  parseAddresses,
  parseMailDate,
  parseMime,
  typeOfFileName,
  usableCharset,
} from '@nodemapi/format-mime';
import { CARD_BYTES_MAX, vCardToMapi } from '@nodemapi/format-vcard';
import {
  type IMessage,
  PR_BODY,
  PR_INTERNET_CPID,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_CLASS,
  PR_TRANSPORT_MESSAGE_HEADERS,
  prop,
} from '@nodemapi/mapi';
import { addressProps } from './address-props.ts';
import { ORIGINAL_SENDER } from './address-roles.ts';
import { AttachmentWriter } from './attachment-writer.ts';
import { BodySlots } from './body-slots.ts';
import { writeMeeting } from './calendar-props.ts';
import { CALENDAR_CHARS_MAX, readCalendar } from './calendar-reader.ts';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { EXTERNAL_BODY, shortcutOf } from './external-body.ts';
import { type DeliveryFacts, headerProps, headerRecipients } from './header-props.ts';
import { HtmlBodyWriter } from './html-body-writer.ts';
import { parseMsAttachment } from './ms-attachment.ts';
import { type BodyPieces, PartBody } from './part-body.ts';
import { applyProps, TextPropWriter } from './prop-writer.ts';
import { originalHeaderProps, type ReportPartKind, readStatusPart, reportKindOf } from './report-reader.ts';
import { collectPart, isTnefPart, takeTnef } from './tnef-part.ts';
import { type UuFile, uuPieces } from './uu-text.ts';
import { cardsOf, isVCardPart } from './vcard-part.ts';

export interface MimeToMapiOptions extends DeliveryFacts {
  /** Header bytes of one part. */
  readonly headerBytesMax?: number;
  /** Multiparts in each other. */
  readonly nestingDepthMax?: number;
  readonly partsMax?: number;
  /** Messages in each other; a deeper one is kept as a file, with a diagnostic. */
  readonly embeddedDepthMax?: number;
  /** Whether a Bcc header makes recipients; it does if omitted. */
  readonly withBcc?: boolean;
  /** Whether X-Unsent makes the message unsent; it does if omitted. */
  readonly withUnsent?: boolean;
  /** Whether vCards become contacts that are attached; they stay the files that they came as if omitted. */
  readonly contacts?: boolean;
  /** Ends the reading of a TNEF part between two attachments; the source ends everything else. */
  readonly signal?: AbortSignal;
}

export const EMBEDDED_DEPTH_MAX = 20;
/** A larger part of a report is not read for what it says. */
const REPORT_PART_BYTES_MAX = 4 << 20;

/** Multiparts whose parts are read; any other is kept whole. */
const OPEN_MULTIPARTS: ReadonlySet<string> = new Set(
  ['mixed', 'alternative', 'related', 'digest', 'report', 'parallel', 'appledouble', 'form-data', 'voice-message'].map(
    (subtype) => `multipart/${subtype}`,
  ),
);

/**
 * Reads `source` into `message`, which is new and is not saved here.
 *
 * @throws MAPI_E_TOO_BIG, MAPI_E_TOO_COMPLEX past the limits; what the source and the message throw
 */
export async function mimeToMapi(
  source: AsyncIterable<Uint8Array>,
  message: IMessage,
  options: MimeToMapiOptions = {},
): Promise<{ readonly diagnostics: readonly OxcmailDiagnostic[] }> {
  const diagnostics: OxcmailDiagnostic[] = [];
  await new MessageReader(message, options, diagnostics, 0).read(source);
  return { diagnostics };
}

/** Reads one message, the whole or an embedded one. */
class MessageReader {
  readonly #message: IMessage;
  readonly #options: MimeToMapiOptions;
  readonly #diagnostics: OxcmailDiagnostic[];
  readonly #depth: number;
  readonly #slots = new BodySlots();
  readonly #references = new Set<string>();
  readonly #attachments: AttachmentWriter;
  /** The message itself, while its headers wait for a part that names the charset of their raw bytes. */
  #waiting: MimePart | undefined;
  /** The headers of the message, once they have been written. */
  #headers: MimeHeaders | undefined;
  #messageClass = 'IPM.Note';
  /** Whether it is a report, whose last part says what it is about. */
  #isReport = false;
  /** Whether a calendar was met, the first of which counts. */
  #hasCalendar = false;
  /** What says that a TNEF stream belongs to this message. */
  #correlators: readonly string[] = [];

  constructor(message: IMessage, options: MimeToMapiOptions, diagnostics: OxcmailDiagnostic[], depth: number) {
    this.#message = message;
    this.#options = options;
    this.#diagnostics = diagnostics;
    this.#depth = depth;
    this.#attachments = new AttachmentWriter(message, diagnostics, this.#references);
  }

  /** The headers that were read. */
  get headers(): MimeHeaders | undefined {
    return this.#headers;
  }

  async read(source: AsyncIterable<Uint8Array>): Promise<void> {
    const opaque = (contentType: string): boolean =>
      contentType.startsWith('multipart/') ? !OPEN_MULTIPARTS.has(contentType) : contentType === EXTERNAL_BODY;
    const events = parseMime(source, this.#readOptions(opaque));
    try {
      for (let step = await events.next(); step.done !== true; step = await events.next()) {
        await this.#take(step.value, events);
      }
      await this.#writeWaiting(undefined);
    } finally {
      await events.return();
    }
  }

  #readOptions(opaque: (contentType: string) => boolean): MimeReadOptions {
    const { headerBytesMax, nestingDepthMax, partsMax } = this.#options;
    return {
      opaque,
      ...(headerBytesMax === undefined ? {} : { headerBytesMax }),
      ...(nestingDepthMax === undefined ? {} : { nestingDepthMax }),
      ...(partsMax === undefined ? {} : { partsMax }),
    };
  }

  async #take(event: MimeEvent, events: AsyncIterator<MimeEvent>): Promise<void> {
    if (event.kind === 'diagnostic') this.#diagnostics.push(event.diagnostic);
    if (event.kind !== 'start') return;
    const { part } = event;
    if (part.depth === 0 && part.container && part.headers.unlabelled) this.#waiting = part;
    else if (part.depth === 0) await this.#writeHeaders(part, part.headers);
    if (part.container) return;
    if (usableCharset(part.charset) !== undefined) await this.#writeWaiting(part.charset);
    const body = new PartBody(part, events, this.#diagnostics);
    if (!(await this.#writeBody(part, body))) await this.#writeOther(part, body);
    await body.drain();
  }

  async #writeWaiting(charset: string | undefined): Promise<void> {
    const part = this.#waiting;
    this.#waiting = undefined;
    if (part !== undefined) await this.#writeHeaders(part, part.headers.inCharset(charset));
  }

  async #writeHeaders(part: MimePart, headers: MimeHeaders): Promise<void> {
    this.#correlators = ['X-MS-TNEF-Correlator', 'Message-ID'].flatMap((name) => headers.get(name)?.trim() || []);
    const kept = new TextPropWriter(this.#message, PR_TRANSPORT_MESSAGE_HEADERS);
    try {
      await kept.write(headers.blockText());
      await kept.end(this.#diagnostics);
    } finally {
      await kept.release();
    }
    const facts = this.#depth === 0 ? this.#options : {};
    this.#headers = headers;
    this.#messageClass = messageClass(part);
    const { withBcc = true, withUnsent = true } = this.#depth === 0 ? this.#options : {};
    const known = withUnsent ? headers : headers.without('X-Unsent');
    const props = [prop(PR_MESSAGE_CLASS, this.#messageClass), ...headerProps(known, facts)];
    await applyProps(this.#message, props, this.#diagnostics);
    const recipients = headerRecipients(withBcc ? headers : headers.without('Bcc'));
    if (recipients.length > 0) await this.#message.modifyRecipients('add', recipients);
  }

  /** Writes a part that is a body; false if it is none. */
  async #writeBody(part: MimePart, body: PartBody): Promise<boolean> {
    const kind = this.#slots.take(part);
    if (kind === undefined) return false;
    if (part.charset !== undefined && usableCharset(part.charset) === undefined) {
      this.#diagnostics.push({ code: 'unknownCharset', detail: part.charset.slice(0, 60), path: part.path });
    }
    await (kind === 'html' ? this.#writeHtml(part, body) : this.#writeText(part, body));
    return true;
  }

  async #writeText(part: MimePart, body: PartBody): Promise<void> {
    const decoder = new BodyTextDecoder(part.charset);
    const writer = new TextPropWriter(this.#message, PR_BODY);
    try {
      if (mayHoldFiles(part)) await this.#writeTextAndFiles(part, body, (bytes) => writer.write(decoder.write(bytes)));
      else for await (const bytes of body.pieces()) await writer.write(decoder.write(bytes));
      await writer.write(decoder.end());
      await writer.end(this.#diagnostics);
    } finally {
      await writer.release();
    }
    const codePage = charsetToCodePage(decoder.charset ?? '') ?? 65001;
    if (!this.#slots.has('html'))
      await applyProps(this.#message, [prop(PR_INTERNET_CPID, codePage)], this.#diagnostics);
  }

  /** The files that stand in a text of before MIME become attachments. */
  async #writeTextAndFiles(part: MimePart, body: PartBody, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const told = part.headers.getAll('X-MS-Attachment').flatMap((value) => parseMsAttachment(decodeWords(value)) ?? []);
    const damaged = (name: string): void =>
      void this.#diagnostics.push({ code: 'badUuencode', detail: `${name} is damaged or cut off`, path: part.path });
    for await (const piece of uuPieces(body.pieces(), damaged)) {
      if (piece.kind === 'text') await write(piece.bytes);
      else await this.#writeUuFile(part, piece, told.find(({ name }) => name === piece.name)?.time);
    }
  }

  async #writeUuFile(part: MimePart, piece: UuFile, time: FileTime | undefined): Promise<void> {
    const contentType = typeOfFileName(piece.name);
    const file = { ...part, fileName: piece.name, contentType, charset: undefined, disposition: 'attachment' };
    const more = time === undefined ? [] : [prop(PR_LAST_MODIFICATION_TIME, time)];
    if (isTnefPart(file)) await this.#writeTnef(file, piece);
    else await this.#attachments.writeFile(file, piece, false, async () => {}, more);
  }

  async #writeHtml(part: MimePart, body: PartBody): Promise<void> {
    const writer = new HtmlBodyWriter(this.#message, part.charset, this.#references);
    try {
      for await (const bytes of body.pieces()) await writer.write(bytes);
      await writer.end(this.#diagnostics);
    } finally {
      await writer.release();
    }
  }

  /** Writes a part that is no body: what is in a winmail.dat, else an attachment. */
  async #writeOther(part: MimePart, body: PartBody): Promise<void> {
    const report = reportKindOf(part);
    if (report !== undefined) return this.#writeReport(report, part, body);
    if (this.#isReport && isReturnedHeaders(part)) return this.#writeReturned(part, body);
    if (isTnefPart(part)) await this.#writeTnef(part, body);
    else if (part.contentType === EXTERNAL_BODY) await this.#writeExternal(part, body);
    else await this.#writeAttachment(part, body);
  }

  /** What is elsewhere: a shortcut to it, or the part with its headers. */
  async #writeExternal(part: MimePart, body: PartBody): Promise<void> {
    const { fileName } = part;
    // under its own name it would be taken for the file that it is not
    const whole = fileName === undefined ? part : { ...part, fileName: `${fileName}.eml` };
    const { part: file = whole, bytes, leftOut = [] } = shortcutOf(part) ?? {};
    if (bytes !== undefined) await body.drain();
    const pieces = bytes === undefined ? body : resumed(bytes, body);
    await this.#attachments.writeFile(file, pieces, this.#slots.has('html'), async () => {});
    for (const name of leftOut) {
      const detail = `the parameter ${name.slice(0, 60)} of a file elsewhere is left out`;
      this.#diagnostics.push({ code: 'externalBody', detail, path: part.path });
    }
  }

  /** Takes what is in a winmail.dat, or keeps it as a file. */
  async #writeTnef(part: MimePart, body: BodyPieces): Promise<void> {
    const { bytes, complete } = await collectPart(body.pieces());
    const { signal } = this.#options;
    const isTaken =
      complete && (await takeTnef(bytes, this.#message, part, this.#correlators, this.#diagnostics, signal));
    if (!isTaken)
      await this.#attachments.writeFile(part, resumed(bytes, body), this.#slots.has('html'), async () => {});
  }

  /** The part of a report for programs: the message becomes a report, and keeps the part as an attachment. */
  async #writeReport(kind: ReportPartKind, part: MimePart, body: PartBody): Promise<void> {
    await this.#writeWaiting(undefined);
    const { bytes, complete } = await collectPart(body.pieces(), REPORT_PART_BYTES_MAX);
    await this.#attachments.writeFile(part, resumed(bytes, body), this.#slots.has('html'), async () => {});
    if (this.#isReport || !complete) return;
    const sent = parseMailDate(this.#headers?.get('Date') ?? '');
    const report = readStatusPart(kind, bytes, { messageClass: this.#messageClass, sent });
    if (report === undefined) return;
    this.#isReport = true;
    const [sender] = parseAddresses(this.#headers?.get('To') ?? '');
    const about = sender === undefined ? [] : addressProps(ORIGINAL_SENDER, sender);
    await applyProps(this.#message, [...about, ...report.props], this.#diagnostics);
    if (report.recipients !== undefined) await this.#message.modifyRecipients('replace', report.recipients);
  }

  /** The headers of the message that a report is about. */
  async #writeReturned(part: MimePart, body: PartBody): Promise<void> {
    const { bytes, complete } = await collectPart(body.pieces(), REPORT_PART_BYTES_MAX);
    await this.#attachments.writeFile(part, resumed(bytes, body), this.#slots.has('html'), async () => {});
    if (complete) await applyProps(this.#message, originalHeaderProps(new MimeHeaders(bytes)), this.#diagnostics);
  }

  /** Each card of a part as an attached contact; what is no card stays a file. [MS-OXCMAIL] 2.2.3.4.4 */
  async #writeContacts(part: MimePart, body: PartBody): Promise<void> {
    const { bytes, complete } = await collectPart(body.pieces(), CARD_BYTES_MAX);
    const cards = complete ? ((await cardsOf(part, bytes)) ?? []) : [];
    if (cards.length === 0) {
      await this.#attachments.writeFile(part, resumed(bytes, body), this.#slots.has('html'), async () => {});
      return;
    }
    for (const card of cards) {
      await this.#attachments.writeMessage({ ...part, fileName: undefined }, async (inner) => {
        for (const { detail, loss } of await vCardToMapi(card, inner))
          this.#diagnostics.push({ code: 'damagedVCard', detail, path: part.path, ...(loss ? { loss } : {}) });
      });
    }
  }

  async #writeAttachment(part: MimePart, body: PartBody): Promise<void> {
    if (this.#options.contacts === true && isVCardPart(part)) return this.#writeContacts(part, body);
    const embedded = part.contentType === 'message/rfc822' || part.contentType === 'message/global';
    if (!embedded || part.disposition === 'form-data') {
      const readAgain = part.opaque && this.#slots.empty && part.parameters.has('boundary');
      await this.#attachments.writeFile(part, body, this.#slots.has('html'), async (bytes) => {
        if (readAgain) await this.#readBodies(bytes);
        else if (part.contentType === 'text/calendar' && !this.#hasCalendar) await this.#readCalendar(part, bytes);
      });
      return;
    }
    if (this.#depth >= (this.#options.embeddedDepthMax ?? EMBEDDED_DEPTH_MAX)) {
      const detail = `a message ${this.#depth + 1} deep is kept as a file`;
      this.#diagnostics.push({ code: 'embeddedTooDeep', detail, path: part.path });
      await this.#attachments.writeFile(part, body, false, async () => {});
      return;
    }
    await this.#attachments.writeMessage(part, async (inner) => {
      const own: OxcmailDiagnostic[] = [];
      const reader = new MessageReader(inner, this.#options, own, this.#depth + 1);
      await reader.read(body.pieces());
      if (this.#isReport && part.parent?.depth === 0 && reader.headers !== undefined) {
        await applyProps(this.#message, originalHeaderProps(reader.headers), this.#diagnostics);
      }
      for (const entry of own) this.#diagnostics.push({ ...entry, path: `${part.path}/${entry.path}` });
    });
  }

  /** Makes the message the meeting that its first calendar is about. */
  async #readCalendar(part: MimePart, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    this.#hasCalendar = true;
    const decoder = new BodyTextDecoder(part.charset ?? 'utf-8');
    let text = '';
    for await (const piece of bytes) {
      text += decoder.write(piece);
      if (text.length > CALENDAR_CHARS_MAX) break;
    }
    const { meeting, problems } = readCalendar(text + decoder.end(), part.parameters.get('method'));
    if (meeting !== undefined && (isInvitation(part) || part.parameters.has('method')))
      await writeMeeting(this.#message, meeting, this.#diagnostics);
    for (const detail of problems) this.#diagnostics.push({ code: 'calendarInPart', detail, path: part.path });
  }

  /** Reads what was kept whole once more, only for its text. */
  async #readBodies(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const events = parseMime(
      bytes,
      this.#readOptions((type) => type === 'multipart/encrypted'),
    );
    try {
      for (let step = await events.next(); step.done !== true; step = await events.next()) {
        if (step.value.kind !== 'start' || step.value.part.container) continue;
        const body = new PartBody(step.value.part, events, []);
        await this.#writeBody(step.value.part, body);
        await body.drain();
      }
    } finally {
      await events.return();
    }
  }
}

/** The last part of a report that does not bring the whole message back. RFC 6522 4 */
function isReturnedHeaders({ contentType, parent }: MimePart): boolean {
  return parent?.depth === 0 && /^(?:text\/rfc822-headers|message\/(?:rfc822|global)-headers)$/u.test(contentType);
}

/** A calendar among the bodies, or alone, is what the mail is about; one beside them is a file that somebody attached. */
function isInvitation({ parent, disposition }: MimePart): boolean {
  return disposition !== 'attachment' && (parent === undefined || parent.contentType === 'multipart/alternative');
}

/** Files stand in the text only where nothing says MIME, or where they are announced. */
function mayHoldFiles({ depth, transferEncoding, headers }: MimePart): boolean {
  if (depth > 0 || transferEncoding === 'base64' || transferEncoding === 'quoted-printable') return false;
  return headers.get('MIME-Version') === undefined || headers.get('X-MS-Attachment') !== undefined;
}

function messageClass(part: MimePart): string {
  if (part.contentType === 'multipart/signed') return 'IPM.Note.SMIME.MultipartSigned';
  return /^application\/(?:x-)?pkcs7-mime$/.test(part.contentType) ? 'IPM.Note.SMIME' : 'IPM.Note';
}

/** A body whose beginning was read. */
function resumed(bytes: Uint8Array, body: BodyPieces): BodyPieces {
  return {
    pieces: async function* () {
      yield bytes;
      yield* body.pieces();
    },
  };
}
