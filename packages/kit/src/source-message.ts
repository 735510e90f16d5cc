/** A message that something else holds, such as a file, as a read-only IMessage. */
import { ByteWriter, type Random, systemRandom } from '@nodemapi/base';
import {
  type IAttach,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type InterfaceName,
  type IStorage,
  MAPI_ATTACH,
  MAPI_MESSAGE,
  MapiError,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_NUM,
  PR_INSTANCE_KEY,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_OBJECT_TYPE,
  PR_ROWID,
  type PropTag,
  type PropValue,
  prop,
  propError,
  propId,
  type ReadFlagOptions,
  type Row,
} from '@nodemapi/mapi';
import { MemoryRowSource } from './memory-row-source.ts';
import { MemoryRows } from './memory-rows.ts';
import { type NamedId, NamedPropertyMap } from './named-property-map.ts';
import { type ObjectSource, type SourceProp, SourceProps } from './source-object.ts';
import { ATTACHMENT_COLUMNS, RECIPIENT_COLUMNS } from './store-rules/index.ts';
import { TableView } from './table-view.ts';

export interface MessageSource extends ObjectSource {
  /** A map may be shared by all messages of a store. */
  readonly names: readonly NamedId[] | NamedPropertyMap;
  /** What is added to the properties, or put in their place. */
  readonly own?: readonly PropValue[];
  /** Ends the reading: no attachment is opened any more, its reason is thrown. */
  readonly signal?: AbortSignal;
  recipients(): Promise<readonly Row[]>;
  attachments(): Promise<readonly AttachmentSource[]>;
}

export interface AttachmentSource extends ObjectSource {
  /** The message within, if the attachment is one. */
  readonly message?: () => Promise<MessageSource>;
  /** The storage within, if the attachment is an OLE object. */
  readonly openStorage?: () => Promise<IStorage>;
}

/** Values of attachments up to here are columns of the attachment table. */
const columnBytesMax = 4096;

/**
 * Opens the message of a source; the caller releases it. The source stays usable as long as the message does.
 *
 * Every call that would change it fails with MAPI_E_NO_ACCESS. Attachments are numbered from 0.
 */
export function openSourceMessage(source: MessageSource, random: Random = systemRandom): IMessage {
  const { names } = source;
  return new SourceMessage(source, names instanceof NamedPropertyMap ? names : new NamedPropertyMap(random, names));
}

class SourceMessage extends SourceProps implements IMessage {
  readonly iid = 'IMessage';
  readonly #source: MessageSource;
  #attachments: Promise<readonly AttachmentSource[]> | undefined;

  constructor(source: MessageSource, names: NamedPropertyMap) {
    super(source, names, [
      prop(PR_OBJECT_TYPE, MAPI_MESSAGE),
      { tag: PR_MESSAGE_RECIPIENTS, value: null },
      { tag: PR_MESSAGE_ATTACHMENTS, value: null },
      ...(source.own ?? []),
    ]);
    this.#source = source;
  }

  async getRecipientTable(): Promise<IMAPITable> {
    this.assertOpen();
    const rows = (await this.#source.recipients()).map((row, index) => numbered(row, PR_ROWID, index));
    return tableOf(rows, RECIPIENT_COLUMNS);
  }

  async getAttachmentTable(): Promise<IMAPITable> {
    this.assertOpen();
    const rows: Row[] = [];
    for (const [index, { props }] of (await this.#attachmentsOnce()).entries()) {
      const row: PropValue[] = [];
      for (const each of props) if (each.size <= columnBytesMax) row.push(await valueOrError(each));
      rows.push(numbered(row, PR_ATTACH_NUM, index));
    }
    return tableOf(rows, ATTACHMENT_COLUMNS);
  }

  async openAttach(attachNum: number, options: { readonly modify?: boolean } = {}): Promise<IAttach> {
    this.assertOpen();
    if (options.modify === true) this.refuse();
    this.#source.signal?.throwIfAborted();
    const source = (await this.#attachmentsOnce())[attachNum];
    if (source === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no attachment ${attachNum}`);
    return new SourceAttach(source, this.names, attachNum);
  }

  async createAttach(): Promise<never> {
    return this.refuse();
  }

  async deleteAttach(): Promise<never> {
    return this.refuse();
  }

  async modifyRecipients(): Promise<never> {
    return this.refuse();
  }

  async submitMessage(): Promise<never> {
    return this.refuse();
  }

  /** @throws MAPI_E_NO_SUPPRESS for SUPPRESS_RECEIPT: what is not written cannot remember that; else as every change */
  async setReadFlag(options: ReadFlagOptions = {}): Promise<never> {
    if (options.suppressReceipt === true) throw new MapiError('MAPI_E_NO_SUPPRESS', 'the message is only read');
    return this.refuse();
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMAPITable> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (propId(tag) === propId(PR_MESSAGE_RECIPIENTS)) return this.getRecipientTable();
    return propId(tag) === propId(PR_MESSAGE_ATTACHMENTS) ? this.getAttachmentTable() : undefined;
  }

  #attachmentsOnce(): Promise<readonly AttachmentSource[]> {
    this.#attachments ??= this.#source.attachments();
    return this.#attachments;
  }
}

class SourceAttach extends SourceProps implements IAttach {
  readonly iid = 'IAttach';
  readonly #source: AttachmentSource;

  constructor(source: AttachmentSource, names: NamedPropertyMap, attachNum: number) {
    const own: PropValue[] = [prop(PR_OBJECT_TYPE, MAPI_ATTACH), prop(PR_ATTACH_NUM, attachNum)];
    super(source, names, source.message === undefined ? own : [...own, { tag: PR_ATTACH_DATA_OBJ, value: null }]);
    this.#source = source;
  }

  /** A storage has its bytes too, under the same identifier. spec: opening-an-attachment */
  override async getPropList(): Promise<readonly PropTag[]> {
    const listed = await super.getPropList();
    return this.#source.openStorage === undefined ? listed : [...listed, PR_ATTACH_DATA_OBJ];
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMessage | IStorage | undefined> | undefined {
    if (tag !== PR_ATTACH_DATA_OBJ) return undefined;
    const { message, openStorage } = this.#source;
    if (iid === 'IMessage' && message !== undefined) return this.#openMessage(message);
    return iid === 'IStorage' ? openStorage?.() : undefined;
  }

  async #openMessage(message: () => Promise<MessageSource>): Promise<IMessage> {
    return new SourceMessage(await message(), this.names);
  }
}

/** A value that cannot be read is PT_ERROR in the row. */
async function valueOrError(source: SourceProp): Promise<PropValue> {
  try {
    return { tag: source.tag, value: await source.read() };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    return propError(source.tag, error.hresult);
  }
}

/** The row with its number under `tag`, and a key. */
function numbered(row: Row, tag: PropTag<number>, number: number): Row {
  const replaced = new Set([propId(tag), propId(PR_INSTANCE_KEY)]);
  const kept = row.filter((value) => !replaced.has(propId(value.tag)));
  return [...kept, prop(tag, number), prop(PR_INSTANCE_KEY, new ByteWriter(4).u32(number).toBytes())];
}

function tableOf(rows: readonly Row[], columns: readonly PropTag[]): Promise<IMAPITable> {
  return TableView.open(new MemoryRowSource(new MemoryRows(rows, columns), { type: 'snapshot' }));
}
