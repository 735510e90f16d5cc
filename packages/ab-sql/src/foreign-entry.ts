/** Recipients from elsewhere: one-offs, and entries of other address books, read by the contract alone. */
import { queryAllRows } from '@nodemapi/kit';
import {
  decodeOneOff,
  ENTRY_ID_HEADER_BYTES,
  type EntryId,
  type IMAPIProp,
  MAPI_DISTLIST,
  MAPI_MAILUSER,
  MapiError,
  NAMED_ID_MIN,
  type OpenedEntry,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_TEMPLATEID,
  type PropValue,
  prop,
  propId,
  propOf,
  searchKeyOf,
} from '@nodemapi/mapi';
import { type BookContext, withEntry } from './book-context.ts';
import { type EntryKind, isAddressType, isComputed, kindProps } from './book-entry.ts';
import { copyDetails, isHiddenId, PR_COPIED_DETAILS } from './details-table.ts';
import { canStore } from './prop-list-codec.ts';

/** A recipient as it can be stored in the book. */
export interface EntryCopy {
  readonly kind: EntryKind;
  readonly props: readonly PropValue[];
  /** Identifiers of the members, if it is a list. */
  readonly members: readonly EntryId[];
}

/** Members of a list that are copied with it. */
const copiedMembersMax = 10_000;

/** @throws MAPI_E_INVALID_ENTRYID if one of the identifiers is of no form that any provider makes */
export function checkEntryIds(entryIds: readonly EntryId[]): void {
  for (const [index, entryId] of entryIds.entries()) {
    if (entryId.length >= ENTRY_ID_HEADER_BYTES) continue;
    throw new MapiError('MAPI_E_INVALID_ENTRYID', `identifier ${index} has ${entryId.length} bytes`);
  }
}

/**
 * Reads a recipient to copy it into the book.
 *
 * @throws what opening it throws; MAPI_E_NO_SUPPORT if it is no recipient
 */
export async function readCopy(context: BookContext, entryId: EntryId): Promise<EntryCopy> {
  const oneOff = decodeOneOff(entryId);
  if (oneOff !== undefined) return { kind: 'mailUser', props: oneOffProps(oneOff), members: [] };
  return withEntry(context, entryId, async (entry) => {
    const { props } = await entry.getProps();
    const kind = kindOf(entry);
    const details = await copyDetails(entry as IMAPIProp);
    const kept = props.filter(({ tag, value }) => isCopied(kind, tag) && !isBadType(tag, value));
    const withDetails = details === undefined ? kept : [...kept, prop(PR_COPIED_DETAILS, details)];
    return { kind, props: withDetails, members: await membersOf(entry) };
  });
}

/**
 * What a list remembers of a member from elsewhere.
 *
 * @throws what opening it throws; MAPI_E_NO_SUPPORT if it is no recipient
 */
export async function readMember(context: BookContext, entryId: EntryId): Promise<readonly PropValue[]> {
  const oneOff = decodeOneOff(entryId);
  if (oneOff !== undefined) {
    const { addrType, emailAddress } = oneOff;
    const search = prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress));
    return [...kindProps('mailUser'), prop(PR_RECORD_KEY, entryId), search, ...oneOffProps(oneOff)];
  }
  return withEntry(context, entryId, async (entry) => {
    kindOf(entry);
    const { props } = await entry.getProps(MEMBER_TAGS);
    return props.filter(({ tag }) => canStore(tag)); // PT_ERROR is no type that can be stored
  });
}

/**
 * What a template of another address book gives to the entry that is made by it.
 *
 * @throws what opening it throws; MAPI_E_NO_SUPPORT if it is no recipient
 */
export async function readTemplate(
  context: BookContext,
  template: EntryId,
): Promise<{
  readonly kind: EntryKind;
  readonly props: readonly PropValue[];
  readonly templateId: EntryId | undefined;
}> {
  return withEntry(context, template, async (entry) => {
    const { props } = await entry.getProps();
    const kind = kindOf(entry);
    const kept = props.filter(({ tag, value }) => isCopied(kind, tag) && !isBadType(tag, value));
    return { kind, props: kept, templateId: propOf(props, PR_TEMPLATEID) };
  });
}

const MEMBER_TAGS = [
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_OBJECT_TYPE,
  PR_DISPLAY_TYPE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
] as const;

function oneOffProps(oneOff: NonNullable<ReturnType<typeof decodeOneOff>>): readonly PropValue[] {
  return [
    prop(PR_DISPLAY_NAME, oneOff.displayName === '' ? oneOff.emailAddress : oneOff.displayName),
    prop(PR_ADDRTYPE, oneOff.addrType.toUpperCase()),
    prop(PR_EMAIL_ADDRESS, oneOff.emailAddress),
    prop(PR_SEND_RICH_INFO, oneOff.sendRichInfo),
  ];
}

function kindOf(entry: OpenedEntry): EntryKind {
  if (entry.iid === 'IMailUser') return 'mailUser';
  if (entry.iid === 'IDistList') return 'distList';
  throw new MapiError('MAPI_E_NO_SUPPORT', `${entry.iid} is no recipient`);
}

/** Named properties have other numbers here, and a foreign template would have to be there to be bound to. */
function isCopied(kind: EntryKind, tag: PropValue['tag']): boolean {
  const id = propId(tag);
  if (isComputed(kind, tag) || isHiddenId(id) || id >= NAMED_ID_MIN) return false;
  return canStore(tag) && id !== propId(PR_TEMPLATEID);
}

function isBadType(tag: PropValue['tag'], value: unknown): boolean {
  return propId(tag) === propId(PR_ADDRTYPE) && !isAddressType(value);
}

async function membersOf(entry: OpenedEntry): Promise<readonly EntryId[]> {
  if (entry.iid !== 'IDistList') return [];
  await using table = await entry.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_OBJECT_TYPE], max: copiedMembersMax });
  return rows.flatMap((row) => {
    const type = propOf(row, PR_OBJECT_TYPE);
    const entryId = propOf(row, PR_ENTRYID);
    return entryId !== undefined && (type === MAPI_MAILUSER || type === MAPI_DISTLIST) ? [entryId] : [];
  });
}
