/**
 * Restrictions: filters for tables and searches, as plain values.
 *
 * spec: srestriction, types-of-restrictions
 */
import type { PropTag } from './prop-tag.ts';
import type { PropValue } from './prop-value.ts';

/** How two values are compared. spec: spropertyrestriction */
export type RelOp = 'LT' | 'LE' | 'GT' | 'GE' | 'EQ' | 'NE' | 'RE';
/** FL_FULLSTRING (the whole value), FL_SUBSTRING, FL_PREFIX. */
export type MatchKind = 'fullString' | 'substring' | 'prefix';

/** MAPI: SRestriction. */
export type Restriction =
  | { readonly kind: 'and'; readonly of: readonly Restriction[] }
  | { readonly kind: 'or'; readonly of: readonly Restriction[] }
  | { readonly kind: 'not'; readonly of: Restriction }
  | ContentRestriction
  | PropertyRestriction
  | { readonly kind: 'compareProps'; readonly relop: RelOp; readonly tag1: PropTag; readonly tag2: PropTag }
  | { readonly kind: 'bitmask'; readonly relop: 'EQZ' | 'NEZ'; readonly tag: PropTag; readonly mask: number }
  | { readonly kind: 'size'; readonly relop: RelOp; readonly tag: PropTag; readonly size: number }
  | { readonly kind: 'exist'; readonly tag: PropTag }
  | { readonly kind: 'sub'; readonly subobject: PropTag; readonly of: Restriction }
  | { readonly kind: 'comment'; readonly props: readonly PropValue[]; readonly of?: Restriction }
  | { readonly kind: 'count'; readonly count: number; readonly of: Restriction };

/** MAPI: SContentRestriction; `tag` is compared with `value`, and both are of one type. */
export interface ContentRestriction {
  readonly kind: 'content';
  readonly match: MatchKind;
  /** FL_IGNORECASE */
  readonly ignoreCase?: boolean;
  /** FL_IGNORENONSPACE: without regard to diacritics */
  readonly ignoreNonSpace?: boolean;
  /** FL_LOOSE: both of the above */
  readonly loose?: boolean;
  readonly tag: PropTag;
  readonly value: PropValue;
}

/** MAPI: SPropertyRestriction: (the object's value) relop (the constant). */
export interface PropertyRestriction {
  readonly kind: 'property';
  readonly relop: RelOp;
  readonly tag: PropTag;
  readonly value: PropValue;
}

/** Every part holds. spec: sandrestriction */
export const resAnd = (...of: readonly Restriction[]): Restriction => ({ kind: 'and', of });
/** At least one part holds. spec: sorrestriction */
export const resOr = (...of: readonly Restriction[]): Restriction => ({ kind: 'or', of });
/** The part does not hold. spec: snotrestriction */
export const resNot = (of: Restriction): Restriction => ({ kind: 'not', of });
/** The property is there. spec: sexistrestriction */
export const resExist = (tag: PropTag): Restriction => ({ kind: 'exist', tag });

/** The two properties of the object compare so. spec: scomparepropsrestriction */
export const resCompareProps = (relop: RelOp, tag1: PropTag, tag2: PropTag): Restriction => ({
  kind: 'compareProps',
  relop,
  tag1,
  tag2,
});
/** At least one bit of the mask is set ('NEZ'), or none is ('EQZ'). spec: sbitmaskrestriction */
export const resBitMask = (relop: 'EQZ' | 'NEZ', tag: PropTag<number>, mask: number): Restriction => ({
  kind: 'bitmask',
  relop,
  tag,
  mask,
});
/** The property takes so many bytes. spec: ssizerestriction */
export const resSize = (relop: RelOp, tag: PropTag, size: number): Restriction => ({ kind: 'size', relop, tag, size });
/** A row of the object's table of recipients or attachments satisfies the part. spec: ssubrestriction */
export const resSub = (subobject: PropTag, of: Restriction): Restriction => ({ kind: 'sub', subobject, of });

/** `tag relop value`, typed by the tag. */
export function resProperty<T>(relop: RelOp, tag: PropTag<T>, value: NoInfer<T>): PropertyRestriction {
  return { kind: 'property', relop, tag, value: { tag, value } };
}

/** A string or binary property that contains, begins with or equals `value`. */
export function resContent<T>(
  tag: PropTag<T>,
  value: NoInfer<T>,
  match: MatchKind = 'substring',
  options: Pick<ContentRestriction, 'ignoreCase' | 'ignoreNonSpace' | 'loose'> = {},
): ContentRestriction {
  return { kind: 'content', match, tag, value: { tag, value }, ...options };
}

/** Depth to which restrictions may nest before they are refused with MAPI_E_TOO_COMPLEX. */
export const RESTRICTION_DEPTH_MAX = 64;
