/**
 * Properties that a store computes: setting one is answered with the problem MAPI_E_COMPUTED.
 *
 * spec: imapiprop-setprops, required-properties-for-all-messages
 */
import {
  isPropError,
  isUsableId,
  isValueOfType,
  MapiError,
  type MapiErrorCode,
  MV_FLAG,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ASSOC_CONTENT_COUNT,
  PR_ATTACH_NUM,
  PR_ATTACH_SIZE,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_CREATION_TIME,
  PR_DEPTH,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_FOLDER_TYPE,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_LAST_MODIFICATION_TIME,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_PARENT_DISPLAY,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_STATE,
  PR_STORE_SUPPORT_MASK,
  PR_SUBFOLDERS,
  PR_SUBMIT_FLAGS,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_NULL,
  PT_OBJECT,
  PT_UNSPECIFIED,
  propId,
  propType,
} from '@nodemapi/mapi';

const ids = (...tags: readonly PropTag[]): ReadonlySet<number> => new Set(tags.map(propId));
const merged = (...sets: readonly ReadonlySet<number>[]): ReadonlySet<number> =>
  new Set(sets.flatMap((set) => [...set]));

/** On every object of a store. */
const COMPUTED_EVERYWHERE = ids(
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
);
const COMPUTED_BELOW_THE_STORE = ids(PR_CREATION_TIME, PR_LAST_MODIFICATION_TIME, PR_PARENT_ENTRYID);

export const COMPUTED_ON_STORES: ReadonlySet<number> = merged(COMPUTED_EVERYWHERE, ids(PR_STORE_STATE));

export const COMPUTED_ON_FOLDERS: ReadonlySet<number> = merged(
  COMPUTED_EVERYWHERE,
  COMPUTED_BELOW_THE_STORE,
  ids(PR_ASSOC_CONTENT_COUNT, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DEPTH, PR_FOLDER_TYPE, PR_SUBFOLDERS),
);

/** PR_MESSAGE_FLAGS is not here: it has rules of its own (`withWrittenFlags`). */
export const COMPUTED_ON_MESSAGES: ReadonlySet<number> = merged(
  COMPUTED_EVERYWHERE,
  COMPUTED_BELOW_THE_STORE,
  ids(PR_DISPLAY_BCC, PR_DISPLAY_CC, PR_DISPLAY_TO, PR_HASATTACH, PR_MESSAGE_SIZE, PR_MSG_STATUS),
  ids(PR_NORMALIZED_SUBJECT, PR_PARENT_DISPLAY, PR_SUBMIT_FLAGS),
);

export const COMPUTED_ON_ATTACHMENTS: ReadonlySet<number> = merged(
  COMPUTED_EVERYWHERE,
  COMPUTED_BELOW_THE_STORE,
  ids(PR_ATTACH_NUM, PR_ATTACH_SIZE),
);

export interface VettedProps {
  readonly accepted: readonly PropValue[];
  readonly problems: readonly PropProblem[];
}

/**
 * Sorts the values of one `setProps` into those to be set and the problems; PR_NULL and PT_ERROR entries are left out.
 *
 * @param refuse the problem of a value that may not be set on this object, if it has one
 * @throws MAPI_E_INVALID_PARAMETER for no values, for PT_OBJECT, and for a list of no values
 */
export function vetProps(
  values: readonly PropValue[],
  refuse: (value: PropValue) => MapiErrorCode | undefined,
): VettedProps {
  if (values.length === 0) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'no properties to set');
  for (const { tag, value } of values) {
    const type = propType(tag);
    if (type === PT_OBJECT || type === PT_UNSPECIFIED) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `0x${tag.toString(16)} cannot be set by SetProps`);
    }
    if ((type & MV_FLAG) !== 0 && Array.isArray(value) && value.length === 0) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `0x${tag.toString(16)} has no values`);
    }
  }
  const accepted: PropValue[] = [];
  const problems: PropProblem[] = [];
  values.forEach((value, index) => {
    if (isPropError(value) || propType(value.tag) === PT_NULL) return;
    const code = typeProblem(value) ?? refuse(value);
    if (code === undefined) accepted.push(value);
    else problems.push({ index, tag: value.tag, code });
  });
  return { accepted, problems };
}

function typeProblem({ tag, value }: PropValue): MapiErrorCode | undefined {
  if (!isUsableId(propId(tag))) return 'MAPI_E_INVALID_PARAMETER';
  return isValueOfType(propType(tag), value) ? undefined : 'MAPI_E_INVALID_TYPE';
}

/** The usual `refuse` of `vetProps`. */
export function refuseComputed(computed: ReadonlySet<number>): (value: PropValue) => MapiErrorCode | undefined {
  return ({ tag }) => (computed.has(propId(tag)) ? 'MAPI_E_COMPUTED' : undefined);
}
