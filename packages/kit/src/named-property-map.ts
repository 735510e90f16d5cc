import { type Guid, newGuid, type Random } from '@nodemapi/base';
import {
  type GetNamesOptions,
  MapiError,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  type PropTag,
  PS_MAPI,
  PT_UNSPECIFIED,
  propId,
  tag,
} from '@nodemapi/mapi';

/** PROP_ID_INVALID is not given to a name. */
const NAMED_ID_MAX = 0xfffe;

/** A name and its identifier, as `NamedPropertyMap` takes and gives them. */
export interface NamedId {
  readonly name: MapiNameId;
  readonly id: number;
}

/**
 * Names and identifiers of named properties, in memory; whoever needs them later stores `entries()`.
 *
 * Identifiers start at 0x8000 and are given once. PS_MAPI needs no mapping: its names are the identifiers themselves.
 *
 * spec: imapiprop-getidsfromnames, imapiprop-getnamesfromids
 */
export class NamedPropertyMap {
  /** PR_MAPPING_SIGNATURE of the objects that share this map. */
  readonly signature: Guid;
  readonly #byName = new Map<string, number>();
  readonly #byId = new Map<number, MapiNameId>();
  #next = NAMED_ID_MIN;

  constructor(random: Random, entries: Iterable<NamedId> = []) {
    this.signature = newGuid(random);
    for (const { name, id } of entries) this.#add(name, id);
  }

  /** All names in the order in which they were added. */
  entries(): readonly NamedId[] {
    return [...this.#byId].map(([id, name]) => ({ name, id }));
  }

  /**
   * Tags of type PT_UNSPECIFIED in the order of `names`; all of them for no names, undefined for unknown ones.
   *
   * @throws MAPI_E_INVALID_PARAMETER to create nothing; MAPI_E_TOO_BIG when no identifier is left
   */
  getIDsFromNames(
    names: readonly MapiNameId[],
    options: { readonly create?: boolean } = {},
  ): readonly (PropTag | undefined)[] {
    const create = options.create === true;
    if (names.length > 0) return names.map((name) => this.#tagOf(name, create));
    if (create) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no names to create');
    return [...this.#byId.keys()].map((id) => tag(id, PT_UNSPECIFIED));
  }

  /** Names in the order of `tags`, undefined where there is none; all of them without `tags`. */
  getNamesFromIDs(tags?: readonly PropTag[], options?: GetNamesOptions): readonly (MapiNameId | undefined)[] {
    if (tags?.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    if (tags === undefined) return [...this.#byId.values()].filter((name) => isWantedName(name, options));
    return tags.map((wanted) => {
      const id = propId(wanted);
      const name = id > 0 && id < NAMED_ID_MIN ? { guid: PS_MAPI, id } : this.#byId.get(id);
      return isWantedName(name, options) ? name : undefined;
    });
  }

  #tagOf(name: MapiNameId, create: boolean): PropTag | undefined {
    if (name.guid === PS_MAPI) {
      const fixed = name.id !== undefined && name.id > 0 && name.id < NAMED_ID_MIN;
      return fixed ? tag(name.id, PT_UNSPECIFIED) : undefined;
    }
    const known = this.#byName.get(nameKey(name));
    if (known !== undefined) return tag(known, PT_UNSPECIFIED);
    if (!create) return undefined;
    if (this.#next > NAMED_ID_MAX)
      throw new MapiError('MAPI_E_TOO_BIG', 'all identifiers of named properties are given');
    const id = this.#next;
    this.#add(name, id);
    return tag(id, PT_UNSPECIFIED);
  }

  #add(name: MapiNameId, id: number): void {
    this.#byName.set(nameKey(name), id);
    this.#byId.set(id, name);
    this.#next = Math.max(this.#next, id + 1);
  }
}

/** Whether a name is of a kind that `getNamesFromIDs` was asked for. */
export function isWantedName(name: MapiNameId | undefined, options: GetNamesOptions = {}): boolean {
  return !(name?.name === undefined ? options.noIds : options.noStrings);
}
