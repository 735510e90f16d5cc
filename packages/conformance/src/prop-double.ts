/** Properties in memory: the part of a double that every MAPI object has. */
import { concatBytes, MapiError, utf8Decode } from '@nodemapi/base';
import {
  type CheckedProps,
  type CopyResult,
  type GetPropsResult,
  getPropsResult,
  HRESULTS,
  type IMAPIProp,
  type InterfaceMap,
  type InterfaceName,
  type IStream,
  type MapiErrorInfo,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_UNICODE,
  PT_UNSPECIFIED,
  propError,
  propId,
  propType,
  tag,
} from '@nodemapi/mapi';

/** References are not counted: a double lives as long as its test. */
export abstract class UnknownDouble {
  addRef(): this {
    return this;
  }

  async release(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async getLastError(): Promise<MapiErrorInfo | undefined> {
    return undefined;
  }
}

export abstract class PropDouble extends UnknownDouble implements IMAPIProp {
  abstract readonly iid: InterfaceName;
  readonly #values = new Map<number, PropValue>();
  readonly #names = new Map<string, MapiNameId>();

  constructor(values: readonly PropValue[]) {
    super();
    for (const value of values) this.#values.set(propId(value.tag), value);
  }

  /** Every property, without a look at its type. */
  allProps(): readonly PropValue[] {
    return [...this.#values.values()];
  }

  async saveChanges(): Promise<void> {}

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    if (tags === undefined) return getPropsResult(this.allProps().filter(({ tag }) => propType(tag) !== PT_OBJECT));
    return getPropsResult(
      tags.map((wanted) => {
        const found = this.#values.get(propId(wanted));
        const fits = found !== undefined && [PT_UNSPECIFIED, propType(found.tag)].includes(propType(wanted));
        return fits ? found : propError(wanted, HRESULTS.MAPI_E_NOT_FOUND);
      }),
    );
  }

  async getPropList(): Promise<readonly PropTag[]> {
    return this.allProps().map((value) => value.tag);
  }

  async openProperty<I extends InterfaceName>(
    wanted: PropTag,
    iid: I,
    options: { readonly modify?: boolean; readonly create?: boolean } = {},
  ): Promise<InterfaceMap[I]> {
    if (iid !== 'IStream') throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `${iid} of a property`);
    const found = this.#values.get(propId(wanted));
    if (found === undefined && options.create !== true) throw new MapiError('MAPI_E_NOT_FOUND', 'no such property');
    const bytes = options.create === true ? new Uint8Array() : bytesOf(found);
    const stream = new StreamDouble(
      bytes,
      (written) => void this.#values.set(propId(wanted), storedValue(wanted, written)),
    );
    return stream as InterfaceMap[InterfaceName] as InterfaceMap[I];
  }

  async setProps<const T extends readonly PropTag[]>(values: CheckedProps<T>): Promise<readonly PropProblem[]> {
    for (const value of values as readonly PropValue[]) this.#values.set(propId(value.tag), value);
    return [];
  }

  async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    for (const gone of tags) this.#values.delete(propId(gone));
    return [];
  }

  async copyTo(): Promise<CopyResult> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'copyTo of a double');
  }

  async copyProps(): Promise<CopyResult> {
    throw new MapiError('MAPI_E_NO_SUPPORT', 'copyProps of a double');
  }

  async getNamesFromIDs(tags?: readonly PropTag[]): Promise<readonly (MapiNameId | undefined)[]> {
    const names = [...this.#names.values()];
    return tags === undefined ? names : tags.map((wanted) => names[propId(wanted) - NAMED_ID_MIN]);
  }

  async getIDsFromNames(
    names: readonly MapiNameId[],
    options: { readonly create?: boolean } = {},
  ): Promise<readonly (PropTag | undefined)[]> {
    return names.map((name) => {
      const key = nameKey(name);
      if (!this.#names.has(key) && options.create === true) this.#names.set(key, name);
      const index = [...this.#names.keys()].indexOf(key);
      return index < 0 ? undefined : tag(NAMED_ID_MIN + index, PT_UNSPECIFIED);
    });
  }
}

class StreamDouble extends UnknownDouble implements IStream {
  readonly iid = 'IStream';
  readonly #onChange: (bytes: Uint8Array) => void;
  readonly #added: Uint8Array[] = [];
  #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array, onChange: (bytes: Uint8Array) => void) {
    super();
    this.#bytes = bytes;
    this.#onChange = onChange;
  }

  async read(count: number): Promise<Uint8Array> {
    this.#merge();
    const part = this.#bytes.slice(this.#position, this.#position + count);
    this.#position += part.length;
    return part;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#added.push(bytes.slice());
  }

  async seek(offset: number, origin: 'begin' | 'current' | 'end' = 'begin'): Promise<number> {
    this.#merge();
    const base = origin === 'begin' ? 0 : origin === 'end' ? this.#bytes.length : this.#position;
    this.#position = base + offset;
    return this.#position;
  }

  async setSize(size: number): Promise<void> {
    this.#merge();
    this.#bytes = concatBytes([this.#bytes.subarray(0, size), new Uint8Array(Math.max(0, size - this.#bytes.length))]);
    this.#onChange(this.#bytes);
  }

  async commit(): Promise<void> {
    this.#merge();
    this.#onChange(this.#bytes);
  }

  async revert(): Promise<void> {
    this.#added.length = 0;
  }

  async stat(): Promise<{ readonly size: number; readonly writable: boolean }> {
    this.#merge();
    return { size: this.#bytes.length, writable: true };
  }

  async copyTo(destination: IStream, count = Number.POSITIVE_INFINITY): Promise<number> {
    const part = await this.read(Math.min(count, this.#bytes.length));
    await destination.write(part);
    return part.length;
  }

  override async release(): Promise<void> {
    await this.commit();
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.commit();
  }

  #merge(): void {
    if (this.#added.length === 0) return;
    this.#bytes = concatBytes([this.#bytes, ...this.#added.splice(0)]); // every writer here writes at the end
  }
}

/** Text is UTF-16LE in a stream, as everywhere in MAPI. */
function bytesOf(value: PropValue | undefined): Uint8Array {
  if (value?.value instanceof Uint8Array) return value.value;
  if (typeof value?.value !== 'string') return new Uint8Array();
  const unicode = propType(value.tag) === PT_UNICODE;
  return new Uint8Array(Buffer.from(value.value, unicode ? 'utf16le' : 'latin1'));
}

function storedValue(wanted: PropTag, bytes: Uint8Array): PropValue {
  if (propType(wanted) === PT_BINARY || propType(wanted) === PT_OBJECT) return { tag: wanted, value: bytes };
  const text = propType(wanted) === PT_UNICODE ? Buffer.from(bytes).toString('utf16le') : utf8Decode(bytes);
  return { tag: wanted, value: text };
}
