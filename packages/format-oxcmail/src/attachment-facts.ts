/** What the writer of MIME needs to know of each attachment before it reads any. */
import { MapiError, type MapiErrorCode } from '@nodemapi/base';
import { EncodingChooser, LINE_BYTES_MAX, type TransferEncoding, typeOfFileName } from '@nodemapi/format-mime';
import { isPlainContact } from '@nodemapi/format-vcard';
import {
  ATT_MHTML_REF,
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  type IAttach,
  type IMessage,
  NO_ATTACHMENT,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_CONTENT_LOCATION,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_FILENAME,
  PR_ATTACH_FLAGS,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_LONG_PATHNAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACH_NUM,
  PR_ATTACH_PATHNAME,
  PR_ATTACHMENT_HIDDEN,
  PR_DISPLAY_NAME,
  PR_TEXT_ATTACHMENT_CHARSET,
  propOf,
} from '@nodemapi/mapi';
import { isMadeUpName } from './attachment-name.ts';
import { PR_ATTACH_DISPOSITION } from './attachment-writer.ts';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { EXTERNAL_BODY } from './external-body.ts';
import { type FtpPlace, scanFile } from './scan-file.ts';
import { streamChunks } from './stream-chunks.ts';
import { isWideCharset } from './text-tree.ts';

const ROWS_AT_A_TIME = 200;
const HEAD_BYTES = 4096;

export interface AttachmentFacts {
  readonly attachNum: number;
  readonly kind: 'file' | 'message' | 'contact' | 'entity';
  readonly name: string;
  /** In lower case, without parameters. */
  readonly contentType: string;
  readonly charset: string | undefined;
  readonly contentId: string | undefined;
  readonly contentLocation: string | undefined;
  /** Whether the HTML body refers to it. */
  readonly inline: boolean;
  /** Whether it is a text that is shown with the message. */
  readonly inlineText: boolean;
  /** How a text travels that people may read in the mail itself; base64 for any other file. */
  readonly encoding: TransferEncoding;
  /** The place on an FTP server that the file names. */
  readonly ftp?: FtpPlace;
}

/** How attachments are looked at. */
export interface FactsOptions {
  /** Without a body an inline text would be taken for one, so it is written as a file. */
  readonly hasBody: boolean;
  /** Files are read to tell text from other bytes, and places on FTP servers from files. */
  readonly scan?: boolean;
  /** Is told of what is left out or changed. */
  readonly tell?: TellOfAttachment | undefined;
  /** Attachments whose content cannot be had are left out and told; they are errors if omitted. */
  readonly leaveOut?: boolean;
}

/** Takes what is found about one attachment. */
export type TellOfAttachment = (
  attachNum: number,
  code: OxcmailDiagnostic['code'],
  detail: string,
  more?: { readonly loss?: true },
) => void;

/**
 * The attachments that MIME can carry. OLE objects are the files that hold them.
 *
 * @throws unless `leaveOut` is set, MAPI_E_NO_SUPPORT for an attachment that is elsewhere, MAPI_E_CORRUPT_DATA or
 *   MAPI_E_NOT_FOUND for a message that cannot be opened
 */
export async function readAttachmentFacts(
  message: IMessage,
  options: FactsOptions,
): Promise<readonly AttachmentFacts[]> {
  const found: AttachmentFacts[] = [];
  for (const attachNum of await attachNumbers(message)) {
    const facts = await factsOf(message, attachNum, options);
    if (facts !== undefined) found.push(facts);
  }
  return found;
}

/** The numbers of the attachments of a message, in the order of their table. */
export async function attachNumbers(message: IMessage): Promise<readonly number[]> {
  const numbers: number[] = [];
  await using table = await message.getAttachmentTable();
  await table.setColumns([PR_ATTACH_NUM]);
  for (;;) {
    const rows = await table.queryRows(ROWS_AT_A_TIME);
    if (rows.length === 0) return numbers;
    for (const row of rows) {
      const number = propOf(row, PR_ATTACH_NUM);
      if (number !== undefined) numbers.push(number);
    }
  }
}

const FACT_TAGS = [
  PR_ATTACH_METHOD,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_FILENAME,
  PR_DISPLAY_NAME,
  PR_ATTACH_MIME_TAG,
  PR_TEXT_ATTACHMENT_CHARSET,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_CONTENT_LOCATION,
  PR_ATTACH_FLAGS,
  PR_ATTACHMENT_HIDDEN,
  PR_ATTACH_DISPOSITION,
] as const;

async function factsOf(
  message: IMessage,
  attachNum: number,
  options: FactsOptions,
): Promise<AttachmentFacts | undefined> {
  const { hasBody, scan = false, tell } = options;
  await using attach = await message.openAttach(attachNum);
  const { values } = await attach.getProps(FACT_TAGS);
  const [method = ATTACH_BY_VALUE, longName, shortName, displayName, tag, charset, contentId, location, flags] = values;
  const [hidden, disposition] = [values[9], values[10]];
  const content = await contentOf(attach, attachNum, method, options);
  if (content === 'nothing') return undefined;
  const byValue = content === 'bytes';
  const isObject = byValue && method === ATTACH_OLE;
  const named = longName || shortName || (byValue ? displayName : '') || '';
  const given = isObject ? objectFileName(named) : named;
  const type = (tag ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  const contentType = isMediaType(type) ? type : typeOfFileName(given);
  const external = contentType === EXTERNAL_BODY;
  const mayBeEntity = contentType.startsWith('multipart/') || external;
  const entity = byValue && mayBeEntity && (await holdsEntity(attach));
  const inlineText = byValue && hasBody && disposition === 'inline' && contentType.startsWith('text/');
  const readable = byValue && (inlineText || isReportPart(contentType));
  const name = readable && isMadeUpName(given) ? '' : given;
  const referenced = ((flags ?? 0) & ATT_MHTML_REF) !== 0 || hidden === true;
  const looked = (scan || external) && byValue && !entity && !readable;
  const scanned = looked ? await scanFile(attach, { name, contentType, charset }) : {};
  if (isObject) tell?.(attachNum, 'objectAsFile', `the OLE object ${JSON.stringify(named)} is written as a file`);
  return {
    attachNum,
    kind: entity ? 'entity' : byValue ? 'file' : content,
    name: content === 'contact' ? name || displayName || '' : name,
    contentType: mayBeEntity && !entity ? 'application/octet-stream' : contentType,
    charset: charset || undefined,
    contentId: contentId || undefined,
    contentLocation: location || undefined,
    inlineText,
    encoding: readable ? await textEncoding(attach, charset, name !== '') : 'base64',
    inline: referenced && byValue && (contentId || location || '') !== '',
    ...scanned,
  };
}

function isMediaType(type: string): boolean {
  return /^[\w!#$&*+.^~-]+\/[\w!#$&*+.^~-]+$/.test(type);
}

/** The file that holds an object, for programs that know such files by their name. */
function objectFileName(name: string): string {
  return /\.\w{1,8}$/.test(name) ? name : `${name === '' ? 'object' : name}.ole`;
}

/** What of an attachment a mail carries. */
async function contentOf(
  attach: IAttach,
  attachNum: number,
  method: number,
  { tell, leaveOut = false }: FactsOptions,
): Promise<'bytes' | 'message' | 'contact' | 'nothing'> {
  try {
    if (method === ATTACH_EMBEDDED_MSG) return (await holdsContact(attach)) ? 'contact' : 'message';
    // where that must be so anyway, the bytes are looked for when their turn comes, once
    if ((!leaveOut && method === ATTACH_BY_VALUE) || (await hasBytes(attach))) return 'bytes';
    const what = `attachment ${attachNum} has PR_ATTACH_METHOD ${method} and no bytes${await placeOf(attach)}`;
    throw new MapiError('MAPI_E_NO_SUPPORT', what);
  } catch (error) {
    // one that was just created may be left out always: nothing was put into it that the mail could lack
    const mayLack = leaveOut || method === NO_ATTACHMENT;
    if (!mayLack || !MapiError.is(error) || !NOT_THERE.has(error.code)) throw error;
    tell?.(attachNum, 'attachmentLeftOut', error.detail);
    return 'nothing';
  }
}

/** Why the content of an attachment cannot be had; anything else is about the store or the session. */
const NOT_THERE: ReadonlySet<MapiErrorCode> = new Set([
  'MAPI_E_CORRUPT_DATA',
  'MAPI_E_INTERFACE_NOT_SUPPORTED',
  'MAPI_E_NOT_FOUND',
  'MAPI_E_NO_SUPPORT',
]);

async function hasBytes(attach: IAttach): Promise<boolean> {
  try {
    await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
    return stream.iid === 'IStream';
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return false;
    throw error;
  }
}

/** Where an attachment is that is not in the message. */
async function placeOf(attach: IAttach): Promise<string> {
  const [long, short] = (await attach.getProps([PR_ATTACH_LONG_PATHNAME, PR_ATTACH_PATHNAME])).values;
  const place = long || short || '';
  return place === '' ? '' : `; it is at ${place}`;
}

/** Whether the data are a part with its own headers, as `mimeToMapi` keeps one, and not a file that is called so. */
async function holdsEntity(attach: IAttach): Promise<boolean> {
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  const head = Buffer.from(await stream.read(HEAD_BYTES)).toString('latin1');
  return /^content-type:/im.test(head) && /^content-[\w-]+:/i.test(head);
}

/** Whether the attached message is a contact that a vCard can hold. */
async function holdsContact(attach: IAttach): Promise<boolean> {
  await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
  return await isPlainContact(inner);
}

/** The parts of a report: they name what a mail system did, and readers look for their type. RFC 3462, RFC 3464, RFC 8098 */
export function isReportPart(contentType: string): boolean {
  return /^message\/(?!rfc822$|global$|external-body$)|^text\/rfc822-headers$/.test(contentType);
}

/** As a body travels; a named file whose line ends would change is not read as text. */
async function textEncoding(attach: IAttach, charset: string | undefined, named: boolean): Promise<TransferEncoding> {
  if (isWideCharset(charset ?? '')) return 'base64';
  const chooser = new EncodingChooser();
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  for await (const bytes of streamChunks(stream)) chooser.write(bytes);
  return named && chooser.bareLf ? 'base64' : chooser.choose(LINE_BYTES_MAX);
}
