/** Messages as rows of tables: which rows, what can be read of them in SQL, and what of the rest. */
import { type PropSource, rowSource } from '@nodemapi/kit';
import {
  HRESULTS,
  MAPI_MESSAGE,
  PR_ATTACH_NUM,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MESSAGE_ATTACHMENTS,
  PR_RECORD_KEY,
  type PropTag,
  type PropValue,
  prop,
  propError,
  propId,
} from '@nodemapi/mapi';
import { join, type Query, raw, type SqlRow, sql } from '@nodemapi/sqlite';
import { ContentProps } from './content-props.ts';
import type { JournalRow } from './journal.ts';
import { BAG_COLUMNS, bagColumnsOf, bagOfRow } from './message-bag.ts';
import { MESSAGE_COLUMNS, messageColumn, valueOfCell } from './message-columns.ts';
import { loadDraft, loadRecipients } from './message-draft.ts';
import { accessLevel, messageIdentity } from './message-props.ts';
import type { SqlProperties, SqlProperty } from './restriction-sql.ts';
import type { StoreContext } from './store-context.ts';
import { instanceKey } from './store-ids.ts';

/** A column of a table that is none of `message`. */
export interface ExtraColumn {
  readonly tag: PropTag;
  /** Its name in the result. */
  readonly name: string;
  readonly expression: string;
}

/** The rows of one table of messages. In all queries `m` is the message. */
export interface MessageRowsOptions {
  readonly from: Query;
  readonly where: Query;
  /** The order that the table has by itself. */
  readonly ownOrder: Query;
  readonly columns: readonly PropTag[];
  readonly extra?: readonly ExtraColumn[];
  /** What a row shows where the message has nothing. */
  readonly defaults?: readonly PropValue[];
  /** Whether a change can concern the table. */
  readonly touches: (row: JournalRow) => boolean;
  /** Whether a change replaces all rows at once. */
  readonly renews?: (row: JournalRow) => boolean;
  /** Whether a change says that its message was not in the table before; undefined where nobody can tell. */
  readonly isNew?: (row: JournalRow) => boolean;
}

/** What names a message. */
const KEYS: readonly PropTag[] = [PR_ENTRYID, PR_RECORD_KEY, PR_INSTANCE_KEY];
/** The same of a row, which nothing else of the message is needed for. */
function keyOf(context: StoreContext, tag: PropTag, row: SqlRow): PropValue | undefined {
  if (!KEYS.includes(tag)) return undefined;
  const id = { type: MAPI_MESSAGE, number: Number(row.id) } as const;
  if (tag === PR_ENTRYID) return { tag, value: context.entryId(id) };
  return { tag, value: tag === PR_RECORD_KEY ? context.recordKey(id) : instanceKey(id) };
}

/** Messages that are looked into for the columns that a table can have. */
const sampledRows = 100;
const NO_BAG = new ContentProps();

export class MessageRows implements SqlProperties {
  readonly context: StoreContext;
  readonly options: MessageRowsOptions;
  readonly #extra: ReadonlyMap<number, ExtraColumn>;
  readonly #defaults: PropSource;
  readonly #identityIds: ReadonlySet<number>;

  constructor(context: StoreContext, options: MessageRowsOptions) {
    this.context = context;
    this.options = options;
    this.#extra = new Map((options.extra ?? []).map((column) => [propId(column.tag), column]));
    this.#defaults = rowSource(options.defaults ?? []);
    this.#identityIds = new Set([...messageIdentity(context, 0, 0), accessLevel(false)].map(({ tag }) => propId(tag)));
  }

  /** Every column that can be had: what has a column of its own, and what the first messages have besides. */
  allColumns(): readonly PropTag[] {
    const { from, where } = this.options;
    const first = this.context.file.db.all(sql`SELECT ${BAG_COLUMNS} FROM ${from} WHERE ${where} LIMIT ${sampledRows}`);
    const known = [
      ...first.flatMap((row) => bagOfRow(row)?.tags() ?? []),
      ...this.options.columns,
      ...messageIdentity(this.context, 0, 0).map(({ tag }) => tag),
      ...MESSAGE_COLUMNS.map(({ tag }) => tag),
      ...[...this.#extra.values()].map(({ tag }) => tag),
    ];
    return [...new Map(known.map((tag) => [propId(tag), tag])).values()];
  }

  /** A property as SQL reads it. */
  property(tag: PropTag): SqlProperty | undefined {
    const extra = this.#extra.get(propId(tag));
    if (extra !== undefined) return { tag: extra.tag, expression: raw(extra.expression) };
    const column = messageColumn(tag);
    if (column === undefined) return undefined;
    const fallback = this.#defaults(column.tag)?.value;
    const expression = raw(`m.${column.name}`);
    if (fallback === undefined) return { tag: column.tag, expression };
    return { tag: column.tag, expression: sql`coalesce(${expression}, ${fallback as string | number})` };
  }

  /** Condition for the message that PR_ENTRYID, PR_RECORD_KEY or PR_INSTANCE_KEY names. */
  keyCondition(tag: PropTag, value: unknown): Query | undefined {
    if (!KEYS.includes(tag)) return undefined;
    const message = this.messageOfKey(tag, value);
    return message === undefined ? sql`0` : sql`m.id = ${message}`;
  }

  /** What has to be selected to read these properties. */
  selection(tags: readonly PropTag[]): Query {
    const names = new Set(['m.id AS id']);
    for (const tag of tags) {
      if (this.#identityIds.has(propId(tag)) && !KEYS.includes(tag)) names.add('m.folder AS folder');
      const extra = this.#extra.get(propId(tag));
      const column = messageColumn(tag);
      if (extra !== undefined) names.add(`${extra.expression} AS ${extra.name}`);
      else if (column !== undefined) names.add(`m.${column.name} AS ${column.name}`);
      if (extra === undefined && !this.#identityIds.has(propId(tag))) {
        if (column === undefined) for (const name of bagColumnsOf(tag)) names.add(name);
      }
    }
    return join([...names].map((name) => raw(name)));
  }

  /** The properties of a row that was selected for them, with bigints. */
  source(row: SqlRow): PropSource {
    let identity: PropSource | undefined;
    let bag: ContentProps | undefined;
    return (tag) => {
      const id = propId(tag);
      const key = keyOf(this.context, tag, row);
      if (key !== undefined) return key;
      if (this.#identityIds.has(id)) {
        identity ??= rowSource([
          ...messageIdentity(this.context, Number(row.id), Number(row.folder)),
          accessLevel(false),
        ]);
        return identity(tag);
      }
      const column = this.#extra.get(id) ?? messageColumn(tag);
      const found = column === undefined ? undefined : valueOfCell(column.tag, row[column.name]);
      if (found !== undefined) return found;
      bag ??= bagOfRow(row) ?? NO_BAG;
      return bag.entry(tag) ?? this.#defaults(tag);
    };
  }

  /** The rows of a message's own tables, for restrictions on them. */
  subRows(message: number): (subobject: PropTag) => Iterable<PropSource> {
    const { db } = this.context.file;
    return (subobject) => {
      if (propId(subobject) !== propId(PR_MESSAGE_ATTACHMENTS)) return loadRecipients(db, message).map(rowSource);
      return [...loadDraft(db, message).attachments.values()].map(({ number, props }) =>
        rowSource([
          prop(PR_ATTACH_NUM, number),
          ...props.values,
          ...props.references.map(({ tag }) => propError(tag, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY)),
        ]),
      );
    };
  }

  /** The message that the key of a row names; undefined for a key of no message. */
  messageOfKey(tag: PropTag, value: unknown): number | undefined {
    if (!(value instanceof Uint8Array) || value.length < 9) return undefined;
    const number = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(value.length - 8, true));
    const names = rowSource(messageIdentity(this.context, number, 0));
    const own = KEYS.includes(tag) ? names(tag)?.value : undefined;
    return own instanceof Uint8Array && Buffer.compare(own, value) === 0 ? number : undefined;
  }
}
