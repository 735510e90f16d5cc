/**
 * Preprocessors of transports: run on a message before the transport that will carry it gets it, and cleared up after.
 *
 * - Which of them have to run follows from the routing: one whose transport is not the first to take a recipient of its
 *   UID or address type does not run.
 * - PR_SPOOLER_PREPROCESSED says that a message has been through them, SUBMITFLAG_PREPROCESS that it waits for them.
 *   PR_PREPROCESS, which clients can set as well, decides nothing.
 * - A process that dies in the middle begins again: a preprocessor has to stand being run twice on one message, and what
 *   it has generated may then go out twice, but never not at all.
 *
 * spec: imapisupport-registerpreprocessor, preprocessmessage, removepreprocessinfo
 */
import { bytesEqual, type Log } from '@nodemapi/base';
import type { PreprocessorRegistration, SpoolerRoute } from '@nodemapi/kit';
import {
  type AdrList,
  entryIdUid,
  type IMessage,
  type IMsgStore,
  MapiError,
  PR_PARENT_ENTRYID,
  PR_PREPROCESS,
  PR_ROWID,
  PR_SPOOLER_PREPROCESSED,
  type Preprocessor,
  prop,
  propOf,
} from '@nodemapi/mapi';
import type { Ledger } from './ledger.ts';
import { lend } from './lend.ts';
import { type RecipientRecord, readRecipients, recipientOf, recipientRow } from './record.ts';
import { choose, type Route } from './routing.ts';
import type { Transport } from './transports.ts';

interface Registered {
  readonly transport: string;
  readonly registration: PreprocessorRegistration;
}

/** What has been registered, in the order of registration. */
export class Preprocessors {
  #list: Registered[] = [];

  /** Whether there is any at all. */
  get any(): boolean {
    return this.#list.length > 0;
  }

  /** @param transport hexadecimal of the transport's UID */
  register(transport: string, registration: PreprocessorRegistration): void {
    this.#list.push({ transport, registration });
  }

  /** The transport is logged off: its functions are gone. */
  forget(transport: string): void {
    this.#list = this.#list.filter((one) => one.transport !== transport);
  }

  /** Those who have to see a message of which each transport carries these recipients, each once. */
  wanted(carried: ReadonlyMap<string, readonly RecipientRecord[]>): readonly Preprocessor[] {
    const found = this.#list.filter(({ transport, registration }) =>
      (carried.get(transport) ?? []).some((recipient) => isFor(registration, recipient)),
    );
    return [...new Set(found.map(({ registration }) => registration.preprocessor))];
  }
}

/** A UID or an address type names the recipients, either suffices; neither stands for all. */
function isFor({ uid, addrType }: PreprocessorRegistration, recipient: RecipientRecord): boolean {
  if (uid === null && addrType === null) return true;
  if (addrType !== null && recipient.addrType === addrType) return true;
  const own = uid === null || recipient.entryId === undefined ? undefined : entryIdUid(recipient.entryId);
  return own !== undefined && uid !== null && bytesEqual(own, uid);
}

/** Recipients by the transport that is to carry them. */
export function carriedBy(
  recipients: readonly RecipientRecord[],
  transports: readonly Route[],
): ReadonlyMap<string, readonly RecipientRecord[]> {
  const carried = new Map<string, RecipientRecord[]>();
  for (const recipient of recipients) {
    const key = carrierOf(recipient, transports);
    if (key !== undefined) carried.set(key, [...(carried.get(key) ?? []), recipient]);
  }
  return carried;
}

/** The transport for a recipient, by its key. */
function carrierOf(recipient: RecipientRecord, transports: readonly Route[]): string | undefined {
  const choice = choose(recipient, transports, NOBODY);
  return choice.kind === 'none' ? undefined : choice.route.key;
}

const NOBODY: ReadonlySet<string> = new Set();

/** Whether a message has been through its preprocessors. */
export async function isPreprocessed(message: IMessage): Promise<boolean> {
  return (await message.getProps([PR_SPOOLER_PREPROCESSED])).values[0] === true;
}

export interface PreprocessParts {
  readonly store: IMsgStore;
  readonly preprocessors: readonly Preprocessor[];
  /** Makes the reports about recipients that cannot be delivered to. */
  readonly report: (message: IMessage, recipients: AdrList) => Promise<void>;
}

/**
 * Runs the preprocessors on a message that is locked, sends off what they generated, and submits the message anew, by
 * which the store takes SUBMITFLAG_PREPROCESS away. The object is of no use afterwards.
 *
 * @throws what a preprocessor or the store throws; the message waits for its preprocessors still
 */
async function preprocess(message: IMessage, parts: PreprocessParts): Promise<void> {
  const [parentId] = (await message.getProps([PR_PARENT_ENTRYID])).values;
  if (parentId === undefined) throw new MapiError('MAPI_E_CALL_FAILED', 'the message lies in no folder');
  await using folder = await parts.store.openEntry(parentId, { iid: 'IMAPIFolder', modify: true });
  for (const preprocessor of parts.preprocessors) {
    const loans = [lend(message), lend(folder)] as const;
    const [lent, { object: place }] = loans;
    const { messages, undeliverable } = await preprocessor.preprocessMessage(lent.object, { folder: place });
    for (const loan of loans) loan.end();
    for (const generated of messages) {
      if (generated === lent.object)
        throw new MapiError('MAPI_E_CALL_FAILED', 'a preprocessor generated the message itself');
      await generated.submitMessage();
      await generated.release();
    }
    if (undeliverable.length > 0) await giveUp(message, undeliverable, parts.report);
  }
  await message.setProps([prop(PR_PREPROCESS, true), prop(PR_SPOOLER_PREPROCESSED, true)]);
  await message.submitMessage();
}

/**
 * The same under the lock of this spooler, which it gives back.
 *
 * The lock is not renewed meanwhile: a renewal would be a change beside the one that is being made.
 */
export async function preprocessQueued(ledger: Ledger, parts: PreprocessParts): Promise<void> {
  await ledger.write({ locked: true, leases: PREPROCESS_LEASES });
  try {
    await preprocess(await ledger.message(), parts);
  } finally {
    await ledger.drop();
    await ledger.write({ locked: false });
    await ledger.drop();
  }
}

/** A preprocessor may take so many times the usual lease of the lock. */
const PREPROCESS_LEASES = 10;

export interface ClearingParts {
  readonly preprocessors: Preprocessors;
  readonly transports: { readonly list: readonly Route[] };
}

/** The message has been sent, or given up: takes away what preprocessors have added; a failure leaves it there. */
export async function clearPreprocessing(message: IMessage, parts: ClearingParts, log: Log): Promise<void> {
  if (!(await isPreprocessed(message))) return;
  for (const preprocessor of parts.preprocessors.wanted(
    carriedBy(await readRecipients(message), parts.transports.list),
  )) {
    try {
      await preprocessor.removePreprocessInfo(message);
    } catch (cause) {
      log.warn('preprocessed data not removed', { error: MapiError.from(cause, 'preprocessor') });
    }
  }
  await message.deleteProps([PR_PREPROCESS, PR_SPOOLER_PREPROCESSED]);
}

/** What would become of recipients, as far as is known now. */
export function routeOf(rows: AdrList, preprocessors: Preprocessors, transports: readonly Transport[]): SpoolerRoute {
  const recipients = rows.map(recipientOf);
  const uids = new Map(transports.map(({ key, uid }) => [key, uid]));
  return {
    carriers: recipients.map((recipient) => uids.get(carrierOf(recipient, transports) ?? '')),
    needsPreprocessing: preprocessors.wanted(carriedBy(recipients, transports)).length > 0,
  };
}

/** Recipients that a preprocessor found undeliverable are reported, and not sent to. */
async function giveUp(message: IMessage, rows: AdrList, report: PreprocessParts['report']): Promise<void> {
  await report(message, rows);
  const ids = new Set(rows.map((row) => propOf(row, PR_ROWID)));
  const given = (await readRecipients(message)).filter(({ rowId }) => ids.has(rowId));
  const failed = given.map((recipient) => ({
    ...recipient,
    state: 'failed' as const,
    responsibility: true,
    reported: true,
    error: 'a preprocessor found it undeliverable',
  }));
  if (failed.length > 0) await message.modifyRecipients('modify', failed.map(recipientRow));
}
