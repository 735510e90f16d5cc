/**
 * Brings one drop into a message that the spooler has opened: saving it is the delivery. spec: ixplogon-startmessage
 *
 * Order: read, save, mark as delivered, remove. A process that dies between the store's commit and the mark (one small
 * file) offers the message once more, under the same name, by which a store that remembers sources knows it; only in
 * another store there is a second copy then, and in none a lost one.
 */
import type { FileSystem, FileTime, Log } from '@nodemapi/base';
import { mimeToMapi } from '@nodemapi/format-oxcmail';
import { getProp, setPropList } from '@nodemapi/kit';
import {
  type IMessage,
  MapiError,
  type MapiErrorCode,
  MSGFLAG_FROMME,
  MSGFLAG_UNMODIFIED,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_SENDER_EMAIL_ADDRESS,
  prop,
} from '@nodemapi/mapi';
import type { ClaimedDrop } from './drop-folder.ts';
import { readFileInPieces } from './drop-reader.ts';
import type { LocalConfig } from './local-config.ts';

/** Errors that lie in the file and would come again with every attempt. */
const FILE_ERRORS: readonly MapiErrorCode[] = ['MAPI_E_CORRUPT_DATA', 'MAPI_E_TOO_BIG', 'MAPI_E_TOO_COMPLEX'];

export interface DeliveryPorts {
  readonly files: FileSystem;
  readonly log: Log;
  readonly config: LocalConfig;
  readonly deliveryTime: FileTime;
  readonly signal: AbortSignal;
}

/**
 * Fills and saves `message`; the caller does what is due with the drop.
 *
 * @throws whatever reading, filling and saving throw; `signal.reason` before the message was saved
 */
export async function deliver(drop: ClaimedDrop, message: IMessage, ports: DeliveryPorts): Promise<void> {
  const { files, log, config, deliveryTime, signal } = ports;
  const receivedBy = { name: config.displayName, address: drop.address };
  const source = stoppable(readFileInPieces(files, drop.path), signal);
  const { diagnostics } = await mimeToMapi(source, message, { deliveryTime, receivedBy });
  for (const { code, detail, path } of diagnostics)
    log.info('received message', { drop: drop.name, code, detail, path });
  const sender = await getProp(message, PR_SENDER_EMAIL_ADDRESS);
  const fromMe = sender !== undefined && config.addresses.includes(sender.toLowerCase());
  const messageClass = await getProp(message, PR_MESSAGE_CLASS);
  const problems = await setPropList(message, [
    prop(PR_MESSAGE_FLAGS, MSGFLAG_UNMODIFIED | (fromMe ? MSGFLAG_FROMME : 0)),
    prop(PR_MESSAGE_CLASS, messageClass === undefined || messageClass === '' ? 'IPM.Note' : messageClass),
  ]);
  for (const { code, tag } of problems) log.warn('property of a received message', { drop: drop.name, code, tag });
  signal.throwIfAborted();
  await message.saveChanges();
}

/** Whether an error lies in the message itself, so that another attempt would meet it again. */
export function liesInTheFile(error: unknown): error is MapiError {
  return MapiError.is(error) && FILE_ERRORS.includes(error.code);
}

async function* stoppable(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  for await (const bytes of source) {
    yield bytes;
    signal.throwIfAborted();
  }
}
