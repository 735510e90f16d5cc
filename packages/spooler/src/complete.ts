/** IMAPISupport::CompleteMsg: what is left to do for a message that its store's own transport has sent. */
import { type EntryId, type IMsgStore, MapiError } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt.ts';
import { Ledger } from './ledger.ts';
import { clearPreprocessing } from './preprocess.ts';
import { readRecipients } from './record.ts';

/**
 * Takes away what preprocessors have added, asks the outbound hooks, and takes the message out of the queue.
 *
 * @throws MAPI_E_CALL_FAILED while a recipient has PR_RESPONSIBILITY FALSE; MAPI_E_NOT_IN_QUEUE; MAPI_E_BUSY if another
 *   spooler has the message
 */
export async function completeMessage(context: AttemptContext, store: IMsgStore, entryId: EntryId): Promise<void> {
  const { host, settings, log, abandoned, filings } = context;
  const ledger = new Ledger(store, entryId, { clock: host.clock, log, leaseMs: settings.leaseMs });
  try {
    const open = (await readRecipients(await ledger.message())).filter(({ responsibility }) => !responsibility);
    if (open.length > 0) throw new MapiError('MAPI_E_CALL_FAILED', `${open.length} recipients are still to be served`);
    await ledger.write({ set: [], locked: true });
    await clearPreprocessing(await ledger.message(), context, log);
    await filings.file(ledger, { store, entryId }, (filing) => ledger.finish(filing, abandoned));
  } finally {
    await ledger.drop();
  }
}
