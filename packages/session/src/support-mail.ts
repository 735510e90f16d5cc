/** What support objects of stores do with messages: read reports, sent mail. spec: imapisupport-readreceipt, imapisupport-dosentmail */
import { bytesEqual, type Clock, type Log } from '@nodemapi/base';
import { fillReadReport, queryAllRows, type ReportAddress, type SessionIdentity, type Spooler } from '@nodemapi/kit';
import {
  type AdrEntry,
  type EntryId,
  type IMAPIProp,
  type IMessage,
  isPropError,
  MAPI_SUBMITTED,
  MapiError,
  type MapiUid,
  type OpenedEntry,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_PREPROCESS,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  prop,
  propId,
  propOf,
} from '@nodemapi/mapi';

export interface ReadReportSource {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: SessionIdentity | undefined;
  readonly nonRead: boolean;
  openEntry(entryId: EntryId): Promise<OpenedEntry>;
}

/** Fills the report about a message; whom it goes to is looked up in the address book. */
export async function makeReadReport(original: IMessage, report: IMessage, source: ReadReportSource): Promise<void> {
  const { clock, identity, nonRead } = source;
  const lookUp = (entryId: EntryId): Promise<ReportAddress | undefined> => lookUpAddress(entryId, source);
  await fillReadReport(original, report, { identity, nonRead, now: clock.now(), lookUp });
}

/** An entry that cannot be opened is no address: another property may name one. */
async function lookUpAddress(entryId: EntryId, source: ReadReportSource): Promise<ReportAddress | undefined> {
  try {
    await using entry = (await source.openEntry(entryId)) as OpenedEntry & IMAPIProp;
    const { values } = await entry.getProps([PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS]);
    const [displayName, addrType = '', emailAddress = ''] = values;
    if (addrType === '' || emailAddress === '') return undefined;
    return { displayName: displayName ?? emailAddress, addrType, emailAddress, entryId };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    source.log.debug('whom a report goes to cannot be opened', { error });
    return undefined;
  }
}

/**
 * A recipient of a message that is sent again: MAPI_SUBMITTED marks who has had it and is not served any more;
 * everybody else is, the MAPI_P1 rows of the envelope among them (conflict C-02).
 */
export function preparedForResend(row: AdrEntry): AdrEntry {
  const hasIt = ((propOf(row, PR_RECIPIENT_TYPE) ?? 0) & MAPI_SUBMITTED) !== 0;
  const others = row.filter((value) => !isPropError(value) && propId(value.tag) !== propId(PR_RESPONSIBILITY));
  return [...others, prop(PR_RESPONSIBILITY, hasIt)];
}

/**
 * What submitting a message comes to: whether preprocessors have to see it, which PR_PREPROCESS says too, and whether the
 * spooler is needed: not for a message that the store's own transport can carry to everybody.
 */
export async function routeRecipients(
  message: IMessage,
  spooler: Spooler,
  coupled: MapiUid | undefined,
): Promise<{ readonly needsPreprocessing: boolean; readonly needsSpooler: boolean }> {
  await using table = await message.getRecipientTable();
  const tags = [PR_ROWID, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ENTRYID, PR_RESPONSIBILITY];
  const open = (await queryAllRows(table, { tags })).filter((row) => propOf(row, PR_RESPONSIBILITY) !== true);
  const { carriers, needsPreprocessing } = spooler.route(open);
  if (needsPreprocessing) await message.setProps([prop(PR_PREPROCESS, true)]);
  if (coupled === undefined) return { needsPreprocessing, needsSpooler: true };
  const carriesAll = carriers.every((carrier) => carrier !== undefined && bytesEqual(carrier, coupled));
  return { needsPreprocessing, needsSpooler: needsPreprocessing || !carriesAll };
}
