/** An attachment that is open. It works on a copy; saving puts it into the message, whose own save makes it permanent. */
import { ByteWriter } from '@nodemapi/base';
import {
  AttachDataUse,
  asksForDataStream,
  COMPUTED_ON_ATTACHMENTS,
  checkSaveOptions,
  isComputed,
  PropBag,
} from '@nodemapi/kit';
import {
  type IAttach,
  type IMAPIProp,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type IStorage,
  type IStream,
  MAPI_ATTACH,
  MapiError,
  MSGFLAG_READ,
  NO_ATTACHMENT,
  type OpenPropertyOptions,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_RENDERING_POSITION,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  prop,
  propId,
  propType,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { commonProps } from './computed.ts';
import { type AttachmentContent, type MessageContent, mapOf } from './content.ts';
import { MemoryMessage } from './message.ts';
import { attachmentProps, type MessageDraft } from './message-draft.ts';
import { EmbeddedHome } from './message-home.ts';
import type { StoreContext } from './store-context.ts';
import { StoreObject } from './store-object.ts';

/** Levels to which messages may lie within messages. */
export const embeddingDepthMax = 32;

const NOT_RENDERED = -1;

export class MemoryAttach extends StoreObject implements IAttach {
  readonly iid = 'IAttach';
  readonly #draft: MessageDraft;
  readonly #use = new AttachDataUse();
  #attachment: AttachmentContent;
  #mode: 'write' | 'read' | 'closed';

  constructor(context: StoreContext, draft: MessageDraft, attachment: AttachmentContent, writable: boolean) {
    super(context);
    this.#draft = draft;
    this.#attachment = attachment;
    this.#mode = writable ? 'write' : 'read';
  }

  /** A new attachment, which the message does not have before it is saved. */
  static create(context: StoreContext, draft: MessageDraft, num: number): MemoryAttach {
    const recordKey = new ByteWriter().u32(context.data.newId()).toBytes();
    const props = mapOf([prop(PR_ATTACH_METHOD, NO_ATTACHMENT), prop(PR_RENDERING_POSITION, NOT_RENDERED)]);
    return new MemoryAttach(context, draft, { num, recordKey, props }, true);
  }

  async saveChanges(options: SaveChangesOptions = {}): Promise<void> {
    this.assertUsable();
    checkSaveOptions(options);
    this.assertModifiable();
    this.#draft.putAttachment(this.#attachment);
    if (options.keepOpenReadWrite === true) return;
    this.#mode = options.keepOpenReadOnly === true ? 'read' : 'closed';
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected assertUsable(): void {
    this.assertOpen();
    if (this.#mode === 'closed') throw new MapiError('MAPI_E_INVALID_OBJECT', 'the attachment was saved');
  }

  protected assertModifiable(): void {
    if (this.#mode !== 'write') throw new MapiError('MAPI_E_NO_ACCESS', 'the attachment was opened for reading');
  }

  protected *entries(): Iterable<PropValue> {
    yield* this.#attachment.props.values();
    yield* commonProps(this.context, MAPI_ATTACH, this.#mode === 'write');
    yield* attachmentProps(this.#attachment);
    if (this.#attachment.embedded !== undefined) yield { tag: PR_ATTACH_DATA_OBJ, value: null };
  }

  protected stored(): PropBag {
    return new PropBag(this.#attachment.props.values(), { computed: isComputed(COMPUTED_ON_ATTACHMENTS) });
  }

  protected keep(bag: PropBag): void {
    this.#attachment = { ...this.#attachment, props: mapOf(bag) };
  }

  protected openObject(
    tag: PropTag,
    iid: InterfaceName,
    options: OpenPropertyOptions,
  ): Promise<IMessage | IStorage> | undefined {
    if (propId(tag) !== propId(PR_ATTACH_DATA_OBJ) || propType(tag) !== PT_OBJECT) return undefined;
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
    if (!asksForDataStream(tag, iid, this.stored().get(PR_ATTACH_METHOD))) return super.openProperty(tag, iid, options);
    this.#use.assertFree('stream');
    // both interfaces are an IStream, which does not narrow I
    return this.#use.note(await this.#openData(options), 'stream') as unknown as InterfaceMap[I];
  }

  async #openData(options: OpenPropertyOptions): Promise<IStream & { readonly released: boolean }> {
    const stream = await super.openProperty(PR_ATTACH_DATA_BIN, 'IStream', options);
    return stream as IStream & { readonly released: boolean }; // all streams of the store are counted
  }

  /** @throws MAPI_E_NOT_FOUND without MAPI_CREATE */
  async #openEmbedded(options: OpenPropertyOptions): Promise<IMessage> {
    const { embedded } = this.#attachment;
    const create = options.create === true;
    if (embedded === undefined && !create) throw new MapiError('MAPI_E_NOT_FOUND', 'no embedded message');
    const keep = (content: MessageContent): void => {
      checkDepth(content);
      this.#attachment = { ...this.#attachment, embedded: content };
    };
    const saved = create || embedded === undefined ? undefined : { content: embedded, flags: MSGFLAG_READ, version: 1 };
    const home = new EmbeddedHome(saved, keep);
    return this.derived(new MemoryMessage(this.context, home, options.modify === true, MSGFLAG_READ));
  }
}

function checkDepth(content: MessageContent, depth = 1): void {
  if (depth > embeddingDepthMax) {
    throw new MapiError('MAPI_E_TOO_BIG', `messages within messages deeper than ${embeddingDepthMax}`);
  }
  for (const { embedded } of content.attachments) if (embedded !== undefined) checkDepth(embedded, depth + 1);
}
