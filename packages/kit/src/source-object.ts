/** Properties that something else holds, such as a file, as a read-only IMAPIProp: values are read when asked for. */
import type { RandomAccess } from '@nodemapi/base';
import {
  baseType,
  type CopyOptions,
  type CopyResult,
  errorTag,
  type GetNamesOptions,
  type GetPropsResult,
  getPropsResult,
  HRESULTS,
  type IMAPIProp,
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type MapiNameId,
  type OpenPropertyOptions,
  PR_MAPPING_SIGNATURE,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_UNICODE,
  PT_UNSPECIFIED,
  propError,
  propId,
  propType,
} from '@nodemapi/mapi';
import { AccessStream } from './access-stream.ts';
import { copyProps, copyTo } from './copy-object.ts';
import type { NamedPropertyMap } from './named-property-map.ts';
import { selectProp } from './prop-select.ts';
import { RefCounted } from './ref-counted.ts';

/** One property of a source. */
export interface SourceProp {
  readonly tag: PropTag;
  /** Bytes of a string or binary, 0 for any other type. */
  readonly size: number;
  read(): Promise<unknown>;
  /** The bytes of a string, as UTF-16LE, or of a binary. */
  open(): Promise<RandomAccess>;
}

/** An object of a source. */
export interface ObjectSource {
  readonly props: readonly SourceProp[];
}

/** Strings and binaries of more bytes are read as streams. */
const valueBytesMax = 65_536;
/** What the object here says of itself, whatever the source had. */
const OWN: ReadonlySet<number> = new Set([PR_MAPPING_SIGNATURE].map(propId));

/** spec: imapipropiunknown */
export abstract class SourceProps extends RefCounted {
  protected readonly names: NamedPropertyMap;
  readonly #props = new Map<number, SourceProp>();

  /** @param own what is added to the properties of the source, or put in their place */
  constructor(source: ObjectSource, names: NamedPropertyMap, own: readonly PropValue[] = []) {
    super();
    this.names = names;
    for (const each of source.props) if (!OWN.has(propId(each.tag))) this.#props.set(propId(each.tag), each);
    for (const { tag, value } of own) this.#props.set(propId(tag), constantProp(tag, value));
  }

  /** This object as the contract sees it. */
  protected abstract asProp(): IMAPIProp;
  /** Opens what is no stream; undefined if the property is none of these. */
  protected abstract openObject(
    tag: PropTag,
    iid: InterfaceName,
  ): Promise<InterfaceMap[InterfaceName] | undefined> | undefined;

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertOpen();
    if (tags?.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    const wanted = tags ?? (await this.getPropList()).filter((tag) => baseType(tag) !== PT_OBJECT);
    const found: PropValue[] = [];
    for (const tag of wanted) found.push(await this.#select(tag));
    return getPropsResult<T>(found);
  }

  async getPropList(): Promise<readonly PropTag[]> {
    this.assertOpen();
    return [...this.#props.values()].map(({ tag }) => tag);
  }

  async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    this.assertOpen();
    if (propType(tag) === PT_UNSPECIFIED) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'openProperty needs a type');
    if (options.modify === true || options.create === true) this.refuse();
    const object = await this.openObject(tag, iid);
    if (object !== undefined) return object as InterfaceMap[I];
    const found = this.#props.get(propId(tag));
    const value = found === undefined ? propError(tag, 0) : selectProp({ tag: found.tag, value: null }, tag);
    if (found === undefined || value.tag === errorTag(tag) || propType(found.tag) === PT_OBJECT) {
      throw new MapiError('MAPI_E_NOT_FOUND', `no property 0x${tag.toString(16)}`);
    }
    const hasStream = propType(found.tag) === PT_UNICODE || propType(found.tag) === PT_BINARY;
    if (iid !== 'IStream' || !hasStream) {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${tag.toString(16)} has no ${iid}`);
    }
    // the branch above leaves IStream alone
    return (await AccessStream.open(await found.open())) as unknown as InterfaceMap[I];
  }

  async getNamesFromIDs(
    tags?: readonly PropTag[],
    options?: GetNamesOptions,
  ): Promise<readonly (MapiNameId | undefined)[]> {
    this.assertOpen();
    return this.names.getNamesFromIDs(tags, options);
  }

  /** Names that the source does not have stay unknown, also with MAPI_CREATE. */
  async getIDsFromNames(names: readonly MapiNameId[]): Promise<readonly (PropTag | undefined)[]> {
    this.assertOpen();
    return this.names.getIDsFromNames(names);
  }

  async copyTo(destination: IMAPIProp, exclude?: readonly PropTag[], options?: CopyOptions): Promise<CopyResult> {
    this.assertOpen();
    return copyTo(this.asProp(), exclude, destination, options);
  }

  async copyProps(include: readonly PropTag[], destination: IMAPIProp, options?: CopyOptions): Promise<CopyResult> {
    this.assertOpen();
    return copyProps(this.asProp(), include, destination, options);
  }

  async saveChanges(): Promise<void> {
    this.refuse();
  }

  async setProps(): Promise<never> {
    return this.refuse();
  }

  async deleteProps(): Promise<never> {
    return this.refuse();
  }

  protected refuse(): never {
    this.assertOpen();
    throw new MapiError('MAPI_E_NO_ACCESS', 'what is read from a file cannot be changed');
  }

  async #select(wanted: PropTag): Promise<PropValue> {
    const found = this.#props.get(propId(wanted));
    if (found === undefined) return propError(wanted, HRESULTS.MAPI_E_NOT_FOUND);
    const selected = selectProp({ tag: found.tag, value: null }, wanted);
    if (selected.tag === errorTag(wanted)) return selected;
    if (found.size > valueBytesMax || propType(found.tag) === PT_OBJECT) {
      return propError(wanted, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY);
    }
    try {
      return { tag: selected.tag, value: await found.read() };
    } catch (error) {
      if (!MapiError.is(error)) throw error;
      return propError(wanted, error.hresult); // one damaged value is one failed property
    }
  }
}

/** A property whose value is there. */
function constantProp(tag: PropTag, value: unknown): SourceProp {
  const open = async (): Promise<RandomAccess> => {
    throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${tag.toString(16)} has no stream`);
  };
  return { tag, size: 0, read: async () => value, open };
}
