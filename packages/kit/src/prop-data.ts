import {
  IPROP_CLEAN,
  IPROP_DIRTY,
  IPROP_READONLY,
  IPROP_READWRITE,
  type IPropData,
  MapiError,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { PropBag } from './prop-bag.ts';
import { PropObject, type PropObjectOptions } from './prop-object.ts';

/**
 * CreateIProp: properties in memory with an access flag on the object and on each property, which also tells what was
 * changed since the flags were last set to IPROP_CLEAN.
 *
 * spec: ipropdataimapiprop, createiprop
 */
export class PropData extends PropObject implements IPropData {
  readonly iid = 'IPropData';
  readonly #readOnly: Set<number>;
  readonly #dirty = new Set<number>();
  readonly #deleted = new Map<number, PropTag>();

  constructor(values: Iterable<PropValue> = [], options: PropObjectOptions = {}) {
    const readOnly = new Set<number>();
    const namedProperties = options.names !== undefined;
    super(new PropBag(values, { readOnly: (tag) => readOnly.has(propId(tag)), namedProperties }), options);
    this.#readOnly = readOnly;
  }

  async hrSetObjAccess(access: number): Promise<void> {
    this.assertOpen();
    if (access !== IPROP_READONLY && access !== IPROP_READWRITE) throw badAccess(access);
    this.writable = access === IPROP_READWRITE;
  }

  async hrSetPropAccess(tags: readonly PropTag[], access: readonly number[]): Promise<void> {
    this.assertWritable();
    for (const [index] of tags.entries()) checkAccess(access[index]);
    for (const [index, tag] of tags.entries()) this.#setAccess(propId(tag), access[index] ?? 0);
  }

  /** A deleted property has tag 0 if it was asked for, and its own tag in the list of all; its access is IPROP_DIRTY. */
  async hrGetPropAccess(
    tags?: readonly PropTag[],
  ): Promise<readonly { readonly tag: PropTag; readonly access: number }[]> {
    this.assertOpen();
    const listed = tags ?? [...this.bag.propList(), ...this.#deleted.values()];
    return listed.map((tag) => ({
      tag: tags !== undefined && this.#deleted.has(propId(tag)) ? tagFromNumber(0) : tag,
      access: this.#accessOf(propId(tag)),
    }));
  }

  /** All or none. @throws MAPI_E_INVALID_TYPE if one is not PT_OBJECT */
  async hrAddObjProps(tags: readonly PropTag[]): Promise<void> {
    this.assertWritable();
    const wrong = tags.find((tag) => propType(tag) !== PT_OBJECT);
    if (wrong !== undefined) throw new MapiError('MAPI_E_INVALID_TYPE', `0x${wrong.toString(16)} is no object`);
    for (const tag of tags) this.bag.addObject(tag);
    this.onChanged(tags, []);
  }

  protected override onChanged(tags: readonly PropTag[], problems: readonly PropProblem[]): void {
    const failed = new Set(problems.map(({ index }) => index));
    for (const [index, tag] of tags.entries()) {
      if (failed.has(index)) continue;
      const id = propId(tag);
      this.#dirty.add(id);
      if (this.bag.has(tag)) this.#deleted.delete(id);
      else this.#deleted.set(id, tag);
    }
  }

  #setAccess(id: number, access: number): void {
    if ((access & IPROP_READONLY) !== 0) this.#readOnly.add(id);
    if ((access & IPROP_READWRITE) !== 0) this.#readOnly.delete(id);
    if ((access & IPROP_DIRTY) !== 0) this.#dirty.add(id);
    if ((access & IPROP_CLEAN) === 0) return;
    this.#dirty.delete(id);
    this.#deleted.delete(id);
  }

  #accessOf(id: number): number {
    if (this.#dirty.has(id)) return IPROP_DIRTY;
    return this.#readOnly.has(id) ? IPROP_READONLY : IPROP_READWRITE;
  }
}

function checkAccess(access: number | undefined): void {
  const both = (pair: number): boolean => ((access ?? 0) & pair) === pair;
  const known = IPROP_READONLY | IPROP_READWRITE | IPROP_CLEAN | IPROP_DIRTY;
  if (access === undefined || access === 0 || (access & ~known) !== 0) throw badAccess(access);
  if (both(IPROP_READONLY | IPROP_READWRITE) || both(IPROP_CLEAN | IPROP_DIRTY)) throw badAccess(access);
}

function badAccess(access: number | undefined): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', `access flags ${access?.toString(16) ?? 'missing'}`);
}
