import { MapiError } from '@nodemapi/base';
import { decideReadFlag, flagsAfterSave } from '@nodemapi/kit';
import {
  MSGFLAG_SUBMIT,
  PR_MESSAGE_FLAGS,
  PR_NON_RECEIPT_NOTIFICATION_REQUESTED,
  PR_READ_RECEIPT_REQUESTED,
  PR_SUBMIT_FLAGS,
  type PropTag,
  prop,
  propId,
  type ReadFlagOptions,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import type { ChangeList } from './journal.ts';
import type { MessageObject } from './message.ts';
import { loadDraft, type MessageDraft } from './message-draft.ts';
import type { MessageHome } from './message-home.ts';
import { accessLevel, messageIdentity } from './message-props.ts';
import { type SavedMessage, saveDraft } from './message-writer.ts';
import { checkQueueAccess, queueEntry, type Standing, standingOf } from './queue-rows.ts';
import { applyReadFlag } from './read-flag.ts';
import type { StoreContext } from './store-context.ts';
import { type Computed, computedProps } from './store-object.ts';
import { submit } from './submit.ts';

export interface StoreOptions {
  /** Over what somebody else has saved meanwhile. */
  readonly force?: boolean;
  /** Changes PR_MESSAGE_FLAGS as the save would leave it. */
  readonly flagsOf?: (flags: number) => number;
  /** The folder that a message which was saved before goes to. */
  readonly moveTo?: number | undefined;
  /** How the message stands, if that was asked in this write already. */
  readonly standing?: Standing;
}

/** The home of messages in folders. */
export class FolderHome implements MessageHome {
  readonly #context: StoreContext;
  readonly #folder: number;

  constructor(context: StoreContext, folder: number) {
    this.#context = context;
    this.#folder = folder;
  }

  async save(draft: MessageDraft, force: boolean): Promise<MessageDraft> {
    this.#context.assertWritable();
    const { file } = this.#context;
    const { row } = await file.write((changes) => this.store(changes, draft, { force }));
    return this.load(row);
  }

  /** A saved message as it is now. @throws MAPI_E_NOT_FOUND */
  load(row: number): MessageDraft {
    return loadDraft(this.#context.file.db, row);
  }

  submit(message: MessageObject): Promise<void> {
    return submit(this.#context, this, message);
  }

  async setReadFlag(message: MessageObject, options: ReadFlagOptions): Promise<number | undefined> {
    const { row } = message.draft;
    const flags = message.draft.props.get(PR_MESSAGE_FLAGS) ?? 0;
    if (row === undefined) return decideReadFlag(flags, options).flags;
    return applyReadFlag(this.#context, row, options);
  }

  computed(draft: MessageDraft, writable: boolean, tags?: readonly PropTag[]): Computed {
    const asked = tags?.some((tag) => propId(tag) === propId(PR_SUBMIT_FLAGS)) ?? true;
    const queued =
      asked && ((draft.props.get(PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_SUBMIT) !== 0 && draft.row !== undefined;
    const entry = queued ? queueEntry(this.#context.file.db, draft.row ?? 0) : undefined;
    return computedProps([
      ...messageIdentity(this.#context, draft.row, this.#folder),
      accessLevel(writable),
      entry === undefined ? undefined : prop(PR_SUBMIT_FLAGS, entry.submit_flags),
    ]);
  }

  opened({ row }: MessageDraft): void {
    if (row !== undefined) this.#context.file.noteOpenForWriting(row, 1);
  }

  closed({ row }: MessageDraft): void {
    if (row !== undefined) this.#context.file.noteOpenForWriting(row, -1);
  }

  /**
   * Saves inside a write.
   *
   * @throws MAPI_E_OBJECT_CHANGED, MAPI_E_OBJECT_DELETED, MAPI_E_SUBMITTED
   */
  store(changes: ChangeList, draft: MessageDraft, options: StoreOptions = {}): SavedMessage {
    const { file } = this.#context;
    const { force = false, flagsOf, moveTo } = options;
    const state = draft.row === undefined ? undefined : this.#checked(draft.row, draft, force, options.standing);
    const folder = state?.folder ?? this.#folder;
    if (state === undefined && file.db.get(sql`SELECT 1 FROM folder WHERE id = ${folder}`) === undefined) {
      throw new MapiError('MAPI_E_OBJECT_DELETED', 'the folder was deleted');
    }
    const flags = this.#flagsAfterSave(draft, state);
    // What somebody else has saved in between is nothing to compare with.
    const known = state === undefined || state.revision === draft.revision ? draft : { ...draft, stored: undefined };
    const saved = saveDraft(this.#context.saving(), known, { folder }, flagsOf?.(flags) ?? flags, moveTo);
    const { row } = saved;
    changes.message(state === undefined ? 'objectCreated' : 'objectModified', row, folder);
    if (state === undefined) changes.folder('objectModified', folder);
    if (state?.entry !== undefined) changes.queue(row);
    return saved;
  }

  #checked(row: number, { revision }: MessageDraft, force: boolean, known: Standing | undefined): Standing {
    const state = known ?? standingOf(this.#context.file.db, row);
    if (state === undefined) throw new MapiError('MAPI_E_OBJECT_DELETED', `message ${row} was deleted`);
    if (state.revision !== revision && !force) {
      throw new MapiError('MAPI_E_OBJECT_CHANGED', `message ${row} was saved by somebody else`);
    }
    checkQueueAccess(this.#context, state.entry);
    return state;
  }

  #flagsAfterSave(draft: MessageDraft, state: Standing | undefined): number {
    return flagsAfterSave(state?.flags ?? draft.props.get(PR_MESSAGE_FLAGS) ?? 0, {
      firstSave: state === undefined,
      hasAttachments: draft.attachments.size > 0,
      readReceiptRequested: draft.props.get(PR_READ_RECEIPT_REQUESTED) === true,
      nonReadRequested: draft.props.get(PR_NON_RECEIPT_NOTIFICATION_REQUESTED) === true,
      delivered: this.#context.spooler,
    });
  }
}
