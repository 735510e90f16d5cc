/** IMAPISupport::CompleteMsg: what is left to do for a message that its store's own transport has sent. */
import { type EntryId, MapiError } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt-context.ts';
import { Ledger, type QueueHome } from './ledger.ts';
import { clearPreprocessing } from './preprocess.ts';
import { readRecipients } from './record.ts';

/**
 * Takes away what preprocessors have added, asks the outbound hooks, and takes the message out of the queue.
 *
 * @throws MAPI_E_CALL_FAILED while a recipient has PR_RESPONSIBILITY FALSE; MAPI_E_NOT_IN_QUEUE; MAPI_E_BUSY if another
 *   spooler has the message
 */
export async function completeMessage(context: AttemptContext, home: QueueHome, entryId: EntryId): Promise<void> {
  const { host, settings, log, abandoned, filings } = context;
  const ledger = new Ledger(home, entryId, { clock: host.clock, log, leaseMs: settings.leaseMs });
  const step = { state: 'sent', text: 'sent by the transport of its store' } as const;
  try {
    const open = (await readRecipients(await ledger.message())).filter(({ responsibility }) => !responsibility);
    if (open.length > 0) throw new MapiError('MAPI_E_CALL_FAILED', `${open.length} recipients are still to be served`);
    await ledger.write({ locked: true });
    await clearPreprocessing(await ledger.message(), context, log);
    const job = { store: home.store, entryId };
    await filings.file(ledger, job, (filing) => ledger.finish({ ...filing, step }, abandoned));
  } finally {
    await ledger.drop();
  }
}
