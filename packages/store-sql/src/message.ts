import { MapiError } from '@nodemapi/base';
import {
  ATTACHMENT_COLUMNS,
  COMPUTED_ON_MESSAGES,
  checkMessageClass,
  checkSaveOptions,
  MemoryRowSource,
  MemoryRows,
  modifiedRecipients,
  ProgressSteps,
  RECIPIENT_COLUMNS,
  type RefCounted,
  TableView,
  withProgress,
  withWrittenFlags,
} from '@nodemapi/kit';
import {
  type AdrList,
  ascend,
  type IAttach,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type MapiErrorCode,
  type ModifyRecipientsMode,
  type OpenPropertyOptions,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_RENDERING_POSITION,
  type ProgressOptions,
  type PropTag,
  type PropValue,
  propId,
  type ReadFlagOptions,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { AttachObject } from './attach.ts';
import type { ContentProps } from './content-props.ts';
import type { AttachmentDraft, MessageDraft } from './message-draft.ts';
import type { MessageHome } from './message-home.ts';
import { attachmentRow, recipientTableRow, showRow, showRows } from './message-tables.ts';
import type { StoreContext } from './store-context.ts';
import { type Computed, StoreObject } from './store-object.ts';
import { dropValues } from './value-rows.ts';

export interface MessageOptions {
  readonly writable: boolean;
  readonly home: MessageHome;
}

const NOTHING: Computed = new Map();

/**
 * IMessage: a snapshot of a message, and changes that wait for `saveChanges` or `submitMessage`.
 *
 * - Where it is saved to, a folder or an attachment, is its `home`'s concern.
 * - Once it is closed (saved without being kept open, or submitted) only `release` works, on what was opened from it too.
 */
export class MessageObject extends StoreObject implements IMessage {
  readonly iid = 'IMessage';
  protected readonly computedIds = COMPUTED_ON_MESSAGES;
  readonly #home: MessageHome;
  readonly #derived = new Set<RefCounted>();
  /** Rows of the tables, once somebody has opened one. */
  #recipientRows: MemoryRows | undefined;
  #attachmentRows: MemoryRows | undefined;
  /** Large values that streams have written; those that no save has kept go with the object. */
  readonly #staged = new Set<number>();
  #draft: MessageDraft;
  #writable: boolean;
  /** Whether something waits for a save. */
  #dirty = false;
  #closed = false;

  constructor(context: StoreContext, draft: MessageDraft, { writable, home }: MessageOptions) {
    super(context);
    this.#draft = draft;
    this.#writable = writable;
    this.#home = home;
    if (writable) home.opened?.(draft);
  }

  /** What a save would write now. */
  get draft(): MessageDraft {
    return this.#draft;
  }

  /** Whether something waits for a save. */
  get dirty(): boolean {
    return this.#dirty;
  }

  get writable(): boolean {
    return this.#writable;
  }

  get home(): MessageHome {
    return this.#home;
  }

  async saveChanges(options: SaveChangesOptions = {}): Promise<void> {
    this.assertUsable();
    checkSaveOptions(options);
    this.assertModifiable();
    const saved = await this.#home.save(this.#draft, options.force === true);
    if (options.keepOpenReadWrite === true || options.keepOpenReadOnly === true) this.renew(saved);
    else await this.close();
    if (options.keepOpenReadOnly === true) this.#becomeReadOnly();
  }

  /** Goes on with what was saved. */
  renew(draft: MessageDraft): void {
    if (this.#draft.row === undefined && this.#writable) this.#home.opened?.(draft);
    this.#draft = draft;
    this.#dirty = false;
    this.#showRecipients();
    this.#showAttachments();
  }

  /** Leaves nothing but `release`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#becomeReadOnly();
    const derived = [...this.#derived];
    this.#derived.clear();
    for (const object of derived) await object.release();
  }

  async submitMessage(_options: { readonly force?: boolean } = {}): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    await this.#home.submit(this);
  }

  async getRecipientTable(): Promise<IMAPITable> {
    this.assertUsable();
    this.#recipientRows ??= new MemoryRows(this.#draft.recipients.rows.map(recipientTableRow), RECIPIENT_COLUMNS);
    const source = new MemoryRowSource(this.#recipientRows, { columns: RECIPIENT_COLUMNS });
    return this.derived(await TableView.open(source, { hub: this.context.file.hub }));
  }

  async getAttachmentTable(): Promise<IMAPITable> {
    this.assertUsable();
    this.#attachmentRows ??= new MemoryRows([], ATTACHMENT_COLUMNS);
    this.#showAttachments();
    const source = new MemoryRowSource(this.#attachmentRows, { columns: ATTACHMENT_COLUMNS });
    const sort = { sorts: [ascend(PR_RENDERING_POSITION)] };
    return this.derived(await TableView.open(source, { hub: this.context.file.hub, sort }));
  }

  async modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    this.#draft.recipients = modifiedRecipients(this.#draft.recipients, mode, rows);
    this.#dirty = true;
    this.#showRecipients();
  }

  async createAttach(): Promise<{ readonly attachNum: number; readonly attach: IAttach }> {
    this.assertUsable();
    this.assertModifiable();
    const attachNum = this.#draft.nextAttachment++;
    const attach = new AttachObject(this.context, { message: this, number: attachNum, writable: true });
    return { attachNum, attach: this.derived(attach) };
  }

  async openAttach(
    attachNum: number,
    options: { readonly modify?: boolean; readonly bestAccess?: boolean } = {},
  ): Promise<IAttach> {
    this.assertUsable();
    if (options.modify === true) this.assertModifiable();
    const draft = this.#draft.attachments.get(attachNum);
    if (draft === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no attachment ${attachNum}`);
    const writable = options.modify === true || (options.bestAccess === true && this.#writable);
    return this.derived(new AttachObject(this.context, { message: this, number: attachNum, draft, writable }));
  }

  async deleteAttach(attachNum: number, options: ProgressOptions = {}): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    const { progress } = await withProgress(this.context.support, options);
    if (!this.#draft.attachments.delete(attachNum))
      throw new MapiError('MAPI_E_NOT_FOUND', `no attachment ${attachNum}`);
    this.#dirty = true;
    this.#showAttachments();
    new ProgressSteps(progress, 1).done(1);
  }

  /** Takes over an attachment that was saved. */
  keepAttachment(draft: AttachmentDraft): void {
    this.assertUsable();
    this.assertModifiable();
    this.#draft.attachments.set(draft.number, draft);
    this.#dirty = true;
    // a row at a time: whoever adds thousands of attachments must not pay for all of them with each
    if (this.#attachmentRows?.watched !== true) this.#attachmentRows = undefined;
    else showRow(this.#attachmentRows, attachmentRow(this.context, draft));
  }

  async setReadFlag(options: ReadFlagOptions = {}): Promise<void> {
    this.assertUsable();
    const flags = await this.#home.setReadFlag(this, options);
    if (flags !== undefined) this.#draft.props.set(PR_MESSAGE_FLAGS, flags);
  }

  protected stored(): ContentProps {
    return this.#draft.props;
  }

  protected computed(tags?: readonly PropTag[]): Computed {
    if (tags?.some((tag) => COMPUTED_ON_MESSAGES.has(propId(tag))) === false) return NOTHING;
    return this.#home.computed(this.#draft, this.#writable, tags);
  }

  protected objectTags(): readonly PropTag[] {
    return [PR_MESSAGE_RECIPIENTS, PR_MESSAGE_ATTACHMENTS];
  }

  protected openObject(
    tag: PropTag,
    iid: InterfaceName,
    _options: OpenPropertyOptions,
  ): Promise<InterfaceMap[InterfaceName]> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (tag === PR_MESSAGE_RECIPIENTS) return this.getRecipientTable();
    return tag === PR_MESSAGE_ATTACHMENTS ? this.getAttachmentTable() : undefined;
  }

  protected async keep(change: (props: ContentProps) => void): Promise<void> {
    change(this.#draft.props);
    this.#dirty = true;
  }

  protected override take(props: ContentProps, tag: PropTag, value: unknown): void {
    const flags = props.get(PR_MESSAGE_FLAGS) ?? 0;
    props.set(tag, tag === PR_MESSAGE_FLAGS ? withWrittenFlags(flags, Number(value), this.context.spooler) : value);
  }

  protected override refuse(value: PropValue): MapiErrorCode | undefined {
    if (value.tag === PR_MESSAGE_CLASS) checkMessageClass(String(value.value));
    if (propId(value.tag) === propId(PR_MESSAGE_FLAGS) && this.#draft.row !== undefined) return 'MAPI_E_COMPUTED';
    return super.refuse(value);
  }

  protected override derived<T extends RefCounted>(object: T): T {
    this.#derived.add(object);
    return object;
  }

  protected override assertUsable(): void {
    super.assertUsable();
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the message was saved or submitted');
  }

  protected assertModifiable(): void {
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the message was opened for reading');
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  override noteStaged(value: number): void {
    if (this.#home.noteStaged === undefined) this.#staged.add(value);
    else this.#home.noteStaged(value);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.close();
    this.context.closed(this);
    const { db } = this.context.file;
    if (this.#staged.size > 0 && !db.closed) await db.write(() => dropValues(db, [...this.#staged]));
  }

  #becomeReadOnly(): void {
    if (this.#writable) this.#home.closed?.(this.#draft);
    this.#writable = false;
  }

  #showRecipients(): void {
    if (this.#recipientRows?.watched !== true) this.#recipientRows = undefined;
    else showRows(this.#recipientRows, this.#draft.recipients.rows.map(recipientTableRow));
  }

  #showAttachments(): void {
    if (this.#attachmentRows === undefined) return;
    const rows = [...this.#draft.attachments.values()].map((draft) => attachmentRow(this.context, draft));
    showRows(this.#attachmentRows, rows);
  }
}
