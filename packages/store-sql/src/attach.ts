import { guidToBytes, MapiError, newGuid } from '@nodemapi/base';
import {
  AttachDataUse,
  asksForDataStream,
  COMPUTED_ON_ATTACHMENTS,
  checkSaveOptions,
  newMessageFlags,
  type RefCounted,
  valueBytes,
} from '@nodemapi/kit';
import {
  type IAttach,
  type IMAPIProp,
  type InterfaceMap,
  type InterfaceName,
  type IStorage,
  type IStream,
  MAPI_MESSAGE,
  NO_ATTACHMENT,
  type OpenPropertyOptions,
  PR_ACCESS,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_ATTACH_SIZE,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_RECORD_KEY,
  PR_RENDERING_POSITION,
  type PropTag,
  prop,
  propType,
  type ReadFlagOptions,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { ContentProps } from './content-props.ts';
import { MessageObject } from './message.ts';
import { type AttachmentDraft, cloneDraft, loadEmbedded, type MessageDraft, newDraft } from './message-draft.ts';
import { type MessageHome, onlyInFolders } from './message-home.ts';
import { accessLevel, attachmentIdentity, commonProps, messageAccess } from './message-props.ts';
import type { StoreContext } from './store-context.ts';
import { type Computed, computedProps, StoreObject } from './store-object.ts';

export interface AttachOptions {
  readonly message: MessageObject;
  readonly number: number;
  /** What is there already; a new attachment without. */
  readonly draft?: AttachmentDraft;
  readonly writable: boolean;
}

/** PR_RENDERING_POSITION of what is not shown in the text. */
const NOT_RENDERED = -1;

/**
 * IAttach: changes wait for its `saveChanges`, which hands them to the message; the message's makes them permanent.
 *
 * Its data are bytes or a message, never both: they are one property of two types.
 */
export class AttachObject extends StoreObject implements IAttach {
  readonly iid = 'IAttach';
  protected readonly computedIds = COMPUTED_ON_ATTACHMENTS;
  readonly #message: MessageObject;
  readonly #number: number;
  readonly #row: number | undefined;
  readonly #props: ContentProps;
  readonly #derived = new Set<RefCounted>();
  readonly #use = new AttachDataUse();
  #embedded: MessageDraft | 'stored' | undefined;
  #size: number;
  #writable: boolean;
  #closed = false;

  constructor(context: StoreContext, { message, number, draft, writable }: AttachOptions) {
    super(context);
    this.#message = message;
    this.#number = number;
    this.#row = draft?.row;
    this.#props = draft?.props.clone() ?? newAttachmentProps(context);
    this.#embedded = draft?.embedded;
    this.#size = draft?.size ?? 0;
    this.#writable = writable;
  }

  async saveChanges(options: SaveChangesOptions = {}): Promise<void> {
    this.assertUsable();
    checkSaveOptions(options);
    this.assertModifiable();
    this.#size = this.#sizeNow();
    this.#message.keepAttachment({
      number: this.#number,
      row: this.#row,
      size: this.#size,
      props: this.#props.clone(),
      embedded: this.#embedded,
      changed: true,
    });
    if (options.keepOpenReadWrite === true) return;
    this.#writable = false;
    if (options.keepOpenReadOnly !== true) await this.#close();
  }

  /** Takes over the message in it, as it was saved. */
  keepEmbedded(draft: MessageDraft): void {
    this.assertUsable();
    this.assertModifiable();
    this.#embedded = cloneDraft(draft);
    this.#props.delete(PR_ATTACH_DATA_BIN);
  }

  override noteStaged(value: number): void {
    this.#message.noteStaged(value);
  }

  protected stored(): ContentProps {
    return this.#props;
  }

  protected computed(): Computed {
    return computedProps([
      ...attachmentIdentity(this.context),
      accessLevel(this.#writable),
      prop(PR_ATTACH_NUM, this.#number),
      prop(PR_ATTACH_SIZE, this.#size),
    ]);
  }

  protected objectTags(): readonly PropTag[] {
    return this.#embedded === undefined ? [] : [PR_ATTACH_DATA_OBJ];
  }

  protected openObject(
    tag: PropTag,
    iid: InterfaceName,
    options: OpenPropertyOptions,
  ): Promise<InterfaceMap[InterfaceName]> | undefined {
    if (tag !== PR_ATTACH_DATA_OBJ) return undefined;
    if (iid === 'IStorage') return this.#openStorage(options);
    return iid === 'IMessage' ? this.#openEmbedded(options) : undefined;
  }

  /** The data as an OLE object: a compound file in the bytes of the attachment. spec: opening-an-attachment */
  async #openStorage(options: OpenPropertyOptions): Promise<IStorage> {
    this.#use.assertFree('storage');
    await using stream = this.#use.note(await this.#openData(options), 'storage');
    return await this.context.support.iStorageFromStream(stream, options);
  }

  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    if (!asksForDataStream(tag, iid, this.#props.get(PR_ATTACH_METHOD))) return super.openProperty(tag, iid, options);
    this.#use.assertFree('stream');
    // both interfaces are an IStream, which does not narrow I
    return this.#use.note(await this.#openData(options), 'stream') as unknown as InterfaceMap[I];
  }

  async #openData(options: OpenPropertyOptions): Promise<IStream & { readonly released: boolean }> {
    const stream = await super.openProperty(PR_ATTACH_DATA_BIN, 'IStream', options);
    return stream as IStream & { readonly released: boolean }; // all streams of the store are counted
  }

  protected async keep(change: (props: ContentProps) => void): Promise<void> {
    const hadBytes = this.#props.has(PR_ATTACH_DATA_BIN);
    change(this.#props);
    if (!hadBytes && this.#props.has(PR_ATTACH_DATA_BIN)) this.#embedded = undefined;
  }

  protected override derived<T extends RefCounted>(object: T): T {
    this.#derived.add(object);
    return object;
  }

  protected override assertUsable(): void {
    super.assertUsable();
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the attachment was saved, or its message closed');
  }

  protected assertModifiable(): void {
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the attachment was opened for reading');
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const derived = [...this.#derived];
    this.#derived.clear();
    for (const object of derived) await object.release();
  }

  async #openEmbedded({ modify = false, create = false }: OpenPropertyOptions): Promise<MessageObject> {
    if (this.#embedded === undefined && !create)
      throw new MapiError('MAPI_E_NOT_FOUND', 'no message in the attachment');
    const draft = create ? newDraft(newMessageFlags(false), false) : this.#savedEmbedded();
    if (draft === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no message in the attachment');
    const home = new AttachmentHome(this.context, this);
    return this.derived(new MessageObject(this.context, cloneDraft(draft), { writable: modify, home }));
  }

  #savedEmbedded(): MessageDraft | undefined {
    return this.#embedded === 'stored' ? loadEmbedded(this.context.file.db, this.#row ?? 0) : this.#embedded;
  }

  #sizeNow(): number {
    let size = 0;
    for (const { tag, value } of this.#props.values) size += 4 + valueBytes(value, propType(tag));
    for (const reference of this.#props.references) size += reference.size;
    if (this.#embedded === 'stored') return Math.max(size, this.#size);
    return size + (this.#embedded?.props.get(PR_MESSAGE_SIZE) ?? 0);
  }
}

function newAttachmentProps({ file }: StoreContext): ContentProps {
  const props = new ContentProps();
  props.set(PR_RECORD_KEY, guidToBytes(newGuid(file.host.random)));
  props.set(PR_ATTACH_METHOD, NO_ATTACHMENT);
  props.set(PR_RENDERING_POSITION, NOT_RENDERED);
  return props;
}

/** The home of messages in attachments: a save hands them to the attachment. */
class AttachmentHome implements MessageHome {
  readonly #context: StoreContext;
  readonly #attach: AttachObject;

  constructor(context: StoreContext, attach: AttachObject) {
    this.#context = context;
    this.#attach = attach;
  }

  async save(draft: MessageDraft): Promise<MessageDraft> {
    const saved = cloneDraft(draft);
    saved.props.set(PR_MESSAGE_FLAGS, saved.props.get(PR_MESSAGE_FLAGS) ?? 0);
    this.#attach.keepEmbedded(saved);
    return saved;
  }

  async submit(): Promise<void> {
    onlyInFolders('IMessage.submitMessage');
  }

  async setReadFlag(_message: MessageObject, _options: ReadFlagOptions): Promise<undefined> {
    onlyInFolders('IMessage.setReadFlag');
  }

  noteStaged(value: number): void {
    this.#attach.noteStaged(value);
  }

  computed(_draft: MessageDraft, writable: boolean): Computed {
    return computedProps([
      ...commonProps(this.#context, MAPI_MESSAGE),
      prop(PR_ACCESS, messageAccess(this.#context)),
      accessLevel(writable),
    ]);
  }
}
