/**
 * How an open message becomes rows. Everything here runs inside a write of the database and changes nothing else: the
 * drafts stay as they are, so that a save that fails can be repeated.
 */
import {
  bytesEqual,
  type FileTime,
  fileTimeToMs,
  guidToBytes,
  MapiError,
  newGuid,
  type Random,
  timedBytes,
} from '@nodemapi/base';
import {
  breaksTextSync,
  encodeProps,
  propsOfSave,
  streamBytes,
  type ValueLookup,
  type ValueReference,
  valueBytes,
} from '@nodemapi/kit';
import {
  type AdrList,
  MSGFLAG_SUBMIT,
  PR_ATTACH_NUM,
  PR_CREATION_TIME,
  PR_HASATTACH,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_RECORD_KEY,
  PR_RTF_IN_SYNC,
  PR_SEARCH_KEY,
  type PropValue,
} from '@nodemapi/mapi';
import { type Database, join, Query, raw, type SqlValue, sql, values } from '@nodemapi/sqlite';
import { type ContentProps, isLarge } from './content-props.ts';
import { type BagRows, type BagSizes, bagRows, isInBag, writeBag } from './message-bag.ts';
import { cellOfValue, MESSAGE_COLUMNS, type MessageColumn } from './message-columns.ts';
import { type AttachmentDraft, loadDraft, loadEmbedded, type MessageDraft } from './message-draft.ts';
import { dropStandings } from './outgoing-recipients.ts';
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
  const bag = bagOf(context, draft, props);
  const { recipients, attachments } = draft;
  const { rows } = recipients;
  const { short, long } = bag.sizes;
  const size = short + long + bytesOf(bag.references) + recipientBytes(rows) + attachmentBytes(draft);
  props.set(PR_MESSAGE_SIZE, Math.min(size, 0x7fff_ffff));
  const row = draft.row === undefined ? insert(db, draft, place, props) : update(db, draft.row, draft, props, moveTo);
  writeBag(db, row, bag);
  const refers = bag.references.length > 0 || draft.stored === undefined || draft.stored.props.references.length > 0;
  if (refers && bag.short !== undefined) keepValues(db, { message: row }, bag.references, draft.row === undefined);
  const written = saveRows(db, row, draft);
  saveAttachments(context, row, draft);
  if (draft.row === undefined || bag.references.length > 0 || attachments.size > 0) return { row, draft: undefined };
  const raw = draft.stored?.raw ?? new Map();
  const stored = { props: props.clone(), bagSizes: bag.sizes, recipients: written, raw, attachments: NO_ATTACHMENTS };
  return { row, draft: { ...draft, revision: draft.revision + 1, stored, props } };
}

const NO_ATTACHMENTS: ReadonlySet<number> = new Set();
const SEARCH_KEY_BYTES = 16;

/** The properties as this save leaves them, PR_MESSAGE_SIZE apart. */
function completed(context: SaveContext, draft: MessageDraft, flags: number): ContentProps {
  const props = draft.props.clone();
  const { set, remove } = propsOfSave((tag) => props.get(tag), draft.recipients.rows);
  for (const { tag, value } of set) props.set(tag, value);
  for (const tag of remove) props.delete(tag);
  const former = draft.stored?.props;
  if (breaksTextSync(former && lookup(former), lookup(props))) props.delete(PR_RTF_IN_SYNC);
  props.set(PR_MESSAGE_FLAGS, flags);
  props.set(PR_HASATTACH, draft.attachments.size > 0);
  props.set(PR_LAST_MODIFICATION_TIME, context.now);
  if (props.get(PR_CREATION_TIME) === undefined) props.set(PR_CREATION_TIME, context.now);
  if (props.get(PR_SEARCH_KEY) === undefined) props.set(PR_SEARCH_KEY, newSearchKey(context));
  return props;
}

/** The keys of messages that are made one after the other are neighbours in their index. */
function newSearchKey({ now, random }: SaveContext): Uint8Array {
  return timedBytes(fileTimeToMs(now), random, SEARCH_KEY_BYTES);
}

/** A value, or the number under which a large one is kept. */
function lookup(props: ContentProps): ValueLookup {
  return (tag) => props.get(tag) ?? props.reference(tag)?.value;
}

/** The properties that are in no column, and what of them has to be written. */
interface Bag extends BagRows {
  readonly sizes: BagSizes;
  readonly references: readonly ValueReference[];
}

function bagOf(context: SaveContext, draft: MessageDraft, props: ContentProps): Bag {
  const { small, references } = withoutLarge(context, props.values.filter(isInBag), props.references);
  const { stored } = draft;
  const rows = bagRows(small, references, stored?.props, draft.row === undefined);
  const short = rows.short?.length ?? stored?.bagSizes.short ?? 0;
  return { ...rows, references, sizes: { short, long: rows.long?.length ?? stored?.bagSizes.long ?? 0 } };
}

/** What is too large to lie among the others goes into rows of its own. */
function withoutLarge(
  { db, owner }: SaveContext,
  entries: readonly PropValue[],
  known: readonly ValueReference[],
): { readonly small: readonly PropValue[]; readonly references: readonly ValueReference[] } {
  if (!entries.some(isLarge)) return { small: entries, references: known };
  const made = entries.filter(isLarge).map(({ tag, value }): ValueReference => {
    const bytes = streamBytes(tag, value);
    return { tag, value: createValueOf(db, owner, bytes), size: bytes.length };
  });
  return { small: entries.filter((entry) => !isLarge(entry)), references: [...known, ...made] };
}

const WRITTEN_COLUMNS = MESSAGE_COLUMNS.filter(({ name }) => name !== 'status');

const COLUMN_NAMES = join(WRITTEN_COLUMNS.map(({ name }) => raw(name)));

/** What others may have changed without a new revision of the message. */
const SHARED: ReadonlySet<string> = new Set(['flags']);

function insert(db: Database, draft: MessageDraft, place: Place, props: ContentProps): number {
  const folder = 'folder' in place ? place.folder : null;
  const attachment = 'attachment' in place ? place.attachment : null;
  return db.run(sql`INSERT INTO message (folder, attachment, associated, next_row_id, ${COLUMN_NAMES})
    VALUES (${folder}, ${attachment}, ${Number(draft.associated)}, ${draft.recipients.nextRowId},
    ${values(cells(props, WRITTEN_COLUMNS))})`).lastId;
}

/** Writes the columns that differ from what is stored: each index of a column would be written with it. */
function update(
  db: Database,
  row: number,
  draft: MessageDraft,
  props: ContentProps,
  moveTo: number | undefined,
): number {
  const sets = WRITTEN_COLUMNS.flatMap(({ tag, name }) => {
    if (!SHARED.has(name) && draft.stored !== undefined && props.entry(tag) === draft.stored.props.entry(tag))
      return [];
    const cell = cellOfValue(props.get(tag));
    const isSame = draft.stored !== undefined && isSameCell(cell, cellOfValue(draft.stored.props.get(tag)));
    return isSame && !SHARED.has(name) ? [] : [new Query(`${name} = ?`, [cell])];
  });
  if (moveTo !== undefined) sets.push(sql`folder = ${moveTo}`);
  const { changes } = db.run(sql`UPDATE message SET revision = revision + 1,
    next_row_id = ${draft.recipients.nextRowId}, ${join(sets)} WHERE id = ${row}`);
  if (changes === 0) throw new MapiError('MAPI_E_OBJECT_DELETED', `message ${row} was deleted`);
  return row;
}

function cells(props: ContentProps, columns: readonly MessageColumn[]): SqlValue[] {
  return columns.map(({ tag }) => cellOfValue(props.get(tag)));
}

function isSameCell(a: SqlValue, b: SqlValue): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? bytesEqual(a, b) : a === b;
}

/** Writes the recipients, each without what lies over it; answers the rows as they are stored. */
function saveRows(db: Database, message: number, draft: MessageDraft): AdrList {
  const { stored, recipients } = draft;
  const rows = recipients.rows.map((row) => stored?.raw.get(row) ?? row);
  saveRecipients(db, message, rows, draft.row === undefined ? [] : stored?.recipients);
  const wasQueued = ((draft.props.get(PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_SUBMIT) !== 0;
  if (!wasQueued || draft.row === undefined) return rows;
  const before = new Set(stored?.recipients);
  dropStandings(
    db,
    message,
    rows.filter((row) => !before.has(row)),
  );
  return rows;
}

/** Writes the rows of the recipients that differ. @param stored as the rows are; undefined where nobody knows */
export function saveRecipients(db: Database, message: number, rows: AdrList, stored: AdrList | undefined): void {
  if (stored === undefined || stored.length > rows.length) {
    const first = stored === undefined ? 0 : rows.length;
    db.run(sql`DELETE FROM recipient WHERE message = ${message} AND position >= ${first}`);
  }
  for (const [position, row] of rows.entries()) {
    if (row === stored?.[position]) continue;
    db.run(sql`INSERT INTO recipient (message, position, props) VALUES (${message}, ${position}, ${encodeProps(row)})
      ON CONFLICT (message, position) DO UPDATE SET props = excluded.props`);
  }
}

function saveAttachments(context: SaveContext, message: number, draft: MessageDraft): void {
  const { db } = context;
  const { attachments, stored } = draft;
  const gone = [...(stored?.attachments ?? [])].some((number) => !attachments.has(number));
  if (draft.row !== undefined && (stored === undefined || gone)) {
    const kept = values([...attachments.keys()]);
    db.run(sql`DELETE FROM attachment WHERE message = ${message} AND number NOT IN (${kept})`);
  }
  for (const attachment of attachments.values()) {
    if (attachment.changed || attachment.row === undefined) saveAttachment(context, message, attachment);
  }
}

function saveAttachment(context: SaveContext, message: number, attachment: AttachmentDraft): void {
  const { db } = context;
  const props = attachment.props.clone();
  props.delete(PR_ATTACH_NUM);
  const { small, references } = withoutLarge(context, props.values, props.references);
  const bytes = encodeProps(small, references);
  const { number, embedded } = attachment;
  const size = bytes.length + bytesOf(references);
  db.run(sql`INSERT INTO attachment (message, number, size, props) VALUES (${message}, ${number}, ${size}, ${bytes})
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
  const whole = { ...draft, stored: undefined }; // the parent may have saved it since it was read
  const { row } = saveDraft(context, whole, { attachment }, draft.props.get(PR_MESSAGE_FLAGS) ?? 0);
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
    stored: undefined,
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
