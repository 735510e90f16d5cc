/** What people do with a queued message: hold it, make it due. */
import {
  type EntryId,
  type IMessage,
  type IMsgStore,
  MapiError,
  outgoingStateNumber,
  PR_SPOOLER_FAILURES,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_STATE,
  prop,
} from '@nodemapi/mapi';
import type { AttemptContext } from './attempt.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';
import { isOpen, readRecipients } from './record.ts';

/** Nobody tries the message until somebody asks for it. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_BUSY */
export async function holdMessage(
  context: AttemptContext,
  store: IMsgStore,
  entryId: EntryId,
  reason: string,
): Promise<void> {
  const set = [prop(PR_SPOOLER_STATE, outgoingStateNumber('held')), prop(PR_SPOOLER_REASON, reason)];
  await change(context, store, entryId, () => Promise.resolve({ set, clear: [PR_SPOOLER_NEXT_ATTEMPT] }));
}

/** Makes the message due. Who decides this for one that may have been sent has decided that it is sent again. */
export async function makeDue(context: AttemptContext, store: IMsgStore, entryId: EntryId): Promise<void> {
  const set = [prop(PR_SPOOLER_STATE, outgoingStateNumber('ready')), prop(PR_SPOOLER_FAILURES, 0)];
  await change(context, store, entryId, async (message) => {
    const open = (await readRecipients(message)).filter(isOpen);
    const recipients = open.map((recipient) => {
      const cutOff = recipient.state === 'sending' ? { error: 'may have been sent; an attempt was cut off' } : {};
      return { ...recipient, ...cutOff, state: 'ready' as const };
    });
    return { set, clear: [PR_SPOOLER_NEXT_ATTEMPT, PR_SPOOLER_REASON], recipients };
  });
}

/** Makes the message due without touching anything else of its record. */
export async function clearNextAttempt(context: AttemptContext, store: IMsgStore, entryId: EntryId): Promise<void> {
  await change(context, store, entryId, () => Promise.resolve({ set: [], clear: [PR_SPOOLER_NEXT_ATTEMPT] }));
}

async function change(
  { host, settings, log }: AttemptContext,
  store: IMsgStore,
  entryId: EntryId,
  entryOf: (message: IMessage) => Promise<Omit<LedgerEntry, 'locked'>>,
): Promise<void> {
  const ledger = new Ledger(store, entryId, { clock: host.clock, log, leaseMs: settings.leaseMs });
  try {
    const entry = await entryOf(await ledger.message());
    await ledger.write({ ...entry, locked: true });
    await ledger.write({ set: [], locked: false });
  } catch (cause) {
    const error = MapiError.from(cause, 'store');
    if (error.code !== 'MAPI_E_NOT_FOUND') throw error;
    throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'the message is not there any more', { cause });
  } finally {
    await ledger.drop();
  }
}
