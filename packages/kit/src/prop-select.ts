import {
  baseType,
  errorTag,
  HRESULTS,
  MV_FLAG,
  PR_NULL,
  type PropTag,
  type PropValue,
  PT_STRING8,
  PT_UNICODE,
  PT_UNSPECIFIED,
  propError,
  propId,
  propType,
  type Row,
} from '@nodemapi/mapi';
import type { PropSource } from './compare.ts';

/**
 * What a caller gets who asks for `wanted` where `stored` is held: the value, or a PT_ERROR entry.
 *
 * PT_UNSPECIFIED takes the stored type; the two string types stand for each other; any other difference of types is
 * MAPI_E_NOT_FOUND, as an absent property is.
 *
 * spec: imapiprop-getprops
 */
export function selectProp(stored: PropValue | undefined, wanted: PropTag): PropValue {
  if (stored === undefined) return propError(wanted, HRESULTS.MAPI_E_NOT_FOUND);
  const type = propType(wanted);
  if (stored.tag === wanted || type === PT_UNSPECIFIED || stored.tag === errorTag(stored.tag)) return stored;
  if (isString(stored.tag) && isString(wanted) && (propType(stored.tag) & MV_FLAG) === (type & MV_FLAG)) {
    return { tag: wanted, value: stored.value };
  }
  return propError(wanted, HRESULTS.MAPI_E_NOT_FOUND);
}

/** One table row: the columns in their order, PR_NULL where a position is only reserved. spec: imapitable-queryrows */
export function projectRow(source: PropSource, columns: readonly PropTag[]): Row {
  return columns.map((column) =>
    propId(column) === propId(PR_NULL) ? { tag: PR_NULL, value: null } : selectProp(source(column), column),
  );
}

function isString(tag: PropTag): boolean {
  return baseType(tag) === PT_UNICODE || baseType(tag) === PT_STRING8;
}
