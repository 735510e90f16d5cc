import { MapiError } from '@nodemapi/base';
import { isWantedName } from '@nodemapi/kit';
import {
  type GetNamesOptions,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  type PropTag,
  PT_UNSPECIFIED,
  propId,
  tag,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import type { StoreFile } from './store-file.ts';

/** Property set of the names that stand for the identifiers below 0x8000. */
const PS_MAPI = '00020328-0000-0000-c000-000000000046';
const NAMED_ID_MAX = 0xfffe;

interface NameRow {
  readonly id: number;
  readonly guid: string;
  readonly number: number | null;
  readonly name: string | null;
}

/**
 * The names of named properties in a store: the same for all its objects, and for good.
 *
 * spec: imapiprop-getidsfromnames, imapiprop-getnamesfromids
 */
export class NamedPropertyMap {
  readonly #file: StoreFile;
  readonly #byId = new Map<number, MapiNameId>();
  readonly #byKey = new Map<string, number>();

  constructor(file: StoreFile) {
    this.#file = file;
  }

  names(tags?: readonly PropTag[], options?: GetNamesOptions): readonly (MapiNameId | undefined)[] {
    this.#refresh();
    if (tags === undefined) return [...this.#byId.values()].filter((name) => isWantedName(name, options));
    if (tags.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no tags');
    return tags.map((each) => {
      const id = propId(each);
      const name = id < NAMED_ID_MIN ? { guid: PS_MAPI, id } : this.#byId.get(id);
      return isWantedName(name, options) ? name : undefined;
    });
  }

  /** @throws MAPI_E_TOO_BIG if the store can take no more names; MAPI_E_INVALID_PARAMETER for `create` without names */
  async ids(names: readonly MapiNameId[], create: boolean): Promise<readonly (PropTag | undefined)[]> {
    this.#refresh();
    if (names.length === 0) {
      if (create) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no names to create');
      return [...this.#byId.keys()].map((id) => tag(id, PT_UNSPECIFIED));
    }
    if (create && names.some((name) => this.#idOf(name) === undefined)) {
      await this.#file.write(() => {
        for (const name of names) if (mapiId(name) === undefined) this.#insert(name);
      });
      this.#refresh();
    }
    return names.map((name) => {
      const id = this.#idOf(name);
      return id === undefined ? undefined : tag(id, PT_UNSPECIFIED);
    });
  }

  #idOf(name: MapiNameId): number | undefined {
    return mapiId(name) ?? this.#byKey.get(nameKey(name));
  }

  #insert(name: MapiNameId): void {
    const { db } = this.#file;
    const next = db.get<{ id: number }>(
      sql`SELECT coalesce(max(id) + 1, ${NAMED_ID_MIN}) AS id FROM named_property`,
    )?.id;
    const known = db.get(sql`SELECT 1 FROM named_property
      WHERE guid = ${name.guid} AND number IS ${name.id ?? null} AND name IS ${name.name ?? null}`);
    if (known !== undefined || next === undefined) return;
    if (next > NAMED_ID_MAX) throw new MapiError('MAPI_E_TOO_BIG', 'the store has no room for more property names');
    db.run(sql`INSERT INTO named_property (id, guid, number, name)
      VALUES (${next}, ${name.guid}, ${name.id ?? null}, ${name.name ?? null})`);
  }

  /** Reads what was added since, by whomever: names are never changed or removed. */
  #refresh(): void {
    const last = NAMED_ID_MIN + this.#byId.size - 1;
    const rows = this.#file.db.all<NameRow>(sql`SELECT * FROM named_property WHERE id > ${last} ORDER BY id`);
    for (const { id, guid, number, name } of rows) {
      const named: MapiNameId = name === null ? { guid, id: Number(number) } : { guid, name };
      this.#byId.set(id, named);
      this.#byKey.set(nameKey(named), id);
    }
  }
}

function mapiId(name: MapiNameId): number | undefined {
  return name.guid === PS_MAPI ? name.id : undefined;
}
