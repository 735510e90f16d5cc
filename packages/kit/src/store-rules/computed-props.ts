/**
 * Properties that a store computes: setting one is answered with the problem MAPI_E_COMPUTED.
 *
 * spec: imapiprop-setprops, required-properties-for-all-messages
 */
import {
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
  type PropTag,
  propId,
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

/** Whether a property is in one of these sets; fits the option `computed` of PropBag. */
export function isComputed(computed: ReadonlySet<number>): (tag: PropTag) => boolean {
  return (tag) => computed.has(propId(tag));
}
