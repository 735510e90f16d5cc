/** Puts mail into a mailbox of a MAPI home from outside: what a mail server on the same machine does. */
import { MapiError } from '@nodemapi/base';
import type { ProviderHost } from '@nodemapi/mapi';
import { DropFolder } from './drop-folder.ts';
import { dropName } from './drop-name.ts';
import { isLocalAddress, localAddress } from './local-config.ts';
import { deliverTo } from './outbox.ts';

/** One mail in the mailbox of a person on this machine. */
export interface MailboxMail {
  /** Tells this message from others, such as the Message-ID with the number of the transaction. */
  readonly key: string;
  /** Address of the sender; empty for none. */
  readonly returnPath: string;
  /** RFC 5322 text. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Puts a message into the mailbox of `address`, which is made if it is not there; durable on return.
 *
 * @throws MAPI_E_INVALID_PARAMETER for an address that cannot have a mailbox; MAPI_E_NOT_ENOUGH_DISK and others of the disk
 */
export async function deliverToMailbox(host: ProviderHost, address: string, mail: MailboxMail): Promise<void> {
  const local = localAddress(address);
  if (!isLocalAddress(local))
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `"${address}" cannot be the address of a mailbox`);
  const folder = new DropFolder(local, host);
  await folder.create();
  const name = dropName({ messageId: mail.key, submitTime: host.clock.now(), address: local });
  const [result] = await deliverTo([{ folder, name }], mail, new AbortController().signal);
  if (result?.outcome !== 'delivered') {
    throw new MapiError('MAPI_E_DISK_ERROR', `the mailbox of ${local} did not take the message: ${result?.text ?? ''}`);
  }
}

/** The address of a profile that has none configured: its name, at this machine. */
export function defaultAddress(profileName: string): string {
  const name = profileName
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_-]+/gu, '.')
    .replaceAll(/^\.+|\.+$/gu, '')
    .toLowerCase();
  return `${name === '' ? 'mailbox' : name}@localhost`;
}
