/**
 * Answers to a message, and messages that hand it on. spec: sending-a-reply, forwarding-a-message
 *
 * - Only its text, and what says how it is to be read, is taken over; what belongs to its way is not, nor are headers and
 *   properties of others. A forwarded message has the attachments, too.
 * - RTF is made text: a body of RTF beside a text that has been added to would be shown in its place.
 */
import { type Clock, decodeCodePage, MapiError, type Random, systemClock, systemRandom } from '@nodemapi/base';
import { rtfSync, scCreateConversationIndex, setPropList, wholeProp } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMessage,
  isPropError,
  MAPI_TO,
  MSGFLAG_READ,
  MSGFLAG_UNSENT,
  PR_BODY,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_HTML,
  PR_IMPORTANCE,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_CPID,
  PR_INTERNET_MESSAGE_ID,
  PR_INTERNET_REFERENCES,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_NORMALIZED_SUBJECT,
  PR_RCVD_REPRESENTING_ADDRTYPE,
  PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
  PR_RCVD_REPRESENTING_ENTRYID,
  PR_RCVD_REPRESENTING_NAME,
  PR_RCVD_REPRESENTING_SEARCH_KEY,
  PR_RTF_COMPRESSED,
  PR_SENSITIVITY,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { type Recipient, recipientRow } from './compose.ts';
import { htmlWithOriginal, originalHeader, textWithOriginal } from './quoted-original.ts';
import { replyRows } from './reply-recipients.ts';

/** What replies and forwarded messages have in common. */
export interface AnswerOptions {
  /** Stands above the original. */
  readonly text?: string;
  /** Without blank at its end; `RE:` or `FW:` if omitted. */
  readonly prefix?: string;
  readonly clock?: Pick<Clock, 'now'>;
  readonly random?: Random;
}

/** Options of `replyToMessage`. */
export interface ReplyOptions extends AnswerOptions {
  /** To everybody who got the original, too. */
  readonly all?: boolean;
}

/** Options of `forwardMessage`. */
export interface ForwardOptions extends AnswerOptions {
  readonly to?: readonly Recipient[];
}

/** How the original is to be read, and what it is about. */
const TAKEN_OVER: readonly PropTag[] = [PR_IMPORTANCE, PR_SENSITIVITY, PR_INTERNET_CPID];
const CODE_PAGE_UTF8 = 65001;
/** Who received the original sends the answer. */
const REPRESENTING: readonly (readonly [PropTag, PropTag])[] = [
  [PR_RCVD_REPRESENTING_NAME, PR_SENT_REPRESENTING_NAME],
  [PR_RCVD_REPRESENTING_ADDRTYPE, PR_SENT_REPRESENTING_ADDRTYPE],
  [PR_RCVD_REPRESENTING_EMAIL_ADDRESS, PR_SENT_REPRESENTING_EMAIL_ADDRESS],
  [PR_RCVD_REPRESENTING_ENTRYID, PR_SENT_REPRESENTING_ENTRYID],
  [PR_RCVD_REPRESENTING_SEARCH_KEY, PR_SENT_REPRESENTING_SEARCH_KEY],
];

/**
 * Makes an unsaved answer in `outbox`, ready for `submitMessage`; the caller releases it.
 *
 * It goes to whom the original represents, or to those whom it names for answers; with `all` also to its other
 * recipients, but for hidden ones and the one who received it.
 *
 * @throws MAPI_E_NO_RECIPIENTS if the original names nobody to answer to
 */
export async function replyToMessage(
  original: IMessage,
  outbox: IMAPIFolder,
  options: ReplyOptions = {},
): Promise<IMessage> {
  const rows = await replyRows(original, options.all === true);
  if (rows.length === 0) throw new MapiError('MAPI_E_NO_RECIPIENTS', 'the message names nobody to answer to');
  return made(outbox, async (reply) => {
    await fill(original, reply, { prefix: 'RE:', ...options });
    await setAll(reply, await threadProps(original));
    await reply.modifyRecipients('replace', rows);
  });
}

/** Makes an unsaved message in `outbox` that hands the original on with its attachments; the caller releases it. */
export async function forwardMessage(
  original: IMessage,
  outbox: IMAPIFolder,
  options: ForwardOptions = {},
): Promise<IMessage> {
  const rows = (options.to ?? []).map((to) => recipientRow(to, MAPI_TO));
  return made(outbox, async (message) => {
    await fill(original, message, { prefix: 'FW:', ...options });
    await original.copyProps([PR_MESSAGE_ATTACHMENTS], message);
    if (rows.length > 0) await message.modifyRecipients('replace', rows);
  });
}

async function setAll(message: IMessage, values: readonly PropValue[]): Promise<void> {
  if (values.length === 0) return;
  const [problem] = await setPropList(message, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} was not set`);
}

async function made(outbox: IMAPIFolder, fillIn: (message: IMessage) => Promise<void>): Promise<IMessage> {
  const message = await outbox.createMessage();
  try {
    await fillIn(message);
    return message;
  } catch (error) {
    await message.release();
    throw error;
  }
}

async function fill(
  original: IMessage,
  answer: IMessage,
  { prefix, text = '', clock = systemClock, random = systemRandom }: AnswerOptions & { readonly prefix: string },
): Promise<void> {
  const asked = [PR_NORMALIZED_SUBJECT, PR_CONVERSATION_TOPIC, PR_CONVERSATION_INDEX, PR_SUBJECT] as const;
  const [normalized, topic, index, whole] = (await original.getProps(asked)).values;
  const subject = normalized ?? whole ?? '';
  await original.copyProps(TAKEN_OVER, answer);
  await setAll(answer, [
    prop(PR_MESSAGE_CLASS, 'IPM.Note'),
    prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT | MSGFLAG_READ),
    prop(PR_SUBJECT, `${prefix} ${subject}`),
    ...(/^\p{L}{1,3}:$/u.test(prefix) ? [] : [prop(PR_SUBJECT_PREFIX, `${prefix} `)]),
    prop(PR_CONVERSATION_TOPIC, topic ?? subject),
    prop(PR_CONVERSATION_INDEX, indexBelow(index, { clock, random })),
    ...(await representing(original)),
    ...(await bodies(original, answer, text)),
  ]);
}

/** An index that nobody can continue begins a conversation of its own. */
function indexBelow(parent: Uint8Array | undefined, from: Parameters<typeof scCreateConversationIndex>[1]): Uint8Array {
  try {
    return scCreateConversationIndex(parent ?? null, from);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) throw error;
    return scCreateConversationIndex(null, from);
  }
}

async function representing(original: IMessage): Promise<readonly PropValue[]> {
  const { props } = await original.getProps(REPRESENTING.map(([received]) => received));
  return props.flatMap((entry, index) => {
    const tag = REPRESENTING[index]?.[1];
    return tag === undefined || isPropError(entry) ? [] : [{ tag, value: entry.value }];
  });
}

/** What mail programs find the thread by that know no conversation index. */
async function threadProps(original: IMessage): Promise<readonly PropValue[]> {
  const [id, references] = (await original.getProps([PR_INTERNET_MESSAGE_ID, PR_INTERNET_REFERENCES])).values;
  if (id === undefined || id === '') return [];
  const chain = references === undefined || references === '' ? id : `${references} ${id}`;
  return [prop(PR_IN_REPLY_TO_ID, id), prop(PR_INTERNET_REFERENCES, chain)];
}

async function bodies(original: IMessage, answer: IMessage, text: string): Promise<readonly PropValue[]> {
  const header = await originalHeader(original);
  const html = await wholeProp(original, PR_HTML);
  const plain =
    (await wholeProp(original, PR_BODY)) ?? (html === undefined ? await textOfRtf(original, answer) : undefined);
  const props: PropValue[] = [];
  if (plain !== undefined || html === undefined) {
    props.push(prop(PR_BODY, textWithOriginal(text, header, plain ?? '')));
  }
  if (html !== undefined) {
    const { bytes, codePage } = htmlWithOriginal(text, header, html, await codePageOf(original));
    props.push(prop(PR_HTML, bytes), prop(PR_INTERNET_CPID, codePage));
  }
  return props;
}

/** The code page of the HTML; UTF-8 where the original names none, or one that nobody knows. */
async function codePageOf(original: IMessage): Promise<number> {
  const codePage = propOf((await original.getProps([PR_INTERNET_CPID])).props, PR_INTERNET_CPID) ?? CODE_PAGE_UTF8;
  try {
    decodeCodePage(new Uint8Array(1), codePage);
    return codePage;
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) return CODE_PAGE_UTF8;
    throw error;
  }
}

async function textOfRtf(original: IMessage, answer: IMessage): Promise<string | undefined> {
  await original.copyProps([PR_RTF_COMPRESSED], answer);
  if ((await wholeProp(answer, PR_RTF_COMPRESSED)) === undefined) return undefined;
  await rtfSync(answer, { rtfChanged: true });
  const text = await wholeProp(answer, PR_BODY);
  await answer.deleteProps([PR_RTF_COMPRESSED]);
  return text;
}
