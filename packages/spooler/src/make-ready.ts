/**
 * What the spooler does to a message before any transport sees it, once and for good.
 *
 * - Recipients get full addresses, where a transport wants them of everybody (LOGON_SP_RESOLVE).
 * - Text and RTF are made alike.
 * - Attachments that name a file to be sent (ATTACH_BY_REF_RESOLVE) get its content.
 *
 * spec: ixpprovider-transportlogon, pidtagattachmethod-canonical-property
 */
import { isAbsolute, relative, resolve } from 'node:path';
import type { FileSystem, Log } from '@nodemapi/base';
import { rtfSync, type SpoolerHost } from '@nodemapi/kit';
import {
  ATTACH_BY_REF_RESOLVE,
  ATTACH_BY_VALUE,
  type IMessage,
  MapiError,
  MSGFLAG_HASATTACH,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_PATHNAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_ATTACH_PATHNAME,
  PR_BODY,
  PR_EMAIL_ADDRESS,
  PR_MESSAGE_FLAGS,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_SEARCH_KEY,
  prop,
  propOf,
  resProperty,
  STREAM_CHUNK_BYTES,
  searchKeyOf,
} from '@nodemapi/mapi';
import type { Ledger } from './ledger.ts';
import type { SpoolerSettings } from './options.ts';
import { type MessageRecord, type RecipientRecord, recipientOf, TABLE_PAGE_ROWS, withValues } from './record.ts';
import type { TransportSet } from './transports.ts';

export interface ReadyParts {
  readonly host: SpoolerHost;
  readonly settings: SpoolerSettings;
  readonly transports: TransportSet;
  readonly log: Log;
}

/**
 * Prepares a message, and saves it if that has changed it.
 *
 * @returns whether it was changed, or why it cannot be sent
 * @throws what the message throws; nothing is saved then
 */
export async function makeReady(
  ledger: Pick<Ledger, 'message' | 'drop'>,
  record: MessageRecord,
  parts: ReadyParts,
): Promise<{ readonly changed: boolean; readonly obstacle?: string }> {
  const message = await ledger.message();
  const { values } = await message.getProps([PR_MESSAGE_FLAGS, PR_RTF_IN_SYNC, PR_RTF_COMPRESSED]);
  const [flags = 0, inSync] = values;
  let changed = values[2] !== undefined && inSync !== true && (await syncBodies(message, parts.log));
  try {
    if ((flags & MSGFLAG_HASATTACH) !== 0) changed = (await embedFiles(message, parts)) || changed;
  } catch (cause) {
    if (!MapiError.is(cause, 'MAPI_E_NO_ACCESS') && !MapiError.is(cause, 'MAPI_E_NOT_FOUND')) throw cause;
    await ledger.drop();
    return { changed: false, obstacle: cause.detail };
  }
  if (parts.transports.list.some(({ own }) => own.options.resolve === true))
    changed = (await completeAddresses(message, record.recipients, parts)) || changed;
  if (changed) {
    await message.saveChanges({ keepOpenReadWrite: true });
    await ledger.drop(); // it is another message now
  }
  return { changed };
}

/** Without a text the RTF has changed, else whoever wrote the text knew nothing of it. RTF that is damaged stays as it is. */
async function syncBodies(message: IMessage, log: Log): Promise<boolean> {
  const hasText = (await message.getPropList()).includes(PR_BODY);
  try {
    return await rtfSync(message, hasText ? { bodyChanged: true } : { rtfChanged: true });
  } catch (cause) {
    if (!MapiError.is(cause, 'MAPI_E_CORRUPT_DATA')) throw cause;
    log.warn('RTF cannot be read', { error: cause });
    return false;
  }
}

async function embedFiles(message: IMessage, { host, settings }: ReadyParts): Promise<boolean> {
  const numbers: number[] = [];
  {
    await using table = await message.getAttachmentTable();
    await table.setColumns([PR_ATTACH_NUM]);
    await table.restrict(resProperty('EQ', PR_ATTACH_METHOD, ATTACH_BY_REF_RESOLVE));
    for (const row of await table.queryRows(TABLE_PAGE_ROWS)) numbers.push(propOf(row, PR_ATTACH_NUM) ?? 0);
  }
  for (const number of numbers) await embedFile(message, number, host.files, settings.attachmentFolders);
  return numbers.length > 0;
}

async function embedFile(
  message: IMessage,
  number: number,
  files: FileSystem | undefined,
  folders: readonly string[],
): Promise<void> {
  await using attach = await message.openAttach(number, { modify: true });
  const { values } = await attach.getProps([PR_ATTACH_LONG_PATHNAME, PR_ATTACH_PATHNAME]);
  const path = values[0] ?? values[1] ?? '';
  if (files === undefined || !folders.some((folder) => isWithin(path, folder)))
    throw new MapiError(
      'MAPI_E_NO_ACCESS',
      `${path || 'a file without a name'} is to be sent, and in no folder of attachmentFolders`,
    );
  await using file = await files.openRead(path);
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
  const size = await file.size();
  for (let at = 0; at < size; at += STREAM_CHUNK_BYTES) {
    await stream.write(await file.read(at, Math.min(STREAM_CHUNK_BYTES, size - at)));
  }
  await stream.commit();
  await attach.setProps([prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE)]);
  await attach.saveChanges();
}

function isWithin(path: string, folder: string): boolean {
  if (!isAbsolute(path)) return false;
  const inside = relative(resolve(folder), resolve(path));
  return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
}

/** Those without an address get that of their entry; one that cannot be opened stays as it is. */
async function completeAddresses(
  message: IMessage,
  recipients: readonly RecipientRecord[],
  { host }: ReadyParts,
): Promise<boolean> {
  const completed = await Promise.all(
    recipients.map(async (recipient) => {
      if (recipient.address !== '' || recipient.entryId === undefined) return recipient;
      const found = await host.resolveAddress?.(recipient.entryId);
      if (found === undefined) return recipient;
      const { addrType, emailAddress } = found;
      const values = [
        prop(PR_ADDRTYPE, addrType),
        prop(PR_EMAIL_ADDRESS, emailAddress),
        prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress)),
      ];
      return recipientOf(withValues(recipient.row, values));
    }),
  );
  const changed = completed.filter((recipient, index) => recipient !== recipients[index]);
  if (changed.length > 0)
    await message.modifyRecipients(
      'modify',
      changed.map(({ row }) => row),
    );
  return changed.length > 0;
}
