/**
 * A message in memory, for suites that need one without a store: properties, recipients, attachments, streams.
 *
 * It is lenient where a store is strict: it checks no access rights and computes nothing. `saves` counts its saves,
 * and a test may let the next one fail.
 */
import { MapiError } from '@nodemapi/base';
import {
  type AdrList,
  type IAttach,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type ModifyRecipientsMode,
  MSGFLAG_UNSENT,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_NUM,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_ROWID,
  type PropTag,
  type PropValue,
  prop,
  propId,
  propOf,
} from '@nodemapi/mapi';
import { PropDouble } from './prop-double.ts';
import { TableDouble } from './table-double.ts';

export class MessageDouble extends PropDouble implements IMessage {
  readonly iid = 'IMessage';
  #rows: readonly PropValue[][] = [];
  #nextRowId = 1;
  readonly #attachments = new Map<number, AttachDouble>();
  #nextAttachNum = 0;
  /** How often the message was saved with success. */
  saves = 0;
  /** Thrown by `saveChanges`, until it is taken away. */
  saveError: Error | undefined;

  constructor(values: readonly PropValue[] = []) {
    super([prop(PR_MESSAGE_CLASS, 'IPM.Note'), prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT), ...values]);
  }

  /** The recipients as they are, each with its PR_ROWID. */
  get recipients(): readonly (readonly PropValue[])[] {
    return this.#rows;
  }

  override async saveChanges(): Promise<void> {
    if (this.saveError !== undefined) throw this.saveError;
    this.saves++;
  }

  async getRecipientTable(): Promise<IMAPITable> {
    return new TableDouble(this.#rows);
  }

  async modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): Promise<void> {
    const ids = new Set(rows.map((row) => propOf(row, PR_ROWID)));
    const kept = this.#rows.filter((row) => !ids.has(propOf(row, PR_ROWID)));
    if (mode === 'replace') this.#rows = rows.map((row) => this.#numbered(row));
    else if (mode === 'add') this.#rows = [...this.#rows, ...rows.map((row) => this.#numbered(row))];
    else if (mode === 'remove') this.#rows = kept;
    else this.#rows = [...kept, ...rows.map((row) => [...row])];
  }

  async getAttachmentTable(): Promise<IMAPITable> {
    const rows = [...this.#attachments.values()].map((attach) => attach.allProps());
    return new TableDouble(rows);
  }

  async openAttach(attachNum: number): Promise<IAttach> {
    const attach = this.#attachments.get(attachNum);
    if (attach === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `there is no attachment ${attachNum}`);
    return attach;
  }

  async createAttach(): Promise<{ readonly attachNum: number; readonly attach: IAttach }> {
    const attachNum = this.#nextAttachNum++;
    const attach = new AttachDouble([prop(PR_ATTACH_NUM, attachNum)]);
    this.#attachments.set(attachNum, attach);
    return { attachNum, attach };
  }

  async deleteAttach(attachNum: number): Promise<void> {
    this.#attachments.delete(attachNum);
  }

  async submitMessage(): Promise<void> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'IMessage.submitMessage of a message without a store');
  }

  async setReadFlag(): Promise<void> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'IMessage.setReadFlag of a message without a store');
  }

  #numbered(row: readonly PropValue[]): PropValue[] {
    return [...row.filter((value) => value.tag !== PR_ROWID), prop(PR_ROWID, this.#nextRowId++)];
  }
}

class AttachDouble extends PropDouble implements IAttach {
  readonly iid = 'IAttach';
  #embedded: MessageDouble | undefined;

  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: { readonly modify?: boolean; readonly create?: boolean } = {},
  ): Promise<InterfaceMap[I]> {
    if (propId(tag) !== propId(PR_ATTACH_DATA_OBJ) || iid !== 'IMessage') return super.openProperty(tag, iid, options);
    if (options.create === true) this.#embedded = new MessageDouble();
    if (this.#embedded === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'nothing is embedded');
    return this.#embedded as InterfaceMap[InterfaceName] as InterfaceMap[I];
  }
}
