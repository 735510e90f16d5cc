/** A message in memory that does what this package asks of one: the double for its tests. */
import { concatBytes, HRESULTS, MapiError } from '@nodemapi/base';
import {
  type AdrList,
  baseType,
  getPropsResult,
  type IAttach,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type IStream,
  isValueOfType,
  type MapiNameId,
  type ModifyRecipientsMode,
  NAMED_ID_MIN,
  nameKey,
  type OpenPropertyOptions,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_NUM,
  PR_ROWID,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_UNSPECIFIED,
  prop,
  propError,
  type Row,
  tag,
} from '@nodemapi/mapi';

/** Larger values are answered with MAPI_E_NOT_ENOUGH_MEMORY and read through streams, as a store does. */
const HELD_BYTES_MAX = 4096;

const unsupported = (what: string): never => {
  throw new MapiError('MAPI_E_NO_SUPPORT', `${what} of the test double`);
};

/** How many objects are open; a test that ends with another number than 0 has a leak. */
export const openObjects = { count: 0 };

abstract class MemoryObject {
  #released = false;

  constructor() {
    openObjects.count += 1;
  }

  addRef(): this {
    return unsupported('addRef');
  }

  async release(): Promise<void> {
    if (!this.#released) openObjects.count -= 1;
    this.#released = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async getLastError(): Promise<undefined> {
    return undefined;
  }
}

class MemoryStream extends MemoryObject implements IStream {
  readonly iid = 'IStream';
  readonly #keep: ((bytes: Uint8Array) => void) | undefined;
  #chunks: Uint8Array[];
  #position = 0;

  constructor(initial: Uint8Array, keep?: (bytes: Uint8Array) => void) {
    super();
    this.#chunks = [initial];
    this.#keep = keep;
  }

  async read(count: number): Promise<Uint8Array> {
    const bytes = this.#bytes().slice(this.#position, this.#position + count);
    this.#position += bytes.length;
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#keep === undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'the stream is read-only');
    this.#chunks.push(bytes.slice());
    this.#position += bytes.length;
  }

  async seek(offset: number): Promise<number> {
    this.#position = offset;
    return offset;
  }

  async setSize(): Promise<void> {
    unsupported('setSize');
  }

  async commit(): Promise<void> {
    this.#keep?.(this.#bytes());
  }

  async revert(): Promise<void> {
    unsupported('revert');
  }

  async stat(): Promise<{ size: number; writable: boolean }> {
    return { size: this.#bytes().length, writable: this.#keep !== undefined };
  }

  async copyTo(): Promise<number> {
    return unsupported('copyTo');
  }

  #bytes(): Uint8Array {
    if (this.#chunks.length > 1) this.#chunks = [concatBytes(this.#chunks)];
    return this.#chunks[0] ?? new Uint8Array(0);
  }
}

abstract class MemoryPropObject extends MemoryObject {
  /** Every property by its tag; what the tests look at. */
  readonly props: Map<number, unknown>;
  saves = 0;

  constructor(props: Map<number, unknown>) {
    super();
    this.props = props;
  }

  async saveChanges(): Promise<void> {
    this.saves += 1;
  }

  async getProps(tags: readonly PropTag[] = [...this.props.keys()] as PropTag[]): Promise<never> {
    const values = tags.map((tag): PropValue => {
      const value = this.props.get(tag);
      if (value === undefined) return propError(tag, HRESULTS.MAPI_E_NOT_FOUND);
      const size = typeof value === 'string' ? value.length * 2 : value instanceof Uint8Array ? value.length : 0;
      return size > HELD_BYTES_MAX ? propError(tag, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) : { tag, value };
    });
    return getPropsResult(values) as never;
  }

  async getPropList(): Promise<readonly PropTag[]> {
    return [...this.props.keys()] as PropTag[];
  }

  async setProps(values: readonly PropValue[]): Promise<readonly PropProblem[]> {
    const problems: PropProblem[] = [];
    for (const [index, { tag, value }] of values.entries()) {
      if (isValueOfType(baseType(tag), value)) this.props.set(tag, value);
      else problems.push({ index, tag, code: 'MAPI_E_INVALID_TYPE' });
    }
    return problems;
  }

  async openProperty(tag: PropTag, iid: string, options: OpenPropertyOptions = {}): Promise<never> {
    if (iid !== 'IStream') throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', iid);
    const value = this.props.get(tag);
    if (value === undefined && options.create !== true) throw new MapiError('MAPI_E_NOT_FOUND', 'no such property');
    const text = baseType(tag) === 0x1f;
    const stored = typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'utf16le')) : (value as Uint8Array);
    const initial = options.create === true || stored === undefined ? new Uint8Array(0) : stored;
    const keep = (bytes: Uint8Array): void => {
      this.props.set(tag, text ? Buffer.from(bytes).toString('utf16le') : bytes);
    };
    return new MemoryStream(initial, options.modify === true ? keep : undefined) as never;
  }

  async deleteProps(): Promise<readonly PropProblem[]> {
    return unsupported('deleteProps');
  }

  async copyTo(): Promise<never> {
    return unsupported('copyTo');
  }

  async copyProps(): Promise<never> {
    return unsupported('copyProps');
  }

  async getNamesFromIDs(tags: readonly PropTag[]): Promise<readonly undefined[]> {
    return tags.map(() => undefined); // names are not kept
  }

  async getIDsFromNames(names: readonly MapiNameId[]): Promise<readonly PropTag[]> {
    return names.map((name) => tag(identifierOf(nameKey(name)), PT_UNSPECIFIED));
  }
}

/** The same for the same name, in every message. */
function identifierOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return NAMED_ID_MIN + (hash % 0x7000);
}

/** What an attachment holds, saved or not. */
export interface AttachState {
  readonly props: Map<number, unknown>;
  message?: MessageState;
}

export interface MessageState {
  readonly props: Map<number, unknown>;
  recipients: Row[];
  readonly attachments: AttachState[];
}

export function newState(): MessageState {
  return { props: new Map(), recipients: [], attachments: [] };
}

export class MemoryAttach extends MemoryPropObject {
  readonly iid = 'IAttach';
  readonly #state: AttachState;

  constructor(state: AttachState) {
    super(state.props);
    this.#state = state;
  }

  override async openProperty(tag: PropTag, iid: string, options: OpenPropertyOptions = {}): Promise<never> {
    if (iid !== 'IMessage' || tag !== PR_ATTACH_DATA_OBJ) return super.openProperty(tag, iid, options);
    if (options.create === true) this.#state.message = newState();
    if (this.#state.message === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no embedded message');
    return new MemoryMessage(this.#state.message) as never;
  }
}

/** An IMessage over `state`; what is set there is at once what a reader sees. */
export class MemoryMessage extends MemoryPropObject {
  readonly iid = 'IMessage';
  readonly state: MessageState;

  constructor(state: MessageState = newState()) {
    super(state.props);
    this.state = state;
  }

  async createAttach(): Promise<{ attachNum: number; attach: IAttach }> {
    const state: AttachState = { props: new Map() };
    this.state.attachments.push(state);
    return { attachNum: this.state.attachments.length - 1, attach: asAttach(new MemoryAttach(state)) };
  }

  async openAttach(attachNum: number): Promise<IAttach> {
    const state = this.state.attachments[attachNum];
    if (state === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no attachment ${attachNum}`);
    return asAttach(new MemoryAttach(state));
  }

  async modifyRecipients(mode: ModifyRecipientsMode, rows: AdrList): Promise<void> {
    if (mode === 'modify' || mode === 'remove') unsupported(`modifyRecipients ${mode}`);
    if (mode === 'replace') this.state.recipients.length = 0;
    const first = this.state.recipients.length;
    this.state.recipients.push(...rows.map((row, index) => [...row, prop(PR_ROWID, first + index)]));
  }

  async getRecipientTable(): Promise<IMAPITable> {
    return asTable(this.state.recipients);
  }

  async getAttachmentTable(): Promise<IMAPITable> {
    return asTable(this.state.attachments.map((_, index) => [prop(PR_ATTACH_NUM, index)]));
  }

  async deleteAttach(): Promise<void> {
    unsupported('deleteAttach');
  }

  async submitMessage(): Promise<void> {
    unsupported('submitMessage');
  }

  async setReadFlag(): Promise<void> {
    unsupported('setReadFlag');
  }
}

/** A new unsaved message. */
export function memoryMessage(): { readonly message: IMessage; readonly state: MessageState } {
  const double = new MemoryMessage();
  // the double has what a conversion calls; it sets values of any tag, so its types are wider
  return { message: double satisfies Pick<IMAPIProp, 'saveChanges'> as unknown as IMessage, state: double.state };
}

function asAttach(attach: MemoryAttach): IAttach {
  // the double has what a conversion calls, and no more
  return attach as unknown as IAttach;
}

class MemoryTable extends MemoryObject {
  readonly iid = 'IMAPITable';
  readonly #rows: readonly Row[];
  #columns: readonly PropTag[] = [];
  #next = 0;

  constructor(rows: readonly Row[]) {
    super();
    this.#rows = rows;
  }

  async setColumns(tags: readonly PropTag[]): Promise<void> {
    this.#columns = tags;
  }

  async queryColumns(): Promise<readonly PropTag[]> {
    return [...new Set(this.#rows.flatMap((row) => row.map(({ tag }) => tag as PropTag)))];
  }

  async seekRow(): Promise<void> {
    this.#next = 0; // only the beginning is ever sought
  }

  async queryRows(count: number): Promise<readonly Row[]> {
    const rows = this.#rows.slice(this.#next, this.#next + count);
    this.#next += rows.length;
    return rows.map((row) =>
      this.#columns.map((tag) => row.find((value) => value.tag === tag) ?? propError(tag, HRESULTS.MAPI_E_NOT_FOUND)),
    );
  }
}

function asTable(rows: readonly Row[]): IMAPITable {
  // the double has what a conversion calls, and no more
  return new MemoryTable(rows) as unknown as IMAPITable;
}
