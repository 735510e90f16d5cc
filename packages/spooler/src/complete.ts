/** IMAPISupport::CompleteMsg: what is left to do for a message that its store's own transport has sent. */
import type { EntryId, IMsgStore } from '@nodemapi/mapi';
import type { AttemptContext } from './attempt.ts';
import { Ledger } from './ledger.ts';
import { clearPreprocessing } from './preprocess.ts';

/**
 * Takes away what preprocessors have added, and the message out of the queue.
 *
 * @throws MAPI_E_NOT_IN_QUEUE; MAPI_E_BUSY if another spooler has the message
 */
export async function completeMessage(context: AttemptContext, store: IMsgStore, entryId: EntryId): Promise<void> {
  const { host, settings, log, abandoned } = context;
  const ledger = new Ledger(store, entryId, { clock: host.clock, log, leaseMs: settings.leaseMs });
  try {
    await ledger.write({ set: [], locked: true });
    await clearPreprocessing(await ledger.message(), context, log);
    await ledger.finish({ set: [] }, abandoned);
  } finally {
    await ledger.drop();
  }
}
