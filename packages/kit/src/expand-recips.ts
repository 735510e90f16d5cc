import { toHex } from '@nodemapi/base';
import {
  type AdrEntry,
  decodeOneOff,
  type EntryId,
  type IAddrBook,
  type IMessage,
  isPropError,
  MapiError,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SEARCH_KEY,
  type PropValue,
  prop,
  propId,
  propOf,
  type Row,
  searchKeyOf,
} from '@nodemapi/mapi';
import { queryAllRows } from './prop-access.ts';

/** Address type of distribution lists that the subsystem expands itself. */
export const MAPIPDL = 'MAPIPDL';
/** Lists within lists are followed to this depth. */
export const LIST_DEPTH_MAX = 32;
/** Recipients that one message may come to. */
export const EXPANDED_RECIPIENTS_MAX = 10_000;

const MEMBER_TAGS = [
  PR_ENTRYID,
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_SEARCH_KEY,
  PR_OBJECT_TYPE,
  PR_DISPLAY_TYPE,
] as const;

/**
 * Makes the recipients of a message those that it is really sent to.
 *
 * - One-off recipients get their name, address type and address from the entry identifier.
 * - MAPIPDL lists give way to their members, if there is an address book to open them with.
 * - Of recipients with the same search key the first stays; the others get PR_RESPONSIBILITY TRUE and so are not sent to.
 * - A recipient that is not resolved is left as it is: it comes back as undeliverable.
 *
 * Rows that have PR_RESPONSIBILITY TRUE already are not looked at.
 *
 * spec: imapisupport-expandrecips
 *
 * @param openAddressBook undefined if lists cannot be opened
 * @throws MAPI_E_TOO_BIG past EXPANDED_RECIPIENTS_MAX; MAPI_E_TOO_COMPLEX past LIST_DEPTH_MAX
 */
export async function expandRecips(
  message: IMessage,
  openAddressBook?: () => Promise<IAddrBook | undefined>,
): Promise<void> {
  const before = await recipientRows(message);
  const lists = before.filter((row) => isOpen(row) && isList(row));
  const book = lists.length > 0 ? await openAddressBook?.() : undefined;
  const members: AdrEntry[] = [];
  try {
    if (book !== undefined) for (const list of lists) members.push(...(await membersOf(book, list)));
  } finally {
    await book?.release();
  }
  const kept = book === undefined ? before : before.filter((row) => !lists.includes(row));
  const after = withoutDuplicates([...kept.map(resolved), ...members.map(resolved)]);
  const changed = after.slice(0, kept.length).filter((row, index) => row !== kept[index]);
  if (changed.length > 0) await message.modifyRecipients('modify', changed);
  if (kept.length < before.length) await message.modifyRecipients('remove', lists);
  if (members.length > 0) await message.modifyRecipients('add', after.slice(kept.length));
}

async function recipientRows(message: IMessage): Promise<readonly Row[]> {
  await using table = await message.getRecipientTable();
  const tags = await table.queryColumns({ all: true });
  const rows = tags.length === 0 ? [] : await queryAllRows(table, { tags });
  return rows.map((row) => row.filter((entry) => !isPropError(entry) && propId(entry.tag) !== propId(PR_INSTANCE_KEY)));
}

function isOpen(row: Row): boolean {
  return propOf(row, PR_RESPONSIBILITY) !== true;
}

function isList(row: Row): boolean {
  return propOf(row, PR_ADDRTYPE) === MAPIPDL && propOf(row, PR_ENTRYID) !== undefined;
}

/** The row with what its one-off identifier says; the row itself if there is nothing to change. */
function resolved(row: AdrEntry): AdrEntry {
  const entryId = propOf(row, PR_ENTRYID);
  const oneOff = entryId === undefined || !isOpen(row) ? undefined : decodeOneOff(entryId);
  if (oneOff === undefined) return row;
  const { displayName, addrType, emailAddress } = oneOff;
  const wanted = [prop(PR_ADDRTYPE, addrType), prop(PR_EMAIL_ADDRESS, emailAddress)];
  if (displayName !== '') wanted.push(prop(PR_DISPLAY_NAME, displayName));
  const differs = wanted.some(({ tag, value }) => propOf(row, tag) !== value);
  return differs ? withProps(row, [...wanted, prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress))]) : row;
}

function withoutDuplicates(rows: readonly AdrEntry[]): readonly AdrEntry[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const key = isOpen(row) ? addressOf(row) : undefined;
    if (key === undefined) return row;
    if (seen.has(key)) return withProps(row, [prop(PR_RESPONSIBILITY, true)]);
    seen.add(key);
    return row;
  });
}

/** What two recipients that are one have in common; undefined for one that is not resolved. */
function addressOf(row: AdrEntry): string | undefined {
  const addrType = propOf(row, PR_ADDRTYPE);
  const emailAddress = propOf(row, PR_EMAIL_ADDRESS);
  const key = propOf(row, PR_SEARCH_KEY);
  if (key !== undefined && key.length > 0) return toHex(key);
  return addrType === undefined || emailAddress === undefined ? undefined : toHex(searchKeyOf(addrType, emailAddress));
}

function withProps(row: AdrEntry, props: readonly PropValue[]): AdrEntry {
  const ids = new Set(props.map((entry) => propId(entry.tag)));
  return [...row.filter((entry) => !ids.has(propId(entry.tag))), ...props];
}

/** The members of a list and of the lists in it, each once, as recipients of the list's kind. */
async function membersOf(book: IAddrBook, list: Row): Promise<readonly AdrEntry[]> {
  const members: AdrEntry[] = [];
  const seen = new Set<string>();
  const kind = PR_RECIPIENT_TYPE;
  const common = [prop(kind, propOf(list, kind) ?? 1), prop(PR_RESPONSIBILITY, false)];
  const follow = async (entryId: EntryId, depth: number): Promise<void> => {
    if (depth > LIST_DEPTH_MAX) throw new MapiError('MAPI_E_TOO_COMPLEX', `lists ${LIST_DEPTH_MAX} deep in each other`);
    if (seen.has(toHex(entryId))) return;
    seen.add(toHex(entryId));
    for (const row of await rowsOfList(book, entryId)) {
      const inner = propOf(row, PR_ENTRYID);
      if (isList(row) && inner !== undefined) await follow(inner, depth + 1);
      else members.push(withProps(row, common));
      if (members.length > EXPANDED_RECIPIENTS_MAX) {
        throw new MapiError('MAPI_E_TOO_BIG', `a list of more than ${EXPANDED_RECIPIENTS_MAX} recipients`);
      }
    }
  };
  await follow(propOf(list, PR_ENTRYID) ?? new Uint8Array(0), 1);
  return members;
}

async function rowsOfList(book: IAddrBook, entryId: EntryId): Promise<readonly Row[]> {
  await using list = await book.openEntry(entryId, { iid: 'IDistList' });
  await using table = await list.getContentsTable();
  const rows = await queryAllRows(table, { tags: MEMBER_TAGS });
  const own = propId(PR_ROWID);
  return rows.map((row) => row.filter((entry) => !isPropError(entry) && propId(entry.tag) !== own));
}
