/** Writes messages with their recipients and attachments, and attached messages within. [MS-PST] 2.4.5, 2.4.6 */

import { MapiError } from '@nodemapi/base';
import {
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_SIZE,
  PR_MESSAGE_SIZE,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  tagFromNumber,
} from '@nodemapi/mapi';
import type { FileWriter } from './file-writer.ts';
import { heapItemBytesMax } from './heap-writer.ts';
import { embeddedDepthMax } from './limits.ts';
import { NID_TYPES, NIDS } from './node.ts';
import { DataWriter } from './node-writer.ts';
import { cellOf, ObjectWriter, type WrittenObject } from './object-writer.ts';
import { StoredTable } from './stored-table.ts';
import { joinSubject } from './subject.ts';
import { ATTACHMENT_COLUMNS, RECIPIENT_COLUMNS } from './table-columns.ts';
import type { Cell } from './table-writer.ts';
import type { AttachmentToWrite, LostInWriting, MessageToWrite } from './to-write.ts';

/** PR_MESSAGE_SIZE and such hold no more. */
const longMax = 2 ** 31 - 1;
/** PR_MESSAGE_SIZE counts itself. */
const sizeBytes = 4;

/** Writes a message and all within it. @throws MAPI_E_TOO_COMPLEX for messages that nest too deep */
export async function writeMessage(
  file: FileWriter,
  message: MessageToWrite,
  lost: LostInWriting,
  depth = 0,
): Promise<WrittenObject> {
  if (depth > embeddedDepthMax)
    throw new MapiError('MAPI_E_TOO_COMPLEX', `messages nest deeper than ${embeddedDepthMax}`);
  const writer = new ObjectWriter(file, lost);
  await writer.addAll(storedValues(message.values), message.streams);
  if (message.recipients.length > 0) writeRecipients(writer, message.recipients, lost);
  await writeAttachments(writer, message, lost, depth);
  if (propOf(message.values, PR_MESSAGE_SIZE) === undefined)
    await writer.addValue(prop(PR_MESSAGE_SIZE, Math.min(longMax, writer.size + sizeBytes)));
  return writer.finish();
}

/** As files keep them: the subject with the mark of its prefix. */
export function storedValues(values: readonly PropValue[]): readonly PropValue[] {
  const prefix = propOf(values, PR_SUBJECT_PREFIX) ?? '';
  if (prefix === '') return values;
  return values.map((each) =>
    each.tag === PR_SUBJECT ? prop(PR_SUBJECT, joinSubject(String(each.value), prefix)) : each,
  );
}

function writeRecipients(writer: ObjectWriter, rows: MessageToWrite['recipients'], lost: LostInWriting): void {
  const cells = rows.map((row) => cellsOf(row, lost));
  const columns = new Set<number>([...RECIPIENT_COLUMNS, ...cells.flat().map(({ tag }) => tag)]);
  const table = new StoredTable(writer.file, [...columns].map(tagFromNumber));
  for (const [index, row] of cells.entries()) table.addRow(index, row);
  writer.addSubnode({ nid: NIDS.recipientTable, ...table.finish() }, 0);
}

/** The cells of a row; values that are too large for a table are lost. */
function cellsOf(values: readonly PropValue[], lost: LostInWriting): Cell[] {
  return values.flatMap((value) => {
    const cell = cellOf(value, lost);
    if (cell === undefined) return [];
    if (cell.bytes.length <= heapItemBytesMax) return [cell];
    lost(value.tag, new MapiError('MAPI_E_TOO_BIG', `${cell.bytes.length} bytes in a row of a table`));
    return [];
  });
}

async function writeAttachments(
  writer: ObjectWriter,
  message: MessageToWrite,
  lost: LostInWriting,
  depth: number,
): Promise<void> {
  let table: StoredTable | undefined;
  for await (const attachment of message.attachments()) {
    table ??= new StoredTable(writer.file, ATTACHMENT_COLUMNS);
    const nid = writer.newNid(NID_TYPES.attachment);
    const written = await writeAttachment(writer.file, attachment, lost, depth);
    writer.addSubnode({ nid, bidData: written.bidData, bidSub: written.bidSub }, written.size);
    const size = prop(PR_ATTACH_SIZE, Math.min(longMax, written.size));
    table.addRow(
      nid,
      only(
        ATTACHMENT_COLUMNS,
        cellsOf([...attachment.values, size], () => undefined),
      ),
    );
    await writer.file.flush();
  }
  if (table !== undefined) writer.addSubnode({ nid: NIDS.attachmentTable, ...table.finish() }, 0);
}

async function writeAttachment(
  file: FileWriter,
  attachment: AttachmentToWrite,
  lost: LostInWriting,
  depth: number,
): Promise<WrittenObject> {
  const writer = new ObjectWriter(file, lost);
  await writer.addAll(attachment.values, attachment.streams);
  if (attachment.message !== undefined) {
    const nid = writer.newNid(NID_TYPES.normalMessage);
    const { size, ...written } = await writeMessage(file, attachment.message, lost, depth + 1);
    writer.addSubnode({ nid, ...written }, size);
    writer.addObject(PR_ATTACH_DATA_OBJ, nid, Math.min(longMax, size));
  } else if (attachment.object !== undefined) {
    const nid = writer.newNid(NID_TYPES.ltp);
    const data = new DataWriter(file);
    for await (const chunk of attachment.object()) await data.add(chunk);
    writer.addSubnode({ nid, bidData: data.finish(), bidSub: 0 }, data.size);
    writer.addObject(PR_ATTACH_DATA_OBJ, nid, data.size);
  }
  await writer.addValue(prop(PR_ATTACH_SIZE, Math.min(longMax, writer.size)));
  return writer.finish();
}

/** Those cells for which there is a column. */
export function only(columns: readonly PropTag[], cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ tag }) => columns.some((column) => column === tag));
}
