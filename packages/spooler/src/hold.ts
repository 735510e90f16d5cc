/** What people do with a queued message: hold it, make it due. */
import { type EntryId, MapiError, type OutgoingState } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt-context.ts';
import { Ledger, type LedgerEntry, type QueueHome } from './ledger.ts';
import { cutOff } from './outcome.ts';
import { isOpen, type MessageRecord, type RecipientRecord } from './record.ts';

/** Nobody tries the message until somebody asks for it. @throws MAPI_E_NOT_IN_QUEUE, MAPI_E_BUSY */
export async function holdMessage(
  context: AttemptContext,
  home: QueueHome,
  entryId: EntryId,
  reason: string,
): Promise<void> {
  await change(context, home, entryId, (record) => ({
    standing: { ...record, state: 'held', reason, nextAttempt: undefined },
    recipients: settled(record).filter((recipient) => !record.recipients.includes(recipient)),
    step: { state: 'held', text: reason },
  }));
}

/** Makes the message due. Who decides this for one that may have been sent has decided that it is sent again. */
export async function makeDue(context: AttemptContext, home: QueueHome, entryId: EntryId): Promise<void> {
  await change(context, home, entryId, (record) => {
    const open = settled(record).filter(isOpen);
    const recipients = open.map((recipient) => ({ ...recipient, state: 'ready' as OutgoingState }));
    const standing = { ...record, state: 'ready' as const, failures: 0, nextAttempt: undefined, reason: undefined };
    return { standing, recipients, step: { state: 'ready', text: dueText(record.state) } };
  });
}

function dueText(before: OutgoingState): string {
  const asked = 'to be sent now, somebody has asked for it';
  return before === 'unknown' ? `${asked}; until now it may have been sent` : `${asked}; until now it was ${before}`;
}

/** The recipients, without an attempt that was cut off. */
function settled({ recipients, lastAttempt, offered }: MessageRecord): readonly RecipientRecord[] {
  return recipients.map((one) => (one.state === 'sending' ? cutOff(one, lastAttempt, offered) : one));
}

async function change(
  { host, settings, log }: AttemptContext,
  home: QueueHome,
  entryId: EntryId,
  entryOf: (record: MessageRecord) => Omit<LedgerEntry, 'locked'>,
): Promise<void> {
  const ledger = new Ledger(home, entryId, { clock: host.clock, log, leaseMs: settings.leaseMs });
  try {
    await ledger.write({ ...entryOf(await ledger.read()), locked: false });
  } catch (cause) {
    const error = MapiError.from(cause, 'store');
    if (error.code === 'MAPI_E_OBJECT_CHANGED')
      throw new MapiError('MAPI_E_BUSY', 'another process has just changed the message', { cause });
    if (error.code !== 'MAPI_E_NOT_FOUND') throw error;
    throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'the message is not there any more', { cause });
  } finally {
    await ledger.drop();
  }
}
