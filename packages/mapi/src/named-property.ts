/**
 * Named properties: a property set and a number or a string, which a store maps to an identifier from 0x8000 on.
 *
 * spec: mapi-named-properties
 */
import type { Guid } from '@nodemapi/base';
import type { PropType } from './property-type.ts';

/** MAPI: MAPINAMEID. */
export type MapiNameId =
  | { readonly guid: Guid; readonly id: number; readonly name?: never }
  | { readonly guid: Guid; readonly name: string; readonly id?: never };

/** A documented named property with the type of its value. */
export type NamedProperty<T extends PropType = PropType> = MapiNameId & { readonly type: T };

/** One string per name, equal for equal names: string names keep their case, spec: mapinameid. */
export function nameKey(name: MapiNameId): string {
  return name.name === undefined ? `${name.guid}#${name.id}` : `${name.guid}:${name.name}`;
}
