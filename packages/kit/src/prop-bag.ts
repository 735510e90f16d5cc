import { bytesEqual } from '@nodemapi/base';
import {
  baseType,
  errorTag,
  type GetPropsResult,
  getPropsResult,
  HRESULTS,
  isStorableType,
  isValueOfType,
  MapiError,
  type MapiErrorCode,
  MV_FLAG,
  NAMED_ID_MIN,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_ERROR,
  PT_NULL,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  propError,
  propId,
  propType,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import { selectProp } from './prop-select.ts';

export interface PropBagOptions {
  /** Properties that a caller may not set or delete: problem MAPI_E_COMPUTED. */
  readonly computed?: (tag: PropTag) => boolean;
  /** Properties that a caller may read only: problem MAPI_E_NO_ACCESS. */
  readonly readOnly?: (tag: PropTag) => boolean;
  /** Strings and binaries of more bytes than this are MAPI_E_NOT_ENOUGH_MEMORY in `getProps`; unlimited by default. */
  readonly valueBytesMax?: number;
  /** Identifiers that are answered only when asked for by tag. */
  readonly hidden?: (id: number) => boolean;
  /** Without it, identifiers from 0x8000 on are the problem MAPI_E_UNEXPECTED_ID; default true. */
  readonly namedProperties?: boolean;
}

/**
 * The properties of one object in memory: at most one value per identifier, of whatever type was set last.
 *
 * - `getProps`, `setProps` and `deleteProps` follow the rules of IMAPIProp; `get`, `set` and `delete` are for the owner
 *   and know no computed properties.
 * - Strings are Unicode: PT_STRING8 is stored as PT_UNICODE, and either type can be asked for.
 * - Bytes are copied on the way in, not on the way out.
 * - An entry is never changed, and stays the same object while its property has the same value.
 *
 * spec: imapiprop-getprops, imapiprop-setprops, imapiprop-deleteprops
 */
export class PropBag implements Iterable<PropValue> {
  #entries = new Map<number, PropValue>();
  /** A clone may have the same entries: whoever changes them makes them its own first. */
  #shared = false;
  readonly #options: PropBagOptions;

  constructor(values: Iterable<PropValue> = [], options: PropBagOptions = {}) {
    this.#options = options;
    for (const value of values) this.set(value.tag, value.value);
  }

  get size(): number {
    return this.#entries.size;
  }

  [Symbol.iterator](): Iterator<PropValue> {
    return this.#entries.values();
  }

  /** The entry with the identifier of `wanted`, whatever its type. */
  entry(wanted: PropTag): PropValue | undefined {
    return this.#entries.get(propId(wanted));
  }

  /** The value of `wanted` if there is one of its type (any type for PT_UNSPECIFIED). */
  get<T>(wanted: PropTag<T>): T | undefined {
    const found = selectProp(this.entry(wanted), wanted);
    return propType(found.tag) === PT_ERROR ? undefined : (found.value as T);
  }

  has(wanted: PropTag): boolean {
    return this.#entries.has(propId(wanted));
  }

  /**
   * Sets a value, whatever a caller might be allowed to.
   *
   * @throws MAPI_E_INVALID_TYPE if `value` is not what the type of `target` holds
   */
  set<T>(target: PropTag<T>, value: NoInfer<T>): void {
    if (!isValueOfType(propType(target), value)) {
      throw new MapiError('MAPI_E_INVALID_TYPE', `value of ${hexTag(target)} is a ${typeof value}`);
    }
    const id = propId(target);
    const stored = wideTag(target);
    const before = this.#entries.get(id);
    if (before !== undefined && before.tag === stored && isSameValue(before.value, value)) return;
    this.#own().set(id, { tag: stored, value: copied(value) });
  }

  /** Declares a PT_OBJECT property: it is listed, and read by `openProperty` only. */
  addObject(target: PropTag): void {
    this.#own().set(propId(target), { tag: tag(propId(target), PT_OBJECT), value: null });
  }

  /** Removes a property by its identifier; whether there was one. */
  delete(target: PropTag): boolean {
    return this.#entries.has(propId(target)) && this.#own().delete(propId(target));
  }

  clear(): void {
    this.#entries = new Map();
    this.#shared = false;
  }

  /** An independent copy with the same options. */
  clone(): PropBag {
    const copy = new PropBag([], this.#options);
    copy.#entries = this.#entries;
    copy.#shared = true;
    this.#shared = true;
    return copy;
  }

  /** Tags of all properties but hidden ones. spec: imapiprop-getproplist */
  propList(): readonly PropTag[] {
    return [...this.#entries.values()].filter((entry) => !this.#isHidden(entry)).map((entry) => entry.tag);
  }

  /** Answers as `IMAPIProp.getProps` does. @throws MAPI_E_INVALID_PARAMETER if `tags` is empty */
  getProps<const T extends readonly PropTag[]>(tags?: T): GetPropsResult<T> {
    if (tags?.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    const wanted = tags ?? this.propList().filter((listed) => baseType(listed) !== PT_OBJECT);
    return getPropsResult<T>(wanted.map((one) => this.#select(one)));
  }

  /**
   * Sets what may be set; PT_NULL and PT_ERROR entries are passed over.
   *
   * @throws MAPI_E_INVALID_PARAMETER for no values, a PT_OBJECT entry or a multivalue without values; nothing is set
   */
  setProps(values: readonly PropValue[]): readonly PropProblem[] {
    checkSettable(values);
    const problems: PropProblem[] = [];
    for (const [index, { tag: target, value }] of values.entries()) {
      const type = propType(target);
      if (type === PT_NULL || type === PT_ERROR) continue;
      const code = this.#problemOf(target, value);
      if (code !== undefined) problems.push({ index, tag: target, code });
      else this.set(target, value);
    }
    return problems;
  }

  /** Deletes by identifier; an absent property is no problem. @throws MAPI_E_INVALID_PARAMETER if `tags` is empty */
  deleteProps(tags: readonly PropTag[]): readonly PropProblem[] {
    if (tags.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    const problems: PropProblem[] = [];
    for (const [index, target] of tags.entries()) {
      const code = this.#protection(target);
      if (code !== undefined) problems.push({ index, tag: target, code });
      else this.delete(target);
    }
    return problems;
  }

  /** The entries, to be changed. */
  #own(): Map<number, PropValue> {
    if (this.#shared) this.#entries = new Map(this.#entries);
    this.#shared = false;
    return this.#entries;
  }

  #select(wanted: PropTag): PropValue {
    const found = selectProp(this.entry(wanted), wanted);
    if (propType(found.tag) === PT_ERROR) return { tag: errorTag(wanted), value: found.value };
    const byOpenProperty = baseType(found.tag) === PT_OBJECT || this.#isTooLarge(found);
    return byOpenProperty ? propError(wanted, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) : found;
  }

  #problemOf(target: PropTag, value: unknown): MapiErrorCode | undefined {
    const protection = this.#protection(target);
    if (protection !== undefined) return protection;
    if (propId(target) >= NAMED_ID_MIN && this.#options.namedProperties === false) return 'MAPI_E_UNEXPECTED_ID';
    const fits = isStorableType(propType(target)) && isValueOfType(propType(target), value);
    return fits ? undefined : 'MAPI_E_INVALID_TYPE';
  }

  #protection(target: PropTag): MapiErrorCode | undefined {
    if (this.#options.computed?.(target)) return 'MAPI_E_COMPUTED';
    return this.#options.readOnly?.(target) ? 'MAPI_E_NO_ACCESS' : undefined;
  }

  #isHidden(entry: PropValue): boolean {
    return this.#options.hidden?.(propId(entry.tag)) === true;
  }

  #isTooLarge(entry: PropValue): boolean {
    const limit = this.#options.valueBytesMax;
    return limit !== undefined && isLong(entry.value) && valueBytes(entry.value) > limit;
  }
}

/** Size of a value in bytes as SIZE restrictions and limits see it: strings count as UTF-16. spec: ssizerestriction */
export function valueBytes(value: unknown, type = 0): number {
  if (typeof value === 'string') return type === 0x48 ? 16 : value.length * 2;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + valueBytes(element, type), 0);
  if (typeof value === 'bigint') return 8;
  return FIXED_BYTES.get(type) ?? 4;
}

const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0x02, 2],
  [0x05, 8],
  [0x07, 8],
  [0x0b, 2],
]);

function isLong(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function checkSettable(values: readonly PropValue[]): void {
  if (values.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no values');
  for (const { tag: target, value } of values) {
    const empty = (propType(target) & MV_FLAG) !== 0 && Array.isArray(value) && value.length === 0;
    if (propType(target) === PT_OBJECT || empty) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `${hexTag(target)} cannot be set`);
    }
  }
}

/** Whether setting `value` would change nothing: an entry that stays the same object need not be saved again. */
function isSameValue(before: unknown, value: unknown): boolean {
  if (before instanceof Uint8Array && value instanceof Uint8Array) return bytesEqual(before, value);
  return before === value;
}

function copied(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return Array.isArray(value) ? value.map(copied) : value;
}

function wideTag(target: PropTag): PropTag {
  if (baseType(target) !== PT_STRING8) return target;
  return tagFromNumber(target - PT_STRING8 + PT_UNICODE);
}

function hexTag(target: PropTag): string {
  return `0x${target.toString(16).padStart(8, '0')}`;
}
