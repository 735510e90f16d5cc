/** Identifiers and rows of the providers of the tests. */
import { utf8Encode } from '@nodemapi/base';
import {
  AB_MODIFIABLE,
  AB_RECIPIENTS,
  type EntryId,
  makeEntryId,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_RESOURCE_METHODS,
  PR_STATUS_CODE,
  prop,
  STATUS_AVAILABLE,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';

export const STORE_UID = utf8Encode('test store uid 0');
export const BOOK_UID = utf8Encode('test book uid 00');

export function storeEntryId(name: string): EntryId {
  return makeEntryId(STORE_UID, utf8Encode(name));
}

/** PR_CONTAINER_FLAGS of the one container of the test address book. */
export const CONTAINER_FLAGS = AB_RECIPIENTS | AB_MODIFIABLE;
export const CONTAINER_ROW = [
  prop(PR_ENTRYID, makeEntryId(BOOK_UID, utf8Encode('people'))),
  prop(PR_DISPLAY_NAME, 'People'),
  prop(PR_CONTAINER_FLAGS, CONTAINER_FLAGS),
];

/** Columns of a status row. */
export function statusColumns(name: string): ReturnType<typeof prop<never>>[] {
  return [
    prop(PR_DISPLAY_NAME, name),
    prop(PR_STATUS_CODE, STATUS_AVAILABLE),
    prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE),
  ] as never;
}
