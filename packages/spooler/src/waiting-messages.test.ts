import { strictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import type { QueueRow } from './queue-reader.ts';
import type { StoreSet } from './stores.ts';
import type { Transport, TransportSet } from './transports.ts';
import { WaitingMessages } from './waiting-messages.ts';

test('of more messages than are remembered none is left out, nor found twice, also where many have one submit time', async () => {
  const count = 10_050;
  const rows = Array.from({ length: count }, (_, index) => ({
    entryId: new Uint8Array([index >> 8, index & 0xff]),
    submitTime: BigInt(Math.floor(index / 70)),
    state: 'waiting',
    nextMs: 1,
    reason: 'waits for smtp',
  })) as readonly Partial<QueueRow>[];
  const reader = {
    each: async function* () {
      yield* rows;
    },
  };
  const transport = { usable: true, own: { displayName: 'smtp' } } as unknown as Transport; // all that is asked of it
  const back = [transport];
  const transports = { takeBack: () => back.shift() } as unknown as TransportSet; // it asks for nothing else
  const stores = { list: [{ key: 'store', sends: true, reader }] } as unknown as StoreSet; // nor of the stores
  const waiting = new WaitingMessages(transports, stores);
  const found: string[] = [];
  for (let next = await waiting.next(); next !== undefined; next = await waiting.next())
    found.push(next.entryId.join());
  strictEqual(found.length, count);
  strictEqual(new Set(found).size, count);
});
