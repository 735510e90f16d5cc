import {
  ATTACH_EMBEDDED_MSG,
  type CopyOptions,
  type CopyResult,
  type IAttach,
  type IMAPIProp,
  type IMessage,
  isPropError,
  MapiError,
  type MapiErrorCode,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_INSTANCE_KEY,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_ROWID,
  type PropProblem,
  type PropTag,
  propId,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { isExcludedInterface } from './copy-interfaces.ts';
import { getProp, queryAllRows } from './prop-access.ts';

/** What of a part was not copied: the property of the message or attachment that the part is, and why. */
export type PartProblem = Pick<PropProblem, 'tag' | 'code'>;

/** The destination says it itself, or it names nothing there. */
const WITHOUT_LOSS: ReadonlySet<MapiErrorCode> = new Set(['MAPI_E_COMPUTED', 'MAPI_E_UNEXPECTED_ID']);

/** Copies one object into another, nested one deeper. */
export type CopyInto = (source: IMAPIProp, destination: IMAPIProp) => Promise<CopyResult>;

/**
 * Copies recipients and attachments, in place of those of the destination; with MAPI_NOREPLACE only into none.
 *
 * @returns what of the attachments was not copied; an attachment that is not whole stays in the source
 */
export async function copyMessageParts(
  source: IMessage,
  destination: IMessage,
  selected: (tag: PropTag) => boolean,
  options: CopyOptions,
  copyInto: CopyInto,
): Promise<readonly PartProblem[]> {
  if (selected(PR_MESSAGE_RECIPIENTS)) await copyRecipients(source, destination, options);
  return selected(PR_MESSAGE_ATTACHMENTS) ? copyAttachments(source, destination, options, copyInto) : [];
}

/** Copies the message within an attachment, if that is what the attachment holds. @returns what of it was not copied */
export async function copyEmbeddedMessage(
  source: IMAPIProp,
  destination: IMAPIProp,
  selected: (tag: PropTag) => boolean,
  copyInto: CopyInto,
): Promise<readonly PartProblem[]> {
  if (!selected(PR_ATTACH_DATA_OBJ) || (await getProp(source, PR_ATTACH_METHOD)) !== ATTACH_EMBEDDED_MSG) return [];
  await using inner = await source.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
  await using copy = await destination.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { modify: true, create: true });
  const { problems } = await copyInto(inner, copy);
  await copy.saveChanges();
  return problemsOf(PR_ATTACH_DATA_OBJ, problems);
}

/** What the part is told of by its own copy; what the destination computes, or has no meaning there, costs nothing. */
function problemsOf(tag: PropTag, problems: CopyResult['problems']): readonly PartProblem[] {
  return problems.filter(({ code }) => !WITHOUT_LOSS.has(code)).map(({ code }) => ({ tag, code }));
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
): Promise<readonly PartProblem[]> {
  const former = await attachmentsOf(destination);
  if (options.noReplace === true && former.length > 0) return [];
  const found: PartProblem[] = [];
  for (const attachNum of former) await destination.deleteAttach(attachNum);
  const withoutMessages = isExcludedInterface('IMessage', options.excludeInterfaces ?? []);
  for (const attachNum of await attachmentsOf(source)) {
    if (withoutMessages && (await holdsMessage(source, attachNum))) continue;
    const problems = await copyAttachment(source, attachNum, destination, copyInto);
    found.push(...problems);
    if (options.move === true && problems.length === 0) await source.deleteAttach(attachNum);
  }
  return found;
}

async function copyAttachment(
  source: IMessage,
  attachNum: number,
  destination: IMessage,
  copyInto: CopyInto,
): Promise<readonly PartProblem[]> {
  try {
    await using from: IAttach = await source.openAttach(attachNum);
    const { attach } = await destination.createAttach();
    await using to: IAttach = attach;
    const { problems } = await copyInto(from, to);
    await to.saveChanges();
    return problemsOf(PR_MESSAGE_ATTACHMENTS, problems);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    return [{ tag: PR_MESSAGE_ATTACHMENTS, code: error.code }]; // a damaged attachment costs itself
  }
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
