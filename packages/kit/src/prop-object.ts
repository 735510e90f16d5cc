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
  PT_OBJECT,
  PT_UNSPECIFIED,
  propType,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { copyProps, copyTo } from './copy-object.ts';
import { MemoryStream } from './memory-stream.ts';
import type { NamedPropertyMap } from './named-property-map.ts';
import { noSupport } from './no-support.ts';
import type { PropBag } from './prop-bag.ts';
import { streamBytes, streamValue } from './prop-stream.ts';
import { RefCounted } from './ref-counted.ts';

export interface PropObjectOptions {
  /** May be changed; default true. */
  readonly writable?: boolean;
  /** Without one the object has no named properties. */
  readonly names?: NamedPropertyMap;
}

/**
 * IMAPIProp over a `PropBag`, not transacted: what is set is there at once. The base of property data, status objects
 * and sections in memory.
 *
 * spec: imapipropiunknown
 */
export abstract class PropObject extends RefCounted implements IMAPIProp {
  protected readonly bag: PropBag;
  protected writable: boolean;
  readonly #names: NamedPropertyMap | undefined;

  /** @param bag shared with the caller; without `names` it should have `namedProperties: false` */
  constructor(bag: PropBag, options: PropObjectOptions = {}) {
    super();
    this.bag = bag;
    this.writable = options.writable ?? true;
    this.#names = options.names;
  }

  async saveChanges(_options?: SaveChangesOptions): Promise<void> {
    this.assertWritable();
  }

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertOpen();
    return this.bag.getProps(tags);
  }

  async getPropList(): Promise<readonly PropTag[]> {
    this.assertOpen();
    return this.bag.propList();
  }

  async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    this.assertOpen();
    if (propType(tag) === PT_UNSPECIFIED) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'openProperty needs a type');
    if (iid !== 'IStream' || propType(tag) === PT_OBJECT) {
      const name = `0x${tag.toString(16).padStart(8, '0')}`;
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `${name} of ${this.iid} does not open as ${iid}`);
    }
    return (await this.#openStream(tag, options)) as InterfaceMap[I];
  }

  async setProps<const T extends readonly PropTag[]>(values: CheckedProps<T>): Promise<readonly PropProblem[]> {
    this.assertWritable();
    const problems = this.bag.setProps(values);
    this.onChanged(
      values.map(({ tag }) => tag),
      problems,
    );
    return problems;
  }

  async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    this.assertWritable();
    const problems = this.bag.deleteProps(tags);
    this.onChanged(tags, problems);
    return problems;
  }

  async copyTo(destination: IMAPIProp, exclude?: readonly PropTag[], options?: CopyOptions): Promise<CopyResult> {
    this.assertOpen();
    return copyTo(this, exclude, destination, options);
  }

  async copyProps(include: readonly PropTag[], destination: IMAPIProp, options?: CopyOptions): Promise<CopyResult> {
    this.assertOpen();
    return copyProps(this, include, destination, options);
  }

  async getNamesFromIDs(
    tags?: readonly PropTag[],
    options?: GetNamesOptions,
  ): Promise<readonly (MapiNameId | undefined)[]> {
    this.assertOpen();
    return this.#namesOf('getNamesFromIDs').getNamesFromIDs(tags, options);
  }

  async getIDsFromNames(
    names: readonly MapiNameId[],
    options?: { readonly create?: boolean },
  ): Promise<readonly (PropTag | undefined)[]> {
    this.assertOpen();
    return this.#namesOf('getIDsFromNames').getIDsFromNames(names, options);
  }

  /** @throws MAPI_E_NO_ACCESS on an object that may only be read */
  protected assertWritable(): void {
    this.assertOpen();
    if (!this.writable) throw new MapiError('MAPI_E_NO_ACCESS', `${this.iid} was opened for reading`);
  }

  /** Runs after `tags` were set or deleted, but for those in `problems`. */
  protected onChanged(_tags: readonly PropTag[], _problems: readonly PropProblem[]): void {}

  #namesOf(method: string): NamedPropertyMap {
    return this.#names ?? noSupport(`${this.iid}.${method}: no named properties`);
  }

  async #openStream(tag: PropTag, options: OpenPropertyOptions): Promise<IStream> {
    const create = options.create === true;
    const modify = options.modify === true;
    if (create && !modify) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPI_CREATE without MAPI_MODIFY');
    if (modify) this.assertWritable();
    const stored = create ? undefined : this.bag.get(tag);
    if (!create && stored === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `0x${tag.toString(16)}`);
    if (create) await this.#replace(tag, new Uint8Array(0));
    const onCommit = (bytes: Uint8Array): Promise<void> => this.#replace(tag, bytes);
    return new MemoryStream(streamBytes(tag, stored), modify ? { onCommit } : { writable: false });
  }

  async #replace(tag: PropTag, bytes: Uint8Array): Promise<void> {
    const [problem] = this.bag.setProps([{ tag, value: streamValue(tag, bytes) }]);
    if (problem !== undefined) throw new MapiError(problem.code, `0x${tag.toString(16)} by a stream`);
    this.onChanged([tag], []);
  }
}
