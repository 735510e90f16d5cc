/** Which properties of an object belong into a file. */
import * as mapi from '@nodemapi/mapi';

/** What says where an object lies and how it was opened, or is the state of a queue: no part of a message. */
const BOUND_TO_STORE: ReadonlySet<number> = new Set(
  [
    mapi.PR_ENTRYID,
    mapi.PR_INSTANCE_KEY,
    mapi.PR_MAPPING_SIGNATURE,
    mapi.PR_MDB_PROVIDER,
    mapi.PR_PARENT_DISPLAY,
    mapi.PR_PARENT_ENTRYID,
    mapi.PR_RECORD_KEY,
    mapi.PR_SENTMAIL_ENTRYID,
    mapi.PR_SPOOLER_STATE,
    mapi.PR_SPOOLER_ATTEMPTS,
    mapi.PR_SPOOLER_LAST_ATTEMPT,
    mapi.PR_SPOOLER_NEXT_ATTEMPT,
    mapi.PR_SPOOLER_REASON,
    mapi.PR_SPOOLER_LOCK_OWNER,
    mapi.PR_SPOOLER_LOCK_UNTIL,
    mapi.PR_SPOOLER_FAILURES,
    mapi.PR_SPOOLER_RECIPIENT_STATE,
    mapi.PR_SPOOLER_RECIPIENT_ATTEMPTS,
    mapi.PR_SPOOLER_RECIPIENT_ERROR,
    mapi.PR_SPOOLER_RECIPIENT_REPORTED,
    mapi.PR_STORE_ENTRYID,
    mapi.PR_STORE_RECORD_KEY,
    mapi.PR_STORE_SUPPORT_MASK,
    mapi.PR_SUBMIT_FLAGS,
  ].map(mapi.propId),
);

/** Whether a property of a message or attachment is written. */
export function isOfMessage(tag: number): boolean {
  const id = mapi.propId(tag);
  return !BOUND_TO_STORE.has(id) && mapi.baseType(tag) !== mapi.PT_OBJECT;
}

/** Whether a property of a recipient row is written: there an entry identifier names a person. */
export function isOfRecipient(tag: number): boolean {
  const id = mapi.propId(tag);
  return id === mapi.propId(mapi.PR_ENTRYID) || id === mapi.propId(mapi.PR_RECORD_KEY) || isOfMessage(tag);
}
