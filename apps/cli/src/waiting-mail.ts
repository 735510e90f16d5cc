/** What waits at the accounts that show headers first, as commands list and mark it. */
import {
  type FileTime,
  fileTimeToIso,
  type IMAPIFolder,
  MapiError,
  MSGFLAG_READ,
  MSGSTATUS_REMOTE_DELETE,
  MSGSTATUS_REMOTE_DOWNLOAD,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  PR_SUBJECT,
  propOf,
  queryAllRows,
  type RemoteAccount,
  type Row,
  remoteAccounts,
  requestHeaders,
  STATUS_FAILURE,
  toHex,
} from 'nodemapi';
import type { SessionInUse } from './context.ts';
import { theOneNamed } from './short-id.ts';

/** One message that waits. */
export interface WaitingMessage {
  readonly entryId: string;
  readonly account: string;
  readonly subject: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly time: FileTime | null;
  readonly size: number;
  readonly read: boolean;
  readonly attachments: boolean;
  /** What came of the last request about it, where it is worth telling. */
  readonly note: string | null;
  /** Whether that request failed. */
  readonly failed: boolean;
}

/** An account, its folder, and what waits there. */
export interface AccountHeaders {
  readonly account: RemoteAccount;
  readonly folder: IMAPIFolder;
  readonly messages: readonly WaitingMessage[];
}

export type HeaderAction = 'download' | 'delete' | 'move';

export const ACTION_MARKS: Readonly<Record<HeaderAction, number>> = {
  download: MSGSTATUS_REMOTE_DOWNLOAD,
  delete: MSGSTATUS_REMOTE_DELETE,
  move: MSGSTATUS_REMOTE_DOWNLOAD | MSGSTATUS_REMOTE_DELETE,
};
const BOTH = ACTION_MARKS.move;

/** The accounts that were asked for. @throws MAPI_E_NOT_FOUND if there are none, or none of this name */
async function chosenAccounts(use: SessionInUse, name: string | undefined): Promise<readonly RemoteAccount[]> {
  const all = await remoteAccounts(use.session);
  if (all.length === 0) {
    const how = 'see: mapi service set SERVICE remote=true, for a maildir or an mbox';
    throw new MapiError('MAPI_E_NOT_FOUND', `no account of the profile shows headers first; ${how}`);
  }
  const wanted = name?.toLowerCase();
  const found = all.filter((account) => wanted === undefined || account.name.toLowerCase().includes(wanted));
  if (found.length > 0) return found;
  const names = all.map((account) => account.name).join(', ');
  throw new MapiError('MAPI_E_NOT_FOUND', `no account is named ${name}; there are: ${names}`);
}

/** Has the accounts list what waits, and reads the lists; the caller releases the folders. */
export async function listWaiting(
  use: SessionInUse,
  name: string | undefined,
  signal: AbortSignal,
): Promise<readonly AccountHeaders[]> {
  const listed: AccountHeaders[] = [];
  for (const account of await chosenAccounts(use, name)) {
    const now = await requestHeaders(use.session, account, { signal });
    const folder = await use.session.openEntry(account.folderId, { iid: 'IMAPIFolder' });
    listed.push({ account: now, folder, messages: await readMessages(now, folder) });
  }
  return listed;
}

/** Marks the messages that are named, or all, has it done, and reads the lists anew. */
export async function processWaiting(
  use: SessionInUse,
  listed: readonly AccountHeaders[],
  action: HeaderAction,
  ids: readonly string[] | 'all',
  signal: AbortSignal,
): Promise<{ readonly asked: readonly WaitingMessage[]; readonly after: readonly AccountHeaders[] }> {
  const all = listed.flatMap(({ messages }) => messages);
  const asked =
    ids === 'all' ? all : ids.map((id) => theOneNamed(id, all, ({ entryId }) => entryId, 'waiting message'));
  const wanted = new Set(asked.map(({ entryId }) => entryId));
  const after: AccountHeaders[] = [];
  for (const { account, folder, messages } of listed) {
    const own = messages.filter(({ entryId }) => wanted.has(entryId));
    for (const { entryId } of own) {
      await folder.setMessageStatus(Buffer.from(entryId, 'hex'), ACTION_MARKS[action], BOTH);
    }
    const now = own.length === 0 ? account : await requestHeaders(use.session, account, { process: true, signal });
    after.push({ account: now, folder, messages: await readMessages(now, folder) });
  }
  return { asked: all.filter(({ entryId }) => wanted.has(entryId)), after };
}

async function readMessages(account: RemoteAccount, folder: IMAPIFolder): Promise<readonly WaitingMessage[]> {
  await using table = await folder.getContentsTable();
  return (await queryAllRows(table)).map((row) => messageOf(row, account));
}

function messageOf(row: Row, account: RemoteAccount): WaitingMessage {
  return {
    entryId: toHex(propOf(row, PR_ENTRYID) ?? new Uint8Array()),
    account: account.name,
    subject: propOf(row, PR_SUBJECT) ?? '',
    from: { name: propOf(row, PR_SENDER_NAME) ?? '', address: propOf(row, PR_SENDER_EMAIL_ADDRESS) ?? '' },
    to: propOf(row, PR_DISPLAY_TO) ?? '',
    time: propOf(row, PR_MESSAGE_DELIVERY_TIME) ?? null,
    size: propOf(row, PR_MESSAGE_SIZE) ?? 0,
    read: ((propOf(row, PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_READ) !== 0,
    attachments: propOf(row, PR_HASATTACH) ?? false,
    note: propOf(row, PR_STATUS_STRING) ?? null,
    failed: ((propOf(row, PR_STATUS_CODE) ?? 0) & STATUS_FAILURE) !== 0,
  };
}

/** As `--json` has it. */
export function waitingJson(message: WaitingMessage): object {
  return { ...message, time: message.time === null ? null : fileTimeToIso(message.time) };
}

/** The accounts that say more than how many messages are listed, such as that these are not all. */
export function unlisted(listed: readonly Pick<AccountHeaders, 'account' | 'messages'>[]): readonly RemoteAccount[] {
  const tellsMore = ({ account, messages }: (typeof listed)[number]): boolean =>
    account.works && messages.length > 0 && account.status !== `${messages.length} waiting`;
  return listed.filter(tellsMore).map(({ account }) => account);
}

/** How many messages wait that were not among those which were asked for: their list was too long, or they have come since. */
export function waitingBeside(
  asked: readonly Pick<WaitingMessage, 'entryId'>[],
  after: readonly { readonly messages: readonly Pick<WaitingMessage, 'entryId'>[] }[],
): number {
  const known = new Set(asked.map(({ entryId }) => entryId));
  return after.flatMap(({ messages }) => messages).filter(({ entryId }) => !known.has(entryId)).length;
}
