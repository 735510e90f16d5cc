/**
 * A message that is open.
 *
 * - It works on a snapshot; saving fails if somebody else has saved in the meantime.
 * - Saving without a keep-open flag, and submitting, end its life for everything but `release`.
 * - Submitting also ends what was opened from it.
 */
import {
  ATTACHMENT_COLUMNS,
  COMPUTED_ON_MESSAGES,
  checkMessageClass,
  checkSaveOptions,
  isComputed,
  MemoryRowSource,
  noSupport,
  ProgressSteps,
  type PropBag,
  RECIPIENT_COLUMNS,
  type RefCounted,
  recipientsOfSubmitted,
  TableView,
  withProgress,
  withWrittenFlags,
} from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  ascend,
  type CheckedProps,
  type IAttach,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type InterfaceName,
  laidOver,
  MapiError,
  type ModifyRecipientsMode,
  MSGFLAG_RESEND,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_RENDERING_POSITION,
  type ProgressOptions,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  type ReadFlagOptions,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { MemoryAttach } from './attach.ts';
import { contentProps } from './computed.ts';
import { EMPTY_CONTENT } from './content.ts';
import { MessageDraft } from './message-draft.ts';
import { EmbeddedHome, type MessageHome } from './message-home.ts';
import { enqueue, queueEntry } from './queue-changes.ts';
import { applyReadFlag } from './read-flags.ts';
import type { StoreContext } from './store-context.ts';
import { StoreObject } from './store-object.ts';

type Mode = 'write' | 'read' | 'closed';

export class MemoryMessage extends StoreObject implements IMessage {
  readonly iid = 'IMessage';
  readonly #home: MessageHome;
  readonly #draft: MessageDraft;
  /** From rows that show where their recipient stands in the queue to those that are stored. */
  readonly #raw: ReadonlyMap<AdrEntry, AdrEntry>;
  /** What was opened from it, to end with it. */
  readonly #derived = new Set<RefCounted>();
  #mode: Mode;
  #flags: number;
  #version: number | undefined;
  #countedAsWriter = false;

  /** @param newFlags PR_MESSAGE_FLAGS until the first save */
  constructor(context: StoreContext, home: MessageHome, writable: boolean, newFlags = 0) {
    super(context);
    this.#home = home;
    this.#mode = writable ? 'write' : 'read';
    const saved = home.saved();
    this.#flags = saved?.flags ?? newFlags;
    this.#version = saved?.version;
    const isComputedHere = isComputed(COMPUTED_ON_MESSAGES);
    const content = saved?.content ?? EMPTY_CONTENT;
    const { rows, raw } = laidOver(content.recipients.rows, home.record?.queue?.recipients ?? new Map());
    this.#raw = raw;
    this.#draft = new MessageDraft(
      { ...content, recipients: { ...content.recipients, rows } },
      {
        computed: (tag) => isComputedHere(tag) || (this.#version !== undefined && isFlags(tag)),
      },
    );
    this.#countWriter();
  }

  /** The rows of its recipients as they are now. */
  get recipientRows(): AdrList {
    return this.#draft.recipients;
  }

  /** Ends its life for everything but `release`. */
  close(): Promise<void> {
    return this.#endLife();
  }

  async getAttachmentTable(): Promise<IMAPITable> {
    this.assertUsable();
    const source = new MemoryRowSource(this.#draft.attachmentRows(), { columns: ATTACHMENT_COLUMNS });
    return this.derived(
      await TableView.open(source, { hub: this.context.data.hub, sort: { sorts: [ascend(PR_RENDERING_POSITION)] } }),
    );
  }

  async openAttach(
    attachNum: number,
    options: { readonly modify?: boolean; readonly bestAccess?: boolean } = {},
  ): Promise<IAttach> {
    this.assertUsable();
    const writable = options.modify === true || (options.bestAccess === true && this.#mode === 'write');
    if (writable) this.assertModifiable();
    return this.derived(new MemoryAttach(this.context, this.#draft, this.#draft.attachment(attachNum), writable));
  }

  async createAttach(): Promise<{ readonly attachNum: number; readonly attach: IAttach }> {
    this.assertUsable();
    this.assertModifiable();
    const attachNum = this.#draft.newAttachNum();
    const attach = MemoryAttach.create(this.context, this.#draft, attachNum);
    return { attachNum, attach: this.derived(attach) };
  }

  async deleteAttach(attachNum: number, options: ProgressOptions = {}): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    const { progress } = await withProgress(this.context.support, options);
    this.#draft.deleteAttachment(attachNum);
    new ProgressSteps(progress, 1).done(1);
  }

  async getRecipientTable(): Promise<IMAPITable> {
    this.assertUsable();
    const source = new MemoryRowSource(this.#draft.recipientRows(), { columns: RECIPIENT_COLUMNS });
    return this.derived(await TableView.open(source, { hub: this.context.data.hub }));
  }

  async modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    this.#draft.modifyRecipients(mode, rows);
  }

  async saveChanges(options: SaveChangesOptions = {}): Promise<void> {
    this.assertUsable();
    checkSaveOptions(options);
    this.assertModifiable();
    this.#save(options.force === true);
    if (options.keepOpenReadWrite === true) return;
    this.#endWriting(options.keepOpenReadOnly === true ? 'read' : 'closed');
  }

  async submitMessage(): Promise<void> {
    this.assertUsable();
    this.assertModifiable();
    if (this.#home instanceof EmbeddedHome) noSupport('IMessage.submitMessage of an embedded message');
    if (this.#draft.recipients.length === 0) throw new MapiError('MAPI_E_NO_RECIPIENTS', 'nobody to send it to');
    this.#save(false);
    const { data, support } = this.context;
    const record = this.#home.record;
    if (record === undefined) throw new MapiError('MAPI_E_OBJECT_DELETED', 'the message is gone');
    if (record.queue !== undefined) {
      queueEntry(record).preprocess = false;
      data.transact((tx) => void tx.messages.add(record.id));
    } else {
      if ((record.flags & MSGFLAG_RESEND) !== 0) await this.#prepareSubmit();
      this.#draft.setRecipientRows(recipientsOfSubmitted(this.#draft.recipients));
      const { needsPreprocessing } = await support.expandRecips(this);
      this.#save(false);
      data.transact((tx) => enqueue(data, tx, record, { preprocess: needsPreprocessing, owner: this.context.owner }));
    }
    await this.#endLife();
  }

  async setReadFlag(options: ReadFlagOptions = {}): Promise<void> {
    this.assertUsable();
    await applyReadFlag(this.context, this.#home.record, options);
  }

  override async setProps<const T extends readonly PropTag[]>(
    values: CheckedProps<T>,
  ): Promise<readonly PropProblem[]> {
    for (const { tag, value } of values as readonly PropValue[]) {
      const text = propType(tag) === PT_UNICODE || propType(tag) === PT_STRING8;
      if (text && propId(tag) === propId(PR_MESSAGE_CLASS) && typeof value === 'string') checkMessageClass(value);
    }
    return super.setProps(values);
  }

  override async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    const problems = await super.deleteProps(tags);
    const ids = new Set(tags.map(propId));
    if (ids.has(propId(PR_MESSAGE_RECIPIENTS))) this.#draft.setRecipientRows([]);
    if (ids.has(propId(PR_MESSAGE_ATTACHMENTS))) {
      for (const { num } of this.#draft.attachments) this.#draft.deleteAttachment(num);
    }
    return problems;
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected assertUsable(): void {
    this.assertOpen();
    if (this.#mode === 'closed') throw new MapiError('MAPI_E_INVALID_OBJECT', 'the message was saved or submitted');
  }

  protected assertModifiable(): void {
    if (this.#mode !== 'write') throw new MapiError('MAPI_E_NO_ACCESS', 'the message was opened for reading');
  }

  protected *entries(): Iterable<PropValue> {
    const content = this.#draft.content();
    const flags = this.#home.record?.flags ?? this.#flags;
    yield* content.props.values();
    yield* contentProps(this.context, content, flags, this.#mode === 'write');
    yield* this.#home.props();
  }

  protected stored(): PropBag {
    return this.#draft.bag.clone();
  }

  protected keep(bag: PropBag): void {
    const flags = bag.get(PR_MESSAGE_FLAGS);
    if (flags !== undefined) this.#flags = withWrittenFlags(this.#flags, flags, this.context.spooler);
    bag.delete(PR_MESSAGE_FLAGS);
    this.#draft.bag = bag;
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMAPITable> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (propId(tag) === propId(PR_MESSAGE_RECIPIENTS)) return this.getRecipientTable();
    return propId(tag) === propId(PR_MESSAGE_ATTACHMENTS) ? this.getAttachmentTable() : undefined;
  }

  protected override derived<T extends RefCounted>(object: T): T {
    for (const known of this.#derived) if (known.released) this.#derived.delete(known);
    this.#derived.add(object);
    return object;
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#endWriting('closed');
  }

  #save(force: boolean): void {
    const { recipients, ...rest } = this.#draft.finish(this.context.data.host.random);
    const rows = recipients.rows.map((row) => this.#raw.get(row) ?? row);
    const content = { ...rest, recipients: { ...recipients, rows } };
    const flags = this.#home.record?.flags ?? this.#flags;
    const saved = this.#home.save({ content, flags, base: this.#version, force });
    this.#flags = saved.flags;
    this.#version = saved.version;
    this.#countWriter();
  }

  /** spec: imapisupport-preparesubmit */
  async #prepareSubmit(): Promise<void> {
    await this.context.announceReadyToSend();
    await this.context.support.prepareSubmit(this);
  }

  #countWriter(): void {
    if (this.#countedAsWriter || this.#mode !== 'write' || this.#version === undefined) return;
    this.#home.countWriter(1);
    this.#countedAsWriter = true;
  }

  #endWriting(mode: Mode): void {
    this.#mode = mode;
    if (this.#countedAsWriter) this.#home.countWriter(-1);
    this.#countedAsWriter = false;
  }

  async #endLife(): Promise<void> {
    this.#endWriting('closed');
    for (const object of this.#derived) while (!object.released) await object.release();
    this.#derived.clear();
  }
}

function isFlags(tag: PropTag): boolean {
  return propId(tag) === propId(PR_MESSAGE_FLAGS);
}
