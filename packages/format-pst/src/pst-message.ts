/** A message: properties, recipients, attachments. [MS-PST] 2.4.5 */
import { MapiError } from '@nodemapi/base';
import {
  ATTACH_EMBEDDED_MSG,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  propId,
} from '@nodemapi/mapi';
import { PstDamage } from './diagnostic.ts';
import { embeddedDepthMax } from './limits.ts';
import { NID_TYPES, NIDS, nidType, type PstNode } from './node.ts';
import { PropertyContext } from './property-context.ts';
import { type PstContext, PstObject } from './pst-object.ts';
import { splitSubject } from './subject.ts';
import { TableContext } from './table-context.ts';

/** A message of a PST file. */
export class PstMessage extends PstObject {
  /** Messages around this one: 0 for one that lies in a folder. */
  readonly depth: number;

  private constructor(context: PstContext, node: PstNode, properties: PropertyContext, depth: number) {
    super(context, node, properties);
    this.depth = depth;
  }

  /** @throws MAPI_E_CORRUPT_DATA; MAPI_E_TOO_COMPLEX for the innermost of too many messages */
  static async open(context: PstContext, node: PstNode, depth = 0): Promise<PstMessage> {
    if (depth > embeddedDepthMax) throw new PstDamage(`messages nest deeper than ${embeddedDepthMax}`);
    return new PstMessage(context, node, await PropertyContext.open(node), depth);
  }

  /** Every value; PR_SUBJECT without the mark of its prefix. */
  override async values(bytesMax?: number): Promise<PropValue[]> {
    const values = await super.values(bytesMax);
    return values.map((each) => (each.tag === PR_SUBJECT ? { tag: each.tag, value: plain(each.value) } : each));
  }

  override async value<T>(tag: PropTag<T>): Promise<T | undefined> {
    const value = await super.value(tag);
    return (tag as PropTag) === PR_SUBJECT ? (plain(value) as T | undefined) : value;
  }

  /** The subject with the mark of its prefix; undefined if there is none or it is damaged. */
  async storedSubject(): Promise<string | undefined> {
    try {
      const found = await super.value(PR_SUBJECT);
      return typeof found === 'string' ? found : undefined;
    } catch (error) {
      this.context.diagnostics.caught('badValue', this.describe(propId(PR_SUBJECT)), error);
      return undefined;
    }
  }

  /** Whether there is a table of attachments with a row. */
  async hasAttachments(): Promise<boolean> {
    for (const _nid of await this.#attachmentNids()) return true;
    return false;
  }

  /** The rows of the recipient table; damage is a diagnostic. */
  async *recipients(): AsyncGenerator<readonly PropValue[]> {
    const table = await this.#table(NIDS.recipientTable, 'badRecipients', 'the recipients');
    if (table === undefined) return;
    const what = `recipients of node 0x${this.nid.toString(16)}`;
    const damaged = (error: unknown): void => this.context.diagnostics.caught('badRecipients', what, error);
    try {
      for await (const row of table.rows(damaged))
        yield await row.values(this.text, (lost) => this.lost('badRecipients', lost));
    } catch (error) {
      damaged(error);
    }
  }

  /** The attachments in the order of their table; those that cannot be opened are diagnostics. */
  async *attachments(): AsyncGenerator<PstAttachment> {
    let attachNum = 0;
    for (const nid of await this.#attachmentNids()) {
      try {
        const node = await this.node.subnode(nid);
        if (node === undefined) throw new PstDamage('its node is missing');
        yield await PstAttachment.open(this.context, node, this.depth, attachNum);
      } catch (error) {
        const what = `attachment 0x${nid.toString(16)} of node 0x${this.nid.toString(16)}`;
        this.context.diagnostics.caught('badAttachment', what, error);
      }
      attachNum += 1;
    }
  }

  /** As the table names them; where the table cannot be read, all that are there. */
  async #attachmentNids(): Promise<readonly number[]> {
    const table = await this.#table(NIDS.attachmentTable, 'badAttachment', 'the attachments');
    let isDamaged = table === undefined;
    const nids = new Set<number>();
    const damaged = (error: unknown): void => {
      isDamaged = true;
      this.context.diagnostics.caught('badAttachment', `attachments of node 0x${this.nid.toString(16)}`, error);
    };
    try {
      if (table !== undefined) for await (const row of table.rows(damaged)) nids.add(row.rowId);
    } catch (error) {
      damaged(error);
    }
    if (!isDamaged) return [...nids];
    try {
      for await (const { nid } of this.node.subnodes.entries())
        if (nidType(nid) === NID_TYPES.attachment) nids.add(nid);
    } catch (error) {
      damaged(error);
    }
    return [...nids];
  }

  async #table(nid: number, code: 'badRecipients' | 'badAttachment', what: string): Promise<TableContext | undefined> {
    try {
      const node = await this.node.subnode(nid);
      return node === undefined ? undefined : await TableContext.open(node);
    } catch (error) {
      this.context.diagnostics.caught(code, `${what} of node 0x${this.nid.toString(16)}`, error);
      return undefined;
    }
  }
}

/** An attachment of a message. [MS-PST] 2.4.6 */
export class PstAttachment extends PstObject {
  /** PR_ATTACH_NUM: its place among the attachments of the message. */
  readonly attachNum: number;
  /** PR_ATTACH_METHOD; 0 where there is none. */
  readonly method: number;
  readonly #depth: number;

  private constructor(
    context: PstContext,
    node: PstNode,
    properties: PropertyContext,
    place: { readonly attachNum: number; readonly depth: number },
  ) {
    super(context, node, properties);
    this.attachNum = place.attachNum;
    this.#depth = place.depth;
    this.method = properties.number(propId(PR_ATTACH_METHOD)) ?? 0;
  }

  /** @throws MAPI_E_CORRUPT_DATA */
  static async open(context: PstContext, node: PstNode, depth: number, attachNum: number): Promise<PstAttachment> {
    return new PstAttachment(context, node, await PropertyContext.open(node), { attachNum, depth });
  }

  /** Whether there is content: bytes, an object or a message. */
  get hasData(): boolean {
    return this.properties.typeOf(propId(PR_ATTACH_DATA_BIN)) !== undefined;
  }

  /** Whether it is a message. */
  get isMessage(): boolean {
    return this.method === ATTACH_EMBEDDED_MSG && this.isObject;
  }

  /** Whether the content is a node of its own: a message, or the compound file of an OLE object. */
  get isObject(): boolean {
    return this.properties.typeOf(propId(PR_ATTACH_DATA_OBJ)) === PT_OBJECT;
  }

  /** Bytes of the content. @throws MAPI_E_CORRUPT_DATA */
  async dataSize(): Promise<number> {
    if (!this.isObject) return this.properties.size(propId(PR_ATTACH_DATA_BIN));
    return await (await this.properties.access(propId(PR_ATTACH_DATA_BIN))).size();
  }

  /** The content in pieces: the file, or the compound file of an OLE object; nothing for a message. */
  data(): AsyncGenerator<Uint8Array> {
    return this.properties.chunks(propId(PR_ATTACH_DATA_BIN));
  }

  /** The message that is attached; undefined if the attachment is none. @throws MAPI_E_CORRUPT_DATA */
  async embedded(): Promise<PstMessage | undefined> {
    return this.isMessage ? this.message() : undefined;
  }

  /** The message that this attachment is. @throws MAPI_E_NOT_FOUND if it is none; MAPI_E_CORRUPT_DATA */
  async message(): Promise<PstMessage> {
    const node = this.isMessage ? await this.properties.object(propId(PR_ATTACH_DATA_OBJ)) : undefined;
    if (node === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the attachment is no message');
    return PstMessage.open(this.context, node, this.#depth + 1);
  }
}

function plain(stored: unknown): unknown {
  return typeof stored === 'string' ? splitSubject(stored).subject : stored;
}
