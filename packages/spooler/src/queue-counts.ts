/** How many messages are queued in a store, by state. */
import { type QueueCount, supportsQueueCount } from '@nodemapi/kit';
import type { OutgoingState } from '@nodemapi/mapi';
import type { AttachedStore } from './stores.ts';

/** Of a store that does not count them itself all rows are read. */
export async function queueCountsOf({
  store,
  reader,
}: Pick<AttachedStore, 'store' | 'reader'>): Promise<readonly QueueCount[]> {
  if (reader === undefined) return [];
  if (supportsQueueCount(store)) return store.countQueue();
  const counts = new Map<OutgoingState, QueueCount>();
  for await (const { state, submitTime } of reader.each()) {
    const { messages, oldest } = counts.get(state) ?? { messages: 0, oldest: submitTime ?? null };
    counts.set(state, { state, messages: messages + 1, oldest });
  }
  return [...counts.values()];
}

/** All messages that are counted. */
export function total(counts: readonly QueueCount[]): number {
  return counts.reduce((sum, { messages }) => sum + messages, 0);
}
