import { PropBag, type PropList, selectProp, type ValueReference, valueBytes } from '@nodemapi/kit';
import {
  baseType,
  errorTag,
  type GetPropsResult,
  getPropsResult,
  HRESULTS,
  isPropError,
  MapiError,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  propError,
  propId,
  tagFromNumber,
} from '@nodemapi/mapi';

/** Strings and binaries of more bytes than this lie in rows of their own, and are read by `openProperty` only. */
export const inlineBytesMax = 65_536;

interface ContentParts {
  /** Becomes part of the object. */
  readonly props: PropBag;
  readonly references: readonly ValueReference[];
}

/**
 * The properties of an open object: small values in memory, large ones by reference.
 *
 * At most one value per identifier, of whatever type was set last.
 */
export class ContentProps {
  readonly #bag: PropBag;
  readonly #references: Map<number, ValueReference>;

  constructor({ props, references }: PropList | ContentParts = { props: [], references: [] }) {
    this.#bag = props instanceof PropBag ? props : new PropBag(props, { valueBytesMax: inlineBytesMax });
    this.#references = new Map(references.map((reference) => [propId(reference.tag), reference]));
  }

  get references(): readonly ValueReference[] {
    return [...this.#references.values()];
  }

  get values(): readonly PropValue[] {
    return [...this.#bag];
  }

  get<T>(tag: PropTag<T>): T | undefined {
    return this.#bag.get(tag);
  }

  reference(tag: PropTag): ValueReference | undefined {
    return this.#references.get(propId(tag));
  }

  has(tag: PropTag): boolean {
    return this.#bag.has(tag) || this.#references.has(propId(tag));
  }

  set<T>(tag: PropTag<T>, value: NoInfer<T>): void {
    this.#references.delete(propId(tag));
    this.#bag.set(tag, value);
  }

  /** Sets a value, or deletes it if there is none. */
  put<T>(tag: PropTag<T>, value: NoInfer<T> | undefined): void {
    if (value === undefined) this.delete(tag);
    else this.set(tag, value as NoInfer<T>);
  }

  refer(reference: ValueReference): void {
    this.#bag.delete(reference.tag);
    this.#references.set(propId(reference.tag), reference);
  }

  delete(tag: PropTag): void {
    this.#references.delete(propId(tag));
    this.#bag.delete(tag);
  }

  /** What is held for `tag`; for a large value the PT_ERROR entry of MAPI_E_NOT_ENOUGH_MEMORY. */
  entry(tag: PropTag): PropValue | undefined {
    const reference = this.#references.get(propId(tag));
    return reference === undefined ? this.#bag.entry(tag) : tooLarge(reference.tag);
  }

  /** Tags of everything, large values too. */
  tags(): readonly PropTag[] {
    return [...this.#bag.propList(), ...this.references.map((reference) => reference.tag)];
  }

  clone(): ContentProps {
    return new ContentProps({ props: this.#bag.clone(), references: this.references });
  }
}

/**
 * Answers as `IMAPIProp.getProps` does.
 *
 * @param find what is held for a tag, whatever its type
 * @param all the tags that no tags stand for
 * @throws MAPI_E_INVALID_PARAMETER if `tags` is empty
 */
export function answerProps<const T extends readonly PropTag[]>(
  tags: T | undefined,
  all: () => readonly PropTag[],
  find: (tag: PropTag) => PropValue | undefined,
): GetPropsResult<T> {
  if (tags?.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
  const wanted: readonly PropTag[] = tags ?? all().filter((tag) => baseType(tag) !== PT_OBJECT);
  return getPropsResult<T>(wanted.map((tag) => select(find(tag), tag)));
}

function select(found: PropValue | undefined, wanted: PropTag): PropValue {
  const selected = selectProp(found, wanted);
  if (isPropError(selected)) return { tag: errorTag(wanted), value: selected.value };
  const large = isLong(selected.value) && valueBytes(selected.value) > inlineBytesMax;
  return large || baseType(selected.tag) === PT_OBJECT ? tooLarge(wanted) : selected;
}

function tooLarge(tag: PropTag): PropValue {
  return propError(tag, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY);
}

function isLong(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** Whether a value is too large to lie among the others. */
export function isLarge({ value }: PropValue): boolean {
  return isLong(value) && valueBytes(value) > inlineBytesMax;
}

/** Whether a property of this type can be opened as a stream. */
export function isStreamable(tag: PropTag): boolean {
  const type = baseType(tag);
  return type === PT_BINARY || type === PT_UNICODE || type === PT_STRING8;
}

/** The tag under which a value is kept: strings are Unicode. */
export function storedTag(tag: PropTag): PropTag {
  return baseType(tag) === PT_STRING8 ? tagFromNumber(tag - PT_STRING8 + PT_UNICODE) : tag;
}
