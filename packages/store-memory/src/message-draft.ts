/** A message as somebody is writing it: properties, recipients and attachments, with the tables over them. */

import { ByteWriter, type Random, toHex } from '@nodemapi/base';
import {
  ATTACHMENT_COLUMNS,
  breaksTextSync,
  MemoryRows,
  modifiedRecipients,
  PropBag,
  type PropBagOptions,
  propsOfSave,
  RECIPIENT_COLUMNS,
  type RecipientList,
  rowIdOf,
} from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  MAPI_ATTACH,
  MapiError,
  type ModifyRecipientsMode,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_NUM,
  PR_ATTACH_SIZE,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_RTF_IN_SYNC,
  PR_SEARCH_KEY,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type Row,
} from '@nodemapi/mapi';
import { type AttachmentContent, EMPTY_CONTENT, type MessageContent, mapOf, sizeOfAttachment } from './content.ts';

/** Attachments of one message; more are refused with MAPI_E_TOO_BIG. */
export const attachmentsMax = 10_000;

const SEARCH_KEY_BYTES = 16;

export class MessageDraft {
  bag: PropBag;
  #recipients: RecipientList;
  #attachments: readonly AttachmentContent[];
  #nextAttachNum: number;
  #recipientRows: MemoryRows | undefined;
  /** As it was saved last; undefined before the first save. */
  #saved: MessageContent['props'] | undefined;
  #attachmentRows: MemoryRows | undefined;

  constructor(content: MessageContent, options: PropBagOptions) {
    this.bag = new PropBag(content.props.values(), options);
    this.#recipients = content.recipients;
    this.#attachments = content.attachments;
    this.#nextAttachNum = content.nextAttachNum;
    if (content !== EMPTY_CONTENT) this.#saved = content.props;
  }

  get recipients(): AdrList {
    return this.#recipients.rows;
  }

  get attachments(): readonly AttachmentContent[] {
    return this.#attachments;
  }

  /** The draft as it is. */
  content(): MessageContent {
    return {
      props: mapOf(this.bag),
      recipients: this.#recipients,
      attachments: this.#attachments,
      nextAttachNum: this.#nextAttachNum,
    };
  }

  /** The draft as a save makes it: with what is computed, and a search key. The draft itself takes that over. */
  finish(random: Random): MessageContent {
    const { set, remove } = propsOfSave((tag) => this.bag.get(tag), this.recipients);
    for (const { tag, value } of set) this.bag.set(tag, value);
    for (const tag of remove) this.bag.delete(tag);
    const saved = this.#saved;
    const former = saved === undefined ? undefined : (tag: PropTag) => saved.get(propId(tag))?.value;
    if (breaksTextSync(former, (tag) => this.bag.get(tag))) this.bag.delete(PR_RTF_IN_SYNC);
    if (!this.bag.has(PR_SEARCH_KEY)) this.bag.set(PR_SEARCH_KEY, random.bytes(SEARCH_KEY_BYTES));
    const content = this.content();
    this.#saved = content.props;
    return content;
  }

  modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): void {
    this.#setRecipients(modifiedRecipients(this.#recipients, mode, rows));
  }

  /** Replaces the rows and keeps their numbers. */
  setRecipientRows(rows: AdrList): void {
    this.#setRecipients({ ...this.#recipients, rows });
  }

  newAttachNum(): number {
    if (this.#attachments.length >= attachmentsMax) {
      throw new MapiError('MAPI_E_TOO_BIG', `more than ${attachmentsMax} attachments`);
    }
    return this.#nextAttachNum++;
  }

  /** @throws MAPI_E_NOT_FOUND */
  attachment(num: number): AttachmentContent {
    const found = this.#attachments.find((attachment) => attachment.num === num);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no attachment ${num}`);
    return found;
  }

  /** Adds an attachment, or replaces the one of its number. */
  putAttachment(attachment: AttachmentContent): void {
    const at = this.#attachments.findIndex((each) => each.num === attachment.num);
    this.#attachments =
      at < 0
        ? [...this.#attachments, attachment]
        : this.#attachments.map((each, index) => (index === at ? attachment : each));
    if (this.#attachmentRows !== undefined) syncRows(this.#attachmentRows, this.#attachments.map(attachmentRow));
  }

  /** @throws MAPI_E_NOT_FOUND */
  deleteAttachment(num: number): void {
    const gone = this.attachment(num);
    this.#attachments = this.#attachments.filter((attachment) => attachment !== gone);
    if (this.#attachmentRows !== undefined) syncRows(this.#attachmentRows, this.#attachments.map(attachmentRow));
  }

  recipientRows(): MemoryRows {
    this.#recipientRows ??= new MemoryRows(this.recipients.map(recipientRow), RECIPIENT_COLUMNS);
    return this.#recipientRows;
  }

  attachmentRows(): MemoryRows {
    this.#attachmentRows ??= new MemoryRows(this.#attachments.map(attachmentRow), ATTACHMENT_COLUMNS);
    return this.#attachmentRows;
  }

  #setRecipients(list: RecipientList): void {
    this.#recipients = list;
    if (this.#recipientRows !== undefined) syncRows(this.#recipientRows, list.rows.map(recipientRow));
  }
}

function recipientRow(row: AdrEntry): Row {
  return [...row, prop(PR_INSTANCE_KEY, keyOf(rowIdOf(row)))];
}

function attachmentRow(attachment: AttachmentContent): Row {
  const shown = [...attachment.props.values()].filter(({ tag }) => propId(tag) !== propId(PR_ATTACH_DATA_BIN));
  return [...shown, ...attachmentProps(attachment), prop(PR_INSTANCE_KEY, keyOf(attachment.num))];
}

/** What the store computes of an attachment. */
export function attachmentProps(attachment: AttachmentContent): PropValue[] {
  return [
    prop(PR_OBJECT_TYPE, MAPI_ATTACH),
    prop(PR_ATTACH_NUM, attachment.num),
    prop(PR_RECORD_KEY, attachment.recordKey),
    prop(PR_ATTACH_SIZE, sizeOfAttachment(attachment)),
  ];
}

function keyOf(number: number): Uint8Array {
  return new ByteWriter().u32(number).toBytes();
}

/** Makes the rows of a table those given; rows that are the same are left alone. */
function syncRows(rows: MemoryRows, wanted: readonly Row[]): void {
  const keys = wanted.map(instanceKey);
  const ids = new Set(keys.map(toHex));
  rows.remove(rows.rows.filter(({ id }) => !ids.has(id)));
  const former = new Map(rows.rows.map((row) => [row.id, row.row]));
  const changed = wanted.flatMap((row, index) => {
    const key = keys[index];
    if (key === undefined || sameRow(former.get(toHex(key)), row)) return [];
    return [{ key, row }];
  });
  if (changed.length > 0) rows.write(changed);
}

function instanceKey(row: Row): Uint8Array {
  return row.find(({ tag }) => tag === PR_INSTANCE_KEY)?.value as Uint8Array;
}

function sameRow(a: Row | undefined, b: Row): boolean {
  if (a === undefined || a.length !== b.length) return false;
  return a.every((value, index) => {
    const other = b[index];
    if (other === undefined || other.tag !== value.tag) return false;
    return value.value === other.value || value.tag === PR_INSTANCE_KEY;
  });
}
