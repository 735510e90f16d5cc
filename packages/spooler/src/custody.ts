/** Messages that a transport keeps (END_DONT_RESEND). spec: ixplogon-endmessage, ixplogon-transportnotify */
import { fromHex } from '@nodemapi/base';
import { type Dispatcher, messageKey } from './dispatcher.ts';
import type { StoreSet } from './stores.ts';
import type { TransportSet } from './transports.ts';

export interface CustodyParts {
  /** The transport that keeps a message, by the key of the message. */
  readonly custody: Map<string, string>;
  readonly dispatcher: Dispatcher;
  readonly stores: StoreSet;
  readonly transports: TransportSet;
}

/** Tells transports which of the messages they keep have been withdrawn from the queue in the meantime. */
export async function tellWithdrawn({ custody, dispatcher, stores, transports }: CustodyParts): Promise<void> {
  if (custody.size === 0) return;
  const queued = new Set<string>();
  for (const attached of stores.list) {
    for (const row of (await attached.reader?.rows()) ?? []) queued.add(messageKey(attached, row.entryId));
  }
  for (const [key, transportKey] of [...custody]) {
    if (queued.has(key) || dispatcher.attempt(key) !== undefined || !custody.delete(key)) continue;
    const transport = transports.get(transportKey);
    const entryId = fromHex(key.slice(key.indexOf('/') + 1));
    if (transport !== undefined)
      await transports.tell(transport, { abortDeferred: true, cancelMessage: true }, { entryId });
  }
}
