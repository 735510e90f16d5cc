/** Where a message is kept: in a folder of the store, or within an attachment. */
import { flagsAfterSave, rowIdOf } from '@nodemapi/kit';
import {
  MapiError,
  PR_NON_RECEIPT_NOTIFICATION_REQUESTED,
  PR_READ_RECEIPT_REQUESTED,
  type PropValue,
} from '@nodemapi/mapi';
import { recordProps } from './computed.ts';
import { type MessageContent, valueIn } from './content.ts';
import { assertHolds } from './folder-changes.ts';
import { addMessage, replaceContent } from './message-changes.ts';
import type { StoreContext } from './store-context.ts';
import type { MessageRecord } from './store-data.ts';

/** A message as it was read, or as it was saved. */
export interface SavedMessage {
  readonly content: MessageContent;
  readonly flags: number;
  /** Number of the save that made it. */
  readonly version: number;
}

export interface SaveRequest {
  readonly content: MessageContent;
  readonly flags: number;
  /** The version that was changed; undefined for the first save. */
  readonly base: number | undefined;
  /** FORCE_SAVE */
  readonly force: boolean;
}

export interface MessageHome {
  /** What is there now; undefined before the first save. */
  saved(): SavedMessage | undefined;
  /** Properties that come with the place. */
  props(): readonly PropValue[];
  /** @throws MAPI_E_OBJECT_DELETED, MAPI_E_OBJECT_CHANGED, MAPI_E_SUBMITTED */
  save(request: SaveRequest): SavedMessage;
  /** Counts an object that is open for writing: +1, or -1 when it is not any more. */
  countWriter(change: 1 | -1): void;
  /** The message in its folder; undefined before the first save, and within an attachment. */
  readonly record: MessageRecord | undefined;
}

/** A message of a folder. */
export class FolderHome implements MessageHome {
  readonly #context: StoreContext;
  readonly #folderId: number;
  readonly #associated: boolean;
  #record: MessageRecord | undefined;

  constructor(context: StoreContext, folderId: number, associated: boolean, record?: MessageRecord) {
    this.#context = context;
    this.#folderId = folderId;
    this.#associated = associated;
    this.#record = record;
  }

  get record(): MessageRecord | undefined {
    return this.#record;
  }

  saved(): SavedMessage | undefined {
    return this.#record;
  }

  props(): readonly PropValue[] {
    return this.#record === undefined ? [] : recordProps(this.#context, this.#record);
  }

  save(request: SaveRequest): SavedMessage {
    const flags = flagsAfterSave(request.flags, {
      firstSave: this.#record === undefined,
      hasAttachments: request.content.attachments.length > 0,
      readReceiptRequested: valueIn(request.content.props, PR_READ_RECEIPT_REQUESTED) === true,
      nonReadRequested: valueIn(request.content.props, PR_NON_RECEIPT_NOTIFICATION_REQUESTED) === true,
      delivered: this.#context.spooler,
    });
    this.#record = this.#record === undefined ? this.#add(request, flags) : this.#replace(this.#record, request, flags);
    const { content, version } = this.#record;
    return { content, flags, version };
  }

  countWriter(change: 1 | -1): void {
    if (this.#record !== undefined) this.#record.writers += change;
  }

  #add(request: SaveRequest, flags: number): MessageRecord {
    const { data } = this.#context;
    const folder = data.folders.get(this.#folderId);
    if (folder === undefined) throw new MapiError('MAPI_E_OBJECT_DELETED', 'the folder of the message is gone');
    assertHolds(folder);
    const message = { associated: this.#associated, flags, content: request.content };
    return data.transact((tx) => addMessage(data, tx, folder, message));
  }

  #replace(record: MessageRecord, request: SaveRequest, flags: number): MessageRecord {
    const { data } = this.#context;
    if (data.messages.get(record.id) !== record) throw new MapiError('MAPI_E_OBJECT_DELETED', 'the message is gone');
    if (record.version !== request.base && !request.force) {
      throw new MapiError('MAPI_E_OBJECT_CHANGED', 'the message was changed by another writer');
    }
    if (record.queue !== undefined && !this.#context.spooler) {
      throw new MapiError('MAPI_E_SUBMITTED', 'the message is in the outgoing queue');
    }
    data.transact((tx) => {
      // What was changed through the message takes the place of what lay over it.
      const before = new Set(record.content.recipients.rows);
      for (const row of request.content.recipients.rows) {
        if (!before.has(row)) record.queue?.recipients.delete(rowIdOf(row));
      }
      replaceContent(data, tx, record, request.content, flags);
    });
    return record;
  }
}

/** A message within an attachment: its saves change the attachment, which is saved by itself. */
export class EmbeddedHome implements MessageHome {
  readonly record = undefined;
  readonly #keep: (content: MessageContent) => void;
  #saved: SavedMessage | undefined;

  constructor(saved: SavedMessage | undefined, keep: (content: MessageContent) => void) {
    this.#saved = saved;
    this.#keep = keep;
  }

  saved(): SavedMessage | undefined {
    return this.#saved;
  }

  props(): readonly PropValue[] {
    return [];
  }

  save(request: SaveRequest): SavedMessage {
    this.#keep(request.content);
    this.#saved = { content: request.content, flags: request.flags, version: (request.base ?? 0) + 1 };
    return this.#saved;
  }

  countWriter(): void {}
}
