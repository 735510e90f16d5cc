/** The status table of a session and its two faces. spec: status-tables */
import { utf8Encode } from '@nodemapi/base';
import { type AdviseHub, TableData } from '@nodemapi/kit';
import {
  type EntryId,
  entryIdData,
  type IMAPITable,
  MAPI_AB,
  MAPI_SPOOLER,
  MAPI_STATUS,
  MAPI_SUBSYSTEM,
  MAPI_TRANSPORT_PROVIDER,
  MUID_SUBSYSTEM,
  makeEntryId,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_HEADER_FOLDER_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_OWN_STORE_ENTRYID,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_ROWID,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropTag,
  type PropValue,
  prop,
  propById,
  propId,
  propOf,
  type Row,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_FLUSH_QUEUES,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_FLUSH,
  STATUS_OWN_STORE,
  STATUS_REMOTE_ACCESS,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';

/** MAPI's own rows; a provider's row is named by its section. */
export const SUBSYSTEM_ROW = 'subsystem';
export const SPOOLER_ROW = 'spooler';
export const ADDRESS_BOOK_ROW = 'address book';

const STATUS_COLUMNS: readonly PropTag[] = [
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_ROWID,
  PR_DISPLAY_NAME,
  PR_STATUS_CODE,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_RESOURCE_FLAGS,
  PR_PROVIDER_DLL_NAME,
];
const STATUS_MARK = 'status ';
const HEADERS_MARK = 'headers ';

/** PR_ENTRYID of a status row. */
export function statusEntryId(name: string): EntryId {
  return ownEntryId(STATUS_MARK, name);
}

/** The name of the row that an identifier names; undefined if it names none. */
export function statusRowName(entryId: EntryId): string | undefined {
  return ownEntryName(STATUS_MARK, entryId);
}

/** The name of the row whose header folder an identifier (PR_HEADER_FOLDER_ENTRYID) names; undefined if it names none. */
export function headerFolderRowName(entryId: EntryId): string | undefined {
  return ownEntryName(HEADERS_MARK, entryId);
}

function ownEntryId(mark: string, name: string): EntryId {
  return makeEntryId(MUID_SUBSYSTEM, utf8Encode(`${mark}${name}`));
}

function ownEntryName(mark: string, entryId: EntryId): string | undefined {
  const data = entryIdData(entryId, MUID_SUBSYSTEM);
  const text = data === undefined ? '' : new TextDecoder().decode(data);
  return text.startsWith(mark) ? text.slice(mark.length) : undefined;
}

/**
 * Status rows, live.
 *
 * A member without mail sees another face: no transports, and a spooler that is out of service. spec: mapilogonex
 */
export class StatusTable {
  readonly #rows = new Map<string, Row>();
  /** The columns as they were given, without those that the table makes. */
  readonly #given = new Map<string, readonly PropValue[]>();
  readonly #faces: Readonly<Record<'mail' | 'noMail', TableData>>;
  #nextRowId = 1;

  constructor(hub: AdviseHub) {
    const face = (): TableData => new TableData(PR_INSTANCE_KEY, { columns: STATUS_COLUMNS, hub });
    this.#faces = { mail: face(), noMail: face() };
  }

  /** The rows that every session has. */
  async addOwnRows(profileName: string): Promise<void> {
    await this.set(SUBSYSTEM_ROW, ownRow(profileName, MAPI_SUBSYSTEM, STATUS_VALIDATE_STATE));
    await this.set(SPOOLER_ROW, ownRow('Spooler', MAPI_SPOOLER, STATUS_VALIDATE_STATE | STATUS_FLUSH_QUEUES));
    await this.set(ADDRESS_BOOK_ROW, ownRow('Address book', MAPI_AB, STATUS_VALIDATE_STATE));
  }

  row(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  /** Rows in the order in which they came. */
  rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  names(): readonly string[] {
    return [...this.#rows.keys()];
  }

  /** Replaces a row, or adds it. */
  async set(name: string, columns: readonly PropValue[]): Promise<void> {
    const former = this.#rows.get(name);
    const rowId = former === undefined ? this.#nextRowId++ : (propOf(former, PR_ROWID) ?? 0);
    const entryId = statusEntryId(name);
    const row = merged(withText(columns), [
      prop(PR_ENTRYID, entryId),
      prop(PR_INSTANCE_KEY, entryId),
      prop(PR_OBJECT_TYPE, MAPI_STATUS),
      prop(PR_ROWID, rowId),
      ...(hasHeaders(columns) ? [prop(PR_HEADER_FOLDER_ENTRYID, ownEntryId(HEADERS_MARK, name))] : []),
    ]);
    this.#given.set(name, columns);
    this.#rows.set(name, row);
    await this.#faces.mail.hrModifyRow(row);
    if (propOf(row, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER) return;
    await this.#faces.noMail.hrModifyRow(name === SPOOLER_ROW ? outOfService(row) : row);
  }

  /** Merges columns into a row that is there. */
  async update(name: string, columns: readonly PropValue[]): Promise<void> {
    const given = this.#given.get(name);
    if (given !== undefined) await this.set(name, merged(given, columns));
  }

  async remove(name: string): Promise<void> {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    this.#rows.delete(name);
    this.#given.delete(name);
    const key = prop(PR_INSTANCE_KEY, statusEntryId(name));
    await this.#faces.mail.hrDeleteRow(key);
    if (propOf(row, PR_RESOURCE_TYPE) !== MAPI_TRANSPORT_PROVIDER) await this.#faces.noMail.hrDeleteRow(key);
  }

  openView(face: 'mail' | 'noMail'): Promise<IMAPITable> {
    return this.#faces[face].hrGetView();
  }

  async close(): Promise<void> {
    await this.#faces.mail.release();
    await this.#faces.noMail.release();
  }
}

/**
 * The stores that transports have as their own (STATUS_OWN_STORE), by the section of the transport.
 *
 * spec: pidtagresourceflags, tightly-coupled-message-store-providers
 */
export function coupledTransports(table: StatusTable): ReadonlyMap<string, EntryId> {
  const found = new Map<string, EntryId>();
  for (const name of table.names()) {
    const row = table.row(name) ?? [];
    const isOwner = ((propOf(row, PR_RESOURCE_FLAGS) ?? 0) & STATUS_OWN_STORE) !== 0;
    const storeId = propOf(row, PR_OWN_STORE_ENTRYID);
    const isTransport = propOf(row, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER;
    if (isTransport && isOwner && storeId !== undefined) found.set(name, storeId);
  }
  return found;
}

function ownRow(displayName: string, type: number, methods: number): readonly PropValue[] {
  return [
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_STATUS_CODE, STATUS_AVAILABLE),
    prop(PR_RESOURCE_METHODS, methods),
    prop(PR_RESOURCE_TYPE, type),
    prop(PR_RESOURCE_FLAGS, 0),
    prop(PR_PROVIDER_DLL_NAME, 'nodemapi'),
  ];
}

/** A transport that says nothing of its state gets the usual words for it. spec: pidtagstatusstring */
function withText(columns: readonly PropValue[]): readonly PropValue[] {
  if (propOf(columns, PR_RESOURCE_TYPE) !== MAPI_TRANSPORT_PROVIDER) return columns;
  if ((propOf(columns, PR_STATUS_STRING) ?? '') !== '') return columns;
  const rest = columns.filter(({ tag }) => propId(tag) !== propId(PR_STATUS_STRING));
  return [...rest, prop(PR_STATUS_STRING, statusText(propOf(columns, PR_STATUS_CODE) ?? 0))];
}

/** The first whose bit is set. */
const STATUS_TEXTS: readonly (readonly [bit: number, text: string])[] = [
  [STATUS_FAILURE, 'Failed'],
  [STATUS_OFFLINE, 'Offline'],
  [STATUS_OUTBOUND_FLUSH, 'Delivering all messages'],
  [STATUS_INBOUND_FLUSH, 'Receiving all messages'],
  [STATUS_OUTBOUND_ACTIVE, 'Sending'],
  [STATUS_INBOUND_ACTIVE, 'Receiving'],
  [STATUS_AVAILABLE, 'Available'],
];

function statusText(code: number): string {
  return STATUS_TEXTS.find(([bit]) => (code & bit) !== 0)?.[1] ?? 'Not available';
}

/** Whether the row is of a transport that shows headers. */
function hasHeaders(columns: readonly PropValue[]): boolean {
  const isTransport = propOf(columns, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER;
  return isTransport && ((propOf(columns, PR_STATUS_CODE) ?? 0) & STATUS_REMOTE_ACCESS) !== 0;
}

function outOfService(row: Row): Row {
  return merged(row, [prop(PR_STATUS_CODE, STATUS_FAILURE)]);
}

/** The columns of both, the second's where they have one in common. */
function merged(columns: readonly PropValue[], over: readonly PropValue[]): Row {
  return [...columns.filter(({ tag }) => propById(over, propId(tag)) === undefined), ...over];
}
