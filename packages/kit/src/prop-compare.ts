/** Comparing single values and names. spec: fpropcompareprop, fpropcontainsprop, lpropcompareprop, fequalnames */
import { MapiError } from '@nodemapi/base';
import {
  type ContentRestriction,
  type MapiNameId,
  nameKey,
  type PropValue,
  PT_BINARY,
  PT_STRING8,
  PT_UNICODE,
  propType,
  type RelOp,
} from '@nodemapi/mapi';
import { compareValues, rowSource, sameBaseType } from './compare.ts';
import { matchContent } from './match-content.ts';
import { evaluateRestriction } from './restriction.ts';

/** How exactly `fPropContainsProp` looks: FL_* flags. */
export type FuzzyLevel = Pick<ContentRestriction, 'match' | 'ignoreCase' | 'ignoreNonSpace' | 'loose'>;

const MATCHES: ReadonlySet<unknown> = new Set(['fullString', 'substring', 'prefix']);
const CONTAINERS: ReadonlySet<number> = new Set([PT_STRING8, PT_UNICODE, PT_BINARY]);

/** MAPI: FPropCompareProp. Whether `a` is to `b` as `relop` says; values of different types are not. spec: fpropcompareprop */
export function fPropCompareProp(a: PropValue, relop: RelOp, b: PropValue): boolean {
  if (propType(a.tag) !== propType(b.tag)) return false;
  return evaluateRestriction(
    { kind: 'property', relop, tag: a.tag, value: { tag: a.tag, value: b.value } },
    rowSource([a]),
  );
}

/**
 * MAPI: FPropContainsProp. Whether a string or binary contains another; without a fuzzy level, or with one that is none, whether
 * they are equal.
 *
 * @see spec: fpropcontainsprop
 */
export function fPropContainsProp(value: PropValue, search: PropValue, fuzzy?: FuzzyLevel): boolean {
  if (!CONTAINERS.has(propType(value.tag)) || !sameBaseType(value.tag, search.tag)) return false;
  const how = fuzzy !== undefined && MATCHES.has(fuzzy.match) ? fuzzy : { match: 'fullString' as const };
  return matchContent(how, value.value, search.value);
}

/**
 * MAPI: LPropCompareProp. Below zero, zero or above zero; values without an order are unequal in the same way each time.
 *
 * @throws MAPI_E_INVALID_PARAMETER for values of different types
 * @see spec: lpropcompareprop
 */
export function lPropCompareProp(a: PropValue, b: PropValue): number {
  if (propType(a.tag) !== propType(b.tag))
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'values of different types have no order');
  return compareValues(a, b);
}

/** MAPI: FEqualNames. The same set, and the same number, or the same string with its case. spec: fequalnames */
export function fEqualNames(a: MapiNameId, b: MapiNameId): boolean {
  return nameKey(a) === nameKey(b);
}
