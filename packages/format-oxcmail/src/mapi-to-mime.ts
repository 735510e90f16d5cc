/**
 * Writes a message as MIME, in constant memory and by the contract alone. [MS-OXCMAIL]
 *
 * - The structure follows from what is there: text or HTML alone; both as multipart/alternative; HTML with inline
 *   attachments as multipart/related; other attachments around it as multipart/mixed.
 * - What was kept byte for byte is written byte for byte; a message that is nothing else is that entity.
 * - A report of either kind is a multipart/report, with the text that its properties make. RFC 3462
 * - With `tnef` a winmail.dat goes along, which has what MIME has no place for.
 * - A contact goes along as its vCard, an attached one is that and nothing else.
 * - No Bcc header. Nothing but kept entities is ever 8bit.
 * - What the mail lacks of the message is told (`onDiagnostic`).
 */
import {
  codePageToCharset,
  decodeCodePage,
  type FileTime,
  MapiError,
  type Random,
  systemRandom,
  toHex,
} from '@nodemapi/base';
import {
  foldedHeader,
  guessCharset,
  type MimeTree,
  parameterHeader,
  parseParameters,
  writeMime,
} from '@nodemapi/format-mime';
import { encapsulateHtml } from '@nodemapi/format-rtf';
import { isContactClass } from '@nodemapi/format-vcard';
import {
  type IMessage,
  PR_HTML,
  PR_INTERNET_CPID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  type TnefProblem,
} from '@nodemapi/mapi';
import { type AttachmentFacts, isReportPart, readAttachmentFacts, type TellOfAttachment } from './attachment-facts.ts';
import { attachmentBytes, attachmentTree, calendarMethod } from './attachment-tree.ts';
import { calendarOf, isWrittenMeeting } from './calendar-writer.ts';
import type { Tell, TellOfMessage } from './diagnostic.ts';
import { type HeaderFormOptions, headerLines, type MessageHeaderLines } from './header-lines.ts';
import { tellLeftOut } from './left-out.ts';
import { tellAttachment } from './left-out-attachment.ts';
import { CONVERTED_BODY_BYTES_MAX, textOfHtml, textSource } from './message-text.ts';
import { type PropSource, propSource, readSource } from './prop-source.ts';
import { type ReportMail, readReportMail } from './report-mail.ts';
import { type TextForm, textTree } from './text-tree.ts';
import { tnefTree } from './tnef-tree.ts';
import { ownVCardTree } from './vcard-part.ts';
import { readWrittenBody } from './written-body.ts';

/** What of the form of a mail can be chosen; the outermost message alone has it. spec: iconvertersession-mapitomimestm */
export interface MimeForm extends HeaderFormOptions {
  /** CCSF_NOHEADERS: only the headers that say what the content is. */
  readonly noHeaders?: boolean;
  /** CCSF_PLAIN_TEXT_ONLY: the text alone, without HTML and attachments. */
  readonly plainTextOnly?: boolean;
  /** CCSF_USE_RTF: HTML travels as RTF. */
  readonly useRtf?: boolean;
  /** How the text and the HTML travel and are written. */
  readonly text?: TextForm;
  /** Files travel as text where they are that; what names a place on an FTP server names it in MIME. */
  readonly scanAttachments?: boolean;
}

export interface MapiToMimeOptions {
  /** Blind recipients are never written; the option says so where the call is made. CCSF_INCLUDE_BCC clear */
  readonly envelopeBcc?: false;
  /** What a caller of IConverterSession may choose. */
  readonly form?: MimeForm;
  /** Message-ID with its angle brackets, for a message without PR_INTERNET_MESSAGE_ID. */
  readonly messageId?: string;
  /** Date of a message without PR_CLIENT_SUBMIT_TIME. */
  readonly date?: FileTime;
  /** Writes X-Unsent for a message that has not been sent, for .eml files. */
  readonly unsent?: boolean;
  /** Writes what the journey of a received message added, such as Received: for files, not to be sent. */
  readonly journey?: boolean;
  /**
   * Adds the properties that MIME has no place for as a winmail.dat: for recipients whose PR_SEND_RICH_INFO asks for it.
   * The function is told of each property that cannot be read and stays out. Reports and signed mail stay as they are.
   */
  readonly tnef?: (problem: TnefProblem) => void;
  /** Makes boundaries. */
  readonly random?: Random;
  /** Is told, while the mail is written, what it lacks of the message. */
  readonly onDiagnostic?: Tell | undefined;
  /** Tells of single properties, headers and recipients, too, which are read for it: for files. */
  readonly everyProperty?: boolean;
  /** Attachments and bodies that cannot be had are left out and told; they are errors if omitted. */
  readonly leaveOut?: boolean;
}

/** Messages in each other that are written. */
export const WRITE_DEPTH_MAX = 50;

const BOUNDARY_BYTES = 16;
const PKCS7 = /^application\/(?:x-)?pkcs7-mime$/;

/**
 * The message as MIME, read while it is written: the message must stay open and unchanged until the end.
 *
 * @throws MAPI_E_TOO_COMPLEX past WRITE_DEPTH_MAX; what the message throws; without `leaveOut` also MAPI_E_NO_SUPPORT for
 *   attachments that MIME cannot carry, and MAPI_E_CORRUPT_DATA for a body that is RTF only and cannot be read
 */
export async function* mapiToMime(
  message: IMessage,
  options: MapiToMimeOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* writeMime(await new MessageWriter(message, options, []).tree());
}

/** Builds the tree of one message, the whole or an embedded one. */
class MessageWriter {
  readonly #message: IMessage;
  readonly #options: MapiToMimeOptions;
  /** The attachments that this message lies in, from the outermost message down. */
  readonly #place: readonly number[];
  /** Whether messages in this one keep their X-Unsent; the original in a report has been sent, whatever its flags. */
  #embeddedUnsent = true;

  constructor(message: IMessage, options: MapiToMimeOptions, place: readonly number[]) {
    if (place.length > WRITE_DEPTH_MAX)
      throw new MapiError('MAPI_E_TOO_COMPLEX', `messages are embedded ${place.length} deep`);
    this.#message = message;
    this.#options = options;
    this.#place = place;
  }

  async tree(): Promise<MimeTree> {
    const report = await readReportMail(this.#message);
    this.#embeddedUnsent = report === undefined;
    const headers = await this.#headers(report);
    const { leaveOut = false } = this.#options;
    const { text, html } = await readWrittenBody(this.#message, report?.text, this.#teller(), leaveOut);
    const hasBody = text !== undefined || html !== undefined;
    if (this.#form.plainTextOnly === true) return this.#plainText(text, html, headers);
    const scan = this.#form.scanAttachments === true;
    const tell = this.#attachmentTeller();
    const attachments = await readAttachmentFacts(this.#message, { hasBody, scan, tell, leaveOut });
    await this.#tellRest(headers, attachments, report);
    const whole = await this.#wholeMessage(headers, attachments, hasBody);
    if (whole !== undefined) return whole;
    const inline = html === undefined ? [] : attachments.filter((facts) => facts.inline);
    const others = attachments.filter((facts) => !inline.includes(facts));
    const calendar = await this.#calendar(others);
    const rest = others.filter((facts) => facts !== calendar?.facts);
    const bodies = await this.#bodies(text, html, inline, rest.length === 0);
    if (calendar !== undefined) bodies.push(this.#attachment(calendar.facts, [['method', calendar.method]]));
    else if (!others.some(({ contentType }) => contentType === 'text/calendar'))
      bodies.push(...(await this.#meeting()));
    const main = bodies.length > 1 ? this.#multipart('alternative', bodies) : bodies[0];
    const status = await statusTrees(report, rest);
    const rich = report === undefined ? await this.#rich() : undefined;
    if (rich !== undefined) status.push(rich.tree);
    else if (await this.#isContact()) status.push(await ownVCardTree(this.#message, this.#teller()));
    const lines = [...headers.lines, ...(rich?.lines ?? [])];
    if (rest.length + status.length === 0) {
      return withHeaders(main ?? (await textTree(nothing, 'plain', 'us-ascii')), lines);
    }
    const parts = [...(main === undefined ? [] : [main]), ...status, ...rest.map((facts) => this.#attachment(facts))];
    const kept =
      report === undefined ? keptReport(headers.contentType, rest) : ([['report-type', report.reportType]] as const);
    const multipart = main === undefined ? undefined : kept;
    return withHeaders(this.#multipart(multipart ? 'report' : 'mixed', parts, multipart), lines);
  }

  /** Takes what is found about this message; undefined if nobody is told. */
  #teller(): TellOfMessage | undefined {
    const { onDiagnostic } = this.#options;
    return (
      onDiagnostic && ((code, detail, more) => onDiagnostic({ code, detail, path: this.#place.join('/'), ...more }))
    );
  }

  #attachmentTeller(): TellOfAttachment | undefined {
    const { onDiagnostic } = this.#options;
    const pathOf = (attachNum: number): string => [...this.#place, attachNum].join('/');
    return (
      onDiagnostic &&
      ((attachNum, code, detail, more) => onDiagnostic({ code, detail, path: pathOf(attachNum), ...more }))
    );
  }

  /** Tells of what has no part of its own in the mail. */
  async #tellRest(
    { lines }: MessageHeaderLines,
    attachments: readonly AttachmentFacts[],
    report: ReportMail | undefined,
  ): Promise<void> {
    const [tell, tellOf] = [this.#teller(), this.#attachmentTeller()];
    if (this.#options.everyProperty !== true || tell === undefined || tellOf === undefined) return;
    const isMeeting = await isWrittenMeeting(this.#message);
    const hasTnef = this.#options.tnef !== undefined && this.#place.length === 0 && report === undefined;
    await tellLeftOut(
      this.#message,
      {
        lines,
        includesBcc: this.#form.includeBcc === true,
        isReport: report !== undefined,
        hasOwnPart: hasTnef || (await this.#isContact()),
        hasCalendar: isMeeting || attachments.some(({ contentType }) => contentType === 'text/calendar'),
      },
      tell,
    );
    for (const facts of attachments) {
      const { attachNum } = facts;
      await tellAttachment(this.#message, facts, (code, detail) => tellOf(attachNum, code, detail));
    }
  }

  get #form(): MimeForm {
    return this.#place.length === 0 ? (this.#options.form ?? {}) : {};
  }

  async #headers(report: ReportMail | undefined): Promise<MessageHeaderLines> {
    const headers = await headerLines(this.#message, { ...this.#options, ...this.#form }, report);
    const isKept = (line: string): boolean => /^MIME-Version:/i.test(line);
    return this.#form.noHeaders === true ? { ...headers, lines: headers.lines.filter(isKept) } : headers;
  }

  async #plainText(
    text: PropSource | undefined,
    html: PropSource | undefined,
    headers: MessageHeaderLines,
  ): Promise<MimeTree> {
    const derived = html === undefined ? nothing : textSource(await textOfHtml(html, await this.#htmlCharset(html)));
    return withHeaders(await textTree(text ?? derived, 'plain', undefined, await this.#textForm()), headers.lines);
  }

  /** The charset of a plain text is the one of ISO 8859 that the message names, where that has all of its characters. */
  async #textForm(): Promise<TextForm> {
    const { text = {} } = this.#form;
    if (text.charset !== undefined) return text;
    const codePage = (await this.#message.getProps([PR_INTERNET_CPID])).values[0] ?? 0;
    return isIso8859(codePage) ? { ...text, charset: codePageToCharset(codePage) } : text;
  }

  /** Text, HTML with what belongs to it, in the order of RFC 2046: the plainest first. */
  async #bodies(
    text: PropSource | undefined,
    html: PropSource | undefined,
    inline: readonly AttachmentFacts[],
    alone: boolean,
  ): Promise<MimeTree[]> {
    const bodies: MimeTree[] = [];
    const { useRtf, text: form } = this.#form;
    if (text !== undefined) bodies.push(await textTree(text, 'plain', undefined, await this.#textForm()));
    if (html !== undefined) {
      const charset = await this.#htmlCharset(html);
      const leaf = useRtf === true ? await rtfTree(html, charset) : await textTree(html, 'html', charset, form);
      const parts = [leaf, ...inline.map((facts) => this.#attachment(facts))];
      bodies.push(inline.length === 0 ? leaf : this.#multipart('related', parts, [['type', 'text/html']]));
    }
    if (bodies.length === 0 && alone) bodies.push(await textTree(nothing, 'plain', 'us-ascii'));
    return bodies;
  }

  /** What is one kept entity, or one S/MIME body, and nothing else. */
  async #wholeMessage(
    headers: MessageHeaderLines,
    attachments: readonly AttachmentFacts[],
    hasBody: boolean,
  ): Promise<MimeTree | undefined> {
    const [only, second] = attachments;
    if (only === undefined || second !== undefined) return undefined;
    const secured = /^IPM\.Note\.SMIME/i.test((await this.#message.getProps([PR_MESSAGE_CLASS])).values[0] ?? '');
    if (only.kind === 'entity' && (secured || !hasBody)) {
      return withHeaders(this.#attachment(only), headers.lines);
    }
    if (!secured || !PKCS7.test(only.contentType)) return undefined;
    const kept = parseParameters(headers.contentType ?? '');
    const parameters = kept.value === only.contentType ? kept.parameters : new Map([['name', 'smime.p7m']]);
    const own = [
      ...headers.lines,
      parameterHeader('Content-Type', only.contentType, parameters),
      parameterHeader('Content-Disposition', 'attachment', [['filename', only.name || 'smime.p7m']]),
    ];
    const body = attachmentBytes(this.#message, only.attachNum);
    return { kind: 'leaf', headers: own, encoding: 'base64', body };
  }

  /** The winmail.dat, and the header that it belongs to. Messages in this one go without. */
  async #rich(): Promise<{ readonly tree: MimeTree; readonly lines: readonly string[] } | undefined> {
    const { tnef, messageId: given, random = systemRandom } = this.#options;
    if (tnef === undefined || this.#place.length > 0) return undefined;
    const messageId = (await this.#message.getProps([PR_INTERNET_MESSAGE_ID])).values[0] ?? given;
    const lines = messageId === undefined ? [] : [foldedHeader('X-MS-TNEF-Correlator', messageId)];
    return { tree: await tnefTree(this.#message, messageId, random, tnef), lines };
  }

  /** What makes a contact one has no place in a mail but its vCard. */
  async #isContact(): Promise<boolean> {
    return isContactClass((await this.#message.getProps([PR_MESSAGE_CLASS])).values[0] ?? '');
  }

  #attachment(facts: AttachmentFacts, parameters: readonly (readonly [string, string])[] = []): MimeTree {
    const { messageId: _, tnef: __, ...options } = this.#options;
    const unsent = this.#embeddedUnsent;
    const place = [...this.#place, facts.attachNum];
    const write = async function* (inner: IMessage): AsyncIterable<Uint8Array> {
      yield* writeMime(await new MessageWriter(inner, { ...options, unsent }, place).tree());
    };
    return attachmentTree(this.#message, facts, parameters, write, this.#attachmentTeller());
  }

  /** The first attachment that is a calendar message: it travels as a form of the body. */
  async #calendar(
    attachments: readonly AttachmentFacts[],
  ): Promise<{ readonly facts: AttachmentFacts; readonly method: string } | undefined> {
    const facts = attachments.find(({ contentType }) => contentType === 'text/calendar');
    const method = facts === undefined ? undefined : await calendarMethod(this.#message, facts.attachNum);
    return facts === undefined || method === undefined ? undefined : { facts, method };
  }

  /** The calendar of a meeting that brings none of its own. */
  async #meeting(): Promise<readonly MimeTree[]> {
    const calendar = await calendarOf(this.#message, this.#teller());
    if (calendar === undefined) return [];
    const type = [
      ['method', calendar.method],
      ['charset', 'utf-8'],
    ] as const;
    const headers = [parameterHeader('Content-Type', 'text/calendar', type)];
    return [{ kind: 'leaf', headers, encoding: 'base64', body: textSource(calendar.text)() }];
  }

  async #htmlCharset(html: PropSource): Promise<string> {
    const isDerived = (await propSource(this.#message, PR_HTML)) === undefined;
    const codePage = (await this.#message.getProps([PR_INTERNET_CPID])).values[0];
    const charset = codePage === undefined || isDerived ? undefined : codePageToCharset(codePage);
    if (charset !== undefined && charset !== 'us-ascii') return charset;
    if (!isDerived) for await (const head of html()) return guessCharset(head, true);
    return 'utf-8';
  }

  #multipart(
    subtype: string,
    parts: readonly MimeTree[],
    parameters: readonly (readonly [string, string])[] = [],
  ): MimeTree {
    const random = (this.#options.random ?? systemRandom).bytes(BOUNDARY_BYTES);
    // `=_` stands in no quoted-printable and no base64 body
    return { kind: 'multipart', headers: [], subtype, parameters, boundary: `=_${toHex(random)}`, parts };
  }
}

/** The parameters of the multipart/report that the message was read from, if its report is still there. */
function keptReport(
  contentType: string | undefined,
  attachments: readonly AttachmentFacts[],
): readonly (readonly [string, string])[] | undefined {
  const { value, parameters } = parseParameters(contentType ?? '');
  const holdsReport = attachments.some(
    ({ kind, contentType }) => kind === 'file' && contentType.startsWith('message/') && isReportPart(contentType),
  );
  if (value !== 'multipart/report' || !holdsReport) return undefined;
  const type = parameters.get('report-type');
  return type === undefined ? [] : [['report-type', type]];
}

/** Code pages of ISO 8859-1 to -16. */
function isIso8859(codePage: number): boolean {
  return codePage >= 28_591 && codePage <= 28_606;
}

/** HTML as RTF that holds it. */
async function rtfTree(html: PropSource, charset: string): Promise<MimeTree> {
  const rtf = encapsulateHtml(decodeCodePage(await readSource(html, CONVERTED_BODY_BYTES_MAX), charset).text);
  return textTree(
    async function* () {
      yield rtf;
    },
    'rtf',
    undefined,
  );
}

/** The part for programs, unless the report brings the one that it was read from. RFC 3462 */
async function statusTrees(
  report: ReportMail | undefined,
  attachments: readonly AttachmentFacts[],
): Promise<MimeTree[]> {
  if (report === undefined) return [];
  const type = `message/${report.reportType}`;
  if (attachments.some(({ contentType }) => contentType === type)) return [];
  const headers = [parameterHeader('Content-Type', type, [])];
  return [{ kind: 'leaf', headers, encoding: '7bit', body: textSource(report.status)() }];
}

async function* nothing(): AsyncIterable<Uint8Array> {}

function withHeaders(tree: MimeTree, lines: readonly string[]): MimeTree {
  return { ...tree, headers: [...lines, ...tree.headers] };
}
