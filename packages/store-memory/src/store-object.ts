/** IMAPIProp as all objects of the store have it: what is stored, together with what is computed. */
import { MemoryStream, PropBag, RefCounted, streamBytes, streamValue } from '@nodemapi/kit';
import {
  type CheckedProps,
  type CopyOptions,
  type CopyResult,
  type GetNamesOptions,
  type GetPropsResult,
  type IMAPIProp,
  type InterfaceMap,
  type InterfaceName,
  type IStream,
  MapiError,
  type MapiNameId,
  type OpenPropertyOptions,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  PT_UNSPECIFIED,
  propId,
  propType,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import type { StoreContext } from './store-context.ts';

/** Strings and binaries of more bytes are read as streams. */
export const valueBytesMax = 65_536;

export abstract class StoreObject extends RefCounted {
  protected readonly context: StoreContext;

  constructor(context: StoreContext) {
    super();
    this.context = context;
  }

  /** @throws MAPI_E_INVALID_OBJECT after the last release, or the logoff of the store */
  protected override assertOpen(): void {
    super.assertOpen();
    if (this.context.ended) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the store was logged off');
  }

  /** @throws MAPI_E_INVALID_OBJECT after the end of the object's life */
  protected abstract assertUsable(): void;
  /** @throws MAPI_E_NO_ACCESS on an object opened for reading */
  protected abstract assertModifiable(): void;
  /** Everything the object has, computed properties last. */
  protected abstract entries(): Iterable<PropValue>;
  /** A copy of the stored properties, to be changed and given to `keep`. */
  protected abstract stored(): PropBag;
  /** Takes over a bag that was changed. */
  protected abstract keep(bag: PropBag): void;
  /** Opens what is no stream: tables and embedded messages; undefined if the property is none of these. */
  protected abstract openObject(
    tag: PropTag,
    iid: InterfaceName,
    options: OpenPropertyOptions,
  ): Promise<IMAPIProp | InterfaceMap['IMAPITable'] | InterfaceMap['IStorage']> | undefined;

  abstract saveChanges(options?: SaveChangesOptions): Promise<void>;

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertUsable();
    const wanted = tags === undefined ? undefined : new Set(tags.map(propId));
    const found = [...this.entries()].filter(({ tag }) => wanted === undefined || wanted.has(propId(tag)));
    return new PropBag(found, { valueBytesMax }).getProps(tags);
  }

  async getPropList(): Promise<readonly PropTag[]> {
    this.assertUsable();
    return new PropBag(this.entries()).propList();
  }

  async setProps<const T extends readonly PropTag[]>(values: CheckedProps<T>): Promise<readonly PropProblem[]> {
    this.assertUsable();
    this.assertModifiable();
    const bag = this.stored();
    const problems = bag.setProps(values);
    this.keep(bag);
    return problems;
  }

  async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    this.assertUsable();
    this.assertModifiable();
    const bag = this.stored();
    const problems = bag.deleteProps(tags);
    this.keep(bag);
    return problems;
  }

  async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    this.assertUsable();
    if (propType(tag) === PT_UNSPECIFIED) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'openProperty needs a type');
    if (options.create === true && options.modify !== true) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPI_CREATE needs MAPI_MODIFY');
    }
    if (options.modify === true) this.assertModifiable();
    const object = this.openObject(tag, iid, options);
    if (object !== undefined) return (await object) as InterfaceMap[I];
    if (iid !== 'IStream' || propType(tag) === PT_OBJECT) {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${tag.toString(16)} has no ${iid}`);
    }
    return this.#openStream(tag, options) as InterfaceMap[I];
  }

  #openStream(tag: PropTag, options: OpenPropertyOptions): IStream {
    const writable = options.modify === true;
    const bag = this.stored();
    if (writable && bag.setProps([{ tag, value: streamValue(tag, new Uint8Array(0)) }]).length > 0) {
      throw new MapiError('MAPI_E_NO_ACCESS', `0x${tag.toString(16)} is computed`);
    }
    const entry = [...this.entries()].find((each) => propId(each.tag) === propId(tag));
    if (entry === undefined && options.create !== true) {
      throw new MapiError('MAPI_E_NOT_FOUND', `no property 0x${tag.toString(16)}`);
    }
    if (options.create === true) this.keep(bag);
    const initial = options.create === true ? new Uint8Array(0) : streamBytes(tag, entry?.value);
    const onCommit = (bytes: Uint8Array): void => {
      const latest = this.stored();
      latest.set(tag, streamValue(tag, bytes));
      this.keep(latest);
    };
    return this.derived(new MemoryStream(initial, writable ? { onCommit } : { writable: false }));
  }

  /** Remembers an object that was opened from this one; by default nobody has to. */
  protected derived<T extends RefCounted>(object: T): T {
    return object;
  }

  async copyTo(destination: IMAPIProp, exclude?: readonly PropTag[], options: CopyOptions = {}): Promise<CopyResult> {
    this.assertUsable();
    return this.context.support.doCopyTo(this.asProp(), exclude, destination, options);
  }

  async copyProps(include: readonly PropTag[], destination: IMAPIProp, options: CopyOptions = {}): Promise<CopyResult> {
    this.assertUsable();
    return this.context.support.doCopyProps(this.asProp(), include, destination, options);
  }

  /** This object as the contract sees it. */
  protected abstract asProp(): IMAPIProp;

  async getNamesFromIDs(
    tags?: readonly PropTag[],
    options?: GetNamesOptions,
  ): Promise<readonly (MapiNameId | undefined)[]> {
    this.assertUsable();
    return this.context.data.names.getNamesFromIDs(tags, options);
  }

  async getIDsFromNames(
    names: readonly MapiNameId[],
    options: { readonly create?: boolean } = {},
  ): Promise<readonly (PropTag | undefined)[]> {
    this.assertUsable();
    if (options.create === true) this.context.assertWritable();
    return this.context.data.names.getIDsFromNames(names, options);
  }
}
