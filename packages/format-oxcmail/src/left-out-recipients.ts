/** What the headers of a mail lack of the recipients of its message. */
import type { MimeHeaders } from '@nodemapi/format-mime';
import * as mapi from '@nodemapi/mapi';
import {
  type AdrEntry,
  type IMessage,
  isPropError,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  type PropTag,
  type PropValue,
  propById,
  propId,
  propOf,
  type Row,
  recipientKind,
} from '@nodemapi/mapi';
import type { TellOfMessage } from './diagnostic.ts';
import { headerRecipients } from './header-props.ts';
import { addressOfRow } from './recipients.ts';
import { tellProperties } from './told-properties.ts';

const ROWS_AT_A_TIME = 500;
/** What a row is for its store, names a person whom the address names too, or is the state of a queue. */
const STAYS: ReadonlySet<number> = new Set(
  [
    mapi.PR_ROWID,
    mapi.PR_ENTRYID,
    mapi.PR_RECORD_KEY,
    mapi.PR_SEARCH_KEY,
    mapi.PR_INSTANCE_KEY,
    mapi.PR_OBJECT_TYPE,
    mapi.PR_RESPONSIBILITY,
    mapi.PR_RECIPIENT_ORDER,
    mapi.PR_RECIPIENT_ENTRYID,
    mapi.PR_RECIPIENT_DISPLAY_NAME,
    mapi.PR_SPOOLER_RECIPIENT_STATE,
    mapi.PR_SPOOLER_RECIPIENT_ATTEMPTS,
    mapi.PR_SPOOLER_RECIPIENT_ERROR,
    mapi.PR_SPOOLER_RECIPIENT_REPORTED,
  ].map((tag) => propId(tag)),
);
/** What a recipient is if nothing says so. */
const USUAL: readonly PropValue[] = [mapi.prop(mapi.PR_SEND_RICH_INFO, false), mapi.prop(mapi.PR_DISPLAY_TYPE, 0)];

/** Tells of recipients that no header names, and of what the headers do not say of the others. */
export async function tellRecipients(
  message: IMessage,
  back: MimeHeaders,
  includesBcc: boolean,
  tell: TellOfMessage,
): Promise<void> {
  const kinds = includesBcc ? [MAPI_TO, MAPI_CC, MAPI_BCC] : [MAPI_TO, MAPI_CC];
  const expected = new Map(kinds.map((kind) => [kind, headerRecipients(back).filter((row) => kindOf(row) === kind)]));
  const left = new Map<PropTag, true>();
  for (const row of await allRows(message)) {
    const kind = kindOf(row);
    const address = addressOfRow(row);
    const other = address === undefined ? undefined : expected.get(kind)?.shift();
    if (other === undefined) {
      const who = address === undefined ? 'without name and address' : address.address || address.name;
      if (kind === MAPI_BCC) tell('blindRecipientLeftOut', `${who}, who is a blind recipient`);
      else tell('recipientLeftOut', who);
      continue;
    }
    for (const { tag, value } of row) {
      const found = propById(other, propId(tag)) ?? propById(USUAL, propId(tag));
      if (!STAYS.has(propId(tag)) && value !== '' && !isSame(tag, value, found?.value)) left.set(tag as PropTag, true);
    }
  }
  await tellProperties(message, [...left.keys()], tell, ' of a recipient');
}

function kindOf(row: AdrEntry): number {
  return recipientKind(propOf(row, mapi.PR_RECIPIENT_TYPE) ?? 0);
}

function isSame(tag: number, own: unknown, other: unknown): boolean {
  if (propId(tag) === propId(mapi.PR_RECIPIENT_TYPE)) return true; // it is in the header of its kind
  if (propId(tag) === propId(mapi.PR_ADDRTYPE)) return String(own).toUpperCase() === other;
  return own === other;
}

async function allRows(message: IMessage): Promise<readonly Row[]> {
  await using table = await message.getRecipientTable();
  const tags = await table.queryColumns({ all: true });
  if (tags.length === 0) return [];
  await table.setColumns(tags);
  const rows: Row[] = [];
  for (;;) {
    const part = await table.queryRows(ROWS_AT_A_TIME);
    if (part.length === 0) return rows;
    for (const row of part) rows.push(row.filter((value) => !isPropError(value)));
  }
}
