/** Whom an answer goes to. spec: sending-a-reply */
import { bytesEqual, MapiError } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type AdrEntry,
  decodeOneOff,
  type EntryId,
  encodeOneOff,
  type IMessage,
  isPropError,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECEIVED_BY_SEARCH_KEY,
  PR_RECIPIENT_TYPE,
  PR_REPLY_RECIPIENT_ENTRIES,
  PR_REPLY_RECIPIENT_NAMES,
  PR_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  recipientKind,
  replyRecipientsOf,
  searchKeyOf,
} from '@nodemapi/mapi';

interface CorrespondentTags {
  readonly name: PropTag<string>;
  readonly addrType: PropTag<string>;
  readonly emailAddress: PropTag<string>;
  readonly entryId: PropTag<Uint8Array>;
}

const REPRESENTED: CorrespondentTags = {
  name: PR_SENT_REPRESENTING_NAME,
  addrType: PR_SENT_REPRESENTING_ADDRTYPE,
  emailAddress: PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  entryId: PR_SENT_REPRESENTING_ENTRYID,
};
const SENDER: CorrespondentTags = {
  name: PR_SENDER_NAME,
  addrType: PR_SENDER_ADDRTYPE,
  emailAddress: PR_SENDER_EMAIL_ADDRESS,
  entryId: PR_SENDER_ENTRYID,
};
const ASKED: readonly PropTag[] = [
  ...[...Object.values(REPRESENTED), ...Object.values(SENDER)],
  ...[PR_REPLY_RECIPIENT_ENTRIES, PR_REPLY_RECIPIENT_NAMES, PR_RECEIVED_BY_SEARCH_KEY],
];

/** What of a row belongs to the recipient, and not to the list that it stood in. */
const OF_THE_RECIPIENT: ReadonlySet<PropTag> = new Set<PropTag>([
  ...[PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_SEARCH_KEY],
]);

/**
 * The recipients of an answer to `original`, nobody twice.
 *
 * @param all with its other recipients; those who got it hidden, and the one whose copy it is, are left out
 */
export async function replyRows(original: IMessage, all: boolean): Promise<readonly AdrEntry[]> {
  const { props } = await original.getProps(ASKED);
  const known = props.filter((entry) => !isPropError(entry));
  const rows = answered(known);
  if (all) {
    const me = propOf(known, PR_RECEIVED_BY_SEARCH_KEY);
    rows.push(...(await listed(original)).filter((row) => !isOf(row, me)));
  }
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = keyOf(row) ?? propOf(row, PR_ENTRYID);
    // who has neither may be anybody: the name alone tells them apart, until names are resolved
    const text = key === undefined ? `name ${propOf(row, PR_DISPLAY_NAME) ?? ''}` : Buffer.from(key).toString('hex');
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

/** Those who are named for answers, unless that is the sender alone; else who is represented, or who sent it. */
function answered(props: readonly PropValue[]): AdrEntry[] {
  const [sender, represented] = [correspondent(props, SENDER), correspondent(props, REPRESENTED)];
  const named = replyRecipientsOf(props).flatMap(({ name, entryId }) => rowOf(name, entryId));
  const [first] = named;
  const usual = named.length === 1 && [sender, represented].some((own) => own && first && sameAddress(own, first));
  if (named.length > 0 && !usual) return named;
  const one = represented ?? sender ?? first;
  return one === undefined ? [] : [one];
}

/** @returns nothing for an identifier that is damaged: no transport could send to it */
function rowOf(name: string, entryId: EntryId): readonly AdrEntry[] {
  let oneOff: ReturnType<typeof decodeOneOff>;
  try {
    oneOff = decodeOneOff(entryId);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_INVALID_ENTRYID')) return [];
    throw error;
  }
  const row = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, name), prop(PR_ENTRYID, entryId)];
  if (oneOff === undefined) return [row];
  const { addrType, emailAddress } = oneOff;
  return [
    [...row, prop(PR_ADDRTYPE, addrType), prop(PR_EMAIL_ADDRESS, emailAddress), ...searchKey(addrType, emailAddress)],
  ];
}

function correspondent(props: readonly PropValue[], tags: CorrespondentTags): AdrEntry | undefined {
  const addrType = propOf(props, tags.addrType);
  const emailAddress = propOf(props, tags.emailAddress);
  const displayName = propOf(props, tags.name) ?? emailAddress ?? '';
  const isAddress = addrType !== undefined && emailAddress !== undefined && emailAddress !== '';
  // messages of other programs name their sender without an identifier
  const oneOff = isAddress ? encodeOneOff({ displayName, addrType, emailAddress, sendRichInfo: false }) : undefined;
  const entryId = propOf(props, tags.entryId) ?? oneOff;
  if (entryId === undefined) return undefined;
  const row: PropValue[] = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_ENTRYID, entryId)];
  row.push(prop(PR_DISPLAY_NAME, displayName));
  if (addrType === undefined || emailAddress === undefined) return row;
  return [
    ...row,
    prop(PR_ADDRTYPE, addrType),
    prop(PR_EMAIL_ADDRESS, emailAddress),
    ...searchKey(addrType, emailAddress),
  ];
}

function searchKey(addrType: string, emailAddress: string): readonly PropValue[] {
  return [prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress))];
}

/** Those whom the original went to, and who may know of each other. */
async function listed(original: IMessage): Promise<readonly AdrEntry[]> {
  await using table = await original.getRecipientTable();
  const rows = await queryAllRows(table, { tags: await table.queryColumns({ all: true }) });
  return rows.flatMap((row) => {
    const kind = recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO);
    if (kind === MAPI_BCC || (kind !== MAPI_TO && kind !== MAPI_CC)) return [];
    const own = row.filter(({ tag }) => OF_THE_RECIPIENT.has(tag));
    return [[prop(PR_RECIPIENT_TYPE, kind), ...own]];
  });
}

function keyOf(row: AdrEntry): Uint8Array | undefined {
  const [addrType, emailAddress] = [propOf(row, PR_ADDRTYPE), propOf(row, PR_EMAIL_ADDRESS)];
  if (!addrType || !emailAddress) return propOf(row, PR_SEARCH_KEY);
  return searchKeyOf(addrType, emailAddress);
}

function isOf(row: AdrEntry, key: Uint8Array | undefined): boolean {
  const own = [propOf(row, PR_SEARCH_KEY), keyOf(row)];
  return key !== undefined && own.some((each) => each !== undefined && bytesEqual(each, key));
}

function sameAddress(a: AdrEntry, b: AdrEntry): boolean {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one !== undefined && other !== undefined && bytesEqual(one, other);
}
