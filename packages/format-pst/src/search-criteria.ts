/**
 * What a search folder searches for, and where: the search criteria object beside it. [MS-PST] 2.4.8.6
 *
 * [MS-PST] names the object and leaves its content open; this is what files have:
 *
 *     0x6608 binary   the restriction, an image of SRestriction of 16 bytes each; addresses are offsets in it,
 *                     and where SRestriction points to a value there is only the tag of the value
 *     0x6609 binary   node identifiers of the folders that are searched
 *     0x660B long     the state of the search, as GetSearchCriteria gives it
 *     0x8001 …        the values of the restriction, in the order in which one comes to them
 */
import {
  baseType,
  type MatchKind,
  type PropTag,
  type PropValue,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  RESTRICTION_DEPTH_MAX,
  type RelOp,
  type Restriction,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import { PstDamage } from './diagnostic.ts';

/** Identifiers of the properties of a search criteria object. */
export const SEARCH_IDS = { restriction: 0x6608, scope: 0x6609, state: 0x660b, firstValue: 0x8001 } as const;

export interface PstSearchCriteria {
  /** null if the folder has never been told what to search for. */
  readonly restriction: Restriction | null;
  /** Folders that are searched. */
  readonly scopeNids: readonly number[];
  /** SEARCH_RUNNING, SEARCH_REBUILD, SEARCH_RECURSIVE, SEARCH_FOREGROUND */
  readonly state: number;
}

/** Gives a property of the search criteria object by its identifier. */
export type SearchValue = (id: number) => Promise<PropValue | undefined>;

/** @throws MAPI_E_CORRUPT_DATA for a restriction that is damaged, or of a kind that is not known */
export async function readSearchCriteria(value: SearchValue): Promise<PstSearchCriteria> {
  const restriction = (await value(SEARCH_IDS.restriction))?.value;
  const scope = (await value(SEARCH_IDS.scope))?.value;
  const state = (await value(SEARCH_IDS.state))?.value;
  return {
    restriction: restriction instanceof Uint8Array ? await new RestrictionReader(restriction, value).read(0, 0) : null,
    scopeNids: scope instanceof Uint8Array ? nidsOf(scope) : [],
    state: typeof state === 'number' ? state : 0,
  };
}

function nidsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getUint32(index * 4, true));
}

const RESTRICTION_BYTES = 16;
const RELOPS: readonly RelOp[] = ['LT', 'LE', 'GT', 'GE', 'EQ', 'NE', 'RE'];
const MATCHES: readonly MatchKind[] = ['fullString', 'substring', 'prefix'];
const FL_IGNORECASE = 0x1_0000;
const FL_IGNORENONSPACE = 0x2_0000;
const FL_LOOSE = 0x4_0000;
const RES = { and: 0, or: 1, not: 2, content: 3, property: 4, compareProps: 5, bitmask: 6, size: 7, exist: 8 } as const;
const RES_SUB = 9;
const RES_COMMENT = 10;
const RES_COUNT = 11;

class RestrictionReader {
  readonly #view: DataView;
  readonly #value: SearchValue;
  /** Restrictions that may still be read: offsets of a stranger can lead to one of them many times. */
  #left: number;
  #nextValue: number = SEARCH_IDS.firstValue;

  constructor(bytes: Uint8Array, value: SearchValue) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#value = value;
    this.#left = Math.floor(bytes.length / RESTRICTION_BYTES);
  }

  async read(at: number, depth: number): Promise<Restriction> {
    if (depth > RESTRICTION_DEPTH_MAX) throw new PstDamage(`a search restriction is more than ${depth - 1} deep`);
    if (--this.#left < 0) throw new PstDamage('a search restriction leads back to itself');
    const [kind, a, b, c] = [this.#u32(at), this.#u32(at + 4), this.#u32(at + 8), this.#u32(at + 12)];
    switch (kind) {
      case RES.and:
        return { kind: 'and', of: await this.#list(a, b, depth) };
      case RES.or:
        return { kind: 'or', of: await this.#list(a, b, depth) };
      case RES.not:
        return { kind: 'not', of: await this.read(b, depth + 1) };
      case RES.content:
        return { kind: 'content', ...matchOf(a), tag: tagOf(b), value: await this.#take(tagOf(c)) };
      case RES.property:
        return { kind: 'property', relop: relopOf(a), tag: tagOf(b), value: await this.#take(tagOf(c)) };
      case RES.compareProps:
        return { kind: 'compareProps', relop: relopOf(a), tag1: tagOf(b), tag2: tagOf(c) };
      case RES.bitmask:
        return { kind: 'bitmask', relop: a === 0 ? 'EQZ' : 'NEZ', tag: tagOf(b), mask: c };
      case RES.size:
        return { kind: 'size', relop: relopOf(a), tag: tagOf(b), size: c };
      case RES.exist:
        return { kind: 'exist', tag: tagOf(b) };
      case RES_SUB:
        return { kind: 'sub', subobject: tagOf(a), of: await this.read(b, depth + 1) };
      case RES_COMMENT:
        return this.#comment(a, b, c, depth);
      case RES_COUNT:
        return { kind: 'count', count: a, of: await this.read(b, depth + 1) };
      default:
        throw new PstDamage(`a search restriction at ${at} is of kind ${kind}`);
    }
  }

  async #list(count: number, at: number, depth: number): Promise<readonly Restriction[]> {
    if (count > this.#left)
      throw new PstDamage(`${count} search restrictions in ${this.#left * RESTRICTION_BYTES} bytes`);
    const found: Restriction[] = [];
    for (let index = 0; index < count; index++) found.push(await this.read(at + index * RESTRICTION_BYTES, depth + 1));
    return found;
  }

  /** Its values stand before those of the restriction that it is about, which may be missing. */
  async #comment(count: number, at: number, tagsAt: number, depth: number): Promise<Restriction> {
    if (count * 4 > this.#view.byteLength) throw new PstDamage(`a search restriction has ${count} values`);
    const props: PropValue[] = [];
    for (let index = 0; index < count; index++) props.push(await this.#take(tagOf(this.#u32(tagsAt + index * 4))));
    return at === 0 ? { kind: 'comment', props } : { kind: 'comment', props, of: await this.read(at, depth + 1) };
  }

  /** The next value. */
  async #take(tagged: PropTag): Promise<PropValue> {
    const id = this.#nextValue++;
    const found = await this.#value(id);
    if (found === undefined) throw new PstDamage(`a search restriction lacks its value 0x${id.toString(16)}`);
    if (baseType(found.tag) !== baseType(tagged))
      throw new PstDamage(`value 0x${id.toString(16)} of a search restriction has another type than its property`);
    return { tag: tagged, value: found.value };
  }

  #u32(at: number): number {
    if (at > this.#view.byteLength - 4) throw new PstDamage(`a search restriction ends at ${at}`);
    return this.#view.getUint32(at, true);
  }
}

/** Strings of code pages are decoded, as everywhere. */
function tagOf(value: number): PropTag {
  return propType(value) === PT_STRING8 ? tag(propId(value), PT_UNICODE) : tagFromNumber(value);
}

function relopOf(value: number): RelOp {
  const relop = RELOPS[value];
  if (relop === undefined) throw new PstDamage(`a search restriction compares by ${value}`);
  return relop;
}

function matchOf(level: number): {
  readonly match: MatchKind;
  readonly ignoreCase?: true;
  readonly ignoreNonSpace?: true;
  readonly loose?: true;
} {
  const match = MATCHES[level & 0xffff];
  if (match === undefined) throw new PstDamage(`a search restriction matches by 0x${level.toString(16)}`);
  return {
    match,
    ...((level & FL_IGNORECASE) === 0 ? {} : { ignoreCase: true }),
    ...((level & FL_IGNORENONSPACE) === 0 ? {} : { ignoreNonSpace: true }),
    ...((level & FL_LOOSE) === 0 ? {} : { loose: true }),
  };
}
