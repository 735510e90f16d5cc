/**
 * Brings one drop into a message that the spooler has opened: saving it is the delivery. spec: ixplogon-startmessage
 *
 * Order: read, save, mark as delivered, remove. A process that dies between the store's commit and the mark (one small
 * file) offers the message once more, under the same name, by which a store that remembers sources knows it; only in
 * another store there is a second copy then, and in none a lost one.
 */
import type { FileSystem, FileTime, Log } from '@nodemapi/base';
import { receiveMail } from '@nodemapi/format-oxcmail';
import type { IMessage } from '@nodemapi/mapi';
import type { ClaimedDrop } from './drop-folder.ts';
import { readFileInPieces } from './drop-reader.ts';
import type { LocalConfig } from './local-config.ts';

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
  const options = { deliveryTime, receivedBy, own: config.addresses, signal };
  const { diagnostics, problems } = await receiveMail(readFileInPieces(files, drop.path), message, options);
  for (const { code, detail, path } of diagnostics)
    log.info('received message', { drop: drop.name, code, detail, path });
  for (const { code, tag } of problems) log.warn('property of a received message', { drop: drop.name, code, tag });
  await message.saveChanges();
}
