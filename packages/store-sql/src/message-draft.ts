import { MapiError } from '@nodemapi/base';
import { decodeProps, type RecipientList } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  laidOver,
  MSGFLAG_SUBMIT,
  PR_MESSAGE_FLAGS,
  type PropValue,
} from '@nodemapi/mapi';
import { type Database, type SqlRow, sql } from '@nodemapi/sqlite';
import { ContentProps } from './content-props.ts';
import { BAG_COLUMNS, type BagSizes, bagOfRow, bagSizes } from './message-bag.ts';
import { MESSAGE_COLUMNS, valueOfCell } from './message-columns.ts';
import { standingRows } from './outgoing-recipients.ts';

/** An attachment of an open message, as the message will save it. */
export interface AttachmentDraft {
  readonly number: number;
  /** Its row; undefined before the first save of the message. */
  readonly row: number | undefined;
  readonly size: number;
  readonly props: ContentProps;
  /** The message in it; 'stored' while nobody has changed the saved one. */
  readonly embedded: MessageDraft | 'stored' | undefined;
  /** Whether the next save of the message writes it. */
  readonly changed: boolean;
}

/** What the rows of a saved message hold; a save writes only what differs from it. */
export interface StoredMessage {
  readonly props: ContentProps;
  readonly bagSizes: BagSizes;
  readonly recipients: AdrList;
  /** From rows of the draft that show where their recipient stands to those that are stored. */
  readonly raw: ReadonlyMap<AdrEntry, AdrEntry>;
  readonly attachments: ReadonlySet<number>;
}

/** What an open message holds: a snapshot, and the changes that wait for the next save. */
export interface MessageDraft {
  /** Its row; undefined before the first save. */
  readonly row: number | undefined;
  /** Counts the saves; two writers of one message find each other by it. */
  readonly revision: number;
  /** The message as it was read, or saved last; undefined before the first save. */
  readonly stored: StoredMessage | undefined;
  readonly associated: boolean;
  readonly props: ContentProps;
  recipients: RecipientList;
  readonly attachments: Map<number, AttachmentDraft>;
  nextAttachment: number;
}

/** A message that was just made. */
export function newDraft(flags: number, associated: boolean): MessageDraft {
  const props = new ContentProps();
  props.set(PR_MESSAGE_FLAGS, flags);
  return {
    row: undefined,
    revision: 0,
    stored: undefined,
    associated,
    props,
    recipients: { rows: [], nextRowId: 0 },
    attachments: new Map(),
    nextAttachment: 0,
  };
}

/** A saved message as it is now. @throws MAPI_E_NOT_FOUND */
export function loadDraft(db: Database, row: number): MessageDraft {
  return loadPlaced(db, row).draft;
}

/** A saved message with the folder that it lies in; undefined: in an attachment. @throws MAPI_E_NOT_FOUND */
export function loadPlaced(
  db: Database,
  row: number,
): { readonly draft: MessageDraft; readonly folder: number | undefined } {
  const found = db.get(sql`SELECT m.*, ${BAG_COLUMNS} FROM message m WHERE m.id = ${row}`, { bigints: true });
  if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `message ${row} is not there`);
  const props = bagOfRow(found);
  if (props === undefined) throw new MapiError('MAPI_E_CORRUPT_STORE', `message ${row} has no properties`);
  for (const { tag, value } of columnProps(found)) props.set(tag, value as never);
  const attachments = Number(found.has_attach) === 0 ? new Map<number, never>() : loadAttachments(db, row);
  const recipients = loadRecipients(db, row);
  const isQueued = (Number(found.flags) & MSGFLAG_SUBMIT) !== 0;
  const shown = isQueued ? standingRows(db, row, recipients) : laidOver(recipients, new Map());
  const draft = {
    row,
    revision: Number(found.revision),
    stored: {
      ...{ props: props.clone(), bagSizes: bagSizes(found), recipients, raw: shown.raw },
      attachments: new Set(attachments.keys()),
    },
    associated: Number(found.associated) !== 0,
    props,
    recipients: { rows: shown.rows, nextRowId: Number(found.next_row_id) },
    attachments,
    nextAttachment: Math.max(-1, ...attachments.keys()) + 1,
  };
  return { draft, folder: found.folder === null ? undefined : Number(found.folder) };
}

function columnProps(found: SqlRow): PropValue[] {
  return MESSAGE_COLUMNS.flatMap(({ tag, name }) => valueOfCell(tag, found[name]) ?? []);
}

/** Recipients in their order. */
export function loadRecipients(db: Database, message: number): (readonly PropValue[])[] {
  return db
    .all<{ props: Uint8Array }>(sql`SELECT props FROM recipient WHERE message = ${message} ORDER BY position`)
    .map(({ props }) => decodeProps(props).props);
}

interface AttachmentRow {
  readonly id: number;
  readonly number: number;
  readonly size: number;
  readonly props: Uint8Array;
  readonly embedded: number | null;
}

function loadAttachments(db: Database, message: number): Map<number, AttachmentDraft> {
  const rows = db.all<AttachmentRow>(sql`SELECT a.id, a.number, a.size, a.props, e.id AS embedded
    FROM attachment a LEFT JOIN message e ON e.attachment = a.id WHERE a.message = ${message} ORDER BY a.number`);
  return new Map(
    rows.map(({ id, number, size, props, embedded }) => [
      number,
      {
        number,
        row: id,
        size,
        props: new ContentProps(decodeProps(props)),
        embedded: embedded === null ? undefined : 'stored',
        changed: false,
      },
    ]),
  );
}

/** The message in a saved attachment. @throws MAPI_E_NOT_FOUND */
export function loadEmbedded(db: Database, attachment: number): MessageDraft {
  const found = db.get<{ id: number }>(sql`SELECT id FROM message WHERE attachment = ${attachment}`);
  if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no message in attachment ${attachment}`);
  return loadDraft(db, found.id);
}

/** A copy of a draft that its holder may change. */
export function cloneDraft(draft: MessageDraft): MessageDraft {
  return { ...draft, props: draft.props.clone(), attachments: new Map(draft.attachments) };
}
