/** A received mail as a message: what is in it, and what its delivery adds. spec: setting-properties-on-incoming-messages */
import {
  type IMessage,
  MapiError,
  type MapiErrorCode,
  MSGFLAG_FROMME,
  MSGFLAG_UNMODIFIED,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_SENDER_EMAIL_ADDRESS,
  type PropProblem,
  prop,
} from '@nodemapi/mapi';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { type MimeToMapiOptions, mimeToMapi } from './mime-to-mapi.ts';

export interface ReceivedMailOptions extends MimeToMapiOptions {
  /** Stops the reading: `signal.reason` is thrown. */
  readonly signal: AbortSignal;
  /** Addresses of the receiver in lower case: mail from one of them is their own (MSGFLAG_FROMME). */
  readonly own: readonly string[];
}

export interface ReceivedMail {
  readonly diagnostics: readonly OxcmailDiagnostic[];
  /** Properties that the store did not take. */
  readonly problems: readonly PropProblem[];
}

/** Errors that lie in the mail and would come again with every attempt. */
const MAIL_ERRORS: readonly MapiErrorCode[] = ['MAPI_E_CORRUPT_DATA', 'MAPI_E_TOO_BIG', 'MAPI_E_TOO_COMPLEX'];

/**
 * Fills an incoming message from its source; saving it, which is the delivery, is left to the caller.
 *
 * @throws what reading and filling throw; `signal.reason`
 */
export async function receiveMail(
  source: AsyncIterable<Uint8Array>,
  message: IMessage,
  { signal, own, ...options }: ReceivedMailOptions,
): Promise<ReceivedMail> {
  const { diagnostics } = await mimeToMapi(stoppable(source, signal), message, options);
  const { values } = await message.getProps([PR_SENDER_EMAIL_ADDRESS, PR_MESSAGE_CLASS]);
  const [sender, messageClass] = values;
  const fromMe = sender !== undefined && own.includes(sender.toLowerCase());
  const problems = await message.setProps([
    prop(PR_MESSAGE_FLAGS, MSGFLAG_UNMODIFIED | (fromMe ? MSGFLAG_FROMME : 0)),
    prop(PR_MESSAGE_CLASS, messageClass === undefined || messageClass === '' ? 'IPM.Note' : messageClass),
  ]);
  signal.throwIfAborted();
  return { diagnostics, problems };
}

/** Whether an error lies in the mail itself, so that another attempt would meet it again. */
export function liesInTheMail(error: unknown): error is MapiError {
  return MapiError.is(error) && MAIL_ERRORS.includes(error.code);
}

async function* stoppable(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  for await (const bytes of source) {
    yield bytes;
    signal.throwIfAborted();
  }
}
