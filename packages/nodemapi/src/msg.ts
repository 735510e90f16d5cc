/** .msg files in and out of messages, for programs and the command line. */
import type { RandomAccess } from '@nodemapi/base';
import {
  type MsgAttachment,
  type MsgDiagnostic,
  type MsgMessage,
  type MsgOutput,
  type MsgWriteOptions,
  messageToMsg,
  openMsg,
} from '@nodemapi/format-msg';
import { type AttachmentSource, copyTo, getProp, type MessageSource, openSourceMessage } from '@nodemapi/kit';
import {
  type CopyResult,
  type IMessage,
  MSGFLAG_READ,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  prop,
} from '@nodemapi/mapi';
import type { ImportOptions } from './mime.ts';
import { tagName } from './prop-names.ts';
import { readOnlyStorage } from './structured-storage.ts';

/** A message that lies in a file. */
export interface OpenedMsg {
  /** May only be read; the caller releases it. */
  readonly message: IMessage;
  /** What was wrong with the file, as far as it has been read. */
  diagnostics(): readonly MsgDiagnostic[];
}

/**
 * Opens the message of a .msg file; `source` is read as long as the message is used, and closed by the caller.
 *
 * @param signal ends the reading: no attachment is opened any more
 * @throws MAPI_E_CORRUPT_DATA if it is no .msg file
 */
export async function openMsgMessage(source: RandomAccess, signal?: AbortSignal): Promise<OpenedMsg> {
  const { message, diagnostics } = await openMsg(source);
  const opened = messageSource(message);
  return { message: openSourceMessage(signal === undefined ? opened : { ...opened, signal }), diagnostics };
}

function messageSource(message: MsgMessage): MessageSource {
  return { ...message, attachments: async () => (await message.attachments()).map(attachmentSource) };
}

function attachmentSource({ props, message, storage }: MsgAttachment): AttachmentSource {
  if (message !== undefined) return { props, message: async () => messageSource(await message()) };
  return storage === undefined ? { props } : { props, openStorage: async () => readOnlyStorage(storage) };
}

/** One thing that was wrong with a file. */
export interface FileDiagnostic {
  readonly detail: string;
  /** Whether something of the content is missing. */
  readonly loss: boolean;
}

/** One thing that was wrong with a message file. */
export interface MsgImportDiagnostic extends FileDiagnostic {
  readonly code: MsgDiagnostic['code'] | 'propertyNotSet';
}

/**
 * Fills an unsaved message from a .msg file, with large values as streams; saving it is the caller's.
 *
 * @returns what could not be read or set; nothing is lost silently
 * @throws MAPI_E_CORRUPT_DATA if it is no .msg file
 */
export async function importMsg(
  source: RandomAccess,
  message: IMessage,
  options: ImportOptions = {},
): Promise<readonly MsgImportDiagnostic[]> {
  const opened = await openMsgMessage(source, options.signal);
  await using file = opened.message;
  const problems = await fillFromFile(file, message, options);
  return [...opened.diagnostics(), ...problems];
}

/** Copies what lies in a file into an unsaved message. @returns what was not set */
export async function fillFromFile(
  file: IMessage,
  message: IMessage,
  options: ImportOptions,
): Promise<readonly (FileDiagnostic & { readonly code: 'propertyNotSet' })[]> {
  const { problems } = await copyTo(file, undefined, message);
  const flags = (await getProp(file, PR_MESSAGE_FLAGS)) ?? MSGFLAG_READ;
  const draft = options.unsent === true ? MSGFLAG_UNSENT | MSGFLAG_READ : 0;
  await message.setProps([prop(PR_MESSAGE_FLAGS, draft === 0 ? flags & ~MSGFLAG_SUBMIT : draft)]);
  if (options.unsent === true) await message.deleteProps([PR_MESSAGE_DELIVERY_TIME]);
  return problems.map(problemText);
}

/** The store counts it itself, or the identifier has no name in the file and so no meaning. */
const WITHOUT_LOSS: ReadonlySet<string> = new Set(['MAPI_E_COMPUTED', 'MAPI_E_UNEXPECTED_ID']);

function problemText({ tag, code }: CopyResult['problems'][number]) {
  return {
    code: 'propertyNotSet' as const,
    detail: `${tagName(tag)} was not set: ${code}`,
    loss: !WITHOUT_LOSS.has(code),
  };
}

/** Plans a .msg file of a message, which must stay open until its bytes have been read. */
export function exportMsg(message: IMessage, options: MsgWriteOptions = {}): Promise<MsgOutput> {
  return messageToMsg(message, options);
}
