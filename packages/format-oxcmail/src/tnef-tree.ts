/**
 * The part of a mail that carries what MIME cannot: winmail.dat. spec: tnef-processing, message-content
 *
 * - It holds every property of the message that may travel, named ones too, but for the sender and the text, which the
 *   mail itself says. Attachments and recipients are in the mail alone, so that no blind recipient is in it.
 * - It names the mail that it belongs to (PR_TNEF_CORRELATION_KEY).
 */
import { type Random, utf8Encode } from '@nodemapi/base';
import { type MimeTree, parameterHeader } from '@nodemapi/format-mime';
import { collectMessage, writeTnef } from '@nodemapi/format-tnef';
import {
  type IMessage,
  isTransmittable,
  PR_BODY,
  PR_ORIGINAL_DISPLAY_BCC,
  PR_TNEF_CORRELATION_KEY,
  PR_TRANSPORT_MESSAGE_HEADERS,
  prop,
  propId,
  type TnefProblem,
} from '@nodemapi/mapi';
import { SENDER } from './address-roles.ts';

export const TNEF_FILE_NAME = 'winmail.dat';

const CODE_PAGE = 1252;
const KEY_BYTES = 2;

/** What the mail says, and the stream does not; and what may tell of blind recipients and earlier journeys. */
const LEFT_OUT: ReadonlySet<number> = new Set(
  [
    ...Object.values(SENDER),
    PR_BODY,
    PR_ORIGINAL_DISPLAY_BCC,
    PR_TNEF_CORRELATION_KEY,
    PR_TRANSPORT_MESSAGE_HEADERS,
  ].map((tag) => propId(tag)),
);

/**
 * @param messageId with its angle brackets; undefined if the mail has none
 * @param onProblem is told of a property that cannot be read and stays out; nothing fails for it
 */
export async function tnefTree(
  message: IMessage,
  messageId: string | undefined,
  random: Random,
  onProblem: (problem: TnefProblem) => void,
): Promise<MimeTree> {
  const problems: TnefProblem[] = [];
  const correlation = messageId === undefined ? [] : [prop(PR_TNEF_CORRELATION_KEY, utf8Encode(`${messageId}\0`))];
  const content = await collectMessage(
    message,
    {
      key: keyOf(random.bytes(KEY_BYTES)),
      codePage: CODE_PAGE,
      wants: (tag) => isTransmittable(tag) && !LEFT_OUT.has(propId(tag)),
      overrides: () => correlation,
      wantsAttachment: () => false,
      containedTnef: new Map(),
    },
    problems,
  );
  for (const problem of problems) onProblem(problem);
  const bytes = writeTnef(content);
  return {
    kind: 'leaf',
    headers: [
      parameterHeader('Content-Type', 'application/ms-tnef', [['name', TNEF_FILE_NAME]]),
      parameterHeader('Content-Disposition', 'attachment', [['filename', TNEF_FILE_NAME]]),
    ],
    encoding: 'base64',
    body: once(bytes),
  };
}

/** Not 0, and another one for each message. */
function keyOf([low = 0, high = 0]: Uint8Array): number {
  return low * 0x100 + high || 1;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
