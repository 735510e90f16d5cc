import {
  ATTACH_EMBEDDED_MSG,
  type CopyOptions,
  type CopyResult,
  type IAttach,
  type IMAPIProp,
  type IMessage,
  isPropError,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_INSTANCE_KEY,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_ROWID,
  type PropTag,
  propId,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { isExcludedInterface } from './copy-interfaces.ts';
import { getProp, queryAllRows } from './prop-access.ts';

/** Copies one object into another, nested one deeper. */
export type CopyInto = (source: IMAPIProp, destination: IMAPIProp) => Promise<CopyResult>;

/**
 * Copies recipients and attachments, in place of those of the destination; with MAPI_NOREPLACE only into none.
 */
export async function copyMessageParts(
  source: IMessage,
  destination: IMessage,
  selected: (tag: PropTag) => boolean,
  options: CopyOptions,
  copyInto: CopyInto,
): Promise<void> {
  if (selected(PR_MESSAGE_RECIPIENTS)) await copyRecipients(source, destination, options);
  if (selected(PR_MESSAGE_ATTACHMENTS)) await copyAttachments(source, destination, options, copyInto);
}

/** Copies the message within an attachment, if that is what the attachment holds. */
export async function copyEmbeddedMessage(
  source: IMAPIProp,
  destination: IMAPIProp,
  selected: (tag: PropTag) => boolean,
  copyInto: CopyInto,
): Promise<void> {
  if (!selected(PR_ATTACH_DATA_OBJ) || (await getProp(source, PR_ATTACH_METHOD)) !== ATTACH_EMBEDDED_MSG) return;
  await using inner = await source.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
  await using copy = await destination.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { modify: true, create: true });
  await copyInto(inner, copy);
  await copy.saveChanges();
}

/** The rows of a recipient table as `modifyRecipients` takes them: without PR_ROWID and what the table adds. */
export async function recipientsOf(message: IMessage): Promise<readonly Row[]> {
  await using table = await message.getRecipientTable();
  const tags = await table.queryColumns({ all: true });
  const rows = tags.length === 0 ? [] : await queryAllRows(table, { tags });
  const own: ReadonlySet<number> = new Set([PR_ROWID, PR_INSTANCE_KEY].map(propId));
  return rows.map((row) => row.filter((entry) => !isPropError(entry) && !own.has(propId(entry.tag))));
}

async function copyRecipients(source: IMessage, destination: IMessage, options: CopyOptions): Promise<void> {
  if (options.noReplace === true && (await recipientsOf(destination)).length > 0) return;
  await destination.modifyRecipients('replace', await recipientsOf(source));
  if (options.move === true) await source.modifyRecipients('replace', []);
}

async function copyAttachments(
  source: IMessage,
  destination: IMessage,
  options: CopyOptions,
  copyInto: CopyInto,
): Promise<void> {
  const former = await attachmentsOf(destination);
  if (options.noReplace === true && former.length > 0) return;
  for (const attachNum of former) await destination.deleteAttach(attachNum);
  const withoutMessages = isExcludedInterface('IMessage', options.excludeInterfaces ?? []);
  for (const attachNum of await attachmentsOf(source)) {
    if (withoutMessages && (await holdsMessage(source, attachNum))) continue;
    await copyAttachment(source, attachNum, destination, copyInto);
    if (options.move === true) await source.deleteAttach(attachNum);
  }
}

async function copyAttachment(
  source: IMessage,
  attachNum: number,
  destination: IMessage,
  copyInto: CopyInto,
): Promise<void> {
  await using from: IAttach = await source.openAttach(attachNum);
  const { attach } = await destination.createAttach();
  await using to: IAttach = attach;
  await copyInto(from, to);
  await to.saveChanges();
}

async function holdsMessage(message: IMessage, attachNum: number): Promise<boolean> {
  await using attach = await message.openAttach(attachNum);
  return (await getProp(attach, PR_ATTACH_METHOD)) === ATTACH_EMBEDDED_MSG;
}

async function attachmentsOf(message: IMessage): Promise<readonly number[]> {
  await using table = await message.getAttachmentTable();
  const rows = await queryAllRows(table, { tags: [PR_ATTACH_NUM] });
  return rows.map((row) => propOf(row, PR_ATTACH_NUM)).filter((attachNum) => attachNum !== undefined);
}
