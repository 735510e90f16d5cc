import {
  isPropError,
  isStorableType,
  isUsableId,
  isValueOfType,
  MapiError,
  type MapiErrorCode,
  MV_FLAG,
  type PropProblem,
  type PropValue,
  PT_NULL,
  PT_OBJECT,
  PT_UNSPECIFIED,
  propId,
  propType,
} from '@nodemapi/mapi';

export interface VettedProps {
  readonly accepted: readonly PropValue[];
  readonly problems: readonly PropProblem[];
}

/**
 * Sorts the values of one `setProps` into those to be set and the problems; PR_NULL and PT_ERROR entries are left out.
 *
 * @param refuse the problem of a value that may not be set on this object, if it has one
 * @throws MAPI_E_INVALID_PARAMETER for no values, for PT_OBJECT, and for a list of no values
 * @see spec: imapiprop-setprops
 */
export function vetProps(
  values: readonly PropValue[],
  refuse: (value: PropValue) => MapiErrorCode | undefined,
): VettedProps {
  if (values.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no properties to set');
  for (const { tag, value } of values) {
    const type = propType(tag);
    const empty = (type & MV_FLAG) !== 0 && Array.isArray(value) && value.length === 0;
    if (type === PT_OBJECT || type === PT_UNSPECIFIED || empty) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `0x${tag.toString(16)} cannot be set by SetProps`);
    }
  }
  const accepted: PropValue[] = [];
  const problems: PropProblem[] = [];
  for (const [index, value] of values.entries()) {
    if (isPropError(value) || propType(value.tag) === PT_NULL) continue;
    const code = typeProblem(value) ?? refuse(value);
    if (code === undefined) accepted.push(value);
    else problems.push({ index, tag: value.tag, code });
  }
  return { accepted, problems };
}

function typeProblem({ tag, value }: PropValue): MapiErrorCode | undefined {
  if (!isUsableId(propId(tag))) return 'MAPI_E_INVALID_PARAMETER';
  const fits = isStorableType(propType(tag)) && isValueOfType(propType(tag), value);
  return fits ? undefined : 'MAPI_E_INVALID_TYPE';
}
