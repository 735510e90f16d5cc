import {
  STORE_ATTACH_OK,
  STORE_CATEGORIZE_OK,
  STORE_CREATE_OK,
  STORE_ENTRYID_UNIQUE,
  STORE_HTML_OK,
  STORE_MODIFY_OK,
  STORE_MV_PROPS_OK,
  STORE_NOTIFY_OK,
  STORE_READONLY,
  STORE_RESTRICTION_OK,
  STORE_SEARCH_OK,
  STORE_SORT_OK,
  STORE_SUBMIT_OK,
  STORE_UNICODE_OK,
} from '@nodemapi/mapi';

/** What a store can do that follows these rules, whoever looks at it. */
const ALWAYS =
  STORE_ENTRYID_UNIQUE |
  STORE_SEARCH_OK |
  STORE_ATTACH_OK |
  STORE_SUBMIT_OK |
  STORE_NOTIFY_OK |
  STORE_MV_PROPS_OK |
  STORE_RESTRICTION_OK |
  STORE_SORT_OK |
  STORE_CATEGORIZE_OK |
  STORE_HTML_OK |
  STORE_UNICODE_OK;

/** PR_STORE_SUPPORT_MASK of a store with everything that stores have, opened for writing or for reading. */
export function storeSupportMask(writable: boolean): number {
  return ALWAYS | (writable ? STORE_MODIFY_OK | STORE_CREATE_OK : STORE_READONLY);
}
