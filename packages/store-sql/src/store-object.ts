import { MemoryStream, RefCounted, streamBytes, streamValue } from '@nodemapi/kit';
import {
  baseType,
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
  type MapiErrorCode,
  type MapiNameId,
  MV_FLAG,
  type OpenPropertyOptions,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  PT_STRING8,
  PT_UNSPECIFIED,
  propId,
  propType,
  type SaveChangesOptions,
} from '@nodemapi/mapi';
import { answerProps, type ContentProps, isStreamable, storedTag } from './content-props.ts';
import type { StoreContext } from './store-context.ts';
import { type StreamedValue, ValueStream } from './value-stream.ts';
import { vetProps } from './vet-props.ts';

/** Gives a property that is computed, or undefined where there is none. */
export type Computed = ReadonlyMap<number, PropValue>;

/** IMAPIProp as all objects of the store have it: what is stored, and over it what is computed. */
export abstract class StoreObject extends RefCounted {
  protected readonly context: StoreContext;

  constructor(context: StoreContext) {
    super();
    this.context = context;
  }

  /** Identifiers that nobody may set. */
  protected abstract readonly computedIds: ReadonlySet<number>;
  /** The properties in hand; those of an object that is written at once are read anew. */
  protected abstract stored(): ContentProps;
  /** What is computed now, by identifier; at least what of `tags` is. */
  protected abstract computed(tags?: readonly PropTag[]): Computed;
  /** PT_OBJECT properties: listed, and opened as what they are. */
  protected abstract objectTags(): readonly PropTag[];
  /** Opens a PT_OBJECT property; undefined if it is not `iid`. */
  protected abstract openObject(
    tag: PropTag,
    iid: InterfaceName,
    options: OpenPropertyOptions,
  ): Promise<InterfaceMap[InterfaceName]> | undefined;
  /** Takes changed properties over: into memory, or at once into the store. */
  protected abstract keep(change: (props: ContentProps) => void): Promise<void>;
  /** @throws MAPI_E_NO_ACCESS on an object that was opened for reading */
  protected abstract assertModifiable(): void;
  protected abstract asProp(): IMAPIProp;
  abstract saveChanges(options?: SaveChangesOptions): Promise<void>;

  /** The problem of a value that may not be set here. */
  protected refuse(value: PropValue): MapiErrorCode | undefined {
    return this.computedIds.has(propId(value.tag)) ? 'MAPI_E_COMPUTED' : undefined;
  }

  /** @throws MAPI_E_INVALID_OBJECT after the end of the object's life */
  protected assertUsable(): void {
    this.assertOpen();
    this.context.assertOpen();
  }

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertUsable();
    const stored = this.stored();
    const computed = this.computed(tags);
    return answerProps(
      tags,
      () => listed(computed, stored),
      (tag) => computed.get(propId(tag)) ?? stored.entry(tag),
    );
  }

  async getPropList(): Promise<readonly PropTag[]> {
    this.assertUsable();
    return [...listed(this.computed(), this.stored()), ...this.objectTags()];
  }

  async setProps<const T extends readonly PropTag[]>(values: CheckedProps<T>): Promise<readonly PropProblem[]> {
    this.assertUsable();
    this.assertModifiable();
    const { accepted, problems } = vetProps(values, (value) => this.refuse(value));
    if (accepted.length > 0) {
      await this.keep((props) => {
        for (const { tag, value } of accepted) this.take(props, tag, value);
      });
    }
    return problems;
  }

  async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    this.assertUsable();
    this.assertModifiable();
    if (tags.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    const problems = tags.flatMap((tag, index): PropProblem[] =>
      this.computedIds.has(propId(tag)) ? [{ index, tag, code: 'MAPI_E_COMPUTED' }] : [],
    );
    const refused = new Set(problems.map(({ index }) => index));
    await this.keep((props) => {
      for (const [index, tag] of tags.entries()) if (!refused.has(index)) props.delete(tag);
    });
    return problems;
  }

  /** Sets one property that may be set. */
  protected take(props: ContentProps, tag: PropTag, value: unknown): void {
    props.set(tag, value);
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
    const object = propType(tag) === PT_OBJECT ? this.openObject(tag, iid, options) : undefined;
    if (object !== undefined) return (await object) as InterfaceMap[I];
    if (iid !== 'IStream' || !isStreamable(tag) || (propType(tag) & MV_FLAG) !== 0) {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${tag.toString(16)} has no ${iid}`);
    }
    // the interface was compared with IStream above, which does not narrow I
    return this.derived(await this.#openStream(tag, options)) as unknown as InterfaceMap[I];
  }

  async #openStream(tag: PropTag, options: OpenPropertyOptions): Promise<RefCounted & IStream> {
    const stored = this.stored();
    const entry = this.computed([tag]).get(propId(tag)) ?? stored.entry(tag);
    const reference = stored.reference(tag);
    if (options.modify === true && this.refuse({ tag, value: streamValue(tag, new Uint8Array(0)) }) !== undefined) {
      throw new MapiError('MAPI_E_NO_ACCESS', `0x${tag.toString(16)} is computed`);
    }
    if (options.create !== true) {
      const held = reference?.tag ?? entry?.tag;
      if (held === undefined || baseType(storedTag(held)) !== baseType(storedTag(tag))) {
        throw new MapiError('MAPI_E_NOT_FOUND', `no property 0x${tag.toString(16)}`);
      }
    }
    if (options.create === true)
      await this.keep((props) => props.set(tag, streamValue(tag, new Uint8Array(0)) as never));
    const chunked = this.chunkedStreams && baseType(tag) !== PT_STRING8;
    if (chunked && (reference !== undefined || options.modify === true)) return this.#openChunked(tag, options);
    return this.#openInMemory(tag, options, options.create === true ? undefined : entry);
  }

  /** Whether values may lie in rows of their own; not for objects that keep everything together. */
  protected readonly chunkedStreams: boolean = true;

  #openInMemory(tag: PropTag, options: OpenPropertyOptions, entry: PropValue | undefined): MemoryStream {
    const initial = entry === undefined ? new Uint8Array(0) : streamBytes(tag, entry.value);
    if (options.modify !== true) return new MemoryStream(initial, { writable: false });
    return new MemoryStream(initial, {
      onCommit: (bytes) => this.keep((props) => props.set(tag, streamValue(tag, bytes) as never)),
    });
  }

  #openChunked(tag: PropTag, options: OpenPropertyOptions): RefCounted & IStream {
    const { file } = this.context;
    const reference = this.stored().reference(tag);
    const entry = this.stored().entry(tag);
    const source = reference ?? { bytes: entry === undefined ? new Uint8Array(0) : streamBytes(tag, entry.value) };
    if (options.modify !== true) return new ValueStream(file, { source });
    const onCommit = (written: StreamedValue): Promise<void> => {
      if ('value' in written) this.noteStaged(written.value);
      return this.keep((props) => {
        if ('bytes' in written) props.set(tag, streamValue(tag, written.bytes) as never);
        else props.refer({ tag, value: written.value, size: written.size });
      });
    };
    return new ValueStream(file, { source, onCommit });
  }

  /** Told of a large value that was written and is not saved yet. */
  noteStaged(_value: number): void {}

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

  async getNamesFromIDs(
    tags?: readonly PropTag[],
    options?: GetNamesOptions,
  ): Promise<readonly (MapiNameId | undefined)[]> {
    this.assertUsable();
    return this.context.file.names.names(tags, options);
  }

  async getIDsFromNames(
    names: readonly MapiNameId[],
    options: { readonly create?: boolean } = {},
  ): Promise<readonly (PropTag | undefined)[]> {
    this.assertUsable();
    if (options.create === true) this.context.assertWritable();
    return this.context.file.names.ids(names, options.create === true);
  }
}

function listed(computed: Computed, stored: ContentProps): readonly PropTag[] {
  const own = [...computed.values()].map((entry) => entry.tag);
  return [...own, ...stored.tags().filter((tag) => !computed.has(propId(tag)))];
}

/** Computed properties by identifier; what is undefined is absent. */
export function computedProps(entries: readonly (PropValue | undefined)[]): Computed {
  return new Map(entries.flatMap((entry) => (entry === undefined ? [] : [[propId(entry.tag), entry] as const])));
}
