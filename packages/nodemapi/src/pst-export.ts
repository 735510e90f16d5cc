/** Writes messages and folders of any store into a new PST. */
import { MapiError, type Random, systemRandom } from '@nodemapi/base';
import {
  type AttachmentToWrite,
  type ContentsKind,
  type FolderWriter,
  type MessageToWrite,
  PstWriter,
  type RandomWrite,
  type StreamToWrite,
} from '@nodemapi/format-pst';
import { queryAllRows } from '@nodemapi/kit';
import {
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  type IAttach,
  type IMAPIProp,
  type IMessage,
  isPropError,
  NAMED_ID_MIN,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_MESSAGE_SIZE,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_ROWID,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_UNICODE,
  propId,
  propOf,
  propType,
  STREAM_CHUNK_BYTES,
  tagFromNumber,
} from '@nodemapi/mapi';
import { tagName } from './prop-names.ts';

/** What stores compute, and what is about the store that an object came from. */
const NOT_WRITTEN: ReadonlySet<number> = new Set(
  [
    PR_ACCESS,
    PR_ACCESS_LEVEL,
    PR_ATTACH_NUM,
    PR_ENTRYID,
    PR_HASATTACH,
    PR_INSTANCE_KEY,
    PR_MAPPING_SIGNATURE,
    PR_MDB_PROVIDER,
    PR_MESSAGE_SIZE,
    PR_NORMALIZED_SUBJECT,
    PR_OBJECT_TYPE,
    PR_PARENT_ENTRYID,
    PR_RECORD_KEY,
    PR_STORE_ENTRYID,
    PR_STORE_RECORD_KEY,
    PR_STORE_SUPPORT_MASK,
  ].map(propId),
);
/** Of rows of recipients, whose PR_ENTRYID and such are those of people. */
const NOT_WRITTEN_OF_ROWS: ReadonlySet<number> = new Set([PR_ROWID, PR_INSTANCE_KEY].map(propId));

/** What a PST cannot hold of a message, or the store could not give. */
export interface PstExportProblem {
  readonly code: MapiError['code'];
  readonly detail: string;
}

/** A new PST that messages are exported to. */
export class PstExport {
  readonly pst: PstWriter;
  readonly #problems: PstExportProblem[] = [];

  /** @param sink the file; what is in it before `finish` is no PST */
  constructor(sink: RandomWrite, displayName: string, random: Random = systemRandom) {
    this.pst = new PstWriter(sink, { displayName, random, lost: (tag, error) => this.#lost(tag, error) });
  }

  /** Adds a message with all it holds; what had to be left out is told. */
  async add(
    folder: FolderWriter,
    message: IMessage,
    kind: ContentsKind = 'messages',
  ): Promise<readonly PstExportProblem[]> {
    await this.pst.addMessage(folder, await this.#message(message), kind);
    return this.#problems.splice(0);
  }

  finish(): Promise<void> {
    return this.pst.finish();
  }

  async #message(message: IMessage): Promise<MessageToWrite> {
    return {
      ...(await this.#object(message)),
      recipients: await this.#recipients(message),
      attachments: () => this.#attachments(message),
    };
  }

  async #recipients(message: IMessage): Promise<readonly (readonly PropValue[])[]> {
    await using table = await message.getRecipientTable();
    const rows = await queryAllRows(table, { tags: await table.queryColumns({ all: true }) });
    return rows.map((row) => row.filter((each) => !isPropError(each) && !NOT_WRITTEN_OF_ROWS.has(propId(each.tag))));
  }

  async *#attachments(message: IMessage): AsyncGenerator<AttachmentToWrite> {
    await using table = await message.getAttachmentTable();
    for (const row of await queryAllRows(table, { tags: [PR_ATTACH_NUM] })) {
      const attachNum = propOf(row, PR_ATTACH_NUM);
      if (attachNum === undefined) continue;
      await using attach = await message.openAttach(attachNum);
      const plain = await this.#object(attach);
      const [method] = (await attach.getProps([PR_ATTACH_METHOD])).values;
      if (method === ATTACH_OLE) yield withObject(attach, plain);
      else if (method !== ATTACH_EMBEDDED_MSG) yield plain;
      else {
        await using inner = await openInner(attach);
        yield { ...plain, message: await this.#message(inner) };
      }
    }
  }

  /** Values in memory, and the long ones as streams. */
  async #object(object: IMAPIProp): Promise<{ values: readonly PropValue[]; streams: readonly StreamToWrite[] }> {
    const tags = (await object.getPropList()).filter(
      (tag) => propType(tag) !== PT_OBJECT && !NOT_WRITTEN.has(propId(tag)),
    );
    if (tags.length === 0) return { values: [], streams: [] };
    const { props } = await object.getProps(tags);
    const own = await this.#ownTags(object, tags);
    const values: PropValue[] = [];
    const streams: StreamToWrite[] = [];
    for (const [index, found] of props.entries()) {
      const tag = tags[index] as PropTag;
      const written = own.get(tag);
      if (written === undefined) continue;
      if (!isPropError(found)) values.push({ tag: written, value: found.value });
      else if (HAS_STREAM.has(propType(tag))) streams.push({ tag: written, chunks: () => chunksOf(object, tag) });
      else this.#problems.push({ code: 'MAPI_E_NOT_FOUND', detail: `${tagName(tag)} could not be read` });
    }
    return { values, streams };
  }

  /** The tags in the file: named properties have other identifiers there. */
  async #ownTags(object: IMAPIProp, tags: readonly PropTag[]): Promise<ReadonlyMap<PropTag, PropTag>> {
    const own = new Map(tags.map((tag) => [tag, tag]));
    const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
    if (named.length === 0) return own;
    const names = await object.getNamesFromIDs(named);
    for (const [index, tag] of named.entries()) {
      const name = names[index];
      if (name !== undefined) own.set(tag, tagFromNumber(this.pst.idOf(name) * 0x1_0000 + propType(tag)));
      else {
        own.delete(tag);
        this.#problems.push({ code: 'MAPI_E_NOT_FOUND', detail: `${tagName(tag)} has no name` });
      }
    }
    return own;
  }

  #lost(tag: PropTag, error: unknown): void {
    const { code, detail } = MapiError.from(error, 'pst');
    this.#problems.push({ code, detail: `${tagName(tag)}: ${detail}` });
  }
}

const HAS_STREAM: ReadonlySet<number> = new Set([PT_UNICODE, PT_BINARY]);

/** A PST keeps the compound file of an OLE object as PR_ATTACH_DATA_OBJ. [MS-PST] 2.4.6.2.2 */
function withObject(attach: IAttach, plain: AttachmentToWrite): AttachmentToWrite {
  const isContent = ({ tag }: { readonly tag: PropTag }): boolean => propId(tag) === propId(PR_ATTACH_DATA_BIN);
  const { values, streams = [] } = plain;
  if (![...values, ...streams].some(isContent)) return plain;
  return {
    values: values.filter((value) => !isContent(value)),
    streams: streams.filter((stream) => !isContent(stream)),
    object: () => chunksOf(attach, PR_ATTACH_DATA_BIN),
  };
}

function openInner(attach: IAttach): Promise<IMessage> {
  return attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
}

async function* chunksOf(object: IMAPIProp, tag: PropTag): AsyncGenerator<Uint8Array> {
  await using stream = await object.openProperty(tag, 'IStream');
  for (
    let chunk = await stream.read(STREAM_CHUNK_BYTES);
    chunk.length > 0;
    chunk = await stream.read(STREAM_CHUNK_BYTES)
  )
    yield chunk;
}
