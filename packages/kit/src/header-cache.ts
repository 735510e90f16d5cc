/** What waits at the source of a remote transport, as its viewers see and mark it. spec: writing-a-remote-viewer */
import { toHex } from '@nodemapi/base';
import {
  type EntryId,
  errorTag,
  HRESULTS,
  type IMAPITable,
  MAPI_MESSAGE,
  MapiError,
  MSGSTATUS_REMOTE_DELETE,
  MSGSTATUS_REMOTE_DOWNLOAD,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_DOWNLOAD_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_PRIORITY,
  PR_SENDER_NAME,
  PR_SENSITIVITY,
  PR_SENT_REPRESENTING_NAME,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type Row,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
} from '@nodemapi/mapi';
import type { AdviseHub } from './advise-hub.ts';
import { TableData } from './table-data.ts';

/** A message that waits: the columns that its source knows, without PR_ENTRYID and PR_MSG_STATUS. */
export interface WaitingHeader {
  /** Names the message for as long as it lies there, in every session. */
  readonly entryId: EntryId;
  readonly columns: readonly PropValue[];
}

/** What is to be done with a marked message: both marks are a move. */
export type HeaderAction = 'download' | 'delete' | 'move';

/** What came of the last request about a message, where it is worth telling. */
export interface HeaderNote {
  readonly text: string;
  readonly failed: boolean;
}

interface Header extends WaitingHeader {
  status: number;
  note: HeaderNote | undefined;
}

const COLUMNS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SUBJECT,
  PR_NORMALIZED_SUBJECT,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_NAME,
  PR_DISPLAY_TO,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_SIZE,
  PR_MESSAGE_DOWNLOAD_TIME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_PRIORITY,
  PR_SENSITIVITY,
  PR_OBJECT_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
];

/**
 * The headers of a remote transport and their marks, in memory: marks are gone with the logon, and with every new list.
 *
 * PR_STATUS_STRING of a row says what came of the last request about it, with STATUS_FAILURE in PR_STATUS_CODE if it failed.
 */
export class HeaderCache {
  readonly #table: TableData;
  readonly #headers = new Map<string, Header>();
  #closed = false;

  /** @param hub carries the notifications of the tables; by default each has its own */
  constructor(hub?: AdviseHub) {
    this.#table = new TableData(PR_ENTRYID, { columns: COLUMNS, ...(hub === undefined ? {} : { hub }) });
  }

  get count(): number {
    this.assertOpen();
    return this.#headers.size;
  }

  /** Takes a new list, in which nothing is marked; what was noted of a message stays while it waits. */
  async replace(headers: readonly WaitingHeader[]): Promise<void> {
    this.assertOpen();
    const former = new Map(this.#headers);
    this.#headers.clear();
    for (const header of headers) {
      const id = toHex(header.entryId);
      this.#headers.set(id, { ...header, status: 0, note: former.get(id)?.note });
    }
    const gone = [...former].filter(([id]) => !this.#headers.has(id)).map(([, header]) => header);
    await this.#table.hrDeleteRows(gone.map(({ entryId }) => prop(PR_ENTRYID, entryId)));
    await this.#table.hrModifyRows([...this.#headers.values()].map(rowOf));
  }

  /** PR_MSG_STATUS. @throws MAPI_E_NOT_FOUND */
  status(entryId: EntryId): number {
    return this.#find(entryId).status;
  }

  /** Changes the bits of `mask` and answers the former value. @throws MAPI_E_NOT_FOUND */
  async setStatus(entryId: EntryId, status: number, mask: number): Promise<number> {
    const header = this.#find(entryId);
    const former = header.status;
    header.status = ((former & ~mask) | (status & mask)) >>> 0;
    if (header.status !== former) await this.#table.hrModifyRow(rowOf(header));
    return former;
  }

  /** What is marked, in the order of the list. */
  marked(): readonly { readonly entryId: EntryId; readonly action: HeaderAction }[] {
    this.assertOpen();
    return [...this.#headers.values()].flatMap(({ entryId, status }) => {
      const action = actionOf(status);
      return action === undefined ? [] : [{ entryId, action }];
    });
  }

  /** Notes what came of a request, to be shown with the next list; undefined if there is nothing to be told. */
  note(entryId: EntryId, note: HeaderNote | undefined): void {
    const header = this.#headers.get(toHex(entryId));
    if (header !== undefined) header.note = note;
  }

  openView(): Promise<IMAPITable> {
    this.assertOpen();
    return this.#table.hrGetView();
  }

  /** At logoff: its folders are of no use any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#table.release();
  }

  /** @throws MAPI_E_INVALID_OBJECT after the logoff */
  assertOpen(): void {
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the transport of the headers was logged off');
  }

  #find(entryId: EntryId): Header {
    this.assertOpen();
    const header = this.#headers.get(toHex(entryId));
    if (header !== undefined) return header;
    throw new MapiError('MAPI_E_NOT_FOUND', 'no message with this identifier waits');
  }
}

function actionOf(status: number): HeaderAction | undefined {
  const downloads = (status & MSGSTATUS_REMOTE_DOWNLOAD) !== 0;
  const deletes = (status & MSGSTATUS_REMOTE_DELETE) !== 0;
  if (downloads) return deletes ? 'move' : 'download';
  return deletes ? 'delete' : undefined;
}

function rowOf({ entryId, columns, status, note }: Header): Row {
  const own = [
    prop(PR_ENTRYID, entryId),
    prop(PR_INSTANCE_KEY, entryId),
    prop(PR_OBJECT_TYPE, MAPI_MESSAGE),
    prop(PR_MSG_STATUS, status),
    prop(PR_STATUS_CODE, note?.failed === true ? STATUS_FAILURE : STATUS_AVAILABLE),
    ...(note === undefined ? [] : [prop(PR_STATUS_STRING, note.text)]),
  ];
  const given = new Set([...own, ...columns].map(({ tag }) => propId(tag)));
  const noTime = { tag: errorTag(PR_MESSAGE_DOWNLOAD_TIME), value: HRESULTS.MAPI_E_NO_SUPPORT };
  return [...own, ...columns, ...(given.has(propId(PR_MESSAGE_DOWNLOAD_TIME)) ? [] : [noTime])];
}
