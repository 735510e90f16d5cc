/**
 * Finds the message that a received report is about, and gives the report what only its sender knows of it.
 *
 * Mail brings back a Message-ID and some headers; the message itself lies in Sent Items. From there the report gets its
 * class (REPORT-001), the correlation values (REPORT-022) and PR_ORIGINAL_*, and its recipients their names, types and
 * identifiers. A report whose original is not found stays as it came.
 */
import { originalProps, setPropList } from '@nodemapi/kit';
import {
  type AdrEntry,
  type EntryId,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_ENTRYID,
  PR_PARENT_KEY,
  PR_RECIPIENT_TYPE,
  PR_ROWID,
  PR_SEARCH_KEY,
  type PropValue,
  prop,
  propOf,
  recipientKind,
  resProperty,
} from '@nodemapi/mapi';
import { readRecipients, withValues } from './record.ts';

/** Longest PR_MESSAGE_CLASS. */
const MESSAGE_CLASS_CHARS_MAX = 255;
const REPORT_CLASS = /^REPORT\.(.+?)((?:\.(?:Delayed|Relayed|Expanded))?\.(?:DR|NDR|IPNRN|IPNNRN))$/iu;

/** @returns whether `report` is one, and its original was found */
export async function linkReport(report: IMessage, store: IMsgStore): Promise<boolean> {
  const { values } = await report.getProps([PR_MESSAGE_CLASS, PR_IN_REPLY_TO_ID]);
  const [messageClass = '', messageId] = values;
  const suffix = REPORT_CLASS.exec(messageClass)?.[2];
  if (suffix === undefined || messageId === undefined) return false;
  const entryId = await findSent(store, messageId);
  if (entryId === undefined) return false;
  await using original = await store.openEntry(entryId, { iid: 'IMessage' });
  const own = (await original.getProps([PR_MESSAGE_CLASS, PR_SEARCH_KEY])).values;
  const [originalClass = 'IPM.Note', searchKey] = own;
  await setPropList(report, [
    ...(await originalProps(original)),
    prop(PR_MESSAGE_CLASS, `REPORT.${originalClass}`.slice(0, MESSAGE_CLASS_CHARS_MAX - suffix.length) + suffix),
    prop(PR_ORIG_MESSAGE_CLASS, originalClass),
    prop(PR_ORIGINAL_ENTRYID, entryId),
    ...(searchKey === undefined ? [] : [prop(PR_PARENT_KEY, searchKey)]),
  ]);
  if (/N?DR$/iu.test(suffix)) await nameRecipients(report, original);
  return true;
}

/** A message in Sent Items, by its Message-ID. */
async function findSent(store: IMsgStore, messageId: string): Promise<EntryId | undefined> {
  const [folderId] = (await store.getProps([PR_IPM_SENTMAIL_ENTRYID])).values;
  if (folderId === undefined) return undefined;
  await using folder: IMAPIFolder = await store.openEntry(folderId, { iid: 'IMAPIFolder' });
  await using table = await folder.getContentsTable();
  await table.setColumns([PR_ENTRYID]);
  await table.restrict(resProperty('EQ', PR_INTERNET_MESSAGE_ID, messageId));
  const [row] = await table.queryRows(1);
  return row === undefined ? undefined : propOf(row, PR_ENTRYID);
}

/** Recipients are told by their address; one that the original does not have stays as it came. */
async function nameRecipients(report: IMessage, original: IMessage): Promise<void> {
  const sent = new Map<string, AdrEntry>();
  for (const row of await recipientRows(original)) sent.set(addressOf(row), row);
  const rows = (await recipientRows(report)).map((row) => {
    const known = sent.get(addressOf(row));
    return known === undefined ? row : withValues(row, knownValues(known));
  });
  await report.modifyRecipients(
    'replace',
    rows.map((row) => row.filter(({ tag }) => tag !== PR_ROWID)),
  );
}

function knownValues(sent: AdrEntry): readonly PropValue[] {
  const name = propOf(sent, PR_DISPLAY_NAME);
  const entryId = propOf(sent, PR_ENTRYID);
  const type = propOf(sent, PR_RECIPIENT_TYPE);
  return [
    ...(name === undefined ? [] : [prop(PR_DISPLAY_NAME, name), prop(PR_ORIGINAL_DISPLAY_NAME, name)]),
    ...(entryId === undefined ? [] : [prop(PR_ENTRYID, entryId), prop(PR_ORIGINAL_ENTRYID, entryId)]),
    ...(type === undefined ? [] : [prop(PR_RECIPIENT_TYPE, recipientKind(type))]),
  ];
}

async function recipientRows(message: IMessage): Promise<readonly AdrEntry[]> {
  return (await readRecipients(message)).map(({ row }) => row);
}

function addressOf(row: AdrEntry): string {
  return (propOf(row, PR_EMAIL_ADDRESS) ?? '').toLowerCase();
}
