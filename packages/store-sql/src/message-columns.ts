/** The properties of messages that are columns of their own in the table `message`. */

import {
  PR_CLIENT_SUBMIT_TIME,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_CREATION_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_INTERNET_MESSAGE_ID,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_PRIORITY,
  PR_SEARCH_KEY,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENSITIVITY,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_SYSTIME,
  PT_UNICODE,
  propId,
  propType,
} from '@nodemapi/mapi';
import type { SqlValue } from '@nodemapi/sqlite';

export interface MessageColumn {
  readonly tag: PropTag;
  readonly name: string;
}

const column = (tag: PropTag, name: string): MessageColumn => ({ tag, name });

/** One row per column; all of them are set on load, and by every save. */
export const MESSAGE_COLUMNS: readonly MessageColumn[] = [
  column(PR_MESSAGE_FLAGS, 'flags'),
  column(PR_MSG_STATUS, 'status'),
  column(PR_MESSAGE_SIZE, 'size'),
  column(PR_HASATTACH, 'has_attach'),
  column(PR_CREATION_TIME, 'created'),
  column(PR_LAST_MODIFICATION_TIME, 'modified'),
  column(PR_SEARCH_KEY, 'search_key'),
  column(PR_MESSAGE_DELIVERY_TIME, 'delivered'),
  column(PR_CLIENT_SUBMIT_TIME, 'submitted'),
  column(PR_MESSAGE_CLASS, 'class'),
  column(PR_SUBJECT, 'subject'),
  column(PR_NORMALIZED_SUBJECT, 'normalized_subject'),
  column(PR_SENDER_NAME, 'sender_name'),
  column(PR_SENDER_EMAIL_ADDRESS, 'sender_email'),
  column(PR_SENT_REPRESENTING_NAME, 'represented_name'),
  column(PR_DISPLAY_TO, 'display_to'),
  column(PR_DISPLAY_CC, 'display_cc'),
  column(PR_DISPLAY_BCC, 'display_bcc'),
  column(PR_IMPORTANCE, 'importance'),
  column(PR_PRIORITY, 'priority'),
  column(PR_SENSITIVITY, 'sensitivity'),
  column(PR_INTERNET_MESSAGE_ID, 'internet_id'),
  column(PR_CONVERSATION_TOPIC, 'conversation_topic'),
  column(PR_CONVERSATION_INDEX, 'conversation_index'),
  column(PR_DEFERRED_SEND_TIME, 'deferred_send'),
];

const BY_ID: ReadonlyMap<number, MessageColumn> = new Map(MESSAGE_COLUMNS.map((each) => [propId(each.tag), each]));

/** The column of a property, if it has one; its type may be another than the one asked for. */
export function messageColumn(tag: PropTag): MessageColumn | undefined {
  return BY_ID.get(propId(tag));
}

/** A cell as the value of a property; undefined for NULL. `cell` may come from a query with or without bigints. */
export function valueOfCell(tag: PropTag, cell: SqlValue | undefined): PropValue | undefined {
  if (cell === null || cell === undefined) return undefined;
  switch (propType(tag)) {
    case PT_SYSTIME:
      return { tag, value: BigInt(cell as number | bigint) };
    case PT_BOOLEAN:
      return { tag, value: Number(cell) !== 0 };
    case PT_UNICODE:
    case PT_BINARY:
      return { tag, value: cell };
    default:
      return { tag, value: Number(cell) };
  }
}

/** The value of a property as a cell; NULL for undefined. All numbers are PT_LONG, which is signed. */
export function cellOfValue(value: unknown): SqlValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value | 0 : (value as SqlValue);
}
