/** Headers first: the accounts of a session that fetch only what is marked. spec: writing-a-remote-viewer */
import { bytesEqual, type Clock, systemClock } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type EntryId,
  fnevTableModified,
  type IMAPISession,
  MapiError,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_HEADER_FOLDER_ENTRYID,
  PR_REMOTE_VALIDATE_OK,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropTag,
  propOf,
  resExist,
  STATUS_FAILURE,
} from '@nodemapi/mapi';

/** A transport that shows what waits at its source before it fetches it. */
export interface RemoteAccount {
  /** PR_ENTRYID of its status row: opens its IMAPIStatus. */
  readonly entryId: EntryId;
  /** PR_HEADER_FOLDER_ENTRYID: opens its folder of headers. */
  readonly folderId: EntryId;
  readonly name: string;
  /** Whether it takes requests now (PR_REMOTE_VALIDATE_OK). */
  readonly isReady: boolean;
  /** Whether its source can be looked at, as far as is known. */
  readonly works: boolean;
  /** PR_STATUS_STRING: what it does, or why it does not work. */
  readonly status: string;
}

/** What a remote account is asked for, and for how long. */
export interface HeaderRequestOptions {
  /** Download, delete and move what is marked, before the list is made anew; otherwise only that. */
  readonly process?: boolean;
  /** Stops the operation, and then the wait: its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Who waits looks so often for himself: a session that ends tells nobody of it by its tables. */
const LOOK_MS = 1000;

const COLUMNS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_HEADER_FOLDER_ENTRYID,
  PR_DISPLAY_NAME,
  PR_REMOTE_VALIDATE_OK,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
];

/** The remote accounts of a session, in the order of the status table. */
export async function remoteAccounts(session: IMAPISession): Promise<readonly RemoteAccount[]> {
  await using table = await session.getStatusTable();
  const rows = await queryAllRows(table, { tags: COLUMNS, restriction: resExist(PR_HEADER_FOLDER_ENTRYID) });
  return rows.flatMap((row) => {
    const entryId = propOf(row, PR_ENTRYID);
    const folderId = propOf(row, PR_HEADER_FOLDER_ENTRYID);
    if (entryId === undefined || folderId === undefined) return [];
    return {
      entryId,
      folderId,
      name: propOf(row, PR_DISPLAY_NAME) ?? '',
      isReady: propOf(row, PR_REMOTE_VALIDATE_OK) ?? true,
      works: ((propOf(row, PR_STATUS_CODE) ?? 0) & STATUS_FAILURE) === 0,
      status: propOf(row, PR_STATUS_STRING) ?? '',
    };
  });
}

/**
 * Asks a remote account for a new list, or to process the marks, and waits until that is done. Answers the account as it
 * is then; whether single messages failed stands with their headers (PR_STATUS_STRING).
 *
 * @throws MAPI_E_BUSY while another operation runs; MAPI_E_NOT_FOUND if the account goes away; MAPI_E_INVALID_OBJECT if
 * the session ends; the reason of the signal
 */
export async function requestHeaders(
  session: IMAPISession,
  account: RemoteAccount,
  { process = false, signal, clock = systemClock }: HeaderRequestOptions = {},
): Promise<RemoteAccount> {
  signal?.throwIfAborted();
  await using table = await session.getStatusTable();
  let wake = (): void => {};
  await using _advise = await table.advise(fnevTableModified, { onNotify: () => wake() });
  await using status = await session.openEntry(account.entryId, { iid: 'IMAPIStatus' });
  const stop = (): void => wake();
  signal?.addEventListener('abort', stop);
  try {
    let changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await status.validateState(undefined, process ? { processHeaderCache: true } : { refreshHeaderCache: true });
    for (;;) {
      const now = (await remoteAccounts(session)).find(({ folderId }) => bytesEqual(folderId, account.folderId));
      if (now === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `${account.name} is no remote account any more`);
      if (now.isReady) return now;
      if (signal?.aborted === true) await status.validateState(undefined, { abortHeaderOperation: true });
      signal?.throwIfAborted();
      const look = clock.setTimer(LOOK_MS, () => wake());
      await changed;
      look.cancel();
      changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
