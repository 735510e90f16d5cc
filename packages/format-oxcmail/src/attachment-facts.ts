/** What the writer of MIME needs to know of each attachment before it reads any. */
import { MapiError } from '@nodemapi/base';
import { typeOfFileName } from '@nodemapi/format-mime';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  type IAttach,
  type IMessage,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_CONTENT_LOCATION,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_FILENAME,
  PR_ATTACH_FLAGS,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACH_NUM,
  PR_ATTACHMENT_HIDDEN,
  PR_DISPLAY_NAME,
  PR_TEXT_ATTACHMENT_CHARSET,
  propOf,
} from '@nodemapi/mapi';
import { ATT_MHTML_REF } from './attachment-writer.ts';

const ROWS_AT_A_TIME = 200;
const HEAD_BYTES = 4096;

export interface AttachmentFacts {
  readonly attachNum: number;
  readonly kind: 'file' | 'message' | 'entity';
  readonly name: string;
  /** In lower case, without parameters. */
  readonly contentType: string;
  readonly charset: string | undefined;
  readonly contentId: string | undefined;
  readonly contentLocation: string | undefined;
  /** Whether the HTML body refers to it. */
  readonly inline: boolean;
}

/** @throws MAPI_E_NO_SUPPORT for attachments by reference and OLE objects, which MIME cannot carry */
export async function readAttachmentFacts(message: IMessage): Promise<readonly AttachmentFacts[]> {
  const found: AttachmentFacts[] = [];
  for (const attachNum of await attachNumbers(message)) found.push(await factsOf(message, attachNum));
  return found;
}

async function attachNumbers(message: IMessage): Promise<readonly number[]> {
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

async function factsOf(message: IMessage, attachNum: number): Promise<AttachmentFacts> {
  await using attach = await message.openAttach(attachNum);
  const { values } = await attach.getProps([
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
  ]);
  const [method = ATTACH_BY_VALUE, longName, shortName, displayName, tag, charset, contentId, location, flags, hidden] =
    values;
  if (method !== ATTACH_BY_VALUE && method !== ATTACH_EMBEDDED_MSG) {
    throw new MapiError('MAPI_E_NO_SUPPORT', `attachment ${attachNum} has PR_ATTACH_METHOD ${method}`);
  }
  const name = longName || shortName || (method === ATTACH_EMBEDDED_MSG ? '' : displayName) || '';
  const given = (tag ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  const contentType = /^[\w!#$&*+.^~-]+\/[\w!#$&*+.^~-]+$/.test(given) ? given : typeOfFileName(name);
  const entity = method === ATTACH_BY_VALUE && contentType.startsWith('multipart/') && (await holdsEntity(attach));
  const referenced = ((flags ?? 0) & ATT_MHTML_REF) !== 0 || hidden === true;
  return {
    attachNum,
    kind: method === ATTACH_EMBEDDED_MSG ? 'message' : entity ? 'entity' : 'file',
    name,
    contentType: contentType.startsWith('multipart/') && !entity ? 'application/octet-stream' : contentType,
    charset: charset || undefined,
    contentId: contentId || undefined,
    contentLocation: location || undefined,
    inline: referenced && method === ATTACH_BY_VALUE && (contentId || location || '') !== '',
  };
}

/** Whether the data are a part with its own headers, as `mimeToMapi` keeps one, and not a file that is called so. */
async function holdsEntity(attach: IAttach): Promise<boolean> {
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  const head = Buffer.from(await stream.read(HEAD_BYTES)).toString('latin1');
  return /^content-type:/im.test(head) && /^content-[\w-]+:/i.test(head);
}
