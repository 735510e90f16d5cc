/**
 * Writes a message of MAPI as a .msg file. [MS-OXMSG]
 *
 * - Small values are read when the file is planned; large ones, such as attachments, as streams when it is their turn,
 *   so memory does not grow with them.
 * - What cannot be written is named in `problems`; nothing is left out silently but what names the place in a store
 *   (PR_ENTRYID and the like).
 */
import { type AsyncStack, ByteWriter, concatBytes, MapiError } from '@nodemapi/base';
import {
  type CompoundOutput,
  type CompoundWriteOptions,
  openCompoundFile,
  type StorageSource,
  streamOf,
  writeCompoundFile,
} from '@nodemapi/format-cfb';
import {
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  type IAttach,
  type IMAPITable,
  type IMessage,
  isPropError,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_MESSAGE_CODEPAGE,
  PR_ROWID,
  PR_STORE_SUPPORT_MASK,
  type PropTag,
  type PropValue,
  prop,
  propId,
  propOf,
  type Row,
  STORE_ATTACH_OK,
  STORE_CREATE_OK,
  STORE_HTML_OK,
  STORE_MODIFY_OK,
  STORE_MV_PROPS_OK,
  STORE_OLE_OK,
  STORE_RTF_OK,
  STORE_UNICODE_OK,
} from '@nodemapi/mapi';
import { docfileSource } from './docfile.ts';
import { ATTACHMENT, hex8, MSG_CLSID, PROPERTY_STREAM, RECIPIENT, valueName } from './element-names.ts';
import { isOfRecipient } from './file-values.ts';
import { nestingDepthMax } from './msg-reader.ts';
import { NameWriter } from './names.ts';
import {
  attempt,
  type MsgWriteProblem,
  type Opener,
  reopeningAccess,
  type WriteContext,
  writeProps,
  writeRow,
} from './object-source.ts';
import { EMBEDDED_HEADER, OTHER_HEADER_BYTES, TOP_HEADER } from './property-stream.ts';
import { objectEntry, type WrittenValue, writeValue } from './value-writer.ts';

/** How a .msg file is written. */
export interface MsgWriteOptions extends CompoundWriteOptions {
  /** Writes 8-bit strings in this Windows code page, as programs before Unicode read them; UTF-16 if omitted. */
  readonly ansiCodePage?: number;
}

/** A .msg file that was planned: its size, and its bytes when they are read. */
export interface MsgOutput extends CompoundOutput {
  readonly problems: readonly MsgWriteProblem[];
}

/** What the strings and values of a file are said to be. [MS-OXMSG] 2.1.1.1 */
const SUPPORT_MASK =
  STORE_ATTACH_OK | STORE_CREATE_OK | STORE_HTML_OK | STORE_MODIFY_OK | STORE_MV_PROPS_OK | STORE_OLE_OK | STORE_RTF_OK;

/** What the second half of an object's entry says. [MS-OXMSG] 2.4.2.2 */
const KIND_MESSAGE = 1;
const KIND_STORAGE = 4;

/** Plans a .msg file; the message must stay open until `chunks` have been read. @throws MAPI_E_TOO_BIG */
export async function messageToMsg(message: IMessage, options: MsgWriteOptions = {}): Promise<MsgOutput> {
  const { ansiCodePage, ...compound } = options;
  const form = ansiCodePage === undefined ? 'unicode' : { codePage: ansiCodePage };
  const context: WriteContext = { names: new NameWriter(), form, problems: [] };
  const planned = await planMessage(message, async () => message, context, { path: '', depth: 0 });
  const root = { ...planned, entries: [...planned.entries, context.names.storage()] };
  return { ...writeCompoundFile(root, compound), problems: context.problems };
}

interface Place {
  /** Begins the text of problems. */
  readonly path: string;
  readonly depth: number;
}

async function planMessage(
  message: IMessage,
  open: Opener<IMessage>,
  context: WriteContext,
  place: Place,
): Promise<StorageSource> {
  const values = [...(await writeProps(message, open, context, place.path)), ...formValues(context)];
  const recipients = await planRecipients(message, context, place);
  const attachments = await planAttachments(message, open, context, place);
  const counts = {
    reserved: new Uint8Array(8),
    nextRecipientId: recipients.length,
    nextAttachmentId: attachments.length,
    recipientCount: recipients.length,
    attachmentCount: attachments.length,
  };
  const isTop = place.depth === 0;
  const header = isTop
    ? TOP_HEADER.encode({ ...counts, reserved2: new Uint8Array(8) })
    : EMBEDDED_HEADER.encode(counts);
  const name = isTop ? '' : valueName(PR_ATTACH_DATA_OBJ);
  return storageOf(name, header, lastOfEach(values), [...recipients, ...attachments], MSG_CLSID);
}

/** What tells how text is written. */
function formValues({ form }: WriteContext): readonly WrittenValue[] {
  const mask = form === 'unicode' ? SUPPORT_MASK | STORE_UNICODE_OK : SUPPORT_MASK;
  const values: WrittenValue[] = [writeValue(PR_STORE_SUPPORT_MASK, mask, form)];
  if (form !== 'unicode') values.push(writeValue(PR_MESSAGE_CODEPAGE, form.codePage, form));
  return values;
}

/** Of two values of one property the later one. */
function lastOfEach(values: readonly WrittenValue[]): readonly WrittenValue[] {
  const byTag = new Map(values.map((value) => [tagOfEntry(value.entry), value]));
  return [...byTag.values()];
}

function tagOfEntry(entry: Uint8Array): number {
  return new DataView(entry.buffer, entry.byteOffset).getUint32(0, true);
}

function storageOf(
  name: string,
  header: Uint8Array,
  values: readonly WrittenValue[],
  inner: StorageSource['entries'],
  clsid?: string,
): StorageSource {
  const stream = concatBytes([header, ...values.map(({ entry }) => entry)]);
  const entries = [streamOf(PROPERTY_STREAM, stream), ...values.flatMap(({ streams }) => streams), ...inner];
  return { kind: 'storage', name, entries, ...(clsid === undefined ? {} : { clsid }) };
}

const OTHER_HEADER = new ByteWriter().zeros(OTHER_HEADER_BYTES).toBytes();

async function planRecipients(
  message: IMessage,
  context: WriteContext,
  place: Place,
): Promise<readonly StorageSource[]> {
  await using table = await message.getRecipientTable();
  const rows = await allRows(table, await table.queryColumns({ all: true }));
  const planned: StorageSource[] = [];
  for (const [index, row] of rows.entries()) {
    const own = row.filter(({ tag }) => isOfRecipient(tag) && propId(tag) !== propId(PR_ROWID));
    const path = `${place.path}recipient ${index}: `;
    const values = await writeRow([...own, prop(PR_ROWID, index)], message, context, path);
    planned.push(storageOf(RECIPIENT + hex8(index), OTHER_HEADER, values, []));
  }
  return planned;
}

/** Rows read at a time. */
const rowsPerCall = 500;

async function allRows(table: IMAPITable, tags: readonly PropTag[]): Promise<readonly Row[]> {
  if (tags.length === 0) return [];
  await table.setColumns(tags);
  const rows: PropValue[][] = [];
  for (;;) {
    const part = await table.queryRows(rowsPerCall);
    if (part.length === 0) return rows;
    for (const row of part) rows.push(row.filter((value) => !isPropError(value)));
  }
}

async function planAttachments(
  message: IMessage,
  open: Opener<IMessage>,
  context: WriteContext,
  place: Place,
): Promise<readonly StorageSource[]> {
  await using table = await message.getAttachmentTable();
  const rows = await allRows(table, [PR_ATTACH_NUM]);
  const planned: StorageSource[] = [];
  for (const row of rows) {
    const number = propOf(row, PR_ATTACH_NUM);
    if (number === undefined) continue;
    await attempt(context, `${place.path}attachment ${number}`, async () => {
      const again = async (owned: AsyncStack): Promise<IAttach> =>
        owned.use(await (await open(owned)).openAttach(number));
      await using attach = await message.openAttach(number);
      planned.push(
        await planAttachment(attach, again, planned.length, context, {
          ...place,
          path: `${place.path}attachment ${number}: `,
        }),
      );
    });
  }
  return planned;
}

async function planAttachment(
  attach: IAttach,
  open: Opener<IAttach>,
  index: number,
  context: WriteContext,
  place: Place,
): Promise<StorageSource> {
  const values = [...(await writeProps(attach, open, context, place.path))];
  values.push(writeValue(PR_ATTACH_NUM, index, context.form));
  const { values: found } = await attach.getProps([PR_ATTACH_METHOD]);
  const inner: StorageSource[] = [];
  if (found[0] === ATTACH_EMBEDDED_MSG) {
    await attempt(context, `${place.path}the message within`, async () => {
      if (place.depth >= nestingDepthMax) {
        throw new MapiError('MAPI_E_TOO_COMPLEX', `messages nest deeper than ${nestingDepthMax}`);
      }
      const again = async (owned: AsyncStack): Promise<IMessage> =>
        owned.use(await (await open(owned)).openProperty(PR_ATTACH_DATA_OBJ, 'IMessage'));
      await using embedded = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
      inner.push(await planMessage(embedded, again, context, { path: place.path, depth: place.depth + 1 }));
      values.push({ entry: objectEntry(PR_ATTACH_DATA_OBJ, KIND_MESSAGE), streams: [] });
    });
  }
  if (found[0] === ATTACH_OLE) {
    const docfile = await planDocfile(attach, open);
    if (docfile !== undefined) {
      const rest = values.filter(({ entry }) => tagOfEntry(entry) !== PR_ATTACH_DATA_BIN);
      rest.push({ entry: objectEntry(PR_ATTACH_DATA_OBJ, KIND_STORAGE), streams: [] });
      return storageOf(ATTACHMENT + hex8(index), OTHER_HEADER, lastOfEach(rest), [docfile]);
    }
  }
  return storageOf(ATTACHMENT + hex8(index), OTHER_HEADER, lastOfEach(values), inner);
}

/** The storage in an OLE attachment; undefined if its data is none, which is then written as it is. */
async function planDocfile(attach: IAttach, open: Opener<IAttach>): Promise<StorageSource | undefined> {
  try {
    await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
    const { size } = await stream.stat();
    const file = await openCompoundFile(reopeningAccess(open, PR_ATTACH_DATA_BIN, size));
    return docfileSource(file, valueName(PR_ATTACH_DATA_OBJ));
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) return undefined;
    if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
    if (!(await attach.getPropList()).includes(PR_ATTACH_DATA_OBJ)) return undefined;
    throw new MapiError('MAPI_E_NO_SUPPORT', 'an OLE object whose bytes cannot be had', { cause: error });
  }
}
