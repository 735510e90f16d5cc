import * as mapi from '@nodemapi/mapi';

/** What names an object, says how it was opened, or is counted from what it holds. */
const COMPUTED: ReadonlySet<number> = new Set(
  [
    mapi.PR_ACCESS,
    mapi.PR_ACCESS_LEVEL,
    mapi.PR_ASSOC_CONTENT_COUNT,
    mapi.PR_ATTACH_NUM,
    mapi.PR_ATTACH_SIZE,
    mapi.PR_CONTENT_COUNT,
    mapi.PR_CONTENT_UNREAD,
    mapi.PR_DISPLAY_BCC,
    mapi.PR_DISPLAY_CC,
    mapi.PR_DISPLAY_TO,
    mapi.PR_ENTRYID,
    mapi.PR_FOLDER_TYPE,
    mapi.PR_HASATTACH,
    mapi.PR_INSTANCE_KEY,
    mapi.PR_MAPPING_SIGNATURE,
    mapi.PR_MDB_PROVIDER,
    mapi.PR_MESSAGE_SIZE,
    mapi.PR_MESSAGE_SIZE_EXTENDED,
    mapi.PR_OBJECT_TYPE,
    mapi.PR_PARENT_DISPLAY,
    mapi.PR_PARENT_ENTRYID,
    mapi.PR_RECORD_KEY,
    mapi.PR_STORE_ENTRYID,
    mapi.PR_STORE_RECORD_KEY,
    mapi.PR_STORE_SUPPORT_MASK,
    mapi.PR_SUBFOLDERS,
  ].map(mapi.propId),
);

/** Whether a property belongs to one object only, so that a copy has its own. */
export function isComputedByNature(tag: mapi.PropTag): boolean {
  return COMPUTED.has(mapi.propId(tag));
}
