/**
 * How an open message becomes rows. Everything here runs inside a write of the database and changes nothing else: the
 * drafts stay as they are, so that a save that fails can be repeated.
 */
import { bytesEqual, type FileTime, guidToBytes, MapiError, newGuid, type Random } from '@nodemapi/base';
import { encodeProps, propsOfSave, streamBytes, type ValueReference, valueBytes } from '@nodemapi/kit';
import {
  type AdrList,
  PR_ATTACH_NUM,
  PR_CREATION_TIME,
  PR_HASATTACH,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  type PropValue,
} from '@nodemapi/mapi';
import { type Database, join, Query, raw, type SqlValue, sql, values } from '@nodemapi/sqlite';
import { type ContentProps, isLarge } from './content-props.ts';
import { cellOfValue, MESSAGE_COLUMNS, type MessageColumn, messageColumn } from './message-columns.ts';
import { type AttachmentDraft, loadDraft, loadEmbedded, type MessageDraft } from './message-draft.ts';
import { copyValue, createValueOf, keepValues } from './value-rows.ts';

/** What a save needs besides the message. */
export interface SaveContext {
  readonly db: Database;
  readonly random: Random;
  readonly now: FileTime;
  /** Whose values are not saved yet. */
  readonly owner: string;
}

/** Where a message lies: in a folder, or in an attachment. */
export type Place = { readonly folder: number } | { readonly attachment: number };

/** A message as a save has left it. */
export interface SavedMessage {
  readonly row: number;
  /** What reading it would give; undefined where it has to be read for that. */
  readonly draft: MessageDraft | undefined;
}

/**
 * Writes a message with its recipients and attachments. `flags` are its new PR_MESSAGE_FLAGS.
 *
 * @param place of a new message
 * @param moveTo folder that a message which is not new goes to, if it does
 */
export function saveDraft(
  context: SaveContext,
  draft: MessageDraft,
  place: Place,
  flags: number,
  moveTo?: number,
): SavedMessage {
  const { db } = context;
  const props = completed(context, draft, flags);
  const { bag, references } = stored(context, props, true);
  const size = bag.length + bytesOf(references) + recipientBytes(draft.recipients.rows) + attachmentBytes(draft);
  props.set(PR_MESSAGE_SIZE, Math.min(size, 0x7fff_ffff));
  const row =
    draft.row === undefined ? insert(db, draft, place, props, bag) : update(db, draft.row, draft, props, bag, moveTo);
  const isNew = draft.row === undefined;
  keepValues(db, { message: row }, references, isNew);
  if (!isNew && draft.recipientsChanged) db.run(sql`DELETE FROM recipient WHERE message = ${row}`);
  if (draft.recipientsChanged || isNew) insertRecipients(db, row, draft.recipients.rows);
  saveAttachments(context, row, draft);
  const isKnown = !isNew && references.length === 0 && draft.attachments.size === 0;
  const saved = { ...draft, revision: draft.revision + 1, props, recipientsChanged: false };
  return { row, draft: isKnown ? saved : undefined };
}

/** The properties as this save leaves them, PR_MESSAGE_SIZE apart. */
function completed(context: SaveContext, draft: MessageDraft, flags: number): ContentProps {
  const props = draft.props.clone();
  const { set, remove } = propsOfSave((tag) => props.get(tag), draft.recipients.rows);
  for (const { tag, value } of set) props.set(tag, value);
  for (const tag of remove) props.delete(tag);
  props.set(PR_MESSAGE_FLAGS, flags);
  props.set(PR_HASATTACH, draft.attachments.size > 0);
  props.set(PR_LAST_MODIFICATION_TIME, context.now);
  if (props.get(PR_CREATION_TIME) === undefined) props.set(PR_CREATION_TIME, context.now);
  if (props.get(PR_SEARCH_KEY) === undefined) props.set(PR_SEARCH_KEY, guidToBytes(newGuid(context.random)));
  return props;
}

/** The bytes of the `props` column; what is too large for it goes into rows of its own. */
function stored(
  { db, owner }: SaveContext,
  props: ContentProps,
  columns: boolean,
): { readonly bag: Uint8Array; readonly references: readonly ValueReference[] } {
  const small: PropValue[] = [];
  const references: ValueReference[] = [...props.references];
  for (const entry of props.values) {
    if (columns && messageColumn(entry.tag)?.tag === entry.tag) continue;
    if (isLarge(entry)) {
      const bytes = streamBytes(entry.tag, entry.value);
      references.push({ tag: entry.tag, value: createValueOf(db, owner, bytes), size: bytes.length });
    } else {
      small.push(entry);
    }
  }
  return { bag: encodeProps(small, references), references };
}

const WRITTEN_COLUMNS = MESSAGE_COLUMNS.filter(({ name }) => name !== 'status');

const COLUMN_NAMES = join(WRITTEN_COLUMNS.map(({ name }) => raw(name)));

/** Columns with an index: they are written only if they change, since the index would be written with them. */
const INDEXED: ReadonlySet<string> = new Set(['delivered', 'search_key', 'internet_id']);
const INDEXED_COLUMNS = WRITTEN_COLUMNS.filter(({ name }) => INDEXED.has(name));
const OTHER_COLUMNS = WRITTEN_COLUMNS.filter(({ name }) => !INDEXED.has(name));
const OTHER_SETS = OTHER_COLUMNS.map(({ name }) => `${name} = ?`).join(', ');

function insert(db: Database, draft: MessageDraft, place: Place, props: ContentProps, bag: Uint8Array): number {
  const folder = 'folder' in place ? place.folder : null;
  const attachment = 'attachment' in place ? place.attachment : null;
  return db.run(sql`INSERT INTO message (folder, attachment, associated, next_row_id, props, ${COLUMN_NAMES})
    VALUES (${folder}, ${attachment}, ${Number(draft.associated)}, ${draft.recipients.nextRowId}, ${bag},
    ${values(cells(props, WRITTEN_COLUMNS))})`).lastId;
}

function update(
  db: Database,
  row: number,
  draft: MessageDraft,
  props: ContentProps,
  bag: Uint8Array,
  moveTo: number | undefined,
): number {
  const before = db.get(sql`SELECT delivered, search_key, internet_id FROM message WHERE id = ${row}`, {
    bigints: true,
  });
  if (before === undefined) throw new MapiError('MAPI_E_OBJECT_DELETED', `message ${row} was deleted`);
  const sets = [new Query(OTHER_SETS, cells(props, OTHER_COLUMNS))];
  for (const { tag, name } of INDEXED_COLUMNS) {
    const cell = cellOfValue(props.get(tag));
    if (!isSameCell(cell, before[name])) sets.push(sql`${raw(name)} = ${cell}`);
  }
  if (moveTo !== undefined) sets.push(sql`folder = ${moveTo}`);
  db.run(sql`UPDATE message SET revision = revision + 1, next_row_id = ${draft.recipients.nextRowId},
    props = ${bag}, ${join(sets)} WHERE id = ${row}`);
  return row;
}

function cells(props: ContentProps, columns: readonly MessageColumn[]): SqlValue[] {
  return columns.map(({ tag }) => cellOfValue(props.get(tag)));
}

function isSameCell(a: SqlValue, b: SqlValue | undefined): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? bytesEqual(a, b) : a === b;
}

function insertRecipients(db: Database, message: number, rows: AdrList): void {
  for (const [position, row] of rows.entries()) {
    db.run(sql`INSERT INTO recipient (message, position, props) VALUES (${message}, ${position}, ${encodeProps(row)})`);
  }
}

function saveAttachments(context: SaveContext, message: number, draft: MessageDraft): void {
  const { db } = context;
  const kept = values([...draft.attachments.keys()]);
  if (draft.row !== undefined) {
    db.run(sql`DELETE FROM attachment WHERE message = ${message} AND number NOT IN (${kept})`);
  }
  for (const attachment of draft.attachments.values()) {
    if (attachment.changed || attachment.row === undefined) saveAttachment(context, message, attachment);
  }
}

function saveAttachment(context: SaveContext, message: number, attachment: AttachmentDraft): void {
  const { db } = context;
  const props = attachment.props.clone();
  props.delete(PR_ATTACH_NUM);
  const { bag, references } = stored(context, props, false);
  const { number, embedded } = attachment;
  const size = bag.length + bytesOf(references);
  db.run(sql`INSERT INTO attachment (message, number, size, props) VALUES (${message}, ${number}, ${size}, ${bag})
    ON CONFLICT (message, number) DO UPDATE SET size = excluded.size, props = excluded.props`);
  const found = db.get<{ id: number }>(
    sql`SELECT id FROM attachment WHERE message = ${message} AND number = ${number}`,
  );
  if (found === undefined) throw new MapiError('MAPI_E_CORRUPT_STORE', `attachment ${number} of ${message} is gone`);
  keepValues(db, { attachment: found.id }, references, false);
  if (embedded === undefined) db.run(sql`DELETE FROM message WHERE attachment = ${found.id}`);
  else if (embedded !== 'stored') saveEmbedded(context, found.id, embedded);
}

function saveEmbedded(context: SaveContext, attachment: number, draft: MessageDraft): void {
  const { db } = context;
  db.run(sql`DELETE FROM message WHERE attachment = ${attachment} AND id IS NOT ${draft.row ?? null}`);
  const { row } = saveDraft(context, draft, { attachment }, draft.props.get(PR_MESSAGE_FLAGS) ?? 0);
  db.run(
    sql`UPDATE attachment SET size = size + (SELECT size FROM message WHERE id = ${row}) WHERE id = ${attachment}`,
  );
}

/**
 * Makes a copy of a saved message in a folder, with values of its own; answers its row. PR_SEARCH_KEY stays the same,
 * PR_MSG_STATUS does not come along.
 */
export function copyMessage(
  context: SaveContext,
  row: number,
  folder: number,
  flags: (flags: number) => number,
): number {
  const draft = detached(context, loadDraft(context.db, row));
  return saveDraft(context, draft, { folder }, flags(draft.props.get(PR_MESSAGE_FLAGS) ?? 0)).row;
}

/** The message as if it had never been saved, with copies of its large values. */
function detached(context: SaveContext, draft: MessageDraft): MessageDraft {
  const attachments = [...draft.attachments.values()].map((attachment): AttachmentDraft => {
    const props = withOwnValues(context, attachment.props);
    props.set(PR_RECORD_KEY, guidToBytes(newGuid(context.random)));
    const embedded = attachment.embedded === 'stored' ? loadEmbedded(context.db, attachment.row ?? 0) : undefined;
    return {
      ...attachment,
      row: undefined,
      props,
      embedded: embedded === undefined ? undefined : detached(context, embedded),
      changed: true,
    };
  });
  return {
    ...draft,
    row: undefined,
    props: withOwnValues(context, draft.props),
    attachments: new Map(attachments.map((attachment) => [attachment.number, attachment])),
  };
}

function withOwnValues({ db, owner }: SaveContext, props: ContentProps): ContentProps {
  const own = props.clone();
  for (const { tag, value, size } of props.references) own.refer({ tag, size, value: copyValue(db, owner, value) });
  return own;
}

function bytesOf(references: readonly ValueReference[]): number {
  return references.reduce((sum, { size }) => sum + size, 0);
}

function recipientBytes(rows: AdrList): number {
  let sum = 0;
  for (const row of rows) for (const { tag, value } of row) sum += 4 + valueBytes(value, tag & 0xffff);
  return sum;
}

function attachmentBytes({ attachments }: MessageDraft): number {
  return [...attachments.values()].reduce((sum, { size }) => sum + size, 0);
}
